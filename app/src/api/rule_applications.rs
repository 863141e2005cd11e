//! Attachment rules and the results that were there before them.

use serde::{Deserialize, Serialize};

use super::TestResultResponseWithContext;

/// What a rule did to the results there were.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RuleApplicationResponse {
    /// Results that the rule matches.
    pub matched: i64,
    /// Those of them to which it attached its issue.
    pub attached: i64,
    /// Those of them that had the issue before.
    pub already_attached: i64,
    /// Only where not every result was looked at: a rule with patterns is tried on the newest 200,000 results that match the rest
    /// of it, and on a gibibyte of their texts at most. Applied again with `before` of this it goes on with older ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = i64, required = false))]
    pub next_before: Option<i64>,
}

/// What was taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RuleApplicationUndoneResponse {
    /// Results from which the issue was detached.
    pub detached: i64,
}

/// What a rule would match among the results there are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct RulePreviewResponse {
    /// Results that the rule matches.
    pub matched: i64,
    /// Those of them that failed or were skipped and have no issue.
    pub untriaged: i64,
    /// Those of them that have the issue of the rule.
    pub already_attached: i64,
    /// Those of them that have some other issue.
    pub with_another_issue: i64,
    /// Whether every result was looked at. A rule with patterns is tried on the newest 20,000 results that match the rest of
    /// it, and on 256 mebibytes of their texts at most; the counts are then about these.
    pub is_complete: bool,
    /// The newest ten, without their logs.
    pub sample: Vec<TestResultResponseWithContext>,
}

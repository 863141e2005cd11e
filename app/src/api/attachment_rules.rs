//! Rules that attach an issue to the results they match.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use super::{ExecutionMetadata, ExecutionMetadataInput, Flag, Problems};
use super::{FamilyName, RuleApplicationResponse, TestResultStatus};

/// A rule that attaches an issue to the results it matches. An empty list matches everything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct MinimalIssueTestResultAttachmentRuleResponse {
    /// Its id.
    pub id: i64,
    /// Whether it is applied to new results.
    pub enabled: bool,
    /// Families of artefacts.
    pub families: Vec<FamilyName>,
    /// Names of artefacts.
    pub artefacts: Vec<String>,
    /// Versions of artefacts.
    pub artefact_versions: Vec<String>,
    /// Stages of artefacts.
    pub artefact_stages: Vec<String>,
    /// Tracks of artefacts.
    pub artefact_tracks: Vec<String>,
    /// Names of environments.
    pub environment_names: Vec<String>,
    /// Names of test cases.
    pub test_case_names: Vec<String>,
    /// Template ids of test cases.
    pub template_ids: Vec<String>,
    /// Statuses of results.
    pub test_result_statuses: Vec<TestResultStatus>,
    /// Per category the values of which the execution must have one.
    #[cfg_attr(feature = "ssr", schema(value_type = ExecutionMetadata))]
    pub execution_metadata: BTreeMap<String, Vec<String>>,
    /// What must be found in the log: a regular expression, `^` and `$` stand for the ends of a line. Absent where the rule
    /// does not look at logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = String, required = false))]
    pub io_log_pattern: Option<String>,
    /// What must be found in the comment, in the same way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = String, required = false))]
    pub comment_pattern: Option<String>,
    /// What the rule did to the results there were before it: only in the answer to a request that asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = RuleApplicationResponse, required = false))]
    pub existing_results: Option<RuleApplicationResponse>,
}

/// A rule to make. An empty list matches everything.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, deserr::Deserr, utoipa::ToSchema)]
#[deserr(error = Problems)]
pub struct IssueTestResultAttachmentRulePostRequest {
    /// Whether it is applied to new results.
    #[deserr(default = Flag(true))]
    #[schema(value_type = bool, required = false, default = true)]
    pub enabled: Flag,
    /// Families of artefacts.
    #[deserr(default)]
    #[schema(required = false)]
    pub families: Vec<FamilyName>,
    /// Names of artefacts.
    #[deserr(default)]
    #[schema(required = false)]
    pub artefacts: Vec<String>,
    /// Versions of artefacts.
    #[deserr(default)]
    #[schema(required = false)]
    pub artefact_versions: Vec<String>,
    /// Stages of artefacts: free text, not one of the stages there are.
    #[deserr(default)]
    #[schema(required = false)]
    pub artefact_stages: Vec<String>,
    /// Tracks of artefacts.
    #[deserr(default)]
    #[schema(required = false)]
    pub artefact_tracks: Vec<String>,
    /// Names of environments.
    #[deserr(default)]
    #[schema(required = false)]
    pub environment_names: Vec<String>,
    /// Names of test cases.
    #[deserr(default)]
    #[schema(required = false)]
    pub test_case_names: Vec<String>,
    /// Template ids of test cases.
    #[deserr(default)]
    #[schema(required = false)]
    pub template_ids: Vec<String>,
    /// Statuses of results.
    #[deserr(default)]
    #[schema(required = false)]
    pub test_result_statuses: Vec<TestResultStatus>,
    /// Per category the values of which the execution must have one; a category without values says nothing.
    #[deserr(default)]
    #[schema(value_type = ExecutionMetadata, required = false)]
    pub execution_metadata: ExecutionMetadataInput,
    /// What must be found in the last mebibyte of the log: a regular expression of at most 1,000 bytes, without look-around
    /// and back references. `^` and `$` stand for the ends of a line. Empty for nothing.
    #[deserr(default)]
    #[schema(value_type = String, required = false)]
    pub io_log_pattern: String,
    /// What must be found in the comment, in the same way.
    #[deserr(default)]
    #[schema(value_type = String, required = false)]
    pub comment_pattern: String,
    /// Whether to attach the issue to the results there are already, too. Needs `change_issue_attachment` and
    /// `change_issue_attachment_bulk`; can be taken back with one request.
    #[deserr(default = Flag(false))]
    #[schema(value_type = bool, required = false, default = false)]
    pub apply_to_existing: Flag,
}

/// What to change about a rule: what it matches stays.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, Default, deserr::Deserr, utoipa::ToSchema)]
#[deserr(error = Problems)]
pub struct IssueTestResultAttachmentRulePatchRequest {
    /// Whether it is applied to new results; absent or null leaves it.
    #[deserr(default)]
    #[schema(value_type = Option<bool>)]
    pub enabled: Option<Flag>,
}

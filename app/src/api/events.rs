//! Events: that something changed, never what it is now.

use serde::{Deserialize, Serialize};

use super::{FamilyName, text_enum};

text_enum! {
    /// What kind of thing changed.
    pub enum EventKind {
        /// An artefact: it is new, somebody decided about it, or others review it.
        Artefact = "artefact",
        /// A test execution: it has started, gone on or ended, or what is known of it changed.
        TestExecution = "test_execution",
        /// Results of an execution, or the issues attached to them.
        TestResult = "test_result",
        /// What people say about a build in an environment.
        EnvironmentReview = "environment_review",
        /// An issue, its rules, or what it is attached to.
        Issue = "issue",
        /// A request for a rerun, made or gone.
        RerunRequest = "rerun_request",
        /// A notification, new or dismissed.
        Notification = "notification",
    }
}

/// What an event is about, as far as it concerns one thing only: an id that is absent stands for any.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct EventResponse {
    /// The artefact that the thing belongs to, or is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artefact_id: Option<i64>,
    /// The artefact's family.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<FamilyName>,
    /// The execution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_execution_id: Option<i64>,
    /// The review of a build in an environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment_review_id: Option<i64>,
    /// The issue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue_id: Option<i64>,
    /// Whose notification it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<i64>,
    /// Whether the user who hears of it did it. Absent where no user listens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_own: Option<bool>,
}

//! Known issues in external trackers, as test results show them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use super::ExecutionMetadata;
use super::{FamilyName, TestResultStatus, text_enum};

text_enum! {
    /// The tracker an issue lives in.
    pub enum IssueSource {
        /// A Jira project.
        Jira = "jira",
        /// A GitHub repository.
        Github = "github",
        /// A Launchpad project.
        Launchpad = "launchpad",
    }
}

text_enum! {
    /// What the tracker says of an issue.
    pub enum IssueStatus {
        /// Never learnt.
        Unknown = "unknown",
        /// Somebody has still to act.
        Open = "open",
        /// Done.
        Closed = "closed",
    }
}

/// An issue of an external tracker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct MinimalIssueResponse {
    /// Its id here.
    pub id: i64,
    /// The tracker.
    pub source: IssueSource,
    /// The tracker's project: `owner/repository` at GitHub.
    pub project: String,
    /// The number or name inside the project.
    pub key: String,
    /// Its title, `""` when never learnt.
    pub title: String,
    /// What the tracker says.
    pub status: IssueStatus,
    /// Where it is read.
    #[cfg_attr(feature = "ssr", schema(format = Uri, max_length = 2083, min_length = 1))]
    pub url: String,
    /// Its labels; null when never learnt.
    #[serde(default)]
    pub labels: Option<Vec<String>>,
    /// How many executions it is attached to; always 0 where it stands inside a test result.
    #[serde(default)]
    #[cfg_attr(feature = "ssr", schema(default = 0))]
    pub test_executions_count: i64,
}

impl IssueSource {
    /// The address of an issue: `github` `acme/radio` `12` is `https://github.com/acme/radio/issues/12`.
    pub fn issue_url(self, project: &str, key: &str) -> String {
        match self {
            Self::Github => format!("https://github.com/{project}/issues/{key}"),
            Self::Jira => format!("https://warthogs.atlassian.net/browse/{project}-{key}"),
            Self::Launchpad => format!("https://bugs.launchpad.net/{project}/+bug/{key}"),
        }
    }
}

/// An issue attached to a test result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct MinimalIssueTestResultAttachmentResponse {
    /// The issue.
    pub issue: MinimalIssueResponse,
    /// The rule that attached it; null when a person did.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub attachment_rule: Option<MinimalIssueTestResultAttachmentRuleResponse>,
}

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
}

#[cfg(test)]
mod tests {
    use super::IssueSource;

    #[test]
    fn issue_url_follows_the_tracker() {
        for (source, project, key, url) in [
            (IssueSource::Github, "acme/radio", "71", "https://github.com/acme/radio/issues/71"),
            (IssueSource::Jira, "TO", "142", "https://warthogs.atlassian.net/browse/TO-142"),
            (IssueSource::Launchpad, "abc", "123", "https://bugs.launchpad.net/abc/+bug/123"),
        ] {
            assert_eq!(source.issue_url(project, key), url);
        }
    }
}

//! Known issues in external trackers: as test results show them, as they are read, changed and attached.

use serde::{Deserialize, Serialize};

use super::{MinimalIssueTestResultAttachmentRuleResponse, text_enum};

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

/// An issue with everything known about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct IssueResponse {
    /// Its id here.
    pub id: i64,
    /// The tracker.
    pub source: IssueSource,
    /// The tracker's project: `owner/repository` at GitHub.
    pub project: String,
    /// The number inside the project.
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
    /// Whether a new result that it is attached to asks for a rerun.
    pub auto_rerun_enabled: bool,
    /// The rules that attach it, switched on or not, by id.
    pub attachment_rules: Vec<MinimalIssueTestResultAttachmentRuleResponse>,
}

/// A page of issues.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct IssuesGetResponse {
    /// By tracker, project and key.
    pub issues: Vec<MinimalIssueResponse>,
    /// How many there are on all pages.
    pub count: i64,
    /// Issues of a page.
    pub limit: i64,
    /// Issues left out.
    pub offset: i64,
    /// The trackers' projects that any issue is of, whatever the filter; only where the request asks for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(value_type = Vec<IssueProject>, required = false))]
    pub projects: Option<Vec<IssueProject>>,
}

/// A project that issues are of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct IssueProject {
    /// The tracker.
    pub source: IssueSource,
    /// Its name there.
    pub project: String,
    /// How many of its issues are known.
    pub issues_count: i64,
}

/// An issue to know about, by its address; what is absent or null is left as it is.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, deserr::Deserr, utoipa::ToSchema)]
#[deserr(error = super::Problems)]
pub struct IssuePutRequest {
    /// Its title.
    #[deserr(default)]
    pub title: Option<String>,
    /// What the tracker says.
    #[deserr(default)]
    pub status: Option<IssueStatus>,
    /// Whether a new result that it is attached to asks for a rerun.
    #[deserr(default)]
    #[schema(value_type = Option<bool>)]
    pub auto_rerun_enabled: Option<super::Flag>,
    /// Where it is read.
    #[schema(value_type = String, format = Uri, max_length = 2083, min_length = 1)]
    pub url: super::HttpUrl,
}

/// What to change about an issue; what is absent or null is left as it is.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, Default, deserr::Deserr, utoipa::ToSchema)]
#[deserr(error = super::Problems)]
pub struct IssuePatchRequest {
    /// Its title.
    #[deserr(default)]
    pub title: Option<String>,
    /// What the tracker says.
    #[deserr(default)]
    pub status: Option<IssueStatus>,
    /// Whether a new result that it is attached to asks for a rerun.
    #[deserr(default)]
    #[schema(value_type = Option<bool>)]
    pub auto_rerun_enabled: Option<super::Flag>,
}

/// Results to attach an issue to, or to detach it from: those listed, and those that a filter chooses.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, Default, deserr::Deserr, utoipa::ToSchema)]
#[deserr(error = super::Problems)]
pub struct IssueAttachmentRequest {
    /// Results by id.
    #[deserr(default)]
    #[schema(value_type = Option<Vec<i64>>)]
    pub test_results: Option<Vec<super::Int>>,
    /// Results like this.
    #[deserr(default)]
    pub test_results_filters: Option<super::TestResultSearchFilters>,
    /// The rule that says so, to be noted down with new attachments.
    #[deserr(default)]
    #[schema(value_type = Option<i64>)]
    pub attachment_rule: Option<super::Int>,
}

#[cfg(feature = "ssr")]
impl IssueAttachmentRequest {
    /// Whether it is more than one result by hand: several ids, even of one result, a filter, or a rule.
    pub fn is_bulk(&self) -> bool {
        self.test_results.as_ref().is_some_and(|ids| ids.len() > 1)
            || self.test_results_filters.is_some()
            || self.attachment_rule.is_some()
    }
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

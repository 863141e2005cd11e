//! Jira: its issues.

use std::fmt;

use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::tracker::{Tracker, TrackerError};

/// Where every Jira of Atlassian's cloud is, below it by its id.
pub const DEFAULT_API_URL: &str = "https://api.atlassian.com/ex/jira";

/// The operator's Jira, and who this server is there.
#[derive(Clone, PartialEq, Eq)]
pub struct JiraSettings {
    /// The address below which its interface is.
    pub base: String,
    /// The mail address of the account.
    pub email: String,
    /// What the account proves itself with.
    pub token: String,
}

impl fmt::Debug for JiraSettings {
    /// Everything but the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JiraSettings").field("base", &self.base).field("email", &self.email).finish_non_exhaustive()
    }
}

/// An issue as Jira shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JiraIssue {
    /// Its title; `""` when it has none.
    pub summary: String,
    /// What its status is called; `Unknown` when that is not said.
    pub status: String,
    /// Its labels.
    pub labels: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Issue {
    fields: Option<Fields>,
}

#[derive(Default, Serialize, Deserialize)]
struct Fields {
    summary: Option<String>,
    status: Option<Status>,
    labels: Option<Vec<String>>,
}

#[derive(Serialize, Deserialize)]
struct Status {
    name: Option<String>,
}

/// Jira, as it is asked during one run.
pub struct JiraClient<'a> {
    tracker: Tracker<'a>,
    settings: &'a JiraSettings,
}

impl<'a> JiraClient<'a> {
    /// Asks nothing yet.
    pub fn new(tracker: Tracker<'a>, settings: &'a JiraSettings) -> Self {
        Self { tracker, settings }
    }

    /// The issue of a project with that number.
    pub async fn find_issue(&self, project: &str, key: &str) -> Result<JiraIssue, TrackerError> {
        let id = if key.contains('-') { key.to_owned() } else { format!("{project}-{key}") };
        let mut url = self.tracker.url(["rest", "api", "3", "issue", &id])?;
        url.query_pairs_mut().append_pair("fields", "summary,status,labels");
        let issue: Issue = self.tracker.get(&url, &self.headers()?).await?;
        let fields = issue.fields.unwrap_or_default();
        Ok(JiraIssue {
            summary: fields.summary.unwrap_or_default(),
            status: fields.status.and_then(|status| status.name).unwrap_or_else(|| "Unknown".to_owned()),
            labels: fields.labels.unwrap_or_default(),
        })
    }

    fn headers(&self) -> Result<HeaderMap, TrackerError> {
        let credentials = STANDARD.encode(format!("{}:{}", self.settings.email, self.settings.token));
        let unfit = |_| TrackerError::Closed("the credentials of Jira fit into no header".to_owned());
        let mut basic = HeaderValue::from_str(&format!("Basic {credentials}")).map_err(unfit)?;
        basic.set_sensitive(true);
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, basic);
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        Ok(headers)
    }
}

//! Known issues in a line: which tracker, which project, its key as a link to the tracker, how it stands, what it is about.

use leptos::prelude::*;

use super::{icon::Icon, status::Look};
use crate::api::{IssueResponse, IssueSource, MinimalIssueResponse};
use crate::erase::Erase;

impl From<IssueResponse> for MinimalIssueResponse {
    fn from(issue: IssueResponse) -> Self {
        Self {
            id: issue.id,
            source: issue.source,
            project: issue.project,
            key: issue.key,
            title: issue.title,
            status: issue.status,
            url: issue.url,
            labels: issue.labels,
            test_executions_count: 0,
        }
    }
}

/// What people call an issue inside its project: `TO-142` in Jira, `#71` elsewhere.
pub(crate) fn issue_key(source: IssueSource, project: &str, key: &str) -> String {
    match source {
        IssueSource::Jira => format!("{project}-{key}"),
        IssueSource::Github | IssueSource::Launchpad => format!("#{key}"),
    }
}

/// What an issue is about, or words for not knowing.
pub(crate) fn issue_title(title: &str) -> String {
    if title.is_empty() { "[No title]".to_owned() } else { title.to_owned() }
}

/// An issue in a line. Its key leads to the tracker, its title to its page here.
#[component]
pub(crate) fn IssueLine(
    /// The issue.
    #[prop(into)]
    issue: MinimalIssueResponse,
) -> impl IntoView {
    let key = issue_key(issue.source, &issue.project, &issue.key);
    view! {
        <span class="issue-line">
            <span class="issue-source">{issue.source.as_str().to_uppercase()}</span>
            <span class="quiet">{issue.project}</span>
            <TrackerLink url=issue.url label=key/>
            {Look::from(issue.status).view()}
            <a class="issue-title" href=format!("/issues/{}", issue.id)>
                {issue_title(&issue.title)}
            </a>
        </span>
    }
    .erase()
}

/// A link to a tracker, in a new tab. An address that is none of the web stays text: it came from outside.
#[component]
pub(crate) fn TrackerLink(
    /// Where it leads.
    url: String,
    /// Its words.
    #[prop(into)]
    label: String,
) -> impl IntoView {
    let href = ["https://", "http://"].iter().any(|scheme| url.starts_with(scheme)).then_some(url);
    view! {
        <a href=href target="_blank" rel="noopener">
            {label}
            {Icon::External.view()}
            <span class="visually-hidden">" (opens in a new tab)"</span>
        </a>
    }
}

#[cfg(test)]
mod tests {
    use super::{issue_key, issue_title};
    use crate::api::IssueSource;

    #[test]
    fn issues_are_called_what_their_tracker_calls_them() {
        assert_eq!(issue_key(IssueSource::Jira, "TO", "142"), "TO-142");
        assert_eq!(issue_key(IssueSource::Github, "acme/radio", "71"), "#71");
        assert_eq!(issue_key(IssueSource::Launchpad, "abc", "123"), "#123");
        assert_eq!((issue_title(""), issue_title("Sound")), ("[No title]".to_owned(), "Sound".to_owned()));
    }
}

//! The field that takes an issue: by the address of its page here, by its address in a tracker, or by words of its title.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};

use super::each::Each;
use super::{field::new_id, issue::issue_key};
use crate::erase::Erase;
use crate::{
    api::{IssueResponse, IssuesGetResponse, MinimalIssueResponse},
    client::{Change, Client, ClientError},
    text::api_address::api_address,
};

/// As long somebody may go on typing before the API is asked.
const SETTLE: Duration = Duration::from_millis(250);
/// The API is not asked for fewer characters.
const SHORTEST: usize = 2;

/// The issue that an address names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum IssueReference {
    /// The page of an issue here, by its id.
    Internal(i64),
    /// An issue in a tracker, by its address.
    External(String),
}

/// Which addresses a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IssueAddresses {
    /// Of pages here and of trackers.
    All,
    /// Of trackers.
    Trackers,
}

impl IssueAddresses {
    fn label(self) -> &'static str {
        match self {
            Self::All => "Test Observer issue URL or external URL (GitHub, Jira, Launchpad)",
            Self::Trackers => "External issue URL (GitHub, Jira, Launchpad)",
        }
    }
}

/// Reads what somebody typed; `own_origin` is that of the page, like `https://tests.example.com`. The error is for people.
pub(crate) fn parse_issue_reference(text: &str, own_origin: &str) -> Result<IssueReference, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("Please enter a URL".to_owned());
    }
    let (scheme, rest) = text.split_once("://").unwrap_or_default();
    let scheme = scheme.to_ascii_lowercase();
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let authority = authority.to_ascii_lowercase();
    if !matches!(scheme.as_str(), "http" | "https") || authority.is_empty() || authority.contains(char::is_whitespace) {
        return Err("Please enter a valid URL".to_owned());
    }
    if format!("{scheme}://{authority}") == own_origin.to_ascii_lowercase() {
        return own_issue(path)
            .map(IssueReference::Internal)
            .ok_or_else(|| format!("The page of an issue here has the form {own_origin}/issues/12"));
    }
    if names_issue(&authority, path) {
        return Ok(IssueReference::External(text.to_owned()));
    }
    Err("This is none of an issue: https://github.com/owner/repository/issues/12, \
         https://warthogs.atlassian.net/browse/KEY-12 or https://bugs.launchpad.net/project/+bug/12"
        .to_owned())
}

/// The id in `/issues/12`, or in `/#/issues/12` as bookmarks have it.
fn own_issue(path: &str) -> Option<i64> {
    let path = path.strip_prefix("/#").unwrap_or(path);
    let path = path.split(['?', '#']).next()?.strip_prefix("/issues/")?;
    path.trim_end_matches('/').parse().ok().filter(|id| *id > 0)
}

/// Whether a tracker has issues at such an address. The server has the last word.
fn names_issue(authority: &str, path: &str) -> bool {
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default();
    let path = path.split(['?', '#']).next().unwrap_or_default().trim_start_matches('/');
    let segments: Vec<&str> = path.split('/').collect();
    let key = match (host, segments.as_slice()) {
        ("github.com", [owner, repository, "issues", key]) if !owner.is_empty() && !repository.is_empty() => *key,
        ("warthogs.atlassian.net", ["browse", ticket]) => match ticket.split_once('-') {
            Some((project, key)) if !project.is_empty() && project.bytes().all(|b| b.is_ascii_alphabetic()) => key,
            _ => return false,
        },
        ("bugs.launchpad.net", [project, "+bug", key] | [project, "+source", _, "+bug", key])
            if !project.is_empty() =>
        {
            *key
        }
        _ => return false,
    };
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit())
}

/// The id of the issue; one of a tracker that was not known is made known.
pub(crate) async fn resolve_issue(client: Client, reference: IssueReference) -> Result<i64, ClientError> {
    match reference {
        IssueReference::Internal(id) => Ok(id),
        IssueReference::External(url) => {
            let change = Change::put("/v1/issues").json(&serde_json::json!({ "url": url }));
            client.send::<IssueResponse>(change).await.map(|issue| issue.id)
        }
    }
}

/// The id of the issue if it is known already; nothing is made known.
pub(crate) async fn known_issue(client: Client, reference: IssueReference) -> Option<i64> {
    match reference {
        IssueReference::Internal(id) => Some(id),
        IssueReference::External(url) => {
            let found = search_issues(client, url.clone()).await.ok()?;
            found.into_iter().find(|issue| issue.url.eq_ignore_ascii_case(&url)).map(|issue| issue.id)
        }
    }
}

/// Issues that show these words.
async fn search_issues(client: Client, words: String) -> Result<Vec<MinimalIssueResponse>, ClientError> {
    let address = api_address("/v1/issues", &[("q", words.as_str()), ("limit", "10")]);
    client.get::<IssuesGetResponse>(&address).await.map(|page| page.issues)
}

/// The origin of the page; only browsers have one.
pub(crate) fn own_origin() -> String {
    window().location().origin().unwrap_or_default()
}

/// The field. Belongs into dialogs: the server does not render it.
#[component]
pub(crate) fn IssueUrlField(
    /// What is in it.
    value: RwSignal<String>,
    /// What the form has against it.
    #[prop(into)]
    problem: Signal<Option<String>>,
    /// Which addresses it takes.
    #[prop(default = IssueAddresses::All)]
    accepts: IssueAddresses,
) -> impl IntoView {
    let id = new_id("issue");
    let problem_id = format!("{id}-problem");
    let left = RwSignal::new(false);
    // What the form has said is about what was in the field then.
    let is_changed = RwSignal::new(false);
    Effect::new(move || {
        value.track();
        is_changed.set(true);
    });
    Effect::new(move || {
        problem.track();
        is_changed.set(false);
    });
    let shown_problem = Memo::new(move |_| {
        let own = left.get() && value.with(|text| !text.trim().is_empty());
        let found = || value.with(|text| parse_issue_reference(text, &own_origin()).err());
        problem.get().filter(|_| !is_changed.get()).or_else(|| own.then(found).flatten())
    });
    let described = {
        let problem_id = problem_id.clone();
        move || shown_problem.with(Option::is_some).then(|| problem_id.clone())
    };
    view! {
        <div class="field">
            <label for=id.clone()>{accepts.label()} <span aria-hidden="true">" *"</span></label>
            <input
                id=id
                type="text"
                autocomplete="off"
                spellcheck="false"
                required=true
                placeholder="URL, or words of its title"
                aria-invalid=move || shown_problem.with(Option::is_some).then_some("true")
                aria-describedby=described
                prop:value=value
                on:input=move |event| {
                    left.set(false);
                    value.set(event_target_value(&event));
                }
                on:change=move |_| left.set(true)
            />
            <p class="field-problem" id=problem_id>
                {shown_problem}
            </p>
            <Found value accepts/>
        </div>
    }
    .erase_unsent()
}

/// Issues whose words were typed instead of an address.
#[component]
fn Found(value: RwSignal<String>, accepts: IssueAddresses) -> impl IntoView {
    let found = RwSignal::new(Vec::<MinimalIssueResponse>::new());
    let note = RwSignal::new(String::new());
    let mut ask_later = debounce(SETTLE, move |words: String| {
        let answer = search_issues(Client::current(), words.clone());
        spawn_local(async move {
            let answer = answer.await.unwrap_or_default();
            // Somebody went on typing, or the field is gone.
            if value.try_with_untracked(|now| now.trim() == words) == Some(true) {
                note.set(match answer.len() {
                    0 => "No known issue has these words".to_owned(),
                    1 => "1 known issue".to_owned(),
                    count => format!("{count} known issues"),
                });
                found.set(answer);
            }
        });
    });
    Effect::new(move || {
        let words = value.with(|text| text.trim().to_owned());
        found.set(Vec::new());
        note.set(String::new());
        if words.chars().count() >= SHORTEST && !words.contains("://") {
            ask_later(words);
        }
    });
    let pick = move |issue: &MinimalIssueResponse| match accepts {
        IssueAddresses::All => value.set(format!("{}/issues/{}", own_origin(), issue.id)),
        IssueAddresses::Trackers => value.set(issue.url.clone()),
    };
    view! {
        <p class="quiet" role="status">
            {note}
        </p>
        <ul class="issue-suggestions plain-list" hidden=move || found.with(Vec::is_empty)>
            <Each each=move || found.get() key=|issue| issue.id let(issue)>
                <li>
                    <button type="button" class="button" on:click={
                        let issue = issue.clone();
                        move |_| pick(&issue)
                    }>{words_of(&issue)}</button>
                </li>
            </Each>
        </ul>
    }
}

fn words_of(issue: &MinimalIssueResponse) -> String {
    let key = issue_key(issue.source, &issue.project, &issue.key);
    format!("{} {} {key} {}", issue.source.as_str().to_uppercase(), issue.project, issue.title)
}

#[cfg(test)]
mod tests {
    use super::{IssueReference, parse_issue_reference};

    const OWN: &str = "https://tests.example.com";

    #[test]
    fn pages_here_are_told_by_their_id() {
        for text in [
            "https://tests.example.com/issues/12",
            " https://Tests.Example.com/issues/12/ ",
            "https://tests.example.com/issues/12?attachmentRule=3#x",
            "https://tests.example.com/#/issues/12",
            "https://tests.example.com/#/issues/12?attachmentRule=3",
        ] {
            assert_eq!(parse_issue_reference(text, OWN), Ok(IssueReference::Internal(12)), "{text}");
        }
        for text in
            ["https://tests.example.com", "https://tests.example.com/snaps/12", "https://tests.example.com/issues/0"]
        {
            assert!(parse_issue_reference(text, OWN).unwrap_err().contains("/issues/12"), "{text}");
        }
    }

    #[test]
    fn trackers_are_told_by_the_shape_of_their_addresses() {
        for text in [
            "https://github.com/acme/radio/issues/71",
            "HTTPS://GitHub.com/acme/radio/issues/71?x=1#y",
            "http://me@github.com:8443/acme/radio/issues/71",
            "https://warthogs.atlassian.net/browse/TO-142",
            "https://bugs.launchpad.net/abc/+bug/123",
            "https://bugs.launchpad.net/ubuntu/+source/linux/+bug/99",
        ] {
            assert_eq!(parse_issue_reference(text, OWN), Ok(IssueReference::External(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn everything_else_is_refused_with_a_reason() {
        for (text, reason) in [
            ("", "Please enter a URL"),
            ("  ", "Please enter a URL"),
            ("sound is gone", "Please enter a valid URL"),
            ("github.com/a/b/issues/1", "Please enter a valid URL"),
            ("ftp://github.com/a/b/issues/1", "Please enter a valid URL"),
            ("https://", "Please enter a valid URL"),
        ] {
            assert_eq!(parse_issue_reference(text, OWN), Err(reason.to_owned()), "{text}");
        }
        for text in [
            "https://example.org/x",
            "https://github.com/a/b/pull/1",
            "https://github.com/a/b/issues/1x",
            "https://github.com//b/issues/1",
            "https://github.com.example.org/a/b/issues/1",
            "https://github.com@example.org/a/b/issues/1",
            "https://warthogs.atlassian.net/browse/T2O-1",
            "https://warthogs.atlassian.net/browse/TO-",
            "https://bugs.launchpad.net/abc/123",
        ] {
            assert!(parse_issue_reference(text, OWN).unwrap_err().starts_with("This is none"), "{text}");
        }
    }
}

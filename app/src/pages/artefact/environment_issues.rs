//! What people know about an environment that misbehaves: the list in each environment, and the dialog to report.

use leptos::prelude::*;
use serde_json::{Value, json};

use super::forms::{Opened, later};
use super::{side_panel::web_address, state::PageState};
use crate::components::each::Each;
use crate::erase::Erase;
use crate::{
    api::{EnvironmentReportedIssueResponse, Permission},
    client::Change,
    components::{
        button::{ActionButton, Weight},
        dialog::{Dialog, DialogActions},
        field::{Checkbox, TextArea, TextField},
        icon::Icon,
        sending::{Sending, SendingError},
    },
};

const PATH: &str = "/v1/environments/reported-issues";
/// The trackers that the API takes.
const HOSTS: [&str; 3] = ["github.com", "warthogs.atlassian.net", "bugs.launchpad.net"];

/// The issues of one environment, whatever it runs.
#[component]
pub(super) fn EnvironmentIssues(page: PageState, name: String) -> impl IntoView {
    let open = RwSignal::new(false);
    let edited = RwSignal::new(None::<EnvironmentReportedIssueResponse>);
    let issues = {
        let name = name.clone();
        Memo::new(move |_| {
            let is_here = |issue: &&EnvironmentReportedIssueResponse| issue.environment_name == name;
            page.issues.with(|issues| issues.iter().filter(is_here).cloned().collect::<Vec<_>>())
        })
    };
    let edit = Callback::new(move |issue| {
        edited.set(Some(issue));
        open.set(true);
    });
    let add = move || {
        edited.set(None);
        open.set(true);
    };
    let add_name = format!("add: report an issue of {name}");
    let title = move || if edited.with(Option::is_some) { "Edit Issue" } else { "Report Issue" };
    view! {
        <div class="known-issues">
            <div class="known-issues-head">
                <h4>{move || format!("Reported Environment Issues ({})", issues.with(Vec::len))}</h4>
                <ActionButton
                    label="add"
                    name=add_name
                    on_press=add
                    permit=page.permit_signal(Permission::ChangeEnvironmentReportedIssue)
                    weight=Weight::Small
                />
            </div>
            <ul class="plain-list">
                <Each each=move || issues.get() key=|issue| (issue.id, issue.updated_at.clone()) let:issue>
                    <Issue page issue on_edit=edit/>
                </Each>
            </ul>
            <Dialog open title=Signal::derive(move || title().to_owned())>
                {later(Opened::EnvironmentIssue { page, environment: name.clone(), issue: edited.get_untracked(), open })}
            </Dialog>
        </div>
    }
    .erase()
}

#[component]
fn Issue(
    page: PageState,
    issue: EnvironmentReportedIssueResponse,
    on_edit: Callback<EnvironmentReportedIssueResponse>,
) -> impl IntoView {
    let class = if issue.is_confirmed { "badge badge-confirmed" } else { "badge badge-unconfirmed" };
    let word = if issue.is_confirmed { "confirmed" } else { "unconfirmed" };
    let link = issue.url.clone().map(|url| {
        view! {
            <a href=web_address(&url) target="_blank" rel="noopener">
                "URL"
                {Icon::External.view()}
                <span class="visually-hidden">" (opens in a new tab)"</span>
            </a>
        }
        .erase()
    });
    let edit_name = format!("edit: {}", issue.description);
    view! {
        <li class="known-issue">
            <span class="known-issue-text" title=issue.description.clone()>{issue.description.clone()}</span>
            <span class=class>{word}</span>
            {link}
            <ActionButton
                label="edit"
                name=edit_name
                on_press=move || on_edit.run(issue.clone())
                permit=page.permit_signal(Permission::ChangeEnvironmentReportedIssue)
                weight=Weight::Small
            />
        </li>
    }
    .erase()
}

/// What is wrong with an address of an issue; nothing where it is good, or none is needed.
fn url_problem(url: &str, is_confirmed: bool) -> Option<String> {
    let url = url.trim();
    if url.is_empty() {
        return is_confirmed.then(|| "A confirmed issue needs a URL.".to_owned());
    }
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    if !matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https") {
        return Some("A URL begins with https://".to_owned());
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default().split(':').next().unwrap_or_default();
    let is_known = HOSTS.iter().any(|known| known.eq_ignore_ascii_case(host));
    (!is_known).then(|| format!("The URL has to be one of {}.", HOSTS.join(", ")))
}

#[component]
pub(super) fn IssueForm(
    page: PageState,
    environment: String,
    issue: Option<EnvironmentReportedIssueResponse>,
    open: RwSignal<bool>,
) -> impl IntoView {
    let id = issue.as_ref().map(|issue| issue.id);
    let url = RwSignal::new(issue.as_ref().and_then(|issue| issue.url.clone()).unwrap_or_default());
    let description = RwSignal::new(issue.as_ref().map(|issue| issue.description.clone()).unwrap_or_default());
    let needs_confirmation = RwSignal::new(issue.is_none_or(|issue| !issue.is_confirmed));
    let is_asking = RwSignal::new(false);
    let sending = Sending::new();
    let problem = Signal::derive(move || url.with(|url| url_problem(url, !needs_confirmation.get())));
    let obstacle = Signal::derive(move || {
        let is_empty = description.with(|text| text.trim().is_empty());
        if is_empty { Some("A description is required.".to_owned()) } else { problem.get() }
    });
    let scope = format!("For all runs in environments called {environment}");
    let submit = Callback::new(move |()| {
        let body = url.with_untracked(|url| {
            let url = url.trim();
            json!({
                "url": if url.is_empty() { Value::Null } else { json!(url) },
                "description": description.get_untracked(),
                "environment_name": environment,
                "is_confirmed": !needs_confirmation.get_untracked(),
            })
        });
        save(page, id, &body, sending, open);
    });
    let is_busy = Signal::derive(move || sending.is_busy());
    let sure = scope.clone();
    view! {
        <p class="quiet">{scope}</p>
        <div class="form">
            <TextField label="Url" value=url kind="url" problem/>
            <TextArea label="Description *" value=description/>
            <Checkbox
                label="Needs confirmation"
                checked=needs_confirmation
                on_change=Callback::new(move |is| needs_confirmation.set(is))
            />
            <p class="quiet">"Tick it if somebody at the lab has yet to make sure that the environment is at fault."</p>
        </div>
        <SendingError sending/>
        <Show
            when=move || !is_asking.get()
            fallback=move || id.map(|id| view! { <Deletion page id scope=sure.clone() is_asking open/> }.erase_unsent())
        >
            <DialogActions open>
                {id.map(|_| {
                    view! { <ActionButton label="delete" on_press=move || is_asking.set(true) busy=is_busy weight=Weight::Danger/> }.erase_unsent()
                })}
                <ActionButton label="submit" on_press=submit obstacle busy=is_busy weight=Weight::Primary/>
            </DialogActions>
        </Show>
    }
    .erase_unsent()
}

/// Asks whether somebody is sure, in the place of the buttons.
#[component]
fn Deletion(page: PageState, id: i64, scope: String, is_asking: RwSignal<bool>, open: RwSignal<bool>) -> impl IntoView {
    let sending = Sending::new();
    let delete = move || {
        sending.send(Change::delete(format!("{PATH}/{id}")), move |(): ()| {
            page.issues.update(|issues| issues.retain(|issue| issue.id != id));
            open.set(false);
            page.feedback.done("The issue is deleted");
        });
    };
    view! {
        <div class="notice notice-error" role="alert">
            <p class="notice-title">"Are you sure you want to delete this issue?"</p>
            <p>{scope}</p>
        </div>
        <SendingError sending/>
        <div class="dialog-actions">
            <button type="button" class="button" on:click=move |_| is_asking.set(false)>
                "No"
            </button>
            <ActionButton
                label="Yes"
                on_press=delete
                busy=Signal::derive(move || sending.is_busy())
                weight=Weight::Danger
            />
        </div>
    }
    .erase_unsent()
}

fn save(page: PageState, id: Option<i64>, body: &Value, sending: Sending, open: RwSignal<bool>) {
    let change = id.map_or_else(|| Change::post(PATH), |id| Change::put(format!("{PATH}/{id}"))).json(body);
    sending.send(change, move |saved: EnvironmentReportedIssueResponse| {
        page.issues.update(|issues| match issues.iter_mut().find(|issue| issue.id == saved.id) {
            Some(issue) => *issue = saved,
            None => issues.push(saved),
        });
        open.set(false);
        page.feedback.done("The issue is saved");
    });
}

#[cfg(test)]
mod tests {
    use super::url_problem;

    #[test]
    fn an_issue_lives_at_a_known_tracker() {
        for (url, is_confirmed, is_good) in [
            ("", false, true),
            ("", true, false),
            ("https://github.com/a/b/issues/1", true, true),
            ("HTTPS://GitHub.com", false, true),
            ("https://warthogs.atlassian.net:443/browse/A-1", false, true),
            ("https://github.com.example.org/", false, false),
            ("https://github.com@example.org/", false, false),
            ("github.com/a", false, false),
            ("ftp://github.com/a", false, false),
        ] {
            assert_eq!(url_problem(url, is_confirmed).is_none(), is_good, "{url}");
        }
    }
}

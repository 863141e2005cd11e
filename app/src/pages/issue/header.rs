//! The top of the page: which issue, how it stands, and whether new results with it are run again.

use leptos::{prelude::*, task::spawn_local};
use serde_json::json;

use crate::erase::Erase;
use crate::{
    api::{IssueResponse, Permission},
    client::{Change, Client},
    components::{
        feedback::use_feedback,
        issue::{TrackerLink, issue_key, issue_title},
        session::{Permit, use_session},
        status::Look,
    },
};

/// Tracker, project, key, status, title, labels.
#[component]
pub(super) fn Header(issue: IssueResponse) -> impl IntoView {
    let key = issue_key(issue.source, &issue.project, &issue.key);
    let labels =
        issue.labels.unwrap_or_default().into_iter().map(|label| view! { <span class="badge">{label}</span> }.erase());
    view! {
        <div class="page-head">
            <h1>{issue_title(&issue.title)}</h1>
            <span class="issue-source">{issue.source.as_str().to_uppercase()}</span>
            <span class="quiet">{issue.project}</span>
            <TrackerLink url=issue.url label=key/>
            {Look::from(issue.status).view()}
            {labels.collect_view()}
        </div>
    }
    .erase()
}

/// The switch: it moves at once, and back where the server refuses.
#[component]
pub(super) fn AutoRerun(issue: i64, is_enabled: bool) -> impl IntoView {
    let (session, feedback) = (use_session(), use_feedback());
    let is_on = RwSignal::new(is_enabled);
    let permit = session.permit_signal(Permission::ChangeAutoRerun);
    let is_refused = move || permit.get() != Permit::Granted;
    let change = move |event| {
        let wanted = event_target_checked(&event);
        is_on.set(wanted);
        // The permission of its own is asked for in the address.
        let address = format!("/v1/issues/{issue}?auto_rerun_enabled={wanted}");
        let answer = Client::current()
            .send::<IssueResponse>(Change::patch(address).json(&json!({"auto_rerun_enabled": wanted})));
        spawn_local(async move {
            match answer.await {
                Ok(issue) => is_on.set(issue.auto_rerun_enabled),
                Err(error) => {
                    is_on.set(!wanted);
                    feedback.failed("Failed to update auto-rerun", &error);
                }
            }
        });
    };
    view! {
        <label class="checkbox" title=move || permit.get().reason()>
            <input
                type="checkbox"
                role="switch"
                checked=is_enabled
                prop:checked=is_on
                disabled=is_refused
                on:change=change
            />
            <span>
                "Auto-rerun on new matches "
                <span class="quiet">"– new results that a rule of this issue matches are queued for a rerun"</span>
            </span>
        </label>
    }
    .erase()
}

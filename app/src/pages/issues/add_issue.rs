//! Making an issue known by its address.

use leptos::prelude::*;
use serde_json::json;

use crate::erase::Erase;
use crate::{
    api::{IssueResponse, Permission},
    client::Change,
    components::{
        button::{ActionButton, Weight},
        dialog::{Dialog, DialogActions},
        feedback::use_feedback,
        issue_url::{IssueAddresses, IssueReference, IssueUrlField, own_origin, parse_issue_reference},
        sending::{Sending, SendingError},
        session::use_session,
    },
};

/// The button, and the dialog it opens.
#[component]
pub(super) fn AddIssue(on_added: Callback<()>) -> impl IntoView {
    let (session, feedback, sending) = (use_session(), use_feedback(), Sending::new());
    let open = RwSignal::new(false);
    let url = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<String>);
    let begin = move |()| {
        sending.reset();
        url.set(String::new());
        problem.set(None);
        open.set(true);
    };
    let add = move || {
        let address = match parse_issue_reference(&url.get_untracked(), &own_origin()) {
            Ok(IssueReference::External(address)) => address,
            Ok(IssueReference::Internal(_)) => {
                problem.set(Some("That issue is known here already.".to_owned()));
                return;
            }
            Err(words) => {
                problem.set(Some(words));
                return;
            }
        };
        problem.set(None);
        let change = Change::put("/v1/issues").json(&json!({"url": address}));
        sending.send(change, move |issue: IssueResponse| {
            open.set(false);
            feedback.done(format!("{} is known here.", issue.url));
            on_added.run(());
        });
    };
    view! {
        <ActionButton label="add issue" permit=session.permit_signal(Permission::ChangeIssue) on_press=begin/>
        <Dialog open title="Add Issue">
            <form
                class="form"
                on:submit=move |event| {
                    event.prevent_default();
                    add();
                }
            >
                <IssueUrlField value=url problem accepts=IssueAddresses::Trackers/>
                <SendingError sending/>
                <DialogActions open>
                    <ActionButton
                        label="add"
                        weight=Weight::Primary
                        busy=Signal::derive(move || sending.is_busy())
                        on_press=move |()| add()
                    />
                </DialogActions>
            </form>
        </Dialog>
    }
    .erase()
}

//! Making an issue known by its address.

use leptos::prelude::*;
use serde_json::json;

use crate::{
    api::{IssueResponse, Permission},
    client::Change,
    components::{
        button::{ActionButton, Weight},
        dialog::{Dialog, DialogActions},
        feedback::use_feedback,
        field::TextField,
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
    let begin = move |()| {
        sending.reset();
        url.set(String::new());
        open.set(true);
    };
    let add = move || {
        let address = url.get_untracked();
        if let Some(problem) = problem_of(&address) {
            sending.refuse(problem);
            return;
        }
        let change = Change::put("/v1/issues").json(&json!({"url": address.trim()}));
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
                <TextField label="External issue URL (GitHub, Jira, Launchpad)" value=url kind="url" required=true/>
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
}

/// What is wrong with an address before anybody is asked; the API knows the rest.
fn problem_of(address: &str) -> Option<&'static str> {
    match address.trim() {
        "" => Some("Please enter a URL"),
        address if !address.starts_with("https://") && !address.starts_with("http://") => {
            Some("Please enter a valid URL")
        }
        _ => None,
    }
}

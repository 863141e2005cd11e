//! "Add Test Result": what somebody found out by hand.

use leptos::prelude::*;
use serde_json::json;

use super::forms::{Opened, later};
use crate::erase::Erase;
use crate::{
    api::{Permission, TestResultStatus},
    client::Change,
    components::{
        button::{ActionButton, Weight},
        dialog::{Dialog, DialogActions},
        feedback::use_feedback,
        field::{Select, TextArea, TextField},
        sending::{Sending, SendingError},
        session::use_session,
        status::Look,
    },
};

/// The button of a manual run, and its dialog.
#[component]
pub(super) fn AddResult(
    run: i64,
    /// Told when a result has been stored.
    #[prop(into)]
    on_added: Callback<()>,
) -> impl IntoView {
    let open = RwSignal::new(false);
    view! {
        <ActionButton
            label="Add Test Result"
            on_press=move |()| open.set(true)
            permit=use_session().permit_signal(Permission::ChangeTest)
            weight=Weight::Small
        />
        <Dialog open title="Add Test Result">
            {later(Opened::AddResult(run, open, on_added))}
        </Dialog>
    }
    .erase()
}

/// The name of a test case that somebody enters: with the handle of whoever enters it, unless that was typed already.
fn test_name(typed: &str, handle: Option<&str>) -> String {
    let typed = typed.trim();
    match handle.map(|handle| format!("{handle} - ")) {
        Some(prefix) if !typed.starts_with(&prefix) => format!("{prefix}{typed}"),
        _ => typed.to_owned(),
    }
}

#[component]
pub(super) fn ResultForm(run: i64, open: RwSignal<bool>, on_added: Callback<()>) -> impl IntoView {
    let name = RwSignal::new(String::new());
    let name_says = RwSignal::new(None::<String>);
    let status = RwSignal::new(TestResultStatus::Passed.to_string());
    let (comment, log) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let sending = Sending::new();
    let feedback = use_feedback();
    let session = use_session();
    let handle = move || session.user().and_then(|user| user.launchpad_handle);
    let submit = Callback::new(move |()| {
        let typed = name.get_untracked();
        let is_nameless = typed.trim().is_empty();
        name_says.set(is_nameless.then(|| "Test name is required".to_owned()));
        if is_nameless {
            return;
        }
        let result = json!({
            "name": test_name(&typed, untrack(handle).as_deref()), "status": status.get_untracked(),
            "comment": comment.get_untracked(), "io_log": log.get_untracked(),
        });
        let change = Change::post(format!("/v1/test-executions/{run}/test-results")).json(&json!([result]));
        sending.send(change, move |()| {
            open.set(false);
            feedback.done("The test result has been added.");
            on_added.run(());
        });
    });
    let choices: Vec<(String, String)> =
        [TestResultStatus::Passed, TestResultStatus::Failed, TestResultStatus::Skipped]
            .map(|status| (status.to_string(), Look::from(status).label.to_owned()))
            .into();
    let prefix = move || handle().map(|handle| format!("The name begins with “{handle} - ”."));
    view! {
        <form class="form" novalidate=true on:submit=move |event| {
            event.prevent_default();
            submit.run(());
        }>
            <input type="submit" hidden=true/>
            <TextField label="Test Name" value=name placeholder="e.g., test_login, camera/detect" required=true problem=name_says/>
            <p class="quiet">{prefix}</p>
            <Select label="Status" value=status choices=choices/>
            <TextArea label="Comment" value=comment rows=3/>
            <TextArea label="Relevant Logs" value=log rows=5/>
            <SendingError sending/>
            <DialogActions open cancel="Cancel">
                <ActionButton
                    label="Submit Test Result"
                    on_press=submit
                    busy=Signal::derive(move || sending.is_busy())
                    weight=Weight::Primary
                />
            </DialogActions>
        </form>
    }
    .erase_unsent()
}

#[cfg(test)]
mod tests {
    use super::test_name;

    #[test]
    fn names_say_who_tested() {
        for (typed, handle, name) in
            [(" boot ", Some("ana"), "ana - boot"), ("ana - boot", Some("ana"), "ana - boot"), ("boot", None, "boot")]
        {
            assert_eq!(test_name(typed, handle), name);
        }
    }
}

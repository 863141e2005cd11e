//! "Attach Issue" for several results at once: those picked in the list, or in the matrix.

use leptos::prelude::*;
use serde_json::json;

use super::forms::{Opened, later};
use super::triage::use_triage;
use crate::erase::Erase;
use crate::{
    api::{IssueResponse, MinimalIssueTestResultAttachmentResponse, Permission},
    client::{Change, Client, ClientError},
    components::{
        button::{ActionButton, Weight},
        dialog::{Dialog, DialogActions},
        feedback::use_feedback,
        issue_url::{IssueReference, IssueUrlField, own_origin, parse_issue_reference, resolve_issue},
        sending::{Sending, SendingError},
        session::use_session,
    },
};

/// The dialog.
#[component]
pub(super) fn AttachMany(
    /// Opens and closes it.
    open: RwSignal<bool>,
    /// The results, by id.
    #[prop(into)]
    results: Signal<Vec<i64>>,
    /// Told when the issue is attached to all of them.
    #[prop(into)]
    on_done: Callback<()>,
) -> impl IntoView {
    view! {
        <Dialog open title="Attach Issue">
            {later(Opened::AttachMany(open, results, on_done))}
        </Dialog>
    }
}

async fn attach(client: Client, reference: IssueReference, results: Vec<i64>) -> Result<IssueResponse, ClientError> {
    let issue = resolve_issue(client.clone(), reference).await?;
    let change = Change::post(format!("/v1/issues/{issue}/attach")).json(&json!({ "test_results": results }));
    client.send(change).await
}

#[component]
pub(super) fn ManyForm(open: RwSignal<bool>, results: Signal<Vec<i64>>, on_done: Callback<()>) -> impl IntoView {
    let url = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<String>);
    let sending = Sending::new();
    let feedback = use_feedback();
    let triage = use_triage();
    let session = use_session();
    // One result is nobody's bulk.
    let permit = Signal::derive(move || match results.with(Vec::len) {
        0 | 1 => session.permit(Permission::ChangeIssueAttachment),
        _ => session.permit(Permission::ChangeIssueAttachmentBulk),
    });
    let submit = Callback::new(move |()| {
        let reference = match url.with_untracked(|url| parse_issue_reference(url, &own_origin())) {
            Ok(reference) => reference,
            Err(words) => return problem.set(Some(words)),
        };
        problem.set(None);
        let ids = results.get_untracked();
        sending.run(attach(Client::current(), reference, ids.clone()), move |issue| {
            let attachment = MinimalIssueTestResultAttachmentResponse { issue: issue.into(), attachment_rule: None };
            triage.attached(&ids, &attachment);
            open.set(false);
            feedback.done(format!("The issue has been attached to {}.", in_words(ids.len())));
            on_done.run(());
        });
    });
    view! {
        <form class="form" novalidate=true on:submit=move |event| {
            event.prevent_default();
            submit.run(());
        }>
            <p>{move || format!("Attach the issue to {}:", in_words(results.with(Vec::len)))}</p>
            <IssueUrlField value=url problem/>
            <SendingError sending/>
            <DialogActions open>
                <ActionButton
                    label="attach"
                    on_press=submit
                    permit
                    busy=Signal::derive(move || sending.is_busy())
                    weight=Weight::Primary
                />
            </DialogActions>
        </form>
    }
    .erase_unsent()
}

fn in_words(count: usize) -> String {
    match count {
        1 => "1 test result".to_owned(),
        _ => format!("{count} test results"),
    }
}

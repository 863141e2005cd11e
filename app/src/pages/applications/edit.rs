//! What an application may do, until when, and its key.

use leptos::prelude::*;
use serde_json::json;

use super::{create::show_key, expiry, new_key::Key};
use crate::erase::Erase;
use crate::{
    api::{ApplicationResponse, Permission},
    client::Change,
    components::{
        button::{ActionButton, Weight},
        confirmed::Confirmed,
        dialog::DialogActions,
        feedback::use_feedback,
        field::TextField,
        permissions::PermissionChoice,
        rows::Rows,
        selection::Selection,
        sending::{Sending, SendingError},
        session::{Permit, use_session},
    },
};

/// Its fields, and what can be done about its key.
#[component]
pub(super) fn EditApplication(
    application: ApplicationResponse,
    rows: Rows<ApplicationResponse>,
    key: RwSignal<Option<Key>>,
    selection: Selection<ApplicationResponse>,
) -> impl IntoView {
    let (session, feedback, sending) = (use_session(), use_feedback(), Sending::new());
    let ApplicationResponse { id, name, permissions, api_key, expires_at, .. } = application;
    let permissions = RwSignal::new(permissions);
    let was_until = StoredValue::new(expiry::field_of(expires_at.as_ref()));
    let expires = RwSignal::new(was_until.get_value());
    let save = Callback::new(move |()| {
        let mut body = json!({ "permissions": permissions.get_untracked() });
        let until = expires.get_untracked();
        // A field knows no seconds: what nobody touched stays as it is.
        if until != was_until.get_value() {
            body["expires_at"] = expiry::to_api(&until);
        }
        let change = Change::patch(format!("/v1/applications/{id}")).json(&body);
        sending.send(change, move |application: ApplicationResponse| {
            feedback.done(format!("The application {} is saved.", application.name));
            rows.store(application);
            selection.close();
        });
    });
    view! {
        <div class="form">
            <form class="form" novalidate=true on:submit=move |event| {
                event.prevent_default();
                save.run(());
            }>
                <input type="submit" hidden=true/>
                <TextField label="Expires (UTC; empty for never)" value=expires kind="datetime-local"/>
                <PermissionChoice chosen=permissions/>
            </form>
            <KeySection id name api_key rows key selection sending/>
            <p hidden=move || session.permit(Permission::ViewAuditLog) != Permit::Granted>
                <a href=format!("/audit-log?actor_kind=application&actor_id={id}")>"What this application did"</a>
                ", "
                <a href=format!("/audit-log?subject_kind=application&subject_id={id}")>"what was changed about it"</a>
            </p>
            <SendingError sending/>
            <DialogActions open=selection.open cancel="close">
                <ActionButton
                    label="save"
                    permit=session.permit_signal(Permission::ChangeApplication)
                    on_press=save
                    busy=Signal::derive(move || sending.is_busy())
                    weight=Weight::Primary
                />
            </DialogActions>
        </div>
    }
    .erase_unsent()
}

/// A new key, or none at all any more.
#[component]
fn KeySection(
    id: i64,
    name: String,
    api_key: String,
    rows: Rows<ApplicationResponse>,
    key: RwSignal<Option<Key>>,
    selection: Selection<ApplicationResponse>,
    sending: Sending,
) -> impl IntoView {
    let feedback = use_feedback();
    let permit = use_session().permit_signal(Permission::ChangeApplication);
    let busy = Signal::derive(move || sending.is_busy());
    let rotate = Callback::new(move |()| {
        let change = Change::post(format!("/v1/applications/{id}/rotate"));
        sending.send(change, move |application: ApplicationResponse| {
            selection.close();
            show_key(application, rows, key);
        });
    });
    let gone = format!("The application {name} is deleted.");
    let delete = Callback::new(move |()| {
        let gone = gone.clone();
        sending.send(Change::delete(format!("/v1/applications/{id}")), move |()| {
            selection.close();
            rows.remove(id);
            feedback.done(gone);
        });
    });
    let rotation = format!(
        "Give {name} a new key? The old one stops at once, or after the time that the operator gives programs to change over (KEY_GRACE_SECONDS)."
    );
    let deletion = format!("Delete {name}? Its keys stop at once; what it reported stays.");
    view! {
        <section class="rule-fields" aria-label="Key">
            <h3>"Key"</h3>
            <p>
                <code>{api_key}</code>
                " "
                <span class="quiet">"Nobody can look up the rest. Who has lost it needs a new one."</span>
            </p>
            <div class="form-row">
                <Confirmed label="rotate key" question=rotation on_yes=rotate permit busy/>
                <Confirmed label="delete application" question=deletion on_yes=delete permit busy/>
            </div>
        </section>
    }
    .erase_unsent()
}

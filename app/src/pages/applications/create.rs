//! A new application.

use leptos::prelude::*;
use serde_json::json;

use super::{expiry, new_key::Key};
use crate::erase::Erase;
use crate::{
    api::{ApplicationResponse, Permission},
    client::{Change, Client, ClientError},
    components::{
        button::{ActionButton, Weight},
        dialog::{Dialog, DialogActions},
        field::TextField,
        permissions::PermissionChoice,
        rows::Rows,
        sending::{Sending, SendingError},
        session::use_session,
    },
};

/// The button, and the dialog it opens.
#[component]
pub(super) fn CreateApplication(rows: Rows<ApplicationResponse>, key: RwSignal<Option<Key>>) -> impl IntoView {
    let open = RwSignal::new(false);
    let permit = use_session().permit_signal(Permission::AddApplication);
    view! {
        <ActionButton label="Create application" permit on_press=move |()| open.set(true)/>
        <Dialog open title="Create application">
            <CreateForm rows key open/>
        </Dialog>
    }
}

#[component]
fn CreateForm(rows: Rows<ApplicationResponse>, key: RwSignal<Option<Key>>, open: RwSignal<bool>) -> impl IntoView {
    let sending = Sending::new();
    let (name, expires) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let problem = RwSignal::new(None::<String>);
    let permissions = RwSignal::new(Vec::new());
    let create = Callback::new(move |()| {
        let name = name.with_untracked(|name| name.trim().to_owned());
        if name.is_empty() {
            problem.set(Some("Please give the application a name".to_owned()));
            return;
        }
        let body = json!({
            "name": name,
            "permissions": permissions.get_untracked(),
            "expires_at": expires.with_untracked(|end| expiry::to_api(end)),
        });
        sending.send_at(Change::post("/v1/applications").json(&body), problem, move |made: ApplicationResponse| {
            show_key(made, rows, key);
            open.try_set(false);
        });
    });
    view! {
        <form class="form" novalidate=true on:submit=move |event| {
            event.prevent_default();
            create.run(());
        }>
            // Without a button of this kind Enter would not send a form of several fields.
            <input type="submit" hidden=true/>
            <TextField label="Name" value=name required=true problem/>
            <TextField label="Expires (UTC; empty for never)" value=expires kind="datetime-local"/>
            <PermissionChoice chosen=permissions/>
            <SendingError sending/>
            <DialogActions open>
                <ActionButton label="create" on_press=create busy=Signal::derive(move || sending.is_busy()) weight=Weight::Primary/>
            </DialogActions>
        </form>
    }
    .erase_unsent()
}

/// Shows the key that an answer carries, and the application in the list without it.
pub(super) fn show_key(made: ApplicationResponse, rows: Rows<ApplicationResponse>, key: RwSignal<Option<Key>>) {
    key.try_set(Some(Key { application: made.name.clone(), text: made.api_key.clone() }));
    let id = made.id;
    // The list says what the API says of a key: its first characters.
    rows.store(ApplicationResponse { api_key: "…".to_owned(), ..made });
    let answer = Client::current().get::<ApplicationResponse>(&format!("/v1/applications/{id}"));
    leptos::task::spawn_local(async move {
        let shown: Result<ApplicationResponse, ClientError> = answer.await;
        if let Ok(shown) = shown {
            rows.store(shown);
        }
    });
}

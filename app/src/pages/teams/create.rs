//! A new team.

use leptos::prelude::*;
use serde_json::json;

use super::TeamRow;
use crate::erase::Erase;
use crate::{
    api::{Permission, TeamResponse},
    client::Change,
    components::{
        button::{ActionButton, Weight},
        dialog::{Dialog, DialogActions},
        feedback::use_feedback,
        field::TextField,
        permissions::PermissionChoice,
        rows::Rows,
        sending::{Sending, SendingError},
        session::use_session,
    },
};

/// The button, and the dialog it opens.
#[component]
pub(super) fn CreateTeam(rows: Rows<TeamRow>) -> impl IntoView {
    let open = RwSignal::new(false);
    let permit = use_session().permit_signal(Permission::ChangeTeam);
    view! {
        <ActionButton label="Create team" permit on_press=move |()| open.set(true)/>
        <Dialog open title="Create team">
            <CreateForm rows open/>
        </Dialog>
    }
}

#[component]
fn CreateForm(rows: Rows<TeamRow>, open: RwSignal<bool>) -> impl IntoView {
    let (feedback, sending) = (use_feedback(), Sending::new());
    let name = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<String>);
    let permissions = RwSignal::new(Vec::new());
    let create = Callback::new(move |()| {
        let name = name.with_untracked(|name| name.trim().to_owned());
        if name.is_empty() {
            problem.set(Some("Please give the team a name".to_owned()));
            return;
        }
        let body = json!({"name": name, "permissions": permissions.get_untracked()});
        sending.send_at(Change::post("/v1/teams").json(&body), problem, move |team: TeamResponse| {
            feedback.done(format!("The team {} is there. Add its members next.", team.name));
            rows.store(team.into());
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
            <PermissionChoice chosen=permissions/>
            <SendingError sending/>
            <DialogActions open>
                <ActionButton label="create" on_press=create busy=Signal::derive(move || sending.is_busy()) weight=Weight::Primary/>
            </DialogActions>
        </form>
    }
    .erase_unsent()
}

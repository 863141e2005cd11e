//! What a team may do, and who is in it.

use leptos::prelude::*;
use serde_json::json;

use super::{TeamRow, members::Members};
use crate::erase::Erase;
use crate::{
    api::{ArtefactMatchingRuleInResponse, Permission, TeamResponse},
    client::Change,
    components::{
        button::{ActionButton, Weight},
        dialog::DialogActions,
        feedback::use_feedback,
        permissions::PermissionChoice,
        rows::Rows,
        selection::Selection,
        sending::{Sending, SendingError},
        session::{Permit, use_session},
    },
};

/// Members change at once, permissions when they are saved.
#[component]
pub(super) fn EditTeam(team: TeamResponse, rows: Rows<TeamRow>, selection: Selection<TeamResponse>) -> impl IntoView {
    let (session, feedback, sending) = (use_session(), use_feedback(), Sending::new());
    let TeamResponse { id, name, permissions, members, artefact_matching_rules: rules } = team;
    let permissions = RwSignal::new(permissions);
    let save = Callback::new(move |()| {
        let change = Change::patch(format!("/v1/teams/{id}"));
        let change = change.json(&json!({ "permissions": permissions.get_untracked() }));
        sending.send(change, move |team: TeamResponse| {
            feedback.done(format!("The permissions of {} are saved.", team.name));
            rows.store(team.into());
            selection.close();
            session.refresh();
        });
    });
    view! {
        <div class="form">
            <p class="quiet">
                {format!("Whoever signs in by way of an identity provider joins teams by their names, so “{name}” cannot be changed. ")}
                <a
                    href=format!("/audit-log?subject_kind=team&subject_id={id}")
                    hidden=move || session.permit(Permission::ViewAuditLog) != Permit::Granted
                >
                    "What was changed about this team"
                </a>
            </p>
            <Members team=id members rows/>
            <Rules team=id rules/>
            <form class="form" on:submit=move |event| {
                event.prevent_default();
                save.run(());
            }>
                <PermissionChoice chosen=permissions/>
                <SendingError sending/>
                <DialogActions open=selection.open cancel="close">
                    <ActionButton
                        label="save permissions"
                        permit=session.permit_signal(Permission::ChangeTeam)
                        on_press=save
                        busy=Signal::derive(move || sending.is_busy())
                        weight=Weight::Primary
                    />
                </DialogActions>
            </form>
        </div>
    }
    .erase_unsent()
}

/// Which artefacts the team is responsible for.
#[component]
fn Rules(team: i64, rules: Vec<ArtefactMatchingRuleInResponse>) -> impl IntoView {
    let words = match rules.len() {
        0 => "No matching rule makes this team responsible for artefacts.".to_owned(),
        1 => "1 matching rule makes this team responsible for artefacts.".to_owned(),
        count => format!("{count} matching rules make this team responsible for artefacts."),
    };
    view! {
        <p>
            {words}
            " "
            <a href=format!("/matching-rules?team={team}")>"Matching rules of this team"</a>
        </p>
    }
}

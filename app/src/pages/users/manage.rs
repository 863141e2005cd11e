//! What can be done about one user.

use leptos::{prelude::*, task::spawn_local};
use serde_json::json;

use super::{
    UserRow,
    table::{powers, team_links},
};
use crate::erase::Erase;
use crate::{
    api::{Permission, UserResponse},
    client::{Change, Client},
    components::{
        button::ActionButton,
        confirmed::Confirmed,
        dialog::DialogActions,
        feedback::{Feedback, use_feedback},
        rows::Rows,
        selection::Selection,
        sending::{Sending, SendingError},
        session::{Permit, use_session},
    },
};

/// Makes a user an administrator, or an ordinary user.
fn ranking(id: i64, is_admin: bool) -> Change {
    Change::patch(format!("/v1/users/{id}")).json(&json!({ "is_admin": is_admin }))
}

fn rank_in_words(name: &str, is_admin: bool) -> String {
    if is_admin { format!("{name} is an administrator.") } else { format!("{name} is no administrator any more.") }
}

/// Who it is, and what can be changed.
#[component]
pub(super) fn Manage(
    user: UserResponse,
    rows: Rows<UserRow>,
    count: RwSignal<i64>,
    selection: Selection<UserResponse>,
) -> impl IntoView {
    let (session, feedback, sending) = (use_session(), use_feedback(), Sending::new());
    let contradiction = RwSignal::new(None::<String>);
    let permit = session.permit_signal(Permission::ChangeUser);
    let busy = Signal::derive(move || sending.is_busy());
    let is_self = session.user().is_some_and(|own| own.id == user.id);
    let UserResponse { id, is_admin, .. } = user;
    let name = user.name.clone();
    let rank = Callback::new(move |()| {
        sending.send_at(ranking(id, !is_admin), contradiction, move |user: UserResponse| {
            let words = rank_in_words(&user.name, user.is_admin);
            rows.store(user.into());
            selection.close();
            session.refresh();
            if is_self {
                feedback.done(words);
            } else {
                feedback.undoable(words, Callback::new(move |()| rank_again(id, is_admin, rows, feedback)));
            }
        });
    });
    let gone = format!("{name} is removed.");
    let delete = Callback::new(move |()| {
        let gone = gone.clone();
        sending.send_at(Change::delete(format!("/v1/users/{id}")), contradiction, move |()| {
            selection.close();
            rows.remove(id);
            count.try_update(|count| *count -= 1);
            session.refresh();
            feedback.done(gone);
        });
    });
    let question = format!(
        "Remove {name}? Sessions, memberships, notifications and assigned reviews go, too. What {name} did stays in the audit log."
    );
    let label = if is_admin { "take administration away" } else { "make administrator" };
    view! {
        <div class="form">
            <Facts user/>
            {(is_self && is_admin).then(|| view! { <p class="warning">"This is you: you could not give yourself back what you take away."</p> }.erase_unsent())}
            <p class="field-problem" role="alert">
                {contradiction}
            </p>
            <SendingError sending/>
            <DialogActions open=selection.open cancel="close">
                <Confirmed label="remove user" question on_yes=delete permit busy/>
                <ActionButton label permit busy on_press=rank/>
            </DialogActions>
        </div>
    }
    .erase_unsent()
}

#[component]
fn Facts(user: UserResponse) -> impl IntoView {
    let session = use_session();
    let id = user.id;
    let teams: Vec<(i64, String)> = user.teams.into_iter().map(|team| (team.id, team.name)).collect();
    let has_no_teams = teams.is_empty();
    view! {
        <dl class="facts">
            <div>
                <dt>"E-mail"</dt>
                <dd>{user.email}</dd>
            </div>
            <div>
                <dt>"Launchpad"</dt>
                <dd>{user.launchpad_handle.unwrap_or_else(|| "not known".to_owned())}</dd>
            </div>
            <div>
                <dt>"Teams"</dt>
                <dd>{if has_no_teams { "none".erase_unsent() } else { team_links(&teams).erase_unsent() }}</dd>
            </div>
            <div>
                <dt>"May do"</dt>
                <dd>{powers(user.is_admin)} {(!user.is_admin).then_some("As the teams say")}</dd>
            </div>
        </dl>
        <p hidden=move || session.permit(Permission::ViewAuditLog) != Permit::Granted>
            <a href=format!("/audit-log?actor_kind=user&actor_id={id}")>"What this user did"</a>
            ", "
            <a href=format!("/audit-log?subject_kind=user&subject_id={id}")>"what was changed about this user"</a>
        </p>
    }
}

/// Takes the change back.
fn rank_again(id: i64, is_admin: bool, rows: Rows<UserRow>, feedback: Feedback) {
    let answer = Client::current().send::<UserResponse>(ranking(id, is_admin));
    spawn_local(async move {
        match answer.await {
            Ok(user) => {
                feedback.done(rank_in_words(&user.name, user.is_admin));
                rows.store(user.into());
            }
            Err(error) => feedback.failed("Not undone", &error),
        }
    });
}

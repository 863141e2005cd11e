//! The list of users.

use leptos::prelude::*;

use super::UserRow;
use crate::components::each::Each;
use crate::erase::Erase;
use crate::{
    api::{Permission, UserResponse},
    components::{
        button::{ActionButton, Weight},
        icon::Icon,
        rows::{Row, Rows},
        selection::Selection,
        session::{Permit, use_session},
    },
};

/// A line a user.
#[component]
pub(super) fn UserTable(rows: Rows<UserRow>, selection: Selection<UserResponse>) -> impl IntoView {
    view! {
        <table class="table table-cards access-table">
            <caption class="visually-hidden">"Users by name"</caption>
            <thead>
                <tr>
                    <th scope="col">"Name"</th>
                    <th scope="col">"E-mail"</th>
                    <th scope="col">"Launchpad"</th>
                    <th scope="col">"Teams"</th>
                    <th scope="col">"May do"</th>
                    <th scope="col">
                        <span class="visually-hidden">"Actions"</span>
                    </th>
                </tr>
            </thead>
            <tbody>
                <Each each=move || rows.get() key=|row| row.id let(row)>
                    <Line row selection/>
                </Each>
            </tbody>
        </table>
    }
    .erase()
}

#[component]
fn Line(row: Row<UserRow>, selection: Selection<UserResponse>) -> impl IntoView {
    let id = row.id;
    let user = RwSignal::from(row.value);
    let (name, email, launchpad) =
        user.with_untracked(|user| (user.name.clone(), user.email.clone(), user.launchpad.clone()));
    let has_launchpad = launchpad.is_some();
    let manage = format!("Manage {name}");
    view! {
        <tr id=format!("row-{id}")>
            <td class="cell-name" data-label="Name">
                {name.clone()}
            </td>
            <td data-label="E-mail">{email}</td>
            <td data-label="Launchpad" class:cell-empty=!has_launchpad>
                {launchpad}
            </td>
            <td data-label="Teams" class="cell-list" class:cell-empty=move || user.with(|user| user.teams.is_empty())>
                {move || user.with(|user| team_links(&user.teams))}
            </td>
            <td data-label="May do" class:cell-empty=move || user.with(|user| !user.is_admin)>{move || user.with(|user| powers(user.is_admin))}</td>
            <td class="cell-actions">
                <History id name/>
                <ActionButton label="manage" name=manage weight=Weight::Small on_press=move |()| selection.choose(id)/>
            </td>
        </tr>
    }
    .erase()
}

/// What the user did, for those who may read it.
#[component]
fn History(id: i64, name: String) -> impl IntoView {
    let session = use_session();
    view! {
        <a
            class="button button-small"
            href=format!("/audit-log?actor_kind=user&actor_id={id}")
            aria-label=format!("What {name} did")
            hidden=move || session.permit(Permission::ViewAuditLog) != Permit::Granted
        >
            "log"
        </a>
    }
}

/// The ways to teams.
pub(super) fn team_links(teams: &[(i64, String)]) -> impl IntoView + use<> {
    let links = teams.iter().enumerate().map(|(at, (id, name))| {
        let comma = if at == 0 { "" } else { ", " };
        view! {
            {comma}
            <a href=format!("/teams?team={id}")>{name.clone()}</a>
        }
    });
    links.collect_view()
}

/// Whether a user may do everything, by shape and word; what others may do, their teams say.
pub(super) fn powers(is_admin: bool) -> impl IntoView + use<> {
    is_admin.then(|| view! { <span class="badge">{Icon::Person.view()} "Administrator"</span> }.erase())
}

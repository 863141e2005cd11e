//! The list of teams.

use leptos::prelude::*;

use super::TeamRow;
use crate::components::each::Each;
use crate::erase::Erase;
use crate::{
    api::TeamResponse,
    components::{
        button::{ActionButton, Weight},
        permissions::summary,
        rows::{Row, Rows},
        selection::Selection,
    },
};

/// A line a team.
#[component]
pub(super) fn TeamTable(rows: Rows<TeamRow>, selection: Selection<TeamResponse>) -> impl IntoView {
    view! {
        <table class="table table-cards access-table">
            <caption class="visually-hidden">"Teams by name"</caption>
            <thead>
                <tr>
                    <th scope="col">"Name"</th>
                    <th scope="col" class="cell-number">
                        "Members"
                    </th>
                    <th scope="col">"Permissions"</th>
                    <th scope="col" class="cell-number">
                        "Matching rules"
                    </th>
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
fn Line(row: Row<TeamRow>, selection: Selection<TeamResponse>) -> impl IntoView {
    let id = row.id;
    let team = RwSignal::from(row.value);
    let name = team.with_untracked(|team| team.name.clone());
    let (edit, of_team) = (format!("Edit {name}"), format!("Matching rules of {name}"));
    view! {
        <tr id=format!("row-{id}")>
            <td class="cell-name" data-label="Name">
                {name}
            </td>
            <td class="cell-number" data-label="Members">
                {move || team.with(|team| team.members)}
            </td>
            <td data-label="Permissions">{move || team.with(|team| summary(&team.permissions))}</td>
            <td class="cell-number" data-label="Matching rules">
                <a href=format!("/matching-rules?team={id}") aria-label=of_team>
                    {move || team.with(|team| team.rules)}
                </a>
            </td>
            <td class="cell-actions">
                <ActionButton label="edit" name=edit weight=Weight::Small on_press=move |()| selection.choose(id)/>
            </td>
        </tr>
    }
    .erase()
}

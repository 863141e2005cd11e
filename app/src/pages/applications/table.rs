//! The list of applications.

use leptos::prelude::*;

use super::expiry;
use crate::components::each::Each;
use crate::erase::Erase;
use crate::{
    api::ApplicationResponse,
    components::{
        button::{ActionButton, Weight},
        moment::Ago,
        permissions::summary,
        rows::{Row, Rows},
        selection::Selection,
    },
    text::date::Day,
};

/// A line an application.
#[component]
pub(super) fn ApplicationTable(
    rows: Rows<ApplicationResponse>,
    today: Day,
    selection: Selection<ApplicationResponse>,
) -> impl IntoView {
    view! {
        <table class="table table-cards access-table">
            <caption class="visually-hidden">"Applications by name"</caption>
            <thead>
                <tr>
                    <th scope="col">"Name"</th>
                    <th scope="col">"Permissions"</th>
                    <th scope="col">"Key"</th>
                    <th scope="col">"Last used"</th>
                    <th scope="col">"Expires"</th>
                    <th scope="col">
                        <span class="visually-hidden">"Actions"</span>
                    </th>
                </tr>
            </thead>
            <tbody>
                <Each each=move || rows.get() key=|row| row.id let(row)>
                    <Line row today selection/>
                </Each>
            </tbody>
        </table>
    }
    .erase()
}

#[component]
fn Line(row: Row<ApplicationResponse>, today: Day, selection: Selection<ApplicationResponse>) -> impl IntoView {
    let id = row.id;
    let application = RwSignal::from(row.value);
    let name = application.with_untracked(|application| application.name.clone());
    let edit = format!("Edit {name}");
    let last_used = move || match application.with(|application| application.last_used_at.clone()) {
        Some(at) => view! { <Ago at/> }.erase(),
        None => view! { <span class="quiet">"never"</span> }.erase(),
    };
    view! {
        <tr id=format!("row-{id}")>
            <td class="cell-name" data-label="Name">
                {name}
            </td>
            <td data-label="Permissions">{move || application.with(|application| summary(&application.permissions))}</td>
            <td data-label="Key">
                <code>{move || application.with(|application| application.api_key.clone())}</code>
            </td>
            <td data-label="Last used">{last_used}</td>
            <td data-label="Expires">
                {move || expiry::view(application.with(|application| application.expires_at.clone()), today)}
            </td>
            <td class="cell-actions">
                <ActionButton label="edit" name=edit weight=Weight::Small on_press=move |()| selection.choose(id)/>
            </td>
        </tr>
    }
    .erase()
}

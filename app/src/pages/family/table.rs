//! The table of a family's artefacts; on a phone its rows become cards.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::{
    columns::{Column, Sort},
    row::Row,
};
use crate::components::each::Each;
use crate::erase::Erase;
use crate::{
    api::{ArtefactStatus, FamilyName},
    components::status::Look,
    text::{date::Day, query},
};

/// The table with its headings, which sort.
#[component]
pub(super) fn Table(family: FamilyName, sort: Memo<Sort>, rows: Signal<Vec<Row>>, today: Day) -> impl IntoView {
    let columns = StoredValue::new(Column::of(family));
    let headings =
        columns.get_value().into_iter().map(|column| view! { <Heading family column sort/> }.erase()).collect_view();
    let view_row = move |row: Row| columns.with_value(|columns| line(family, columns, &row, today));
    view! {
        <table class="table table-cards" hidden=move || rows.with(Vec::is_empty)>
            <thead>
                <tr>{headings}</tr>
            </thead>
            <tbody>
                <Each each=move || rows.get() key=|row| row.id children=view_row/>
            </tbody>
        </table>
    }
    .erase()
}

#[component]
fn Heading(family: FamilyName, column: Column, sort: Memo<Sort>) -> impl IntoView {
    let parameters = use_query_map();
    let address = move || {
        let by_column = parameters.with(|now| query::with(now, "sortBy", Some(column.key())));
        query::address(
            &format!("/{}", family.path()),
            &query::with(&by_column, "direction", Some(sort.get().next_direction(column))),
        )
    };
    let arrow = move || match sort.get().state(column) {
        Some("ascending") => "↑",
        Some(_) => "↓",
        None => "",
    };
    view! {
        <th scope="col" class=cell_class(column) aria-sort=move || sort.get().state(column)>
            <a href=address>{column.label()} <span class="sort-arrow" aria-hidden="true">{arrow}</span></a>
        </th>
    }
}

fn cell_class(column: Column) -> &'static str {
    match column {
        Column::Name => "cell-name",
        Column::Version => "cell-version",
        Column::ReviewsRemaining => "cell-number",
        _ => "",
    }
}

/// One artefact; its name is the link, and the stylesheet spreads that over the row.
fn line(family: FamilyName, columns: &[Column], row: &Row, today: Day) -> impl IntoView + use<> {
    let cells = columns.iter().map(|&column| {
        let is_empty = column.text(row).is_empty();
        view! {
            <td class=cell_class(column) class:cell-empty=is_empty data-label=column.label()>
                {cell(family, column, row, today)}
            </td>
        }
    });
    view! { <tr class="row-link">{cells.collect_view()}</tr> }
}

fn cell(family: FamilyName, column: Column, row: &Row, today: Day) -> AnyView {
    let text = column.text(row);
    match column {
        Column::Name => view! { <a href=format!("/{}/{}", family.path(), row.id)>{text}</a> }.erase(),
        Column::Version => view! { <span class="version" title=text.clone()>{text.clone()}</span> }.erase(),
        Column::Status => Look::from(row.status()).view().erase(),
        Column::DueDate => row.due.map(|due| due_date(due, today, row.status())).erase(),
        Column::Reviewers if row.reviewers.len() > 1 => {
            view! { <span title=row.reviewers.join(", ")>{text}</span> }.erase()
        }
        _ => text.erase(),
    }
}

/// "May 4"; once it is over, marked as something to act on, as long as nothing is decided.
pub(in crate::pages) fn due_date(due: Day, today: Day, status: ArtefactStatus) -> impl IntoView + use<> {
    let is_overdue = due < today && status == ArtefactStatus::Undecided;
    view! {
        <time datetime=due.to_iso() class=if is_overdue { "overdue" } else { "due" }>
            {due.to_words(today)}
            {is_overdue.then_some(" (overdue)")}
        </time>
    }
}

//! The column view: a column for every stage, a card for every artefact.

use leptos::prelude::*;

use super::{row::Row, table::due_date};
use crate::erase::Erase;
use crate::{api::FamilyName, components::status::Look, text::date::Day};

/// A column: its title and what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stage {
    title: String,
    rows: Vec<Row>,
}

/// The columns of a family, from the first stage to the last. What fits none stands in one of its own, which is there when needed;
/// of Debian packages that is where private archives are.
fn columns(family: FamilyName, rows: Vec<Row>) -> Vec<Stage> {
    let stages = family.stages();
    let mut columns: Vec<Stage> =
        stages.iter().map(|stage| Stage { title: capitalised(stage), rows: Vec::new() }).collect();
    let title = if family == FamilyName::Deb { "PPAs" } else { "Other" };
    let mut rest = Stage { title: title.to_owned(), rows: Vec::new() };
    for row in rows {
        let column = stages.iter().position(|stage| *stage == row.stage).and_then(|at| columns.get_mut(at));
        column.unwrap_or(&mut rest).rows.push(row);
    }
    if family == FamilyName::Deb || !rest.rows.is_empty() {
        columns.push(rest);
    }
    columns
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The columns beside each other; on a phone one fills the screen, and the next is a swipe away.
#[component]
pub(super) fn Stages(family: FamilyName, rows: Signal<Vec<Row>>, today: Day) -> impl IntoView {
    let view_column = move |Stage { title, rows }: Stage| {
        let count = rows.len();
        let cards = rows.into_iter().map(|row| view! { <li>{card(family, &row, today)}</li> }.erase()).collect_view();
        view! {
            <section class="stage" aria-label=title.clone()>
                <h2>{title.clone()} " " <span class="count">{count}</span></h2>
                <ul class="plain-list">{cards}</ul>
            </section>
        }
    };
    view! {
        // A region that scrolls has to be reachable by keyboard.
        <div class="stage-columns" tabindex="0" role="region" aria-label="Stages">
            {move || columns(family, rows.get()).into_iter().map(view_column).collect_view()}
        </div>
    }
    .erase()
}

fn card(family: FamilyName, row: &Row, today: Day) -> impl IntoView + use<> {
    let fields = [
        ("track", &row.track),
        ("branch", &row.branch),
        ("series", &row.series),
        ("repo", &row.repo),
        ("source", &row.source),
        ("os", &row.os),
        ("release", &row.release),
        ("owner", &row.owner),
    ];
    let lines = fields.into_iter().filter(|(_, value)| !value.is_empty()).map(|(label, value)| {
        view! { <span><span class="quiet">{label}": "</span>{value.clone()}</span> }
    });
    let reviewers = row.reviewers.join(", ");
    view! {
        <a class="card" href=format!("/{}/{}", family.path(), row.id)>
            <span class="card-name"><strong>{row.name.clone()}</strong> " " <span class="version">{row.version.clone()}</span></span>
            <span class="card-line">{lines.collect_view()}</span>
            <span class="card-line card-ends">
                {Look::from(row.status()).view()}
                <span class="quiet">{format!("{} of {} reviewed", row.reviewed, row.reviewed + row.remaining)}</span>
            </span>
            <span class="card-line card-ends">
                <span class="quiet">{reviewers}</span>
                {row.due.map(|due| view! { <span><span>"Due "</span> {due_date(due, today, row.status())}</span> }.erase())}
            </span>
        </a>
    }
}

#[cfg(test)]
mod tests {
    use super::columns;
    use crate::{api::FamilyName, pages::family::row::Row};

    #[test]
    fn every_artefact_is_in_one_column() {
        let row = |id, stage: &str| Row { id, stage: stage.to_owned(), ..Row::default() };
        let shape = |family, rows: &[(i64, &str)]| -> Vec<(String, Vec<i64>)> {
            let rows = rows.iter().map(|(id, stage)| row(*id, stage)).collect();
            let columns = columns(family, rows).into_iter();
            columns.map(|column| (column.title, column.rows.iter().map(|row| row.id).collect())).collect()
        };
        let named = |title: &str, ids: &[i64]| (title.to_owned(), ids.to_vec());
        assert_eq!(
            shape(FamilyName::Snap, &[(1, "stable"), (2, "edge"), (3, "edge")]),
            [named("Edge", &[2, 3]), named("Beta", &[]), named("Candidate", &[]), named("Stable", &[1])]
        );
        assert_eq!(
            shape(FamilyName::Deb, &[(1, "")]),
            [named("Proposed", &[]), named("Updates", &[]), named("PPAs", &[1])]
        );
        assert_eq!(shape(FamilyName::Image, &[(1, "")]).last(), Some(&named("Other", &[1])));
    }
}

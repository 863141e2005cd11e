//! "By test": the same failing test in forty environments is one row. Cells are picked, and an issue is attached to all of them.

mod table;

use std::collections::{BTreeMap, BTreeSet};

use leptos::prelude::*;

use super::{
    attach_many::AttachMany,
    failures::{Failure, Subject, fetch_failures, progress},
    triage::use_triage,
};
use crate::erase::Erase;
use crate::{
    api::{ArtefactResponse, Permission},
    client::{Client, ClientError},
    components::{
        button::ActionButton,
        error_notice::ErrorNotice,
        load::{load, loading},
        session::use_session,
    },
    order,
};
use table::MatrixTable;

/// Tests that are shown; of more, those with the most failures.
const MOST_TESTS: usize = 200;
/// Environments that are shown beside each other; of more, those with the most failures.
const MOST_ENVIRONMENTS: usize = 30;

/// A test with its failures by environment.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    test: String,
    /// By the place of the environment among the columns.
    cells: BTreeMap<usize, Vec<Failure>>,
}

/// Tests by environments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Matrix {
    environments: Vec<String>,
    rows: Vec<Row>,
    /// Failures that have no place in what is shown.
    left_out: usize,
}

fn place(failure: &Failure) -> String {
    format!("{} ({})", failure.environment, failure.architecture)
}

/// Names by how often they occur, most first; then by name.
fn by_count(names: impl Iterator<Item = String>, at_most: usize) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    names.for_each(|name| *counts.entry(name).or_default() += 1);
    let mut counted: Vec<(String, usize)> = counts.into_iter().collect();
    order::sort_by_key(&mut counted, |(_, count)| std::cmp::Reverse(*count));
    counted.into_iter().take(at_most).map(|(name, _)| name).collect()
}

/// Where each name stands. Not collected at once, for which the map would be sorted.
fn places(names: &[String]) -> BTreeMap<&str, usize> {
    let mut places = BTreeMap::new();
    places.extend(names.iter().enumerate().map(|(at, name)| (name.as_str(), at)));
    places
}

/// Puts failures where they belong: the test with the most of them first, environments by name.
fn pivot(failures: &[Failure]) -> Matrix {
    let mut environments = by_count(failures.iter().map(place), MOST_ENVIRONMENTS);
    order::sort(&mut environments);
    let tests = by_count(failures.iter().map(|failure| failure.test.clone()), MOST_TESTS);
    let (rows, columns) = (places(&tests), places(&environments));
    let mut matrix = Matrix {
        rows: tests.iter().map(|test| Row { test: test.clone(), cells: BTreeMap::new() }).collect(),
        ..Matrix::default()
    };
    for failure in failures {
        let row = rows.get(failure.test.as_str()).and_then(|at| matrix.rows.get_mut(*at));
        match (row, columns.get(place(failure).as_str())) {
            (Some(row), Some(column)) => row.cells.entry(*column).or_default().push(failure.clone()),
            _ => matrix.left_out += 1,
        }
    }
    matrix.rows.retain(|row| !row.cells.is_empty());
    matrix.environments = environments;
    matrix
}

/// What is picked: results by id.
type Picked = RwSignal<BTreeSet<i64>>;

/// The view. Its data is its own: the newest runs of the artefact.
#[component]
pub(super) fn MatrixView(artefact: ArtefactResponse) -> impl IntoView {
    let triage = use_triage();
    let subject = Subject::from(&artefact);
    let failures = load(move || fetch_failures(Client::current(), subject.clone()));
    view! {
        <section class="matrix-view" aria-labelledby="by-test">
            <h2 id="by-test">"Failures by test"</h2>
            {failures.view(loading, move |failures| {
                // The bar above the view counts the same ones. The page may be gone by now.
                let _ = triage.failures.try_set(Some(failures.clone()));
                view_loaded(failures)
            })}
        </section>
    }
    .erase()
}

fn view_loaded(failures: Result<Vec<Failure>, ClientError>) -> AnyView {
    match failures {
        Err(error) => view! { <ErrorNotice error/> }.erase(),
        Ok(failures) if failures.is_empty() => view! {
            <div class="empty">
                <p class="empty-title">"Nothing failed or was skipped"</p>
                <p>"The newest run of each plan has passed everything, or has no results yet. Failures will stand here, a row per test."</p>
            </div>
        }
        .erase(),
        Ok(failures) => view! { <Board failures/> }.erase(),
    }
}

#[component]
fn Board(failures: Vec<Failure>) -> impl IntoView {
    let triage = use_triage();
    let words = progress(&failures);
    let matrix = StoredValue::new(pivot(&failures));
    // What is attached here is shown at once, without asking again.
    let attached = RwSignal::new(BTreeSet::<i64>::new());
    let known: BTreeSet<i64> = failures.iter().filter(|it| !it.issues.is_empty()).map(|it| it.result).collect();
    let is_explained =
        Callback::new(move |result: i64| known.contains(&result) || attached.with(|all| all.contains(&result)));
    let picked: Picked = RwSignal::new(BTreeSet::new());
    let open = RwSignal::new(false);
    let results = Signal::derive(move || picked.with(|picked| picked.iter().copied().collect::<Vec<i64>>()));
    let on_done = move |()| {
        let done = picked.try_update(std::mem::take).unwrap_or_default();
        attached.update(|attached| attached.extend(done));
        triage.load();
    };
    let permit = use_session().permit_signal(Permission::ChangeIssueAttachmentBulk);
    let nothing = Signal::derive(move || picked.with(BTreeSet::is_empty).then(|| "Select cells first.".to_owned()));
    let left_out = matrix.with_value(|matrix| matrix.left_out);
    view! {
        <p class="quiet">{words}</p>
        <div class="matrix-tools">
            <span class="number" role="status">{move || format!("{} results selected", picked.with(BTreeSet::len))}</span>
            <ActionButton label="Attach an issue" on_press=move |()| open.set(true) permit obstacle=nothing/>
            <ActionButton label="Select untriaged" on_press=move |()| pick_untriaged(matrix, picked, is_explained)/>
            <ActionButton label="Clear selection" on_press=move |()| picked.update(BTreeSet::clear)/>
        </div>
        <AttachMany open results on_done/>
        <MatrixTable matrix picked is_explained/>
        {(left_out > 0).then(|| view! { <p class="quiet">{format!("{left_out} more failures are not shown: those of rarer tests and environments.")}</p> }.erase())}
    }
    .erase()
}

fn pick_untriaged(matrix: StoredValue<Matrix>, picked: Picked, is_explained: Callback<i64, bool>) {
    let all: Vec<i64> = matrix.with_value(|matrix| {
        let cells = matrix.rows.iter().flat_map(|row| row.cells.values()).flatten();
        cells.map(|failure| failure.result).collect()
    });
    picked.set(all.into_iter().filter(|result| !untrack(|| is_explained.run(*result))).collect());
}

#[cfg(test)]
mod tests {
    use super::pivot;
    use crate::pages::artefact::failures::{Failure, tests::failure};

    #[test]
    fn a_test_that_fails_everywhere_is_one_row() {
        let matrix = pivot(&[
            failure(1, "rare", "b", None),
            failure(2, "common", "b", None),
            failure(3, "common", "a", None),
            failure(4, "common", "a", Some(7)),
        ]);
        assert_eq!(matrix.environments, ["a (amd64)", "b (amd64)"]);
        assert_eq!(matrix.rows.iter().map(|row| row.test.as_str()).collect::<Vec<_>>(), ["common", "rare"]);
        let ids = |row: usize, column: usize| -> Vec<i64> {
            matrix.rows[row].cells.get(&column).into_iter().flatten().map(|failure| failure.result).collect()
        };
        assert_eq!((ids(0, 0), ids(0, 1), ids(1, 0), ids(1, 1)), (vec![3, 4], vec![2], vec![], vec![1]));
        assert_eq!(matrix.left_out, 0);
    }

    #[test]
    fn what_is_too_much_is_counted() {
        let many: Vec<Failure> = (0..31).map(|at| failure(at, "t", &format!("e{at:02}"), None)).collect();
        let matrix = pivot(&many);
        assert_eq!((matrix.environments.len(), matrix.left_out), (30, 1));
    }
}

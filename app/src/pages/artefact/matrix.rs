//! "By test": the same failing test in forty environments is one row. Cells are picked, and an issue is attached to all of them.

use std::collections::{BTreeMap, BTreeSet};

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::{
    attach_many::AttachMany,
    failures::{Failure, IssueTag, Subject, fetch_failures, progress},
    triage::use_triage,
};
use crate::components::each::Each;
use crate::erase::Erase;
use crate::{
    api::{ArtefactResponse, Permission, TestResultStatus},
    client::{Client, ClientError},
    components::{button::ActionButton, error_notice::ErrorNotice, session::use_session, status::Look},
    text::query,
};

/// Tests that are shown; of more, those with the most failures.
const MOST_TESTS: usize = 200;
/// Environments that are shown beside each other; of more, those with the most failures.
const MOST_ENVIRONMENTS: usize = 30;
/// Cells that exist at once: all those of a large artefact would be tens of thousands of elements.
const CELLS: usize = 400;
/// The parameter of the address that says which tests exist.
const PAGE: &str = "page";

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
    counted.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counted.into_iter().take(at_most).map(|(name, _)| name).collect()
}

/// Puts failures where they belong: the test with the most of them first, environments by name.
fn pivot(failures: &[Failure]) -> Matrix {
    let mut environments = by_count(failures.iter().map(place), MOST_ENVIRONMENTS);
    environments.sort();
    let tests = by_count(failures.iter().map(|failure| failure.test.clone()), MOST_TESTS);
    let rows: BTreeMap<&str, usize> = tests.iter().enumerate().map(|(at, test)| (test.as_str(), at)).collect();
    let columns: BTreeMap<&str, usize> =
        environments.iter().enumerate().map(|(at, environment)| (environment.as_str(), at)).collect();
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

/// Tests that exist at once.
fn tests_of_page(environments: usize) -> usize {
    (CELLS / environments.max(1)).max(1)
}

/// What is picked: results by id.
type Picked = RwSignal<BTreeSet<i64>>;

/// The view. Its data is its own: the newest runs of the artefact.
#[component]
pub(super) fn MatrixView(artefact: ArtefactResponse) -> impl IntoView {
    let triage = use_triage();
    let subject = Subject::from(&artefact);
    let failures = Resource::new_blocking(|| (), move |()| fetch_failures(Client::current(), subject.clone()));
    view! {
        <section class="matrix-view" aria-labelledby="by-test">
            <h2 id="by-test">"Failures by test"</h2>
            <Suspense fallback=|| view! { <p class="loading">"Loading…"</p> }>
                {move || Suspend::new(async move {
                    let failures = failures.await;
                    // The bar above the view counts the same ones. The page may be gone by now.
                    let _ = triage.failures.try_set(Some(failures.clone()));
                    view_loaded(failures)
                })}
            </Suspense>
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

#[component]
fn MatrixTable(matrix: StoredValue<Matrix>, picked: Picked, is_explained: Callback<i64, bool>) -> impl IntoView {
    let query = use_location().query;
    let (environments, count) = matrix.with_value(|matrix| (matrix.environments.clone(), matrix.rows.len()));
    let per_page = tests_of_page(environments.len());
    let last = count.saturating_sub(1) / per_page;
    let page = Memo::new(move |_| {
        let wanted = query.with(|query| query.get_str(PAGE).and_then(|page| page.parse::<usize>().ok()));
        wanted.unwrap_or_default().min(last)
    });
    let shown = move || {
        matrix.with_value(|matrix| {
            let rows = matrix.rows.iter().skip(page.get() * per_page);
            rows.take(per_page).cloned().collect::<Vec<_>>()
        })
    };
    let heads = environments.iter().map(|environment| view! { <th scope="col">{environment.clone()}</th> }.erase());
    let heads = heads.collect_view();
    let view_row = move |row: Row| {
        let all: Vec<i64> = row.cells.values().flatten().map(|failure| failure.result).collect();
        let label = format!("Select {} in all environments", row.test);
        let cells = environments.iter().enumerate().map(|(at, environment)| match row.cells.get(&at) {
            None => view! { <td class="cell-empty"></td> }.erase(),
            Some(failures) => {
                view! { <Cell test=row.test.clone() environment=environment.clone() failures=failures.clone() picked is_explained/> }
                    .erase()
            }
        });
        view! {
            <tr>
                <th scope="row">
                    <PickBox label results=all.clone() picked/>
                    <span class="result-name">{row.test.clone()}</span>
                    <span class="quiet number">{all.len()}</span>
                </th>
                {cells.collect_view()}
            </tr>
        }
    };
    view! {
        <div class="matrix-frame" tabindex="0" role="region" aria-label="Failures by test and environment">
            <table class="matrix">
                <thead>
                    <tr>
                        <th scope="col">"Test"</th>
                        {heads}
                    </tr>
                </thead>
                <tbody>
                    <Each each=shown key=|row| row.test.clone() children=view_row/>
                </tbody>
            </table>
        </div>
        <Pages page last per_page count/>
    }
    .erase()
}

/// The ways to the other tests. They are addresses, so that they lead on without scripts, too.
#[component]
fn Pages(page: Memo<usize>, last: usize, per_page: usize, count: usize) -> impl IntoView {
    let location = use_location();
    let (path, now) = (location.pathname, location.query);
    let to = move |page: usize| {
        let number = page.to_string();
        let word = (page != 0).then_some(number.as_str());
        path.with(|path| now.with(|now| query::address(path, &query::with(now, PAGE, word))))
    };
    let previous = move || page.get().checked_sub(1).map(to);
    let next = move || (page.get() != last).then(|| to(page.get() + 1));
    let words = move || {
        let first = page.get() * per_page;
        format!("{}–{} of {count} tests", first + 1, (first + per_page).min(count))
    };
    let is_first = move || (page.get() == 0).then_some("true");
    let is_last = move || (page.get() == last).then_some("true");
    let is_only = last == 0;
    view! {
        <nav class="pager" aria-label="Pages of tests" hidden=is_only>
            <a class="button" href=previous aria-disabled=is_first>
                "Previous"
            </a>
            <span class="number">{words}</span>
            <a class="button" href=next rel="next" aria-disabled=is_last>
                "Next"
            </a>
        </nav>
    }
    .erase()
}

/// A box that stands for several results.
#[component]
fn PickBox(label: String, results: Vec<i64>, picked: Picked) -> impl IntoView {
    let of_these = results.clone();
    let is_picked = move || picked.with(|picked| of_these.iter().all(|result| picked.contains(result)));
    let toggle = move |event| {
        let is_ticked = event_target_checked(&event);
        picked.update(|picked| {
            for result in &results {
                if is_ticked {
                    picked.insert(*result);
                } else {
                    picked.remove(result);
                }
            }
        });
    };
    view! { <input type="checkbox" class="needs-script" aria-label=label prop:checked=is_picked on:change=toggle/> }
}

/// A test in an environment: how it ended in each of its plans, with the way there.
#[component]
fn Cell(
    test: String,
    environment: String,
    failures: Vec<Failure>,
    picked: Picked,
    is_explained: Callback<i64, bool>,
) -> impl IntoView {
    let results: Vec<i64> = failures.iter().map(|failure| failure.result).collect();
    let label = format!("Select {test} in {environment}");
    let links = failures.into_iter().map(|failure| {
        let Failure { run, result, status, plan, issues, .. } = failure;
        let address = format!("?testExecutionId={run}&testResultId={result}#result-{result}");
        let words = issue_words(&issues);
        let note = move || match words.as_str() {
            _ if !is_explained.run(result) => "untriaged".to_owned(),
            "" => "triaged".to_owned(),
            words => words.to_owned(),
        };
        view! {
            <a class="matrix-link" class:matrix-open=move || !is_explained.run(result) href=address title=plan_words(&plan, status)>
                {Look::from(status).compact()}
                <span>{note}</span>
            </a>
        }
    });
    let links = links.collect_view();
    view! {
        <td data-label=environment>
            <PickBox label results picked/>
            {links}
        </td>
    }
    .erase()
}

fn issue_words(issues: &[IssueTag]) -> String {
    issues.iter().map(|issue| issue.label.as_str()).collect::<Vec<_>>().join(", ")
}

fn plan_words(plan: &str, status: TestResultStatus) -> String {
    let plan = if plan.is_empty() { "unknown" } else { plan };
    format!("{}, test plan {plan}", Look::from(status).label)
}

#[cfg(test)]
mod tests {
    use super::{pivot, tests_of_page};
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
    fn the_more_environments_the_fewer_tests_stand_below_each_other() {
        assert_eq!([0, 1, 30, 1_000].map(tests_of_page), [400, 400, 13, 1]);
    }

    #[test]
    fn what_is_too_much_is_counted() {
        let many: Vec<Failure> = (0..31).map(|at| failure(at, "t", &format!("e{at:02}"), None)).collect();
        let matrix = pivot(&many);
        assert_eq!((matrix.environments.len(), matrix.left_out), (30, 1));
    }
}

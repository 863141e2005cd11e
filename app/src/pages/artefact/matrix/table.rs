//! Tests by environments as a table, whose cells are picked.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::{Matrix, Picked, Row};
use crate::components::each::Each;
use crate::erase::Erase;
use crate::{
    api::TestResultStatus,
    components::status::Look,
    pages::artefact::failures::{Failure, IssueTag},
    text::query,
};

/// Cells that exist at once: all those of a large artefact would be tens of thousands of elements.
const CELLS: usize = 400;
/// The parameter of the address that says which tests exist.
const PAGE: &str = "page";

/// Tests that exist at once.
fn tests_of_page(environments: usize) -> usize {
    (CELLS / environments.max(1)).max(1)
}

/// The table, of which a page exists at a time.
#[component]
pub(super) fn MatrixTable(
    matrix: StoredValue<Matrix>,
    picked: Picked,
    is_explained: Callback<i64, bool>,
) -> impl IntoView {
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
    use super::tests_of_page;

    #[test]
    fn the_more_environments_the_fewer_tests_stand_below_each_other() {
        assert_eq!([0, 1, 30, 1_000].map(tests_of_page), [400, 400, 13, 1]);
    }
}

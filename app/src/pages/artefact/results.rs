//! The results of a run, by status.

use leptos::prelude::*;

use super::{data::ResultView, environment::is_open, environments::Scope, result::ResultRow};
use crate::{
    api::{TestExecutionStatus, TestResultStatus},
    components::status::Look,
};

/// Failed, passed, skipped.
#[component]
pub(super) fn Results(
    run: i64,
    status: TestExecutionStatus,
    results: Vec<ResultView>,
    is_sent: bool,
    scope: Scope,
) -> impl IntoView {
    if results.is_empty() {
        return view! { <p class="quiet">{nothing_yet(status)}</p> }.into_any();
    }
    let groups = [TestResultStatus::Failed, TestResultStatus::Passed, TestResultStatus::Skipped];
    groups
        .map(|status| {
            let results: Vec<ResultView> = results.iter().filter(|result| result.status == status).cloned().collect();
            view! { <Group run status results is_sent scope/> }
        })
        .into_any()
}

fn nothing_yet(status: TestExecutionStatus) -> &'static str {
    match status {
        TestExecutionStatus::NotStarted => "The run has not started: there are no results yet.",
        TestExecutionStatus::InProgress => "The run is in progress: no results have been posted yet.",
        TestExecutionStatus::EndedPrematurely => "The run ended before it posted any result.",
        _ => "The run has no results.",
    }
}

/// The results of one status. Open when somebody must act on it, or when the address points into it.
#[component]
fn Group(run: i64, status: TestResultStatus, results: Vec<ResultView>, is_sent: bool, scope: Scope) -> impl IntoView {
    let look = Look::from(status).view();
    let count = results.len();
    if count == 0 {
        return view! { <p class="group-empty">{look} <span class="number quiet">"0"</span></p> }.into_any();
    }
    let points_here = {
        let ids: Vec<i64> = results.iter().map(|result| result.id).collect();
        move || scope.target.with(|target| target.result.is_some_and(|result| ids.contains(&result)))
    };
    let starts_open = status == TestResultStatus::Failed || untrack(&points_here);
    let open = RwSignal::new(starts_open);
    let built = RwSignal::new(starts_open || is_sent);
    Effect::new(move || {
        if points_here() {
            open.set(true);
        }
    });
    Effect::new(move || {
        if open.get() {
            built.set(true);
        }
    });
    let results = StoredValue::new(results);
    let rows = move || {
        results.get_value().into_iter().map(|result| view! { <ResultRow run result is_sent scope/> }).collect_view()
    };
    view! {
        <details class="fold group" open=starts_open prop:open=open on:toggle=move |event| open.set(is_open(&event))>
            <summary>{look} <span class="number quiet">{count}</span></summary>
            <div class="fold-body">{move || built.get().then(rows)}</div>
        </details>
    }
    .into_any()
}

//! One test plan in an environment, and its runs.

use leptos::prelude::*;

use super::{
    environment::is_open,
    environments::Scope,
    run::RunView,
    tree::{Plan, Run},
};
use crate::components::status::Look;

/// A plan; open when it is the only one, or when the address points into it.
#[component]
pub(super) fn PlanView(plan: Plan, is_only: bool, parent_open: RwSignal<bool>, scope: Scope) -> impl IntoView {
    let points_here = {
        let plan = plan.clone();
        move || scope.target.with(|target| target.run.is_some_and(|run| plan.holds(run)))
    };
    let starts_open = is_only || untrack(&points_here);
    let open = RwSignal::new(starts_open);
    Effect::new(move || {
        if points_here() {
            open.set(true);
        }
    });
    let visible = Signal::derive(move || parent_open.get() && open.get());
    let newest = plan.runs.first().map(|run| run.id);
    let look = plan.runs.first().map(|run| Look::from(run.status).compact());
    let count = runs_in_words(&plan.runs);
    let label = plan.label();
    let runs = plan.runs.into_iter().map(|run| {
        let is_newest = Some(run.id) == newest;
        view! { <RunView run is_newest visible scope/> }
    });
    view! {
        <details class="fold plan" open=starts_open prop:open=open on:toggle=move |event| open.set(is_open(&event))>
            <summary>{look} <h4>{label}</h4> <span class="quiet">{count}</span></summary>
            <div class="fold-body">{runs.collect_view()}</div>
        </details>
    }
    .into_any()
}

fn runs_in_words(runs: &[Run]) -> String {
    match runs.len() {
        1 => "1 run".to_owned(),
        count => format!("{count} runs"),
    }
}

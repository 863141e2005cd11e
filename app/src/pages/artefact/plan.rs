//! One test plan in an environment, and its runs.

use leptos::prelude::*;

use super::{
    data::Target,
    environment::{is_open, once_open},
    environments::Scope,
    reruns::RerunButton,
    run::RunView,
    state::Row,
    tree::{Plan, Run},
};
use crate::components::each::Each;
use crate::components::{icon::Icon, status::Look};
use crate::erase::Erase;

/// A plan; open when it is the only one, or when the address points into it.
#[component]
pub(super) fn PlanView(
    row: Row,
    name: String,
    is_only: bool,
    parent_open: RwSignal<bool>,
    scope: Scope,
) -> impl IntoView {
    let plan_name = StoredValue::new(name.clone());
    let plan = Memo::new(move |_| {
        row.environment.with(|environment| environment.plans.iter().find(|plan| plan.name == name).cloned())
    });
    let pointed = Memo::new(move |_| pointed_at(plan, scope.target.get()));
    let starts_open = is_only || pointed.with_untracked(Option::is_some);
    let open = RwSignal::new(starts_open);
    let built = once_open(open.into(), scope.is_eager);
    Effect::new(move || {
        if pointed.with(Option::is_some) {
            open.set(true);
        }
    });
    let visible = Signal::derive(move || parent_open.get() && open.get());
    let with_plan = move |words: fn(&Plan) -> String| plan.with(|plan| plan.as_ref().map(words).unwrap_or_default());
    let look = move || {
        let newest = plan.with(|plan| plan.as_ref().and_then(|plan| plan.runs.first()).map(|run| run.status));
        newest.map(|status| Look::from(status).compact())
    };
    let is_hidden =
        move || !plan.with(|plan| plan.as_ref().is_some_and(|plan| scope.shown.with(|shown| shown.plan(plan))));
    view! {
        <div class="plan-row" hidden=is_hidden>
            <span class="plan-actions">
                <RerunBadge plan/>
                <RerunButton scope row plan/>
            </span>
            <details class="fold plan" open=starts_open prop:open=open on:toggle=move |event| open.set(is_open(&event))>
                <summary>
                    {look} <h4>{move || with_plan(Plan::label)}</h4>
                    <span class="quiet">{move || with_plan(|plan| runs_in_words(&plan.runs))}</span>
                </summary>
                <div class="fold-body">
                    {move || {
                        if built.get() { view! { <Runs plan plan_name visible scope/> }.erase() } else { ways(plan).erase() }
                    }}
                </div>
            </details>
        </div>
    }
    .erase()
}

/// What the address points at, if that is in a plan.
fn pointed_at(plan: Memo<Option<Plan>>, target: Target) -> Option<Target> {
    let run = target.run?;
    plan.with(|plan| plan.as_ref().is_some_and(|plan| plan.holds(run))).then_some(target)
}

/// The ways to runs that are not on this page, for readers without scripts.
fn ways(plan: Memo<Option<Plan>>) -> impl IntoView + use<> {
    let view_run = |run: &Run| {
        let words = format!("Run {}", run.number);
        view! { <li><a href=format!("?testExecutionId={}", run.id) rel="external">{words}</a></li> }
    };
    let ways = plan.with_untracked(|plan| {
        let runs = plan.iter().flat_map(|plan| &plan.runs);
        runs.map(view_run).collect_view()
    });
    view! { <ul class="plain-list">{ways}</ul> }
}

/// A rerun is asked for a plan as a whole, so it is said here and not on each run.
#[component]
fn RerunBadge(plan: Memo<Option<Plan>>) -> impl IntoView {
    move || {
        let priority = plan.with(|plan| plan.as_ref().and_then(|plan| plan.runs.first()).and_then(|run| run.rerun));
        priority.map(|priority| {
            view! { <span class="badge">{Icon::Rerun.view()} {format!(" Rerun requested (priority {priority})")}</span> }.erase()
        })
    }
}

/// The runs, newest first; the newest is open, unless the address points at another of them. One that others have changed is
/// built anew; the others stay as they are.
#[component]
fn Runs(
    plan: Memo<Option<Plan>>,
    plan_name: StoredValue<String>,
    visible: Signal<bool>,
    scope: Scope,
) -> impl IntoView {
    let page = scope.page;
    let runs = move || {
        let runs = plan.with(|plan| plan.as_ref().map(|plan| plan.runs.clone()).unwrap_or_default());
        let newest = runs.first().map(|run| run.id);
        let keyed =
            runs.into_iter().map(|run| (page.revision(run.id), Some(run.id) == newest, Run { rerun: None, ..run }));
        keyed.collect::<Vec<_>>()
    };
    let view_run = move |(revision, is_newest, run): (u32, bool, Run)| {
        let id = run.id;
        if revision > 0 {
            // What came with the page is not how it is any more.
            scope.opened.update_value(|opened| {
                opened.take_if(|opened| opened.id == id);
            });
        }
        let pointed = untrack(|| pointed_at(plan, scope.target.get()));
        let starts_open = pointed.map_or(is_newest, |target| target.run == Some(id));
        view! {
            <div hidden=move || !scope.shown.with(|shown| shown.run(id))>
                <RunView run starts_open visible scope plan=plan_name.get_value()/>
            </div>
        }
    };
    view! { <Each each=runs key=|(revision, _, run)| (run.id, *revision) children=view_run/> }
}

fn runs_in_words(runs: &[Run]) -> String {
    match runs.len() {
        1 => "1 run".to_owned(),
        count => format!("{count} runs"),
    }
}

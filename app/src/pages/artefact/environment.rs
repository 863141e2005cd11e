//! One environment: closed a line, open its test plans.

use leptos::prelude::*;

use super::{
    environments::Scope,
    plan::PlanView,
    tree::{Environment, Plan},
};
use crate::components::status::Look;

/// An environment and the plans that ran in it.
#[component]
pub(super) fn EnvironmentView(environment: Environment, scope: Scope) -> impl IntoView {
    let points_here = {
        let environment = environment.clone();
        move || scope.target.with(|target| target.run.is_some_and(|run| environment.holds(run)))
    };
    let starts_open = scope.is_single || untrack(&points_here);
    let open = RwSignal::new(starts_open);
    let built = RwSignal::new(starts_open || scope.is_eager);
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
    let look = environment.newest().map(|run| Look::from(run.status).compact());
    let untriaged = environment.is_untriaged();
    let revision = environment.revision.map(|revision| format!("revision {revision}"));
    let plans = StoredValue::new(environment.plans);
    view! {
        <details class="fold environment" open=starts_open prop:open=open on:toggle=move |event| open.set(is_open(&event))>
            <summary>
                {look}
                <span class="architecture">{environment.architecture}</span>
                <h3>{environment.name}</h3>
                {revision.map(|revision| view! { <span class="quiet">{revision}</span> })}
                {untriaged.then(|| view! { <span class="badge">"Untriaged"</span> })}
            </summary>
            <div class="fold-body">
                {move || if built.get() { view! { <Plans plans=plans.get_value() open scope/> }.into_any() } else { links(&plans.get_value()).into_any() }}
            </div>
        </details>
    }
    .into_any()
}

/// Whether a `<details>` has just been opened.
pub(super) fn is_open(event: &web_sys::Event) -> bool {
    event_target::<web_sys::HtmlDetailsElement>(event).open()
}

#[component]
fn Plans(plans: Vec<Plan>, open: RwSignal<bool>, scope: Scope) -> impl IntoView {
    let is_only = plans.len() == 1;
    plans.into_iter().map(|plan| view! { <PlanView plan is_only parent_open=open scope/> }).collect_view()
}

/// The way to what is not on this page, for readers without scripts.
fn links(plans: &[Plan]) -> impl IntoView + use<> {
    let links = plans.iter().filter_map(|plan| Some((plan.label(), plan.runs.first()?))).map(|(label, run)| {
        view! { <li><a href=format!("?testExecutionId={}", run.id) rel="external">{label}</a></li> }
    });
    view! { <ul class="plain-list">{links.collect_view()}</ul> }
}

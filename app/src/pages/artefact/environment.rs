//! One environment: closed a line, open its test plans.

use leptos::prelude::*;

use super::{
    environment_issues::EnvironmentIssues,
    environments::{Scope, toggle},
    plan::PlanView,
    review::Review,
    review_chip::ReviewChip,
    state::Row,
    tree::Plan,
};
use crate::components::each::Each;
use crate::components::{avatar::Disc, icon::Icon, status::Look};
use crate::erase::Erase;

/// As many reviewers are shown as discs; of more, their number.
const DISCS: usize = 3;

/// An environment, its review, and the plans that ran in it.
#[component]
pub(super) fn EnvironmentView(row: Row, scope: Scope) -> impl IntoView {
    let pointed_at = scope.target.with_untracked(|target| target.run);
    let is_pointed_at =
        pointed_at.is_some_and(|run| row.environment.with_untracked(|environment| environment.holds(run)));
    let starts_open = scope.is_single || is_pointed_at;
    let open = row.open;
    open.set(starts_open);
    let built = once_open(open.into(), scope.is_eager);
    let is_hidden = move || !scope.shown.with(|shown| shown.environment(row.key));
    view! {
        <div class="environment" id=row.key.anchor() hidden=is_hidden>
            <Selection row scope/>
            <span class="environment-review">
                <Reviewers row/>
                <ReviewChip row page=scope.page/>
            </span>
            <details class="fold" open=starts_open prop:open=open on:toggle=move |event| open.set(is_open(&event))>
                <summary>
                    <Heading row/>
                </summary>
                <div class="fold-body">
                    {move || if built.get() { view! { <Inside row scope/> }.erase() } else { links(row).erase() }}
                </div>
            </details>
            <p class="review-note">{move || row.review.with(|review| review.as_ref().and_then(Review::words))}</p>
        </div>
    }
    .erase()
}

/// The box that ticks the environment, for what is done with several at once.
#[component]
fn Selection(row: Row, scope: Scope) -> impl IntoView {
    let page = scope.page;
    view! {
        <input
            type="checkbox"
            class="environment-select needs-script"
            aria-label=move || format!("Select {}", row.name())
            aria-keyshortcuts="x"
            prop:checked=move || page.selected.with(|selected| selected.contains(&row.key))
            prop:disabled=move || row.review.with(Option::is_none)
            on:change=move |_| toggle(page, row.key)
        />
    }
}

/// The line of a closed environment.
#[component]
fn Heading(row: Row) -> impl IntoView {
    let look = move || {
        let newest = row.environment.with(|environment| environment.newest().map(|run| run.status));
        newest.map(|status| Look::from(status).compact())
    };
    let untriaged = move || match row.environment.with(super::tree::Environment::untriaged_count) {
        0 => None,
        1 => Some(view! { <span class="badge">"Untriaged"</span> }.erase()),
        count => Some(view! { <span class="badge">{format!("{count} untriaged")}</span> }.erase()),
    };
    let reruns = move || {
        let asked = row
            .environment
            .with(|environment| environment.plans.iter().filter_map(|plan| plan.runs.first()?.rerun).max());
        asked.map(|priority| {
            view! { <span class="badge">{Icon::Rerun.view()} {format!(" Rerun requested ({priority})")}</span> }.erase()
        })
    };
    let with = move |words: fn(&super::tree::Environment) -> String| row.environment.with(words);
    view! {
        {look}
        <span class="architecture">{move || with(|environment| environment.architecture.clone())}</span>
        <h3>{move || with(|environment| environment.name.clone())}</h3>
        <span class="quiet">
            {move || with(|environment| environment.revision.map(|revision| format!("revision {revision}")).unwrap_or_default())}
        </span>
        {untriaged}
        {reruns}
    }
    .erase()
}

/// Who is asked to review it.
#[component]
fn Reviewers(row: Row) -> impl IntoView {
    move || {
        let people =
            row.review.with(|review| review.as_ref().map(|review| review.reviewers.clone()).unwrap_or_default());
        if people.is_empty() {
            return ().erase();
        }
        let more = people.len().saturating_sub(DISCS);
        let names = people.iter().skip(DISCS).map(|person| person.name.clone()).collect::<Vec<_>>().join(", ");
        let class = if people.len() > 1 { "avatars avatars-several" } else { "avatars" };
        let discs =
            people.into_iter().take(DISCS).map(|person| view! { <li><Disc person/></li> }.erase()).collect_view();
        let more = (more > 0).then(|| view! { <li class="quiet" title=names>{format!("+{more}")}</li> }.erase());
        view! { <ul class=class aria-label="Reviewers">{discs} {more}</ul> }.erase()
    }
}

/// Whether a `<details>` has just been opened.
pub(super) fn is_open(event: &web_sys::Event) -> bool {
    event_target::<web_sys::HtmlDetailsElement>(event).open()
}

/// Whether something has ever been open: what it holds is built then, and stays. `is_built` where it is built in any case.
pub(super) fn once_open(open: Signal<bool>, is_built: bool) -> Memo<bool> {
    Memo::new(move |was_open: Option<&bool>| is_built || was_open == Some(&true) || open.get())
}

#[component]
fn Inside(row: Row, scope: Scope) -> impl IntoView {
    let name = row.environment.with_untracked(|environment| environment.name.clone());
    let names = Memo::new(move |_| {
        row.environment.with(|environment| environment.plans.iter().map(|plan| plan.name.clone()).collect::<Vec<_>>())
    });
    let is_only = names.with_untracked(Vec::len) == 1;
    let view_plan = move |name: String| view! { <PlanView row name is_only parent_open=row.open scope/> };
    view! {
        <EnvironmentIssues page=scope.page name/>
        <Each each=move || names.get() key=String::clone children=view_plan/>
        <p class="quiet" hidden=move || !names.with(Vec::is_empty)>"Nothing runs here any more; the review is kept."</p>
    }
    .erase()
}

/// The way to what is not on this page, for readers without scripts.
fn links(row: Row) -> impl IntoView + use<> {
    let view_plan = |plan: &Plan| {
        let run = plan.runs.first()?;
        Some(view! { <li><a href=format!("?testExecutionId={}", run.id) rel="external">{plan.label()}</a></li> })
    };
    let links =
        row.environment.with_untracked(|environment| environment.plans.iter().filter_map(view_plan).collect_view());
    view! { <ul class="plain-list">{links}</ul> }
}

//! The filters of the environments, for the side panel.

use std::collections::BTreeSet;

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::{
    filters::{
        ENVIRONMENT, IS_TRIAGED, LAST_RUN, NAME, NOT_TRIAGED, REVIEW_STATUS, REVIEWER, RUN_STATUS, TEST_PLAN, TRIAGED,
        reviewers,
    },
    review::Review,
    state::{PageState, Row},
    tree::{Environment, Plan},
};
use crate::components::each::Each;
use crate::erase::Erase;
use crate::{
    api::TestExecutionStatus,
    components::{
        combobox::{Combobox, Source},
        filters::{CheckboxFilter, Choice, use_query_filter},
        status::Look,
    },
};

/// What there is to choose, from the whole list, each once and in order.
fn choices(rows: &[Row], values: impl Fn(&Environment, Option<&Review>) -> Vec<String>) -> Vec<Choice> {
    let all: BTreeSet<String> = rows
        .iter()
        .flat_map(|row| {
            row.environment.with(|environment| row.review.with(|review| values(environment, review.as_ref())))
        })
        .collect();
    all.into_iter().map(Choice::plain).collect()
}

fn fixed<const N: usize>(words: [&'static str; N]) -> Signal<Vec<Choice>> {
    Signal::stored(words.into_iter().map(Choice::plain).collect())
}

/// The filters of the panel. Without scripts the boxes are a form.
#[component]
pub(super) fn Filters(page: PageState) -> impl IntoView {
    let query = use_location().query;
    let path = use_location().pathname;
    let statuses = TestExecutionStatus::ALL.iter().map(|status| Choice::plain(Look::from(*status).label));
    let statuses: Signal<Vec<Choice>> = Signal::stored(statuses.collect());
    let environments = Memo::new(move |_| page.rows.with(|rows| choices(rows, |row, _| vec![row.name.clone()])));
    let people = Memo::new(move |_| page.rows.with(|rows| choices(rows, |_, review| reviewers(review))));
    let plans =
        Memo::new(move |_| page.rows.with(|rows| choices(rows, |row, _| row.plans.iter().map(Plan::label).collect())));
    // What the boxes do not say stays in the address.
    let kept = move || {
        let kept = ["testExecutionId", "testResultId", NAME];
        let kept = query.with(|query| kept.map(|name| query.get(name).map(|value| (name, value))));
        kept.into_iter()
            .flatten()
            .map(|(name, value)| view! { <input type="hidden" name=name value=value/> }.erase())
            .collect_view()
    };
    view! {
        <form class="filters" method="get" action=path on:submit=move |event| event.prevent_default()>
            <ComboboxFilter id="filter-environment" name=ENVIRONMENT choices=environments/>
            <ComboboxFilter id="filter-reviewer" name=REVIEWER choices=people/>
            <ComboboxFilter id="filter-plan" name=TEST_PLAN choices=plans/>
            <CheckboxFilter label=REVIEW_STATUS name=REVIEW_STATUS choices=fixed(["Approved", "Rejected", "Undecided"])/>
            <CheckboxFilter label=LAST_RUN name=LAST_RUN hint="By how the newest run of a test plan has ended" choices=statuses/>
            <CheckboxFilter label=RUN_STATUS name=RUN_STATUS hint="By how any run has ended, not only the newest" choices=statuses/>
            <CheckboxFilter label=TRIAGED name=TRIAGED choices=fixed([IS_TRIAGED, NOT_TRIAGED])/>
            {kept}
            <noscript>
                <button class="button">"Apply"</button>
            </noscript>
        </form>
    }
    .erase()
}

/// A field to search in, and below it what is chosen.
#[component]
fn ComboboxFilter(id: &'static str, name: &'static str, choices: Memo<Vec<Choice>>) -> impl IntoView {
    let filter = use_query_filter(name);
    let label = move || match filter.values.with(Vec::len) {
        0 => name.to_owned(),
        count => format!("{name} ({count} selected)"),
    };
    let view_chosen = move |value: String| {
        let label = value.clone();
        let field = value.clone();
        view! {
            <label class="checkbox">
                <input type="checkbox" name=name value=field checked=true prop:checked=true on:change=move |_| filter.toggle(&value)/>
                <span>{label}</span>
            </label>
        }
    };
    view! {
        <div class="filter">
            <div class="needs-script">
                <Combobox
                    id
                    label=Signal::derive(label)
                    source=Source::Here(choices.into())
                    chosen=filter.values
                    on_pick=Callback::new(move |choice: Choice| filter.toggle(&choice.value))
                    at_most=10
                />
            </div>
            <Each each=move || filter.values.get() key=String::clone children=view_chosen/>
        </div>
    }
    .erase()
}

//! The filters of the search: all live, all in the address.

use leptos::{leptos_dom::helpers::debounce, prelude::*};

use super::{Search, chips::Chips, sources};
use crate::erase::Erase;
use crate::{
    api::FamilyName,
    components::{
        combobox::{Combobox, Source, names_from, users},
        filters::Choice,
        icon::Icon,
        search_box::use_stays_on,
    },
    text::result_filters::{IdChoice, ResultFilters, metadata_entry},
};

/// As long somebody may go on typing before the search follows.
const SETTLE: std::time::Duration = std::time::Duration::from_millis(400);

/// Filters with several values, by the field that holds them.
pub(super) type Field = fn(&mut ResultFilters) -> &mut Vec<String>;

/// Filters by ids, in the same way.
pub(super) type IdField = fn(&mut ResultFilters) -> &mut IdChoice;

/// The panel, and below it what is filtered by.
#[component]
pub(super) fn FilterPanel(search: Search) -> impl IntoView {
    let is_active = move || search.filters.with(|filters| !filters.is_empty());
    // What is filtered by stands below; before anything is, the panel is what the page is for.
    let starts_open = !untrack(is_active);
    let families = FamilyName::ALL.iter().map(|family| Choice::plain(family.as_str())).collect::<Vec<_>>();
    let statuses = ["FAILED", "PASSED", "SKIPPED"].map(|status| Choice::new(status, capitalised(status))).to_vec();
    view! {
        <Words search/>
        <details class="filter-panel" open=starts_open>
            <summary class="button" class:filter-panel-active=is_active>
                {Icon::Filter.view()}
                <span>"Filters"</span>
                {move || is_active().then(|| view! { <span class="visually-hidden">" (some are at work)"</span> }.erase())}
            </summary>
            <form class="filter-groups" method="get" action="/test-results">
                <Boxes search label="Family" name="families" choices=families field=|filters| &mut filters.families/>
                <Boxes search label="Status" name="test_result_statuses" choices=statuses field=|filters| &mut filters.test_result_statuses/>
                <Ids search id="filter-issues" label="Issues" words=("Has any issue", "Has no issues") source=sources::issues() field=|filters| &mut filters.issues/>
                <Ids search id="filter-reviewers" label="Reviewers" words=("Has any reviewer", "Has no reviewer") source=users() field=|filters| &mut filters.reviewer_ids/>
                <Names search id="filter-artefacts" label="Artefact" source=names_from("/v1/artefacts/search", "artefacts") field=|filters| &mut filters.artefacts/>
                <Switch search label="Archived" name="artefact_is_archived" words=("Non archived only", "Archived only") field=|filters| &mut filters.artefact_is_archived/>
                <Switch search label="Rerun Requested" name="rerun_is_requested" words=("No rerun requested", "Rerun requested") field=|filters| &mut filters.rerun_is_requested/>
                <Switch search label="Execution Version" name="execution_is_latest" words=("Older executions only", "Latest execution only") field=|filters| &mut filters.execution_is_latest/>
                <Names search id="filter-environments" label="Environment" source=names_from("/v1/environments", "environments") field=|filters| &mut filters.environments/>
                <Names search id="filter-test-cases" label="Test Case" source=sources::test_cases() field=|filters| &mut filters.test_cases/>
                <Names search id="filter-templates" label="Template ID" source=sources::typed() field=|filters| &mut filters.template_ids/>
                <Metadata search/>
                <Date search id="filter-from" label="From" field=|filters| &mut filters.from_date/>
                <Date search id="filter-until" label="Until" field=|filters| &mut filters.until_date/>
                <noscript>
                    <button class="button">"Apply"</button>
                </noscript>
            </form>
        </details>
        <Chips search/>
    }
    .erase()
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters.flat_map(char::to_lowercase)).collect())
}

/// Words in names, comments and logs.
#[component]
fn Words(search: Search) -> impl IntoView {
    let words = Memo::new(move |_| search.filters.with(|filters| filters.q.clone()));
    let stays = use_stays_on("/test-results".to_owned());
    let mut write = debounce(SETTLE, move |typed: String| {
        if stays() {
            search.change(|filters| typed.trim().clone_into(&mut filters.q));
        }
    });
    view! {
        <form class="search" role="search" method="get" action="/test-results" on:submit=move |event| event.prevent_default()>
            <label class="visually-hidden" for="search">
                "Words in names, comments and logs of failed and skipped results"
            </label>
            <input
                id="search"
                type="search"
                name="q"
                placeholder="Words in names, comments and logs"
                autocomplete="off"
                value=words.get_untracked()
                prop:value=words
                on:input=move |event| write(event_target_value(&event))
            />
            <noscript>
                <button class="button">"Search"</button>
            </noscript>
        </form>
    }
    .erase()
}

/// Boxes to tick, any of which may match.
#[component]
fn Boxes(search: Search, label: &'static str, name: &'static str, choices: Vec<Choice>, field: Field) -> impl IntoView {
    let view_choice = move |Choice { value, label }: Choice| {
        let is_chosen = {
            let value = value.clone();
            Signal::derive(move || search.filters.with(|filters| field(&mut filters.clone()).contains(&value)))
        };
        let toggled = value.clone();
        view! {
            <label class="checkbox">
                <input
                    type="checkbox"
                    name=name
                    value=value
                    checked=is_chosen.get_untracked()
                    prop:checked=is_chosen
                    on:change=move |_| search.change(|filters| toggle(field(filters), &toggled))
                />
                <span>{label}</span>
            </label>
        }
    };
    view! {
        <fieldset class="filter">
            <legend>{label}</legend>
            {choices.into_iter().map(view_choice).collect_view()}
        </fieldset>
    }
    .erase()
}

fn toggle(values: &mut Vec<String>, value: &str) {
    match values.iter().position(|other| other == value) {
        Some(at) => {
            values.remove(at);
        }
        None => values.push(value.to_owned()),
    }
}

/// Two boxes of which one at most is ticked.
#[component]
fn Switch(
    search: Search,
    label: &'static str,
    name: &'static str,
    words: (&'static str, &'static str),
    field: fn(&mut ResultFilters) -> &mut Option<bool>,
) -> impl IntoView {
    let view_side = move |side: bool, words: &'static str| {
        let is_chosen =
            Signal::derive(move || search.filters.with(|filters| *field(&mut filters.clone()) == Some(side)));
        let change = move |_| {
            search.change(|filters| {
                let value = field(filters);
                *value = (*value != Some(side)).then_some(side);
            });
        };
        view! {
            <label class="checkbox">
                <input
                    type="checkbox"
                    name=name
                    value=side.to_string()
                    checked=is_chosen.get_untracked()
                    prop:checked=is_chosen
                    on:change=change
                />
                <span>{words}</span>
            </label>
        }
    };
    view! {
        <fieldset class="filter">
            <legend>{label}</legend>
            {view_side(false, words.0)}
            {view_side(true, words.1)}
        </fieldset>
    }
    .erase()
}

/// A field to search for names; what is chosen stands below the panel.
#[component]
fn Names(search: Search, id: &'static str, label: &'static str, source: Source, field: Field) -> impl IntoView {
    let chosen = Signal::derive(move || search.filters.with(|filters| field(&mut filters.clone()).clone()));
    let pick = Callback::new(move |choice: Choice| search.change(|filters| field(filters).push(choice.value)));
    view! { <Combobox id label source chosen on_pick=pick/> }.erase()
}

/// Ids by their names, or the words for any and none.
#[component]
fn Ids(
    search: Search,
    id: &'static str,
    label: &'static str,
    words: (&'static str, &'static str),
    source: Source,
    field: IdField,
) -> impl IntoView {
    let current = Signal::derive(move || search.filters.with(|filters| field(&mut filters.clone()).clone()));
    let chosen = Signal::derive(move || current.with(IdChoice::values));
    let pick = Callback::new(move |choice: Choice| {
        search.change(|filters| {
            let mut ids = match field(filters) {
                IdChoice::These(ids) => std::mem::take(ids),
                IdChoice::Any | IdChoice::None => Vec::new(),
            };
            ids.extend(choice.value.parse::<i64>());
            *field(filters) = IdChoice::These(ids);
        });
    });
    let view_word = move |word: IdChoice, words: &'static str| {
        let is_chosen = {
            let word = word.clone();
            Signal::derive(move || current.with(|current| *current == word))
        };
        let change = move |_| {
            let next = if is_chosen.get_untracked() { IdChoice::default() } else { word.clone() };
            search.change(|filters| *field(filters) = next);
        };
        view! {
            <label class="checkbox">
                <input type="checkbox" checked=is_chosen.get_untracked() prop:checked=is_chosen on:change=change/>
                <span>{words}</span>
            </label>
        }
    };
    view! {
        <div class="filter">
            <Combobox id label source chosen on_pick=pick/>
            {view_word(IdChoice::Any, words.0)}
            {view_word(IdChoice::None, words.1)}
        </div>
    }
    .erase()
}

/// Pairs of category and value; all that any execution ever had are fetched when somebody looks for one.
#[component]
fn Metadata(search: Search) -> impl IntoView {
    let chosen = Signal::derive(move || {
        search.filters.with(|filters| {
            let pairs = filters.execution_metadata.iter();
            pairs
                .flat_map(|(category, values)| values.iter().map(|value| metadata_entry(category, value)))
                .collect::<Vec<_>>()
        })
    });
    let pick = Callback::new(move |choice: Choice| {
        search.change(|filters| {
            let read =
                ResultFilters::from_query(&[("execution_metadata".to_owned(), choice.value)].into_iter().collect());
            for (category, values) in read.execution_metadata {
                filters.execution_metadata.entry(category).or_default().extend(values);
            }
        });
    });
    view! { <Combobox id="filter-metadata" label="Metadata" source=sources::metadata() chosen on_pick=pick/> }.erase()
}

/// A point in time, in UTC as the label says: what is typed is what stands in the address.
#[component]
fn Date(
    search: Search,
    id: &'static str,
    label: &'static str,
    field: fn(&mut ResultFilters) -> &mut Option<String>,
) -> impl IntoView {
    let value = Memo::new(move |_| {
        let date = search.filters.with(|filters| field(&mut filters.clone()).clone());
        date.map(|date| date.chars().take(16).collect::<String>()).unwrap_or_default()
    });
    let change = move |event| {
        let typed = event_target_value(&event);
        let date = (!typed.is_empty()).then(|| format!("{typed}:00.000Z"));
        search.change(|filters| *field(filters) = date);
    };
    view! {
        <div class="field">
            <label for=id>{label} " (UTC)"</label>
            <input id=id type="datetime-local" value=value.get_untracked() prop:value=value on:change=change/>
        </div>
    }
    .erase()
}

#[cfg(test)]
mod tests {
    use super::toggle;

    #[test]
    fn a_second_tick_takes_the_first_back() {
        let mut values = vec!["a".to_owned()];
        toggle(&mut values, "b");
        toggle(&mut values, "a");
        assert_eq!(values, ["b"]);
    }
}

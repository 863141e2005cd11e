//! Filters that live in the address: every tick is a step that Back undoes, and a filtered page can be sent to a colleague.

use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
    params::ParamsMap,
};

use super::{each::Each, paint::after_paint};
use crate::erase::Erase;
use crate::text::query;

/// Something to choose: what stands in the address, and what people read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Choice {
    /// In the address and for the API.
    pub(crate) value: String,
    /// For people.
    pub(crate) label: String,
}

impl Choice {
    /// A choice that is called what it is.
    pub(crate) fn plain(value: impl Into<String>) -> Self {
        let value = value.into();
        Self { label: value.clone(), value }
    }

    /// A choice with words of its own.
    pub(crate) fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into() }
    }
}

/// The values of one parameter of the address, and the ways to change them.
#[derive(Clone, Copy)]
pub(crate) struct QueryFilter {
    /// What is chosen, in the order of the address.
    pub(crate) values: Memo<Vec<String>>,
    write: Callback<Vec<String>>,
}

impl QueryFilter {
    /// Adds a value, or takes it away where it is chosen already. The tick shows before what it filters does.
    pub(crate) fn toggle(self, value: &str) {
        let value = value.to_owned();
        after_paint(move || {
            let Some(mut values) = self.values.try_get_untracked() else { return };
            match values.iter().position(|other| *other == value) {
                Some(at) => {
                    values.remove(at);
                }
                None => values.push(value),
            }
            self.write.run(values);
        });
    }

    /// Chooses these and no others.
    pub(crate) fn set(self, values: Vec<String>) {
        self.write.run(values);
    }
}

/// The query without a place in the list: another list begins at its beginning.
fn from_the_start(now: &ParamsMap) -> ParamsMap {
    query::with(&query::with(now, "offset", None), "cursor", None)
}

/// The filter that a (repeatable) parameter of the address is. A change drops `offset` and `cursor`.
pub(crate) fn use_query_filter(name: &'static str) -> QueryFilter {
    // Not `use_query_map`: between two pages of a route that keeps the query of the first (leptos_router 0.8.17, FlatRoutes).
    let parameters = use_location().query;
    let path = use_location().pathname;
    let navigate = use_navigate();
    let values = Memo::new(move |_| parameters.with(|query| query.get_all(name).unwrap_or_default()));
    let write = Callback::new(move |values: Vec<String>| {
        let changed = parameters.with_untracked(|now| query::with_all(&from_the_start(now), name, &values));
        let address = path.with_untracked(|path| query::address(path, &changed));
        navigate(&address, NavigateOptions { scroll: false, ..NavigateOptions::default() });
    });
    QueryFilter { values, write }
}

/// Boxes to tick, any of which may match. Without scripts they are fields of the form around them.
#[component]
pub(crate) fn CheckboxFilter(
    /// Its heading.
    label: &'static str,
    /// The parameter of the address.
    name: &'static str,
    /// What there is to choose.
    #[prop(into)]
    choices: Signal<Vec<Choice>>,
    /// What it is about, where its heading does not say enough.
    #[prop(optional)]
    hint: Option<&'static str>,
) -> impl IntoView {
    let filter = use_query_filter(name);
    let view_choice = move |choice: Choice| {
        let Choice { value, label } = choice;
        let is_chosen = {
            let value = value.clone();
            Signal::derive(move || filter.values.with(|values| values.contains(&value)))
        };
        view! {
            <label class="checkbox">
                <input
                    type="checkbox"
                    name=name
                    value=value.clone()
                    checked=is_chosen.get_untracked()
                    prop:checked=is_chosen
                    on:change=move |_| filter.toggle(&value)
                />
                <span>{label}</span>
            </label>
        }
    };
    view! {
        <fieldset class="filter" title=hint hidden=move || choices.with(Vec::is_empty)>
            <legend>{label}</legend>
            <Each each=move || choices.get() key=|choice| choice.clone() children=view_choice/>
        </fieldset>
    }
    .erase()
}

/// What is filtered by, each with the way to do without it, and the way to do without all.
#[component]
pub(crate) fn ActiveFilters(
    /// The parameters, with the words for each.
    #[prop(into)]
    names: Vec<(&'static str, &'static str)>,
    /// What people read for a value of a parameter.
    #[prop(optional, into)]
    word: Option<Callback<(&'static str, String), String>>,
) -> impl IntoView {
    let parameters = use_location().query;
    let path = use_location().pathname;
    let names = StoredValue::new(names);
    let active = Memo::new(move |_| parameters.with(|query| names.with_value(|names| active_in(query, names))));
    let without = move |name: &'static str, value: &str| {
        parameters.with(|now| {
            let kept: Vec<String> =
                now.get_all(name).unwrap_or_default().into_iter().filter(|other| other != value).collect();
            path.with(|path| query::address(path, &query::with_all(&from_the_start(now), name, &kept)))
        })
    };
    let without_all = move || {
        parameters.with(|now| {
            let without = |query: ParamsMap, (name, _): &(&str, &str)| query::with(&query, name, None);
            let bare = names.with_value(|names| names.iter().fold(from_the_start(now), without));
            path.with(|path| query::address(path, &bare))
        })
    };
    let view_active = move |(name, label, value): (&'static str, &'static str, String)| {
        let words = word.map_or_else(|| value.clone(), |word| word.run((name, value.clone())));
        view! { <Chip label words without=Signal::derive(move || without(name, &value))/> }
    };
    view! {
        <div class="chips" hidden=move || active.with(Vec::is_empty)>
            <Each each=move || active.get() key=|filter| filter.clone() children=view_active/>
            <a class="chip" href=without_all>
                "Clear all"
            </a>
        </div>
    }
    .erase()
}

/// Every value of the parameters that the address has, with the words for its parameter.
fn active_in(query: &ParamsMap, names: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str, String)> {
    let pairs = names.iter().flat_map(|(name, label)| {
        query.get_all(name).unwrap_or_default().into_iter().map(move |value| (*name, *label, value))
    });
    pairs.filter(|(_, _, value)| !value.is_empty()).collect()
}

/// A filter at work, and the way to do without it.
#[component]
pub(crate) fn Chip(
    /// What is filtered by.
    label: &'static str,
    /// What it has to be.
    words: String,
    /// The address without it.
    #[prop(into)]
    without: Signal<String>,
) -> impl IntoView {
    let name = format!("Do without {label}: {words}");
    view! {
        <a class="chip" href=without aria-label=name>
            <span class="quiet">{label}": "</span>
            {words}
            <span aria-hidden="true">" ×"</span>
        </a>
    }
    .erase()
}

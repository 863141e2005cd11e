//! What the audit log can be filtered by.

use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
    params::ParamsMap,
};

use super::{PAGE, words};
use crate::erase::Erase;
use crate::{
    api::{AuditAction, AuditActorKind, AuditSubjectKind, Permission},
    components::{
        combobox::{Combobox, users},
        filters::{ActiveFilters, Choice, use_query_filter},
        icon::Icon,
        session::{Permit, use_session},
    },
    text::query,
};

/// The parameters of the address with their words; the API has the same.
pub(super) const FILTERS: &[(&str, &str)] = &[
    ("actor_kind", "Who"),
    ("actor_id", "Who, by number"),
    ("action", "Action"),
    ("subject_kind", "Subject"),
    ("subject_id", "Subject, by number"),
    ("from_date", "From"),
    ("until_date", "Until"),
];

/// The filters, and those that are at work.
#[component]
pub(super) fn Filters() -> impl IntoView {
    let who = AuditActorKind::ALL.iter().map(|kind| Choice::new(kind.as_str(), words::actor_kind(*kind))).collect();
    let subjects =
        AuditSubjectKind::ALL.iter().map(|kind| Choice::new(kind.as_str(), words::subject_kind(*kind))).collect();
    let actions = AuditAction::ALL.iter().map(|action| Choice::new(action.as_str(), words::action(*action))).collect();
    let word = Callback::new(|(name, value): (&'static str, String)| in_words(name, value));
    view! {
        <details class="filter-panel">
            <summary class="button">{Icon::Filter.view()} <span>"Filters"</span></summary>
            <form class="filter-groups" method="get" action="/audit-log">
                <OneOf name="actor_kind" label="Who" any="Anybody" choices=who/>
                <Number name="actor_id" label="Who, by number"/>
                <Person/>
                <OneOf name="action" label="Action" any="Any action" choices=actions/>
                <OneOf name="subject_kind" label="Subject" any="Any subject" choices=subjects/>
                <Number name="subject_id" label="Subject, by number"/>
                <Time name="from_date" label="From (UTC)"/>
                <Time name="until_date" label="Until (UTC)"/>
                <noscript>
                    <button class="button">"Apply"</button>
                </noscript>
            </form>
        </details>
        <ActiveFilters names=FILTERS word/>
    }
    .erase()
}

/// What people read for a value of a filter.
fn in_words(name: &str, value: String) -> String {
    let known = match name {
        "actor_kind" => value.parse().ok().map(words::actor_kind),
        "action" => value.parse().ok().map(words::action),
        "subject_kind" => value.parse().ok().map(words::subject_kind),
        _ => None,
    };
    known.map_or(value, str::to_owned)
}

/// One of a few, or any.
#[component]
fn OneOf(name: &'static str, label: &'static str, any: &'static str, choices: Vec<Choice>) -> impl IntoView {
    let filter = use_query_filter(name);
    let value = first_of(filter.values);
    let options = choices.into_iter().map(|choice| {
        let is_chosen = value.with_untracked(|value| *value == choice.value);
        view! {
            <option value=choice.value selected=is_chosen>
                {choice.label}
            </option>
        }
    });
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <select id=name name=name prop:value=value on:change=move |event| filter.set(list_of(event_target_value(&event)))>
                <option value="">{any}</option>
                {options.collect_view()}
            </select>
        </div>
    }
    .erase()
}

/// The number of something.
#[component]
fn Number(name: &'static str, label: &'static str) -> impl IntoView {
    let filter = use_query_filter(name);
    let value = first_of(filter.values);
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <input
                id=name
                type="number"
                min="1"
                name=name
                value=value.get_untracked()
                prop:value=value
                on:change=move |event| filter.set(list_of(event_target_value(&event)))
            />
        </div>
    }
    .erase()
}

/// A point in time, in UTC as the label says: what is typed is what stands in the address.
#[component]
fn Time(name: &'static str, label: &'static str) -> impl IntoView {
    let filter = use_query_filter(name);
    let first = first_of(filter.values);
    // The field knows no seconds; an address may.
    let value = Memo::new(move |_| first.with(|value| value.chars().take(16).collect::<String>()));
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <input
                id=name
                type="datetime-local"
                name=name
                value=value.get_untracked()
                prop:value=value
                on:change=move |event| filter.set(list_of(event_target_value(&event)))
            />
        </div>
    }
    .erase()
}

/// Looks a person up by name, for those who may see people.
#[component]
fn Person() -> impl IntoView {
    let session = use_session();
    let parameters = use_query_map();
    let navigate = use_navigate();
    let pick = move |choice: Choice| {
        let address = parameters.with_untracked(|now| address_of_person(now, &choice.value));
        navigate(&address, NavigateOptions { scroll: false, ..NavigateOptions::default() });
    };
    view! {
        <div class="needs-script" hidden=move || session.permit(Permission::ViewUser) != Permit::Granted>
            <Combobox id="actor" label="Person" source=users() chosen=Signal::stored(Vec::new()) on_pick=pick/>
        </div>
    }
    .erase()
}

/// What a user did, as far as the other filters let it pass; both parameters in one step of the history.
fn address_of_person(now: &ParamsMap, id: &str) -> String {
    let changed = query::with(now, "cursor", None);
    let changed = query::with(&changed, "actor_kind", Some(AuditActorKind::User.as_str()));
    query::address(PAGE, &query::with(&changed, "actor_id", Some(id)))
}

/// The value of a filter that has one; empty for none.
fn first_of(values: Memo<Vec<String>>) -> Memo<String> {
    Memo::new(move |_| values.with(|values| values.first().cloned().unwrap_or_default()))
}

fn list_of(value: String) -> Vec<String> {
    if value.is_empty() { Vec::new() } else { vec![value] }
}

#[cfg(test)]
mod tests {
    use leptos_router::params::ParamsMap;

    use super::{address_of_person, in_words};

    #[test]
    fn a_person_takes_the_place_of_whoever_was_asked_for() {
        let now: ParamsMap =
            [("actor_kind", "application"), ("actor_id", "3"), ("action", "update"), ("cursor", "1_2")]
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect();
        let address = address_of_person(&now, "12");
        for part in ["actor_kind=user", "actor_id=12", "action=update"] {
            assert!(address.contains(part), "{address} has no {part}");
        }
        assert!(!address.contains("cursor") && !address.contains("application"), "{address}");
    }

    #[test]
    fn filters_at_work_are_told_in_words() {
        for (name, value, expected) in [
            ("actor_kind", "operator", "An operator"),
            ("action", "rotate_key", "got a new key"),
            ("subject_kind", "nonsense", "nonsense"),
            ("subject_id", "12", "12"),
        ] {
            assert_eq!(in_words(name, value.to_owned()), expected);
        }
    }
}

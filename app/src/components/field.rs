//! Fields of forms: each with its label, its hint, and what is wrong with it.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::each::Each;
use crate::erase::Erase;
use leptos::prelude::*;

/// A name for an element that no other has. Only for what exists in the browser alone: the server would count differently.
pub(crate) fn new_id(prefix: &str) -> String {
    static LAST: AtomicUsize = AtomicUsize::new(0);
    format!("{prefix}-{}", LAST.fetch_add(1, Ordering::Relaxed))
}

/// One line of text. Belongs into dialogs and other parts that the server does not render.
#[component]
pub(crate) fn TextField(
    /// Its label.
    #[prop(into)]
    label: Signal<String>,
    /// What is in it.
    value: RwSignal<String>,
    /// What kind of text: `text`, `url`, `number`, `email`, `password`, `date`.
    #[prop(default = "text")]
    kind: &'static str,
    /// What could be in it.
    #[prop(optional)]
    placeholder: &'static str,
    /// What the browser may fill in.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// Whether it must not be empty.
    #[prop(optional)]
    required: bool,
    /// What is wrong with it, if anything.
    #[prop(optional, into)]
    problem: Option<Signal<Option<String>>>,
) -> impl IntoView {
    let id = new_id("field");
    let problem_id = format!("{id}-problem");
    let problem = Signal::derive(move || problem.and_then(|problem| problem.get()));
    let described = {
        let problem_id = problem_id.clone();
        move || problem.with(Option::is_some).then(|| problem_id.clone())
    };
    view! {
        <div class="field">
            <label for=id.clone()>{label} {required.then(|| view! { <span aria-hidden="true">" *"</span> }.erase())}</label>
            <input
                id=id
                type=kind
                placeholder=placeholder
                autocomplete=autocomplete
                required=required
                aria-invalid=move || problem.with(Option::is_some).then_some("true")
                aria-describedby=described
                prop:value=value
                on:input=move |event| value.set(event_target_value(&event))
            />
            <p class="field-problem" id=problem_id>
                {problem}
            </p>
        </div>
    }
    .erase()
}

/// Several lines of text.
#[component]
pub(crate) fn TextArea(
    /// Its label.
    #[prop(into)]
    label: Signal<String>,
    /// What is in it.
    value: RwSignal<String>,
    /// How high it is.
    #[prop(default = 4)]
    rows: usize,
    /// What could be in it.
    #[prop(optional)]
    placeholder: &'static str,
) -> impl IntoView {
    let id = new_id("field");
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <textarea
                id=id
                rows=rows
                placeholder=placeholder
                prop:value=value
                on:input=move |event| value.set(event_target_value(&event))
            ></textarea>
        </div>
    }
    .erase()
}

/// A box to tick, with its words.
#[component]
pub(crate) fn Checkbox(
    /// Its words.
    #[prop(into)]
    label: Signal<String>,
    /// Whether it is ticked.
    #[prop(into)]
    checked: Signal<bool>,
    /// Told when it is ticked, or not any more.
    #[prop(into)]
    on_change: Callback<bool>,
    /// Whether it cannot be changed.
    #[prop(optional, into)]
    disabled: Signal<bool>,
) -> impl IntoView {
    view! {
        <label class="checkbox">
            <input
                type="checkbox"
                prop:checked=checked
                prop:disabled=disabled
                on:change=move |event| on_change.run(event_target_checked(&event))
            />
            <span>{label}</span>
        </label>
    }
    .erase()
}

/// One of a few choices.
#[component]
pub(crate) fn Select(
    /// Its label.
    #[prop(into)]
    label: Signal<String>,
    /// The value of the choice.
    value: RwSignal<String>,
    /// Values and their words.
    #[prop(into)]
    choices: Signal<Vec<(String, String)>>,
) -> impl IntoView {
    let id = new_id("field");
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <select id=id prop:value=value on:change=move |event| value.set(event_target_value(&event))>
                <Each each=move || choices.get() key=|choice| choice.clone() let((choice, words))>
                    <option value=choice.clone() selected=move || value.get_untracked() == choice>
                        {words}
                    </option>
                </Each>
            </select>
        </div>
    }
    .erase()
}

//! The boxes of a review, for one environment or for many.

use leptos::prelude::*;

use super::review::{Decision, is_fixed, label, offered, with};
use crate::components::field::Checkbox;
use crate::erase::Erase;

/// A box for each decision. A rejection and approvals exclude each other.
#[component]
pub(super) fn DecisionBoxes(
    /// Its words.
    legend: &'static str,
    /// What was decided before: only that may hold decisions nobody takes any more.
    before: Vec<Decision>,
    /// What is ticked.
    chosen: RwSignal<Vec<Decision>>,
) -> impl IntoView {
    let boxes = offered(&before).into_iter().map(|decision| {
        let on_change =
            Callback::new(move |is_chosen| chosen.update(|chosen| *chosen = with(chosen, decision, is_chosen)));
        view! {
            <Checkbox
                label=label(decision)
                checked=Signal::derive(move || chosen.with(|chosen| chosen.contains(&decision)))
                on_change
                disabled=Signal::derive(move || chosen.with(|chosen| is_fixed(decision, chosen)))
            />
        }
    });
    view! {
        <fieldset class="filter">
            <legend>{legend}</legend>
            {boxes.collect_view()}
        </fieldset>
    }
    .erase_unsent()
}

//! A button that asks once more, in place, before it does something that cannot be taken back.

use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;

use super::{
    button::{ActionButton, Weight},
    session::Permit,
};
use crate::erase::Erase;

/// A button, and the question it asks. The focus goes to the question, and back where the answer is no.
#[component]
pub(crate) fn Confirmed(
    /// The words on the button.
    label: &'static str,
    /// What it asks: what will be gone, and what stays.
    #[prop(into)]
    question: String,
    /// What it does once somebody has said yes.
    #[prop(into)]
    on_yes: Callback<()>,
    /// Whether the visitor may.
    #[prop(into)]
    permit: Signal<Permit>,
    /// Whether it is being done.
    #[prop(into)]
    busy: Signal<bool>,
) -> impl IntoView {
    let is_asking = RwSignal::new(false);
    let panel = NodeRef::<html::Div>::new();
    let place = NodeRef::<html::Span>::new();
    Effect::new(move || {
        if let (true, Some(panel)) = (is_asking.get(), panel.get()) {
            // What is not shown yet cannot have the focus.
            request_animation_frame(move || {
                let _ = panel.focus();
            });
        }
    });
    let decline = move |()| {
        is_asking.set(false);
        let button = place.get_untracked().and_then(|place| place.query_selector("button").ok().flatten());
        if let Some(button) = button.and_then(|button| button.dyn_into::<web_sys::HtmlElement>().ok()) {
            request_animation_frame(move || {
                let _ = button.focus();
            });
        }
    };
    view! {
        <span node_ref=place hidden=move || is_asking.get()>
            <ActionButton label=label permit weight=Weight::Danger on_press=move |()| is_asking.set(true)/>
        </span>
        <div class="confirm" role="group" aria-label=question.clone() tabindex="-1" node_ref=panel hidden=move || !is_asking.get()>
            <p>{question.clone()}</p>
            <ActionButton label="no" on_press=decline/>
            <ActionButton label=format!("yes, {label}") permit busy weight=Weight::Danger on_press=move |()| on_yes.run(())/>
        </div>
    }
    .erase()
}

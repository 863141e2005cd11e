//! A small panel beside the button that opens it: Escape and a click elsewhere close it, and the focus goes back to the button.

use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;

use crate::erase::InsideFn;

/// What can have the focus in a panel.
const CONTROLS: &str = "input:not(:disabled), button:not(:disabled), textarea, select, a[href]";

/// A panel under `trigger`. Its content exists only while it is open. Both belong into one element with the class `popover-place`.
#[component]
pub(crate) fn Popover(
    /// Whether it is open.
    #[prop(into)]
    open: Signal<bool>,
    /// Told when somebody wants it closed.
    #[prop(into)]
    on_close: Callback<()>,
    /// What it is about, for those who only hear it.
    #[prop(into)]
    label: Signal<String>,
    /// The button that opens it.
    trigger: NodeRef<html::Button>,
    /// What is in it.
    children: InsideFn,
) -> impl IntoView {
    let panel = NodeRef::<html::Div>::new();
    let leave = move || {
        on_close.run(());
        if let Some(trigger) = trigger.get_untracked() {
            // A button that has left the page cannot have the focus.
            let _ = trigger.focus();
        }
    };
    close_from_elsewhere(open, on_close, trigger, panel);
    Effect::new(move || {
        if let (true, Some(panel)) = (open.get(), panel.get()) {
            let first = panel.query_selector(CONTROLS).ok().flatten();
            let first = first.and_then(|first| first.dyn_into::<web_sys::HtmlElement>().ok());
            // What comes later takes the focus over from the panel.
            let first = first.unwrap_or_else(|| (*panel).clone());
            // The panel has only just been built; what is not shown yet cannot have the focus.
            request_animation_frame(move || {
                let _ = first.focus();
            });
        }
    });
    let on_key = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" {
            event.prevent_default();
            event.stop_propagation();
            leave();
        }
    };
    let children = StoredValue::new(children);
    view! {
        <Show when=move || open.get()>
            <div class="popover" role="dialog" tabindex="-1" aria-label=label node_ref=panel on:keydown=on_key>
                {children.with_value(InsideFn::view)}
            </div>
        </Show>
    }
}

fn close_from_elsewhere(
    open: Signal<bool>,
    on_close: Callback<()>,
    trigger: NodeRef<html::Button>,
    panel: NodeRef<html::Div>,
) {
    Effect::new(move || {
        if !open.get() {
            return;
        }
        let handle = window_event_listener(ev::mousedown, move |event| {
            let Some(target) = event.target().and_then(|target| target.dyn_into::<web_sys::Node>().ok()) else {
                return;
            };
            let is_inside = panel.get_untracked().is_some_and(|panel| panel.contains(Some(&target)));
            // The button closes it by itself.
            let is_trigger = trigger.get_untracked().is_some_and(|trigger| trigger.contains(Some(&target)));
            if !is_inside && !is_trigger {
                on_close.run(());
            }
        });
        on_cleanup(move || handle.remove());
    });
}

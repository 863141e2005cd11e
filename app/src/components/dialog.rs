//! A dialog over the page: the browser's own element, which keeps the focus inside and gives it back afterwards.

use super::paint::after_paint;
use crate::erase::{Erase, Inside, InsideFn};
use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;

/// A dialog. Its content exists only while it is open; Escape and a click beside it close it.
#[component]
pub(crate) fn Dialog(
    /// Opens and closes it.
    open: RwSignal<bool>,
    /// Its heading.
    #[prop(into)]
    title: Signal<String>,
    /// What is in it.
    children: InsideFn,
) -> impl IntoView {
    let element = NodeRef::<html::Dialog>::new();
    Effect::new(move || {
        let is_open = open.get();
        let Some(dialog) = element.get() else { return };
        if is_open && !dialog.open() {
            // After its content has been built, so that the first field gets the focus. The browser looks at all of the page to
            // put it out of reach, which takes its time.
            after_paint(move || {
                if open.try_get_untracked() == Some(true) {
                    let _ = dialog.show_modal();
                }
            });
        } else if !is_open && dialog.open() {
            dialog.close();
        }
    });
    let on_click = move |event: ev::MouseEvent| {
        let is_beside = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        // What lies outside of the content, but belongs to the dialog, is the page behind it.
        if is_beside.is_some_and(|target| target.tag_name() == "DIALOG") {
            open.set(false);
        }
    };
    let children = StoredValue::new(children);
    view! {
        <dialog class="dialog" node_ref=element aria-label=title on:close=move |_| open.set(false) on:click=on_click>
            <Show when=move || open.get()>
                <div class="dialog-content">
                    <div class="dialog-head">
                        <h2>{title}</h2>
                        <button type="button" class="button button-small" aria-label="Close" on:click=move |_| open.set(false)>
                            "×"
                        </button>
                    </div>
                    {children.with_value(InsideFn::view)}
                </div>
            </Show>
        </dialog>
    }
    .erase()
}

/// What ends a dialog: the way out on the left, what it is for on the right.
#[component]
pub(crate) fn DialogActions(
    /// The dialog.
    open: RwSignal<bool>,
    /// The way out.
    #[prop(default = "cancel")]
    cancel: &'static str,
    /// The buttons that do something.
    children: Inside,
) -> impl IntoView {
    view! {
        <div class="dialog-actions">
            <button type="button" class="button" on:click=move |_| open.set(false)>
                {cancel}
            </button>
            {children.view()}
        </div>
    }
    .erase()
}

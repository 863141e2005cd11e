//! A button that copies a text.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen_futures::JsFuture;

/// The whole address of a place on this page, from its query and its fragment.
pub(crate) fn here(query_and_fragment: &str) -> String {
    let location = window().location();
    let path = location.origin().unwrap_or_default() + &location.pathname().unwrap_or_default();
    path + query_and_fragment
}

/// Copies what `text` gives at the moment of the click; there without scripts it is not shown.
#[component]
pub(crate) fn CopyButton(
    /// What is copied.
    text: Callback<(), String>,
    /// What is copied, in words, for those who only hear the button.
    what: &'static str,
    /// What the button says.
    #[prop(default = "Copy")]
    label: &'static str,
) -> impl IntoView {
    let said = RwSignal::new(label);
    let copy = move |_| {
        let text = text.run(());
        spawn_local(async move {
            let outcome = if write_to_clipboard(&text).await { "Copied" } else { "Not allowed" };
            // The button may be gone by now.
            said.try_set(outcome);
            set_timeout(
                move || {
                    said.try_set(label);
                },
                Duration::from_secs(2),
            );
        });
    };
    view! {
        <button type="button" class="button button-small needs-script" aria-label=format!("Copy {what}") on:click=copy>
            <span aria-live="polite">{said}</span>
        </button>
    }
}

/// Puts a text into the clipboard; whether that was possible. Pages that are not served safely have no clipboard.
pub(crate) async fn write_to_clipboard(text: &str) -> bool {
    if !window().is_secure_context() {
        return false;
    }
    let clipboard = window().navigator().clipboard();
    JsFuture::from(clipboard.write_text(text)).await.is_ok()
}

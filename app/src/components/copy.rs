//! A button that copies a text.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen_futures::JsFuture;

/// Copies what `text` gives at the moment of the click; there without scripts it is not shown.
#[component]
pub(crate) fn CopyButton(
    /// What is copied.
    text: Callback<(), String>,
    /// What is copied, in words, for those who only hear the button.
    what: &'static str,
) -> impl IntoView {
    let said = RwSignal::new("Copy");
    let copy = move |_| {
        let text = text.run(());
        spawn_local(async move {
            said.set(if write_to_clipboard(&text).await { "Copied" } else { "Not allowed" });
            set_timeout(move || said.set("Copy"), Duration::from_secs(2));
        });
    };
    view! {
        <button type="button" class="button button-small needs-script" aria-label=format!("Copy {what}") on:click=copy>
            <span aria-live="polite">{said}</span>
        </button>
    }
}

async fn write_to_clipboard(text: &str) -> bool {
    let clipboard = window().navigator().clipboard();
    JsFuture::from(clipboard.write_text(text)).await.is_ok()
}

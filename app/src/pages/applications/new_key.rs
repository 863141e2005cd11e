//! A key that has just been made. It is shown once, above the list: a dialog would be gone, and the key with it, at a click beside
//! it.

use leptos::{html, prelude::*};

use crate::components::{button::ActionButton, copy::CopyButton};
use crate::erase::Erase;

/// A key, as long as the page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// Whose it is.
    pub(super) application: String,
    /// The whole key.
    pub(super) text: String,
}

/// The key, with the way to copy it. It gets the focus.
#[component]
pub(super) fn NewKey(key: RwSignal<Option<Key>>) -> impl IntoView {
    let panel = NodeRef::<html::Section>::new();
    Effect::new(move || {
        if let (true, Some(panel)) = (key.with(Option::is_some), panel.get()) {
            // After the dialog has given the focus back to its button.
            request_animation_frame(move || {
                let _ = panel.focus();
            });
        }
    });
    let text = move || key.with(|key| key.as_ref().map(|key| key.text.clone()).unwrap_or_default());
    let heading = move || key.with(|key| key.as_ref().map(|key| format!("Key of {}", key.application)));
    view! {
        <Show when=move || key.with(Option::is_some)>
            <section class="notice new-key" aria-labelledby="new-key" tabindex="-1" node_ref=panel>
                <h2 id="new-key">{heading}</h2>
                <p>"Copy it now: it will not be shown again. Only a hash of it is kept, so nobody can look it up."</p>
                <p class="new-key-line">
                    <code>{text}</code>
                    <CopyButton text=Callback::new(move |()| untrack(text)) what="the key"/>
                </p>
                <ActionButton label="I have stored it" on_press=move |()| key.set(None)/>
            </section>
        </Show>
    }
    .erase()
}

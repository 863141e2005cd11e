//! The keyboard: which keys do what on this page, one listener for all of them, and `?` to see the list.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;

use super::dialog::Dialog;
use crate::erase::Erase;

/// A key and what it does.
#[derive(Clone, Copy, Debug)]
struct Shortcut {
    id: usize,
    key: &'static str,
    does: &'static str,
    run: Callback<()>,
}

/// The keys that the parts of a page have claimed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shortcuts {
    claimed: RwSignal<Vec<Shortcut>>,
    is_listed: RwSignal<bool>,
}

impl Shortcuts {
    /// Listens to the keyboard for every part of the page.
    pub(crate) fn provide() -> Self {
        let shortcuts = Self { claimed: RwSignal::new(Vec::new()), is_listed: RwSignal::new(false) };
        provide_context(shortcuts);
        Effect::new(move || {
            let handle = window_event_listener(ev::keydown, move |event| shortcuts.press(&event));
            on_cleanup(move || handle.remove());
        });
        shortcuts
    }

    fn press(self, event: &ev::KeyboardEvent) {
        if event.ctrl_key() || event.meta_key() || event.alt_key() || is_writing(event) {
            return;
        }
        let key = event.key();
        if key == "?" {
            self.is_listed.set(true);
            return;
        }
        // The part that came last is the innermost.
        let claimed = self.claimed.with_untracked(|all| all.iter().rev().find(|shortcut| shortcut.key == key).copied());
        if let Some(shortcut) = claimed {
            event.prevent_default();
            shortcut.run.run(());
        }
    }
}

/// Whether a key goes into a text, or to an open dialog.
fn is_writing(event: &ev::KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let matches = |selector: &str| {
        target.as_ref().is_some_and(|target| target.closest(selector).is_ok_and(|found| found.is_some()))
    };
    matches("textarea, select, [contenteditable], dialog, input:not([type=checkbox], [type=radio])")
}

/// Claims a key as long as the part of the page exists that calls this. `key` is as the browser names it: `j`, `/`, `Enter`.
pub(crate) fn use_shortcut(key: &'static str, does: &'static str, run: impl Into<Callback<()>>) {
    let Some(shortcuts) = use_context::<Shortcuts>() else { return };
    let run = run.into();
    Effect::new(move || {
        let id = shortcuts.claimed.with_untracked(|all| all.last().map_or(0, |last| last.id + 1));
        shortcuts.claimed.update(|all| all.push(Shortcut { id, key, does, run }));
        on_cleanup(move || {
            shortcuts.claimed.try_update(|all| all.retain(|shortcut| shortcut.id != id));
        });
    });
}

/// What the keys do, opened by `?`.
#[component]
pub(crate) fn ShortcutHelp() -> impl IntoView {
    let shortcuts = use_context::<Shortcuts>().unwrap_or_else(Shortcuts::provide);
    let rows = move || {
        let mut seen: Vec<(&str, &str)> = vec![("?", "Show this list")];
        for shortcut in shortcuts.claimed.get() {
            if !seen.iter().any(|(key, _)| *key == shortcut.key) {
                seen.push((shortcut.key, shortcut.does));
            }
        }
        seen.into_iter()
            .map(|(key, does)| view! { <tr><th scope="row"><kbd>{key}</kbd></th><td>{does}</td></tr> }.erase())
            .collect_view()
    };
    view! {
        <Dialog open=shortcuts.is_listed title="Keyboard">
            <table class="shortcuts">
                <tbody>{rows}</tbody>
            </table>
        </Dialog>
    }
    .erase()
}

/// Opens the list, for those who do not know that there is one.
#[component]
pub(crate) fn ShortcutHelpButton() -> impl IntoView {
    let shortcuts = use_context::<Shortcuts>().unwrap_or_else(Shortcuts::provide);
    view! {
        <button type="button" class="bar-item needs-script" on:click=move |_| shortcuts.is_listed.set(true)>
            "Keyboard"
        </button>
    }
}

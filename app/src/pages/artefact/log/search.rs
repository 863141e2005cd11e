//! Finding words in a log: how many there are, and the ways to the next and the previous.

use std::time::Duration;

use leptos::{ev, prelude::*};

use super::viewer::State;
use crate::erase::Erase;

/// As long somebody may go on typing before the log is searched.
const SETTLE: Duration = Duration::from_millis(150);

/// The field and its buttons: Enter goes on, Shift+Enter goes back, Escape forgets.
#[component]
pub(super) fn LogSearch(state: State) -> impl IntoView {
    let words = RwSignal::new(String::new());
    let mut search_later = debounce(SETTLE, move |words: String| state.search(&words));
    let on_input = move |event| {
        words.set(event_target_value(&event));
        search_later(words.get_untracked());
    };
    let on_key = move |event: ev::KeyboardEvent| match event.key().as_str() {
        "Enter" => {
            event.prevent_default();
            if event.shift_key() {
                state.previous();
            } else {
                state.next();
            }
        }
        "Escape" if words.with_untracked(|words| !words.is_empty()) => {
            event.prevent_default();
            words.set(String::new());
            state.search("");
        }
        _ => {}
    };
    let none = move || state.found.with(|found| found.is_empty());
    view! {
        <div class="log-search" role="search">
            <input
                type="search"
                aria-label="Search in this log"
                placeholder="Search in this log"
                autocomplete="off"
                spellcheck="false"
                prop:value=words
                on:input=on_input
                on:keydown=on_key
            />
            <span class="quiet number" role="status">
                {move || count_in_words(words.with(String::is_empty), state.at.get(), state.found.with(|found| found.len()))}
            </span>
            <button type="button" class="button button-small" aria-label="Previous match" disabled=none on:click=move |_| state.previous()>
                "↑"
            </button>
            <button type="button" class="button button-small" aria-label="Next match" disabled=none on:click=move |_| state.next()>
                "↓"
            </button>
        </div>
    }
    .erase_unsent()
}

/// As many places are kept.
pub(super) const AT_MOST: usize = 10_000;

fn count_in_words(is_empty: bool, at: usize, count: usize) -> String {
    match count {
        _ if is_empty => String::new(),
        0 => "Not found".to_owned(),
        AT_MOST => format!("{} of {AT_MOST} or more", at + 1),
        _ => format!("{} of {count}", at + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::count_in_words;

    #[test]
    fn the_place_among_all_is_told() {
        for (is_empty, at, count, words) in [
            (true, 0, 0, ""),
            (false, 0, 0, "Not found"),
            (false, 2, 17, "3 of 17"),
            (false, 0, 10_000, "1 of 10000 or more"),
        ] {
            assert_eq!(count_in_words(is_empty, at, count), words);
        }
    }
}

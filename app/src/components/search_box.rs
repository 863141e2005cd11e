//! The field that a list is searched with: the address follows what somebody types, once they pause.

use std::time::Duration;

use leptos::{leptos_dom::helpers::debounce, prelude::*};
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate, use_query_map},
};

use crate::erase::Erase;
use crate::text::query;

/// As long somebody may go on typing before the address follows.
const SETTLE: Duration = Duration::from_millis(250);

/// Whether somebody is still on a page. It stands until the next one is there; but what would write its address then, a moment after
/// somebody has typed, would lead back to it.
pub(crate) fn use_stays_on(page: String) -> impl Fn() -> bool + Send + Sync + 'static {
    let path = use_location().pathname;
    move || path.with_untracked(|path| *path == page)
}

/// Writes `q` into the address of a page, which goes back to its beginning. Without scripts it is a form that loads the page again.
#[component]
pub(crate) fn SearchBox(
    /// The path of the page.
    page: &'static str,
    /// What is searched, for those who only hear it.
    label: &'static str,
    /// What may be typed.
    placeholder: &'static str,
) -> impl IntoView {
    let parameters = use_query_map();
    let navigate = use_navigate();
    let words = Memo::new(move |_| parameters.with(|query| query.get("q").unwrap_or_default()));
    let stays = use_stays_on(page.to_owned());
    let mut write = debounce(SETTLE, move |typed: String| {
        if !stays() {
            return;
        }
        let typed = typed.trim();
        let changed = parameters.with_untracked(|now| {
            query::with(&query::with(now, "offset", None), "q", Some(typed).filter(|typed| !typed.is_empty()))
        });
        let options = NavigateOptions { scroll: false, replace: true, ..NavigateOptions::default() };
        navigate(&query::address(page, &changed), options);
    });
    view! {
        <form class="search" role="search" method="get" action=page on:submit=move |event| event.prevent_default()>
            <label class="visually-hidden" for="search">
                {label}
            </label>
            <input
                id="search"
                type="search"
                name="q"
                placeholder=placeholder
                autocomplete="off"
                value=words.get_untracked()
                prop:value=words
                on:input=move |event| write(event_target_value(&event))
            />
            <noscript>
                <button class="button">"Search"</button>
            </noscript>
        </form>
    }
    .erase()
}

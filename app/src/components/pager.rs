//! The ways to the other pages of a long list.

use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_query_map};

use crate::erase::Erase;
use crate::text::query;

/// "101–200 of 4321", with the ways back and on. The place in the list is `offset` in the address.
#[component]
pub(crate) fn Pager(
    /// As many come before this page.
    #[prop(into)]
    offset: Signal<i64>,
    /// At most as many are on a page.
    limit: i64,
    /// How many there are on all pages.
    #[prop(into)]
    count: Signal<i64>,
) -> impl IntoView {
    let parameters = use_query_map();
    let path = use_location().pathname;
    let to = move |offset: i64| {
        let offset = (offset > 0).then(|| offset.to_string());
        path.with(|path| parameters.with(|now| query::address(path, &query::with(now, "offset", offset.as_deref()))))
    };
    let words = move || {
        let last = (offset.get() + limit).min(count.get());
        format!("{}–{last} of {}", (offset.get() + 1).min(last), count.get())
    };
    let earlier = move || (offset.get() > 0).then(|| to((offset.get() - limit).max(0)));
    let later = move || (offset.get() + limit < count.get()).then(|| to(offset.get() + limit));
    view! {
        <nav class="pager" aria-label="Pages" hidden=move || count.get() <= limit && offset.get() == 0>
            <a class="button" href=earlier aria-disabled=move || earlier().is_none().then_some("true") rel="prev">
                "Previous"
            </a>
            <span class="number">{words}</span>
            <a class="button" href=later aria-disabled=move || later().is_none().then_some("true") rel="next">
                "Next"
            </a>
        </nav>
    }
    .erase()
}

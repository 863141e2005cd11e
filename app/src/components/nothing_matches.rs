//! What a list says when its filters leave nothing: why that may be, and the way back to everything.

use crate::erase::Erase;
use leptos::prelude::*;

/// Filters that leave nothing.
#[component]
pub(crate) fn NothingMatches(
    /// What there is none of.
    title: &'static str,
    /// Why that may be.
    words: &'static str,
    /// The list without filters.
    everything: &'static str,
    /// What leads there.
    #[prop(default = "Clear all filters")]
    label: &'static str,
) -> impl IntoView {
    view! {
        <div class="empty">
            <p class="empty-title">{title}</p>
            <p>{words}</p>
            <p>
                <a class="button" href=everything>
                    {label}
                </a>
            </p>
        </div>
    }
    .erase()
}

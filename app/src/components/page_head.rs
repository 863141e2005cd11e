//! The top of a page: what it is, how much there is of it, what can be done.

use leptos::prelude::*;

use crate::erase::{Erase, Inside};

/// Title, count, and whatever stands at the right.
#[component]
pub(crate) fn PageHead(
    /// What the page is.
    title: &'static str,
    /// How much there is, in words; it is announced as it changes.
    #[prop(optional, into)]
    count: Option<Signal<String>>,
    /// What can be done.
    #[prop(optional)]
    children: Option<Inside>,
) -> impl IntoView {
    let count = count.map(|count| view! { <p class="count" role="status">{count}</p> });
    let actions = children.map(|actions| view! { <div class="head-actions">{actions.view()}</div> });
    view! {
        <div class="page-head">
            <h1>{title}</h1>
            {count}
            {actions}
        </div>
    }
    .erase()
}

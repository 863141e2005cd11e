//! What is shown where there is nothing.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::response;

/// An address that leads nowhere.
#[component]
pub(crate) fn NotFoundPage() -> impl IntoView {
    response::set_status(404);
    view! {
        <Title text="Not found"/>
        <h1>"There is nothing here"</h1>
        <p class="lead">"The address is incomplete, or what it led to has been deleted."</p>
        <ul class="plain-list">
            <li>
                <a href="/">"All artefacts"</a>
            </li>
            <li>
                <a href="/getting-started">"Getting started"</a>
            </li>
            <li>
                <a href="/docs" rel="external">
                    "API documentation"
                </a>
            </li>
        </ul>
    }
}

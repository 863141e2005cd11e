//! `/issues/:id`.

use leptos::prelude::*;
use leptos_meta::Title;

/// `/issues/:id`.
#[component]
pub(crate) fn IssuePage() -> impl IntoView {
    view! {
        <Title text="Issue"/>
        <h1>"Issue"</h1>
    }
}

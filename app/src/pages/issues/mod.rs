//! `/issues`.

use leptos::prelude::*;
use leptos_meta::Title;

/// `/issues`.
#[component]
pub(crate) fn IssuesPage() -> impl IntoView {
    view! {
        <Title text="Linked External Issues"/>
        <h1>"Linked External Issues"</h1>
    }
}

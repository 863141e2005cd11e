//! `/test-results`.

use leptos::prelude::*;
use leptos_meta::Title;

/// `/test-results`.
#[component]
pub(crate) fn TestResultsPage() -> impl IntoView {
    view! {
        <Title text="Search"/>
        <h1>"Search"</h1>
    }
}

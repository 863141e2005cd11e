//! `/matching-rules`.

use leptos::prelude::*;
use leptos_meta::Title;

/// `/matching-rules`.
#[component]
pub(crate) fn MatchingRulesPage() -> impl IntoView {
    view! {
        <Title text="Matching rules"/>
        <h1>"Matching rules"</h1>
    }
}

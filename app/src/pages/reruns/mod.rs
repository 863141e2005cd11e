//! `/reruns`.

use leptos::prelude::*;
use leptos_meta::Title;

/// `/reruns`.
#[component]
pub(crate) fn RerunsPage() -> impl IntoView {
    view! {
        <Title text="Reruns"/>
        <h1>"Reruns"</h1>
    }
}

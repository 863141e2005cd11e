//! `/applications`.

use leptos::prelude::*;
use leptos_meta::Title;

/// `/applications`.
#[component]
pub(crate) fn ApplicationsPage() -> impl IntoView {
    view! {
        <Title text="Applications"/>
        <h1>"Applications"</h1>
    }
}

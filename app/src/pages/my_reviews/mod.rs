//! `/reviews`.

use leptos::prelude::*;
use leptos_meta::Title;

/// `/reviews`.
#[component]
pub(crate) fn MyReviewsPage() -> impl IntoView {
    view! {
        <Title text="My reviews"/>
        <h1>"My reviews"</h1>
    }
}

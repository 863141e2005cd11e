//! `/teams`.

use leptos::prelude::*;
use leptos_meta::Title;

/// `/teams`.
#[component]
pub(crate) fn TeamsPage() -> impl IntoView {
    view! {
        <Title text="Teams"/>
        <h1>"Teams"</h1>
    }
}

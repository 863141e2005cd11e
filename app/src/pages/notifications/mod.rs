//! `/notifications`.

use leptos::prelude::*;
use leptos_meta::Title;

/// `/notifications`.
#[component]
pub(crate) fn NotificationsPage() -> impl IntoView {
    view! {
        <Title text="Notifications"/>
        <h1>"Notifications"</h1>
    }
}

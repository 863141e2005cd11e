//! `/login`.

use leptos::prelude::*;
use leptos_meta::Title;

/// `/login`.
#[component]
pub(crate) fn SignInPage() -> impl IntoView {
    view! {
        <Title text="Sign in"/>
        <h1>"Sign in"</h1>
    }
}

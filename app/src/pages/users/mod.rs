//! `/users`.

use leptos::prelude::*;
use leptos_meta::Title;

/// `/users`.
#[component]
pub(crate) fn UsersPage() -> impl IntoView {
    view! {
        <Title text="Users"/>
        <h1>"Users"</h1>
    }
}

//! `/audit-log`.

use leptos::prelude::*;
use leptos_meta::Title;

/// `/audit-log`.
#[component]
pub(crate) fn AuditLogPage() -> impl IntoView {
    view! {
        <Title text="Audit log"/>
        <h1>"Audit log"</h1>
    }
}

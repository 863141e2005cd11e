//! The front door: one's reviews, the first family that has artefacts, or how to send the first result.

use leptos::prelude::*;
use leptos_router::components::Redirect;

use super::getting_started::{GettingStarted, fetch};
use crate::components::{
    error_notice::ErrorPage,
    load::{load, loading},
    session::use_session,
};
use crate::erase::Erase;

/// `/`.
#[component]
pub(crate) fn HomePage() -> impl IntoView {
    let session = use_session();
    if session.user().is_some() {
        return view! { <Redirect path="/reviews"/> }.erase();
    }
    let tabs = session.get().tabs;
    let state = load(fetch);
    state.view(loading, move |answer| match answer {
        Err(error) => view! { <ErrorPage error/> }.erase(),
        Ok(state) => match tabs.iter().find(|family| state.families.contains(family)) {
            Some(family) => view! { <Redirect path=format!("/{}", family.path())/> }.erase(),
            None if state.families.is_empty() => view! { <GettingStarted state/> }.erase(),
            None => view! { <Redirect path="/test-results"/> }.erase(),
        },
    })
}

//! The front door: the first family that has artefacts, or how to send the first result.

use leptos::prelude::*;
use leptos_router::components::Redirect;

use super::getting_started::{GettingStarted, fetch};
use crate::components::error_notice::ErrorPage;

/// `/`.
#[component]
pub(crate) fn HomePage() -> impl IntoView {
    let state = Resource::new_blocking(|| (), |()| fetch());
    view! {
        <Suspense fallback=|| view! { <p class="loading">"Loading…"</p> }>
            {move || Suspend::new(async move {
                match state.await {
                    Err(error) => view! { <ErrorPage error/> }.into_any(),
                    Ok(state) => {
                        match state.families.first() {
                            Some(family) => view! { <Redirect path=format!("/{}", family.path())/> }.into_any(),
                            None => view! { <GettingStarted state/> }.into_any(),
                        }
                    }
                }
            })}
        </Suspense>
    }
}

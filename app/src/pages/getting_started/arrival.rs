//! Watches for the first result, and says so when it is there.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};

use super::fetch;
use crate::erase::Erase;
use crate::{
    api::{ArtefactResponse, FamilyName},
    client::Client,
};

/// What has arrived: a name, and its page.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Arrived {
    name: String,
    page: String,
}

/// A line at the bottom of the window. Its place is reserved, so nothing moves when it changes.
#[component]
pub(super) fn Arrival(waiting: bool) -> impl IntoView {
    let arrived = RwSignal::new(None::<Arrived>);
    if waiting {
        Effect::new(move || watch(arrived));
    }
    waiting.then(|| {
        view! {
            <div class="arrival" role="status">
                {move || match arrived.get() {
                    None => view! { <p class="arrival-waiting">"Waiting for the first result…"</p> }.erase(),
                    Some(Arrived { name, page }) => {
                        view! { <p class="arrival-here">{name} " has arrived. " <a href=page>"Open it"</a></p> }.erase()
                    }
                }}
            </div>
        }
        .erase()
    })
}

/// Asks every two seconds while somebody looks at the page, until something is there.
fn watch(arrived: RwSignal<Option<Arrived>>) {
    let ask = move || {
        let is_visible = document().visibility_state() == web_sys::VisibilityState::Visible;
        if is_visible && arrived.with_untracked(Option::is_none) {
            spawn_local(async move {
                if let Some(found) = look().await {
                    // The page may be gone by now.
                    let _ = arrived.try_set(Some(found));
                }
            });
        }
    };
    if let Ok(handle) = set_interval_with_handle(ask, Duration::from_secs(2)) {
        on_cleanup(move || handle.clear());
    }
}

async fn look() -> Option<Arrived> {
    let family: FamilyName = *fetch().await.ok()?.families.first()?;
    let artefacts: Vec<ArtefactResponse> =
        Client::current().get(&format!("/v1/artefacts?family={family}")).await.ok()?;
    let newest = artefacts.into_iter().max_by_key(|artefact| artefact.id)?;
    Some(Arrived {
        name: format!("{} {}", newest.name, newest.version),
        page: format!("/{}/{}", family.path(), newest.id),
    })
}

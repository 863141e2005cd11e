//! What is not on every page of an artefact: its code is a file of its own.

#[cfg(not(feature = "ssr"))]
use leptos::reactive::computed::suspense::SuspenseContext;
use leptos::{lazy, prelude::*};

use super::{
    compare::Compare,
    desk::{Desk, Item},
    matrix::MatrixView,
    results::Results,
};
use crate::api::{ArtefactResponse, TestExecutionStatus};
use crate::erase::Erase;

/// What only parts have: of results, a group that has some or none, or that there are none at all.
#[cfg(target_arch = "wasm32")]
const SENT_PARTS: &str = ".group, .group-empty, .no-results, .matrix-view, .compare";

/// A part, with what it is about.
pub(super) enum Part {
    /// The results of a run that is open.
    Results { desk: Desk, status: TestExecutionStatus, items: Signal<Vec<Item>>, is_sent: bool },
    /// Failures by test and environment.
    Tests(ArtefactResponse),
    /// What is different from the version before.
    Compare { artefact: ArtefactResponse, previous_id: i64 },
}

#[lazy]
fn artefact_part(part: Part) -> AnyView {
    match part {
        Part::Results { desk, status, items, is_sent } => view! { <Results desk status items is_sent/> }.erase(),
        Part::Tests(artefact) => view! { <MatrixView artefact/> }.erase(),
        Part::Compare { artefact, previous_id } => view! { <Compare artefact previous_id/> }.erase(),
    }
}

/// The part, as soon as its code is there.
pub(super) fn part(part: Part) -> impl IntoView {
    come_later();
    Suspend::new(async move { artefact_part(part).await })
}

/// Lets what is built here come later than what is around it: else the whole page would make room for "Loading…" as long as some
/// code is fetched, and be put back then. The server waits.
pub(super) fn come_later() {
    #[cfg(not(feature = "ssr"))]
    provide_context(SuspenseContext { tasks: ArcRwSignal::default() });
}

/// Where the server has sent a part with the page, fetches its code: what is there already has to come alive with the page, which
/// does not wait for it then.
pub(in crate::pages) async fn fetch_sent_parts() {
    #[cfg(target_arch = "wasm32")]
    if matches!(document().query_selector(SENT_PARTS), Ok(Some(_))) {
        __preload_artefact_part().await;
    }
}

/// Fetches the code of parts.
#[cfg(target_arch = "wasm32")]
pub(super) async fn fetch_parts() {
    __preload_artefact_part().await;
}

//! The environments an artefact was tested in.

use leptos::prelude::*;

use super::{
    data::{OpenedRun, Target},
    environment::EnvironmentView,
    tree::{Environment, is_small, summary},
};
use crate::{api::FamilyName, components::status::Look};

/// What every part of the tree needs to know, however deep.
#[derive(Clone, Copy)]
pub(super) struct Scope {
    /// For links to earlier versions.
    pub(super) family: FamilyName,
    /// What the address points at.
    pub(super) target: Memo<Target>,
    /// The run whose results came with the page.
    pub(super) opened: StoredValue<Option<OpenedRun>>,
    /// Whether closed environments are built too.
    pub(super) is_eager: bool,
    /// Whether there is one environment only, which then is open.
    pub(super) is_single: bool,
}

/// The list, and how the environments are doing.
#[component]
pub(super) fn EnvironmentList(
    family: FamilyName,
    environments: Vec<Environment>,
    opened: Option<OpenedRun>,
    target: Memo<Target>,
) -> impl IntoView {
    let scope = Scope {
        family,
        target,
        opened: StoredValue::new(opened),
        is_eager: is_small(&environments),
        is_single: environments.len() == 1,
    };
    let counts = summary(&environments).map(|(status, count)| {
        view! { <li class:none=count == 0>{Look::from(status).compact()} " " <span class="number">{count}</span></li> }
    });
    let is_empty = environments.is_empty();
    let list =
        environments.into_iter().map(|environment| view! { <EnvironmentView environment scope/> }).collect_view();
    view! {
        <section class="environments" aria-labelledby="environments">
            <div class="section-head">
                <h2 id="environments">"Environments"</h2>
                <ul class="summary" aria-label="Environments by the status of their newest run">{counts}</ul>
            </div>
            {is_empty.then(|| view! { <p class="empty">"Nothing has been tested yet. Environments appear here when a run starts."</p> })}
            {list}
        </section>
    }
    .into_any()
}

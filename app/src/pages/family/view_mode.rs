//! Columns or a list: in the address for a link that shows what its sender saw, and in a cookie for the next visit.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::erase::Erase;
use crate::{
    api::FamilyName,
    components::{
        icon::Icon,
        preferences::{read_preference, write_preference},
    },
    text::query,
};

/// The name of the cookie; what browsers kept under it before is what it still means.
const COOKIE: &str = "viewMode";

/// How artefacts are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ViewMode {
    /// A table.
    List,
    /// A column for every stage.
    Dashboard,
}

impl ViewMode {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "list" => Some(Self::List),
            "dashboard" => Some(Self::Dashboard),
            _ => None,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Dashboard => "dashboard",
        }
    }
}

/// What the address asks for, else what the visitor chose the last time, else columns.
pub(super) fn use_view_mode() -> Memo<ViewMode> {
    let parameters = use_query_map();
    Memo::new(move |_| {
        let asked = parameters.with(|query| query.get_str("view").and_then(ViewMode::parse));
        let chosen = || read_preference(COOKIE).as_deref().and_then(ViewMode::parse);
        asked.or_else(chosen).unwrap_or(ViewMode::Dashboard)
    })
}

/// The ways to the two views.
#[component]
pub(super) fn ViewToggle(family: FamilyName, mode: Memo<ViewMode>) -> impl IntoView {
    let parameters = use_query_map();
    let link = move |this: ViewMode, label: &'static str, icon: Icon| {
        let address = move || {
            let changed = parameters.with(|now| query::with(now, "view", Some(this.as_str())));
            query::address(&format!("/{}", family.path()), &changed)
        };
        let current = move || (mode.get() == this).then_some("true");
        view! {
            <a
                class="button"
                href=address
                aria-current=current
                title=label
                aria-label=label
                on:click=move |_| write_preference(COOKIE, this.as_str())
            >
                {icon.view()}
            </a>
        }
    };
    view! {
        <div class="view-toggle" role="group" aria-label="View">
            {link(ViewMode::List, "List", Icon::List)} {link(ViewMode::Dashboard, "Columns", Icon::Tiles)}
        </div>
    }
    .erase()
}

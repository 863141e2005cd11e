//! Pages whose code the browser fetches when it first shows them: each is a WASM file of its own.

use leptos::prelude::*;
use leptos_router::{LazyRoute, hooks::use_location, lazy_route};

use super::{artefact::ArtefactPage, family::FamilyPage, getting_started::GettingStartedPage};
use crate::api::FamilyName;

/// The family that the first segment of the address names.
fn current_family() -> FamilyName {
    FamilyName::of_path(&use_location().pathname.get_untracked()).unwrap_or(FamilyName::Snap)
}

/// `/snaps` and the like.
pub(crate) struct FamilyRoute(FamilyName);

#[lazy_route]
impl LazyRoute for FamilyRoute {
    fn data() -> Self {
        Self(current_family())
    }

    fn view(this: Self) -> AnyView {
        view! { <FamilyPage family=this.0/> }.into_any()
    }
}

/// `/snaps/12` and the like.
pub(crate) struct ArtefactRoute(FamilyName);

#[lazy_route]
impl LazyRoute for ArtefactRoute {
    fn data() -> Self {
        Self(current_family())
    }

    fn view(this: Self) -> AnyView {
        view! { <ArtefactPage family=this.0/> }.into_any()
    }
}

/// `/getting-started`.
pub(crate) struct GettingStartedRoute;

#[lazy_route]
impl LazyRoute for GettingStartedRoute {
    fn data() -> Self {
        Self
    }

    fn view(_this: Self) -> AnyView {
        view! { <GettingStartedPage/> }.into_any()
    }
}

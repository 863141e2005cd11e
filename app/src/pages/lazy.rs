//! Pages whose code the browser fetches when it first shows them: each is a WASM file of its own.

use leptos::{lazy, prelude::*};
use leptos_router::{LazyRoute, lazy_route};

use super::{
    applications::ApplicationsPage, artefact::ArtefactPage, audit_log::AuditLogPage, family::FamilyPage,
    getting_started::GettingStartedPage, issue::IssuePage, issues::IssuesPage, matching_rules::MatchingRulesPage,
    my_reviews::MyReviewsPage, notifications::NotificationsPage, reruns::RerunsPage, sign_in::SignInPage,
    teams::TeamsPage, test_results::TestResultsPage, users::UsersPage,
};
use crate::api::FamilyName;

/// The list of one family, by its place among all: the code is the same for each, and fetched once.
pub(crate) struct FamilyRoute<const PLACE: usize>;

impl<const PLACE: usize> LazyRoute for FamilyRoute<PLACE> {
    fn data() -> Self {
        Self
    }

    async fn view(_: Self) -> AnyView {
        family_page(family::<PLACE>()).await
    }

    async fn preload() {
        #[cfg(target_arch = "wasm32")]
        __preload_family_page().await;
    }
}

#[lazy]
fn family_page(family: FamilyName) -> AnyView {
    view! { <FamilyPage family/> }.into_any()
}

/// One artefact of a family, by the family's place among all.
pub(crate) struct ArtefactRoute<const PLACE: usize>;

impl<const PLACE: usize> LazyRoute for ArtefactRoute<PLACE> {
    fn data() -> Self {
        Self
    }

    async fn view(_: Self) -> AnyView {
        artefact_page(family::<PLACE>()).await
    }

    async fn preload() {
        #[cfg(target_arch = "wasm32")]
        __preload_artefact_page().await;
    }
}

#[lazy]
fn artefact_page(family: FamilyName) -> AnyView {
    view! { <ArtefactPage family/> }.into_any()
}

fn family<const PLACE: usize>() -> FamilyName {
    FamilyName::ALL.get(PLACE).copied().unwrap_or(FamilyName::Snap)
}

/// Declares the routes of pages without anything to hand over.
macro_rules! lazy_pages {
    ($($(#[$meta:meta])* $route:ident => $page:ident),+ $(,)?) => {$(
        $(#[$meta])*
        pub(crate) struct $route;

        #[lazy_route]
        impl LazyRoute for $route {
            fn data() -> Self {
                Self
            }

            fn view(this: Self) -> AnyView {
                let $route = this;
                view! { <$page/> }.into_any()
            }
        }
    )+};
}

lazy_pages! {
    /// `/getting-started`.
    GettingStartedRoute => GettingStartedPage,
    /// `/login`.
    SignInRoute => SignInPage,
    /// `/notifications`.
    NotificationsRoute => NotificationsPage,
    /// `/reruns`.
    RerunsRoute => RerunsPage,
    /// `/reviews`.
    MyReviewsRoute => MyReviewsPage,
    /// `/issues`.
    IssuesRoute => IssuesPage,
    /// `/issues/:id`.
    IssueRoute => IssuePage,
    /// `/test-results`.
    TestResultsRoute => TestResultsPage,
    /// `/users`.
    UsersRoute => UsersPage,
    /// `/teams`.
    TeamsRoute => TeamsPage,
    /// `/applications`.
    ApplicationsRoute => ApplicationsPage,
    /// `/matching-rules`.
    MatchingRulesRoute => MatchingRulesPage,
    /// `/audit-log`.
    AuditLogRoute => AuditLogPage,
}

//! Pages whose code the browser fetches when it first shows them: each is a WASM file of its own.

use leptos::prelude::*;
use leptos_router::{LazyRoute, hooks::use_location, lazy_route};

use super::{
    applications::ApplicationsPage, artefact::ArtefactPage, audit_log::AuditLogPage, family::FamilyPage,
    getting_started::GettingStartedPage, issue::IssuePage, issues::IssuesPage, matching_rules::MatchingRulesPage,
    my_reviews::MyReviewsPage, notifications::NotificationsPage, reruns::RerunsPage, sign_in::SignInPage,
    teams::TeamsPage, test_results::TestResultsPage, users::UsersPage,
};
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

//! Pages whose code the browser fetches when it first shows one of them: WASM files beside the one that all need.
//!
//! Not one file for each page: what some pages share and others do not would become a file of its own for every combination of
//! pages, hundreds of them.

use leptos::{lazy, prelude::*};
use leptos_router::LazyRoute;

use super::{
    applications::ApplicationsPage,
    artefact::{ArtefactPage, parts::fetch_sent_parts},
    audit_log::AuditLogPage,
    family::FamilyPage,
    getting_started::GettingStartedPage,
    issue::IssuePage,
    issues::IssuesPage,
    matching_rules::MatchingRulesPage,
    my_reviews::MyReviewsPage,
    notifications::NotificationsPage,
    reruns::RerunsPage,
    sign_in::SignInPage,
    teams::TeamsPage,
    test_results::TestResultsPage,
    users::UsersPage,
};
use crate::api::FamilyName;
use crate::erase::Erase;

/// Pages that list what somebody has to look at.
enum Listing {
    Family(FamilyName),
    GettingStarted,
    SignIn,
    Notifications,
    Reruns,
    MyReviews,
}

#[lazy]
fn listing_page(page: Listing) -> AnyView {
    match page {
        Listing::Family(family) => view! { <FamilyPage family/> }.erase(),
        Listing::GettingStarted => view! { <GettingStartedPage/> }.erase(),
        Listing::SignIn => view! { <SignInPage/> }.erase(),
        Listing::Notifications => view! { <NotificationsPage/> }.erase(),
        Listing::Reruns => view! { <RerunsPage/> }.erase(),
        Listing::MyReviews => view! { <MyReviewsPage/> }.erase(),
    }
}

/// Pages that find results and what is known of them.
enum Finding {
    Issues,
    Issue,
    TestResults,
}

#[lazy]
fn finding_page(page: Finding) -> AnyView {
    match page {
        Finding::Issues => view! { <IssuesPage/> }.erase(),
        Finding::Issue => view! { <IssuePage/> }.erase(),
        Finding::TestResults => view! { <TestResultsPage/> }.erase(),
    }
}

/// Pages for those who look after the installation.
enum Administration {
    Users,
    Teams,
    Applications,
    MatchingRules,
    AuditLog,
}

#[lazy]
fn administration_page(page: Administration) -> AnyView {
    match page {
        Administration::Users => view! { <UsersPage/> }.erase(),
        Administration::Teams => view! { <TeamsPage/> }.erase(),
        Administration::Applications => view! { <ApplicationsPage/> }.erase(),
        Administration::MatchingRules => view! { <MatchingRulesPage/> }.erase(),
        Administration::AuditLog => view! { <AuditLogPage/> }.erase(),
    }
}

/// The page of an artefact, with the code of what the server has sent of it.
async fn show_artefact(family: FamilyName) -> AnyView {
    fetch_sent_parts().await;
    artefact_page(family).await
}

#[lazy]
fn artefact_page(family: FamilyName) -> AnyView {
    view! { <ArtefactPage family/> }.erase()
}

fn family<const PLACE: usize>() -> FamilyName {
    FamilyName::ALL.get(PLACE).copied().unwrap_or(FamilyName::Snap)
}

/// Declares routes: which function shows them, and with what.
macro_rules! lazy_routes {
    ($($(#[$meta:meta])* $route:ident $(<$place:ident>)? => $show:ident / $preload:ident ($page:expr);)+) => {$(
        $(#[$meta])*
        pub(crate) struct $route $(<const $place: usize>)?;

        impl $(<const $place: usize>)? LazyRoute for $route $(<$place>)? {
            fn data() -> Self {
                Self
            }

            async fn view(_: Self) -> AnyView {
                $show($page).await
            }

            async fn preload() {
                #[cfg(target_arch = "wasm32")]
                $preload().await;
            }
        }
    )+};
}

lazy_routes! {
    /// One artefact of a family, by the family's place among all.
    ArtefactRoute<PLACE> => show_artefact / __preload_artefact_page (family::<PLACE>());
    /// The list of one family, by its place among all.
    FamilyRoute<PLACE> => listing_page / __preload_listing_page (Listing::Family(family::<PLACE>()));
    /// `/getting-started`.
    GettingStartedRoute => listing_page / __preload_listing_page (Listing::GettingStarted);
    /// `/login`.
    SignInRoute => listing_page / __preload_listing_page (Listing::SignIn);
    /// `/notifications`.
    NotificationsRoute => listing_page / __preload_listing_page (Listing::Notifications);
    /// `/reruns`.
    RerunsRoute => listing_page / __preload_listing_page (Listing::Reruns);
    /// `/reviews`.
    MyReviewsRoute => listing_page / __preload_listing_page (Listing::MyReviews);
    /// `/issues`.
    IssuesRoute => finding_page / __preload_finding_page (Finding::Issues);
    /// `/issues/:id`.
    IssueRoute => finding_page / __preload_finding_page (Finding::Issue);
    /// `/test-results`.
    TestResultsRoute => finding_page / __preload_finding_page (Finding::TestResults);
    /// `/users`.
    UsersRoute => administration_page / __preload_administration_page (Administration::Users);
    /// `/teams`.
    TeamsRoute => administration_page / __preload_administration_page (Administration::Teams);
    /// `/applications`.
    ApplicationsRoute => administration_page / __preload_administration_page (Administration::Applications);
    /// `/matching-rules`.
    MatchingRulesRoute => administration_page / __preload_administration_page (Administration::MatchingRules);
    /// `/audit-log`.
    AuditLogRoute => administration_page / __preload_administration_page (Administration::AuditLog);
}

//! Pages whose code the browser fetches when it first shows one of them: WASM files beside the one that all need.
//!
//! Not files for each page: what some pages share and others do not becomes a file of its own for every combination of what is
//! declared here, and each page is put together from these.

use leptos::{lazy, prelude::*};
use leptos_router::LazyRoute;

use super::{
    applications::ApplicationsPage,
    artefact::{ArtefactPage, parts::fetch_sent_parts},
    audit_log::AuditLogPage,
    family::FamilyPage,
    getting_started::GettingStartedPage,
    home::HomePage,
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
    Home,
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
        Listing::Home => view! { <HomePage/> }.erase(),
        Listing::Family(family) => view! { <FamilyPage family/> }.erase(),
        Listing::GettingStarted => view! { <GettingStartedPage/> }.erase(),
        Listing::SignIn => view! { <SignInPage/> }.erase(),
        Listing::Notifications => view! { <NotificationsPage/> }.erase(),
        Listing::Reruns => view! { <RerunsPage/> }.erase(),
        Listing::MyReviews => view! { <MyReviewsPage/> }.erase(),
    }
}

/// Pages of what is known of results.
enum Known {
    Issues,
    Issue,
}

#[lazy]
fn issue_page(page: Known) -> AnyView {
    match page {
        Known::Issues => view! { <IssuesPage/> }.erase(),
        Known::Issue => view! { <IssuePage/> }.erase(),
    }
}

#[lazy]
fn test_results_page((): ()) -> AnyView {
    view! { <TestResultsPage/> }.erase()
}

/// Pages of who may do what.
enum Account {
    Users,
    Teams,
    Applications,
}

#[lazy]
fn account_page(page: Account) -> AnyView {
    match page {
        Account::Users => view! { <UsersPage/> }.erase(),
        Account::Teams => view! { <TeamsPage/> }.erase(),
        Account::Applications => view! { <ApplicationsPage/> }.erase(),
    }
}

/// Pages of what happens by itself, and what has happened.
enum Oversight {
    MatchingRules,
    AuditLog,
}

#[lazy]
fn oversight_page(page: Oversight) -> AnyView {
    match page {
        Oversight::MatchingRules => view! { <MatchingRulesPage/> }.erase(),
        Oversight::AuditLog => view! { <AuditLogPage/> }.erase(),
    }
}

/// The page of an artefact, with the code of what the server has sent of it.
async fn show_artefact(family: FamilyName) -> AnyView {
    // Parts are sent without what they share with the page.
    #[cfg(target_arch = "wasm32")]
    __preload_artefact_page().await;
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
    /// `/`.
    HomeRoute => listing_page / __preload_listing_page (Listing::Home);
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
    IssuesRoute => issue_page / __preload_issue_page (Known::Issues);
    /// `/issues/:id`.
    IssueRoute => issue_page / __preload_issue_page (Known::Issue);
    /// `/test-results`.
    TestResultsRoute => test_results_page / __preload_test_results_page (());
    /// `/users`.
    UsersRoute => account_page / __preload_account_page (Account::Users);
    /// `/teams`.
    TeamsRoute => account_page / __preload_account_page (Account::Teams);
    /// `/applications`.
    ApplicationsRoute => account_page / __preload_account_page (Account::Applications);
    /// `/matching-rules`.
    MatchingRulesRoute => oversight_page / __preload_oversight_page (Oversight::MatchingRules);
    /// `/audit-log`.
    AuditLogRoute => oversight_page / __preload_oversight_page (Oversight::AuditLog);
}

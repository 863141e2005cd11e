//! Which address leads to which page.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    Lazy, ParamSegment, SsrMode, StaticSegment,
    components::{FlatRoutes, Route, Router},
};

use crate::{
    api::FamilyName,
    components::{
        feedback::{Feedback, FeedbackRegion},
        navigation::NavigationBar,
        session::Session,
        shortcuts::{ShortcutHelp, Shortcuts},
    },
    pages::{
        lazy::{
            ApplicationsRoute, ArtefactRoute, AuditLogRoute, FamilyRoute, GettingStartedRoute, HomeRoute, IssueRoute,
            IssuesRoute, MatchingRulesRoute, MyReviewsRoute, NotificationsRoute, RerunsRoute, SignInRoute, TeamsRoute,
            TestResultsRoute, UsersRoute,
        },
        not_found::NotFoundPage,
    },
};

/// The number of an artefact. Whether it is one is for the page to say, which knows how to say it well.
const ID: ParamSegment = ParamSegment("id");

/// The places of the families among all.
const SNAP: usize = FamilyName::Snap as usize;
const DEB: usize = FamilyName::Deb as usize;
const CHARM: usize = FamilyName::Charm as usize;
const IMAGE: usize = FamilyName::Image as usize;
const SOLUTION: usize = FamilyName::Solution as usize;

/// The dashboard. Every page waits for its data, so that it is sent with the right status and can be read without scripts.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    Session::provide();
    Feedback::provide();
    Shortcuts::provide();
    view! {
        <Title formatter=title/>
        <Router>
            <a class="skip-link" href="#main" rel="external">
                "Skip to content"
            </a>
            <NavigationBar/>
            <main id="main" tabindex="-1">
                <FlatRoutes fallback=NotFoundPage>
                    <Route path=StaticSegment("") view={Lazy::<HomeRoute>::new()} ssr=SsrMode::Async/>
                    <Route path=StaticSegment("getting-started") view={Lazy::<GettingStartedRoute>::new()} ssr=SsrMode::Async/>
                    <Route path=StaticSegment("snaps") view={Lazy::<FamilyRoute<SNAP>>::new()} ssr=SsrMode::Async/>
                    <Route path=StaticSegment("debs") view={Lazy::<FamilyRoute<DEB>>::new()} ssr=SsrMode::Async/>
                    <Route path=StaticSegment("charms") view={Lazy::<FamilyRoute<CHARM>>::new()} ssr=SsrMode::Async/>
                    <Route path=StaticSegment("images") view={Lazy::<FamilyRoute<IMAGE>>::new()} ssr=SsrMode::Async/>
                    <Route path=StaticSegment("solutions") view={Lazy::<FamilyRoute<SOLUTION>>::new()} ssr=SsrMode::Async/>
                    <Route path=(StaticSegment("snaps"), ID) view={Lazy::<ArtefactRoute<SNAP>>::new()} ssr=SsrMode::Async/>
                    <Route path=(StaticSegment("debs"), ID) view={Lazy::<ArtefactRoute<DEB>>::new()} ssr=SsrMode::Async/>
                    <Route path=(StaticSegment("charms"), ID) view={Lazy::<ArtefactRoute<CHARM>>::new()} ssr=SsrMode::Async/>
                    <Route path=(StaticSegment("images"), ID) view={Lazy::<ArtefactRoute<IMAGE>>::new()} ssr=SsrMode::Async/>
                    <Route path=(StaticSegment("solutions"), ID) view={Lazy::<ArtefactRoute<SOLUTION>>::new()} ssr=SsrMode::Async/>
                    <Route path=StaticSegment("login") view={Lazy::<SignInRoute>::new()} ssr=SsrMode::Async/>
                    <Route path=StaticSegment("notifications") view={Lazy::<NotificationsRoute>::new()} ssr=SsrMode::Async/>
                    <Route path=StaticSegment("reruns") view={Lazy::<RerunsRoute>::new()} ssr=SsrMode::Async/>
                    <Route path=StaticSegment("reviews") view={Lazy::<MyReviewsRoute>::new()} ssr=SsrMode::Async/>
                    <Route path=StaticSegment("issues") view={Lazy::<IssuesRoute>::new()} ssr=SsrMode::Async/>
                    <Route path=(StaticSegment("issues"), ID) view={Lazy::<IssueRoute>::new()} ssr=SsrMode::Async/>
                    <Route path=StaticSegment("test-results") view={Lazy::<TestResultsRoute>::new()} ssr=SsrMode::Async/>
                    <Route path=StaticSegment("users") view={Lazy::<UsersRoute>::new()} ssr=SsrMode::Async/>
                    <Route path=StaticSegment("teams") view={Lazy::<TeamsRoute>::new()} ssr=SsrMode::Async/>
                    <Route path=StaticSegment("applications") view={Lazy::<ApplicationsRoute>::new()} ssr=SsrMode::Async/>
                    <Route path=StaticSegment("matching-rules") view={Lazy::<MatchingRulesRoute>::new()} ssr=SsrMode::Async/>
                    <Route path=StaticSegment("audit-log") view={Lazy::<AuditLogRoute>::new()} ssr=SsrMode::Async/>
                </FlatRoutes>
            </main>
            <FeedbackRegion/>
            <ShortcutHelp/>
        </Router>
    }
}

fn title(page: String) -> String {
    if page.is_empty() { "Test Observer".to_owned() } else { format!("{page} – Test Observer") }
}

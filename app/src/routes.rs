//! Which address leads to which page.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    ParamSegment, SsrMode, StaticSegment,
    components::{FlatRoutes, Route, Router},
};

use crate::{
    api::FamilyName,
    components::navigation::NavigationBar,
    pages::{
        artefact::ArtefactPage, family::FamilyPage, getting_started::GettingStartedPage, home::HomePage,
        not_found::NotFoundPage,
    },
};

/// The number of an artefact. Whether it is one is for the page to say, which knows how to say it well.
const ID: ParamSegment = ParamSegment("id");

/// The dashboard. Every page waits for its data, so that it is sent with the right status and can be read without scripts.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Title formatter=title/>
        <Router>
            <a class="skip-link" href="#main" rel="external">
                "Skip to content"
            </a>
            <NavigationBar/>
            <main id="main" tabindex="-1">
                <FlatRoutes fallback=NotFoundPage>
                    <Route path=StaticSegment("") view=HomePage ssr=SsrMode::Async/>
                    <Route path=StaticSegment("getting-started") view=GettingStartedPage ssr=SsrMode::Async/>
                    <Route path=StaticSegment("snaps") view=|| list(FamilyName::Snap) ssr=SsrMode::Async/>
                    <Route path=StaticSegment("debs") view=|| list(FamilyName::Deb) ssr=SsrMode::Async/>
                    <Route path=StaticSegment("charms") view=|| list(FamilyName::Charm) ssr=SsrMode::Async/>
                    <Route path=StaticSegment("images") view=|| list(FamilyName::Image) ssr=SsrMode::Async/>
                    <Route path=StaticSegment("solutions") view=|| list(FamilyName::Solution) ssr=SsrMode::Async/>
                    <Route path=(StaticSegment("snaps"), ID) view=|| item(FamilyName::Snap) ssr=SsrMode::Async/>
                    <Route path=(StaticSegment("debs"), ID) view=|| item(FamilyName::Deb) ssr=SsrMode::Async/>
                    <Route path=(StaticSegment("charms"), ID) view=|| item(FamilyName::Charm) ssr=SsrMode::Async/>
                    <Route path=(StaticSegment("images"), ID) view=|| item(FamilyName::Image) ssr=SsrMode::Async/>
                    <Route path=(StaticSegment("solutions"), ID) view=|| item(FamilyName::Solution) ssr=SsrMode::Async/>
                </FlatRoutes>
            </main>
        </Router>
    }
}

fn title(page: String) -> String {
    if page.is_empty() { "Test Observer".to_owned() } else { format!("{page} – Test Observer") }
}

fn list(family: FamilyName) -> AnyView {
    view! { <FamilyPage family/> }.into_any()
}

fn item(family: FamilyName) -> AnyView {
    view! { <ArtefactPage family/> }.into_any()
}

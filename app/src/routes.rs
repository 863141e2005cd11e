//! Which address leads to which page.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    Lazy, ParamSegment, SsrMode, StaticSegment,
    components::{FlatRoutes, Route, Router},
};

use crate::{
    components::navigation::NavigationBar,
    pages::{
        home::HomePage,
        lazy::{ArtefactRoute, FamilyRoute, GettingStartedRoute},
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
                    <Route path=StaticSegment("getting-started") view={Lazy::<GettingStartedRoute>::new()} ssr=SsrMode::Async/>
                    <Route path=StaticSegment("snaps") view={Lazy::<FamilyRoute>::new()} ssr=SsrMode::Async/>
                    <Route path=StaticSegment("debs") view={Lazy::<FamilyRoute>::new()} ssr=SsrMode::Async/>
                    <Route path=StaticSegment("charms") view={Lazy::<FamilyRoute>::new()} ssr=SsrMode::Async/>
                    <Route path=StaticSegment("images") view={Lazy::<FamilyRoute>::new()} ssr=SsrMode::Async/>
                    <Route path=StaticSegment("solutions") view={Lazy::<FamilyRoute>::new()} ssr=SsrMode::Async/>
                    <Route path=(StaticSegment("snaps"), ID) view={Lazy::<ArtefactRoute>::new()} ssr=SsrMode::Async/>
                    <Route path=(StaticSegment("debs"), ID) view={Lazy::<ArtefactRoute>::new()} ssr=SsrMode::Async/>
                    <Route path=(StaticSegment("charms"), ID) view={Lazy::<ArtefactRoute>::new()} ssr=SsrMode::Async/>
                    <Route path=(StaticSegment("images"), ID) view={Lazy::<ArtefactRoute>::new()} ssr=SsrMode::Async/>
                    <Route path=(StaticSegment("solutions"), ID) view={Lazy::<ArtefactRoute>::new()} ssr=SsrMode::Async/>
                </FlatRoutes>
            </main>
        </Router>
    }
}

fn title(page: String) -> String {
    if page.is_empty() { "Test Observer".to_owned() } else { format!("{page} – Test Observer") }
}

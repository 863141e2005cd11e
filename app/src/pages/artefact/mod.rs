//! The page of an artefact: what it is, where it was tested, and what came out.

mod bulk_review;
mod comment;
mod conflict;
mod data;
mod edit;
mod environment;
mod environment_issues;
mod environments;
mod fewer;
mod filter_panel;
mod filters;
mod header;
mod history;
mod log;
mod manual_testing;
mod panel;
mod plan;
mod reruns;
mod result;
mod results;
mod review;
mod review_form;
mod review_popover;
mod run;
mod side_panel;
mod sign_off;
mod state;
mod tree;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{
    components::Redirect,
    hooks::{use_location, use_params_map},
};

use super::not_found::NotFoundPage;
use crate::{
    api::FamilyName,
    client::ClientError,
    components::{
        error_notice::ErrorPage,
        live::{NewsBar, use_news},
    },
    text::query,
};
use data::{PageData, Target, fetch};
use environments::{EnvironmentList, Scope};
use fewer::FewerNotice;
use header::Header;
use panel::{Panel, PanelButton};
use reruns::RerunDialog;
use side_panel::SidePanel;
use state::PageState;

/// `/snaps/12` and the like. The segment is what old links say; the artefact itself knows its family.
#[component]
pub(crate) fn ArtefactPage(family: FamilyName) -> impl IntoView {
    let parameters = use_params_map();
    // Not `use_query_map`: between two artefacts of a family that keeps the query of the first (leptos_router 0.8.17, FlatRoutes).
    let query = use_location().query;
    let target = Memo::new(move |_| query.with(Target::from_query));
    let id = Memo::new(move |_| parameters.with(|parameters| parameters.get_str("id")?.parse::<i64>().ok()));
    // Only another artefact loads the page anew; another target opens what is there.
    let page = Resource::new_blocking(move || id.get(), move |id| fetch(id, target.get_untracked()));
    view! {
        <Suspense fallback=|| view! { <p class="loading">"Loading…"</p> }>
            {move || Suspend::new(async move {
                match page.await {
                    Err(ClientError::NotFound) => view! { <NotFoundPage/> }.into_any(),
                    Err(error) => view! { <ErrorPage error/> }.into_any(),
                    Ok(page) if page.parts.artefact.family != family => {
                        let right = format!("/{}/{}", page.parts.artefact.family.path(), page.parts.artefact.id);
                        view! { <Redirect path=query.with_untracked(|now| query::address(&right, now))/> }.into_any()
                    }
                    // By key, so that another artefact is built anew: in the place of this one its folds would stay as they are.
                    Ok(page) => {
                        view! {
                            <For each=move || [page.clone()] key=|page| page.parts.artefact.id let:page>
                                <Artefact page target/>
                            </For>
                        }
                            .into_any()
                    }
                }
            })}
        </Suspense>
    }
}

#[component]
fn Artefact(page: PageData, target: Memo<Target>) -> impl IntoView {
    let PageData { parts, versions, fewer, granted, opened, today } = page;
    let title = format!("{} {}", parts.artefact.name, parts.artefact.version);
    let bundled_in = parts.bundled_in.clone();
    let page = PageState::new(parts, granted);
    let scope = Scope::new(page, opened, target);
    let panel = Panel::new();
    use_news(format!("artefact_id={}", page.id), Callback::new(move |news| page.hear(&news)));
    view! {
        <Title text=title/>
        <Header page today/>
        <NewsBar news=page.news on_show=move || page.reload()/>
        {fewer.map(|fewer| view! { <FewerNotice family=page.family fewer/> })}
        <PanelButton panel/>
        <div class=move || panel.class()>
            <SidePanel page versions bundled_in panel/>
            <EnvironmentList scope/>
        </div>
        <RerunDialog scope/>
    }
    .into_any()
}

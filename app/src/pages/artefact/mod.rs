//! The page of an artefact: what it is, where it was tested, and what came out.

mod add_result;
mod attach;
mod attach_many;
mod attach_rule;
mod compare;
mod data;
mod desk;
mod detach;
mod environment;
mod environments;
mod events;
mod failures;
mod header;
mod history;
mod log;
mod matrix;
mod plan;
mod reported_issues;
mod result;
mod results;
mod row_actions;
mod rule_draft;
mod run;
mod run_links;
mod side_panel;
mod tree;
mod triage;
mod triage_bar;

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
    components::error_notice::{ErrorNotice, ErrorPage},
    text::query,
};
use data::{PageData, Target, fetch};
use environments::EnvironmentList;
use header::Header;
use side_panel::SidePanel;

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
                    Ok(page) if page.artefact.family != family => {
                        let right = format!("/{}/{}", page.artefact.family.path(), page.artefact.id);
                        view! { <Redirect path=query.with_untracked(|now| query::address(&right, now))/> }.into_any()
                    }
                    // By key, so that another artefact is built anew: in the place of this one its folds would stay as they are.
                    Ok(page) => {
                        view! {
                            <For each=move || [page.clone()] key=|page| page.artefact.id let:page>
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
    let PageData { artefact, versions, bundled_in, environments, opened, today } = page;
    let family = artefact.family;
    let environments = match environments {
        Err(error) => view! { <ErrorNotice error/> }.into_any(),
        Ok(environments) => view! { <EnvironmentList family environments opened target/> }.into_any(),
    };
    view! {
        <Title text=format!("{} {}", artefact.name, artefact.version)/>
        <Header artefact=artefact.clone() today/>
        <div class="artefact-body">
            <SidePanel artefact versions bundled_in/>
            {environments}
        </div>
    }
}

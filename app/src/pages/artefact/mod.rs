//! The page of an artefact: what it is, where it was tested, and what came out.

mod add_result;
mod attach;
mod attach_many;
mod attach_rule;
mod bulk_review;
mod comment;
mod compare;
mod conflict;
mod data;
mod desk;
mod detach;
mod edit;
mod environment;
mod environment_issues;
mod environments;
mod events;
mod failures;
mod fewer;
mod filter_panel;
mod filters;
mod forms;
mod header;
mod history;
mod log;
mod manual_testing;
mod matrix;
mod panel;
pub(super) mod parts;
mod plan;
mod reported_issues;
mod reruns;
mod result;
mod results;
mod review;
mod review_chip;
mod review_form;
mod review_panel;
mod row_actions;
mod rule_draft;
mod run;
mod run_links;
mod side_panel;
mod sign_off;
mod state;
mod tree;
mod triage;
mod triage_bar;
mod views;

pub(super) use review::label as decision_label;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{
    components::Redirect,
    hooks::{use_location, use_params_map},
};

use super::not_found::NotFoundPage;
use crate::components::each::Each;
use crate::erase::Erase;
use crate::{
    api::FamilyName,
    client::ClientError,
    components::{
        error_notice::ErrorPage,
        live::{News, NewsBar, use_news},
        load::{load_for, loading},
    },
    text::query,
};
use data::{PageData, Target, fetch};
use environments::{EnvironmentList, Scope};
use fewer::{FewerNotice, previous};
use forms::fetch_forms;
use header::Header;
use panel::{Panel, PanelButton};
use parts::{Part, part};
use reruns::{RerunDialog, ask_for_rerun};
use side_panel::SidePanel;
use state::PageState;
use triage::Triage;
use triage_bar::TriageBar;
use views::{ArtefactView, ArtefactViews, use_artefact_view};

/// `/snaps/12` and the like. The segment is what old links say; the artefact itself knows its family.
#[component]
pub(crate) fn ArtefactPage(family: FamilyName) -> impl IntoView {
    let parameters = use_params_map();
    // Not `use_query_map`: between two artefacts of a family that keeps the query of the first (leptos_router 0.8.17, FlatRoutes).
    let query = use_location().query;
    let target = Memo::new(move |_| query.with(Target::from_query));
    let id = Memo::new(move |_| parameters.with(|parameters| parameters.get_str("id")?.parse::<i64>().ok()));
    // Only another artefact loads the page anew; another target opens what is there.
    let page = load_for(move || id.get(), move |id| fetch(id, target.get_untracked()));
    view! {
        {page.view_one(loading, move |answer| match answer {
            Err(ClientError::NotFound) => view! { <NotFoundPage/> }.erase(),
            Err(error) => view! { <ErrorPage error/> }.erase(),
            Ok(page) if page.parts.artefact.family != family => {
                let right = format!("/{}/{}", page.parts.artefact.family.path(), page.parts.artefact.id);
                view! { <Redirect path=query.with_untracked(|now| query::address(&right, now))/> }.erase()
            }
            // By key, so that another artefact is built anew: in the place of this one its folds would stay as they are.
            Ok(page) => {
                view! {
                    <Each each=move || [page.clone()] key=|page| page.parts.artefact.id let:page>
                        <Artefact page target/>
                    </Each>
                }
                    .erase()
            }
        })}
    }
}

#[component]
fn Artefact(page: PageData, target: Memo<Target>) -> impl IntoView {
    let PageData { parts, versions, fewer, granted, opened, today } = page;
    let title = format!("{} {}", parts.artefact.name, parts.artefact.version);
    let bundled_in = parts.bundled_in.clone();
    let artefact = parts.artefact.clone();
    let previous = previous(artefact.id, &versions).map(|version| version.artefact_id);
    let triage = Triage::provide(&artefact);
    let page = PageState::new(parts, granted);
    let scope = Scope::new(page, opened, target);
    let panel = Panel::new();
    let hear = move |news: News| {
        page.hear(&news);
        triage.heard(&news);
    };
    use_news(format!("artefact_id={}", page.id), Callback::new(hear));
    fetch_forms();
    let view = use_artefact_view(previous.is_some());
    let body = move || match (view.get(), previous) {
        (ArtefactView::Tests, _) => part(Part::Tests(artefact.clone())).erase(),
        (ArtefactView::Compare, Some(previous_id)) => {
            part(Part::Compare { artefact: artefact.clone(), previous_id }).erase()
        }
        _ => view! { <EnvironmentList scope/> }.erase(),
    };
    view! {
        <Title text=title/>
        <Header page today/>
        <NewsBar news=page.news on_show=move || page.reload()/>
        {fewer.map(|fewer| view! { <FewerNotice family=page.family fewer/> }.erase())}
        <div class="artefact-tools">
            <PanelButton panel/>
            <ArtefactViews view has_previous=previous.is_some()/>
            <TriageBar view on_rerun=Callback::new(move |run| ask_for_rerun(scope, run))/>
        </div>
        <div class=move || panel.class()>
            <SidePanel page versions bundled_in panel/>
            {body}
        </div>
        <RerunDialog scope/>
    }
    .erase()
}

//! The facts about an artefact, beside its environments.

use leptos::prelude::*;

use super::{
    comment::CommentEditor,
    filter_panel::Filters,
    panel::{Panel, close_by_escape},
    state::PageState,
};
use crate::erase::Erase;
use crate::{
    api::{ArtefactMinimalResponse, ArtefactResponse, ArtefactVersionResponse, FamilyName},
    components::{icon::Icon, moment::Ago},
};

/// Stages, versions, facts, the comment, and the filters of the list.
#[component]
pub(super) fn SidePanel(
    page: PageState,
    versions: Vec<ArtefactVersionResponse>,
    bundled_in: Vec<ArtefactMinimalResponse>,
    panel: Panel,
) -> impl IntoView {
    let family = page.family;
    let artefact = page.artefact.get_untracked();
    let stage = Memo::new(move |_| page.artefact.with(|artefact| artefact.stage.clone()));
    let bundle = match artefact.bundled_builds.len() {
        0 => None,
        1 => Some("1 build".to_owned()),
        count => Some(format!("{count} builds")),
    };
    view! {
        <aside
            class="side-panel"
            id="details-panel"
            aria-label="Details"
            tabindex="-1"
            on:keydown=move |event| close_by_escape(panel, &event)
        >
            <button type="button" class="button button-small panel-close needs-script" on:click=move |_| panel.close()>
                "Close"
            </button>
            {move || view! { <StageTrail family stage=stage.get()/> }}
            <Versions family id=artefact.id version=artefact.version.clone() versions/>
            <dl class="facts">
                {facts(&artefact).into_iter().map(|(name, value)| view! { <Fact name value/> }.erase()).collect_view()}
                {links(&artefact).into_iter().map(|(name, url)| view! { <LinkFact name url/> }.erase()).collect_view()}
                {bundle.map(|value| view! { <Fact name="bundle" value/> }.erase())}
                {(!bundled_in.is_empty()).then(|| view! { <PartOf bundles=bundled_in/> }.erase())}
                <div>
                    <dt>"registered"</dt>
                    <dd>
                        <Ago at=artefact.created_at.clone()/>
                    </dd>
                </div>
            </dl>
            <CommentEditor page/>
            <Filters page/>
        </aside>
    }
    .erase()
}

/// What there is to say, in the order people know, without what is empty.
fn facts(artefact: &ArtefactResponse) -> Vec<(&'static str, String)> {
    let all = [
        ("track", &artefact.track),
        ("store", &artefact.store),
        ("branch", &artefact.branch),
        ("series", &artefact.series),
        ("repo", &artefact.repo),
        ("source", &artefact.source),
        ("os", &artefact.os),
        ("release", &artefact.release),
        ("owner", &artefact.owner),
        ("sha256", &artefact.sha256),
    ];
    all.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, value.clone())).collect()
}

fn links(artefact: &ArtefactResponse) -> Vec<(&'static str, String)> {
    let all = [("image link", &artefact.image_url), ("bug link", &artefact.bug_link)];
    all.into_iter().filter(|(_, url)| !url.is_empty()).map(|(name, url)| (name, url.clone())).collect()
}

#[component]
fn Fact(name: &'static str, value: String) -> impl IntoView {
    view! {
        <div>
            <dt>{name}</dt>
            <dd>{value}</dd>
        </div>
    }
}

#[component]
fn LinkFact(name: &'static str, url: String) -> impl IntoView {
    view! {
        <div>
            <dt>{name}</dt>
            <dd>
                <a href=web_address(&url) target="_blank" rel="noopener">
                    {url.clone()}
                    {Icon::External.view()}
                    <span class="visually-hidden">" (opens in a new tab)"</span>
                </a>
            </dd>
        </div>
    }
}

/// Only addresses of the web become links: these texts come from outside, and `javascript:` would run as the reader.
pub(super) fn web_address(url: &str) -> Option<String> {
    let scheme = url.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase())?;
    matches!(scheme.as_str(), "http" | "https").then(|| url.to_owned())
}

#[component]
fn PartOf(bundles: Vec<ArtefactMinimalResponse>) -> impl IntoView {
    let links = bundles.into_iter().map(|bundle| {
        let page = format!("/{}/{}", bundle.family.path(), bundle.id);
        view! { <li><a href=page>{bundle.name} " " {bundle.version}</a></li> }
    });
    view! {
        <div>
            <dt>"part of"</dt>
            <dd>
                <ul class="plain-list">{links.collect_view()}</ul>
            </dd>
        </div>
    }
}

/// How far an artefact has come: the stages of its family, the current one marked.
#[component]
fn StageTrail(family: FamilyName, stage: String) -> impl IntoView {
    (!stage.is_empty()).then(|| {
        let steps = family.stages().iter().map(|&step| {
            let current = (step == stage).then_some("step");
            view! { <li aria-current=current>{step}</li> }
        });
        view! { <ol class="stages" aria-label="Stages">{steps.collect_view()}</ol> }
    })
}

/// The way to the other versions, newest first.
#[component]
fn Versions(family: FamilyName, id: i64, version: String, versions: Vec<ArtefactVersionResponse>) -> impl IntoView {
    let links = versions.iter().map(|other| {
        let page = format!("/{}/{}", family.path(), other.artefact_id);
        let current = (other.artefact_id == id).then_some("page");
        view! { <li><a class="version" href=page aria-current=current>{other.version.clone()}</a></li> }
    });
    view! {
        <details class="versions">
            <summary>
                <span class="quiet">"version: "</span>
                <span class="version">{version}</span>
            </summary>
            <ul class="plain-list">{links.collect_view()}</ul>
        </details>
    }
}

#[cfg(test)]
mod tests {
    use super::web_address;

    #[test]
    fn only_the_web_is_linked() {
        assert_eq!(web_address("https://example.com/a"), Some("https://example.com/a".to_owned()));
        assert_eq!(web_address("HTTP://example.com"), Some("HTTP://example.com".to_owned()));
        for other in ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "/relative", " javascript:x"] {
            assert_eq!(web_address(other), None, "{other}");
        }
    }
}

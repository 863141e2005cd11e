//! Whether this version was tested in fewer environments than the one before it, and which are missing.

use std::collections::BTreeSet;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::tree::Environment;
use crate::erase::Erase;
use crate::{
    api::{ArtefactBuildEnvironmentReviewResponse, ArtefactResponse, ArtefactVersionResponse, FamilyName},
    client::Client,
};

/// A version before this one with more environments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fewer {
    id: i64,
    version: String,
    before: i64,
    now: i64,
    /// Names with architectures, of those that the version before had and this one has not.
    missing: Vec<String>,
}

/// The version just before an artefact, by id; nothing for the oldest, and for what is not in the list.
pub(super) fn previous(id: i64, versions: &[ArtefactVersionResponse]) -> Option<&ArtefactVersionResponse> {
    versions.iter().find(|version| version.artefact_id == id)?;
    versions.iter().filter(|version| version.artefact_id < id).max_by_key(|version| version.artefact_id)
}

/// All versions of what an artefact is a version of, and the one before it. What cannot be loaded is not worth a word.
pub(super) async fn fetch_versions(
    client: Client,
    artefact: i64,
) -> (Vec<ArtefactVersionResponse>, Option<ArtefactResponse>) {
    let versions = client.get::<Vec<ArtefactVersionResponse>>(&format!("/v1/artefacts/{artefact}/versions"));
    let versions = versions.await.unwrap_or_default();
    let Some(id) = previous(artefact, &versions).map(|version| version.artefact_id) else { return (versions, None) };
    let older = client.get::<ArtefactResponse>(&format!("/v1/artefacts/{id}")).await.ok();
    (versions, older)
}

/// Compares with the version before.
pub(super) async fn fetch_fewer(
    client: Client,
    artefact: &ArtefactResponse,
    older: Option<ArtefactResponse>,
    environments: &[Environment],
) -> Option<Fewer> {
    let older = older?;
    let (before, now) = (older.all_environment_reviews_count, artefact.all_environment_reviews_count);
    if before <= now {
        return None;
    }
    let path = format!("/v1/artefacts/{}/environment-reviews", older.id);
    let reviews = client.get::<Vec<ArtefactBuildEnvironmentReviewResponse>>(&path);
    let missing = missing(&reviews.await.unwrap_or_default(), environments);
    Some(Fewer { id: older.id, version: older.version, before, now, missing })
}

fn missing(reviews: &[ArtefactBuildEnvironmentReviewResponse], environments: &[Environment]) -> Vec<String> {
    let is_here = |name: &str, architecture: &str| {
        environments.iter().any(|here| here.name == name && here.architecture == architecture)
    };
    let names: BTreeSet<String> = reviews
        .iter()
        .map(|review| &review.environment)
        .filter(|there| !is_here(&there.name, &there.architecture))
        .map(|there| format!("{} ({})", there.name, there.architecture))
        .collect();
    names.into_iter().collect()
}

/// The notice, until somebody has seen it.
#[component]
pub(super) fn FewerNotice(family: FamilyName, fewer: Fewer) -> impl IntoView {
    let is_dismissed = RwSignal::new(false);
    let Fewer { id, version, before, now, missing } = fewer;
    let names = missing.into_iter().map(|name| view! { <li>{name}</li> }.erase()).collect_view();
    view! {
        <div class="notice notice-error fewer" hidden=is_dismissed>
            <div class="fewer-head">
                <p class="notice-title">"Fewer environments than before"</p>
                <button
                    type="button"
                    class="button button-small needs-script"
                    title="Dismiss warning"
                    aria-label="Dismiss warning"
                    on:click=move |_| is_dismissed.set(true)
                >
                    "×"
                </button>
            </div>
            <p>
                {format!("This version was tested in {now} environment{}, ", if now == 1 { "" } else { "s" })}
                <a class="version" href=format!("/{}/{id}", family.path())>{version}</a>
                {format!(" in {before}. Missing here:")}
            </p>
            <ul class="fewer-names">{names}</ul>
        </div>
    }
    .erase()
}

#[cfg(test)]
mod tests {
    use super::previous;
    use crate::api::ArtefactVersionResponse;

    #[test]
    fn the_version_before_is_the_next_lower_id() {
        let versions: Vec<ArtefactVersionResponse> = [9, 7, 3]
            .into_iter()
            .map(|artefact_id| ArtefactVersionResponse { version: format!("v{artefact_id}"), artefact_id })
            .collect();
        let before = |id| previous(id, &versions).map(|version| version.artefact_id);
        assert_eq!((before(9), before(7), before(3), before(8)), (Some(7), Some(3), None, None));
    }
}

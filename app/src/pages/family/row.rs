//! What the list shows of an artefact: a fraction of what the API sends, so that a page with a thousand of them stays small.

use serde::{Deserialize, Serialize};

use crate::{
    api::{ArtefactResponse, ArtefactStatus, FamilyName},
    text::date::Day,
};

/// One line of a family's list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) version: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) track: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) stage: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) branch: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) series: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) repo: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) source: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) os: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) release: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) owner: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<ArtefactStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) due: Option<Day>,
    pub(super) remaining: i64,
    pub(super) reviewed: i64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) reviewers: Vec<String>,
}

impl From<ArtefactResponse> for Row {
    fn from(artefact: ArtefactResponse) -> Self {
        Self {
            id: artefact.id,
            name: artefact.name,
            version: artefact.version,
            track: artefact.track,
            stage: artefact.stage,
            branch: artefact.branch,
            series: artefact.series,
            repo: artefact.repo,
            source: artefact.source,
            os: artefact.os,
            release: artefact.release,
            owner: artefact.owner,
            status: Some(artefact.status),
            due: artefact.due_date.as_deref().and_then(Day::parse),
            remaining: artefact.all_environment_reviews_count - artefact.completed_environment_reviews_count,
            reviewed: artefact.completed_environment_reviews_count,
            reviewers: artefact.reviewers.into_iter().map(|reviewer| reviewer.name).collect(),
        }
    }
}

impl Row {
    /// The decision about it.
    pub(super) fn status(&self) -> ArtefactStatus {
        self.status.unwrap_or(ArtefactStatus::Undecided)
    }

    /// How far along its family's stages it is; what has no stage comes after all that have one.
    pub(super) fn stage_rank(&self, family: FamilyName) -> usize {
        let stages = family.stages();
        stages.iter().position(|stage| *stage == self.stage).unwrap_or(stages.len())
    }
}

/// A family's list as it is sent to the browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Listing {
    pub(super) rows: Vec<Row>,
    pub(super) today: Day,
}

//! Artefacts: a named version of something that ships, and its builds.

use serde::{Deserialize, Serialize};

use super::{ReviewerResponse, TestExecutionResponse, Timestamp, text_enum};

text_enum! {
    /// What kind of thing an artefact is.
    pub enum FamilyName {
        /// A snap.
        Snap = "snap",
        /// A Debian package.
        Deb = "deb",
        /// A charm.
        Charm = "charm",
        /// A system image.
        Image = "image",
        /// Several artefacts that are tested and shipped together.
        Solution = "solution",
    }
}

text_enum! {
    /// Whether an artefact may ship.
    pub enum ArtefactStatus {
        /// Signed off.
        Approved = "APPROVED",
        /// Must not ship.
        MarkedAsFailed = "MARKED_AS_FAILED",
        /// Nobody has decided yet.
        Undecided = "UNDECIDED",
    }
}

text_enum! {
    /// How far an artefact has come, in the words of all families, lowest first.
    #[allow(missing_docs, clippy::allow_attributes, reason = "the stores' and the archive's own words")]
    pub enum StageName {
        Proposed = "proposed",
        Updates = "updates",
        Edge = "edge",
        Beta = "beta",
        Candidate = "candidate",
        Stable = "stable",
        Pending = "pending",
        Current = "current",
    }
}

text_enum! {
    /// How far a snap has come.
    #[allow(missing_docs, clippy::allow_attributes, reason = "the store's own words")]
    pub enum SnapStage { Edge = "edge", Beta = "beta", Candidate = "candidate", Stable = "stable", }
}

text_enum! {
    /// How far a charm has come.
    #[allow(missing_docs, clippy::allow_attributes, reason = "the store's own words")]
    pub enum CharmStage { Edge = "edge", Beta = "beta", Candidate = "candidate", Stable = "stable", }
}

text_enum! {
    /// The pocket of the archive a Debian package is in.
    #[allow(missing_docs, clippy::allow_attributes, reason = "the archive's own words")]
    pub enum DebStage { Proposed = "proposed", Updates = "updates", }
}

text_enum! {
    /// Whether an image is the published one.
    #[allow(missing_docs, clippy::allow_attributes, reason = "the publisher's own words")]
    pub enum ImageStage { Pending = "pending", Current = "current", }
}

text_enum! {
    /// How far a solution has come.
    #[allow(missing_docs, clippy::allow_attributes, reason = "the same words as for charms")]
    pub enum SolutionStage { Edge = "edge", Beta = "beta", Candidate = "candidate", Stable = "stable", }
}

impl FamilyName {
    /// The stages an artefact of the family goes through, lowest first.
    pub const fn stages(self) -> &'static [&'static str] {
        match self {
            Self::Snap | Self::Charm | Self::Solution => &["edge", "beta", "candidate", "stable"],
            Self::Deb => &["proposed", "updates"],
            Self::Image => &["pending", "current"],
        }
    }

    /// The first segment of the family's pages: `snaps`.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Snap => "snaps",
            Self::Deb => "debs",
            Self::Charm => "charms",
            Self::Image => "images",
            Self::Solution => "solutions",
        }
    }
}

/// A named version of something that ships. Fields that a family does not use are `""`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[allow(missing_docs, clippy::allow_attributes, reason = "the stores' and the archive's own words")]
pub struct ArtefactResponse {
    pub id: i64,
    pub name: String,
    pub version: String,
    pub track: String,
    pub store: String,
    pub branch: String,
    pub series: String,
    pub repo: String,
    pub source: String,
    pub os: String,
    pub release: String,
    pub owner: String,
    pub sha256: String,
    pub image_url: String,
    pub stage: String,
    #[cfg_attr(feature = "ssr", schema(value_type = String))]
    pub family: FamilyName,
    pub status: ArtefactStatus,
    pub comment: String,
    pub archived: bool,
    /// In the order of assignment.
    pub reviewers: Vec<ReviewerResponse>,
    /// The day by which somebody should have decided.
    #[cfg_attr(feature = "ssr", schema(required = true, format = Date))]
    pub due_date: Option<String>,
    #[cfg_attr(feature = "ssr", schema(value_type = String, format = DateTime))]
    pub created_at: Timestamp,
    pub bug_link: String,
    /// The key of a parent Jira issue.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub jira_issue: Option<String>,
    /// Environment reviews of the latest builds.
    pub all_environment_reviews_count: i64,
    /// Those of them that have a decision.
    pub completed_environment_reviews_count: i64,
    /// The builds a solution consists of.
    #[serde(default)]
    pub bundled_builds: Vec<ArtefactBuildMinimalResponse>,
    /// The first reviewer, for clients that know only one.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub assignee: Option<ReviewerResponse>,
}

/// A build without what ran on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ArtefactBuildMinimalResponse {
    /// Its id.
    pub id: i64,
    /// What it is built for.
    pub architecture: String,
    /// The store's number of the build; null for debs, images and solutions.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub revision: Option<i64>,
}

/// A build with every execution on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ArtefactBuildResponse {
    /// Its id.
    pub id: i64,
    /// What it is built for.
    pub architecture: String,
    /// The store's number of the build; null for debs, images and solutions.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub revision: Option<i64>,
    /// By name of the environment, then by id.
    pub test_executions: Vec<TestExecutionResponse>,
    /// The artefacts, normally solutions, that contain this build.
    #[serde(default)]
    pub bundled_in: Vec<ArtefactMinimalResponse>,
}

/// An artefact in a few words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ArtefactMinimalResponse {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its family.
    #[cfg_attr(feature = "ssr", schema(value_type = String))]
    pub family: FamilyName,
}

/// A version of an artefact, to choose from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ArtefactVersionResponse {
    /// The version.
    pub version: String,
    /// The artefact of that version.
    pub artefact_id: i64,
}

/// Names of artefacts, each once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ArtefactSearchResponse {
    /// In ascending order.
    pub artefacts: Vec<String>,
    /// All there are, on whatever page.
    pub count: i64,
    /// Names of a page.
    pub limit: i64,
    /// Names left out before this page.
    pub offset: i64,
}

/// A version of a name, as it was registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ArtefactHistoryItemResponse {
    /// The artefact.
    pub artefact_id: i64,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// How far it has come.
    pub stage: String,
    /// When it was registered.
    #[cfg_attr(feature = "ssr", schema(value_type = String, format = DateTime))]
    pub created_at: Timestamp,
}

/// The versions of a name over time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ArtefactHistoryResponse {
    /// Versions on this page.
    pub count: i64,
    /// All there are, on whatever page.
    #[serde(default)]
    #[cfg_attr(feature = "ssr", schema(required = false))]
    pub total: i64,
    /// Newest first.
    pub items: Vec<ArtefactHistoryItemResponse>,
}

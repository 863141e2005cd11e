//! What waits for a reviewer.

use serde::{Deserialize, Serialize};

use super::ArtefactResponse;

/// An artefact that waits for a reviewer, and how far the reviewer has come with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct OwnReviewResponse {
    /// The artefact.
    pub artefact: ArtefactResponse,
    /// Whether the artefact itself is the reviewer's to decide about.
    pub is_reviewer: bool,
    /// How many of its environment reviews are the reviewer's.
    pub assigned_count: i64,
    /// How many of these have a decision.
    pub completed_count: i64,
}

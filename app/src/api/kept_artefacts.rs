//! Artefacts that somebody keeps.

use serde::{Deserialize, Serialize};

/// Whether an artefact is kept: nothing of it goes because it is old.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct KeptArtefactResponse {
    /// Whether somebody said so.
    pub kept: bool,
}

//! Which build of Test Observer this is.

use serde::{Deserialize, Serialize};

/// The build's version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct VersionResponse {
    /// `0.0.0` when run from source.
    pub version: String,
}

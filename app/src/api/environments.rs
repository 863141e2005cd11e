//! Where tests run.

use serde::{Deserialize, Serialize};

/// A place where tests run: the same name may exist once per architecture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct EnvironmentResponse {
    /// Its id.
    pub id: i64,
    /// Its name, for example a machine of a lab.
    pub name: String,
    /// What it runs, for example `arm64`.
    pub architecture: String,
}

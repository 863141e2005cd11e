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

/// Names of environments, each once whatever it runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct EnvironmentsResponse {
    /// In ascending order.
    pub environments: Vec<String>,
    /// All there are, on whatever page.
    pub count: i64,
    /// Names of a page.
    pub limit: i64,
    /// Names left out before this page.
    pub offset: i64,
}

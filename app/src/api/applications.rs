//! Applications: programs that act with an API key.

use serde::{Deserialize, Serialize};

use super::{Permission, Timestamp};

/// An application to make.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, deserr::Deserr, utoipa::ToSchema)]
#[deserr(error = super::Problems)]
pub struct ApplicationPost {
    /// Its name, which no other one has.
    #[schema(value_type = String, max_length = 500)]
    pub name: super::LongName,
    /// What it may do.
    pub permissions: Vec<Permission>,
    /// From then on its keys are good for nothing; never when absent or null.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<super::Instant>,
}

/// What a client changes about an application.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, deserr::Deserr, utoipa::ToSchema)]
#[deserr(error = super::Problems)]
pub struct ApplicationPatch {
    /// What it may do, in the place of all it might; absent and null both mean: leave it.
    #[deserr(default)]
    pub permissions: Option<Vec<Permission>>,
    /// From then on its keys are good for nothing. Null means never, absent: leave it.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: super::Patch<super::Instant>,
}

/// An application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ApplicationResponse {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// What it may do, in the order it was written.
    pub permissions: Vec<Permission>,
    /// Its key: whole where it is made, replaced, or asked for by the application itself, else the first characters and
    /// `…`.
    pub api_key: String,
    /// From then on its keys are good for nothing; null for never.
    #[cfg_attr(feature = "ssr", schema(value_type = Option<String>, format = DateTime, required = true))]
    pub expires_at: Option<Timestamp>,
    /// When a request last came with one of its keys, to about a minute.
    #[cfg_attr(feature = "ssr", schema(value_type = Option<String>, format = DateTime, required = true))]
    pub last_used_at: Option<Timestamp>,
}

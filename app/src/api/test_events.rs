//! Events of an execution: what the machine that runs it says about its progress.

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// An event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TestEventResponse {
    /// What happened, for example `job_start`.
    pub event_name: String,
    /// When, as the reporter says.
    #[cfg_attr(feature = "ssr", schema(value_type = String, format = DateTime))]
    pub timestamp: Timestamp,
    /// More about it.
    pub detail: String,
}

/// An event as a runner reports it.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, deserr::Deserr)]
#[deserr(error = super::Problems)]
pub struct TestEventRequest {
    /// What happened.
    pub event_name: String,
    /// When.
    pub timestamp: super::Instant,
    /// More about it.
    pub detail: String,
}

/// Events to store.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, deserr::Deserr, utoipa::ToSchema)]
#[deserr(error = super::Problems)]
pub struct StatusUpdateRequest {
    /// In the order in which they happened.
    #[schema(value_type = Vec<TestEventResponse>)]
    pub events: Vec<TestEventRequest>,
}

//! Jobs: what the server does by itself from time to time, and how that went.

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// A job and its last run. Until a run has ended its counts are 0, and it has neither an end nor a duration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct JobResponse {
    /// Its name.
    pub name: String,
    /// How often it runs, in seconds.
    pub interval_seconds: i64,
    /// When the last run began; null before the first.
    #[cfg_attr(feature = "ssr", schema(value_type = Option<String>, format = DateTime, required = true))]
    pub last_started_at: Option<Timestamp>,
    /// When the last run ended; null while it is under way, and when its server ended before it.
    #[cfg_attr(feature = "ssr", schema(value_type = Option<String>, format = DateTime, required = true))]
    pub last_ended_at: Option<Timestamp>,
    /// How long it took, in milliseconds.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub duration_milliseconds: Option<i64>,
    /// As many things as it has done.
    pub done: i64,
    /// As many as failed.
    pub failed: i64,
    /// As many as wait for another run.
    pub waiting: i64,
    /// Why it came to nothing; null when it did not.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub error: Option<String>,
    /// When the next run is due; null before a server has taken up the job, and where this server runs none.
    #[cfg_attr(feature = "ssr", schema(value_type = Option<String>, format = DateTime, required = true))]
    pub next_due_at: Option<Timestamp>,
}

/// The jobs of this installation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct JobsResponse {
    /// Whether this server takes part in running them: not with `DISABLE_PERIODIC_TASKS`.
    pub is_enabled: bool,
    /// In the order they are listed in the program.
    pub jobs: Vec<JobResponse>,
}

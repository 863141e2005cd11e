//! What the server does by itself from time to time: what a job says of a run of its.

mod outbox;

use crate::store::StoreError;

/// What a run of a job came to, in the job's own things: issues, artefacts, messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JobOutcome {
    /// As many as are done.
    pub done: u64,
    /// As many as failed; each is in the log.
    pub failed: u64,
    /// As many as wait for another run.
    pub waiting: u64,
}

/// Why a run of a job came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another system failed, or what it said makes no sense.
    #[error("{0}")]
    Remote(String),
}

/// What a run of a job gives back.
pub type JobResult = Result<JobOutcome, JobError>;

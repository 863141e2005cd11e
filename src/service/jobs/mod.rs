//! What the server does by itself from time to time: which jobs there are, and what a run says of itself.

mod expired;
pub mod issue_sync;
mod list;
mod outbox;
mod scheduler;
mod wakes;

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::Service;
use crate::store::StoreError;

pub(super) use wakes::Wakes;

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

/// Something the server does by itself, in equal intervals. A run is dropped, wherever it waits, when the server stops or
/// another process takes over: what it does has to be safe to do again.
#[derive(Clone)]
pub struct Job {
    name: &'static str,
    interval: Duration,
    run: Arc<dyn Fn(Service) -> BoxFuture<'static, JobResult> + Send + Sync>,
}

impl Job {
    /// A job that runs so often.
    pub fn new<F>(name: &'static str, interval: Duration, run: impl Fn(Service) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = JobResult> + Send + 'static,
    {
        Self { name, interval, run: Arc::new(move |service| run(service).boxed()) }
    }
}

impl Service {
    /// Every job of this installation. A job that has to run before its interval is over is woken by [`Service::wake_job`].
    pub fn jobs(&self) -> Vec<Job> {
        let mut jobs = vec![
            Job::new("expired", Duration::from_mins(10), |service| async move { service.forget_expired().await }),
            Job::new("messages", Duration::from_secs(2), |service| async move { service.deliver_messages().await }),
            Job::new("promotion", Duration::from_mins(10), |service| async move { service.promote_artefacts().await }),
            Job::new("kernel_tracker", Duration::from_mins(5), |service| async move {
                service.follow_kernel_tracker().await
            }),
        ];
        if let Some(sync) = &self.settings.issue_sync {
            jobs.extend(issue_sync::jobs(sync));
        }
        if self.settings.retention.is_some() {
            let day = Duration::from_hours(24);
            jobs.push(Job::new("retention", day, |service| async move { service.run_retention().await }));
        }
        jobs
    }
}

//! The scheduler: one process of an installation runs its jobs, each in its own intervals.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use chrono::TimeDelta;
use futures::FutureExt;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::{Job, JobOutcome, JobResult};
use crate::clock::Clock;
use crate::domain::jobs::{LastRun, next_due};
use crate::service::Service;
use crate::store::job_lock::JobLock;
use crate::store::jobs::JobRow;
use crate::store::{Moment, StoreResult, jobs};

/// How long to wait before the database is tried again.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest sleep: the machine's clock may be set meanwhile.
const LONGEST_SLEEP: Duration = Duration::from_mins(1);
/// A job that runs more often is written down less often, unless there is something to say.
const FREQUENT: Duration = Duration::from_mins(1);
/// How often that is.
const WRITTEN_EVERY: TimeDelta = TimeDelta::minutes(1);
/// As much as is kept of an error, in characters.
const LONGEST_ERROR: usize = 2_000;

impl Service {
    /// Runs the jobs whenever this is the process that may. Never ends; dropped, it takes the runs under way with it.
    pub async fn run_jobs(&self, jobs: &[Job]) {
        loop {
            match self.db.lock_jobs().await {
                Ok(lock) => self.run_under(lock, jobs).await,
                Err(error) => tracing::warn!(%error, "this process cannot ask whether it may run the jobs"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn run_under(&self, mut lock: JobLock, jobs: &[Job]) {
        tracing::debug!("this process runs the jobs");
        let mut runs = JoinSet::new();
        for job in jobs {
            runs.spawn(repeat(self.clone(), job.clone()));
        }
        tokio::select! {
            error = lock.hold() => tracing::warn!(%error, "another process may run the jobs now"),
            Some(ended) = runs.join_next() => tracing::error!(?ended, "a job cannot go on; all begin anew"),
        }
        // Nothing of them goes on while another process may run them.
        runs.shutdown().await;
    }
}

/// When the job of that row is due.
pub(super) fn due(row: &JobRow, interval: Duration) -> Moment {
    let is_complete = row.ended_at.is_some() && row.error.is_none() && row.waiting == 0;
    let last = row.started_at.map(|started_at| LastRun { started_at, is_complete });
    next_due(row.created_at, last, interval)
}

/// Runs a job over and over, one run after the other.
async fn repeat(service: Service, job: Job) {
    let wake = service.job_wakes.of(job.name);
    let mut row = load(&service, job.name).await;
    let mut written_at = service.clock.now();
    loop {
        wait_until(&service.clock, due(&row, job.interval), &wake).await;
        let is_frequent = job.interval < FREQUENT;
        begin(&mut row, service.clock.now());
        if !is_frequent {
            write_down(&service, &row).await;
        }
        let outcome = run(&service, &job).await;
        let now = service.clock.now();
        let is_worth_saying = tell(job.name, &outcome);
        end(&mut row, &outcome, now);
        if !is_frequent || is_worth_saying || now - written_at >= WRITTEN_EVERY {
            write_down(&service, &row).await;
            written_at = now;
        }
    }
}

async fn load(service: &Service, name: &str) -> JobRow {
    loop {
        match find_or_create(service, name).await {
            Ok(row) => return row,
            Err(error) => tracing::warn!(%error, job = name, "a job waits for the database"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn find_or_create(service: &Service, name: &str) -> StoreResult<JobRow> {
    let now = service.clock.now();
    let mut tx = service.db.write().await?;
    let row = jobs::find_or_create_job(&mut tx, name, now).await?;
    tx.commit().await?;
    Ok(row)
}

async fn wait_until(clock: &Clock, due: Moment, wake: &Notify) {
    loop {
        // One that has passed is no span.
        let left = (due - clock.now()).to_std().unwrap_or_default();
        if left.is_zero() {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(left.min(LONGEST_SLEEP)) => {}
            () = wake.notified() => return,
        }
    }
}

async fn run(service: &Service, job: &Job) -> Result<JobOutcome, String> {
    let run = AssertUnwindSafe(async { (job.run)(service.clone()).await });
    let ended: Result<JobResult, _> = run.catch_unwind().await;
    match ended {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(panic) => Err(format!("it panicked: {}", message_of(panic.as_ref()))),
    }
}

fn message_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message")
}

/// Tells the log; whether there was something to say.
fn tell(job: &str, outcome: &Result<JobOutcome, String>) -> bool {
    match outcome {
        Ok(JobOutcome { done: 0, failed: 0, waiting: 0 }) => false,
        Ok(JobOutcome { done, failed, waiting }) => {
            tracing::info!(job, done, failed, waiting, "a job ran");
            true
        }
        Err(error) => {
            tracing::error!(job, error, "a job failed");
            true
        }
    }
}

fn begin(row: &mut JobRow, now: Moment) {
    row.started_at = Some(now);
    row.ended_at = None;
    (row.done, row.failed, row.waiting, row.error) = (0, 0, 0, None);
}

fn end(row: &mut JobRow, outcome: &Result<JobOutcome, String>, now: Moment) {
    row.ended_at = Some(now);
    let stored = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    match outcome {
        Ok(outcome) => {
            (row.done, row.failed, row.waiting) =
                (stored(outcome.done), stored(outcome.failed), stored(outcome.waiting));
        }
        // PostgreSQL stores no NUL.
        Err(error) => row.error = Some(error.chars().filter(|c| *c != '\0').take(LONGEST_ERROR).collect()),
    }
}

/// What cannot be written down is told the log, and written with the next run.
async fn write_down(service: &Service, row: &JobRow) {
    if let Err(error) = update(service, row).await {
        tracing::warn!(%error, job = row.name, "how a job went is not written down");
    }
}

async fn update(service: &Service, row: &JobRow) -> StoreResult<()> {
    let now = service.clock.now();
    let mut tx = service.db.write().await?;
    jobs::update_job(&mut tx, row, now).await?;
    tx.commit().await
}

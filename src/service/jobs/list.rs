//! The jobs as operators look at them.

use std::collections::HashMap;

use app::api::{JobResponse, JobsResponse};

use super::Job;
use super::scheduler::due;
use crate::service::{Service, ServiceResult};
use crate::store::jobs;
use crate::store::jobs::JobRow;

impl Service {
    /// Every job with its last run.
    pub async fn list_jobs(&self) -> ServiceResult<JobsResponse> {
        let mut tx = self.db.read().await?;
        let rows = jobs::list_jobs(&mut tx).await?;
        let rows: HashMap<&str, &JobRow> = rows.iter().map(|row| (row.name.as_str(), row)).collect();
        let is_enabled = self.settings.periodic_tasks;
        let show = |job: &Job| show_job(job, rows.get(job.name).copied(), is_enabled);
        Ok(JobsResponse { is_enabled, jobs: self.jobs().iter().map(show).collect() })
    }
}

fn show_job(job: &Job, row: Option<&JobRow>, is_enabled: bool) -> JobResponse {
    let started_at = row.and_then(|row| row.started_at);
    let ended_at = row.and_then(|row| row.ended_at);
    let duration = started_at.zip(ended_at).map(|(start, end)| (end - start).num_milliseconds());
    JobResponse {
        name: job.name.to_owned(),
        interval_seconds: i64::try_from(job.interval.as_secs()).unwrap_or(i64::MAX),
        last_started_at: started_at.map(Into::into),
        last_ended_at: ended_at.map(Into::into),
        duration_milliseconds: duration,
        done: row.map_or(0, |row| row.done),
        failed: row.map_or(0, |row| row.failed),
        waiting: row.map_or(0, |row| row.waiting),
        error: row.and_then(|row| row.error.clone()),
        next_due_at: row.filter(|_| is_enabled).map(|row| due(row, job.interval).into()),
    }
}

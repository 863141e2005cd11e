//! Jobs, and how their last runs went.

use futures::TryFutureExt;

use super::{IdRow, Moment, StoreResult, Tx, on};

/// A job with its last run.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct JobRow {
    /// Its id.
    pub id: i64,
    /// Since when it is known.
    pub created_at: Moment,
    /// Its name.
    pub name: String,
    /// When the last run began.
    pub started_at: Option<Moment>,
    /// When the last run ended; nothing while it runs, and when its process ended before it.
    pub ended_at: Option<Moment>,
    /// As many things as it has done.
    pub done: i64,
    /// As many as failed.
    pub failed: i64,
    /// As many as wait.
    pub waiting: i64,
    /// Why it came to nothing.
    pub error: Option<String>,
}

macro_rules! select_jobs {
    ($rest:literal) => {
        concat!("SELECT id, created_at, name, started_at, ended_at, done, failed, waiting, error FROM job ", $rest)
    };
}

/// All jobs that were ever taken up.
pub async fn list_jobs(tx: &mut Tx) -> StoreResult<Vec<JobRow>> {
    on!(tx, |conn, _| sqlx::query_as(select_jobs!("ORDER BY id")).fetch_all(conn))
}

/// The job of that name, made known when it is new.
pub async fn find_or_create_job(tx: &mut Tx, name: &str, now: Moment) -> StoreResult<JobRow> {
    let _new: Option<IdRow> = on!(tx, |conn, _| sqlx::query_as(
        "INSERT INTO job (name, created_at, updated_at) VALUES ($1, $2, $2) ON CONFLICT DO NOTHING RETURNING id",
    )
    .bind(name)
    .bind(now)
    .fetch_optional(conn))?;
    on!(tx, |conn, _| sqlx::query_as(select_jobs!("WHERE name = $1")).bind(name).fetch_one(conn))
}

/// Writes down the last run.
pub async fn update_job(tx: &mut Tx, job: &JobRow, now: Moment) -> StoreResult<()> {
    on!(tx, |conn, _| {
        sqlx::query(
        "UPDATE job SET started_at = $2, ended_at = $3, done = $4, failed = $5, waiting = $6, error = $7, updated_at = $8
         WHERE id = $1",
    )
    .bind(job.id)
    .bind(job.started_at)
    .bind(job.ended_at)
    .bind(job.done)
    .bind(job.failed)
    .bind(job.waiting)
    .bind(job.error.as_deref())
    .bind(now)
    .execute(conn)
    .map_ok(drop)
    })
}

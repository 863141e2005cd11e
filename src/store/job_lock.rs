//! The lock that lets one process of an installation run its jobs.
//!
//! On PostgreSQL it is a lock of a session, on a connection of its own: when the process or the connection ends, so does the
//! lock. On SQLite it is a lock on a file beside the database, which the operating system takes back from a process that ends.

use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{ConnectOptions, Connection};

use super::{Db, Pools, StoreError, StoreResult};

/// What the lock is called in a PostgreSQL database: the letters of `TOjobs`.
const KEY: i64 = 0x544f_6a6f_6273;
/// How often it is looked whether the lock is free, or still ours.
const POLL: Duration = Duration::from_secs(2);
/// As long as the database may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The right to run the jobs, until it is dropped.
#[derive(Debug)]
pub struct JobLock(Held);

#[derive(Debug)]
enum Held {
    File(File),
    Session(Box<PgConnection>),
}

impl Db {
    /// Waits until this process may run the jobs.
    pub async fn lock_jobs(&self) -> StoreResult<JobLock> {
        let held = match &self.pools {
            Pools::Sqlite { writer, .. } => lock_file(&file_beside(writer.connect_options().get_filename())).await?,
            Pools::Postgres(pool) => lock_session(pool).await?,
        };
        Ok(JobLock(held))
    }
}

impl JobLock {
    /// Waits until the lock is lost; why.
    pub async fn hold(&mut self) -> StoreError {
        match &mut self.0 {
            Held::File(_file) => std::future::pending().await,
            Held::Session(session) => loop {
                tokio::time::sleep(POLL).await;
                if let Err(error) = in_time(session.ping()).await {
                    return error;
                }
            },
        }
    }
}

fn file_beside(database: &Path) -> PathBuf {
    let mut name = OsString::from(database);
    name.push("-jobs");
    PathBuf::from(name)
}

async fn lock_file(path: &Path) -> StoreResult<Held> {
    let open = File::options().create(true).write(true).truncate(false).open(path);
    let file = open.map_err(sqlx::Error::Io)?;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Held::File(file)),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(POLL).await,
            Err(TryLockError::Error(error)) => return Err(sqlx::Error::Io(error).into()),
        }
    }
}

async fn lock_session(pool: &PgPool) -> StoreResult<Held> {
    let options = pool.connect_options();
    let mut session = in_time(options.connect()).await?;
    // The server notices within half a minute that this machine is gone; by itself it would wait for hours. A server that does
    // not know these settings does without.
    let keep_alive = sqlx::query(
        "SELECT set_config('tcp_keepalives_idle', '10', FALSE), set_config('tcp_keepalives_interval', '5', FALSE),
             set_config('tcp_keepalives_count', '3', FALSE)",
    );
    drop(in_time(keep_alive.execute(&mut session)).await);
    loop {
        let ask = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(KEY);
        if in_time(ask.fetch_one(&mut session)).await? {
            return Ok(Held::Session(Box::new(session)));
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn in_time<T>(answer: impl Future<Output = sqlx::Result<T>>) -> StoreResult<T> {
    let answer = tokio::time::timeout(PATIENCE, answer).await;
    Ok(answer.unwrap_or(Err(sqlx::Error::PoolTimedOut))?)
}

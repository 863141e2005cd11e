//! The database: SQLite or PostgreSQL behind one handle, and the SQL of every noun in a file of its name.
//!
//! A statement is written once, in the SQL both databases understand; [`on!`] compiles it for each of them. What cannot
//! be said in common SQL is spelt by [`dialect::Dialect`].

pub mod applications;
pub mod artefact_builds;
pub mod artefacts;
pub mod attachment_rules;
pub mod audit_log;
pub mod badges;
mod connect;
mod dialect;
pub mod environment_issues;
pub mod environment_reviews;
pub mod environments;
pub mod events;
pub mod execution_filters;
pub mod execution_metadata;
pub mod idempotency_keys;
pub mod import;
pub mod io_logs;
pub mod issue_attachments;
pub mod issue_sync;
pub mod issues;
pub mod job_lock;
pub mod jobs;
pub mod kept_artefacts;
pub mod local_accounts;
pub mod matching_rules;
pub mod memberships;
pub mod migrations;
pub mod notifications;
pub mod outbox;
pub mod own_reviews;
mod paging;
pub mod reports;
pub mod rerun_requests;
pub mod result_words;
pub mod retention;
pub mod rule_applications;
pub mod saml_assertions;
pub mod seed;
pub mod sessions;
mod statement;
pub mod team_rules;
pub mod teams;
pub mod test_case_issues;
pub mod test_cases;
pub mod test_events;
pub mod test_execution_search;
pub mod test_executions;
pub mod test_plans;
pub mod test_result_counts;
pub mod test_result_search;
pub mod test_results;
pub mod users;
pub mod webhook_deliveries;
pub mod webhooks;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use app::api::AuditActorKind;
use chrono::{DateTime, Utc};
use sqlx::{PgPool, Postgres, Sqlite, SqlitePool, Transaction};

use crate::domain::audit_log::Actor;
use crate::domain::events::Event;
pub use connect::{DbUrl, SLOW_STATEMENT};
pub(crate) use dialect::Dialect;
use idempotency_keys::Promise;
pub(crate) use statement::{Parameter, Statement, bind_parameters, on_statement};

/// What goes wrong below the service.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, or has no connection to spare: the same request may succeed later.
    #[error("the database is not available: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// Somebody else has taken what has to be unique since it was looked up.
    #[error("somebody else has just taken this")]
    Taken,
    /// The request was answered before, under the same idempotency key: the answer is known to whoever asked for it.
    #[error("the request was answered before")]
    AlreadyAnswered,
    /// A text does not fit into an index of the database.
    #[error("a text is too long to be indexed")]
    TextTooLong,
    /// Everything else; a defect, or a database in a state it should not be in.
    #[error(transparent)]
    Database(sqlx::Error),
}

/// PostgreSQL's codes for a transaction that had to give way to another one: done again it succeeds.
const GAVE_WAY: [&str; 2] = ["40001", "40P01"];
/// PostgreSQL's code for an index entry that is too large.
const PROGRAM_LIMIT_EXCEEDED: &str = "54000";

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => {
                Self::Unavailable(error)
            }
            sqlx::Error::Database(database) if database.is_unique_violation() => Self::Taken,
            sqlx::Error::Database(database) if database.code().as_deref() == Some(PROGRAM_LIMIT_EXCEEDED) => {
                Self::TextTooLong
            }
            // Class 57: the server is shutting down or starting.
            sqlx::Error::Database(database) if database.code().is_some_and(|code| code.starts_with("57P")) => {
                Self::Unavailable(error)
            }
            // What a row refers to went between the moment it was found and the moment it was referred to. The same request
            // then succeeds when it is made again, or says what is missing.
            sqlx::Error::Database(database) if database.is_foreign_key_violation() => Self::Unavailable(error),
            sqlx::Error::Database(database) if database.code().is_some_and(|code| GAVE_WAY.contains(&&*code)) => {
                Self::Unavailable(error)
            }
            _ => Self::Database(error),
        }
    }
}

/// What a store function gives back.
pub type StoreResult<T> = Result<T, StoreError>;

/// The database, shared by every request.
#[derive(Clone)]
pub struct Db {
    pools: Pools,
    statements: Arc<AtomicU64>,
    events: Arc<events::Events>,
}

#[derive(Clone)]
enum Pools {
    /// One connection writes, the others read what is committed.
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
    Postgres(PgPool),
}

/// A transaction: one per request. Dropped without [`Tx::commit`] it leaves nothing behind.
pub struct Tx {
    inner: Inner,
    statements: Arc<AtomicU64>,
    /// The promise its request was made under; it decides when the transaction ends.
    promise: Option<Arc<Promise>>,
    /// Whose changes it makes.
    actor: Arc<Actor>,
    /// What to tell those who follow events.
    announced: Vec<Event>,
    events: Arc<events::Events>,
}

pub(crate) enum Inner {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Db {
    /// Begins a transaction that reads one consistent state.
    pub async fn read(&self) -> StoreResult<Tx> {
        let inner = match &self.pools {
            Pools::Sqlite { readers, .. } => Inner::Sqlite(readers.begin().await?),
            Pools::Postgres(pool) => {
                Inner::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?)
            }
        };
        Ok(self.transaction(inner))
    }

    /// Begins a transaction that writes.
    ///
    /// On SQLite it takes the write lock at once: a transaction that reads first and writes later would fail, not wait,
    /// when another one wrote in between. A request writes in one transaction: under an idempotency key that one is held
    /// back until the answer is known, and a second one would wait for it.
    pub async fn write(&self) -> StoreResult<Tx> {
        let inner = match &self.pools {
            Pools::Sqlite { writer, .. } => Inner::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?),
            Pools::Postgres(pool) => Inner::Postgres(pool.begin().await?),
        };
        let mut tx = self.transaction(inner);
        if let Some(promise) = Promise::current() {
            promise.redeem(&mut tx).await?;
            tx.promise = Some(promise);
        }
        Ok(tx)
    }

    /// How many transactions can read at a time.
    pub fn reading_connections(&self) -> usize {
        let pool_size = match &self.pools {
            Pools::Sqlite { readers, .. } => readers.options().get_max_connections(),
            Pools::Postgres(pool) => pool.options().get_max_connections(),
        };
        usize::try_from(pool_size).unwrap_or(usize::MAX)
    }

    /// The connections there are now.
    pub fn connections(&self) -> Vec<PoolConnections> {
        match &self.pools {
            Pools::Sqlite { writer, readers } => {
                vec![count_connections("writer", writer), count_connections("readers", readers)]
            }
            Pools::Postgres(pool) => vec![count_connections("all", pool)],
        }
    }

    /// Whether the database answers.
    pub async fn check(&self) -> StoreResult<()> {
        match &self.pools {
            Pools::Sqlite { readers, .. } => sqlx::query("SELECT 1").execute(readers).await.map(|_| ())?,
            Pools::Postgres(pool) => sqlx::query("SELECT 1").execute(pool).await.map(|_| ())?,
        }
        Ok(())
    }

    /// Waits for the connections in use and closes them all.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }

    /// How many statements were run since the start: tests hold requests to a fixed number of them.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    fn transaction(&self, inner: Inner) -> Tx {
        Tx {
            inner,
            statements: self.statements.clone(),
            promise: None,
            actor: audit_log::current_actor(),
            announced: Vec::new(),
            events: self.events.clone(),
        }
    }
}

/// The connections of one kind.
#[derive(Clone, Copy, Debug)]
pub struct PoolConnections {
    /// What they are for.
    pub name: &'static str,
    /// As many wait for work.
    pub idle: usize,
    /// As many are at work.
    pub used: usize,
}

fn count_connections<D: sqlx::Database>(name: &'static str, pool: &sqlx::Pool<D>) -> PoolConnections {
    let (all, idle) = (usize::try_from(pool.size()).unwrap_or(usize::MAX), pool.num_idle());
    PoolConnections { name, idle, used: all.saturating_sub(idle) }
}

impl Tx {
    /// Makes everything the transaction did durable and visible; under an idempotency key together with the answer.
    pub async fn commit(mut self) -> StoreResult<()> {
        if let Some(promise) = self.promise.take() {
            promise.hold(self);
            return Ok(());
        }
        self.commit_now().await
    }

    async fn commit_now(self) -> StoreResult<()> {
        let batches = events::pack(self.announced, &self.actor);
        match self.inner {
            Inner::Sqlite(tx) => {
                tx.commit().await?;
                self.events.publish(batches);
            }
            Inner::Postgres(mut tx) => {
                if !batches.is_empty() {
                    self.statements.fetch_add(1, Ordering::Relaxed);
                    events::notify(&mut tx, &batches).await?;
                }
                tx.commit().await?;
            }
        }
        Ok(())
    }

    /// Lets what follows be the change of a user, who was nobody when the request came: signing in.
    pub fn act_as_user(&mut self, id: i64, name: &str) {
        let (name, address) = (name.to_owned(), self.actor.address.clone());
        self.actor = Arc::new(Actor { kind: AuditActorKind::User, id: Some(id), name, address });
    }

    /// The name of whoever makes the changes; `""` for who has none.
    pub fn actor_name(&self) -> &str {
        &self.actor.name
    }

    pub(crate) fn next_statement(&mut self) -> &mut Inner {
        self.statements.fetch_add(1, Ordering::Relaxed);
        &mut self.inner
    }
}

/// Runs one statement in a transaction, compiled for the database at hand.
///
/// `on!(tx, |conn, sql| sqlx::query(sql.of("DELETE …")).execute(conn).map_ok(drop))` gives a [`StoreResult`]; `sql.of` replaces the
/// few words the databases spell differently.
macro_rules! on {
    ($tx:expr, |$conn:ident, $sql:pat_param| $run:expr) => {
        match $tx.next_statement() {
            $crate::store::Inner::Sqlite(tx) => {
                let ($conn, $sql) = (&mut **tx, $crate::store::Dialect::Sqlite);
                $run.await.map_err($crate::store::StoreError::from)
            }
            $crate::store::Inner::Postgres(tx) => {
                let ($conn, $sql) = (&mut **tx, $crate::store::Dialect::Postgres);
                $run.await.map_err($crate::store::StoreError::from)
            }
        }
    };
}

/// Builds and runs one statement whose number of parameters depends on the data.
///
/// `on_built!(tx, |builder| { builder.push(…); }, |query, conn| query.execute(conn).map_ok(drop))`. Such a statement is not kept
/// prepared: the next one has another number of rows.
macro_rules! on_built {
    ($tx:expr, |$builder:ident| $build:block, |$query:ident, $conn:ident| $run:expr) => {
        match $tx.next_statement() {
            $crate::store::Inner::Sqlite(tx) => {
                let mut $builder = sqlx::QueryBuilder::<sqlx::Sqlite>::new("");
                $build
                let ($query, $conn) = ($builder.build().persistent(false), &mut **tx);
                $run.await.map_err($crate::store::StoreError::from)
            }
            $crate::store::Inner::Postgres(tx) => {
                let mut $builder = sqlx::QueryBuilder::<sqlx::Postgres>::new("");
                $build
                let ($query, $conn) = ($builder.build().persistent(false), &mut **tx);
                $run.await.map_err($crate::store::StoreError::from)
            }
        }
    };
}

pub(crate) use {on, on_built};

/// A row that only has an id.
#[derive(sqlx::FromRow)]
pub(crate) struct IdRow {
    pub(crate) id: i64,
}

/// The moment a request's writes carry.
pub type Moment = DateTime<Utc>;

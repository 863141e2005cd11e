//! Events on their way from a transaction to those who follow them.
//!
//! On PostgreSQL a transaction notifies every server process, which the database does at the commit and not at all without
//! one; on SQLite there is only this process, which is told after the commit.

use std::sync::Arc;
use std::time::Duration;

use app::api::{AuditActorKind, EventKind, FamilyName};
use rand::Rng;
use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgListener, PgPool};
use sqlx::types::Json;
use sqlx::{Postgres, Transaction};
use tokio::sync::{OnceCell, watch};

use super::{Db, Pools, StoreError, StoreResult, Tx, on};
use crate::domain::audit_log::Actor;
use crate::domain::event_log::{EventLog, KeptEvent};
use crate::domain::events::{Event, coalesce};

/// What notifications of events are called in the database.
const CHANNEL: &str = "test_observer_events";
/// As many events travel together: PostgreSQL takes less than 8,000 bytes, and an event has 300 at most.
const BATCH: usize = 25;
/// How long to wait before the database is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// The events of this process.
#[derive(Debug)]
pub(super) struct Events {
    log: watch::Sender<EventLog>,
    /// Whether the database's notifications are listened to: not before somebody wants to hear them.
    listening: OnceCell<()>,
}

/// Events of one transaction. The number is by chance, so that an event has the same name in every process.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Batch {
    id: u64,
    /// The user whose doing they are.
    by: Option<i64>,
    events: Vec<Event>,
}

/// An execution, and what it is about.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct ExecutionKey {
    /// The execution.
    pub id: i64,
    /// The artefact.
    pub artefact_id: i64,
    /// The artefact's family.
    #[sqlx(try_from = "String")]
    pub family: FamilyName,
}

impl Default for Events {
    fn default() -> Self {
        Self { log: watch::Sender::new(EventLog::new(name(random(), 0))), listening: OnceCell::new() }
    }
}

impl Events {
    pub(super) fn publish(&self, batches: Vec<Batch>) {
        if batches.is_empty() {
            return;
        }
        self.log.send_modify(|log| {
            for Batch { id, by, events } in batches {
                for (number, event) in events.into_iter().enumerate() {
                    log.push(KeptEvent { id: name(id, number), event, by });
                }
            }
        });
    }

    fn interrupt(&self) {
        self.log.send_modify(|log| log.interrupt(name(random(), 0)));
    }

    /// Takes in what another process, or this one, has notified the database of.
    fn take_in(&self, payload: &str) {
        match serde_json::from_str(payload) {
            Ok(batch) => self.publish(vec![batch]),
            Err(error) => {
                tracing::warn!(%error, "a notification of events cannot be read: another version may have sent it");
                self.interrupt();
            }
        }
    }
}

fn random() -> u64 {
    rand::rng().next_u64()
}

fn name(id: u64, number: usize) -> String {
    format!("{id:016x}-{number}")
}

/// The events of a transaction, ready to travel, with whose doing they are.
pub(super) fn pack(events: Vec<Event>, actor: &Actor) -> Vec<Batch> {
    let by = actor.id.filter(|_| actor.kind == AuditActorKind::User);
    coalesce(events).chunks(BATCH).map(|events| Batch { id: random(), by, events: events.to_vec() }).collect()
}

/// Lets the database notify every process at the commit: one statement for any number of events.
pub(super) async fn notify(tx: &mut Transaction<'static, Postgres>, batches: &[Batch]) -> StoreResult<()> {
    let payloads: Vec<String> = batches.iter().filter_map(|batch| serde_json::to_string(batch).ok()).collect();
    sqlx::query("SELECT pg_notify($1, value) FROM jsonb_array_elements_text($2)")
        .bind(CHANNEL)
        .bind(Json(payloads))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

impl Tx {
    /// Says that something changed: once the transaction is committed, to everybody who follows events.
    pub fn announce(&mut self, event: Event) {
        self.announced.push(event);
    }
}

impl Db {
    /// The events from now on, and the last ones before as far as this process knows them.
    pub async fn follow_events(&self) -> StoreResult<watch::Receiver<EventLog>> {
        if let Pools::Postgres(pool) = &self.pools {
            self.events.listening.get_or_try_init(|| begin_listening(pool, &self.events)).await?;
        }
        Ok(self.events.log.subscribe())
    }

    /// Tells everybody who follows events that there are no more: the process stops.
    pub fn finish_events(&self) {
        self.events.log.send_modify(EventLog::finish);
    }
}

async fn begin_listening(pool: &PgPool, events: &Arc<Events>) -> StoreResult<()> {
    let listener = listen(pool).await?;
    tokio::spawn(take_in_all(listener, pool.clone(), events.clone()));
    Ok(())
}

async fn listen(pool: &PgPool) -> StoreResult<PgListener> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    Ok(listener)
}

/// Takes in notifications until the database is closed. What was sent while there was no connection is lost.
async fn take_in_all(mut listener: PgListener, pool: PgPool, events: Arc<Events>) {
    loop {
        match listener.try_recv().await {
            Ok(Some(notification)) => events.take_in(notification.payload()),
            // The connection has ended, and there is another one.
            Ok(None) => events.interrupt(),
            Err(sqlx::Error::PoolClosed) => return,
            Err(error) => {
                tracing::warn!(%error, "events are interrupted");
                drop(listener);
                let Some(again) = listen_again(&pool).await else { return };
                listener = again;
                events.interrupt();
            }
        }
    }
}

/// Tries until there is a connection, or until the database is closed.
async fn listen_again(pool: &PgPool) -> Option<PgListener> {
    loop {
        tokio::time::sleep(PAUSE).await;
        match listen(pool).await {
            Ok(listener) => return Some(listener),
            Err(StoreError::Unavailable(sqlx::Error::PoolClosed)) => return None,
            Err(error) => tracing::warn!(%error, "events are still interrupted"),
        }
    }
}

impl ExecutionKey {
    /// That something about it changed.
    pub fn event(self, kind: EventKind) -> Event {
        Event::of_execution(kind, self.artefact_id, self.family, self.id)
    }
}

/// The executions that the results belong to.
pub async fn list_executions_of_results(tx: &mut Tx, result_ids: &[i64]) -> StoreResult<Vec<ExecutionKey>> {
    let ids = Json(result_ids);
    on!(tx, |conn, sql| sqlx::query_as(sql.of(
        "SELECT execution.id, artefact.id AS artefact_id, artefact.family
         FROM test_execution AS execution
         JOIN artefact_build AS build ON build.id = execution.artefact_build_id
         JOIN artefact ON artefact.id = build.artefact_id
         WHERE execution.id IN (SELECT test_execution_id FROM test_result WHERE id IN ints($1)) ORDER BY execution.id",
    ))
    .bind(ids)
    .fetch_all(conn))
}

/// The artefacts that the builds are of, each with its family.
pub async fn list_artefacts_of_builds(tx: &mut Tx, build_ids: &[i64]) -> StoreResult<Vec<(i64, FamilyName)>> {
    let ids = Json(build_ids);
    let rows: Vec<ArtefactKey> = on!(tx, |conn, sql| sqlx::query_as(sql.of("SELECT id, family FROM artefact
         WHERE id IN (SELECT artefact_id FROM artefact_build WHERE id IN ints($1)) ORDER BY id",))
    .bind(ids)
    .fetch_all(conn))?;
    Ok(rows.into_iter().map(|row| (row.id, row.family)).collect())
}

#[derive(sqlx::FromRow)]
struct ArtefactKey {
    id: i64,
    #[sqlx(try_from = "String")]
    family: FamilyName,
}

#[cfg(test)]
mod tests {
    use app::api::{EventKind, EventResponse, FamilyName};

    use super::{BATCH, Batch, Event, pack};
    use crate::domain::audit_log::Actor;

    #[test]
    fn a_batch_is_as_large_as_postgres_takes() {
        let largest = Event {
            kind: EventKind::EnvironmentReview,
            about: EventResponse {
                artefact_id: Some(i64::MIN),
                family: Some(FamilyName::Solution),
                test_execution_id: Some(i64::MIN),
                environment_review_id: Some(i64::MIN),
                issue_id: Some(i64::MIN),
                user_id: Some(i64::MIN),
                is_own: None,
            },
        };
        let batch = Batch { id: u64::MAX, by: Some(i64::MIN), events: vec![largest; BATCH] };
        let size = serde_json::to_string(&batch).unwrap().len();
        assert!(size < 8_000, "{size}");
    }

    // Of another version, while servers are replaced one by one.
    #[test]
    fn a_batch_may_say_less_or_more() {
        let batch: Batch =
            serde_json::from_str(r#"{"id":7,"more":1,"events":[{"kind":"issue","issue_id":3}]}"#).unwrap();
        assert_eq!((batch.id, batch.by, batch.events), (7, None, vec![Event::of_issue(3)]));
    }

    #[test]
    fn many_events_travel_in_several_batches() {
        let batches = pack((0..60).map(Event::of_issue).collect(), &Actor::operator());
        assert_eq!(batches.iter().map(|batch| batch.events.len()).collect::<Vec<_>>(), [25, 25, 10]);
        assert!(pack(Vec::new(), &Actor::operator()).is_empty());
    }
}

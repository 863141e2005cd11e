//! Events of executions.

use app::api::TestEventRequest;
use futures::TryFutureExt;

use super::{Moment, StoreResult, Tx, on, on_built};

/// An event.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct EventRow {
    /// What happened.
    pub event_name: String,
    /// When.
    pub timestamp: Moment,
    /// More about it.
    pub detail: String,
}

/// The events of an execution, as they happened; those of one moment as they were reported.
pub async fn list_events(tx: &mut Tx, execution_id: i64) -> StoreResult<Vec<EventRow>> {
    on!(tx, |conn, _| sqlx::query_as(
        "SELECT event_name, timestamp, detail FROM test_event WHERE test_execution_id = $1 ORDER BY timestamp, id"
    )
    .bind(execution_id)
    .fetch_all(conn))
}

/// Adds events in their order.
pub async fn insert_events(
    tx: &mut Tx,
    execution_id: i64,
    events: &[TestEventRequest],
    now: Moment,
) -> StoreResult<()> {
    for chunk in events.chunks(5_000) {
        on_built!(
            tx,
            |builder| {
                builder.push(
                    "INSERT INTO test_event (test_execution_id, event_name, timestamp, detail, created_at, updated_at) ",
                );
                builder.push_values(chunk, |mut row, event| {
                    row.push_bind(execution_id).push_bind(&event.event_name).push_bind(event.timestamp.0);
                    row.push_bind(&event.detail).push_bind(now).push_bind(now);
                });
            },
            |query, conn| query.execute(conn).map_ok(drop)
        )?;
    }
    Ok(())
}

/// Removes the events of an execution.
pub async fn delete_events(tx: &mut Tx, execution_id: i64) -> StoreResult<()> {
    on!(tx, |conn, _| sqlx::query("DELETE FROM test_event WHERE test_execution_id = $1")
        .bind(execution_id)
        .execute(conn)
        .map_ok(drop))?;
    Ok(())
}

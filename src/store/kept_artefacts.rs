//! Artefacts that somebody keeps.

use futures::TryFutureExt;

use super::{IdRow, Moment, StoreResult, Tx, on};

/// Whether an artefact is kept.
pub async fn is_kept(tx: &mut Tx, artefact_id: i64) -> StoreResult<bool> {
    let row: Option<IdRow> = on!(tx, |conn, _| sqlx::query_as("SELECT id FROM kept_artefact WHERE artefact_id = $1")
        .bind(artefact_id)
        .fetch_optional(conn))?;
    Ok(row.is_some())
}

/// Keeps an artefact; whether it was not kept before.
pub async fn keep_artefact(tx: &mut Tx, artefact_id: i64, now: Moment) -> StoreResult<bool> {
    on!(tx, |conn, _| sqlx::query(
        "INSERT INTO kept_artefact (artefact_id, created_at, updated_at) VALUES ($1, $2, $2) ON CONFLICT DO NOTHING",
    )
    .bind(artefact_id)
    .bind(now)
    .execute(conn)
    .map_ok(|done| done.rows_affected() > 0))
}

/// Keeps an artefact no longer; whether it was kept.
pub async fn release_artefact(tx: &mut Tx, artefact_id: i64) -> StoreResult<bool> {
    on!(tx, |conn, _| sqlx::query("DELETE FROM kept_artefact WHERE artefact_id = $1")
        .bind(artefact_id)
        .execute(conn)
        .map_ok(|done| done.rows_affected() > 0))
}

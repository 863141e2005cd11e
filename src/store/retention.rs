//! What is old, and removing it.
//!
//! Old things are looked for in reading transactions, a page at a time: that may go past very much that stays, and nobody has to wait
//! for it. What was found is looked at again where it is removed.

use app::api::FamilyName;
use futures::TryFutureExt;
use sqlx::types::Json;

use super::artefacts::current_artefact;
use super::{IdRow, Moment, StoreResult, Tx, on};
use crate::domain::retention::Cutoffs;

/// Something old: a result or an execution.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct OldRow {
    /// The result, or the execution.
    pub id: i64,
    /// When it was made.
    pub created_at: Moment,
    /// The execution: that of the result, or itself.
    pub test_execution_id: i64,
    /// The artefact it is about.
    pub artefact_id: i64,
    /// The artefact's family.
    #[sqlx(try_from = "String")]
    pub family: FamilyName,
    /// What is stored of the log, in bytes; 0 where it is not about logs.
    pub bytes: i64,
}

/// Where a page of what is old begins: behind what was made then and has that id.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// When it was made.
    pub created_at: Moment,
    /// Its id.
    pub id: i64,
}

impl Place {
    /// Before everything.
    pub const START: Self = Self { created_at: Moment::UNIX_EPOCH, id: 0 };
}

/// What is true of artefacts of which something may go.
macro_rules! removable_artefact {
    () => {
        concat!(
            "NOT (",
            current_artefact!(),
            ") AND NOT EXISTS (SELECT 1 FROM kept_artefact WHERE kept_artefact.artefact_id = artefact.id)"
        )
    };
}

/// What is true of results that are to go: parameters 1 to 5 are the moments of the families, 6 is the latest of these, 7 and 8 are
/// where the page begins, 9 is its length. In the order of the index, which `CROSS JOIN` keeps SQLite to.
macro_rules! old_results {
    ($bytes:literal, $condition:literal) => {
        concat!(
            "SELECT result.id, result.created_at, result.test_execution_id, artefact.id AS artefact_id, artefact.family, ",
            $bytes,
            " AS bytes
             FROM test_result AS result
             CROSS JOIN test_execution AS execution CROSS JOIN artefact_build AS build CROSS JOIN artefact
             WHERE result.created_at < $6 AND (result.created_at, result.id) > ($7, $8)
                 AND execution.id = result.test_execution_id AND build.id = execution.artefact_build_id
                 AND artefact.id = build.artefact_id
                 AND result.created_at < CASE artefact.family WHEN 'snap' THEN $1 WHEN 'deb' THEN $2 WHEN 'charm' THEN $3
                     WHEN 'image' THEN $4 WHEN 'solution' THEN $5 END
                 AND ",
            $condition,
            " AND ",
            removable_artefact!(),
            " ORDER BY result.created_at, result.id LIMIT $9"
        )
    };
}

macro_rules! bind_cutoffs {
    ($query:expr, $cutoffs:expr) => {
        $query
            .bind($cutoffs.of(FamilyName::Snap))
            .bind($cutoffs.of(FamilyName::Deb))
            .bind($cutoffs.of(FamilyName::Charm))
            .bind($cutoffs.of(FamilyName::Image))
            .bind($cutoffs.of(FamilyName::Solution))
    };
}

/// A page of the results whose logs are to go.
pub async fn list_old_logs(tx: &mut Tx, cutoffs: &Cutoffs, behind: Place, limit: i64) -> StoreResult<Vec<OldRow>> {
    on!(tx, |conn, _| bind_cutoffs!(
        sqlx::query_as(old_results!(
            "CAST(octet_length(result.io_log) + COALESCE(octet_length(result.io_log_zstd), 0) AS BIGINT)",
            "(result.io_log <> '' OR result.io_log_zstd IS NOT NULL)"
        )),
        cutoffs
    )
    .bind(cutoffs.latest())
    .bind(behind.created_at)
    .bind(behind.id)
    .bind(limit)
    .fetch_all(conn))
}

/// A page of the results that are to go. Those with an issue stay: they are what is known of it.
pub async fn list_old_results(tx: &mut Tx, cutoffs: &Cutoffs, behind: Place, limit: i64) -> StoreResult<Vec<OldRow>> {
    on!(tx, |conn, _| bind_cutoffs!(
        sqlx::query_as(old_results!(
            "CAST(0 AS BIGINT)",
            "NOT EXISTS (SELECT 1 FROM issue_test_result_attachment AS attachment
                 WHERE attachment.test_result_id = result.id)"
        )),
        cutoffs
    )
    .bind(cutoffs.latest())
    .bind(behind.created_at)
    .bind(behind.id)
    .bind(limit)
    .fetch_all(conn))
}

/// A page of the executions that are to go: of which every result is to go as well, by the moments of `results`, and whose rerun
/// nobody waits for.
pub async fn list_old_executions(
    tx: &mut Tx,
    cutoffs: &Cutoffs,
    results: &Cutoffs,
    behind: Place,
    limit: i64,
) -> StoreResult<Vec<OldRow>> {
    on!(tx, |conn, _| bind_cutoffs!(
        bind_cutoffs!(
            sqlx::query_as(concat!(
                "SELECT execution.id, execution.created_at, execution.id AS test_execution_id,
                     artefact.id AS artefact_id, artefact.family, CAST(0 AS BIGINT) AS bytes
                 FROM test_execution AS execution CROSS JOIN artefact_build AS build CROSS JOIN artefact
                 WHERE execution.created_at < $11 AND (execution.created_at, execution.id) > ($12, $13)
                     AND build.id = execution.artefact_build_id AND artefact.id = build.artefact_id
                     AND execution.created_at < CASE artefact.family WHEN 'snap' THEN $1 WHEN 'deb' THEN $2
                         WHEN 'charm' THEN $3 WHEN 'image' THEN $4 WHEN 'solution' THEN $5 END
                     AND NOT EXISTS (
                         SELECT 1 FROM test_execution_rerun_request AS rerun
                         WHERE rerun.test_plan_id = execution.test_plan_id
                             AND rerun.artefact_build_id = execution.artefact_build_id
                             AND rerun.environment_id = execution.environment_id
                     )
                     AND NOT EXISTS (
                         SELECT 1 FROM test_result AS result WHERE result.test_execution_id = execution.id AND (
                             (result.created_at < CASE artefact.family WHEN 'snap' THEN $6 WHEN 'deb' THEN $7
                                 WHEN 'charm' THEN $8 WHEN 'image' THEN $9 WHEN 'solution' THEN $10 END) IS NOT TRUE
                             OR EXISTS (SELECT 1 FROM issue_test_result_attachment AS attachment
                                 WHERE attachment.test_result_id = result.id)
                         )
                     )
                     AND ",
                removable_artefact!(),
                " ORDER BY execution.created_at, execution.id LIMIT $14"
            )),
            cutoffs
        ),
        results
    )
    .bind(cutoffs.latest())
    .bind(behind.created_at)
    .bind(behind.id)
    .bind(limit)
    .fetch_all(conn))
}

/// Those of the artefacts of which something may go: that are neither kept nor shown by the list.
pub async fn list_removable_artefacts(tx: &mut Tx, ids: &[i64]) -> StoreResult<Vec<i64>> {
    let ids = Json(ids);
    let rows: Vec<IdRow> = on!(tx, |conn, sql| sqlx::query_as(
        sql.of(concat!("SELECT artefact.id FROM artefact WHERE artefact.id IN ints($1) AND ", removable_artefact!()))
    )
    .bind(ids)
    .fetch_all(conn))?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Keeps others from changing the executions, and from adding to them, until this transaction ends.
pub async fn lock_executions(tx: &mut Tx, ids: &[i64]) -> StoreResult<()> {
    let ids = Json(ids);
    on!(tx, |conn, sql| sqlx::query(
        sql.of("SELECT id FROM test_execution WHERE id IN ints($1) ORDER BY id FOR UPDATE OF test_execution")
    )
    .bind(ids)
    .execute(conn)
    .map_ok(drop))
}

/// Keeps others from changing the results, and from attaching issues to them, until this transaction ends.
pub async fn lock_results(tx: &mut Tx, ids: &[i64]) -> StoreResult<()> {
    let ids = Json(ids);
    on!(tx, |conn, sql| sqlx::query(
        sql.of("SELECT id FROM test_result WHERE id IN ints($1) ORDER BY id FOR UPDATE OF test_result")
    )
    .bind(ids)
    .execute(conn)
    .map_ok(drop))
}

/// Removes the logs of results; the results that had one. `updated_at` stays: nobody said anything new of them.
pub async fn delete_logs(tx: &mut Tx, result_ids: &[i64]) -> StoreResult<Vec<i64>> {
    let ids = Json(result_ids);
    let rows: Vec<IdRow> =
        on!(tx, |conn, sql| sqlx::query_as(sql.of("UPDATE test_result SET io_log = '', io_log_zstd = NULL
         WHERE id IN ints($1) AND (io_log <> '' OR io_log_zstd IS NOT NULL) RETURNING id"))
        .bind(ids)
        .fetch_all(conn))?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Removes results that have no issue; which.
pub async fn delete_results(tx: &mut Tx, ids: &[i64]) -> StoreResult<Vec<i64>> {
    let ids = Json(ids);
    let rows: Vec<IdRow> =
        on!(tx, |conn, sql| sqlx::query_as(sql.of("DELETE FROM test_result WHERE id IN ints($1) AND NOT EXISTS (
             SELECT 1 FROM issue_test_result_attachment AS attachment WHERE attachment.test_result_id = test_result.id
         ) RETURNING id"))
        .bind(ids)
        .fetch_all(conn))?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Removes executions that have no results, with what hangs on them; which.
pub async fn delete_executions(tx: &mut Tx, ids: &[i64]) -> StoreResult<Vec<i64>> {
    let ids = Json(ids);
    let rows: Vec<IdRow> = on!(tx, |conn, sql| sqlx::query_as(
        sql.of("DELETE FROM test_execution WHERE id IN ints($1) AND NOT has_results RETURNING id")
    )
    .bind(ids)
    .fetch_all(conn))?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

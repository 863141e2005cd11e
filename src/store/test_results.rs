//! Test results.

use app::api::{PreviousTestResult, ResultTexts, TestResultStatus};
use futures::TryFutureExt;
use sqlx::types::Json;

use super::io_logs::{self, PackedLog, StoredLog};
use super::{Inner, Moment, StoreResult, Tx, on};

/// A result with its test case as it is now.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns' names are the field's own words")]
pub struct ResultRow {
    pub id: i64,
    pub test_execution_id: i64,
    pub test_case_id: i64,
    pub created_at: Moment,
    #[sqlx(try_from = "String")]
    pub status: TestResultStatus,
    pub comment: String,
    #[sqlx(flatten)]
    pub io_log: StoredLog,
    pub name: String,
    pub category: String,
    pub template_id: String,
}

/// A result to store.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the columns' names are the field's own words")]
pub struct NewResult<'a> {
    pub test_case_id: i64,
    pub status: TestResultStatus,
    pub comment: &'a str,
    pub io_log: &'a str,
}

/// A stored result, by the case it belongs to.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct StoredResult {
    /// The result.
    pub id: i64,
    /// Its case.
    pub test_case_id: i64,
}

/// How many results an execution has, and how many of them failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct ResultCounts {
    /// All of them.
    pub all_count: i64,
    /// Those that failed.
    pub failed_count: i64,
}

#[derive(sqlx::FromRow)]
struct PreviousRow {
    test_case_id: i64,
    #[sqlx(try_from = "String")]
    status: TestResultStatus,
    version: String,
    artefact_id: i64,
    test_execution_id: i64,
    test_result_id: i64,
}

macro_rules! select_results {
    ($rest:literal) => {
        concat!(
            "SELECT result.id, result.test_execution_id, result.test_case_id, result.created_at, result.status,
                 result.comment, result.io_log, result.io_log_zstd, test_case.name, test_case.category, test_case.template_id
             FROM test_result AS result JOIN test_case ON test_case.id = result.test_case_id ",
            $rest
        )
    };
}

/// The results of an execution, or only one of them, in the order of upload; of their long texts only those that are wanted are
/// read.
pub async fn list_results(
    tx: &mut Tx,
    execution_id: i64,
    only: Option<i64>,
    texts: ResultTexts,
) -> StoreResult<Vec<ResultRow>> {
    on!(tx, |conn, _| sqlx::query_as(
        "SELECT result.id, result.test_execution_id, result.test_case_id, result.created_at, result.status,
             CASE WHEN $2 THEN result.comment ELSE '' END AS comment,
             CASE WHEN $3 THEN result.io_log ELSE '' END AS io_log,
             CASE WHEN $3 THEN result.io_log_zstd END AS io_log_zstd,
             test_case.name, test_case.category, test_case.template_id
         FROM test_result AS result JOIN test_case ON test_case.id = result.test_case_id
         WHERE result.test_execution_id = $1 AND (CAST($4 AS BIGINT) IS NULL OR result.id = $4) ORDER BY result.id",
    )
    .bind(execution_id)
    .bind(texts.comment)
    .bind(texts.io_log)
    .bind(only)
    .fetch_all(conn))
}

/// The results of the executions, newest first; only those listed, if a list is given.
pub async fn list_results_of_executions(
    tx: &mut Tx,
    execution_ids: &[i64],
    only: Option<&[i64]>,
) -> StoreResult<Vec<ResultRow>> {
    let ids = Json(execution_ids);
    match only {
        None => on!(tx, |conn, sql| sqlx::query_as(sql.of(select_results!(
            "WHERE result.test_execution_id IN ints($1) ORDER BY result.created_at DESC, result.id DESC"
        )))
        .bind(ids)
        .fetch_all(conn)),
        Some(only) => on!(tx, |conn, sql| sqlx::query_as(sql.of(select_results!(
            "WHERE result.test_execution_id IN ints($1) AND result.id IN ints($2)
             ORDER BY result.created_at DESC, result.id DESC"
        )))
        .bind(ids)
        .bind(Json(only))
        .fetch_all(conn)),
    }
}

/// Removes all results of an execution, with the issues attached to them.
pub async fn delete_results(tx: &mut Tx, execution_id: i64) -> StoreResult<()> {
    on!(tx, |conn, _| sqlx::query("DELETE FROM test_result WHERE test_execution_id = $1")
        .bind(execution_id)
        .execute(conn)
        .map_ok(drop))?;
    Ok(())
}

/// Per test case of an execution up to ten earlier results, newest first: `(case, result)`.
///
/// Earlier means the same environment and build architecture, an artefact of the same name, track, series, repo and os
/// that is not newer, and an older execution or an older artefact.
pub async fn list_previous_results(tx: &mut Tx, execution_id: i64) -> StoreResult<Vec<(i64, PreviousTestResult)>> {
    let rows: Vec<PreviousRow> = on!(tx, |conn, _| sqlx::query_as(
        "WITH present AS (SELECT DISTINCT test_case_id FROM test_result WHERE test_execution_id = $1),
         ranked AS (
             SELECT result.test_case_id, result.status, earlier.version, earlier.id AS artefact_id,
                 execution.id AS test_execution_id, result.id AS test_result_id,
                 ROW_NUMBER() OVER (
                     PARTITION BY result.test_case_id ORDER BY earlier.id DESC, result.id DESC
                 ) AS place
             FROM test_execution AS it
             JOIN artefact_build AS it_build ON it_build.id = it.artefact_build_id
             JOIN artefact AS it_artefact ON it_artefact.id = it_build.artefact_id
             JOIN artefact AS earlier ON earlier.name = it_artefact.name AND earlier.track = it_artefact.track
                 AND earlier.series = it_artefact.series AND earlier.repo = it_artefact.repo
                 AND earlier.os = it_artefact.os AND earlier.id <= it_artefact.id
             JOIN artefact_build AS build ON build.artefact_id = earlier.id
                 AND build.architecture = it_build.architecture
             JOIN test_execution AS execution ON execution.artefact_build_id = build.id
                 AND execution.environment_id = it.environment_id
                 AND (execution.id < it.id OR earlier.id < it_artefact.id)
             JOIN test_result AS result ON result.test_execution_id = execution.id
             JOIN present ON present.test_case_id = result.test_case_id
             WHERE it.id = $1
         )
         SELECT test_case_id, status, version, artefact_id, test_execution_id, test_result_id
         FROM ranked WHERE place <= 10 ORDER BY test_case_id, place",
    )
    .bind(execution_id)
    .fetch_all(conn))?;
    Ok(rows.into_iter().map(|row| (row.test_case_id, row.into_response())).collect())
}

impl PreviousRow {
    fn into_response(self) -> PreviousTestResult {
        PreviousTestResult {
            status: self.status,
            version: self.version,
            artefact_id: self.artefact_id,
            test_execution_id: self.test_execution_id,
            test_result_id: self.test_result_id,
        }
    }
}

/// How many results an execution has.
pub async fn count_results(tx: &mut Tx, execution_id: i64) -> StoreResult<ResultCounts> {
    on!(tx, |conn, _| sqlx::query_as(
        "SELECT COUNT(*) AS all_count, COUNT(*) FILTER (WHERE status = 'FAILED') AS failed_count
         FROM test_result WHERE test_execution_id = $1",
    )
    .bind(execution_id)
    .fetch_one(conn))
}

/// Removes the results an execution has for the cases, with the issues attached to them.
pub async fn delete_results_of_cases(tx: &mut Tx, execution_id: i64, case_ids: &[i64]) -> StoreResult<()> {
    let ids = Json(case_ids);
    on!(tx, |conn, sql| sqlx::query(
        sql.of("DELETE FROM test_result WHERE test_execution_id = $1 AND test_case_id IN ints($2)")
    )
    .bind(execution_id)
    .bind(ids)
    .execute(conn)
    .map_ok(drop))?;
    Ok(())
}

/// The rows of one insert into SQLite: as many as the parameters a statement may have.
const ROWS_OF_A_STATEMENT: usize = 4_000;

/// Stores results in their order.
///
/// Each database gets the rows in the form it reads fastest. PostgreSQL spends more time on reading a statement with
/// thousands of parameters than on storing the rows, so there each column travels as one list; SQLite has no lists but JSON,
/// and logs would be written and read twice.
pub async fn insert_results(
    tx: &mut Tx,
    execution_id: i64,
    results: &[NewResult<'_>],
    now: Moment,
) -> StoreResult<Vec<StoredResult>> {
    let packed =
        io_logs::pack(&results.iter().map(|result| result.io_log).collect::<Vec<_>>()).map_err(sqlx::Error::Io)?;
    match tx.next_statement() {
        Inner::Postgres(tx) => {
            let statuses: Vec<&str> = results.iter().map(|result| result.status.as_str()).collect();
            let cases: Vec<i64> = results.iter().map(|result| result.test_case_id).collect();
            let comments: Vec<&str> = results.iter().map(|result| result.comment).collect();
            let logs: Vec<&str> = packed.iter().map(|log| log.text).collect();
            let packed: Vec<Option<&[u8]>> = packed.iter().map(|log| log.zstd.as_deref()).collect();
            let stored = sqlx::query_as(
                "INSERT INTO test_result
                     (status, test_execution_id, test_case_id, comment, io_log, io_log_zstd, created_at, updated_at)
                 SELECT status, $1, test_case_id, comment, io_log, io_log_zstd, $2, $2
                 FROM unnest($3::TEXT[], $4::BIGINT[], $5::TEXT[], $6::TEXT[], $7::BYTEA[])
                     WITH ORDINALITY AS reported (status, test_case_id, comment, io_log, io_log_zstd, place)
                 ORDER BY place RETURNING id, test_case_id",
            )
            .bind(execution_id)
            .bind(now)
            .bind(statuses)
            .bind(cases)
            .bind(comments)
            .bind(logs)
            .bind(packed)
            .fetch_all(&mut **tx)
            .await?;
            Ok(stored)
        }
        Inner::Sqlite(tx) => {
            let mut stored = Vec::with_capacity(results.len());
            let rows: Vec<(&NewResult<'_>, &PackedLog<'_>)> = results.iter().zip(&packed).collect();
            for chunk in rows.chunks(ROWS_OF_A_STATEMENT) {
                let mut builder = sqlx::QueryBuilder::<sqlx::Sqlite>::new(
                    "INSERT INTO test_result
                         (status, test_execution_id, test_case_id, comment, io_log, io_log_zstd, created_at, updated_at) ",
                );
                builder.push_values(chunk, |mut row, (result, log)| {
                    row.push_bind(result.status.as_str()).push_bind(execution_id).push_bind(result.test_case_id);
                    row.push_bind(result.comment).push_bind(log.text).push_bind(log.zstd.as_deref());
                    row.push_bind(now).push_bind(now);
                });
                builder.push(" RETURNING id, test_case_id");
                stored.extend(builder.build_query_as::<StoredResult>().persistent(false).fetch_all(&mut **tx).await?);
            }
            Ok(stored)
        }
    }
}

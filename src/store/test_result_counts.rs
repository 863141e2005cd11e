//! How many results there are of each kind: of the same artefact whatever its version, environment, test plan, test and status.
//! Everything is counted by ids; what they are called is asked afterwards, for those that are there.

use app::api::TestResultStatus;
use futures::TryStreamExt;
use sqlx::types::Json;

use super::{Moment, StoreResult, Tx, on};

/// What executions have in common whose results are counted together. Its id is that of the first of them.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns' names are the field's own words")]
pub struct KindRow {
    pub id: i64,
    pub family: String,
    pub artefact_name: String,
    pub artefact_stage: String,
    pub track: String,
    pub series: String,
    pub os: String,
    pub environment_name: String,
    pub test_plan: String,
}

/// As many results of a kind, a test and a status; `subject_id` is the issue they are attached to, or the metadata their executions
/// carry, and 0 where neither is asked for.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns' names are the field's own words")]
pub struct CountRow {
    pub kind_id: i64,
    pub test_case_id: i64,
    #[sqlx(try_from = "String")]
    pub status: TestResultStatus,
    pub subject_id: i64,
    pub results: i64,
}

/// What something is called: a test, an issue by its source, project and key, metadata by category and value.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct NamesRow {
    /// The id of what is called so.
    pub id: i64,
    /// The first part of its name.
    pub first: String,
    /// The second part; `""` where there is none.
    pub second: String,
    /// The third part; `""` where there is none.
    pub third: String,
}

/// The first counts, and how many there were beyond them.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// The counts, in the order of their ids.
    pub rows: Vec<CountRow>,
    /// As many were left out.
    pub dropped: u64,
}

impl Counts {
    fn add(mut self, row: CountRow, most: usize) -> Self {
        if self.rows.len() < most {
            self.rows.push(row);
        } else {
            self.dropped += 1;
        }
        self
    }
}

// Which kind each execution with results of the time is of. Window functions find the first execution of each kind; it stands for the kind,
// so that rows are grouped by numbers and not by eight texts.
//
// CROSS JOIN keeps SQLite to the order that is written: it looks results up by their execution. Left to itself it goes through the executions
// once for every result.
macro_rules! count_results {
    ($subject:literal, $executions:literal, $tables:literal, $conditions:literal) => {
        concat!(
            "WITH run AS MATERIALIZED (
                 SELECT execution.id AS id, MIN(execution.id) OVER (PARTITION BY artefact.family, artefact.name, artefact.stage,
                     artefact.track, artefact.series, artefact.os, environment.name, execution.test_plan_id) AS kind_id
                 FROM test_execution AS execution
                 JOIN artefact_build AS build ON build.id = execution.artefact_build_id
                 JOIN artefact ON artefact.id = build.artefact_id
                 JOIN environment ON environment.id = execution.environment_id
                 WHERE execution.id IN (",
            $executions,
            ")
             )
             SELECT run.kind_id, result.test_case_id, result.status, ",
            $subject,
            " AS subject_id, COUNT(*) AS results
             FROM run CROSS JOIN ",
            $tables,
            " WHERE result.test_execution_id = run.id AND result.created_at > $1",
            $conditions,
            " GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
        )
    };
}

/// Which results are counted: those that came after a moment; and how many counts are kept.
#[derive(Clone, Copy, Debug)]
pub struct CountedResults {
    /// Earlier ones do not count.
    pub since: Moment,
    /// As many counts are kept.
    pub most: usize,
}

/// Counts results.
pub async fn count_results(tx: &mut Tx, CountedResults { since, most }: CountedResults) -> StoreResult<Counts> {
    let sql = count_results!(
        "CAST(0 AS BIGINT)",
        "SELECT test_execution_id FROM test_result WHERE created_at > $1",
        "test_result AS result",
        ""
    );
    on!(tx, |conn, _| {
        let rows = sqlx::query_as(sql).bind(since).fetch(conn);
        rows.try_fold(Counts::default(), |counts, row| std::future::ready(Ok(counts.add(row, most))))
    })
}

/// Counts results by the issues they are attached to.
pub async fn count_attached_results(
    tx: &mut Tx,
    CountedResults { since, most }: CountedResults,
) -> StoreResult<Counts> {
    let sql = count_results!(
        "attachment.issue_id",
        "SELECT result.test_execution_id
         FROM issue_test_result_attachment AS attachment CROSS JOIN test_result AS result
         WHERE result.id = attachment.test_result_id AND result.created_at > $1",
        "test_result AS result CROSS JOIN issue_test_result_attachment AS attachment",
        " AND attachment.test_result_id = result.id"
    );
    on!(tx, |conn, _| {
        let rows = sqlx::query_as(sql).bind(since).fetch(conn);
        rows.try_fold(Counts::default(), |counts, row| std::future::ready(Ok(counts.add(row, most))))
    })
}

/// Counts results by the metadata that their executions carry.
pub async fn count_results_with_metadata(
    tx: &mut Tx,
    CountedResults { since, most }: CountedResults,
) -> StoreResult<Counts> {
    let sql = count_results!(
        "pair.test_execution_metadata_id",
        "SELECT test_execution_id FROM test_result WHERE created_at > $1",
        "test_execution_metadata_association_table AS pair CROSS JOIN test_result AS result",
        " AND pair.test_execution_id = run.id"
    );
    on!(tx, |conn, _| {
        let rows = sqlx::query_as(sql).bind(since).fetch(conn);
        rows.try_fold(Counts::default(), |counts, row| std::future::ready(Ok(counts.add(row, most))))
    })
}

/// What kinds are called.
pub async fn list_kinds(tx: &mut Tx, ids: &[i64]) -> StoreResult<Vec<KindRow>> {
    on!(tx, |conn, sql| {
        sqlx::query_as(sql.of(
        "SELECT execution.id, artefact.family, artefact.name AS artefact_name, artefact.stage AS artefact_stage, artefact.track,
             artefact.series, artefact.os, environment.name AS environment_name, test_plan.name AS test_plan
         FROM test_execution AS execution
         JOIN artefact_build AS build ON build.id = execution.artefact_build_id
         JOIN artefact ON artefact.id = build.artefact_id
         JOIN environment ON environment.id = execution.environment_id
         JOIN test_plan ON test_plan.id = execution.test_plan_id
         WHERE execution.id IN ints($1)"
    ))
    .bind(Json(ids))
    .fetch_all(conn)
    })
}

/// What tests are called.
pub async fn list_test_case_names(tx: &mut Tx, ids: &[i64]) -> StoreResult<Vec<NamesRow>> {
    on!(tx, |conn, sql| sqlx::query_as(
        sql.of("SELECT id, name AS first, '' AS second, '' AS third FROM test_case WHERE id IN ints($1)")
    )
    .bind(Json(ids))
    .fetch_all(conn))
}

/// What issues are called: source, project and key.
pub async fn list_issue_names(tx: &mut Tx, ids: &[i64]) -> StoreResult<Vec<NamesRow>> {
    on!(tx, |conn, sql| sqlx::query_as(
        sql.of("SELECT id, lower(source) AS first, project AS second, key AS third FROM issue WHERE id IN ints($1)")
    )
    .bind(Json(ids))
    .fetch_all(conn))
}

/// What metadata is called: category and value.
pub async fn list_metadata_names(tx: &mut Tx, ids: &[i64]) -> StoreResult<Vec<NamesRow>> {
    on!(tx, |conn, sql| sqlx::query_as(sql.of(
        "SELECT id, category AS first, value AS second, '' AS third FROM test_execution_metadata WHERE id IN ints($1)"
    ))
    .bind(Json(ids))
    .fetch_all(conn))
}

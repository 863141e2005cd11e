//! The rows of reports, one after the other: a report may be larger than memory.

use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use sqlx::types::Json;

use super::{Inner, Moment, StoreError, StoreResult, Tx};

/// A result with what it is about.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns' names are the field's own words")]
pub struct ResultReportRow {
    #[sqlx(flatten)]
    pub artefact: ArtefactColumns,
    pub artefact_created_at: Moment,
    pub execution_id: i64,
    pub execution_status: String,
    pub c3_link: Option<String>,
    pub checkbox_version: Option<String>,
    pub test_plan: String,
    pub environment_name: String,
    pub environment_architecture: String,
    pub template_id: String,
    pub test_case_name: String,
    pub category: String,
    pub result_status: String,
    pub result_created_at: Moment,
}

/// An execution with what it is about, its review, and one of its events. It comes once for each event, or once without.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns' names are the field's own words")]
pub struct ExecutionReportRow {
    #[sqlx(flatten)]
    pub artefact: ArtefactColumns,
    pub execution_id: i64,
    pub execution_status: String,
    pub ci_link: Option<String>,
    pub c3_link: Option<String>,
    pub checkbox_version: Option<String>,
    pub test_plan: String,
    pub execution_created_at: Moment,
    pub environment_name: String,
    pub environment_architecture: String,
    pub review_decision: Json<Vec<String>>,
    pub review_comment: String,
    /// The event's columns are all null, or none of them is.
    pub event_name: Option<String>,
    pub event_timestamp: Option<Moment>,
    pub event_detail: Option<String>,
}

/// What both reports say of an artefact.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns' names are the field's own words")]
pub struct ArtefactColumns {
    pub family: String,
    pub artefact_id: i64,
    pub artefact_name: String,
    pub version: String,
    pub artefact_status: String,
    pub track: String,
    pub stage: String,
    pub series: String,
    pub repo: String,
    pub os: String,
}

// Artefacts come first, in the order of their ids, and CROSS JOIN keeps SQLite to it: it then sorts the rows of one artefact
// at a time, where it would otherwise hold all of them.
macro_rules! select_of_artefacts {
    ($columns:literal, $rest:literal) => {
        concat!(
            "SELECT artefact.family, artefact.id AS artefact_id, artefact.name AS artefact_name, artefact.version,
                 artefact.status AS artefact_status, artefact.track, artefact.stage, artefact.series, artefact.repo,
                 artefact.os, execution.id AS execution_id, execution.status AS execution_status, execution.c3_link,
                 execution.checkbox_version, test_plan.name AS test_plan, environment.name AS environment_name,
                 environment.architecture AS environment_architecture, ",
            $columns,
            " FROM artefact
             CROSS JOIN artefact_build AS build
             CROSS JOIN test_execution AS execution
             CROSS JOIN test_plan
             CROSS JOIN environment ",
            $rest
        )
    };
}

const RESULTS: &str = select_of_artefacts!(
    "artefact.created_at AS artefact_created_at, test_case.template_id, test_case.name AS test_case_name,
     test_case.category, result.status AS result_status, result.created_at AS result_created_at",
    "CROSS JOIN test_result AS result
     CROSS JOIN test_case
     WHERE artefact.created_at >= $1 AND artefact.created_at <= $2 AND build.artefact_id = artefact.id
         AND execution.artefact_build_id = build.id AND test_plan.id = execution.test_plan_id
         AND environment.id = execution.environment_id AND result.test_execution_id = execution.id
         AND test_case.id = result.test_case_id
     ORDER BY artefact.id, execution.id, result.id"
);

const EXECUTIONS: &str = select_of_artefacts!(
    "execution.ci_link, execution.created_at AS execution_created_at, review.review_decision, review.review_comment,
     event.event_name, event.timestamp AS event_timestamp, event.detail AS event_detail",
    "CROSS JOIN artefact_build_environment_review AS review
     LEFT JOIN test_event AS event ON event.test_execution_id = execution.id
     WHERE artefact.id IN (
             SELECT started_build.artefact_id FROM test_execution AS started
             JOIN artefact_build AS started_build ON started_build.id = started.artefact_build_id
             WHERE started.created_at >= $1 AND started.created_at <= $2
         )
         AND build.artefact_id = artefact.id AND execution.artefact_build_id = build.id
         AND execution.created_at >= $1 AND execution.created_at <= $2 AND test_plan.id = execution.test_plan_id
         AND environment.id = execution.environment_id AND review.artefact_build_id = execution.artefact_build_id
         AND review.environment_id = execution.environment_id
     ORDER BY artefact.id, execution.id, event.id"
);

/// Lets the first rows come at once, for the rest of this transaction. PostgreSQL would read and sort everything first, which
/// is a little faster in all; kept from sorting it goes from artefact to artefact, and sorts the rows of one at a time.
pub async fn prefer_first_rows(tx: &mut Tx) -> StoreResult<()> {
    if let Inner::Postgres(tx) = tx.next_statement() {
        sqlx::raw_sql("SET LOCAL enable_sort = off; SET LOCAL enable_hashjoin = off").execute(&mut **tx).await?;
    }
    Ok(())
}

/// The results of the artefacts that were registered in the time between, by artefact, execution and result.
pub fn stream_results(tx: &mut Tx, from: Moment, until: Moment) -> BoxStream<'_, StoreResult<ResultReportRow>> {
    stream(tx, RESULTS, from, until)
}

/// The executions that were registered in the time between and have a review, by artefact, execution and event.
pub fn stream_executions(tx: &mut Tx, from: Moment, until: Moment) -> BoxStream<'_, StoreResult<ExecutionReportRow>> {
    stream(tx, EXECUTIONS, from, until)
}

fn stream<'t, R>(tx: &'t mut Tx, sql: &'static str, from: Moment, until: Moment) -> BoxStream<'t, StoreResult<R>>
where
    R: Send + Unpin + 't,
    R: for<'r> sqlx::FromRow<'r, sqlx::sqlite::SqliteRow> + for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>,
{
    // Not kept prepared: PostgreSQL would plan a week and all years alike.
    match tx.next_statement() {
        Inner::Sqlite(tx) => {
            let query = sqlx::query_as::<sqlx::Sqlite, R>(sql).bind(from).bind(until).persistent(false);
            query.fetch(&mut **tx).map_err(StoreError::from).boxed()
        }
        Inner::Postgres(tx) => {
            let query = sqlx::query_as::<sqlx::Postgres, R>(sql).bind(from).bind(until).persistent(false);
            query.fetch(&mut **tx).map_err(StoreError::from).boxed()
        }
    }
}

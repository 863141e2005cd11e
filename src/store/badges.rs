//! What the badge of an artefact counts.

use app::api::TestExecutionStatus;
use sqlx::types::Json;

use super::{StoreResult, Tx, on};

#[derive(sqlx::FromRow)]
struct RunsRow {
    #[sqlx(try_from = "String")]
    status: TestExecutionStatus,
    count: i64,
}

/// The last runs of each test plan in each environment on these builds, counted by status.
pub async fn count_last_runs(tx: &mut Tx, build_ids: &[i64]) -> StoreResult<Vec<(TestExecutionStatus, i64)>> {
    let ids = Json(build_ids);
    let rows: Vec<RunsRow> = on!(tx, |conn, sql| sqlx::query_as(sql.of("SELECT status, COUNT(*) AS count FROM (
             SELECT status, ROW_NUMBER() OVER (
                 PARTITION BY artefact_build_id, environment_id, test_plan_id ORDER BY created_at DESC, id DESC
             ) AS place
             FROM test_execution WHERE artefact_build_id IN ints($1)
         ) AS run WHERE place = 1 GROUP BY status",))
    .bind(ids)
    .fetch_all(conn))?;
    Ok(rows.into_iter().map(|row| (row.status, row.count)).collect())
}

//! Rerun requests: at most one per group of executions, that is per plan, build and environment.

use super::{Moment, StoreResult, Tx, on};
use futures::TryFutureExt;

/// A run of the group has started: nobody has to ask for it any longer.
pub async fn delete_rerun_request_of(tx: &mut Tx, execution_id: i64) -> StoreResult<()> {
    on!(tx, |conn, _| sqlx::query(
        "DELETE FROM test_execution_rerun_request
         WHERE (test_plan_id, artefact_build_id, environment_id) = (
             SELECT test_plan_id, artefact_build_id, environment_id FROM test_execution WHERE id = $1
         )",
    )
    .bind(execution_id)
    .execute(conn)
    .map_ok(drop))?;
    Ok(())
}

/// Requests a rerun when an issue attached to any result of the execution asks for that; one that exists stays as it is.
pub async fn request_automatic_rerun(tx: &mut Tx, execution_id: i64, now: Moment) -> StoreResult<()> {
    on!(tx, |conn, _| sqlx::query(
        "INSERT INTO test_execution_rerun_request
             (test_plan_id, artefact_build_id, environment_id, priority, created_at, updated_at)
         SELECT execution.test_plan_id, execution.artefact_build_id, execution.environment_id, 0, $2, $2
         FROM test_execution AS execution
         WHERE execution.id = $1 AND EXISTS (SELECT 1 FROM issue WHERE auto_rerun_enabled) AND EXISTS (
             SELECT 1 FROM test_result AS result
             JOIN issue_test_result_attachment AS attachment ON attachment.test_result_id = result.id
             JOIN issue ON issue.id = attachment.issue_id
             WHERE result.test_execution_id = execution.id AND issue.auto_rerun_enabled
         ) ON CONFLICT DO NOTHING",
    )
    .bind(execution_id)
    .bind(now)
    .execute(conn)
    .map_ok(drop))?;
    Ok(())
}

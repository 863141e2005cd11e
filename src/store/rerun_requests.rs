//! Rerun requests: at most one per group of executions, that is per plan, build and environment.

use app::api::FamilyName;
use futures::TryFutureExt;
use sqlx::types::Json;

use super::execution_filters::ExecutionCriteria;
use super::{IdRow, Moment, Statement, StoreResult, Tx, on, on_statement};

/// A rerun that somebody waits for.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns' names are the field's own words")]
pub struct PendingRow {
    pub test_plan_id: i64,
    pub artefact_build_id: i64,
    pub environment_id: i64,
    pub priority: i32,
    pub created_at: Moment,
    pub artefact_id: i64,
    /// The newest execution of the group; of two that were made at the same moment the older one.
    pub test_execution_id: i64,
}

/// The group an execution belongs to.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns' names are the field's own words")]
pub struct GroupRow {
    pub id: i64,
    pub test_plan_id: i64,
    pub artefact_build_id: i64,
    pub environment_id: i64,
}

/// Which pending reruns to list.
#[derive(Clone, Debug, Default)]
pub struct PendingFilter {
    /// The family of the artefact.
    pub family: Option<FamilyName>,
    /// The name of the environment.
    pub environment: Option<String>,
    /// What the environment runs.
    pub environment_architecture: Option<String>,
    /// What the build is built for.
    pub build_architecture: Option<String>,
    /// Only the groups of these executions.
    pub executions: Option<Vec<i64>>,
    /// As many at most.
    pub limit: Option<i64>,
}

/// A run of the group has started: nobody has to ask for it any longer. Whether somebody did.
pub async fn delete_rerun_request_of(tx: &mut Tx, execution_id: i64) -> StoreResult<bool> {
    on!(tx, |conn, _| sqlx::query(
        "DELETE FROM test_execution_rerun_request
         WHERE (test_plan_id, artefact_build_id, environment_id) = (
             SELECT test_plan_id, artefact_build_id, environment_id FROM test_execution WHERE id = $1
         )",
    )
    .bind(execution_id)
    .execute(conn)
    .map_ok(|done| done.rows_affected() > 0))
}

/// Requests a rerun when an issue attached to any result of the execution asks for that; one that exists stays as it is.
/// Whether there is one that was not there before.
pub async fn request_automatic_rerun(tx: &mut Tx, execution_id: i64, now: Moment) -> StoreResult<bool> {
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
    .map_ok(|done| done.rows_affected() > 0))
}

/// Requests reruns of the groups of the executions. A priority is given to requests there are as well; without one they
/// stay as they are. The builds of the requests that are new or changed.
pub async fn request_reruns(
    tx: &mut Tx,
    criteria: &ExecutionCriteria,
    priority: Option<i64>,
    now: Moment,
) -> StoreResult<Vec<i64>> {
    let mut statement = Statement::new(
        "INSERT INTO test_execution_rerun_request
             (test_plan_id, artefact_build_id, environment_id, priority, created_at, updated_at)
         SELECT DISTINCT execution.test_plan_id, execution.artefact_build_id, execution.environment_id, CAST(",
    );
    statement.bind(priority.unwrap_or_default()).push(" AS INTEGER), ").bind(now).push(", ").bind(now);
    statement.push(" FROM test_execution AS execution WHERE");
    criteria.push_where(&mut statement);
    // In one order, so that requests for the same groups wait for each other instead of locking each other out.
    statement.push(" ORDER BY 1, 2, 3 ON CONFLICT (test_plan_id, artefact_build_id, environment_id) ");
    statement.push(match priority {
        Some(_) => {
            "DO UPDATE SET priority = excluded.priority, updated_at = excluded.updated_at
             WHERE test_execution_rerun_request.priority <> excluded.priority"
        }
        None => "DO NOTHING",
    });
    statement.push(" RETURNING artefact_build_id AS id");
    let rows: Vec<IdRow> = on_statement!(tx, statement, query_as, |query, conn| query.fetch_all(conn))?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Takes back the requests of the groups of the executions; their builds.
pub async fn delete_reruns(tx: &mut Tx, criteria: &ExecutionCriteria) -> StoreResult<Vec<i64>> {
    let of_groups = |mut statement: Statement| {
        statement.push(
            " FROM test_execution_rerun_request WHERE (test_plan_id, artefact_build_id, environment_id) IN (
                 SELECT execution.test_plan_id, execution.artefact_build_id, execution.environment_id
                 FROM test_execution AS execution WHERE",
        );
        criteria.push_where(&mut statement);
        statement.push(")");
        statement
    };
    // In the order of those who ask for reruns of the same groups, so that none locks another one out.
    let mut locks = of_groups(Statement::new("SELECT id"));
    locks.push(
        " ORDER BY test_plan_id, artefact_build_id, environment_id FOR NO KEY UPDATE OF test_execution_rerun_request",
    );
    on_statement!(tx, locks, query, |query, conn| query.execute(conn).map_ok(drop))?;
    let mut statement = of_groups(Statement::new("DELETE"));
    statement.push(" RETURNING artefact_build_id AS id");
    let rows: Vec<IdRow> = on_statement!(tx, statement, query_as, |query, conn| query.fetch_all(conn))?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// The artefacts that the executions are about, each once.
pub async fn list_artefacts_of_executions(tx: &mut Tx, criteria: &ExecutionCriteria) -> StoreResult<Vec<i64>> {
    let mut statement = Statement::new(
        "SELECT DISTINCT build.artefact_id FROM test_execution AS execution
         JOIN artefact_build AS build ON build.id = execution.artefact_build_id WHERE",
    );
    criteria.push_where(&mut statement);
    let rows: Vec<(i64,)> = on_statement!(tx, statement, query_as, |query, conn| query.fetch_all(conn))?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// The groups of those executions that exist, by id of the execution.
pub async fn list_groups(tx: &mut Tx, execution_ids: &[i64]) -> StoreResult<Vec<GroupRow>> {
    let ids = Json(execution_ids);
    on!(tx, |conn, sql| sqlx::query_as(
        sql.of("SELECT id, test_plan_id, artefact_build_id, environment_id FROM test_execution
         WHERE id IN ints($1) ORDER BY id",)
    )
    .bind(ids)
    .fetch_all(conn))
}

/// The pending reruns: most urgent first, then who has waited longest. A group that has no execution left is left out.
pub async fn list_pending_reruns(tx: &mut Tx, filter: &PendingFilter) -> StoreResult<Vec<PendingRow>> {
    let mut statement = Statement::new(
        "SELECT test_plan_id, artefact_build_id, environment_id, priority, created_at, artefact_id, test_execution_id
         FROM (
             SELECT request.id, request.test_plan_id, request.artefact_build_id, request.environment_id,
                 request.priority, request.created_at, build.artefact_id, (
                     SELECT execution.id FROM test_execution AS execution
                     WHERE execution.artefact_build_id = request.artefact_build_id
                         AND execution.environment_id = request.environment_id
                         AND execution.test_plan_id = request.test_plan_id
                     ORDER BY execution.created_at DESC, execution.id LIMIT 1
                 ) AS test_execution_id
             FROM test_execution_rerun_request AS request
             JOIN artefact_build AS build ON build.id = request.artefact_build_id
             JOIN artefact ON artefact.id = build.artefact_id
             JOIN environment ON environment.id = request.environment_id WHERE TRUE",
    );
    if let Some(family) = filter.family {
        statement.push(" AND artefact.family = ").bind(family.as_str());
    }
    for (condition, value) in [
        (" AND environment.name = ", &filter.environment),
        (" AND environment.architecture = ", &filter.environment_architecture),
        (" AND build.architecture = ", &filter.build_architecture),
    ] {
        if let Some(value) = value {
            statement.push(condition).bind(value.as_str());
        }
    }
    if let Some(executions) = &filter.executions {
        statement.push(
            " AND (request.artefact_build_id, request.environment_id, request.test_plan_id) IN (
                 SELECT artefact_build_id, environment_id, test_plan_id FROM test_execution WHERE ",
        );
        statement.push_in("id", executions.as_slice()).push(")");
    }
    statement.push(") AS pending WHERE test_execution_id IS NOT NULL ORDER BY priority DESC, created_at, id LIMIT ");
    statement.bind(filter.limit.unwrap_or(i64::MAX));
    on_statement!(tx, statement, query_as, |query, conn| query.fetch_all(conn))
}

//! Changing an artefact: what people decide about it, who reviews it, what it bundles.

use app::api::ArtefactStatus;
use futures::TryFutureExt;

use super::super::{IdRow, Moment, StoreResult, Tx, on, on_built};
use super::ArtefactRow;

/// The columns a client may change.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns' names are the field's own words")]
pub struct ArtefactColumns {
    pub status: ArtefactStatus,
    pub archived: bool,
    pub stage: String,
    pub comment: String,
    pub jira_issue: Option<String>,
    pub bundled_builds_hash: Option<String>,
}

impl From<&ArtefactRow> for ArtefactColumns {
    fn from(row: &ArtefactRow) -> Self {
        Self {
            status: row.status,
            archived: row.archived,
            stage: row.stage.clone(),
            comment: row.comment.clone(),
            jira_issue: row.jira_issue.clone(),
            bundled_builds_hash: row.bundled_builds_hash.clone(),
        }
    }
}

/// Writes the changeable columns.
pub async fn update_artefact(tx: &mut Tx, id: i64, columns: &ArtefactColumns, now: Moment) -> StoreResult<()> {
    on!(tx, |conn, _| sqlx::query(
        "UPDATE artefact SET status = $2, archived = $3, stage = $4, comment = $5, jira_issue = $6,
             bundled_builds_hash = $7, updated_at = $8
         WHERE id = $1",
    )
    .bind(id)
    .bind(columns.status.as_str())
    .bind(columns.archived)
    .bind(&columns.stage)
    .bind(&columns.comment)
    .bind(&columns.jira_issue)
    .bind(&columns.bundled_builds_hash)
    .bind(now)
    .execute(conn)
    .map_ok(drop))?;
    Ok(())
}

/// Whether another solution has the coordinates of this one with that stage and bundle.
pub async fn is_solution_taken(tx: &mut Tx, solution: &ArtefactRow, columns: &ArtefactColumns) -> StoreResult<bool> {
    let other: Option<IdRow> = on!(tx, |conn, _| sqlx::query_as(
        "SELECT id FROM artefact WHERE family = 'solution' AND name = $1 AND source = $2 AND version = $3
         AND track = $4 AND stage = $5 AND bundled_builds_hash = $6 AND id <> $7",
    )
    .bind(&solution.name)
    .bind(&solution.source)
    .bind(&solution.version)
    .bind(&solution.track)
    .bind(&columns.stage)
    .bind(&columns.bundled_builds_hash)
    .bind(solution.id)
    .fetch_optional(conn))?;
    Ok(other.is_some())
}

/// Gives the artefact these reviewers, in this order, instead of those it has.
pub async fn replace_reviewers(tx: &mut Tx, artefact_id: i64, user_ids: &[i64]) -> StoreResult<()> {
    on!(tx, |conn, _| sqlx::query("DELETE FROM artefact_reviewers_association WHERE artefact_id = $1")
        .bind(artefact_id)
        .execute(conn)
        .map_ok(drop))?;
    super::add_reviewers(tx, artefact_id, user_ids, 0).await
}

/// Bundles these builds, in this order, instead of those there are.
pub async fn replace_bundled_builds(tx: &mut Tx, artefact_id: i64, build_ids: &[i64]) -> StoreResult<()> {
    on!(tx, |conn, _| sqlx::query("DELETE FROM artefact_bundled_builds_association WHERE artefact_id = $1")
        .bind(artefact_id)
        .execute(conn)
        .map_ok(drop))?;
    for (chunk, start) in build_ids.chunks(10_000).zip((0_i32..).step_by(10_000)) {
        on_built!(
            tx,
            |builder| {
                builder.push(
                    "INSERT INTO artefact_bundled_builds_association (artefact_id, artefact_build_id, position) ",
                );
                builder.push_values(chunk.iter().zip(start..), |mut row, (build, position)| {
                    row.push_bind(artefact_id).push_bind(*build).push_bind(position);
                });
            },
            |query, conn| query.execute(conn).map_ok(drop)
        )?;
    }
    Ok(())
}

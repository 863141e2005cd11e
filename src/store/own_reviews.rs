//! What waits for a reviewer.

use super::{StoreResult, Tx, on};

/// An artefact with a reviewer's part in it.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct OwnReviewRow {
    /// The artefact.
    pub artefact_id: i64,
    /// Whether the reviewer decides about the artefact itself.
    pub is_reviewer: bool,
    /// How many of the environment reviews of its builds are the reviewer's.
    pub assigned_count: i64,
    /// How many of these have a decision.
    pub completed_count: i64,
}

/// The undecided artefacts that are not archived and have a part of the reviewer's, what is due first, without a date last.
pub async fn list_own_reviews(tx: &mut Tx, user_id: i64, limit: i64) -> StoreResult<Vec<OwnReviewRow>> {
    on!(tx, |conn, _| sqlx::query_as(
        "SELECT artefact.id AS artefact_id, MAX(part.as_reviewer) = 1 AS is_reviewer,
             CAST(SUM(part.assigned) AS BIGINT) AS assigned_count,
             CAST(SUM(part.completed) AS BIGINT) AS completed_count
         FROM (
             SELECT artefact_id, 1 AS as_reviewer, 0 AS assigned, 0 AS completed
             FROM artefact_reviewers_association WHERE user_id = $1
             UNION ALL
             SELECT build.artefact_id, 0, 1, CASE WHEN review.review_decision <> '[]' THEN 1 ELSE 0 END
             FROM environment_review_reviewers_association AS assigned
             JOIN artefact_build_environment_review AS review ON review.id = assigned.environment_review_id
             JOIN artefact_build AS build ON build.id = review.artefact_build_id
             WHERE assigned.user_id = $1
         ) AS part
         JOIN artefact ON artefact.id = part.artefact_id
         WHERE artefact.status = 'UNDECIDED' AND NOT artefact.archived
         GROUP BY artefact.id, artefact.due_date
         ORDER BY artefact.due_date NULLS LAST, artefact.id
         LIMIT $2",
    )
    .bind(user_id)
    .bind(limit)
    .fetch_all(conn))
}

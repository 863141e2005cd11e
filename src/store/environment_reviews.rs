//! Reviews of a build in an environment.

use futures::TryFutureExt;
use sqlx::types::Json;

use super::{Moment, StoreResult, Tx, on, on_built};

/// How far the reviews of an artefact's latest builds are.
#[derive(Clone, Copy, Debug, Default, sqlx::FromRow)]
pub struct ReviewCounts {
    /// The artefact.
    pub artefact_id: i64,
    /// All of them.
    pub all_count: i64,
    /// Those that have a decision.
    pub completed_count: i64,
}

/// An environment review and who is assigned to it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct AssignedReviewRow {
    /// The review.
    pub id: i64,
    /// Its first reviewer.
    pub first_reviewer_id: Option<i64>,
}

/// Makes sure that the build has a review for the environment.
pub async fn ensure_environment_review(
    tx: &mut Tx,
    build_id: i64,
    environment_id: i64,
    now: Moment,
) -> StoreResult<()> {
    on!(tx, |conn, _| sqlx::query(
        "INSERT INTO artefact_build_environment_review (artefact_build_id, environment_id, created_at, updated_at)
         SELECT $1, $2, $3, $3 WHERE NOT EXISTS (
             SELECT 1 FROM artefact_build_environment_review WHERE artefact_build_id = $1 AND environment_id = $2
         ) ON CONFLICT DO NOTHING",
    )
    .bind(build_id)
    .bind(environment_id)
    .bind(now)
    .execute(conn)
    .map_ok(drop))?;
    Ok(())
}

/// How many reviews the latest builds of each artefact have; an artefact without any is left out.
pub async fn count_environment_reviews(tx: &mut Tx, artefact_ids: &[i64]) -> StoreResult<Vec<ReviewCounts>> {
    let ids = Json(artefact_ids);
    on!(tx, |conn, sql| sqlx::query_as(sql.of("SELECT latest.artefact_id, COUNT(*) AS all_count,
             COUNT(*) FILTER (WHERE review.review_decision <> '[]') AS completed_count
         FROM (
             SELECT id, artefact_id, ROW_NUMBER() OVER (
                 PARTITION BY artefact_id, architecture ORDER BY COALESCE(revision, 0) DESC, id
             ) AS place
             FROM artefact_build WHERE artefact_id IN ints($1)
         ) AS latest
         JOIN artefact_build_environment_review AS review ON review.artefact_build_id = latest.id
         WHERE latest.place = 1 GROUP BY latest.artefact_id",))
    .bind(ids)
    .fetch_all(conn))
}

/// The reviews of the builds, in the order of their ids, with their first reviewers.
pub async fn list_assigned_reviews(tx: &mut Tx, build_ids: &[i64]) -> StoreResult<Vec<AssignedReviewRow>> {
    let ids = Json(build_ids);
    on!(tx, |conn, sql| sqlx::query_as(sql.of("SELECT review.id, (
             SELECT user_id FROM environment_review_reviewers_association AS assigned
             WHERE assigned.environment_review_id = review.id ORDER BY position, user_id LIMIT 1
         ) AS first_reviewer_id
         FROM artefact_build_environment_review AS review
         WHERE review.artefact_build_id IN ints($1) ORDER BY review.id",))
    .bind(ids)
    .fetch_all(conn))
}

/// Gives each review exactly one reviewer: `(review, user)`.
pub async fn assign_environment_reviews(tx: &mut Tx, assignments: &[(i64, i64)]) -> StoreResult<()> {
    if assignments.is_empty() {
        return Ok(());
    }
    let reviews = Json(assignments.iter().map(|(review, _)| *review).collect::<Vec<_>>());
    on!(tx, |conn, sql| sqlx::query(
        sql.of("DELETE FROM environment_review_reviewers_association WHERE environment_review_id IN ints($1)")
    )
    .bind(&reviews)
    .execute(conn)
    .map_ok(drop))?;
    on_built!(
        tx,
        |builder| {
            builder.push(
                "INSERT INTO environment_review_reviewers_association (environment_review_id, user_id, position) ",
            );
            builder.push_values(assignments, |mut row, (review, user)| {
                row.push_bind(*review).push_bind(*user).push_bind(0_i32);
            });
        },
        |query, conn| query.execute(conn).map_ok(drop)
    )?;
    Ok(())
}

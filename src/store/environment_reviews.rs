//! Reviews of a build in an environment.

use app::api::{ArtefactBuildEnvironmentReviewDecision, FamilyName};
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

/// A review with what the API shows of it.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns' names are the field's own words")]
pub struct ReviewRow {
    pub id: i64,
    pub artefact_id: i64,
    #[sqlx(try_from = "String")]
    pub family: FamilyName,
    pub review_decision: Json<Vec<ArtefactBuildEnvironmentReviewDecision>>,
    pub review_comment: String,
    pub environment_id: i64,
    pub environment_name: String,
    pub environment_architecture: String,
    pub artefact_build_id: i64,
    pub build_architecture: String,
    pub revision: Option<i32>,
}

/// A user who is asked to decide on a review.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns' names are the field's own words")]
pub struct ReviewReviewerRow {
    pub environment_review_id: i64,
    pub id: i64,
    pub launchpad_handle: Option<String>,
    pub email: String,
    pub name: String,
}

/// How many reviews the latest builds of an artefact have, by what they say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct DecisionCounts {
    /// Those nobody has approved: undecided and rejected ones.
    pub unapproved_count: i64,
    /// Those that were rejected.
    pub rejected_count: i64,
}

macro_rules! select_reviews {
    ($rest:literal) => {
        concat!(
            "SELECT review.id, build.artefact_id, artefact.family, review.review_decision, review.review_comment,
                 environment.id AS environment_id, environment.name AS environment_name,
                 environment.architecture AS environment_architecture, build.id AS artefact_build_id,
                 build.architecture AS build_architecture, build.revision
             FROM artefact_build_environment_review AS review
             JOIN artefact_build AS build ON build.id = review.artefact_build_id
             JOIN artefact ON artefact.id = build.artefact_id
             JOIN environment ON environment.id = review.environment_id ",
            $rest
        )
    };
}

/// The reviews of the builds, by build, then by id.
pub async fn list_reviews_of_builds(tx: &mut Tx, build_ids: &[i64]) -> StoreResult<Vec<ReviewRow>> {
    let ids = Json(build_ids);
    on!(tx, |conn, sql| sqlx::query_as(
        sql.of(select_reviews!("WHERE review.artefact_build_id IN ints($1) ORDER BY build.id, review.id"))
    )
    .bind(ids)
    .fetch_all(conn))
}

/// Those of the reviews that exist, by id; nobody else changes them until this transaction ends.
pub async fn lock_reviews(tx: &mut Tx, ids: &[i64]) -> StoreResult<Vec<ReviewRow>> {
    let ids = Json(ids);
    on!(tx, |conn, sql| sqlx::query_as(
        sql.of(select_reviews!("WHERE review.id IN ints($1) ORDER BY review.id FOR NO KEY UPDATE OF review"))
    )
    .bind(ids)
    .fetch_all(conn))
}

/// The review of that id.
pub async fn find_review(tx: &mut Tx, id: i64) -> StoreResult<Option<ReviewRow>> {
    on!(tx, |conn, _| sqlx::query_as(select_reviews!("WHERE review.id = $1")).bind(id).fetch_optional(conn))
}

/// Who is asked to decide on the reviews, in the order of assignment.
pub async fn list_review_reviewers(tx: &mut Tx, review_ids: &[i64]) -> StoreResult<Vec<ReviewReviewerRow>> {
    let ids = Json(review_ids);
    on!(tx, |conn, sql| sqlx::query_as(sql.of(
        "SELECT assigned.environment_review_id, app_user.id, app_user.launchpad_handle, app_user.email, app_user.name
         FROM environment_review_reviewers_association AS assigned
         JOIN app_user ON app_user.id = assigned.user_id
         WHERE assigned.environment_review_id IN ints($1)
         ORDER BY assigned.environment_review_id, assigned.position, app_user.id",
    ))
    .bind(ids)
    .fetch_all(conn))
}

/// Writes what reviews say: `(review, decision, comment)` of each, each review once.
pub async fn update_reviews(
    tx: &mut Tx,
    changes: &[(i64, Json<Vec<ArtefactBuildEnvironmentReviewDecision>>, String)],
    now: Moment,
) -> StoreResult<()> {
    for chunk in changes.chunks(7_000) {
        on_built!(
            tx,
            |builder| {
                builder.push("WITH change (id, decision, comment) AS (");
                builder.push_values(chunk, |mut row, (review, decision, comment)| {
                    row.push_bind(*review).push_bind(decision).push_bind(comment);
                });
                builder.push(
                    ") UPDATE artefact_build_environment_review SET review_decision = change.decision,
                         review_comment = change.comment, updated_at = ",
                );
                builder.push_bind(now);
                builder.push(" FROM change WHERE change.id = artefact_build_environment_review.id");
            },
            |query, conn| query.execute(conn).map_ok(drop)
        )?;
    }
    Ok(())
}

/// What the reviews of the latest builds of an artefact say.
pub async fn count_decisions(tx: &mut Tx, artefact_id: i64) -> StoreResult<DecisionCounts> {
    on!(tx, |conn, sql| sqlx::query_as(sql.of(
        "SELECT COUNT(*) FILTER (WHERE review.review_decision = '[]' OR 'REJECTED' IN texts(review.review_decision))
                 AS unapproved_count,
             COUNT(*) FILTER (WHERE 'REJECTED' IN texts(review.review_decision)) AS rejected_count
         FROM (
             SELECT id, ROW_NUMBER() OVER (PARTITION BY architecture ORDER BY COALESCE(revision, 0) DESC, id) AS place
             FROM artefact_build WHERE artefact_id = $1
         ) AS latest
         JOIN artefact_build_environment_review AS review ON review.artefact_build_id = latest.id
         WHERE latest.place = 1",
    ))
    .bind(artefact_id)
    .fetch_one(conn))
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
    on!(tx, |conn, sql| sqlx::query_as(sql.of("SELECT artefact_id, CAST(SUM(reviews_count) AS BIGINT) AS all_count,
             CAST(SUM(completed_reviews_count) AS BIGINT) AS completed_count
         FROM (
             SELECT artefact_id, reviews_count, completed_reviews_count, ROW_NUMBER() OVER (
                 PARTITION BY artefact_id, architecture ORDER BY COALESCE(revision, 0) DESC, id
             ) AS place
             FROM artefact_build WHERE artefact_id IN ints($1)
         ) AS latest WHERE latest.place = 1 GROUP BY artefact_id",))
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

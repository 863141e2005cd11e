//! Environment reviews: what people say about a build in an environment.

use std::collections::{HashMap, HashSet};

use app::api::{
    ArtefactBuildEnvironmentReviewResponse, ArtefactBuildMinimalResponse, AuditSubjectKind, EnvironmentResponse,
    EnvironmentReviewPatch, ReviewerResponse,
};
use serde_json::{Value, json};
use sqlx::types::Json;

use super::artefacts::group_by;
use super::entity_tag::{EntityTag, Precondition};
use super::{Service, ServiceError, ServiceResult, artefact_not_found};
use crate::domain::audit_log::Entry;
use crate::domain::events::Event;
use crate::store::environment_reviews::{ReviewReviewerRow, ReviewRow};
use crate::store::{StoreResult, Tx, artefact_builds, artefacts, audit_log, environment_reviews};

/// What a bulk change did.
#[derive(Clone, Debug)]
pub struct BulkReview {
    /// The reviews that were changed, one for each entry, in the order of the request.
    pub changed: Vec<ArtefactBuildEnvironmentReviewResponse>,
    /// Entries that name no review of the artefact, by the id they give.
    pub skipped: Vec<i64>,
    /// The state of all reviews of the artefact's latest builds after it.
    pub tag: EntityTag,
}

impl Service {
    /// The reviews of an artefact's latest builds.
    pub async fn list_environment_reviews(
        &self,
        artefact_id: i64,
    ) -> ServiceResult<Vec<ArtefactBuildEnvironmentReviewResponse>> {
        let mut tx = self.db.read().await?;
        artefacts::find_artefact(&mut tx, artefact_id).await?.ok_or_else(|| artefact_not_found(artefact_id))?;
        Ok(list_reviews(&mut tx, artefact_id).await?)
    }

    /// One review of an artefact.
    pub async fn get_environment_review(
        &self,
        artefact_id: i64,
        review_id: i64,
    ) -> ServiceResult<ArtefactBuildEnvironmentReviewResponse> {
        let mut tx = self.db.read().await?;
        let row = environment_reviews::find_review(&mut tx, review_id).await?;
        let row = check_review(row, artefact_id, review_id)?;
        show_review(&mut tx, row).await
    }

    /// Changes a review; what the request leaves out stays. Nothing but the review changes.
    pub async fn update_environment_review(
        &self,
        artefact_id: i64,
        review_id: i64,
        patch: EnvironmentReviewPatch,
        precondition: &Precondition,
    ) -> ServiceResult<ArtefactBuildEnvironmentReviewResponse> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let row = environment_reviews::lock_reviews(&mut tx, &[review_id]).await?.pop();
        let mut row = check_review(row, artefact_id, review_id)?;
        if *precondition != Precondition::None {
            precondition.check(&show_review(&mut tx, row.clone()).await?)?;
        }
        let before = describe(&row);
        if apply(&mut row, patch) {
            let change = (row.id, row.review_decision.clone(), row.review_comment.clone());
            environment_reviews::update_reviews(&mut tx, &[change], now).await?;
            audit_log::record(&mut tx, compare(&before, &row), now).await?;
            tx.announce(Event::of_review(row.artefact_id, row.family, row.id));
        }
        let shown = show_review(&mut tx, row).await?;
        tx.commit().await?;
        Ok(shown)
    }

    /// Changes several reviews of an artefact, all or nothing. Entries that name no review of the artefact are skipped.
    pub async fn update_environment_reviews(
        &self,
        artefact_id: i64,
        patches: Vec<EnvironmentReviewPatch>,
        precondition: &Precondition,
    ) -> ServiceResult<BulkReview> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        if *precondition != Precondition::None {
            // It is about all reviews, also those that others are changing.
            artefacts::lock_artefact(&mut tx, artefact_id).await?;
        }
        let ids: Vec<i64> = patches.iter().filter_map(|patch| patch.id).map(|id| id.0).collect();
        let rows = environment_reviews::lock_reviews(&mut tx, &ids).await?;
        if *precondition != Precondition::None {
            precondition.check(&list_reviews(&mut tx, artefact_id).await?)?;
        }
        let mut rows: HashMap<i64, ReviewRow> =
            rows.into_iter().filter(|row| row.artefact_id == artefact_id).map(|row| (row.id, row)).collect();
        let before: HashMap<i64, Value> = rows.iter().map(|(id, row)| (*id, describe(row))).collect();
        let mut touched = HashSet::new();
        for patch in patches {
            if let Some(row) = patch.id.and_then(|id| rows.get_mut(&id.0))
                && apply(row, patch)
            {
                touched.insert(row.id);
            }
        }
        let changes: Vec<_> = rows
            .values()
            .filter(|row| touched.contains(&row.id))
            .map(|row| (row.id, row.review_decision.clone(), row.review_comment.clone()))
            .collect();
        environment_reviews::update_reviews(&mut tx, &changes, now).await?;
        for row in rows.values().filter(|row| touched.contains(&row.id)) {
            tx.announce(Event::of_review(row.artefact_id, row.family, row.id));
        }
        let mut entries: Vec<Entry> =
            rows.values().filter_map(|row| before.get(&row.id).and_then(|before| compare(before, row))).collect();
        entries.sort_by_key(|entry| entry.subject_id);
        audit_log::record(&mut tx, entries, now).await?;
        let shown = show_reviews(&mut tx, rows.into_values().collect()).await?;
        let tag = EntityTag::of(&list_reviews(&mut tx, artefact_id).await?);
        tx.commit().await?;
        let shown: HashMap<i64, _> = shown.into_iter().map(|review| (review.id, review)).collect();
        let (known, skipped): (Vec<i64>, Vec<i64>) = ids.into_iter().partition(|id| shown.contains_key(id));
        Ok(BulkReview { changed: known.iter().filter_map(|id| shown.get(id).cloned()).collect(), skipped, tag })
    }
}

fn check_review(row: Option<ReviewRow>, artefact_id: i64, review_id: i64) -> ServiceResult<ReviewRow> {
    let unknown = || ServiceError::NotFound(format!("Environment review {review_id} doesn't exist"));
    let row = row.ok_or_else(unknown)?;
    if row.artefact_id != artefact_id {
        let text = format!("Environment review {review_id} doesn't belong to artefact {artefact_id}");
        return Err(ServiceError::Rule(text));
    }
    Ok(row)
}

/// What people say in a review.
fn describe(row: &ReviewRow) -> Value {
    json!({"review_decision": row.review_decision, "review_comment": row.review_comment})
}

/// What the audit log says of a review that said `before`.
fn compare(before: &Value, row: &ReviewRow) -> Option<Entry> {
    Entry::updated(AuditSubjectKind::EnvironmentReview, row.id, before, &describe(row))
}

/// Puts a change into the row; whether it differs then.
fn apply(row: &mut ReviewRow, patch: EnvironmentReviewPatch) -> bool {
    let decision = patch.review_decision.map_or_else(|| row.review_decision.0.clone(), |decision| decision.0);
    let comment = patch.review_comment.unwrap_or_else(|| row.review_comment.clone());
    let differs = decision != row.review_decision.0 || comment != row.review_comment;
    row.review_decision = Json(decision);
    row.review_comment = comment;
    differs
}

async fn list_reviews(tx: &mut Tx, artefact_id: i64) -> StoreResult<Vec<ArtefactBuildEnvironmentReviewResponse>> {
    let builds = artefact_builds::list_latest_builds(tx, artefact_id).await?;
    let build_ids: Vec<i64> = builds.iter().map(|build| build.id).collect();
    let rows = environment_reviews::list_reviews_of_builds(tx, &build_ids).await?;
    show_reviews(tx, rows).await
}

async fn show_review(tx: &mut Tx, row: ReviewRow) -> ServiceResult<ArtefactBuildEnvironmentReviewResponse> {
    let id = row.id;
    let shown = show_reviews(tx, vec![row]).await?.pop();
    shown.ok_or_else(|| ServiceError::NotFound(format!("Environment review {id} doesn't exist")))
}

/// Reviews with their reviewers: one statement for any number of them.
async fn show_reviews(tx: &mut Tx, rows: Vec<ReviewRow>) -> StoreResult<Vec<ArtefactBuildEnvironmentReviewResponse>> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let reviewers = environment_reviews::list_review_reviewers(tx, &ids).await?;
    let mut reviewers = group_by(reviewers, |row| row.environment_review_id, show_reviewer);
    Ok(rows
        .into_iter()
        .map(|row| ArtefactBuildEnvironmentReviewResponse {
            reviewers: reviewers.remove(&row.id).unwrap_or_default(),
            id: row.id,
            review_decision: row.review_decision.0,
            review_comment: row.review_comment,
            environment: EnvironmentResponse {
                id: row.environment_id,
                name: row.environment_name,
                architecture: row.environment_architecture,
            },
            artefact_build: ArtefactBuildMinimalResponse {
                id: row.artefact_build_id,
                architecture: row.build_architecture,
                revision: row.revision.map(i64::from),
            },
        })
        .collect())
}

fn show_reviewer(row: ReviewReviewerRow) -> ReviewerResponse {
    ReviewerResponse {
        id: row.id,
        launchpad_handle: row.launchpad_handle,
        launchpad_email: row.email.clone(),
        email: row.email,
        name: row.name,
    }
}

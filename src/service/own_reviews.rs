//! What waits for a reviewer.

use app::api::OwnReviewResponse;

use super::artefacts::list_shown_artefacts;
use super::{Service, ServiceResult};
use crate::domain::access::Caller;
use crate::store::own_reviews;

/// As many artefacts are listed: more than anybody reviews, and a bound.
const LISTED: i64 = 500;

impl Service {
    /// The undecided artefacts that the caller has a part in deciding about, what is due first.
    pub async fn list_own_reviews(&self, caller: &Caller) -> ServiceResult<Vec<OwnReviewResponse>> {
        let Some(user_id) = self.find_reader(caller)? else { return Ok(Vec::new()) };
        let mut tx = self.db.read().await?;
        let rows = own_reviews::list_own_reviews(&mut tx, user_id, LISTED).await?;
        let ids: Vec<i64> = rows.iter().map(|row| row.artefact_id).collect();
        let mut artefacts = list_shown_artefacts(&mut tx, &ids).await?;
        let shown = rows.into_iter().filter_map(|row| {
            Some(OwnReviewResponse {
                artefact: artefacts.remove(&row.artefact_id)?,
                is_reviewer: row.is_reviewer,
                assigned_count: row.assigned_count,
                completed_count: row.completed_count,
            })
        });
        Ok(shown.collect())
    }
}

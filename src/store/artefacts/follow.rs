//! Following what others say of artefacts: their stages, and the trackers of kernels.

use chrono::NaiveDate;
use futures::TryFutureExt;

use super::super::{Moment, StoreResult, Tx, on, on_built};
use crate::domain::promotion::Place;

/// The columns that a kernel's tracker decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackerColumns {
    /// The artefact.
    pub id: i64,
    /// The day by which somebody should have decided.
    pub due_date: Option<NaiveDate>,
    /// Where people read about the tracker.
    pub bug_link: String,
}

/// Moves an artefact that is still in that stage and not archived; whether it was.
pub async fn move_artefact(tx: &mut Tx, id: i64, stage: &str, place: &Place, now: Moment) -> StoreResult<bool> {
    on!(tx, |conn, _| sqlx::query(
        "UPDATE artefact SET stage = $3, archived = $4, updated_at = $5 WHERE id = $1 AND stage = $2 AND NOT archived",
    )
    .bind(id)
    .bind(stage)
    .bind(&place.stage)
    .bind(place.archived)
    .bind(now)
    .execute(conn)
    .map_ok(|done| done.rows_affected() > 0))
}

/// Writes what trackers say, each artefact once.
pub async fn update_trackers(tx: &mut Tx, changes: &[TrackerColumns], now: Moment) -> StoreResult<()> {
    for chunk in changes.chunks(7_000) {
        on_built!(
            tx,
            |builder| {
                builder.push("WITH change (id, due_date, bug_link) AS (");
                builder.push_values(chunk, |mut row, change| {
                    row.push_bind(change.id).push_bind(change.due_date).push_bind(change.bug_link.as_str());
                });
                builder.push(
                    ") UPDATE artefact SET due_date = change.due_date, bug_link = change.bug_link, updated_at = ",
                );
                builder.push_bind(now);
                builder.push(" FROM change WHERE change.id = artefact.id");
            },
            |query, conn| query.execute(conn).map_ok(drop)
        )?;
    }
    Ok(())
}

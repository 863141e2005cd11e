//! Removing an artefact.

use futures::TryFutureExt;

use super::super::{StoreResult, Tx, on};

/// Removes an artefact with its builds, their executions and everything that hangs on these, if there is one.
pub async fn delete_artefact(tx: &mut Tx, id: i64) -> StoreResult<()> {
    on!(tx, |conn, _| sqlx::query("DELETE FROM artefact WHERE id = $1").bind(id).execute(conn).map_ok(drop))?;
    Ok(())
}

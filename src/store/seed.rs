//! What seeding demo data asks of a database.

use super::{StoreResult, Tx, on};

/// Whether there are users or artefacts, archived ones too.
pub async fn has_data(tx: &mut Tx) -> StoreResult<bool> {
    let (has_data,): (bool,) =
        on!(tx, |conn, _| sqlx::query_as("SELECT EXISTS (SELECT 1 FROM app_user) OR EXISTS (SELECT 1 FROM artefact)")
            .fetch_one(conn))?;
    Ok(has_data)
}

/// What all logs take as they are stored, compressed or not, in bytes.
pub async fn count_log_bytes(tx: &mut Tx) -> StoreResult<i64> {
    let (bytes,): (i64,) = on!(tx, |conn, _| sqlx::query_as(
        "SELECT CAST(COALESCE(SUM(COALESCE(octet_length(io_log_zstd), octet_length(io_log))), 0) AS BIGINT)
         FROM test_result",
    )
    .fetch_one(conn))?;
    Ok(bytes)
}

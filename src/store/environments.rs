//! Environments.

use super::{IdRow, Moment, StoreResult, Tx, on};

/// The environment of that name and architecture, made when it is new.
pub async fn find_or_create_environment(tx: &mut Tx, name: &str, architecture: &str, now: Moment) -> StoreResult<i64> {
    if let Some(id) = find_environment(tx, name, architecture).await? {
        return Ok(id);
    }
    let created: Option<IdRow> = on!(tx, |conn, _| sqlx::query_as(
        "INSERT INTO environment (name, architecture, created_at, updated_at) VALUES ($1, $2, $3, $3)
         ON CONFLICT DO NOTHING RETURNING id",
    )
    .bind(name)
    .bind(architecture)
    .bind(now)
    .fetch_optional(conn))?;
    match created {
        Some(row) => Ok(row.id),
        // A concurrent request was faster; its row is there now.
        None => Ok(find_environment(tx, name, architecture).await?.ok_or(sqlx::Error::RowNotFound)?),
    }
}

async fn find_environment(tx: &mut Tx, name: &str, architecture: &str) -> StoreResult<Option<i64>> {
    let row: Option<IdRow> =
        on!(tx, |conn, _| sqlx::query_as("SELECT id FROM environment WHERE name = $1 AND architecture = $2")
            .bind(name)
            .bind(architecture)
            .fetch_optional(conn))?;
    Ok(row.map(|row| row.id))
}

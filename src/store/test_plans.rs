//! Test plans.

use super::{IdRow, Moment, StoreResult, Tx, on};

/// The plan of that name, made when it is new.
pub async fn find_or_create_test_plan(tx: &mut Tx, name: &str, now: Moment) -> StoreResult<i64> {
    if let Some(id) = find_test_plan(tx, name).await? {
        return Ok(id);
    }
    let created: Option<IdRow> = on!(tx, |conn, _| sqlx::query_as(
        "INSERT INTO test_plan (name, created_at, updated_at) VALUES ($1, $2, $2)
         ON CONFLICT DO NOTHING RETURNING id",
    )
    .bind(name)
    .bind(now)
    .fetch_optional(conn))?;
    match created {
        Some(row) => Ok(row.id),
        None => Ok(find_test_plan(tx, name).await?.ok_or(sqlx::Error::RowNotFound)?),
    }
}

async fn find_test_plan(tx: &mut Tx, name: &str) -> StoreResult<Option<i64>> {
    let row: Option<IdRow> =
        on!(tx, |conn, _| sqlx::query_as("SELECT id FROM test_plan WHERE name = $1").bind(name).fetch_optional(conn))?;
    Ok(row.map(|row| row.id))
}

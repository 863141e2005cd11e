//! Applications: programs that act with an API key.

use app::api::Permission;
use sqlx::types::Json;

use super::{IdRow, Moment, StoreResult, Tx, on};

/// An application that is known by its key.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ApplicationRow {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// What it may do.
    pub permissions: Json<Vec<Permission>>,
    /// Its key.
    pub api_key: String,
}

/// The application with that key.
pub async fn find_application_by_key(tx: &mut Tx, api_key: &str) -> StoreResult<Option<ApplicationRow>> {
    on!(tx, |conn, _| sqlx::query_as("SELECT id, name, permissions, api_key FROM application WHERE api_key = $1")
        .bind(api_key)
        .fetch_optional(conn))
}

/// The application of that name.
pub async fn find_application_by_name(tx: &mut Tx, name: &str) -> StoreResult<Option<ApplicationRow>> {
    on!(tx, |conn, _| sqlx::query_as("SELECT id, name, permissions, api_key FROM application WHERE name = $1")
        .bind(name)
        .fetch_optional(conn))
}

/// Makes an application; false when the name is taken.
pub async fn create_application(
    tx: &mut Tx,
    name: &str,
    permissions: &[Permission],
    api_key: &str,
    now: Moment,
) -> StoreResult<bool> {
    let permissions = Json(permissions);
    let created: Option<IdRow> = on!(tx, |conn, _| sqlx::query_as(
        "INSERT INTO application (name, permissions, api_key, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)
         ON CONFLICT DO NOTHING RETURNING id",
    )
    .bind(name)
    .bind(permissions)
    .bind(api_key)
    .bind(now)
    .fetch_optional(conn))?;
    Ok(created.is_some())
}

//! Teams: people who are responsible for the same things.

use sqlx::types::Json;

use super::{StoreResult, Tx, on};

/// A team in a few words.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct TeamNameRow {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
}

/// Those of the teams that exist, each once, by id.
pub async fn list_team_names(tx: &mut Tx, ids: &[i64]) -> StoreResult<Vec<TeamNameRow>> {
    let ids = Json(ids);
    on!(tx, |conn, sql| sqlx::query_as(sql.of("SELECT id, name FROM team WHERE id IN ints($1) ORDER BY id"))
        .bind(ids)
        .fetch_all(conn))
}

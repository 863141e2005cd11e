//! Environments.

use app::api::FamilyName;
use sqlx::types::Json;

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

/// A page of the names of environments in ascending order, each once, and how many there are on all pages: those that match the
/// pattern, if there is one, and where an artefact of one of the families was tested, if there are any.
///
/// The chosen executions are gathered once for both, from indexes alone, so that an environment where thousands of others ran
/// costs no more than one where none did. Only ASCII letters have two cases here: neither database knows of others, SQLite
/// never, and PostgreSQL not in columns that sort by bytes.
pub async fn list_environment_names(
    tx: &mut Tx,
    pattern: Option<&str>,
    families: &[FamilyName],
    limit: i64,
    offset: i64,
) -> StoreResult<(Vec<String>, i64)> {
    // In lower case here, not by the database: PostgreSQL knows more letters in parameters than in the column.
    let (pattern, any_family, families) = (pattern.map(str::to_ascii_lowercase), families.is_empty(), Json(families));
    // The count comes first, by itself, as a page behind the last one has no row to carry it.
    let rows: Vec<(Option<String>, i64)> = on!(tx, |conn, sql| sqlx::query_as(sql.of("WITH found AS MATERIALIZED (
             SELECT DISTINCT name FROM environment
             WHERE (CAST($1 AS TEXT) IS NULL OR lower(name) LIKE $1 ESCAPE '\\') AND ($2 OR id IN (
                 SELECT execution.environment_id FROM artefact
                 JOIN artefact_build AS build ON build.artefact_id = artefact.id
                 JOIN test_execution AS execution ON execution.artefact_build_id = build.id
                 WHERE artefact.family IN texts($3)
             ))
         )
         SELECT NULL AS name, COUNT(*) AS total FROM found
         UNION ALL
         SELECT name, 0 FROM (SELECT name FROM found ORDER BY name LIMIT $4 OFFSET $5) AS page
         ORDER BY name NULLS FIRST",))
    .bind(pattern)
    .bind(any_family)
    .bind(families)
    .bind(limit)
    .bind(offset)
    .fetch_all(conn))?;
    let total = rows.first().map_or(0, |(_, total)| *total);
    Ok((rows.into_iter().filter_map(|(name, _)| name).collect(), total))
}

//! Builds of artefacts.

use sqlx::types::Json;

use super::{IdRow, Moment, StoreResult, Tx, on};

/// A build of an artefact.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct BuildRow {
    /// Its id.
    pub id: i64,
    /// The artefact.
    pub artefact_id: i64,
    /// What it is built for.
    pub architecture: String,
    /// The store's number of the build.
    pub revision: Option<i32>,
}

/// An artefact that contains a build.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct BundlingRow {
    /// The build that is contained.
    pub artefact_build_id: i64,
    /// The artefact that contains it.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its family.
    #[sqlx(try_from = "String")]
    pub family: app::api::FamilyName,
}

/// The build of an artefact for an architecture and revision, made when it is new. No revision counts as one value.
pub async fn find_or_create_build(
    tx: &mut Tx,
    artefact_id: i64,
    architecture: &str,
    revision: Option<i32>,
    now: Moment,
) -> StoreResult<i64> {
    if let Some(id) = find_build(tx, artefact_id, architecture, revision).await? {
        return Ok(id);
    }
    let created: Option<IdRow> = on!(tx, |conn, _| sqlx::query_as(
        "INSERT INTO artefact_build (artefact_id, architecture, revision, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $4) ON CONFLICT DO NOTHING RETURNING id",
    )
    .bind(artefact_id)
    .bind(architecture)
    .bind(revision)
    .bind(now)
    .fetch_optional(conn))?;
    match created {
        Some(row) => Ok(row.id),
        None => Ok(find_build(tx, artefact_id, architecture, revision).await?.ok_or(sqlx::Error::RowNotFound)?),
    }
}

async fn find_build(
    tx: &mut Tx,
    artefact_id: i64,
    architecture: &str,
    revision: Option<i32>,
) -> StoreResult<Option<i64>> {
    let row: Option<IdRow> = on!(tx, |conn, _| sqlx::query_as(
        "SELECT id FROM artefact_build WHERE artefact_id = $1 AND architecture = $2
         AND COALESCE(revision = $3, revision IS NULL AND CAST($3 AS INTEGER) IS NULL)",
    )
    .bind(artefact_id)
    .bind(architecture)
    .bind(revision)
    .fetch_optional(conn))?;
    Ok(row.map(|row| row.id))
}

/// The architectures an artefact has been built for, each once.
pub async fn list_architectures(tx: &mut Tx, artefact_id: i64) -> StoreResult<Vec<String>> {
    let rows: Vec<(String,)> = on!(tx, |conn, _| sqlx::query_as(
        "SELECT DISTINCT architecture FROM artefact_build WHERE artefact_id = $1 ORDER BY architecture",
    )
    .bind(artefact_id)
    .fetch_all(conn))?;
    Ok(rows.into_iter().map(|(architecture,)| architecture).collect())
}

/// What artefacts have been built for, as `(artefact, architecture)`, each once.
pub async fn list_architectures_of(tx: &mut Tx, artefact_ids: &[i64]) -> StoreResult<Vec<(i64, String)>> {
    let ids = Json(artefact_ids);
    on!(tx, |conn, sql| sqlx::query_as(
        sql.of("SELECT DISTINCT artefact_id, architecture FROM artefact_build WHERE artefact_id IN ints($1)")
    )
    .bind(ids)
    .fetch_all(conn))
}

/// Per architecture the build with the highest revision (none counts as 0, the older build wins a tie), in the order in
/// which the architectures appeared.
pub async fn list_latest_builds(tx: &mut Tx, artefact_id: i64) -> StoreResult<Vec<BuildRow>> {
    on!(tx, |conn, _| sqlx::query_as(
        "SELECT id, artefact_id, architecture, revision FROM (
             SELECT id, artefact_id, architecture, revision,
                 ROW_NUMBER() OVER (PARTITION BY architecture ORDER BY COALESCE(revision, 0) DESC, id) AS place,
                 MIN(id) OVER (PARTITION BY architecture) AS first_id
             FROM artefact_build WHERE artefact_id = $1
         ) AS ranked WHERE place = 1 ORDER BY first_id",
    )
    .bind(artefact_id)
    .fetch_all(conn))
}

/// Those of the builds that exist, by id.
pub async fn list_builds(tx: &mut Tx, ids: &[i64]) -> StoreResult<Vec<BuildRow>> {
    let ids = Json(ids);
    on!(tx, |conn, sql| sqlx::query_as(
        sql.of("SELECT id, artefact_id, architecture, revision FROM artefact_build WHERE id IN ints($1) ORDER BY id")
    )
    .bind(ids)
    .fetch_all(conn))
}

/// The artefacts that contain any of the builds.
pub async fn list_bundling_artefacts(tx: &mut Tx, build_ids: &[i64]) -> StoreResult<Vec<BundlingRow>> {
    let ids = Json(build_ids);
    on!(tx, |conn, sql| sqlx::query_as(sql.of(
        "SELECT bundle.artefact_build_id, artefact.id, artefact.name, artefact.version, artefact.family
         FROM artefact_bundled_builds_association AS bundle
         JOIN artefact ON artefact.id = bundle.artefact_id
         WHERE bundle.artefact_build_id IN ints($1) ORDER BY bundle.artefact_build_id, artefact.id",
    ))
    .bind(ids)
    .fetch_all(conn))
}

/// The builds that artefacts contain, as `(artefact, build)` in the order of bundling.
pub async fn list_bundled_builds(tx: &mut Tx, artefact_ids: &[i64]) -> StoreResult<Vec<BuildRow>> {
    let ids = Json(artefact_ids);
    on!(tx, |conn, sql| sqlx::query_as(sql.of(
        "SELECT build.id, bundle.artefact_id, build.architecture, build.revision
         FROM artefact_bundled_builds_association AS bundle
         JOIN artefact_build AS build ON build.id = bundle.artefact_build_id
         WHERE bundle.artefact_id IN ints($1) ORDER BY bundle.artefact_id, bundle.position, build.id",
    ))
    .bind(ids)
    .fetch_all(conn))
}

//! Applications: programs that act with an API key, and what is kept of their keys.

use app::api::Permission;
use futures::TryFutureExt;
use sqlx::types::Json;

use super::{Db, Moment, StoreResult, Tx, on, on_built};
use crate::domain::api_key::KeyDigest;

/// An application.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ApplicationRow {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// What it may do, in the order it was written.
    #[sqlx(json)]
    pub permissions: Vec<Permission>,
    /// The characters its key begins with; nothing while the key that an import brought waits to be hashed.
    pub key_prefix: Option<String>,
    /// The hash of its key; nothing as long as it has no prefix.
    pub key_hash: Option<String>,
    /// From then on its keys are good for nothing; nothing for never.
    pub expires_at: Option<Moment>,
    /// When a request last came with one of its keys, to about a minute.
    pub last_used_at: Option<Moment>,
}

/// An application with a key that begins as one that was sent.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct CandidateRow {
    /// The application.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// What it may do.
    #[sqlx(json)]
    pub permissions: Vec<Permission>,
    /// The hash of the key.
    pub key_hash: String,
}

#[derive(sqlx::FromRow)]
struct ClearKeyRow {
    id: i64,
    api_key: String,
}

/// An application to make.
#[derive(Clone, Copy, Debug)]
pub struct NewApplication<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it may do.
    pub permissions: &'a [Permission],
    /// What is kept of its key.
    pub key: &'a KeyDigest,
    /// From then on its keys are good for nothing; nothing for never.
    pub expires_at: Option<Moment>,
}

macro_rules! select_applications {
    ($rest:literal) => {
        concat!("SELECT id, name, permissions, key_prefix, key_hash, expires_at, last_used_at FROM application ", $rest)
    };
}

/// The applications whose key begins with these characters and is good at that moment, also as one that was replaced.
pub async fn list_candidates(tx: &mut Tx, key_prefix: &str, now: Moment) -> StoreResult<Vec<CandidateRow>> {
    on!(tx, |conn, _| sqlx::query_as(
        "SELECT id, name, permissions, key_hash FROM application
         WHERE key_prefix = $1 AND (expires_at IS NULL OR expires_at > $2)
         UNION ALL
         SELECT application.id, application.name, application.permissions, replaced.key_hash
         FROM application_replaced_key AS replaced JOIN application ON application.id = replaced.application_id
         WHERE replaced.key_prefix = $1 AND replaced.expires_at > $2
             AND (application.expires_at IS NULL OR application.expires_at > $2)",
    )
    .bind(key_prefix)
    .bind(now)
    .fetch_all(conn))
}

/// All applications, in the order of their ids.
pub async fn list_applications(tx: &mut Tx) -> StoreResult<Vec<ApplicationRow>> {
    on!(tx, |conn, _| sqlx::query_as(select_applications!("ORDER BY id")).fetch_all(conn))
}

/// The application of that id.
pub async fn find_application(tx: &mut Tx, id: i64) -> StoreResult<Option<ApplicationRow>> {
    on!(tx, |conn, _| sqlx::query_as(select_applications!("WHERE id = $1")).bind(id).fetch_optional(conn))
}

/// The application of that id, which nobody else changes until this transaction ends.
pub async fn lock_application(tx: &mut Tx, id: i64) -> StoreResult<Option<ApplicationRow>> {
    on!(tx, |conn, sql| sqlx::query_as(sql.of(select_applications!("WHERE id = $1 FOR NO KEY UPDATE OF application")))
        .bind(id)
        .fetch_optional(conn))
}

/// The application of that name, which nobody else changes until this transaction ends.
pub async fn lock_application_by_name(tx: &mut Tx, name: &str) -> StoreResult<Option<ApplicationRow>> {
    on!(tx, |conn, sql| sqlx::query_as(
        sql.of(select_applications!("WHERE name = $1 FOR NO KEY UPDATE OF application"))
    )
    .bind(name)
    .fetch_optional(conn))
}

/// Makes an application; nothing when the name is taken.
pub async fn create_application(
    tx: &mut Tx,
    new: NewApplication<'_>,
    now: Moment,
) -> StoreResult<Option<ApplicationRow>> {
    let permissions = Json(new.permissions);
    on!(tx, |conn, _| sqlx::query_as(
        "INSERT INTO application (name, permissions, key_prefix, key_hash, expires_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT DO NOTHING
         RETURNING id, name, permissions, key_prefix, key_hash, expires_at, last_used_at",
    )
    .bind(new.name)
    .bind(permissions)
    .bind(&new.key.prefix)
    .bind(&new.key.hash)
    .bind(new.expires_at)
    .bind(now)
    .fetch_optional(conn))
}

/// Writes what an application may do, and until when.
pub async fn update_application(tx: &mut Tx, row: &ApplicationRow, now: Moment) -> StoreResult<()> {
    on!(tx, |conn, _| sqlx::query(
        "UPDATE application SET permissions = $2, expires_at = $3, updated_at = $4 WHERE id = $1"
    )
    .bind(row.id)
    .bind(Json(&row.permissions))
    .bind(row.expires_at)
    .bind(now)
    .execute(conn)
    .map_ok(drop))
}

/// Gives an application another key.
pub async fn update_key(tx: &mut Tx, id: i64, key: &KeyDigest, now: Moment) -> StoreResult<()> {
    on!(tx, |conn, _| sqlx::query(
        "UPDATE application SET api_key = NULL, key_prefix = $2, key_hash = $3, updated_at = $4 WHERE id = $1"
    )
    .bind(id)
    .bind(&key.prefix)
    .bind(&key.hash)
    .bind(now)
    .execute(conn)
    .map_ok(drop))
}

/// Keeps a key that is being replaced good until `end`, and lets none that was replaced before live longer than that.
pub async fn retire_key(
    tx: &mut Tx,
    application_id: i64,
    key: &KeyDigest,
    end: Moment,
    now: Moment,
) -> StoreResult<()> {
    on!(tx, |conn, _| sqlx::query(
        "INSERT INTO application_replaced_key
             (application_id, key_prefix, key_hash, expires_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $5)",
    )
    .bind(application_id)
    .bind(&key.prefix)
    .bind(&key.hash)
    .bind(end)
    .bind(now)
    .execute(conn)
    .map_ok(drop))?;
    on!(tx, |conn, _| sqlx::query(
        "UPDATE application_replaced_key SET expires_at = $2, updated_at = $3
         WHERE application_id = $1 AND expires_at > $2",
    )
    .bind(application_id)
    .bind(end)
    .bind(now)
    .execute(conn)
    .map_ok(drop))?;
    on!(tx, |conn, _| sqlx::query(
        "DELETE FROM application_replaced_key WHERE application_id = $1 AND expires_at <= $2"
    )
    .bind(application_id)
    .bind(now)
    .execute(conn)
    .map_ok(drop))
}

/// Removes an application together with its keys, if there is one.
pub async fn delete_application(tx: &mut Tx, id: i64) -> StoreResult<()> {
    on!(tx, |conn, _| sqlx::query("DELETE FROM application WHERE id = $1").bind(id).execute(conn).map_ok(drop))
}

/// Notes when applications were last seen, each `(id, when)`; none is set back. Looking is no change of an application:
/// its time of change stays.
pub async fn note_last_uses(tx: &mut Tx, uses: &[(i64, Moment)]) -> StoreResult<()> {
    let ids = Json(uses.iter().map(|(id, _)| *id).collect::<Vec<_>>());
    // In one order, so that servers that do the same wait for each other instead of locking each other out.
    on!(tx, |conn, sql| sqlx::query(
        sql.of("SELECT id FROM application WHERE id IN ints($1) ORDER BY id FOR NO KEY UPDATE OF application")
    )
    .bind(ids)
    .execute(conn)
    .map_ok(drop))?;
    for chunk in uses.chunks(10_000) {
        on_built!(
            tx,
            |builder| {
                builder.push("WITH sight (id, used_at) AS (");
                builder.push_values(chunk, |mut row, (id, used_at)| {
                    row.push_bind(*id).push_bind(*used_at);
                });
                builder.push(
                    ") UPDATE application SET last_used_at = sight.used_at FROM sight WHERE sight.id = application.id
                     AND (application.last_used_at IS NULL OR application.last_used_at < sight.used_at)",
                );
            },
            |query, conn| query.execute(conn).map_ok(drop)
        )?;
    }
    Ok(())
}

const SELECT_CLEAR_KEYS: &str =
    "SELECT id, api_key FROM application WHERE api_key IS NOT NULL ORDER BY id FOR NO KEY UPDATE OF application";

impl Db {
    /// Hashes the keys that stand in clear, as an import or an older version leaves them, and clears them. Done again,
    /// or from several processes at once, it does nothing more.
    pub async fn hash_clear_keys(&self) -> StoreResult<()> {
        let mut tx = self.write().await?;
        let rows: Vec<ClearKeyRow> =
            on!(&mut tx, |conn, sql| sqlx::query_as(sql.of(SELECT_CLEAR_KEYS)).fetch_all(conn))?;
        for row in rows {
            let key = KeyDigest::of(&row.api_key);
            on!(&mut tx, |conn, _| sqlx::query(
                "UPDATE application SET api_key = NULL, key_prefix = $2, key_hash = $3 WHERE id = $1"
            )
            .bind(row.id)
            .bind(&key.prefix)
            .bind(&key.hash)
            .execute(conn)
            .map_ok(drop))?;
        }
        tx.commit().await
    }
}

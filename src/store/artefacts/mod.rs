//! Artefacts and who reviews them.

mod delete;
mod follow;
mod search;
mod update;

use app::api::{ArtefactStatus, FamilyName};
use chrono::NaiveDate;
use futures::TryFutureExt;
use sqlx::types::Json;

pub use delete::*;
pub use follow::*;
pub use search::*;
pub use update::*;

use super::{IdRow, Moment, StoreResult, Tx, on, on_built};

/// An artefact as it is stored. Fields a family does not use are `""`.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns' names are the field's own words")]
pub struct ArtefactRow {
    pub id: i64,
    pub created_at: Moment,
    pub name: String,
    pub version: String,
    pub stage: String,
    #[sqlx(try_from = "String")]
    pub family: FamilyName,
    pub due_date: Option<NaiveDate>,
    pub bug_link: String,
    #[sqlx(try_from = "String")]
    pub status: ArtefactStatus,
    pub archived: bool,
    pub comment: String,
    pub jira_issue: Option<String>,
    pub store: String,
    pub track: String,
    pub branch: String,
    pub series: String,
    pub repo: String,
    pub source: String,
    pub os: String,
    pub release: String,
    pub owner: String,
    pub sha256: String,
    pub image_url: String,
    pub bundled_builds_hash: Option<String>,
}

/// What identifies an artefact, and what it is created with.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the columns' names are the field's own words")]
pub struct NewArtefact {
    pub family: FamilyName,
    pub name: String,
    pub version: String,
    pub stage: String,
    pub store: String,
    pub track: String,
    pub branch: String,
    pub series: String,
    pub repo: String,
    pub source: String,
    pub os: String,
    pub release: String,
    pub owner: String,
    pub sha256: String,
    pub image_url: String,
    pub bundled_builds_hash: Option<String>,
}

impl NewArtefact {
    /// An artefact that is only a family, a name, a version and a stage.
    pub fn named(family: FamilyName, name: String, version: String, stage: &str) -> Self {
        let none = String::new;
        Self {
            family,
            name,
            version,
            stage: stage.to_owned(),
            store: none(),
            track: none(),
            branch: none(),
            series: none(),
            repo: none(),
            source: none(),
            os: none(),
            release: none(),
            owner: none(),
            sha256: none(),
            image_url: none(),
            bundled_builds_hash: None,
        }
    }
}

/// A reviewer of an artefact.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns' names are the field's own words")]
pub struct ReviewerRow {
    pub artefact_id: i64,
    pub id: i64,
    pub launchpad_handle: Option<String>,
    pub email: String,
    pub name: String,
}

/// A version of an artefact.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct VersionRow {
    /// The artefact.
    pub id: i64,
    /// Its version.
    pub version: String,
}

/// What is true of the artefacts that the list shows: archived ones never count, charms are all current, and of the other families
/// the newest of each group is.
macro_rules! current_artefact {
    () => {
        "NOT artefact.archived AND NOT EXISTS (
             SELECT 1 FROM artefact AS newer
             WHERE artefact.family <> 'charm' AND newer.family = artefact.family AND newer.stage = artefact.stage
                 AND newer.name = artefact.name AND NOT newer.archived
                 AND (newer.created_at > artefact.created_at
                     OR newer.created_at = artefact.created_at AND newer.id > artefact.id)
                 AND CASE artefact.family
                     WHEN 'snap' THEN newer.track = artefact.track AND newer.branch = artefact.branch
                     WHEN 'deb' THEN newer.repo = artefact.repo AND newer.series = artefact.series
                         AND newer.source = artefact.source
                     WHEN 'image' THEN newer.os = artefact.os AND newer.release = artefact.release
                     ELSE newer.source = artefact.source AND newer.track = artefact.track END
         )"
    };
}

pub(super) use current_artefact;

macro_rules! select_artefacts {
    ($($rest:tt)+) => {
        concat!(
            "SELECT artefact.id, artefact.created_at, artefact.name, artefact.version, artefact.stage,
                 artefact.family, artefact.due_date, artefact.bug_link, artefact.status, artefact.archived,
                 artefact.comment, artefact.jira_issue, artefact.store, artefact.track, artefact.branch,
                 artefact.series, artefact.repo, artefact.source, artefact.os, artefact.release, artefact.owner,
                 artefact.sha256, artefact.image_url, artefact.bundled_builds_hash
             FROM artefact ",
            $($rest)+
        )
    };
}

/// The artefact of that id.
pub async fn find_artefact(tx: &mut Tx, id: i64) -> StoreResult<Option<ArtefactRow>> {
    on!(tx, |conn, _| sqlx::query_as(select_artefacts!("WHERE id = $1")).bind(id).fetch_optional(conn))
}

/// Those of the artefacts that exist, with everything the API shows of them, by id.
pub async fn list_artefacts(tx: &mut Tx, ids: &[i64]) -> StoreResult<Vec<ArtefactRow>> {
    let ids = Json(ids);
    on!(tx, |conn, sql| sqlx::query_as(sql.of(select_artefacts!("WHERE artefact.id IN ints($1) ORDER BY id")))
        .bind(ids)
        .fetch_all(conn))
}

/// The current artefacts of one family, or of all.
///
/// Archived ones never count. Charms are all current; of the other families the newest of each group is: per stage, name
/// and track and branch (snap), repo, series and source (deb), os and release (image), source and track (solution).
pub async fn list_current_artefacts(tx: &mut Tx, family: Option<FamilyName>) -> StoreResult<Vec<ArtefactRow>> {
    let family = family.map(FamilyName::as_str);
    on!(tx, |conn, _| sqlx::query_as(select_artefacts!(
        "WHERE (CAST($1 AS TEXT) IS NULL OR artefact.family = $1) AND ",
        current_artefact!(),
        " ORDER BY CASE artefact.family WHEN 'snap' THEN 1 WHEN 'deb' THEN 2 WHEN 'charm' THEN 3 WHEN 'image' THEN 4
             ELSE 5 END, artefact.name, artefact.created_at, artefact.id"
    ))
    .bind(family)
    .fetch_all(conn))
}

/// The families that have an artefact which is not archived.
pub async fn list_families(tx: &mut Tx) -> StoreResult<Vec<String>> {
    let rows: Vec<(String,)> =
        on!(tx, |conn, _| sqlx::query_as("SELECT DISTINCT family FROM artefact WHERE NOT archived").fetch_all(conn))?;
    Ok(rows.into_iter().map(|(family,)| family).collect())
}

/// The versions beside an artefact's own: everything that differs from it in version, stage, store or owner only.
/// Newest first; archived ones and itself included.
pub async fn list_versions(tx: &mut Tx, artefact_id: i64) -> StoreResult<Vec<VersionRow>> {
    on!(tx, |conn, _| sqlx::query_as(
        "SELECT other.id, other.version FROM artefact AS it
         JOIN artefact AS other ON other.family = it.family AND other.name = it.name AND other.track = it.track
             AND other.branch = it.branch AND other.series = it.series AND other.repo = it.repo
             AND other.os = it.os AND other.release = it.release AND other.source = it.source
             AND COALESCE(other.bundled_builds_hash, '') = COALESCE(it.bundled_builds_hash, '')
         WHERE it.id = $1 ORDER BY other.id DESC",
    )
    .bind(artefact_id)
    .fetch_all(conn))
}

/// The reviewers of the artefacts, in the order of assignment.
pub async fn list_reviewers(tx: &mut Tx, artefact_ids: &[i64]) -> StoreResult<Vec<ReviewerRow>> {
    let ids = Json(artefact_ids);
    on!(tx, |conn, sql| sqlx::query_as(sql.of(
        "SELECT assigned.artefact_id, app_user.id, app_user.launchpad_handle, app_user.email, app_user.name
         FROM artefact_reviewers_association AS assigned JOIN app_user ON app_user.id = assigned.user_id
         WHERE assigned.artefact_id IN ints($1) ORDER BY assigned.artefact_id, assigned.position, app_user.id",
    ))
    .bind(ids)
    .fetch_all(conn))
}

/// Keeps other requests from assigning reviewers to the artefact until this transaction ends.
pub async fn lock_artefact(tx: &mut Tx, id: i64) -> StoreResult<()> {
    on!(tx, |conn, sql| sqlx::query(sql.of("SELECT id FROM artefact WHERE id = $1 FOR NO KEY UPDATE OF artefact"))
        .bind(id)
        .execute(conn)
        .map_ok(drop))?;
    Ok(())
}

/// Those of the artefacts that exist, by id, kept from being changed by others until this transaction ends.
pub async fn lock_artefacts(tx: &mut Tx, ids: &[i64]) -> StoreResult<Vec<ArtefactRow>> {
    let ids = Json(ids);
    on!(tx, |conn, sql| sqlx::query_as(
        sql.of(select_artefacts!("WHERE artefact.id IN ints($1) ORDER BY artefact.id FOR NO KEY UPDATE OF artefact"))
    )
    .bind(ids)
    .fetch_all(conn))
}

/// Adds reviewers behind those the artefact has.
pub async fn add_reviewers(tx: &mut Tx, artefact_id: i64, user_ids: &[i64], after: usize) -> StoreResult<()> {
    if user_ids.is_empty() {
        return Ok(());
    }
    let after = i32::try_from(after).unwrap_or(i32::MAX);
    on_built!(
        tx,
        |builder| {
            builder.push("INSERT INTO artefact_reviewers_association (artefact_id, user_id, position) ");
            builder.push_values(user_ids.iter().zip(after..), |mut row, (user, position)| {
                row.push_bind(artefact_id).push_bind(*user).push_bind(position);
            });
        },
        |query, conn| query.execute(conn).map_ok(drop)
    )?;
    Ok(())
}

/// Sets the day by which somebody should have decided.
pub async fn update_due_date(tx: &mut Tx, artefact_id: i64, due: NaiveDate, now: Moment) -> StoreResult<()> {
    on!(tx, |conn, _| sqlx::query("UPDATE artefact SET due_date = $2, updated_at = $3 WHERE id = $1")
        .bind(artefact_id)
        .bind(due)
        .bind(now)
        .execute(conn)
        .map_ok(drop))?;
    Ok(())
}

/// The artefact with these coordinates, archived or not, made when it is new, and whether it is. Nothing of one that exists
/// is changed.
pub async fn find_or_create_artefact(tx: &mut Tx, new: &NewArtefact, now: Moment) -> StoreResult<(i64, bool)> {
    if let Some(id) = find_same_artefact(tx, new).await? {
        return Ok((id, false));
    }
    let created: Option<IdRow> = on!(tx, |conn, _| {
        sqlx::query_as(
        "INSERT INTO artefact (family, name, version, stage, store, track, branch, series, repo, source, os, release,
             owner, sha256, image_url, bundled_builds_hash, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17)
         ON CONFLICT DO NOTHING RETURNING id",
    )
    .bind(new.family.as_str())
    .bind(&new.name)
    .bind(&new.version)
    .bind(&new.stage)
    .bind(&new.store)
    .bind(&new.track)
    .bind(&new.branch)
    .bind(&new.series)
    .bind(&new.repo)
    .bind(&new.source)
    .bind(&new.os)
    .bind(&new.release)
    .bind(&new.owner)
    .bind(&new.sha256)
    .bind(&new.image_url)
    .bind(&new.bundled_builds_hash)
    .bind(now)
    .fetch_optional(conn)
    })?;
    match created {
        Some(row) => Ok((row.id, true)),
        None => Ok((find_same_artefact(tx, new).await?.ok_or(sqlx::Error::RowNotFound)?, false)),
    }
}

/// The image with that checksum.
pub async fn find_image(tx: &mut Tx, sha256: &str) -> StoreResult<Option<i64>> {
    let row: Option<IdRow> =
        on!(tx, |conn, _| sqlx::query_as("SELECT id FROM artefact WHERE family = 'image' AND sha256 = $1")
            .bind(sha256)
            .fetch_optional(conn))?;
    Ok(row.map(|row| row.id))
}

/// Each family has its own key; the family stands in the text so that the family's partial index serves.
async fn find_same_artefact(tx: &mut Tx, new: &NewArtefact) -> StoreResult<Option<i64>> {
    let row: Option<IdRow> = match new.family {
        FamilyName::Snap => on!(tx, |conn, _| sqlx::query_as(
            "SELECT id FROM artefact WHERE family = 'snap' AND name = $1 AND version = $2 AND store = $3
             AND track = $4 AND branch = $5"
        )
        .bind(&new.name)
        .bind(&new.version)
        .bind(&new.store)
        .bind(&new.track)
        .bind(&new.branch)
        .fetch_optional(conn))?,
        FamilyName::Charm => on!(tx, |conn, _| sqlx::query_as(
            "SELECT id FROM artefact WHERE family = 'charm' AND name = $1 AND version = $2 AND track = $3
             AND branch = $4"
        )
        .bind(&new.name)
        .bind(&new.version)
        .bind(&new.track)
        .bind(&new.branch)
        .fetch_optional(conn))?,
        FamilyName::Deb => on!(tx, |conn, _| sqlx::query_as(
            "SELECT id FROM artefact WHERE family = 'deb' AND name = $1 AND version = $2 AND series = $3
             AND repo = $4 AND source = $5"
        )
        .bind(&new.name)
        .bind(&new.version)
        .bind(&new.series)
        .bind(&new.repo)
        .bind(&new.source)
        .fetch_optional(conn))?,
        FamilyName::Image => return find_image(tx, &new.sha256).await,
        FamilyName::Solution => on!(tx, |conn, _| sqlx::query_as(
            "SELECT id FROM artefact WHERE family = 'solution' AND name = $1 AND version = $2 AND track = $3
             AND source = $4 AND stage = $5 AND bundled_builds_hash = $6"
        )
        .bind(&new.name)
        .bind(&new.version)
        .bind(&new.track)
        .bind(&new.source)
        .bind(&new.stage)
        .bind(&new.bundled_builds_hash)
        .fetch_optional(conn))?,
    };
    Ok(row.map(|row| row.id))
}

//! Webhooks, and what their messages tell.

use app::api::{FamilyName, WebhookEvent, WebhookFormat};
use futures::TryFutureExt;
use sqlx::types::Json;

use super::{IdRow, Moment, StoreResult, Tx, on};

/// A webhook. It cannot be shown as it is: its secret is in it.
#[derive(Clone, sqlx::FromRow)]
pub struct WebhookRow {
    /// Its id.
    pub id: i64,
    /// When it was made.
    pub created_at: Moment,
    /// What somebody wants.
    #[sqlx(flatten)]
    pub columns: WebhookColumns,
}

/// What somebody wants of a webhook.
#[derive(Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct WebhookColumns {
    /// Where messages are posted.
    pub url: String,
    /// What is told.
    #[sqlx(json)]
    pub events: Vec<WebhookEvent>,
    /// Of artefacts of these families; of all when it is empty.
    #[sqlx(json)]
    pub families: Vec<FamilyName>,
    /// How messages read.
    #[sqlx(try_from = "String")]
    pub format: WebhookFormat,
    /// What messages are signed with.
    pub secret: Option<String>,
    /// Whether messages are sent.
    pub active: bool,
}

/// A run, as messages tell it.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns' names are the field's own words")]
pub struct ToldExecutionRow {
    pub id: i64,
    pub artefact_id: i64,
    pub test_plan: String,
    pub environment: String,
    pub architecture: String,
    pub ci_link: Option<String>,
    pub passed_count: i64,
    pub failed_count: i64,
    pub skipped_count: i64,
}

/// A build, and what it is of.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct ToldBuildRow {
    /// The build.
    pub build_id: i64,
    /// The artefact.
    pub artefact_id: i64,
    /// The artefact's family.
    #[sqlx(try_from = "String")]
    pub family: FamilyName,
}

macro_rules! select_webhooks {
    ($rest:literal) => {
        concat!("SELECT id, created_at, url, events, families, format, secret, active FROM webhook ", $rest)
    };
}

/// All webhooks, by id.
pub async fn list_webhooks(tx: &mut Tx) -> StoreResult<Vec<WebhookRow>> {
    on!(tx, |conn, _| sqlx::query_as(select_webhooks!("ORDER BY id")).fetch_all(conn))
}

/// How many webhooks there are.
pub async fn count_webhooks(tx: &mut Tx) -> StoreResult<i64> {
    let (count,): (i64,) = on!(tx, |conn, _| sqlx::query_as("SELECT COUNT(*) FROM webhook").fetch_one(conn))?;
    Ok(count)
}

/// The webhook of that id.
pub async fn find_webhook(tx: &mut Tx, id: i64) -> StoreResult<Option<WebhookRow>> {
    on!(tx, |conn, _| sqlx::query_as(select_webhooks!("WHERE id = $1")).bind(id).fetch_optional(conn))
}

/// The webhook of that id, which nobody else changes until this transaction ends.
pub async fn lock_webhook(tx: &mut Tx, id: i64) -> StoreResult<Option<WebhookRow>> {
    on!(tx, |conn, sql| sqlx::query_as(sql.of(select_webhooks!("WHERE id = $1 FOR NO KEY UPDATE OF webhook")))
        .bind(id)
        .fetch_optional(conn))
}

/// Makes a webhook; its id.
pub async fn create_webhook(tx: &mut Tx, webhook: &WebhookColumns, now: Moment) -> StoreResult<i64> {
    let created: IdRow = on!(tx, |conn, _| sqlx::query_as(
        "INSERT INTO webhook (url, events, families, format, secret, active, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7) RETURNING id",
    )
    .bind(&webhook.url)
    .bind(Json(&webhook.events))
    .bind(Json(&webhook.families))
    .bind(webhook.format.as_str())
    .bind(&webhook.secret)
    .bind(webhook.active)
    .bind(now)
    .fetch_one(conn))?;
    Ok(created.id)
}

/// Writes what somebody wants of a webhook.
pub async fn update_webhook(tx: &mut Tx, id: i64, webhook: &WebhookColumns, now: Moment) -> StoreResult<()> {
    on!(tx, |conn, _| {
        sqlx::query(
        "UPDATE webhook SET url = $2, events = $3, families = $4, format = $5, secret = $6, active = $7, updated_at = $8
         WHERE id = $1",
    )
    .bind(id)
    .bind(&webhook.url)
    .bind(Json(&webhook.events))
    .bind(Json(&webhook.families))
    .bind(webhook.format.as_str())
    .bind(&webhook.secret)
    .bind(webhook.active)
    .bind(now)
    .execute(conn)
    .map_ok(drop)
    })
}

/// Removes a webhook with the messages to it.
pub async fn delete_webhook(tx: &mut Tx, id: i64) -> StoreResult<()> {
    on!(tx, |conn, _| sqlx::query("DELETE FROM webhook WHERE id = $1").bind(id).execute(conn).map_ok(drop))
}

/// A run, as messages tell it.
pub async fn find_told_execution(tx: &mut Tx, id: i64) -> StoreResult<Option<ToldExecutionRow>> {
    on!(tx, |conn, _| sqlx::query_as(
        "SELECT execution.id, build.artefact_id, test_plan.name AS test_plan, environment.name AS environment,
             environment.architecture, execution.ci_link, CAST(execution.passed_count AS BIGINT) AS passed_count,
             CAST(execution.failed_count AS BIGINT) AS failed_count,
             CAST(execution.skipped_count AS BIGINT) AS skipped_count
         FROM test_execution AS execution
         JOIN artefact_build AS build ON build.id = execution.artefact_build_id
         JOIN test_plan ON test_plan.id = execution.test_plan_id
         JOIN environment ON environment.id = execution.environment_id
         WHERE execution.id = $1",
    )
    .bind(id)
    .fetch_optional(conn))
}

/// The builds, and what they are of.
pub async fn list_told_builds(tx: &mut Tx, build_ids: &[i64]) -> StoreResult<Vec<ToldBuildRow>> {
    let ids = Json(build_ids);
    on!(tx, |conn, sql| sqlx::query_as(
        sql.of("SELECT build.id AS build_id, artefact.id AS artefact_id, artefact.family
         FROM artefact_build AS build JOIN artefact ON artefact.id = build.artefact_id WHERE build.id IN ints($1)",)
    )
    .bind(ids)
    .fetch_all(conn))
}

//! Messages to other systems: written with the change that they are about, claimed by whoever sends them.

use app::api::{DeliveryStatus, FamilyName, WebhookEvent};
use futures::TryFutureExt;
use serde_json::Value;
use sqlx::types::Json;

use super::{Moment, StoreResult, Tx, on, on_built};
use crate::domain::outbox::{Attempt, Destination};

/// A message that nobody else sends until its lease is over.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ClaimedMessage {
    /// Its id.
    pub id: i64,
    /// When it was written.
    pub created_at: Moment,
    /// What it says.
    pub payload: Json<Value>,
    /// How often somebody has tried, this time included.
    pub attempts: i32,
}

/// What follows from an attempt, to be noted down.
#[derive(Clone, Debug)]
pub struct AttemptResult<'a> {
    /// How far the message is.
    pub status: DeliveryStatus,
    /// When there is another attempt, while it waits.
    pub due_at: Option<Moment>,
    /// How the attempt ended.
    pub attempt: &'a Attempt,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
}

/// A webhook that wants to hear of an event.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Listener {
    /// The webhook.
    pub id: i64,
    /// Of artefacts of these families; of all when it is empty.
    #[sqlx(json)]
    pub families: Vec<FamilyName>,
}

#[derive(sqlx::FromRow)]
struct DestinationRow {
    webhook_id: Option<i64>,
}

/// Writes a card for each of the users, who review the artefact from now on.
pub async fn add_jira_cards(tx: &mut Tx, artefact_id: i64, user_ids: &[i64], now: Moment) -> StoreResult<()> {
    if user_ids.is_empty() {
        return Ok(());
    }
    on_built!(
        tx,
        |builder| {
            builder.push("INSERT INTO outbox_message (kind, payload, status, due_at, created_at, updated_at) ");
            builder.push_values(user_ids, |mut row, user_id| {
                row.push_bind("jira_card");
                row.push_bind(Json(serde_json::json!({"artefact_id": artefact_id, "user_id": user_id})));
                row.push_bind("waiting").push_bind(now).push_bind(now).push_bind(now);
            });
        },
        |query, conn| query.execute(conn).map_ok(drop)
    )
}

/// The webhooks that want to hear of such an event, by id. They are not removed until this transaction ends.
pub async fn list_listeners(tx: &mut Tx, event: WebhookEvent) -> StoreResult<Vec<Listener>> {
    on!(tx, |conn, sql| sqlx::query_as(sql.of(
        "SELECT id, families FROM webhook WHERE active AND $1 IN texts(events) ORDER BY id FOR KEY SHARE OF webhook"
    ))
    .bind(event.as_str())
    .fetch_all(conn))
}

/// Writes messages to those of the webhooks that want to hear of their families.
pub async fn add_webhook_messages(
    tx: &mut Tx,
    listeners: &[Listener],
    event: WebhookEvent,
    messages: &[(FamilyName, Value)],
    now: Moment,
) -> StoreResult<()> {
    let wants = |listener: &Listener, family| listener.families.is_empty() || listener.families.contains(&family);
    let rows: Vec<(i64, &Value)> = messages
        .iter()
        .flat_map(|(family, payload)| {
            let listeners = listeners.iter().filter(|listener| wants(listener, *family));
            listeners.map(move |listener| (listener.id, payload))
        })
        .collect();
    for chunk in rows.chunks(3_000) {
        on_built!(
            tx,
            |builder| {
                builder.push(
                    "INSERT INTO outbox_message
                         (kind, webhook_id, event, payload, status, due_at, created_at, updated_at) ",
                );
                builder.push_values(chunk, |mut row, (webhook_id, payload)| {
                    row.push_bind("webhook").push_bind(*webhook_id).push_bind(event.as_str()).push_bind(Json(*payload));
                    row.push_bind("waiting").push_bind(now).push_bind(now).push_bind(now);
                });
            },
            |query, conn| query.execute(conn).map_ok(drop)
        )?;
    }
    Ok(())
}

/// The destinations that have a message which is due. One look into an index for each destination.
pub async fn list_due_destinations(tx: &mut Tx, now: Moment) -> StoreResult<Vec<Destination>> {
    let rows: Vec<DestinationRow> = on!(tx, |conn, _| sqlx::query_as(
        "SELECT CAST(NULL AS BIGINT) AS webhook_id WHERE EXISTS (
             SELECT 1 FROM outbox_message WHERE kind = 'jira_card' AND webhook_id IS NULL AND due_at <= $1
         )
         UNION ALL
         SELECT webhook.id AS webhook_id FROM webhook WHERE EXISTS (
             SELECT 1 FROM outbox_message AS message
             WHERE message.kind = 'webhook' AND message.webhook_id = webhook.id AND message.due_at <= $1
         )",
    )
    .bind(now)
    .fetch_all(conn))?;
    Ok(rows.into_iter().map(|row| row.webhook_id.map_or(Destination::Jira, Destination::Webhook)).collect())
}

/// The first message of a destination that is due, from now on nobody else's until the lease is over. Nothing where none is due,
/// or somebody else has just taken it.
///
/// PostgreSQL looks at the time again when it has waited for somebody who took the same message, so it is taken once.
pub async fn claim_message(
    tx: &mut Tx,
    destination: Destination,
    now: Moment,
    lease: Moment,
) -> StoreResult<Option<ClaimedMessage>> {
    macro_rules! claim {
        ($of_destination:literal) => {
            concat!(
                "UPDATE outbox_message SET due_at = $2, attempts = attempts + 1, attempted_at = $1, updated_at = $1
                 WHERE due_at <= $1 AND id = (
                     SELECT id FROM outbox_message WHERE ",
                $of_destination,
                " AND due_at <= $1 ORDER BY due_at, id LIMIT 1
                 )
                 RETURNING id, created_at, payload, attempts"
            )
        };
    }
    match destination {
        Destination::Jira => on!(tx, |conn, _| sqlx::query_as(claim!("kind = 'jira_card' AND webhook_id IS NULL"))
            .bind(now)
            .bind(lease)
            .fetch_optional(conn)),
        Destination::Webhook(id) => on!(tx, |conn, _| sqlx::query_as(claim!("kind = 'webhook' AND webhook_id = $3"))
            .bind(now)
            .bind(lease)
            .bind(id)
            .fetch_optional(conn)),
    }
}

/// Notes down how an attempt ended, unless the lease was over before, or somebody asked for the message again meanwhile.
pub async fn finish_message(
    tx: &mut Tx,
    id: i64,
    lease: Moment,
    result: &AttemptResult<'_>,
    now: Moment,
) -> StoreResult<()> {
    let attempt = result.attempt;
    on!(tx, |conn, _| {
        sqlx::query(
        "UPDATE outbox_message SET status = $3, due_at = $4, duration_ms = $5, status_code = $6, error = $7, answer = $8,
             updated_at = $9
         WHERE id = $1 AND due_at = $2",
    )
    .bind(id)
    .bind(lease)
    .bind(result.status.as_str())
    .bind(result.due_at)
    .bind(result.duration_ms)
    .bind(attempt.status_code.map(i32::from))
    .bind(&attempt.error)
    .bind(&attempt.answer)
    .bind(now)
    .execute(conn)
    .map_ok(drop)
    })
}

/// Gives up what waits for a webhook.
pub async fn give_up_messages(tx: &mut Tx, webhook_id: i64, error: &str, now: Moment) -> StoreResult<()> {
    on!(tx, |conn, _| sqlx::query(
        "UPDATE outbox_message SET status = 'failed', due_at = NULL, error = $2, updated_at = $3
         WHERE kind = 'webhook' AND webhook_id = $1 AND due_at IS NOT NULL",
    )
    .bind(webhook_id)
    .bind(error)
    .bind(now)
    .execute(conn)
    .map_ok(drop))
}

/// Removes what became so before that time; as many were removed.
pub async fn forget_messages(tx: &mut Tx, status: DeliveryStatus, before: Moment) -> StoreResult<u64> {
    on!(tx, |conn, _| sqlx::query(
        "DELETE FROM outbox_message WHERE due_at IS NULL AND status = $1 AND updated_at < $2"
    )
    .bind(status.as_str())
    .bind(before)
    .execute(conn)
    .map_ok(|done| done.rows_affected()))
}

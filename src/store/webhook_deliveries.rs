//! The messages to a webhook, and what became of them.

use app::api::{Cursor, DeliveryStatus, WebhookEvent};

use super::paging::cut_page;
use super::{Moment, Statement, StoreResult, Tx, on, on_statement};

/// A message to a webhook.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns' names are the field's own words")]
pub struct DeliveryRow {
    pub id: i64,
    pub created_at: Moment,
    #[sqlx(try_from = "String")]
    pub event: WebhookEvent,
    #[sqlx(try_from = "String")]
    pub status: DeliveryStatus,
    pub attempts: i32,
    pub due_at: Option<Moment>,
    pub attempted_at: Option<Moment>,
    pub duration_ms: Option<i64>,
    pub status_code: Option<i32>,
    pub error: String,
    pub answer: String,
}

/// A page of the messages to a webhook, newest first, and where the next one begins.
pub async fn list_deliveries(
    tx: &mut Tx,
    webhook_id: i64,
    status: Option<DeliveryStatus>,
    limit: i64,
    after: Option<Cursor>,
) -> StoreResult<(Vec<DeliveryRow>, Option<Cursor>)> {
    let mut statement = Statement::new(
        "SELECT id, created_at, event, status, attempts, due_at, attempted_at, duration_ms, status_code, error, answer
         FROM outbox_message WHERE webhook_id = ",
    );
    statement.bind(webhook_id);
    if let Some(status) = status {
        statement.push(" AND status = ").bind(status.as_str());
    }
    if let Some(after) = after {
        // The first condition says nothing new; it is the one that both databases find in an index.
        statement.push(" AND created_at <= ").bind(after.created_at);
        statement.push(" AND (created_at, id) < (").bind(after.created_at).push(", ").bind(after.id).push(")");
    }
    statement.push(" ORDER BY created_at DESC, id DESC LIMIT ").bind(limit + 1);
    let rows: Vec<DeliveryRow> = on_statement!(tx, statement, query_as, |query, conn| query.fetch_all(conn))?;
    Ok(cut_page(rows, limit, |row| Cursor { created_at: row.created_at, id: row.id }))
}

/// Has a message to a webhook sent again, with as many attempts as a new one; nothing when there is no such message.
pub async fn redeliver(tx: &mut Tx, webhook_id: i64, id: i64, now: Moment) -> StoreResult<Option<DeliveryRow>> {
    on!(tx, |conn, _| {
        sqlx::query_as(
        "UPDATE outbox_message SET status = 'waiting', due_at = $3, attempts = 0, updated_at = $3
         WHERE id = $2 AND webhook_id = $1
         RETURNING id, created_at, event, status, attempts, due_at, attempted_at, duration_ms, status_code, error, answer",
    )
    .bind(webhook_id)
    .bind(id)
    .bind(now)
    .fetch_optional(conn)
    })
}

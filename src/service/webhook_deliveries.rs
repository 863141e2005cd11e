//! What became of the messages to a webhook, and sending one again.

use app::api::{Cursor, DeliveryStatus, WebhookDeliveriesResponse, WebhookDeliveryResponse};

use super::webhooks::webhook_not_found;
use super::{Service, ServiceError, ServiceResult};
use crate::store::webhook_deliveries::DeliveryRow;
use crate::store::{webhook_deliveries, webhooks};

impl Service {
    /// A page of the messages to a webhook, newest first.
    pub async fn list_deliveries(
        &self,
        webhook_id: i64,
        status: Option<DeliveryStatus>,
        limit: i64,
        after: Option<Cursor>,
    ) -> ServiceResult<WebhookDeliveriesResponse> {
        let mut tx = self.db.read().await?;
        webhooks::find_webhook(&mut tx, webhook_id).await?.ok_or_else(|| webhook_not_found(webhook_id))?;
        let (rows, next) = webhook_deliveries::list_deliveries(&mut tx, webhook_id, status, limit, after).await?;
        Ok(WebhookDeliveriesResponse {
            deliveries: rows.into_iter().map(show_delivery).collect(),
            limit,
            next_cursor: next.map(|cursor| cursor.to_string()),
        })
    }

    /// Has a message sent again, with the same id.
    pub async fn redeliver(&self, webhook_id: i64, id: i64) -> ServiceResult<WebhookDeliveryResponse> {
        let mut tx = self.db.write().await?;
        let webhook = webhooks::lock_webhook(&mut tx, webhook_id).await?;
        if !webhook.ok_or_else(|| webhook_not_found(webhook_id))?.columns.active {
            return Err(ServiceError::Conflict("The webhook is switched off".to_owned()));
        }
        let row = webhook_deliveries::redeliver(&mut tx, webhook_id, id, self.clock.now()).await?;
        let row = row.ok_or_else(|| ServiceError::NotFound(format!("Delivery {id} doesn't exist")))?;
        tx.commit().await?;
        Ok(show_delivery(row))
    }
}

fn show_delivery(row: DeliveryRow) -> WebhookDeliveryResponse {
    WebhookDeliveryResponse {
        id: row.id,
        created_at: row.created_at.into(),
        event: row.event,
        status: row.status,
        attempts: row.attempts.into(),
        due_at: row.due_at.map(Into::into),
        attempted_at: row.attempted_at.map(Into::into),
        duration_ms: row.duration_ms,
        status_code: row.status_code.map(i64::from),
        error: row.error,
        answer: row.answer,
    }
}

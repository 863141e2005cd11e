//! Webhooks: made, changed and removed.

use std::collections::BTreeSet;

use app::api::{AuditSubjectKind, Patch, WebhookPatch, WebhookRequest, WebhookResponse};
use serde_json::{Value, json};
use url::Url;

use super::{Service, ServiceError, ServiceResult};
use crate::domain::access::Granter;
use crate::domain::audit_log::Entry;
use crate::domain::webhooks::{objection, permissions_for, veil};
use crate::store::webhooks::{WebhookColumns, WebhookRow};
use crate::store::{audit_log, outbox, webhooks};

/// As many webhooks there may be: each costs every event a little.
const MOST_WEBHOOKS: i64 = 100;
/// The fewest characters of a secret: as many as 64 bits have in hexadecimal.
const SHORTEST_SECRET: usize = 16;

impl Service {
    /// All webhooks, by id.
    pub async fn list_webhooks(&self) -> ServiceResult<Vec<WebhookResponse>> {
        let mut tx = self.db.read().await?;
        Ok(webhooks::list_webhooks(&mut tx).await?.into_iter().map(show_webhook).collect())
    }

    /// One webhook.
    pub async fn get_webhook(&self, id: i64) -> ServiceResult<WebhookResponse> {
        let mut tx = self.db.read().await?;
        Ok(show_webhook(webhooks::find_webhook(&mut tx, id).await?.ok_or_else(|| webhook_not_found(id))?))
    }

    /// Makes a webhook. Nobody has somebody else told what they may not see themselves.
    pub async fn create_webhook(
        &self,
        granter: Granter<'_>,
        request: WebhookRequest,
    ) -> ServiceResult<WebhookResponse> {
        let columns = WebhookColumns {
            url: request.url.0,
            events: each_once(request.events),
            families: each_once(request.families),
            format: request.format,
            secret: request.secret.map(|secret| secret.0),
            active: request.active.0,
        };
        self.check_webhook(&columns)?;
        self.check_grant(granter, &permissions_for(&columns.events))?;
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        if webhooks::count_webhooks(&mut tx).await? >= MOST_WEBHOOKS {
            return Err(ServiceError::Conflict(format!("There are {MOST_WEBHOOKS} webhooks already")));
        }
        let id = webhooks::create_webhook(&mut tx, &columns, now).await?;
        let entry = Entry::created(AuditSubjectKind::Webhook, id, &describe(&columns, "set"));
        audit_log::record(&mut tx, [entry], now).await?;
        tx.commit().await?;
        Ok(show_webhook(WebhookRow { id, created_at: now, columns }))
    }

    /// Changes a webhook; what the request leaves out stays.
    pub async fn update_webhook(
        &self,
        granter: Granter<'_>,
        id: i64,
        patch: WebhookPatch,
    ) -> ServiceResult<WebhookResponse> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let row = webhooks::lock_webhook(&mut tx, id).await?.ok_or_else(|| webhook_not_found(id))?;
        let WebhookRow { id, created_at, columns: before } = row;
        let after = apply_patch(before.clone(), patch);
        self.check_webhook(&after)?;
        if after != before {
            self.check_grant(granter, &permissions_for(&after.events))?;
            webhooks::update_webhook(&mut tx, id, &after, now).await?;
        }
        if before.active && !after.active {
            outbox::give_up_messages(&mut tx, id, "the webhook was switched off", now).await?;
        }
        let secret = if before.secret.is_none() || after.secret == before.secret { "set" } else { "replaced" };
        let (was, became) = (describe(&before, "set"), describe(&after, secret));
        audit_log::record(&mut tx, Entry::updated(AuditSubjectKind::Webhook, id, &was, &became), now).await?;
        tx.commit().await?;
        Ok(show_webhook(WebhookRow { id, created_at, columns: after }))
    }

    /// Removes a webhook with the messages to it.
    pub async fn delete_webhook(&self, id: i64) -> ServiceResult<()> {
        let mut tx = self.db.write().await?;
        let row = webhooks::lock_webhook(&mut tx, id).await?.ok_or_else(|| webhook_not_found(id))?;
        webhooks::delete_webhook(&mut tx, id).await?;
        let entry = Entry::deleted(AuditSubjectKind::Webhook, id, &describe(&row.columns, "set"));
        audit_log::record(&mut tx, [entry], self.clock.now()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Refuses a webhook that could not be meant.
    fn check_webhook(&self, webhook: &WebhookColumns) -> ServiceResult<()> {
        let refuse = |text: &str| Err(ServiceError::Rule(text.to_owned()));
        if webhook.events.is_empty() {
            return refuse("A webhook needs at least one event");
        }
        if webhook.secret.as_ref().is_some_and(|secret| secret.chars().count() < SHORTEST_SECRET) {
            return refuse("The secret of a webhook needs at least 16 characters");
        }
        let url =
            Url::parse(&webhook.url).map_err(|_| ServiceError::Rule("The URL of a webhook is none".to_owned()))?;
        match objection(&url, &self.settings.webhook_hosts) {
            Some(text) => refuse(text),
            None => Ok(()),
        }
    }
}

pub(super) fn webhook_not_found(id: i64) -> ServiceError {
    ServiceError::NotFound(format!("Webhook {id} doesn't exist"))
}

fn each_once<T: Ord + Copy>(items: Vec<T>) -> Vec<T> {
    let mut seen = BTreeSet::new();
    items.into_iter().filter(|item| seen.insert(*item)).collect()
}

fn apply_patch(before: WebhookColumns, patch: WebhookPatch) -> WebhookColumns {
    WebhookColumns {
        url: patch.url.map_or(before.url, |url| url.0),
        events: patch.events.map_or(before.events, each_once),
        families: patch.families.map_or(before.families, each_once),
        format: patch.format.unwrap_or(before.format),
        secret: match patch.secret {
            Patch::Keep => before.secret,
            Patch::Clear => None,
            Patch::Set(secret) => Some(secret.0),
        },
        active: patch.active.map_or(before.active, |active| active.0),
    }
}

/// What the audit log tells of a webhook: of its secret only how it is, in a word.
fn describe(webhook: &WebhookColumns, secret: &str) -> Value {
    json!({
        "url": veil(&webhook.url),
        "events": webhook.events,
        "families": webhook.families,
        "format": webhook.format,
        "secret": webhook.secret.as_ref().map(|_| secret),
        "active": webhook.active,
    })
}

fn show_webhook(row: WebhookRow) -> WebhookResponse {
    let columns = row.columns;
    WebhookResponse {
        id: row.id,
        created_at: row.created_at.into(),
        url: columns.url,
        events: columns.events,
        families: columns.families,
        format: columns.format,
        has_secret: columns.secret.is_some(),
        active: columns.active,
    }
}

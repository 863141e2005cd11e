//! The audit log, as people read it.

use app::api::{AuditEntryResponse, AuditLogResponse, Cursor};

use super::{Service, ServiceResult};
use crate::store::audit_log;
use crate::store::audit_log::{EntryFilter, EntryRow};

impl Service {
    /// A page of the entries that the filter chooses, newest first.
    pub async fn list_audit_log(
        &self,
        filter: &EntryFilter,
        limit: i64,
        after: Option<Cursor>,
    ) -> ServiceResult<AuditLogResponse> {
        let mut tx = self.db.read().await?;
        let (rows, next) = audit_log::list_entries(&mut tx, filter, limit, after).await?;
        Ok(AuditLogResponse {
            entries: rows.into_iter().map(show_entry).collect(),
            limit,
            next_cursor: next.map(|cursor| cursor.to_string()),
        })
    }
}

fn show_entry(row: EntryRow) -> AuditEntryResponse {
    AuditEntryResponse {
        id: row.id,
        created_at: row.created_at.into(),
        actor_kind: row.actor_kind,
        actor_id: row.actor_id,
        actor_name: row.actor_name,
        client_address: row.client_address,
        action: row.action,
        subject_kind: row.subject_kind,
        subject_id: row.subject_id,
        before: row.before.map(|fields| fields.0),
        after: row.after.map(|fields| fields.0),
    }
}

//! Applications: made, looked at, changed and removed.

use app::api::{
    ApplicationPatch, ApplicationPost, ApplicationResponse, AuditSubjectKind, Limited, Patch, Permission, Timestamp,
};
use serde_json::{Value, json};

use super::application_keys::generate_key;
use super::{Service, ServiceError, ServiceResult};
use crate::domain::access::{Granter, added};
use crate::domain::api_key::{KeyDigest, redact};
use crate::domain::audit_log::Entry;
use crate::store::applications::{ApplicationRow, NewApplication};
use crate::store::{Moment, StoreResult, Tx, applications, audit_log};

impl Service {
    /// All applications, by id, without their keys.
    pub async fn list_applications(&self) -> ServiceResult<Vec<ApplicationResponse>> {
        let mut tx = self.db.read().await?;
        Ok(applications::list_applications(&mut tx).await?.into_iter().map(show_application).collect())
    }

    /// One application, without its key.
    pub async fn get_application(&self, id: i64) -> ServiceResult<ApplicationResponse> {
        let mut tx = self.db.read().await?;
        let row = applications::find_application(&mut tx, id).await?.ok_or_else(|| application_not_found(id))?;
        Ok(show_application(row))
    }

    /// Makes an application; the only time, but for a new one, that its whole key is shown.
    pub async fn create_application(
        &self,
        granter: Granter<'_>,
        request: ApplicationPost,
    ) -> ServiceResult<ApplicationResponse> {
        self.check_grant(granter, &request.permissions)?;
        let key = generate_key();
        let new = NewApplication {
            name: &request.name.0,
            permissions: &request.permissions,
            key: &KeyDigest::of(&key),
            expires_at: request.expires_at.map(|end| end.0),
        };
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let created = applications::create_application(&mut tx, new, now).await?;
        let row = created.ok_or_else(|| {
            ServiceError::Conflict(format!("Application with name '{}' already exists", request.name.0))
        })?;
        audit_log::record(&mut tx, [made(&row)], now).await?;
        tx.commit().await?;
        Ok(show_with_key(row, &key))
    }

    /// Makes an application that does not expire, and returns its key.
    pub async fn add_application(&self, name: &str, permissions: &[Permission]) -> ServiceResult<String> {
        let name = Limited(name.to_owned());
        let request = ApplicationPost { name, permissions: permissions.to_vec(), expires_at: None };
        Ok(self.create_application(Granter::Operator, request).await?.api_key)
    }

    /// Changes what an application may do, and until when; what the request leaves out stays.
    pub async fn update_application(
        &self,
        granter: Granter<'_>,
        id: i64,
        patch: ApplicationPatch,
    ) -> ServiceResult<ApplicationResponse> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let before = applications::lock_application(&mut tx, id).await?;
        let before = before.ok_or_else(|| ServiceError::NotFound(format!("Application {id} doesn't exist")))?;
        let after = apply_patch(before.clone(), patch);
        self.check_grant(granter, &added(&before.permissions, &after.permissions))?;
        if after != before {
            applications::update_application(&mut tx, &after, now).await?;
            let entry = Entry::updated(AuditSubjectKind::Application, id, &describe(&before), &describe(&after));
            audit_log::record(&mut tx, entry, now).await?;
        }
        tx.commit().await?;
        Ok(show_application(after))
    }

    /// Removes an application, if there is one. Its keys stop at once.
    pub async fn delete_application(&self, id: i64) -> ServiceResult<()> {
        let mut tx = self.db.write().await?;
        if let Some(row) = applications::lock_application(&mut tx, id).await? {
            remove(&mut tx, &row, self.clock.now()).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Removes the application of that name.
    pub async fn delete_application_by_name(&self, name: &str) -> ServiceResult<()> {
        let mut tx = self.db.write().await?;
        let row = applications::lock_application_by_name(&mut tx, name).await?;
        remove(&mut tx, &row.ok_or_else(|| name_not_found(name))?, self.clock.now()).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Removes an application, which has to be locked.
async fn remove(tx: &mut Tx, row: &ApplicationRow, now: Moment) -> StoreResult<()> {
    applications::delete_application(tx, row.id).await?;
    let entry = Entry::deleted(AuditSubjectKind::Application, row.id, &describe(row));
    audit_log::record(tx, [entry], now).await
}

pub(super) fn name_not_found(name: &str) -> ServiceError {
    ServiceError::NotFound(format!("Application with name '{name}' not found"))
}

pub(super) fn application_not_found(id: i64) -> ServiceError {
    ServiceError::NotFound(format!("Application with id {id} not found"))
}

fn apply_patch(before: ApplicationRow, patch: ApplicationPatch) -> ApplicationRow {
    let expires_at = match patch.expires_at {
        Patch::Keep => before.expires_at,
        Patch::Clear => None,
        Patch::Set(end) => Some(end.0),
    };
    ApplicationRow { permissions: patch.permissions.unwrap_or(before.permissions), expires_at, ..before }
}

/// An application as the audit log tells of it: without anything of its keys.
fn describe(row: &ApplicationRow) -> Value {
    json!({
        "name": row.name,
        "permissions": row.permissions,
        "expires_at": row.expires_at.map(Timestamp::from),
    })
}

/// What the audit log says of an application that was made.
pub(super) fn made(row: &ApplicationRow) -> Entry {
    Entry::created(AuditSubjectKind::Application, row.id, &describe(row))
}

/// An application as everybody sees it who may see applications: whoever could read keys could act as any of them.
fn show_application(row: ApplicationRow) -> ApplicationResponse {
    let key = redact(row.key_prefix.as_deref().unwrap_or_default());
    show_with_key(row, &key)
}

/// An application for those who have its key, or get it now.
pub(super) fn show_with_key(row: ApplicationRow, key: &str) -> ApplicationResponse {
    ApplicationResponse {
        id: row.id,
        name: row.name,
        permissions: row.permissions,
        api_key: key.to_owned(),
        expires_at: row.expires_at.map(Into::into),
        last_used_at: row.last_used_at.map(Into::into),
    }
}

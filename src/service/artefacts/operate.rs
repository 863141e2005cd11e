//! What operators do to artefacts from the command line.

use app::api::{AuditSubjectKind, EventKind};
use serde_json::json;

use crate::domain::audit_log::Entry;
use crate::domain::events::Event;
use crate::service::{Service, ServiceError, ServiceResult};
use crate::store::{artefacts, audit_log, users};

impl Service {
    /// Makes a user the only reviewer of an artefact. Nobody is told, and the reviews of environments stay with whom they
    /// are.
    pub async fn change_assignee(&self, artefact_id: i64, user_id: i64) -> ServiceResult<()> {
        let mut tx = self.db.write().await?;
        artefacts::lock_artefact(&mut tx, artefact_id).await?;
        let unknown = || ServiceError::NotFound(format!("No artefact with id {artefact_id} found"));
        let artefact = artefacts::find_artefact(&mut tx, artefact_id).await?.ok_or_else(unknown)?;
        if !users::lock_user(&mut tx, user_id).await? {
            return Err(ServiceError::NotFound(format!("No user with id {user_id} found")));
        }
        let present = artefacts::list_reviewers(&mut tx, &[artefact_id]).await?;
        let present: Vec<i64> = present.into_iter().map(|reviewer| reviewer.id).collect();
        artefacts::replace_reviewers(&mut tx, artefact_id, &[user_id]).await?;
        let (before, after) = (json!({"reviewer_ids": present}), json!({"reviewer_ids": [user_id]}));
        let entry = Entry::updated(AuditSubjectKind::Artefact, artefact_id, &before, &after);
        audit_log::record(&mut tx, entry, self.clock.now()).await?;
        tx.announce(Event::of_artefact(EventKind::Artefact, artefact_id, artefact.family));
        tx.commit().await?;
        Ok(())
    }

    /// Removes an artefact, if there is one, with its builds, their executions and everything that hangs on these.
    pub async fn delete_artefact(&self, id: i64) -> ServiceResult<()> {
        let mut tx = self.db.write().await?;
        artefacts::lock_artefact(&mut tx, id).await?;
        if let Some(row) = artefacts::find_artefact(&mut tx, id).await? {
            artefacts::delete_artefact(&mut tx, id).await?;
            let before = json!({
                "family": row.family, "name": row.name, "version": row.version, "stage": row.stage,
                "status": row.status, "comment": row.comment,
            });
            let entry = Entry::deleted(AuditSubjectKind::Artefact, id, &before);
            audit_log::record(&mut tx, [entry], self.clock.now()).await?;
            tx.announce(Event::of_artefact(EventKind::Artefact, id, row.family));
        }
        tx.commit().await?;
        Ok(())
    }
}

//! What operators do to artefacts from the command line.

use crate::service::{Service, ServiceError, ServiceResult};
use crate::store::{artefacts, users};

impl Service {
    /// Makes a user the only reviewer of an artefact. Nobody is told, and the reviews of environments stay with whom they
    /// are.
    pub async fn change_assignee(&self, artefact_id: i64, user_id: i64) -> ServiceResult<()> {
        let mut tx = self.db.write().await?;
        artefacts::lock_artefact(&mut tx, artefact_id).await?;
        if artefacts::find_artefact(&mut tx, artefact_id).await?.is_none() {
            return Err(ServiceError::NotFound(format!("No artefact with id {artefact_id} found")));
        }
        if !users::lock_user(&mut tx, user_id).await? {
            return Err(ServiceError::NotFound(format!("No user with id {user_id} found")));
        }
        artefacts::replace_reviewers(&mut tx, artefact_id, &[user_id]).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Removes an artefact, if there is one, with its builds, their executions and everything that hangs on these.
    pub async fn delete_artefact(&self, id: i64) -> ServiceResult<()> {
        let mut tx = self.db.write().await?;
        artefacts::delete_artefact(&mut tx, id).await?;
        tx.commit().await?;
        Ok(())
    }
}

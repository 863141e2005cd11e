//! Artefacts that somebody keeps.

use app::api::{AuditSubjectKind, EventKind, KeptArtefactResponse, Permission};
use serde_json::json;

use super::{Service, ServiceResult, artefact_not_found};
use crate::domain::access::Caller;
use crate::domain::audit_log::Entry;
use crate::domain::events::Event;
use crate::store::artefacts::ArtefactRow;
use crate::store::{Moment, StoreResult, Tx, artefacts, audit_log, kept_artefacts};

impl Service {
    /// Whether an artefact is kept.
    pub async fn get_kept_artefact(&self, id: i64) -> ServiceResult<KeptArtefactResponse> {
        let mut tx = self.db.read().await?;
        artefacts::find_artefact(&mut tx, id).await?.ok_or_else(|| artefact_not_found(id))?;
        Ok(KeptArtefactResponse { kept: kept_artefacts::is_kept(&mut tx, id).await? })
    }

    /// Keeps an artefact: nothing of it goes because it is old. One that is kept stays so.
    ///
    /// Those may who may change the artefact.
    pub async fn keep_artefact(&self, caller: &Caller, id: i64) -> ServiceResult<()> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let artefact = self.lock_changeable(&mut tx, caller, id).await?;
        if kept_artefacts::keep_artefact(&mut tx, id, now).await? {
            tell(&mut tx, &artefact, true, now).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Lets an artefact get old like others again. One that is not kept stays so.
    pub async fn release_artefact(&self, caller: &Caller, id: i64) -> ServiceResult<()> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let artefact = self.lock_changeable(&mut tx, caller, id).await?;
        if kept_artefacts::release_artefact(&mut tx, id).await? {
            tell(&mut tx, &artefact, false, now).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// The artefact, which the caller may change and nobody else changes meanwhile.
    async fn lock_changeable(&self, tx: &mut Tx, caller: &Caller, id: i64) -> ServiceResult<ArtefactRow> {
        artefacts::lock_artefact(tx, id).await?;
        let artefact = artefacts::find_artefact(tx, id).await?.ok_or_else(|| artefact_not_found(id))?;
        self.demand(tx, caller, &[id], Permission::ChangeArtefact).await?;
        Ok(artefact)
    }
}

async fn tell(tx: &mut Tx, artefact: &ArtefactRow, is_kept: bool, now: Moment) -> StoreResult<()> {
    let (before, after) = (json!({"kept": !is_kept}), json!({"kept": is_kept}));
    let entry = Entry::updated(AuditSubjectKind::Artefact, artefact.id, &before, &after);
    audit_log::record(tx, entry, now).await?;
    tx.announce(Event::of_artefact(EventKind::Artefact, artefact.id, artefact.family));
    Ok(())
}

//! What a new installation tells the person who opens it first.

use app::api::FamilyName;

use super::{Service, ServiceResult};
use crate::store::artefacts;

impl Service {
    /// The families that have an artefact which is not archived, in the contract's order.
    pub async fn list_families(&self) -> ServiceResult<Vec<FamilyName>> {
        let mut tx = self.db.read().await?;
        let present = artefacts::list_families(&mut tx).await?;
        Ok(FamilyName::ALL
            .iter()
            .copied()
            .filter(|family| present.iter().any(|name| name == family.as_str()))
            .collect())
    }
}

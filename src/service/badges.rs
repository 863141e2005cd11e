//! Badges of artefacts.

use super::{Service, ServiceResult, artefact_not_found};
use crate::domain::badges::badge_of;
use crate::store::{artefact_builds, artefacts, badges};

impl Service {
    /// The badge of an artefact, as SVG.
    pub async fn draw_badge(&self, artefact_id: i64) -> ServiceResult<String> {
        let mut tx = self.db.read().await?;
        let artefact = artefacts::find_artefact(&mut tx, artefact_id).await?;
        let artefact = artefact.ok_or_else(|| artefact_not_found(artefact_id))?;
        let builds = artefact_builds::list_latest_builds(&mut tx, artefact_id).await?;
        let build_ids: Vec<i64> = builds.iter().map(|build| build.id).collect();
        let runs = badges::count_last_runs(&mut tx, &build_ids).await?;
        Ok(badge_of(artefact.status, &runs).draw(&format!("{} {}", artefact.name, artefact.version)))
    }
}

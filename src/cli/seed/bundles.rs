//! What solutions consist of.

use app::api::{ArtefactPatch, FamilyName};
use serde_json::json;

use super::lines::LINES;
use super::seeder::{Seeder, as_caller, read};
use crate::service::entity_tag::Precondition;

/// The artefacts, by family, name and track, that a solution bundles.
fn parts_of(solution: &str) -> &'static [(FamilyName, &'static str, &'static str)] {
    match solution {
        "branch-office" => &[
            (FamilyName::Charm, "granary-db-k8s", "16"),
            (FamilyName::Charm, "courier-mq", "3"),
            (FamilyName::Snap, "tidepool", "lts"),
        ],
        _ => &[(FamilyName::Charm, "beacon-ingress", "latest"), (FamilyName::Snap, "meadow-core", "24")],
    }
}

impl Seeder {
    /// Bundles with each version of a solution the newest versions of its parts that were there before it. After all its
    /// runs: a run is about the solution that bundles nothing yet.
    pub(super) async fn bundle_solutions(&mut self) -> anyhow::Result<()> {
        let caller = self.application();
        for line in LINES.iter().filter(|line| line.family == FamilyName::Solution) {
            for version in line.versions {
                let service = self.at(self.day((version.age - 1).max(0), 610));
                let mut builds = Vec::new();
                let parts = parts_of(line.name);
                for part in LINES.iter().filter(|part| parts.contains(&(part.family, part.name, part.track))) {
                    let Some(newest) = part.versions.iter().rfind(|other| other.age > version.age) else { continue };
                    // Of lines with the same name and track the one with a branch has no version that is old enough.
                    let artefact = self.find_artefact(&service, part, newest.name).await?;
                    let build = service.list_builds(artefact).await?.into_iter().next();
                    builds.extend(build.map(|build| build.id));
                }
                let artefact_id = self.find_artefact(&service, line, version.name).await?;
                let patch: ArtefactPatch = read(json!({"bundled_builds": builds}))?;
                let change = service.update_artefact(&caller, artefact_id, &patch, &Precondition::None);
                as_caller(&caller, change).await?;
            }
        }
        Ok(())
    }
}

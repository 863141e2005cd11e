//! Executions with what they are about, as the searches show them.

use std::collections::HashMap;

use app::api::{ArtefactBuildMinimalResponse, ArtefactResponse, TestExecutionResponse};

use super::artefacts::{list_builds, list_shown_artefacts};
use super::test_executions::show_executions;
use crate::store::{StoreResult, Tx, artefact_builds, test_executions};

/// An execution and what it is about.
#[derive(Clone)]
pub(super) struct Context {
    pub(super) execution: TestExecutionResponse,
    pub(super) artefact: ArtefactResponse,
    pub(super) build: ArtefactBuildMinimalResponse,
}

/// Those of the executions that exist, by id: a fixed number of statements for any number of them.
pub(super) async fn list_contexts(tx: &mut Tx, execution_ids: &[i64]) -> StoreResult<HashMap<i64, Context>> {
    let rows = test_executions::list_executions(tx, execution_ids).await?;
    let build_ids: Vec<i64> = rows.iter().map(|row| row.artefact_build_id).collect();
    let artefact_of_build: HashMap<i64, i64> = artefact_builds::list_builds(tx, &build_ids)
        .await?
        .into_iter()
        .map(|build| (build.id, build.artefact_id))
        .collect();
    let artefact_ids: Vec<i64> = artefact_of_build.values().copied().collect();
    let artefacts = list_shown_artefacts(tx, &artefact_ids).await?;
    let builds = list_builds(tx, &build_ids).await?;
    let shown = show_executions(tx, rows).await?;
    Ok(shown
        .into_iter()
        .zip(build_ids)
        .filter_map(|(execution, build_id)| {
            let artefact = artefacts.get(artefact_of_build.get(&build_id)?)?.clone();
            let build = builds.get(&build_id)?.clone();
            Some((execution.id, Context { execution, artefact, build }))
        })
        .collect())
}

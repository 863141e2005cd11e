//! Test executions: start, look, change, link.

use std::collections::{BTreeMap, HashSet};

use app::api::{
    EnvironmentResponse, EventKind, ExecutionMetadata, FamilyName, StartTestExecutionRequest,
    TestExecutionRelevantLinkCreate, TestExecutionRelevantLinkResponse, TestExecutionResponse,
    TestExecutionStatusPatch, TestExecutionsPatchRequest,
};

use super::artefacts::group_by;
use super::webhook_messages::tell_of_end;
use super::{Service, ServiceError, ServiceResult, execution_not_found};
use crate::domain::events::Event;
use crate::domain::lifecycle::completed_status;
use crate::domain::start_test::{ArtefactOfRun, Run};
use crate::store::artefacts::NewArtefact;
use crate::store::events::ExecutionKey;
use crate::store::test_executions::{ExecutionColumns, ExecutionRow, NewExecution};
use crate::store::{
    Moment, StoreResult, Tx, artefact_builds, artefacts, environment_reviews, environments, rerun_requests,
    test_executions, test_plans, test_results,
};

impl Service {
    /// Registers, or finds, everything one run needs; returns the execution.
    ///
    /// The artefact, environment, build, review and plan of the request are made even when its CI link names an
    /// execution that belongs to others; that execution is returned untouched but for the new links.
    pub async fn start_test(&self, request: StartTestExecutionRequest) -> ServiceResult<i64> {
        let run = Run::from(request);
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let artefact = resolve_artefact(&mut tx, &run, now).await?;
        let (artefact_id, arch) = (artefact.id, artefact.arch.as_str());
        let environment_id = environments::find_or_create_environment(&mut tx, &run.environment, arch, now).await?;
        let build_id = artefact_builds::find_or_create_build(&mut tx, artefact_id, arch, run.revision, now).await?;
        environment_reviews::ensure_environment_review(&mut tx, build_id, environment_id, now).await?;
        let test_plan_id = test_plans::find_or_create_test_plan(&mut tx, &run.test_plan, now).await?;
        let new = NewExecution {
            ci_link: run.ci_link.as_deref(),
            build_id,
            environment_id,
            test_plan_id,
            status: run.initial_status,
        };
        let (execution_id, is_new) = test_executions::find_or_create_execution(&mut tx, new, now).await?;
        let links: Vec<_> = run.relevant_links.iter().map(|link| (link.label.as_str(), link.url.0.as_str())).collect();
        test_executions::add_relevant_links(&mut tx, execution_id, &links, now).await?;
        let was_awaited = rerun_requests::delete_rerun_request_of(&mut tx, execution_id).await?;
        announce_start(&mut tx, &artefact, execution_id, [is_new || !links.is_empty(), was_awaited]);
        if is_new {
            let key = ExecutionKey { id: execution_id, artefact_id, family: artefact.family };
            tell_of_end(&mut tx, key, None, run.initial_status, now).await?;
        }
        if run.needs_assignment {
            self.assign_reviewers(&mut tx, artefact_id, now).await?;
        }
        tx.commit().await?;
        Ok(execution_id)
    }

    /// One execution.
    pub async fn get_execution(&self, id: i64) -> ServiceResult<TestExecutionResponse> {
        let mut tx = self.db.read().await?;
        show_execution(&mut tx, id).await
    }

    /// Changes an execution; what the request leaves out stays.
    pub async fn update_execution(
        &self,
        id: i64,
        patch: TestExecutionsPatchRequest,
    ) -> ServiceResult<TestExecutionResponse> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let before = test_executions::lock_execution(&mut tx, id).await?.ok_or_else(execution_not_found)?;
        add_metadata(&mut tx, id, &patch, now).await?;
        if let Some(ci_link) = &patch.ci_link
            && test_executions::is_ci_link_taken(&mut tx, &ci_link.0, id).await?
        {
            return Err(ServiceError::Conflict(format!("Another test execution has the ci_link {}", ci_link.0)));
        }
        let after = ExecutionColumns {
            id,
            status: match patch.status {
                Some(status) => resolve_status(&mut tx, id, status).await?,
                None => before.status,
            },
            ci_link: patch.ci_link.map(|link| link.0).or_else(|| before.ci_link.clone()),
            c3_link: patch.c3_link.map(|link| link.0).or_else(|| before.c3_link.clone()),
            ..before.clone()
        };
        if after != before {
            test_executions::update_execution(&mut tx, &after, now).await?;
            tell_of_end(&mut tx, after.key(), Some(before.status), after.status, now).await?;
        }
        if after != before || patch.execution_metadata.is_some() {
            tx.announce(after.event(EventKind::TestExecution));
        }
        let shown = show_execution(&mut tx, id).await?;
        tx.commit().await?;
        Ok(shown)
    }

    /// Adds a link to an execution.
    pub async fn add_link(
        &self,
        execution_id: i64,
        link: TestExecutionRelevantLinkCreate,
    ) -> ServiceResult<TestExecutionRelevantLinkResponse> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let execution =
            test_executions::lock_execution(&mut tx, execution_id).await?.ok_or_else(execution_not_found)?;
        let added = [(link.label.as_str(), link.url.0.as_str())];
        let ids = test_executions::add_relevant_links(&mut tx, execution_id, &added, now).await?;
        tx.announce(execution.event(EventKind::TestExecution));
        tx.commit().await?;
        let id = ids.first().copied().ok_or_else(execution_not_found)?;
        Ok(TestExecutionRelevantLinkResponse { label: link.label, url: link.url.0, id })
    }

    /// Removes a link of an execution.
    pub async fn delete_link(&self, execution_id: i64, link_id: i64) -> ServiceResult<()> {
        let mut tx = self.db.write().await?;
        let execution =
            test_executions::lock_execution(&mut tx, execution_id).await?.ok_or_else(execution_not_found)?;
        if !test_executions::delete_relevant_link(&mut tx, execution_id, link_id).await? {
            return Err(ServiceError::NotFound(format!("Relevant link with id {link_id} not found")));
        }
        tx.announce(execution.event(EventKind::TestExecution));
        tx.commit().await?;
        Ok(())
    }
}

/// What a run tests.
struct TestedArtefact {
    id: i64,
    family: FamilyName,
    /// The architecture it runs on.
    arch: String,
    /// Whether it was not known before.
    is_new: bool,
}

/// Announces a run: the artefact when it is new, and what happened of the execution and its rerun request.
fn announce_start(tx: &mut Tx, artefact: &TestedArtefact, execution_id: i64, [is_changed, was_awaited]: [bool; 2]) {
    if artefact.is_new {
        tx.announce(Event::of_artefact(EventKind::Artefact, artefact.id, artefact.family));
    }
    for (kind, happened) in [(EventKind::TestExecution, is_changed), (EventKind::RerunRequest, was_awaited)] {
        if happened {
            tx.announce(Event::of_execution(kind, artefact.id, artefact.family, execution_id));
        }
    }
}

/// The artefact of a run.
async fn resolve_artefact(tx: &mut Tx, run: &Run, now: Moment) -> ServiceResult<TestedArtefact> {
    match &run.artefact {
        ArtefactOfRun::Described { artefact, arch } => {
            let (id, is_new) = artefacts::find_or_create_artefact(tx, artefact, now).await?;
            Ok(TestedArtefact { id, family: artefact.family, arch: arch.clone(), is_new })
        }
        ArtefactOfRun::Image { sha256, full, arch } => {
            resolve_image(tx, sha256, full.as_deref(), arch.as_deref(), now).await
        }
    }
}

/// An image is known by its checksum alone; only a new one has to be described.
async fn resolve_image(
    tx: &mut Tx,
    sha256: &str,
    full: Option<&NewArtefact>,
    arch: Option<&str>,
    now: Moment,
) -> ServiceResult<TestedArtefact> {
    let image =
        |id, arch: &str, is_new| TestedArtefact { id, family: FamilyName::Image, arch: arch.to_owned(), is_new };
    let Some(known) = artefacts::find_image(tx, sha256).await? else {
        let (Some(full), Some(arch)) = (full, arch) else {
            return Err(ServiceError::Rule(
                "No image with this sha256 exists yet; provide the full image details to create it.".to_owned(),
            ));
        };
        let (id, is_new) = artefacts::find_or_create_artefact(tx, full, now).await?;
        return Ok(image(id, arch, is_new));
    };
    let built = artefact_builds::list_architectures(tx, known).await?;
    match (arch, built.as_slice()) {
        (Some(arch), built) if built.iter().any(|own| own == arch) => Ok(image(known, arch, false)),
        (Some(_), _) => Err(ServiceError::Rule("'arch' must match the existing image build architecture.".to_owned())),
        (None, [only]) => Ok(image(known, only, false)),
        (None, _) => {
            Err(ServiceError::Rule("'arch' is required and could not be derived from the image's builds.".to_owned()))
        }
    }
}

async fn resolve_status(
    tx: &mut Tx,
    id: i64,
    status: TestExecutionStatusPatch,
) -> ServiceResult<app::api::TestExecutionStatus> {
    // The instruction is the only member that is no status.
    if let Ok(status) = status.as_str().parse() {
        return Ok(status);
    }
    let counts = test_results::count_results(tx, id).await?;
    Ok(completed_status(counts.all_count, counts.failed_count))
}

async fn add_metadata(tx: &mut Tx, id: i64, patch: &TestExecutionsPatchRequest, now: Moment) -> StoreResult<()> {
    let Some(metadata) = &patch.execution_metadata else { return Ok(()) };
    let mut seen = HashSet::new();
    let pairs: Vec<(&str, &str)> = metadata
        .0
        .iter()
        .flat_map(|(category, values)| values.iter().map(move |value| (category.as_str(), value.0.as_str())))
        .filter(|pair| seen.insert(*pair))
        .collect();
    test_executions::add_metadata(tx, id, &pairs, now).await
}

async fn show_execution(tx: &mut Tx, id: i64) -> ServiceResult<TestExecutionResponse> {
    let row = test_executions::find_execution(tx, id).await?.ok_or_else(execution_not_found)?;
    let shown = show_executions(tx, vec![row]).await?;
    shown.into_iter().next().ok_or_else(execution_not_found)
}

/// Executions with their links and metadata: a fixed number of statements for any number of executions.
pub(super) async fn show_executions(tx: &mut Tx, rows: Vec<ExecutionRow>) -> StoreResult<Vec<TestExecutionResponse>> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let links = test_executions::list_relevant_links(tx, &ids).await?;
    let mut links = group_by(
        links,
        |row| row.test_execution_id,
        |row| TestExecutionRelevantLinkResponse { label: row.label, url: row.url, id: row.id },
    );
    let metadata = test_executions::list_metadata(tx, &ids).await?;
    let mut metadata = group_by(metadata, |row| row.test_execution_id, |row| (row.category, row.value));
    Ok(rows
        .into_iter()
        .map(|row| TestExecutionResponse {
            relevant_links: links.remove(&row.id).unwrap_or_default(),
            execution_metadata: show_metadata(metadata.remove(&row.id).unwrap_or_default()),
            id: row.id,
            ci_link: row.ci_link,
            c3_link: row.c3_link,
            environment: EnvironmentResponse {
                id: row.environment_id,
                name: row.environment_name,
                architecture: row.environment_architecture,
            },
            status: row.status,
            test_plan: row.test_plan,
            created_at: row.created_at.into(),
            is_triaged: row.is_triaged,
            is_rerun_requested: row.rerun_priority.is_some(),
            rerun_priority: row.rerun_priority.map(i64::from),
        })
        .collect())
}

fn show_metadata(pairs: Vec<(String, String)>) -> ExecutionMetadata {
    let mut categories: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (category, value) in pairs {
        categories.entry(category).or_default().push(value);
    }
    ExecutionMetadata(categories)
}

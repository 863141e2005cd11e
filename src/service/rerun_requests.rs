//! Rerun requests: who may ask for which, and what waits to be run.

use std::collections::HashMap;

use app::api::{
    ArtefactBuildMinimalResponse, ArtefactResponse, DeleteReruns, PendingRerun, Permission, RerunRequest,
    TestExecutionResponse,
};

use super::artefacts::{list_builds, list_shown_artefacts};
use super::events::announce_reruns;
use super::test_executions::show_executions;
use super::webhook_messages::tell_of_reruns;
use super::{Service, ServiceError, ServiceResult};
use crate::domain::access::Caller;
use crate::store::execution_filters::ExecutionCriteria;
use crate::store::rerun_requests::{PendingFilter, PendingRow};
use crate::store::{StoreResult, Tx, rerun_requests, test_executions};

/// What a request for reruns led to.
#[derive(Clone, Debug)]
pub struct RequestedReruns {
    /// What is pending now, one for each execution that was named and exists.
    pub pending: Vec<PendingRerun>,
    /// Whether some of the executions that were named do not exist.
    pub is_partial: bool,
}

/// Which executions a request is about, and what asking for them takes.
struct Selection {
    criteria: ExecutionCriteria,
    is_bulk: bool,
    has_filters: bool,
    /// What is wrong with the filters: one that says nothing would choose everything.
    objection: Option<&'static str>,
}

macro_rules! selection {
    ($request:expr) => {{
        let ids = $request.test_execution_ids.0;
        let by_results = $request.test_results_filters;
        let by_executions = $request.test_executions_filters;
        let has_filters = by_results.is_some() || by_executions.is_some();
        let objection = if by_results.as_ref().is_some_and(|filters| filters.is_empty()) {
            Some("At least one filter must be provided in test_results_filters")
        } else if by_executions.as_ref().is_some_and(|filters| filters.is_empty()) {
            Some("At least one filter must be provided in test_executions_filters")
        } else {
            None
        };
        Selection {
            is_bulk: ids.len() > 1 || has_filters,
            has_filters,
            objection,
            criteria: ExecutionCriteria::new(ids, by_results, by_executions),
        }
    }};
}

impl Service {
    /// The reruns that somebody waits for, most urgent first.
    pub async fn list_pending_reruns(&self, filter: &PendingFilter) -> ServiceResult<Vec<PendingRerun>> {
        let mut tx = self.db.read().await?;
        let rows = rerun_requests::list_pending_reruns(&mut tx, filter).await?;
        Ok(show_pending(&mut tx, &rows).await?)
    }

    /// Asks for reruns of the groups of executions that are named, and says what is pending then.
    pub async fn request_reruns(&self, caller: &Caller, request: RerunRequest) -> ServiceResult<RequestedReruns> {
        let priority = request.priority.map(|priority| priority.0);
        let selection = selection!(request);
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        self.demand_reruns(&mut tx, caller, &selection).await?;
        if selection.has_filters {
            let text = "Creating rerun requests from filters must be done silently";
            return Err(ServiceError::Rule(text.to_owned()));
        }
        let ids = &selection.criteria.ids;
        let groups = rerun_requests::list_groups(&mut tx, ids).await?;
        if groups.is_empty() {
            return Err(ServiceError::NotFound("Didn't find test executions with provided ids".to_owned()));
        }
        let builds = rerun_requests::request_reruns(&mut tx, &selection.criteria, priority, now).await?;
        announce_reruns(&mut tx, &builds).await?;
        tell_of_reruns(&mut tx, &builds, now).await?;
        let filter = PendingFilter { executions: Some(ids.clone()), ..PendingFilter::default() };
        let rows = rerun_requests::list_pending_reruns(&mut tx, &filter).await?;
        let shown = show_pending(&mut tx, &rows).await?;
        tx.commit().await?;
        let key = |row: &PendingRow| (row.test_plan_id, row.artefact_build_id, row.environment_id);
        let of_group: HashMap<_, _> = rows.iter().map(key).zip(shown).collect();
        let pending: Vec<PendingRerun> = groups
            .iter()
            .filter_map(|group| of_group.get(&(group.test_plan_id, group.artefact_build_id, group.environment_id)))
            .cloned()
            .collect();
        Ok(RequestedReruns { is_partial: groups.len() < ids.len(), pending })
    }

    /// Asks for reruns of the groups of all executions that are named or chosen, and says nothing.
    pub async fn request_reruns_silently(&self, caller: &Caller, request: RerunRequest) -> ServiceResult<()> {
        let priority = request.priority.map(|priority| priority.0);
        let selection = selection!(request);
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        self.demand_reruns(&mut tx, caller, &selection).await?;
        selection.check()?;
        let builds = rerun_requests::request_reruns(&mut tx, &selection.criteria, priority, now).await?;
        announce_reruns(&mut tx, &builds).await?;
        tell_of_reruns(&mut tx, &builds, now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Takes back the requests of the groups of all executions that are named or chosen.
    pub async fn delete_reruns(&self, caller: &Caller, request: DeleteReruns) -> ServiceResult<()> {
        let selection = selection!(request);
        let mut tx = self.db.write().await?;
        self.demand_reruns(&mut tx, caller, &selection).await?;
        selection.check()?;
        let builds = rerun_requests::delete_reruns(&mut tx, &selection.criteria).await?;
        announce_reruns(&mut tx, &builds).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Refuses callers who may not ask for several at once, or not for these.
    async fn demand_reruns(&self, tx: &mut Tx, caller: &Caller, selection: &Selection) -> ServiceResult<()> {
        let ignored = &self.settings.ignored_permissions;
        if selection.is_bulk && !caller.may(&[Permission::ChangeRerunBulk], ignored) {
            return Err(ServiceError::InsufficientPermissions);
        }
        if caller.may(&[Permission::ChangeRerun], ignored) {
            return Ok(());
        }
        // Whom a rule may grant it has to be told which executions the filters choose, so these have to say something.
        if caller.user.is_none() {
            return Err(ServiceError::InsufficientPermissions);
        }
        selection.check()?;
        let artefacts = rerun_requests::list_artefacts_of_executions(tx, &selection.criteria).await?;
        self.demand(tx, caller, &artefacts, Permission::ChangeRerun).await
    }
}

impl Selection {
    fn check(&self) -> ServiceResult<()> {
        self.objection.map_or(Ok(()), |text| Err(ServiceError::Rule(text.to_owned())))
    }
}

/// Pending reruns with the newest execution of each group: a fixed number of statements for any number of them.
async fn show_pending(tx: &mut Tx, rows: &[PendingRow]) -> StoreResult<Vec<PendingRerun>> {
    let execution_ids: Vec<i64> = rows.iter().map(|row| row.test_execution_id).collect();
    let executions = test_executions::list_executions(tx, &execution_ids).await?;
    let executions = show_executions(tx, executions).await?;
    let executions: HashMap<i64, TestExecutionResponse> = executions.into_iter().map(|it| (it.id, it)).collect();
    let artefact_ids: Vec<i64> = rows.iter().map(|row| row.artefact_id).collect();
    let artefacts: HashMap<i64, ArtefactResponse> = list_shown_artefacts(tx, &artefact_ids).await?;
    let build_ids: Vec<i64> = rows.iter().map(|row| row.artefact_build_id).collect();
    let builds: HashMap<i64, ArtefactBuildMinimalResponse> = list_builds(tx, &build_ids).await?;
    Ok(rows
        .iter()
        .filter_map(|row| {
            let test_execution = executions.get(&row.test_execution_id)?.clone();
            let artefact = artefacts.get(&row.artefact_id)?.clone();
            Some(PendingRerun {
                test_execution_id: test_execution.id,
                ci_link: test_execution.ci_link.clone(),
                family: artefact.family,
                test_execution,
                artefact,
                artefact_build: builds.get(&row.artefact_build_id)?.clone(),
                priority: row.priority.into(),
                created_at: row.created_at.into(),
            })
        })
        .collect())
}

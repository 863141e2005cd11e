//! Searching results, with what they are about.

use std::collections::HashMap;

use app::api::{
    ArtefactBuildMinimalResponse, ArtefactResponse, ResultTexts, TestExecutionResponse, TestResultResponseWithContext,
    TestResultSearchResponseWithContext,
};

use super::artefacts::{group_by, list_builds, list_shown_artefacts};
use super::test_executions::show_executions;
use super::test_results::show_result;
use super::{Service, ServiceResult};
use crate::store::test_result_search::{ResultPage, ResultSearch};
use crate::store::{StoreResult, Tx, artefact_builds, issue_attachments, test_executions, test_result_search};

impl Service {
    /// A page of the results that a search chooses, newest first, with as much of their texts as is wanted.
    pub async fn search_results(
        &self,
        search: &ResultSearch,
        page: ResultPage,
        texts: ResultTexts,
    ) -> ServiceResult<TestResultSearchResponseWithContext> {
        let mut tx = self.db.read().await?;
        let found = test_result_search::search_results(&mut tx, search, page).await?;
        let ids: Vec<i64> = found.results.iter().map(|result| result.id).collect();
        let rows = test_result_search::list_results_by_id(&mut tx, &ids, texts).await?;
        let attachments = issue_attachments::list_attachments_of_results(&mut tx, &ids).await?;
        let mut attachments = group_by(attachments, |(result, _)| *result, |(_, attachment)| attachment);
        let mut execution_ids: Vec<i64> = rows.iter().map(|row| row.test_execution_id).collect();
        execution_ids.sort_unstable();
        execution_ids.dedup();
        let contexts = list_contexts(&mut tx, &execution_ids).await?;
        let test_results = rows
            .into_iter()
            .filter_map(|row| {
                let context = contexts.get(&row.test_execution_id)?.clone();
                let issues = attachments.remove(&row.id).unwrap_or_default();
                Some(TestResultResponseWithContext {
                    test_result: show_result(row, Vec::new(), issues),
                    test_execution: context.execution,
                    artefact: context.artefact,
                    artefact_build: context.build,
                })
            })
            .collect();
        Ok(TestResultSearchResponseWithContext {
            count: found.count,
            limit: page.limit,
            offset: page.offset,
            test_results,
            next_cursor: found.next.map(|cursor| cursor.to_string()),
        })
    }
}

/// What a result is about.
#[derive(Clone)]
struct Context {
    execution: TestExecutionResponse,
    artefact: ArtefactResponse,
    build: ArtefactBuildMinimalResponse,
}

/// What the results of each execution are about.
async fn list_contexts(tx: &mut Tx, execution_ids: &[i64]) -> StoreResult<HashMap<i64, Context>> {
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

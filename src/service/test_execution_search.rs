//! Searching executions, with what they are about and what they found.

use std::collections::HashMap;

use app::api::{Choice, TestExecutionSearchResponse, TestResultResponse};

use super::artefacts::group_by;
use super::execution_contexts::list_contexts;
use super::test_results::show_result;
use super::{Service, ServiceResult};
use crate::store::execution_filters::ExecutionFilter;
use crate::store::{StoreResult, Tx, issue_attachments, test_execution_search, test_results};

impl Service {
    /// A page of the executions that the filter chooses, newest first, each with its results, or with those the filter names.
    pub async fn search_executions(
        &self,
        filter: &ExecutionFilter,
        limit: i64,
        offset: i64,
    ) -> ServiceResult<TestExecutionSearchResponse> {
        let mut tx = self.db.read().await?;
        let count = test_execution_search::count_executions(&mut tx, filter).await?;
        // Where the count says that there is nothing, nothing has to be looked for.
        let ids = match count {
            count if count <= offset => Vec::new(),
            _ => test_execution_search::search_executions(&mut tx, filter, limit, offset).await?,
        };
        let mut contexts = list_contexts(&mut tx, &ids).await?;
        let mut results = list_found_results(&mut tx, &ids, filter.results.as_ref()).await?;
        let test_executions = ids
            .iter()
            .filter_map(|id| {
                let context = contexts.remove(id)?;
                let results = results.remove(id).unwrap_or_default();
                Some(context.execution.with_context(context.artefact, context.build, results))
            })
            .collect();
        Ok(TestExecutionSearchResponse { count, limit, offset, test_executions })
    }
}

/// The results of each execution, newest first, as far as the filter asks for them.
async fn list_found_results(
    tx: &mut Tx,
    execution_ids: &[i64],
    wanted: Option<&Choice<i64>>,
) -> StoreResult<HashMap<i64, Vec<TestResultResponse>>> {
    let only = match wanted {
        Some(Choice::None) => return Ok(HashMap::new()),
        Some(Choice::These(ids)) => Some(ids.as_slice()),
        Some(Choice::Any) | None => None,
    };
    let rows = test_results::list_results_of_executions(tx, execution_ids, only).await?;
    let attachments = issue_attachments::list_attachments(tx, execution_ids).await?;
    let mut attachments = group_by(attachments, |(result, _)| *result, |(_, attachment)| attachment);
    let mut results: HashMap<i64, Vec<TestResultResponse>> = HashMap::new();
    for row in rows {
        let issues = attachments.remove(&row.id).unwrap_or_default();
        results.entry(row.test_execution_id).or_default().push(show_result(row, Vec::new(), issues));
    }
    Ok(results)
}

//! Searching results, with what they are about.

use app::api::{ResultTexts, TestResultResponseWithContext, TestResultSearchResponseWithContext};

use super::artefacts::group_by;
use super::execution_contexts::list_contexts;
use super::test_results::show_result;
use super::{Service, ServiceResult};
use crate::store::test_result_search::{ResultPage, ResultSearch};
use crate::store::{StoreResult, Tx, issue_attachments, test_result_search};

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
        let test_results = show_results(&mut tx, &ids, texts).await?;
        Ok(TestResultSearchResponseWithContext {
            count: found.count,
            limit: page.limit,
            offset: page.offset,
            test_results,
            next_cursor: found.next.map(|cursor| cursor.to_string()),
        })
    }
}

/// The results of those ids with what they are about, newest first.
pub(super) async fn show_results(
    tx: &mut Tx,
    ids: &[i64],
    texts: ResultTexts,
) -> StoreResult<Vec<TestResultResponseWithContext>> {
    let rows = test_result_search::list_results_by_id(tx, ids, texts).await?;
    let attachments = issue_attachments::list_attachments_of_results(tx, ids).await?;
    let mut attachments = group_by(attachments, |(result, _)| *result, |(_, attachment)| attachment);
    let mut execution_ids: Vec<i64> = rows.iter().map(|row| row.test_execution_id).collect();
    execution_ids.sort_unstable();
    execution_ids.dedup();
    let contexts = list_contexts(tx, &execution_ids).await?;
    let shown = rows.into_iter().filter_map(|row| {
        let context = contexts.get(&row.test_execution_id)?.clone();
        let issues = attachments.remove(&row.id).unwrap_or_default();
        Some(TestResultResponseWithContext {
            test_result: show_result(row, Vec::new(), issues),
            test_execution: context.execution,
            artefact: context.artefact,
            artefact_build: context.build,
        })
    });
    Ok(shown.collect())
}

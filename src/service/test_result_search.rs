//! Searching results, with what they are about.

use app::api::{
    ResultTexts, SnippetField, SnippetResponse, TestResultResponse, TestResultResponseWithContext,
    TestResultSearchResponseWithContext, TestResultStatus,
};

use super::artefacts::group_by;
use super::execution_contexts::list_contexts;
use super::test_results::show_result;
use super::{Service, ServiceResult};
use crate::domain::words::WordQuery;
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
        let test_results = match &search.results.words {
            Some(words) => show_found_results(&mut tx, &ids, texts, &words.query).await?,
            None => show_results(&mut tx, &ids, texts).await?,
        };
        Ok(TestResultSearchResponseWithContext {
            count: found.count,
            count_is_exact: (!found.is_exact).then_some(false),
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
            snippet: None,
        })
    });
    Ok(shown.collect())
}

/// The results of those ids, each with the line that has the words, and then with as much of its texts as is wanted.
async fn show_found_results(
    tx: &mut Tx,
    ids: &[i64],
    texts: ResultTexts,
    words: &WordQuery,
) -> StoreResult<Vec<TestResultResponseWithContext>> {
    let mut results = show_results(tx, ids, ResultTexts::default()).await?;
    for found in &mut results {
        found.snippet = find_snippet(&found.test_result, words);
        if !texts.comment {
            found.test_result.comment.clear();
        }
        if !texts.io_log {
            found.test_result.io_log.clear();
        }
    }
    Ok(results)
}

/// The line with most of the words; of several that have as many, one of the log before one of the comment, and that before
/// the name.
fn find_snippet(result: &TestResultResponse, words: &WordQuery) -> Option<SnippetResponse> {
    let texts = [
        (SnippetField::Name, result.name.as_str()),
        (SnippetField::Comment, result.comment.as_str()),
        (SnippetField::IoLog, result.io_log.as_str()),
    ];
    // Of a result that passed only the name is looked into.
    let places = if result.status == TestResultStatus::Passed { &texts[..1] } else { &texts[..] };
    let found = places.iter().filter_map(|(field, text)| Some((*field, words.find_line(text)?)));
    let (field, line) = found.max_by_key(|(_, line)| line.words)?;
    Some(SnippetResponse { field, line: i64::try_from(line.number).unwrap_or(i64::MAX), text: line.shown() })
}

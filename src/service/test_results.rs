//! Test results: reported in batches, shown with their history.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use app::api::{
    EventKind, MinimalIssueTestResultAttachmentResponse, PreviousTestResult, ResultTexts, TestResultRequest,
    TestResultResponse, TestResultStatus,
};

use super::artefacts::group_by;
use super::known_issues::attach_known_issues;
use super::webhook_messages::tell_webhooks;
use super::{Service, ServiceResult, execution_not_found};
use crate::domain::attachment_rules::RuleSet;
use crate::domain::webhooks::{Happened, Happening};
use crate::store::result_words::WordsOf;
use crate::store::test_cases::{NewTestCase, TestCaseRow};
use crate::store::test_executions::ExecutionColumns;
use crate::store::test_results::{NewResult, ResultRow, StoredResult};
use crate::store::{
    Moment, StoreResult, Tx, issue_attachments, rerun_requests, result_words, test_cases, test_executions, test_results,
};

impl Service {
    /// Stores a batch of results, all or nothing. A result of a case the execution already has replaces the older one,
    /// so a repeated batch doubles nothing; of a case that is twice in the batch the last one counts.
    pub async fn add_results(&self, execution_id: i64, batch: &[TestResultRequest]) -> ServiceResult<()> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let execution =
            test_executions::lock_execution(&mut tx, execution_id).await?.ok_or_else(execution_not_found)?;
        if batch.is_empty() {
            return Ok(());
        }
        // Before anything that whoever removes a rule could wait for.
        let rules = self.enabled_rules(&mut tx).await?;
        let cases = test_cases::find_or_create_test_cases(&mut tx, &cases_of(batch), now).await?;
        let lasting = last_of_each_case(batch, &cases);
        let case_ids: Vec<i64> = lasting.iter().map(|result| result.case.id).collect();
        test_results::delete_results_of_cases(&mut tx, execution_id, &case_ids).await?;
        store_results(&mut tx, &execution, &lasting, &rules, now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The results of an execution in the order of upload, or only one of them, each with what the same test said before. Of
    /// what is long about them only what is wanted is read.
    pub async fn list_results(
        &self,
        execution_id: i64,
        only: Option<i64>,
        texts: ResultTexts,
    ) -> ServiceResult<Vec<TestResultResponse>> {
        let mut tx = self.db.read().await?;
        test_executions::find_execution(&mut tx, execution_id).await?.ok_or_else(execution_not_found)?;
        let results = test_results::list_results(&mut tx, execution_id, only, texts).await?;
        let previous = if texts.previous_results {
            test_results::list_previous_results(&mut tx, execution_id).await?
        } else {
            Vec::new()
        };
        let previous = group_by(previous, |(case, _)| *case, |(_, result)| result);
        let attachments = issue_attachments::list_attachments(&mut tx, &[execution_id]).await?;
        let mut attachments = group_by(attachments, |(result, _)| *result, |(_, attachment)| attachment);
        Ok(results
            .into_iter()
            .map(|row| {
                let previous = previous.get(&row.test_case_id).cloned().unwrap_or_default();
                let issues = attachments.remove(&row.id).unwrap_or_default();
                show_result(row, previous, issues)
            })
            .collect())
    }
}

/// The cases of a batch, each once, as its first result describes it.
fn cases_of(batch: &[TestResultRequest]) -> Vec<NewTestCase<'_>> {
    let mut seen = HashSet::new();
    batch
        .iter()
        .filter(|result| seen.insert(result.name.0.as_str()))
        .map(|result| NewTestCase {
            name: &result.name.0,
            category: &result.category.0,
            template_id: &result.template_id.0,
        })
        .collect()
}

/// A result as a runner reports it, with its case.
pub(super) struct ReportedResult<'a> {
    pub(super) case: &'a TestCaseRow,
    pub(super) status: TestResultStatus,
    pub(super) comment: &'a str,
    pub(super) io_log: &'a str,
}

/// The last result of each case, in the order of the batch.
fn last_of_each_case<'a>(
    batch: &'a [TestResultRequest],
    cases: &'a HashMap<String, TestCaseRow>,
) -> Vec<ReportedResult<'a>> {
    let mut seen = HashSet::new();
    let mut lasting: Vec<_> = batch
        .iter()
        .rev()
        .filter_map(|result| cases.get(&result.name.0).map(|case| (case, result)))
        .filter(|(case, _)| seen.insert(case.id))
        .map(|(case, result)| ReportedResult {
            case,
            status: result.status,
            comment: &result.comment,
            io_log: &result.io_log,
        })
        .collect();
    lasting.reverse();
    lasting
}

/// Stores results in their order; rules attach issues to them, and the issues of the execution may ask for a rerun.
pub(super) async fn store_results(
    tx: &mut Tx,
    execution: &ExecutionColumns,
    results: &[ReportedResult<'_>],
    rules: &Arc<RuleSet>,
    now: Moment,
) -> StoreResult<()> {
    let rows: Vec<NewResult<'_>> = results
        .iter()
        .map(|result| NewResult {
            test_case_id: result.case.id,
            status: result.status,
            comment: result.comment,
            io_log: result.io_log,
        })
        .collect();
    let stored = test_results::insert_results(tx, execution.id, &rows, now).await?;
    let stored = with_ids(results, stored);
    let words: Vec<WordsOf<'_>> = stored
        .iter()
        .map(|(id, result)| WordsOf {
            test_result_id: *id,
            status: result.status,
            name: &result.case.name,
            comment: result.comment,
            io_log: result.io_log,
        })
        .collect();
    result_words::add_words(tx, &words).await?;
    attach_known_issues(tx, execution.id, &stored, rules, now).await?;
    tx.announce(execution.event(EventKind::TestResult));
    if rerun_requests::request_automatic_rerun(tx, execution.id, now).await? {
        tx.announce(execution.event(EventKind::RerunRequest));
        let happened = Happened { artefact_id: execution.artefact_id, what: Happening::RerunRequested { runs: 1 } };
        tell_webhooks(tx, execution.family, &happened, now).await?;
    }
    Ok(())
}

/// The reported results, each with the id under which it was stored.
fn with_ids<'r, 'a>(
    results: &'r [ReportedResult<'a>],
    mut stored: Vec<StoredResult>,
) -> Vec<(i64, &'r ReportedResult<'a>)> {
    // Of results of one case, the ids are in the order in which they were reported.
    stored.sort_unstable_by_key(|result| std::cmp::Reverse(result.id));
    let mut ids_of: HashMap<i64, Vec<i64>> = HashMap::new();
    for result in stored {
        ids_of.entry(result.test_case_id).or_default().push(result.id);
    }
    let mut next_id = |case_id| ids_of.get_mut(&case_id).and_then(Vec::pop);
    results.iter().filter_map(|result| Some((next_id(result.case.id)?, result))).collect()
}

/// A result as the API shows it.
pub(super) fn show_result(
    row: ResultRow,
    previous_results: Vec<PreviousTestResult>,
    issues: Vec<MinimalIssueTestResultAttachmentResponse>,
) -> TestResultResponse {
    TestResultResponse {
        id: row.id,
        name: row.name,
        created_at: row.created_at.into(),
        category: row.category,
        template_id: row.template_id,
        status: row.status,
        comment: row.comment,
        io_log: row.io_log.0,
        previous_results,
        issues,
    }
}

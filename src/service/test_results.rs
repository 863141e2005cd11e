//! Test results: reported in batches, shown with their history.

use std::collections::{HashMap, HashSet};

use app::api::{TestResultRequest, TestResultResponse};

use super::artefacts::group_by;
use super::{Service, ServiceResult, execution_not_found};
use crate::domain::attachment_rules::{ResultFacts, match_rules};
use crate::store::issue_attachments::NewAttachment;
use crate::store::test_cases::{NewTestCase, TestCaseRow};
use crate::store::test_results::{NewResult, StoredResult};
use crate::store::{
    Moment, StoreResult, Tx, attachment_rules, issue_attachments, rerun_requests, test_cases, test_executions,
    test_results,
};

impl Service {
    /// Stores a batch of results, all or nothing. A result of a case the execution already has replaces the older one,
    /// so a repeated batch doubles nothing; of a case that is twice in the batch the last one counts.
    pub async fn add_results(&self, execution_id: i64, batch: &[TestResultRequest]) -> ServiceResult<()> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        test_executions::lock_execution(&mut tx, execution_id).await?.ok_or_else(execution_not_found)?;
        if batch.is_empty() {
            return Ok(());
        }
        let cases = test_cases::find_or_create_test_cases(&mut tx, &cases_of(batch), now).await?;
        let lasting = last_of_each_case(batch, &cases);
        let case_ids: Vec<i64> = lasting.iter().map(|(case, _)| case.id).collect();
        test_results::delete_results_of_cases(&mut tx, execution_id, &case_ids).await?;
        let results: Vec<NewResult<'_>> = lasting
            .iter()
            .map(|(case, result)| NewResult {
                test_case_id: case.id,
                status: result.status,
                comment: &result.comment,
                io_log: &result.io_log,
            })
            .collect();
        let stored = test_results::insert_results(&mut tx, execution_id, &results, now).await?;
        attach_known_issues(&mut tx, execution_id, &lasting, &stored, now).await?;
        rerun_requests::request_automatic_rerun(&mut tx, execution_id, now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The results of an execution in the order of upload, each with what the same test said before.
    pub async fn list_results(&self, execution_id: i64) -> ServiceResult<Vec<TestResultResponse>> {
        let mut tx = self.db.read().await?;
        test_executions::find_execution(&mut tx, execution_id).await?.ok_or_else(execution_not_found)?;
        let results = test_results::list_results(&mut tx, execution_id).await?;
        let previous = test_results::list_previous_results(&mut tx, execution_id).await?;
        let previous = group_by(previous, |(case, _)| *case, |(_, result)| result);
        let attachments = issue_attachments::list_attachments(&mut tx, execution_id).await?;
        let mut attachments = group_by(attachments, |(result, _)| *result, |(_, attachment)| attachment);
        Ok(results
            .into_iter()
            .map(|row| TestResultResponse {
                previous_results: previous.get(&row.test_case_id).cloned().unwrap_or_default(),
                issues: attachments.remove(&row.id).unwrap_or_default(),
                id: row.id,
                name: row.name,
                created_at: row.created_at.into(),
                category: row.category,
                template_id: row.template_id,
                status: row.status,
                comment: row.comment,
                io_log: row.io_log,
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

/// The last result of each case, in the order of the batch.
fn last_of_each_case<'a>(
    batch: &'a [TestResultRequest],
    cases: &'a HashMap<String, TestCaseRow>,
) -> Vec<(&'a TestCaseRow, &'a TestResultRequest)> {
    let mut seen = HashSet::new();
    let mut lasting: Vec<_> = batch
        .iter()
        .rev()
        .filter_map(|result| cases.get(&result.name.0).map(|case| (case, result)))
        .filter(|(case, _)| seen.insert(case.id))
        .collect();
    lasting.reverse();
    lasting
}

/// Lets the attachment rules that are switched on look at new results.
async fn attach_known_issues(
    tx: &mut Tx,
    execution_id: i64,
    lasting: &[(&TestCaseRow, &TestResultRequest)],
    stored: &[StoredResult],
    now: Moment,
) -> StoreResult<()> {
    let rules = attachment_rules::list_enabled_rules(tx).await?;
    if rules.is_empty() {
        return Ok(());
    }
    let mut execution = attachment_rules::get_execution_facts(tx, execution_id).await?;
    let metadata = test_executions::list_metadata(tx, &[execution_id]).await?;
    execution.metadata = metadata.into_iter().map(|row| (row.category, row.value)).collect();
    let id_of: HashMap<i64, i64> = stored.iter().map(|result| (result.test_case_id, result.id)).collect();
    let results: Vec<ResultFacts<'_>> = lasting
        .iter()
        .filter_map(|(case, result)| {
            id_of.get(&case.id).map(|id| ResultFacts {
                id: *id,
                test_case_name: &case.name,
                template_id: &case.template_id,
                status: result.status,
            })
        })
        .collect();
    let attachments: Vec<NewAttachment> = match_rules(&rules, &execution, &results)
        .into_iter()
        .map(|found| NewAttachment {
            issue_id: found.issue_id,
            test_result_id: found.result_id,
            attachment_rule_id: found.rule_id,
        })
        .collect();
    issue_attachments::insert_attachments(tx, &attachments, now).await
}

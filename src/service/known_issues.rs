//! Known issues: attached by rules to results as they are stored.

use std::sync::Arc;

use app::api::TestResultStatus;

use super::beside::beside;
use super::test_results::ReportedResult;
use crate::domain::attachment_rules::{ExecutionFacts, Match, ResultFacts, RuleSet};
use crate::domain::events::Event;
use crate::store::issue_attachments::NewAttachment;
use crate::store::{Moment, StoreResult, Tx, attachment_rules, issue_attachments, test_executions};

/// Looking through more bytes of texts takes long enough to hinder other requests: it is done beside them.
const BYTES_BESIDE: usize = 256 * 1024;

/// Lets attachment rules look at new results. The rules were read in this transaction, so they are still there.
pub(super) async fn attach_known_issues(
    tx: &mut Tx,
    execution_id: i64,
    stored: &[(i64, &ReportedResult<'_>)],
    rules: &Arc<RuleSet>,
    now: Moment,
) -> StoreResult<()> {
    if rules.is_empty() {
        return Ok(());
    }
    let mut execution = attachment_rules::get_execution_facts(tx, execution_id).await?;
    let metadata = test_executions::list_metadata(tx, &[execution_id]).await?;
    execution.metadata = metadata.into_iter().map(|row| (row.category, row.value)).collect();
    let matches = match_results(rules, &execution, stored).await;
    let attachments: Vec<NewAttachment> = matches.into_iter().map(to_attachment).collect();
    for attachment in &attachments {
        tx.announce(Event::of_issue(attachment.issue_id));
    }
    issue_attachments::insert_attachments(tx, &attachments, now).await
}

fn to_attachment(found: Match) -> NewAttachment {
    NewAttachment { issue_id: found.issue_id, test_result_id: found.result_id, attachment_rule_id: found.rule_id }
}

async fn match_results(
    rules: &Arc<RuleSet>,
    execution: &ExecutionFacts,
    stored: &[(i64, &ReportedResult<'_>)],
) -> Vec<Match> {
    let bytes: usize = stored.iter().map(|(_, result)| result.io_log.len() + result.comment.len()).sum();
    if !rules.reads_texts() || bytes <= BYTES_BESIDE {
        let facts: Vec<ResultFacts<'_>> = stored.iter().map(|(id, result)| facts_of(*id, result)).collect();
        return rules.match_results(execution, &facts);
    }
    // What runs beside the request has to own what it looks at. Copying it takes a small part of the time.
    let copies: Vec<OwnedFacts> = stored.iter().map(|(id, result)| OwnedFacts::new(*id, result)).collect();
    let (rules, execution) = (Arc::clone(rules), execution.clone());
    beside(move || {
        let facts: Vec<ResultFacts<'_>> = copies.iter().map(OwnedFacts::facts).collect();
        rules.match_results(&execution, &facts)
    })
    .await
}

fn facts_of<'a>(id: i64, result: &ReportedResult<'a>) -> ResultFacts<'a> {
    ResultFacts {
        id,
        test_case_name: &result.case.name,
        template_id: &result.case.template_id,
        status: result.status,
        comment: result.comment,
        io_log: result.io_log,
    }
}

/// A result that does not need the request any more.
struct OwnedFacts {
    id: i64,
    test_case_name: String,
    template_id: String,
    status: TestResultStatus,
    comment: String,
    io_log: String,
}

impl OwnedFacts {
    fn new(id: i64, result: &ReportedResult<'_>) -> Self {
        Self {
            id,
            test_case_name: result.case.name.clone(),
            template_id: result.case.template_id.clone(),
            status: result.status,
            comment: result.comment.to_owned(),
            io_log: result.io_log.to_owned(),
        }
    }

    fn facts(&self) -> ResultFacts<'_> {
        ResultFacts {
            id: self.id,
            test_case_name: &self.test_case_name,
            template_id: &self.template_id,
            status: self.status,
            comment: &self.comment,
            io_log: &self.io_log,
        }
    }
}

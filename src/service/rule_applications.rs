//! Attachment rules and the results that were there before them: a look at what a rule would match, applying it, and taking that
//! back.

use std::collections::BTreeMap;

use app::api::{
    AuditAction, AuditSubjectKind, IssueTestResultAttachmentRulePostRequest, ResultTexts, RuleApplicationResponse,
    RuleApplicationUndoneResponse, RulePreviewResponse,
};

use super::attachment_rules::{compile_patterns, has_rule, read_request, rule_not_found, rule_of_another_issue};
use super::events::announce_attachments;
use super::issues::issue_not_found;
use super::test_result_search::show_results;
use super::{Service, ServiceResult};
use crate::domain::attachment_rules::TextPatterns;
use crate::domain::audit_log::Entry;
use crate::store::attachment_rules::RuleColumns;
use crate::store::execution_filters::{ExecutionFilter, ResultFilter};
use crate::store::issue_attachments::{Attaching, ResultSelection};
use crate::store::{
    Moment, StoreResult, Tx, attachment_rules, audit_log, issue_attachments, issues, rule_applications,
};

/// A look at a rule tries its patterns on as many results.
const TRIED_IN_A_PREVIEW: i64 = 20_000;
/// A look at a rule shows as many results.
const SAMPLE: i64 = 10;

impl Service {
    /// What a rule would match among the results there are. Nothing is stored.
    pub async fn preview_attachment_rule(
        &self,
        issue_id: i64,
        request: IssueTestResultAttachmentRulePostRequest,
    ) -> ServiceResult<RulePreviewResponse> {
        let (columns, metadata) = read_request(request);
        let patterns = compile_patterns(&columns)?;
        let mut tx = self.db.read().await?;
        issues::find_issue(&mut tx, issue_id).await?.ok_or_else(issue_not_found)?;
        let criteria = Criteria { columns: &columns, metadata: group(metadata), patterns };
        let (selection, is_complete) = criteria.choose(&mut tx, TRIED_IN_A_PREVIEW).await?;
        let counts = rule_applications::count_chosen(&mut tx, issue_id, &selection).await?;
        let newest = rule_applications::list_newest(&mut tx, &selection, SAMPLE).await?;
        let texts = ResultTexts { comment: true, io_log: false };
        Ok(RulePreviewResponse {
            matched: counts.matched,
            untriaged: counts.untriaged,
            already_attached: counts.already_attached,
            with_another_issue: counts.with_another_issue,
            is_complete,
            sample: show_results(&mut tx, &newest, texts).await?,
        })
    }

    /// Attaches the rule's issue to all results there are that it matches, whether it is switched on or not. Doing it again
    /// attaches what has come to match since.
    pub async fn apply_attachment_rule(&self, issue_id: i64, rule_id: i64) -> ServiceResult<RuleApplicationResponse> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        attachment_rules::lock_rule(&mut tx, rule_id).await?.ok_or_else(rule_not_found)?;
        let found = attachment_rules::find_rule(&mut tx, rule_id).await?;
        let (owner, columns, metadata) = found.ok_or_else(rule_not_found)?;
        if owner != issue_id {
            return Err(rule_of_another_issue());
        }
        let patterns = compile_patterns(&columns)?;
        let criteria = Criteria { columns: &columns, metadata: metadata.into_iter().collect(), patterns };
        let applied = criteria.apply(&mut tx, issue_id, rule_id, now).await?;
        tx.commit().await?;
        Ok(applied)
    }

    /// Detaches the rule's issue from the results to which applying the rule attached it. What the rule attached as results
    /// were stored, and what people attached, stays.
    pub async fn undo_attachment_rule(
        &self,
        issue_id: i64,
        rule_id: i64,
    ) -> ServiceResult<RuleApplicationUndoneResponse> {
        let mut tx = self.db.write().await?;
        if !has_rule(&mut tx, issue_id, rule_id).await? {
            return Err(rule_not_found());
        }
        let results = rule_applications::detach_applied(&mut tx, rule_id).await?;
        let detached = count(&results);
        announce_attachments(&mut tx, issue_id, &results).await?;
        let entry = Entry::detached(AuditAction::Undo, AuditSubjectKind::AttachmentRule, rule_id, results);
        audit_log::record(&mut tx, entry, self.clock.now()).await?;
        tx.commit().await?;
        Ok(RuleApplicationUndoneResponse { detached })
    }
}

fn count(results: &[i64]) -> i64 {
    i64::try_from(results.len()).unwrap_or(i64::MAX)
}

/// Values by category.
pub(super) fn group(pairs: Vec<(String, String)>) -> Vec<(String, Vec<String>)> {
    let mut categories: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (category, value) in pairs {
        categories.entry(category).or_default().push(value);
    }
    categories.into_iter().collect()
}

/// What a rule asks of results.
pub(super) struct Criteria<'a> {
    pub(super) columns: &'a RuleColumns,
    pub(super) metadata: Vec<(String, Vec<String>)>,
    pub(super) patterns: TextPatterns,
}

impl Criteria<'_> {
    /// The results there are that the rule matches, and whether these are all: patterns are tried on the newest results.
    async fn choose(&self, tx: &mut Tx, at_most: i64) -> StoreResult<(ResultSelection, bool)> {
        let (executions, results) = self.filters();
        if !self.patterns.reads_log() && !self.patterns.reads_comment() {
            return Ok((ResultSelection::of_filters(executions, results), true));
        }
        let tried = rule_applications::try_patterns(tx, &executions, &results, &self.patterns, at_most).await?;
        Ok((ResultSelection::of_ids(tried.ids), tried.are_all))
    }

    /// Attaches the issue to all results that the rule matches.
    pub(super) async fn apply(
        &self,
        tx: &mut Tx,
        issue_id: i64,
        rule_id: i64,
        now: Moment,
    ) -> StoreResult<RuleApplicationResponse> {
        let (selection, _) = self.choose(tx, i64::MAX).await?;
        let attaching = Attaching { issue_id, attachment_rule_id: Some(rule_id), applied_to_existing: true };
        let results = issue_attachments::attach_issue(tx, attaching, &selection, now).await?;
        let attached = count(&results);
        announce_attachments(tx, issue_id, &results).await?;
        let entry = Entry::attached(AuditAction::Apply, AuditSubjectKind::AttachmentRule, rule_id, results);
        audit_log::record(tx, entry, now).await?;
        let counts = rule_applications::count_chosen(tx, issue_id, &selection).await?;
        Ok(RuleApplicationResponse {
            matched: counts.matched,
            attached,
            already_attached: counts.already_attached - attached,
        })
    }

    fn filters(&self) -> (ExecutionFilter, ResultFilter) {
        let columns = self.columns;
        let executions = ExecutionFilter {
            families: columns.families.clone(),
            artefacts: columns.artefacts.clone(),
            artefact_versions: columns.artefact_versions.clone(),
            artefact_stages: columns.artefact_stages.clone(),
            artefact_tracks: columns.artefact_tracks.clone(),
            environments: columns.environment_names.clone(),
            metadata: self.metadata.clone(),
            ..ExecutionFilter::default()
        };
        let results = ResultFilter {
            test_cases: columns.test_case_names.clone(),
            template_ids: columns.template_ids.clone(),
            statuses: columns.test_result_statuses.clone(),
            ..ResultFilter::default()
        };
        (executions, results)
    }
}

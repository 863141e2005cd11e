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
use super::pattern_trials::{TrialLimit, Tried, try_patterns};
use super::test_result_search::show_results;
use super::{Service, ServiceResult};
use crate::domain::attachment_rules::TextPatterns;
use crate::domain::audit_log::Entry;
use crate::store::attachment_rules::RuleColumns;
use crate::store::execution_filters::{ExecutionFilter, ResultFilter};
use crate::store::issue_attachments::{Attaching, ResultSelection};
use crate::store::rule_applications::Between;
use crate::store::{
    Moment, StoreResult, Tx, attachment_rules, audit_log, issue_attachments, issues, rule_applications,
};

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
        let found = criteria.try_patterns(&mut tx, Between::default(), self.trial_limits.preview).await?;
        let is_complete = found.as_ref().is_none_or(|tried| tried.next_before.is_none());
        let selection = criteria.select(found);
        let counts = rule_applications::count_chosen(&mut tx, issue_id, &selection).await?;
        let newest = rule_applications::list_newest(&mut tx, &selection, SAMPLE).await?;
        let texts = ResultTexts { comment: true, io_log: false, previous_results: false };
        Ok(RulePreviewResponse {
            matched: counts.matched,
            untriaged: counts.untriaged,
            already_attached: counts.already_attached,
            with_another_issue: counts.with_another_issue,
            is_complete,
            sample: show_results(&mut tx, &newest, texts).await?,
        })
    }

    /// Attaches the rule's issue to all results there are that it matches, whether it is switched on or not; of a rule with
    /// patterns perhaps to those behind an id only. Doing it again attaches what has come to match since.
    pub async fn apply_attachment_rule(
        &self,
        issue_id: i64,
        rule_id: i64,
        before: Option<i64>,
    ) -> ServiceResult<RuleApplicationResponse> {
        let now = self.clock.now();
        let mut tx = self.db.read().await?;
        let found = attachment_rules::find_rule(&mut tx, rule_id).await?;
        let (owner, columns, metadata) = found.ok_or_else(rule_not_found)?;
        if owner != issue_id {
            return Err(rule_of_another_issue());
        }
        let patterns = compile_patterns(&columns)?;
        // A rule says the same as long as it is there.
        let criteria = Criteria { columns: &columns, metadata: metadata.into_iter().collect(), patterns };
        let chosen = criteria.choose(&mut tx, before, self.trial_limits.application).await?;
        drop(tx);
        let mut tx = self.db.write().await?;
        if !has_rule(&mut tx, issue_id, rule_id).await? {
            return Err(rule_not_found());
        }
        let applied = criteria.apply(&mut tx, issue_id, rule_id, chosen, now).await?;
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

/// What patterns chose while others could write.
pub(super) struct Chosen {
    tried: Tried,
    /// The newest result of that moment; none where older ones were asked for.
    newest: Option<i64>,
    limit: TrialLimit,
}

impl Criteria<'_> {
    /// Tries the patterns on results; none where there are no patterns, as then the filters say it all.
    async fn try_patterns(&self, tx: &mut Tx, between: Between, limit: TrialLimit) -> StoreResult<Option<Tried>> {
        if !self.patterns.reads_log() && !self.patterns.reads_comment() {
            return Ok(None);
        }
        Ok(Some(try_patterns(tx, &self.filters(), &self.patterns, between, limit).await?))
    }

    /// Chooses results by the patterns, if there are any. Looking through texts takes time: it is done before anything is locked.
    pub(super) async fn choose(
        &self,
        tx: &mut Tx,
        before: Option<i64>,
        limit: TrialLimit,
    ) -> StoreResult<Option<Chosen>> {
        let between = Between { before, ..Between::default() };
        let Some(tried) = self.try_patterns(tx, between, limit).await? else { return Ok(None) };
        let newest = if before.is_none() { Some(rule_applications::newest_result(tx).await?) } else { None };
        Ok(Some(Chosen { tried, newest, limit }))
    }

    /// The results that were tried with success, as far as the rest of the rule still matches them.
    fn select(&self, tried: Option<Tried>) -> ResultSelection {
        let (executions, results) = self.filters();
        match tried {
            Some(tried) => ResultSelection::among(tried.ids, executions, results),
            None => ResultSelection::of_filters(executions, results),
        }
    }

    /// Attaches the issue to all results that the rule matches: those that were chosen and are still there, and what has come since.
    pub(super) async fn apply(
        &self,
        tx: &mut Tx,
        issue_id: i64,
        rule_id: i64,
        chosen: Option<Chosen>,
        now: Moment,
    ) -> StoreResult<RuleApplicationResponse> {
        let tried = match chosen {
            Some(chosen) => Some(self.add_newer(tx, chosen).await?),
            None => None,
        };
        let next_before = tried.as_ref().and_then(|tried| tried.next_before);
        let selection = self.select(tried);
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
            next_before,
        })
    }

    /// Tries the patterns on what was stored meanwhile, which is little.
    async fn add_newer(&self, tx: &mut Tx, chosen: Chosen) -> StoreResult<Tried> {
        let mut tried = chosen.tried;
        if chosen.newest.is_some() {
            let between = Between { after: chosen.newest, ..Between::default() };
            let newer = self.try_patterns(tx, between, chosen.limit).await?;
            tried.ids.extend(newer.into_iter().flat_map(|newer| newer.ids));
        }
        Ok(tried)
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

//! Rules that attach an issue to results as they are stored: made, switched on and off, removed.

use std::collections::HashSet;

use app::api::{
    AuditSubjectKind, ExecutionMetadataInput, IssueTestResultAttachmentRulePatchRequest,
    IssueTestResultAttachmentRulePostRequest, MinimalIssueTestResultAttachmentRuleResponse, Permission,
};
use serde::Serialize;
use serde_json::json;

use super::issues::issue_not_found;
use super::rule_applications::{Criteria, group};
use super::{Service, ServiceError, ServiceResult};
use crate::domain::access::Caller;
use crate::domain::attachment_rules::TextPatterns;
use crate::domain::audit_log::Entry;
use crate::domain::events::Event;
use crate::store::attachment_rules::RuleColumns;
use crate::store::{Tx, attachment_rules, audit_log, issues};

/// A rule as the audit log tells of it.
#[derive(Serialize)]
struct OwnedRule<'a> {
    issue_id: i64,
    #[serde(flatten)]
    rule: &'a MinimalIssueTestResultAttachmentRuleResponse,
}

impl Service {
    /// Makes a rule. Results that are stored already stay as they are, unless the request asks for them, too.
    pub async fn create_attachment_rule(
        &self,
        caller: &Caller,
        issue_id: i64,
        request: IssueTestResultAttachmentRulePostRequest,
    ) -> ServiceResult<MinimalIssueTestResultAttachmentRuleResponse> {
        let now = self.clock.now();
        let applies_to_existing = request.apply_to_existing.0;
        if applies_to_existing {
            let required = [Permission::ChangeIssueAttachment, Permission::ChangeIssueAttachmentBulk];
            self.demand_attachment(caller, &required)?;
        }
        let (columns, metadata) = read_request(request);
        let patterns = compile_patterns(&columns)?;
        let criteria = Criteria { columns: &columns, metadata: group(metadata.clone()), patterns };
        let chosen = if applies_to_existing {
            let mut tx = self.db.read().await?;
            issues::find_issue(&mut tx, issue_id).await?.ok_or_else(issue_not_found)?;
            criteria.choose(&mut tx, None, self.trial_limits.application).await?
        } else {
            None
        };
        let mut tx = self.db.write().await?;
        issues::find_issue(&mut tx, issue_id).await?.ok_or_else(issue_not_found)?;
        let id = attachment_rules::create_rule(&mut tx, issue_id, &columns, now).await?;
        attachment_rules::add_metadata(&mut tx, id, &metadata, now).await?;
        let shown = columns.clone().into_response(id, criteria.metadata.iter().cloned().collect());
        let made = Entry::created(AuditSubjectKind::AttachmentRule, id, &OwnedRule { issue_id, rule: &shown });
        audit_log::record(&mut tx, [made], now).await?;
        tx.announce(Event::of_issue(issue_id));
        let existing_results =
            if applies_to_existing { Some(criteria.apply(&mut tx, issue_id, id, chosen, now).await?) } else { None };
        tx.commit().await?;
        Ok(MinimalIssueTestResultAttachmentRuleResponse { existing_results, ..shown })
    }

    /// Switches a rule on or off; what it attached stays.
    pub async fn update_attachment_rule(
        &self,
        issue_id: i64,
        rule_id: i64,
        patch: &IssueTestResultAttachmentRulePatchRequest,
    ) -> ServiceResult<MinimalIssueTestResultAttachmentRuleResponse> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        if !has_rule(&mut tx, issue_id, rule_id).await? {
            return Err(rule_not_found());
        }
        if let Some(enabled) = patch.enabled.map(|enabled| enabled.0)
            && attachment_rules::update_enabled(&mut tx, rule_id, enabled, now).await?
        {
            let (before, after) = (json!({"enabled": !enabled}), json!({"enabled": enabled}));
            let entry = Entry::updated(AuditSubjectKind::AttachmentRule, rule_id, &before, &after);
            audit_log::record(&mut tx, entry, now).await?;
            tx.announce(Event::of_issue(issue_id));
        }
        let shown = attachment_rules::list_rules(&mut tx, &[rule_id]).await?.pop().ok_or_else(rule_not_found)?;
        tx.commit().await?;
        Ok(shown)
    }

    /// Removes a rule, if it is there; what it attached stays.
    pub async fn delete_attachment_rule(&self, issue_id: i64, rule_id: i64) -> ServiceResult<()> {
        let mut tx = self.db.write().await?;
        attachment_rules::keep_out_uploads(&mut tx).await?;
        if has_rule(&mut tx, issue_id, rule_id).await?
            && let Some(rule) = attachment_rules::list_rules(&mut tx, &[rule_id]).await?.pop()
        {
            attachment_rules::delete_rule(&mut tx, rule_id).await?;
            let before = OwnedRule { issue_id, rule: &rule };
            let entry = Entry::deleted(AuditSubjectKind::AttachmentRule, rule_id, &before);
            audit_log::record(&mut tx, [entry], self.clock.now()).await?;
            tx.announce(Event::of_issue(issue_id));
        }
        tx.commit().await?;
        Ok(())
    }
}

/// Whether there is such a rule; that of another issue is refused.
pub(super) async fn has_rule(tx: &mut Tx, issue_id: i64, rule_id: i64) -> ServiceResult<bool> {
    match attachment_rules::lock_rule(tx, rule_id).await? {
        Some(owner) if owner == issue_id => Ok(true),
        Some(_) => Err(rule_of_another_issue()),
        None => Ok(false),
    }
}

pub(super) fn rule_not_found() -> ServiceError {
    ServiceError::NotFound("Attachment rule not found".to_owned())
}

pub(super) fn rule_of_another_issue() -> ServiceError {
    ServiceError::BadRequest("Attachment rule not attached to given issue".to_owned())
}

/// What the rule looks for in texts, if it can be used.
pub(super) fn compile_patterns(columns: &RuleColumns) -> ServiceResult<TextPatterns> {
    TextPatterns::compile(&columns.io_log_pattern, &columns.comment_pattern).map_err(|error| {
        // The second one alone tells which of the two it is.
        let is_comment = TextPatterns::compile(&columns.io_log_pattern, "").is_ok();
        let field = if is_comment { "comment_pattern" } else { "io_log_pattern" };
        ServiceError::Rule(format!("{field} is {error}"))
    })
}

pub(super) fn read_request(request: IssueTestResultAttachmentRulePostRequest) -> (RuleColumns, Vec<(String, String)>) {
    let columns = RuleColumns {
        enabled: request.enabled.0,
        families: request.families,
        artefacts: request.artefacts,
        artefact_versions: request.artefact_versions,
        artefact_stages: request.artefact_stages,
        artefact_tracks: request.artefact_tracks,
        environment_names: request.environment_names,
        test_case_names: request.test_case_names,
        template_ids: request.template_ids,
        test_result_statuses: request.test_result_statuses,
        io_log_pattern: request.io_log_pattern,
        comment_pattern: request.comment_pattern,
    };
    (columns, distinct_pairs(request.execution_metadata))
}

/// Each pair once, in the order they were sent.
fn distinct_pairs(metadata: ExecutionMetadataInput) -> Vec<(String, String)> {
    let mut seen = HashSet::new();
    let pairs = metadata
        .0
        .into_iter()
        .flat_map(|(category, values)| values.into_iter().map(move |value| (category.clone(), value.0)));
    pairs.filter(|pair| seen.insert(pair.clone())).collect()
}

//! Attaching issues to results, and detaching them.

use app::api::{
    AuditAction, AuditSubjectKind, IssueAttachmentRequest, IssueResponse, Permission, TestResultSearchFilters,
};

use super::attachment_rules::{rule_not_found, rule_of_another_issue};
use super::events::announce_attachments;
use super::issues::{issue_not_found, show_issue};
use super::{Service, ServiceError, ServiceResult};
use crate::domain::access::Caller;
use crate::domain::audit_log::Entry;
use crate::store::issue_attachments::{Attaching, ResultSelection};
use crate::store::issues::IssueRow;
use crate::store::{Tx, attachment_rules, audit_log, issue_attachments, issues};

impl Service {
    /// Refuses callers who may attach nothing at all.
    pub fn check_may_attach(&self, caller: &Caller) -> ServiceResult<()> {
        self.demand_attachment(caller, &[Permission::ChangeIssueAttachment])
    }

    /// Attaches an issue to the results that are named or chosen, all or nothing. Where it is attached already nothing
    /// changes.
    pub async fn attach_issue(
        &self,
        caller: &Caller,
        issue_id: i64,
        request: IssueAttachmentRequest,
    ) -> ServiceResult<IssueResponse> {
        let now = self.clock.now();
        let attachment_rule_id = request.attachment_rule.map(|id| id.0);
        let ids = ids_of(&request);
        let (mut tx, issue, rule_issue) = self.begin_attachment(caller, issue_id, &request).await?;
        // A rule of another issue has not led to this.
        if rule_issue.is_some_and(|it| it != issue_id) {
            return Err(rule_of_another_issue());
        }
        let selection = select(ids.clone(), request)?;
        if let Some(unknown) = issue_attachments::find_unknown_result(&mut tx, &ids).await? {
            return Err(ServiceError::NotFound(format!("Test result {unknown} not found")));
        }
        let attaching = Attaching { issue_id, attachment_rule_id, applied_to_existing: false };
        let attached = issue_attachments::attach_issue(&mut tx, attaching, &selection, now).await?;
        announce_attachments(&mut tx, issue_id, &attached).await?;
        let entry = Entry::attached(AuditAction::Attach, AuditSubjectKind::Issue, issue_id, attached);
        audit_log::record(&mut tx, entry, now).await?;
        finish(tx, issue).await
    }

    /// Detaches an issue from the results that are named or chosen, whoever attached it. Ids of no result are no
    /// mistake: from nothing there is nothing to detach.
    pub async fn detach_issue(
        &self,
        caller: &Caller,
        issue_id: i64,
        request: IssueAttachmentRequest,
    ) -> ServiceResult<IssueResponse> {
        let (mut tx, issue, _) = self.begin_attachment(caller, issue_id, &request).await?;
        let selection = select(ids_of(&request), request)?;
        let detached = issue_attachments::detach_issue(&mut tx, issue_id, &selection).await?;
        announce_attachments(&mut tx, issue_id, &detached).await?;
        let entry = Entry::detached(AuditAction::Detach, AuditSubjectKind::Issue, issue_id, detached);
        audit_log::record(&mut tx, entry, self.clock.now()).await?;
        finish(tx, issue).await
    }

    /// Checks who asks, finds the issue, and the issue that the rule belongs to, if there is one.
    async fn begin_attachment(
        &self,
        caller: &Caller,
        issue_id: i64,
        request: &IssueAttachmentRequest,
    ) -> ServiceResult<(Tx, IssueRow, Option<i64>)> {
        self.check_may_attach(caller)?;
        if request.is_bulk() {
            self.demand_attachment(caller, &[Permission::ChangeIssueAttachmentBulk])?;
        }
        let mut tx = self.db.write().await?;
        let issue = issues::lock_issue(&mut tx, issue_id).await?.ok_or_else(issue_not_found)?;
        let rule_issue = match request.attachment_rule {
            Some(rule) => {
                let found = attachment_rules::lock_rule(&mut tx, rule.0).await?;
                Some(found.ok_or_else(rule_not_found)?)
            }
            None => None,
        };
        Ok((tx, issue, rule_issue))
    }

    pub(super) fn demand_attachment(&self, caller: &Caller, required: &[Permission]) -> ServiceResult<()> {
        if caller.may(required, &self.settings.ignored_permissions) {
            Ok(())
        } else {
            Err(ServiceError::InsufficientPermissions)
        }
    }
}

fn ids_of(request: &IssueAttachmentRequest) -> Vec<i64> {
    request.test_results.iter().flatten().map(|id| id.0).collect()
}

/// The results a request is about. A filter that says nothing would choose everything, so it is refused.
fn select(ids: Vec<i64>, request: IssueAttachmentRequest) -> ServiceResult<ResultSelection> {
    if request.test_results_filters.as_ref().is_some_and(TestResultSearchFilters::is_empty) {
        let text = "At least one filter must be provided in test_results_filters";
        return Err(ServiceError::Rule(text.to_owned()));
    }
    Ok(ResultSelection::new(ids, request.test_results_filters))
}

async fn finish(mut tx: Tx, issue: IssueRow) -> ServiceResult<IssueResponse> {
    let rules = attachment_rules::list_rules_of_issue(&mut tx, issue.id).await?;
    tx.commit().await?;
    Ok(show_issue(issue, rules))
}

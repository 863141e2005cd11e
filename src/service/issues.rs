//! Issues of external trackers: found, made known and changed.

use app::api::{
    AuditSubjectKind, IssuePatchRequest, IssueProject, IssuePutRequest, IssueResponse, IssueStatus, IssuesGetResponse,
    MinimalIssueResponse, MinimalIssueTestResultAttachmentRuleResponse, Permission,
};

use super::{Service, ServiceError, ServiceResult};
use crate::domain::access::Caller;
use crate::domain::audit_log::Entry;
use crate::domain::events::Event;
use crate::domain::issue_url::parse_issue_url;
use crate::store::issues::{IssueColumns, IssueFilter, IssueRow, Upper};
use crate::store::{Moment, StoreResult, Tx, attachment_rules, audit_log, issues};

impl Service {
    /// A page of the issues that the filter chooses, by tracker, project and key, each with the number of executions it
    /// is attached to.
    pub async fn list_issues(&self, filter: &IssueFilter, limit: i64, offset: i64) -> ServiceResult<IssuesGetResponse> {
        let mut tx = self.db.read().await?;
        let count = issues::count_issues(&mut tx, filter).await?;
        let rows = issues::list_issues(&mut tx, filter, limit, offset).await?;
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let executions = issues::count_executions(&mut tx, &ids).await?;
        let issues = rows
            .into_iter()
            .map(|row| {
                let executions = executions.get(&row.id).copied().unwrap_or_default();
                show_in_list(row, executions)
            })
            .collect();
        Ok(IssuesGetResponse { issues, count, limit, offset, projects: None })
    }

    /// The trackers' projects that any issue is of, by tracker and name.
    pub async fn list_issue_projects(&self) -> ServiceResult<Vec<IssueProject>> {
        let mut tx = self.db.read().await?;
        let rows = issues::list_projects(&mut tx).await?;
        let show = |row: issues::ProjectRow| IssueProject {
            source: row.source.0,
            project: row.project,
            issues_count: row.issues_count,
        };
        Ok(rows.into_iter().map(show).collect())
    }

    /// One issue.
    pub async fn get_issue(&self, id: i64) -> ServiceResult<IssueResponse> {
        let mut tx = self.db.read().await?;
        let row = issues::find_issue(&mut tx, id).await?.ok_or_else(issue_not_found)?;
        let rules = attachment_rules::list_rules_of_issue(&mut tx, id).await?;
        Ok(show_issue(row, rules))
    }

    /// Makes the issue at an address known, or changes what is known of it.
    pub async fn put_issue(&self, request: IssuePutRequest) -> ServiceResult<IssueResponse> {
        let IssuePutRequest { title, status, auto_rerun_enabled, url } = request;
        let address = parse_issue_url(&url.0).map_err(|error| ServiceError::Rule(error.to_string()))?;
        let patch = IssuePatchRequest { title, status, auto_rerun_enabled };
        let unknown =
            IssueColumns { title: String::new(), status: Upper(IssueStatus::Unknown), auto_rerun_enabled: false };
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let new = apply_patch(&unknown, &patch);
        let (row, is_new) = issues::find_or_create_issue(&mut tx, &address, &new, now).await?;
        if is_new {
            let made = Entry::created(AuditSubjectKind::Issue, row.id, &show_issue(row.clone(), Vec::new()));
            audit_log::record(&mut tx, [made], now).await?;
            tx.announce(Event::of_issue(row.id));
        }
        let shown = change_issue(&mut tx, row, &patch, now).await?;
        tx.commit().await?;
        Ok(shown)
    }

    /// Refuses callers who may not change issues. Where the address of the request speaks of reruns, these take a
    /// permission of their own; clients that send the same in the body do not need it.
    pub fn check_may_change_issue(&self, caller: &Caller, speaks_of_reruns: bool) -> ServiceResult<()> {
        let required: &[Permission] = if speaks_of_reruns {
            &[Permission::ChangeIssue, Permission::ChangeAutoRerun]
        } else {
            &[Permission::ChangeIssue]
        };
        if caller.may(required, &self.settings.ignored_permissions) {
            Ok(())
        } else {
            Err(ServiceError::InsufficientPermissions)
        }
    }

    /// Changes what is known of an issue; what the request leaves out stays.
    pub async fn update_issue(&self, id: i64, patch: &IssuePatchRequest) -> ServiceResult<IssueResponse> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let row = issues::lock_issue(&mut tx, id).await?.ok_or_else(issue_not_found)?;
        let shown = change_issue(&mut tx, row, patch, now).await?;
        tx.commit().await?;
        Ok(shown)
    }
}

pub(super) fn issue_not_found() -> ServiceError {
    ServiceError::NotFound("Issue not found".to_owned())
}

/// Writes what differs, if anything does, and shows the issue.
async fn change_issue(
    tx: &mut Tx,
    mut row: IssueRow,
    patch: &IssuePatchRequest,
    now: Moment,
) -> StoreResult<IssueResponse> {
    let columns = apply_patch(&row.columns, patch);
    if columns != row.columns {
        issues::update_issue(tx, row.id, &columns, now).await?;
        let before = show_issue(row.clone(), Vec::new());
        row.columns = columns;
        let after = show_issue(row.clone(), Vec::new());
        audit_log::record(tx, Entry::updated(AuditSubjectKind::Issue, row.id, &before, &after), now).await?;
        tx.announce(Event::of_issue(row.id));
    }
    let rules = attachment_rules::list_rules_of_issue(tx, row.id).await?;
    Ok(show_issue(row, rules))
}

fn apply_patch(before: &IssueColumns, patch: &IssuePatchRequest) -> IssueColumns {
    IssueColumns {
        title: patch.title.as_ref().unwrap_or(&before.title).clone(),
        status: patch.status.map_or(before.status, Upper),
        auto_rerun_enabled: patch.auto_rerun_enabled.map_or(before.auto_rerun_enabled, |flag| flag.0),
    }
}

/// An issue as it is shown, with its rules.
pub(super) fn show_issue(
    row: IssueRow,
    attachment_rules: Vec<MinimalIssueTestResultAttachmentRuleResponse>,
) -> IssueResponse {
    let source = row.source.0;
    IssueResponse {
        id: row.id,
        url: source.issue_url(&row.project, &row.key),
        source,
        project: row.project,
        key: row.key,
        title: row.columns.title,
        status: row.columns.status.0,
        labels: row.labels.map(|labels| labels.0),
        auto_rerun_enabled: row.columns.auto_rerun_enabled,
        attachment_rules,
    }
}

fn show_in_list(row: IssueRow, test_executions_count: i64) -> MinimalIssueResponse {
    let source = row.source.0;
    MinimalIssueResponse {
        id: row.id,
        url: source.issue_url(&row.project, &row.key),
        source,
        project: row.project,
        key: row.key,
        title: row.columns.title,
        status: row.columns.status.0,
        labels: row.labels.map(|labels| labels.0),
        test_executions_count,
    }
}

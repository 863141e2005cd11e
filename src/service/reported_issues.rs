//! Known problems of test cases and of environments, as people report them.

use app::api::{
    AuditSubjectKind, EnvironmentReportedIssueRequest, EnvironmentReportedIssueResponse, TestReportedIssueRequest,
    TestReportedIssueResponse,
};

use super::{Service, ServiceError, ServiceResult};
use crate::domain::audit_log::Entry;
use crate::store::environment_issues::{EnvironmentIssueRow, NewEnvironmentIssue};
use crate::store::test_case_issues::{NewTestCaseIssue, TestCaseIssueRow};
use crate::store::{audit_log, environment_issues, test_case_issues};

const OF_CASE: AuditSubjectKind = AuditSubjectKind::TestCaseReportedIssue;
const OF_ENVIRONMENT: AuditSubjectKind = AuditSubjectKind::EnvironmentReportedIssue;

impl Service {
    /// What was reported of test cases; of one template or one case where they are given and not empty.
    pub async fn list_test_case_issues(
        &self,
        template_id: Option<&str>,
        case_name: Option<&str>,
    ) -> ServiceResult<Vec<TestReportedIssueResponse>> {
        let said = |text: &&str| !text.is_empty();
        let (template_id, case_name) = (template_id.filter(said), case_name.filter(said));
        let mut tx = self.db.read().await?;
        let rows = test_case_issues::list_test_case_issues(&mut tx, template_id, case_name).await?;
        Ok(rows.into_iter().map(show_test_case_issue).collect())
    }

    /// Stores what somebody reports of a test case.
    pub async fn add_test_case_issue(
        &self,
        request: &TestReportedIssueRequest,
    ) -> ServiceResult<TestReportedIssueResponse> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let row = test_case_issues::create_test_case_issue(&mut tx, new_test_case_issue(request), now).await?;
        let shown = show_test_case_issue(row);
        audit_log::record(&mut tx, [Entry::created(OF_CASE, shown.id, &shown)], now).await?;
        tx.commit().await?;
        Ok(shown)
    }

    /// Replaces everything a report of a test case says.
    pub async fn replace_test_case_issue(
        &self,
        id: i64,
        request: &TestReportedIssueRequest,
    ) -> ServiceResult<TestReportedIssueResponse> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let before = test_case_issues::lock_test_case_issue(&mut tx, id).await?;
        let before = show_test_case_issue(before.ok_or_else(|| test_case_issue_not_found(id))?);
        let row = test_case_issues::update_test_case_issue(&mut tx, id, new_test_case_issue(request), now).await?;
        let shown = show_test_case_issue(row.ok_or_else(|| test_case_issue_not_found(id))?);
        audit_log::record(&mut tx, Entry::updated(OF_CASE, id, &before, &shown), now).await?;
        tx.commit().await?;
        Ok(shown)
    }

    /// Removes a report of a test case.
    pub async fn delete_test_case_issue(&self, id: i64) -> ServiceResult<()> {
        let mut tx = self.db.write().await?;
        let row = test_case_issues::delete_test_case_issue(&mut tx, id).await?;
        let before = show_test_case_issue(row.ok_or_else(|| test_case_issue_not_found(id))?);
        audit_log::record(&mut tx, [Entry::deleted(OF_CASE, id, &before)], self.clock.now()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// What was reported of environments; only what is confirmed, or is not, and of those that an artefact is tested in, where that
    /// is asked for.
    pub async fn list_environment_issues(
        &self,
        is_confirmed: Option<bool>,
        artefact_id: Option<i64>,
    ) -> ServiceResult<Vec<EnvironmentReportedIssueResponse>> {
        let mut tx = self.db.read().await?;
        let rows = environment_issues::list_environment_issues(&mut tx, is_confirmed, artefact_id).await?;
        Ok(rows.into_iter().map(show_environment_issue).collect())
    }

    /// Stores what somebody reports of an environment.
    pub async fn add_environment_issue(
        &self,
        request: &EnvironmentReportedIssueRequest,
    ) -> ServiceResult<EnvironmentReportedIssueResponse> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let row = environment_issues::create_environment_issue(&mut tx, new_environment_issue(request), now).await?;
        let shown = show_environment_issue(row);
        audit_log::record(&mut tx, [Entry::created(OF_ENVIRONMENT, shown.id, &shown)], now).await?;
        tx.commit().await?;
        Ok(shown)
    }

    /// Replaces everything a report of an environment says.
    pub async fn replace_environment_issue(
        &self,
        id: i64,
        request: &EnvironmentReportedIssueRequest,
    ) -> ServiceResult<EnvironmentReportedIssueResponse> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let before = environment_issues::lock_environment_issue(&mut tx, id).await?;
        let before = show_environment_issue(before.ok_or_else(|| environment_issue_not_found(id))?);
        let row =
            environment_issues::update_environment_issue(&mut tx, id, new_environment_issue(request), now).await?;
        let shown = show_environment_issue(row.ok_or_else(|| environment_issue_not_found(id))?);
        audit_log::record(&mut tx, Entry::updated(OF_ENVIRONMENT, id, &before, &shown), now).await?;
        tx.commit().await?;
        Ok(shown)
    }

    /// Removes a report of an environment.
    pub async fn delete_environment_issue(&self, id: i64) -> ServiceResult<()> {
        let mut tx = self.db.write().await?;
        let row = environment_issues::delete_environment_issue(&mut tx, id).await?;
        let before = show_environment_issue(row.ok_or_else(|| environment_issue_not_found(id))?);
        audit_log::record(&mut tx, [Entry::deleted(OF_ENVIRONMENT, id, &before)], self.clock.now()).await?;
        tx.commit().await?;
        Ok(())
    }
}

fn new_test_case_issue(request: &TestReportedIssueRequest) -> NewTestCaseIssue<'_> {
    NewTestCaseIssue {
        template_id: &request.template_id.0,
        case_name: &request.case_name.0,
        url: &request.url.0,
        description: &request.description,
    }
}

fn new_environment_issue(request: &EnvironmentReportedIssueRequest) -> NewEnvironmentIssue<'_> {
    NewEnvironmentIssue {
        environment_name: &request.environment_name,
        url: request.url.as_ref().map(|url| url.0.as_str()),
        description: &request.description,
        is_confirmed: request.is_confirmed.0,
    }
}

fn show_test_case_issue(row: TestCaseIssueRow) -> TestReportedIssueResponse {
    TestReportedIssueResponse {
        id: row.id,
        template_id: row.template_id,
        case_name: row.case_name,
        description: row.description,
        url: row.url,
        created_at: row.created_at.into(),
        updated_at: row.updated_at.into(),
    }
}

fn show_environment_issue(row: EnvironmentIssueRow) -> EnvironmentReportedIssueResponse {
    EnvironmentReportedIssueResponse {
        id: row.id,
        environment_name: row.environment_name,
        description: row.description,
        url: row.url,
        is_confirmed: row.is_confirmed,
        created_at: row.created_at.into(),
        updated_at: row.updated_at.into(),
    }
}

fn test_case_issue_not_found(id: i64) -> ServiceError {
    ServiceError::NotFound(format!("Reported issue of a test case with id {id} not found"))
}

fn environment_issue_not_found(id: i64) -> ServiceError {
    ServiceError::NotFound(format!("Reported issue of an environment with id {id} not found"))
}

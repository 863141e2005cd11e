//! What a principal may do.

use super::text_enum;

text_enum! {
    /// A right that a team or an application holds. Flat: none implies another.
    #[allow(missing_docs, clippy::allow_attributes, reason = "each member is spelt as it reads")]
    pub enum Permission {
        ViewUser = "view_user",
        ChangeUser = "change_user",
        ViewTeam = "view_team",
        ChangeTeam = "change_team",
        AddApplication = "add_application",
        ChangeApplication = "change_application",
        ViewApplication = "view_application",
        ViewPermission = "view_permission",
        ViewIssue = "view_issue",
        ChangeIssue = "change_issue",
        ChangeIssueAttachment = "change_issue_attachment",
        ChangeIssueAttachmentBulk = "change_issue_attachment_bulk",
        ChangeAttachmentRule = "change_attachment_rule",
        ChangeAutoRerun = "change_auto_rerun",
        ViewTest = "view_test",
        ChangeTest = "change_test",
        ViewRerun = "view_rerun",
        ChangeRerun = "change_rerun",
        ChangeRerunBulk = "change_rerun_bulk",
        ViewArtefact = "view_artefact",
        ChangeArtefact = "change_artefact",
        ViewEnvironmentReview = "view_environment_review",
        ChangeEnvironmentReview = "change_environment_review",
        ViewReport = "view_report",
        ViewTestCaseReportedIssue = "view_test_case_reported_issue",
        ChangeTestCaseReportedIssue = "change_test_case_reported_issue",
        ViewEnvironmentReportedIssue = "view_environment_reported_issue",
        ChangeEnvironmentReportedIssue = "change_environment_reported_issue",
        ViewNotification = "view_notification",
        ChangeNotification = "change_notification",
        ViewSentryDebug = "view_sentry_debug",
        ViewAuditLog = "view_audit_log",
        ViewJobs = "view_jobs",
        ViewWebhook = "view_webhook",
        ChangeWebhook = "change_webhook",
    }
}

impl Permission {
    /// Whether it only lets its holder look at what everybody of an installation may see. The audit log is not that, nor
    /// is what the server does by itself, which tells of other systems, and are addresses of webhooks: whoever knows that of a
    /// chat room can write there.
    pub fn is_read(self) -> bool {
        let is_for_few =
            matches!(self, Self::ViewSentryDebug | Self::ViewAuditLog | Self::ViewJobs | Self::ViewWebhook);
        self.as_str().starts_with("view_") && !is_for_few
    }
}

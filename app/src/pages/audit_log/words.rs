//! What entries say, in words, and where what they are about can be seen.

use serde_json::Value;

use crate::{
    api::{AuditAction, AuditActorKind, AuditEntryResponse, AuditSubjectKind},
    components::status::artefact_status_label,
    pages::artefact::decision_label,
};

/// Who acts, by kind.
pub(super) fn actor_kind(kind: AuditActorKind) -> &'static str {
    match kind {
        AuditActorKind::User => "A user",
        AuditActorKind::Application => "An application",
        AuditActorKind::Operator => "An operator",
        AuditActorKind::Anonymous => "Nobody in particular",
    }
}

/// What was done.
pub(super) fn action(action: AuditAction) -> &'static str {
    match action {
        AuditAction::Create => "created",
        AuditAction::Update => "changed",
        AuditAction::Delete => "removed",
        AuditAction::Attach => "attached to results",
        AuditAction::Detach => "detached from results",
        AuditAction::Apply => "applied to existing results",
        AuditAction::Undo => "taken back from existing results",
        AuditAction::AddMember => "got a member",
        AuditAction::RemoveMember => "lost a member",
        AuditAction::RotateKey => "got a new key",
        AuditAction::SignIn => "signed in",
        AuditAction::SignOut => "signed out",
        AuditAction::SetPassword => "got a password",
        AuditAction::MakeLink => "got a link to sign in",
    }
}

/// What it was done to.
pub(super) fn subject_kind(kind: AuditSubjectKind) -> &'static str {
    match kind {
        AuditSubjectKind::Artefact => "Artefact",
        AuditSubjectKind::EnvironmentReview => "Environment review",
        AuditSubjectKind::MatchingRule => "Matching rule",
        AuditSubjectKind::Issue => "Issue",
        AuditSubjectKind::AttachmentRule => "Attachment rule",
        AuditSubjectKind::TestCaseReportedIssue => "Reported issue of a test case",
        AuditSubjectKind::EnvironmentReportedIssue => "Reported issue of an environment",
        AuditSubjectKind::Application => "Application",
        AuditSubjectKind::User => "User",
        AuditSubjectKind::Team => "Team",
        AuditSubjectKind::Webhook => "Webhook",
    }
}

/// A value as the other pages say it; what is none of those is told as it is.
pub(super) fn value(text: &str) -> &str {
    let status = || text.parse().ok().map(artefact_status_label);
    let decision = || text.parse().ok().map(decision_label);
    status().or_else(decision).unwrap_or(text)
}

/// Where the subject can be seen; nothing where it has no page, or is gone by this entry.
pub(super) fn subject_page(entry: &AuditEntryResponse) -> Option<String> {
    if entry.action == AuditAction::Delete {
        return None;
    }
    let id = entry.subject_id;
    match entry.subject_kind {
        // The artefact's page knows its family, whatever the address says.
        AuditSubjectKind::Artefact => Some(format!("/snaps/{id}")),
        AuditSubjectKind::MatchingRule => Some(format!("/matching-rules?rule={id}")),
        AuditSubjectKind::Issue => Some(format!("/issues/{id}")),
        AuditSubjectKind::AttachmentRule => issue_of(entry).map(|issue| format!("/issues/{issue}?attachmentRule={id}")),
        AuditSubjectKind::Application => Some(format!("/applications?application={id}")),
        AuditSubjectKind::User => Some(format!("/users?user={id}")),
        AuditSubjectKind::Team => Some(format!("/teams?team={id}")),
        AuditSubjectKind::EnvironmentReview
        | AuditSubjectKind::TestCaseReportedIssue
        | AuditSubjectKind::EnvironmentReportedIssue
        | AuditSubjectKind::Webhook => None,
    }
}

/// The issue that an attachment rule belongs to, where the entry tells it.
fn issue_of(entry: &AuditEntryResponse) -> Option<i64> {
    let mut told = [&entry.after, &entry.before].into_iter().flatten();
    told.find_map(|fields| fields.get("issue_id").and_then(Value::as_i64))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::subject_page;
    use crate::api::AuditEntryResponse;

    fn page(kind: &str, action: &str, after: &serde_json::Value) -> Option<String> {
        let entry: AuditEntryResponse = serde_json::from_value(json!({
            "id": 1, "created_at": "2031-05-04T03:02:01", "actor_kind": "operator", "actor_id": null, "actor_name": "",
            "client_address": "", "action": action, "subject_kind": kind, "subject_id": 7, "before": null, "after": after,
        }))
        .unwrap();
        subject_page(&entry)
    }

    #[test]
    fn subjects_lead_to_their_pages_as_long_as_they_are_there() {
        for (kind, action, after, expected) in [
            ("artefact", "update", json!(null), Some("/snaps/7")),
            ("artefact", "delete", json!(null), None),
            ("user", "sign_in", json!({"by": "link"}), Some("/users?user=7")),
            ("team", "add_member", json!({"user_id": 3}), Some("/teams?team=7")),
            ("attachment_rule", "create", json!({"issue_id": 3}), Some("/issues/3?attachmentRule=7")),
            ("attachment_rule", "update", json!({"enabled": true}), None),
            ("environment_review", "update", json!(null), None),
        ] {
            assert_eq!(page(kind, action, &after).as_deref(), expected, "{kind} {action}");
        }
    }
}

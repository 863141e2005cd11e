//! The audit log: who changed what, when and from where.

use serde::{Deserialize, Serialize};

use super::{Timestamp, text_enum};

text_enum! {
    /// What kind of somebody made a change.
    pub enum AuditActorKind {
        /// A person, in a session.
        User = "user",
        /// A program, with its key.
        Application = "application",
        /// Whoever ran a command on the server.
        Operator = "operator",
        /// Nobody in particular, where the permission is asked of nobody.
        Anonymous = "anonymous",
    }
}

text_enum! {
    /// What somebody did.
    pub enum AuditAction {
        /// Made something.
        Create = "create",
        /// Changed something.
        Update = "update",
        /// Removed something.
        Delete = "delete",
        /// Attached an issue to results.
        Attach = "attach",
        /// Detached an issue from results.
        Detach = "detach",
        /// Applied an attachment rule to the results there were.
        Apply = "apply",
        /// Took that back.
        Undo = "undo",
        /// Added a user to a team.
        AddMember = "add_member",
        /// Took a user out of a team.
        RemoveMember = "remove_member",
        /// Gave an application a new key.
        RotateKey = "rotate_key",
        /// Began a session.
        SignIn = "sign_in",
        /// Ended a session.
        SignOut = "sign_out",
        /// Gave a user a password.
        SetPassword = "set_password",
        /// Made a link that signs a user in once.
        MakeLink = "make_link",
    }
}

text_enum! {
    /// What kind of thing it was done to.
    pub enum AuditSubjectKind {
        /// An artefact.
        Artefact = "artefact",
        /// A review of a build in an environment.
        EnvironmentReview = "environment_review",
        /// A rule that says which teams are responsible for which artefacts.
        MatchingRule = "matching_rule",
        /// An issue of an external tracker.
        Issue = "issue",
        /// A rule that attaches an issue to results.
        AttachmentRule = "attachment_rule",
        /// A reported issue of test cases.
        TestCaseReportedIssue = "test_case_reported_issue",
        /// A reported issue of an environment.
        EnvironmentReportedIssue = "environment_reported_issue",
        /// An application.
        Application = "application",
        /// A user.
        User = "user",
        /// A team.
        Team = "team",
        /// A webhook.
        Webhook = "webhook",
    }
}

/// A change that somebody made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct AuditEntryResponse {
    /// Its id.
    pub id: i64,
    /// When.
    #[cfg_attr(feature = "ssr", schema(value_type = String, format = DateTime))]
    pub created_at: Timestamp,
    /// What kind of somebody made it.
    pub actor_kind: AuditActorKind,
    /// The id of the user or application, who may be gone; null for others.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub actor_id: Option<i64>,
    /// The name of the user or application at that time; `""` for others.
    pub actor_name: String,
    /// The address that the request came from; `""` where nobody knows, and for commands.
    pub client_address: String,
    /// What was done.
    pub action: AuditAction,
    /// What kind of thing it was done to.
    pub subject_kind: AuditSubjectKind,
    /// The id of that thing, which may be gone.
    pub subject_id: i64,
    /// What is different after it, as it was; null where there was nothing.
    #[cfg_attr(feature = "ssr", schema(value_type = Option<Object>, required = true))]
    pub before: Option<serde_json::Value>,
    /// What is different after it, as it became; null where there is nothing any longer.
    #[cfg_attr(feature = "ssr", schema(value_type = Option<Object>, required = true))]
    pub after: Option<serde_json::Value>,
}

/// A page of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct AuditLogResponse {
    /// Newest first.
    pub entries: Vec<AuditEntryResponse>,
    /// Entries of a page.
    pub limit: i64,
    /// Where the next page begins: the `cursor` to ask for; null behind the last page.
    #[cfg_attr(feature = "ssr", schema(required = true))]
    pub next_cursor: Option<String>,
}

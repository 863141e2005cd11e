//! `PATCH /v1/artefacts/{artefact_id}`: what people decide about an artefact.

use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use serde_json::json;
use utoipa::ToSchema;

use super::{ArtefactStatus, Flag, Int, LocationPart, Patch, Problems, StageName};

/// What a client changes about an artefact. What is absent stays.
#[derive(Clone, Debug, Default, ToSchema)]
pub struct ArtefactPatch {
    /// The decision.
    pub status: Option<ArtefactStatus>,
    /// Whether it is out of sight.
    #[schema(value_type = Option<bool>)]
    pub archived: Option<Flag>,
    /// How far it has come.
    pub stage: Option<StageName>,
    /// Why.
    pub comment: Option<String>,
    /// The key of a parent Jira issue; null clears it.
    #[schema(value_type = Option<String>)]
    pub jira_issue: Patch<String>,
    /// The builds it consists of, in this order; null clears them.
    #[schema(value_type = Option<Vec<i64>>)]
    pub bundled_builds: Patch<Vec<Int>>,
    /// The only reviewer, by id; null clears the reviewers. Counts where no list of reviewers is given.
    #[schema(value_type = Option<i64>)]
    pub assignee_id: Patch<Int>,
    /// The only reviewer, by mail address; null clears the reviewers. Counts where no list of reviewers is given.
    #[schema(value_type = Option<String>)]
    pub assignee_email: Patch<String>,
    /// The reviewers, by id, in this order; null clears them.
    #[schema(value_type = Option<Vec<i64>>)]
    pub reviewer_ids: Patch<Vec<Int>>,
    /// The reviewers, by mail address, in this order; null clears them.
    #[schema(value_type = Option<Vec<String>>)]
    pub reviewer_emails: Patch<Vec<String>>,
}

/// The body as it is spelt, before what is wrong with an older field is told of the list it stands for as well.
#[derive(Deserr)]
#[deserr(error = Problems)]
struct Spelt {
    #[deserr(default)]
    status: Option<ArtefactStatus>,
    #[deserr(default)]
    archived: Option<Flag>,
    #[deserr(default)]
    stage: Option<StageName>,
    #[deserr(default)]
    comment: Option<String>,
    #[deserr(default)]
    jira_issue: Patch<String>,
    #[deserr(default)]
    bundled_builds: Patch<Vec<Int>>,
    #[deserr(default)]
    assignee_id: Patch<Int>,
    #[deserr(default)]
    assignee_email: Patch<String>,
    #[deserr(default)]
    reviewer_ids: Patch<Vec<Int>>,
    #[deserr(default)]
    reviewer_emails: Patch<Vec<String>>,
}

/// Each way to name a single reviewer, and the list it stands for.
const LEGACY_FIELDS: [(&str, &str); 2] = [("assignee_id", "reviewer_ids"), ("assignee_email", "reviewer_emails")];

impl Deserr<Problems> for ArtefactPatch {
    fn deserialize_from_value<V: IntoValue>(value: Value<V>, location: ValuePointerRef<'_>) -> Result<Self, Problems> {
        let body: serde_json::Value = value.into();
        let names_reviewers = LEGACY_FIELDS.iter().any(|(_, list)| body.get(list).is_some());
        match Spelt::deserialize_from_value(body.into_value(), location) {
            Ok(spelt) => Ok(Self {
                status: spelt.status,
                archived: spelt.archived,
                stage: spelt.stage,
                comment: spelt.comment,
                jira_issue: spelt.jira_issue,
                bundled_builds: spelt.bundled_builds,
                assignee_id: spelt.assignee_id,
                assignee_email: spelt.assignee_email,
                reviewer_ids: spelt.reviewer_ids,
                reviewer_emails: spelt.reviewer_emails,
            }),
            Err(problems) if names_reviewers => Err(problems),
            Err(problems) => Err(repeat_at_lists(problems)),
        }
    }
}

/// A single reviewer of the wrong type is the first member of a list as well.
fn repeat_at_lists(mut problems: Problems) -> Problems {
    let repeated: Vec<_> = problems
        .0
        .iter()
        .filter_map(|problem| {
            let (_, list) = LEGACY_FIELDS.iter().find(|(legacy, _)| json!(problem.loc) == json!([legacy]))?;
            let mut problem = problem.clone();
            problem.loc = vec![LocationPart::from(*list), LocationPart::Index(0)];
            Some(problem)
        })
        .collect();
    problems.0.extend(repeated);
    problems
}

/// Who shall review an artefact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReviewersPatch {
    /// Who does now.
    Keep,
    /// These, by id.
    Ids(Vec<i64>),
    /// These, by mail address.
    Emails(Vec<String>),
    /// Both lists are given: nobody can say which is meant.
    Both,
}

impl ArtefactPatch {
    /// Who shall review the artefact, by whichever field says so.
    pub fn reviewers(&self) -> ReviewersPatch {
        let by_list = choose_reviewers(ids(&self.reviewer_ids), self.reviewer_emails.clone());
        if by_list != ReviewersPatch::Keep {
            return by_list;
        }
        choose_reviewers(
            self.assignee_id.clone().map(|id| vec![id.0]),
            self.assignee_email.clone().map(|email| vec![email]),
        )
    }
}

fn ids(list: &Patch<Vec<Int>>) -> Patch<Vec<i64>> {
    list.clone().map(|ids| ids.into_iter().map(|id| id.0).collect())
}

fn choose_reviewers(ids: Patch<Vec<i64>>, emails: Patch<Vec<String>>) -> ReviewersPatch {
    match (ids, emails) {
        (Patch::Keep, Patch::Keep) => ReviewersPatch::Keep,
        (ids, Patch::Keep) => ReviewersPatch::Ids(ids.or_default()),
        (Patch::Keep, emails) => ReviewersPatch::Emails(emails.or_default()),
        _ => ReviewersPatch::Both,
    }
}

//! Changing an artefact: the decision, its stage, who reviews it, what it bundles.

use std::collections::{HashMap, HashSet};

use app::api::{
    ArtefactPatch, ArtefactResponse, ArtefactStatus, AuditSubjectKind, EventKind, FamilyName, Patch, Permission,
    ReviewersPatch,
};
use serde_json::{Value, json};

use super::show_artefact_row;
use crate::domain::access::Caller;
use crate::domain::audit_log::Entry;
use crate::domain::bundle::bundle_hash;
use crate::domain::events::Event;
use crate::domain::webhooks::{Happened, Happening};
use crate::service::entity_tag::Precondition;
use crate::service::notifications::notify_of_artefact_review;
use crate::service::webhook_messages::tell_webhooks;
use crate::service::{Service, ServiceError, ServiceResult, artefact_not_found};
use crate::store::artefacts::{ArtefactColumns, ArtefactRow};
use crate::store::{
    Moment, StoreResult, Tx, artefact_builds, artefacts, audit_log, environment_reviews, matching_rules, users,
};

/// A list that may have been replaced; twice nothing where it was not.
#[derive(Debug, Default)]
struct Replaced {
    before: Vec<i64>,
    after: Vec<i64>,
}

impl Replaced {
    /// What was not there before.
    fn added(&self) -> Vec<i64> {
        self.after.iter().copied().filter(|id| !self.before.contains(id)).collect()
    }
}

impl Service {
    /// Changes an artefact, all or nothing; what the request leaves out stays.
    ///
    /// Whoever may change artefacts in general may, and so may a member of a team that a matching rule grants it for this
    /// artefact as it is before the change.
    pub async fn update_artefact(
        &self,
        caller: &Caller,
        id: i64,
        patch: &ArtefactPatch,
        precondition: &Precondition,
    ) -> ServiceResult<ArtefactResponse> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        artefacts::lock_artefact(&mut tx, id).await?;
        let before = artefacts::find_artefact(&mut tx, id).await?.ok_or_else(|| artefact_not_found(id))?;
        self.demand(&mut tx, caller, &[id], Permission::ChangeArtefact).await?;
        if *precondition != Precondition::None {
            precondition.check(&show_artefact_row(&mut tx, before.clone()).await?)?;
        }
        let mut after = ArtefactColumns::from(&before);
        change_status(&mut tx, &mut after, &before, patch).await?;
        after.archived = patch.archived.map_or(after.archived, |flag| flag.0);
        change_stage(&mut after, before.family, patch)?;
        after.comment = patch.comment.clone().unwrap_or(after.comment);
        after.jira_issue = match patch.jira_issue.clone() {
            Patch::Keep => after.jira_issue,
            Patch::Clear => None,
            Patch::Set(issue) => Some(issue),
        };
        let reviewers = self.change_reviewers(&mut tx, &before, patch.reviewers(), now).await?;
        self.tell_of_reviewers(&mut tx, &before, after.jira_issue.as_deref(), &reviewers.added(), now).await?;
        let builds = change_bundle(&mut tx, &mut after, &before, patch).await?;
        let old = ArtefactColumns::from(&before);
        if after != old {
            let is_solution = before.family == FamilyName::Solution;
            if is_solution && artefacts::is_solution_taken(&mut tx, &before, &after).await? {
                let text =
                    "Another solution with this name, version, track, source and stage has the same bundled builds";
                return Err(ServiceError::Conflict(text.to_owned()));
            }
            artefacts::update_artefact(&mut tx, id, &after, now).await?;
        }
        tell_of_decision(&mut tx, &before, &after, now).await?;
        let was = describe(&old, &reviewers.before, &builds.before);
        let became = describe(&after, &reviewers.after, &builds.after);
        let entry = Entry::updated(AuditSubjectKind::Artefact, id, &was, &became);
        if entry.is_some() {
            tx.announce(Event::of_artefact(EventKind::Artefact, id, before.family));
        }
        audit_log::record(&mut tx, entry, now).await?;
        let row = artefacts::find_artefact(&mut tx, id).await?.ok_or_else(|| artefact_not_found(id))?;
        let shown = show_artefact_row(&mut tx, row).await?;
        tx.commit().await?;
        Ok(shown)
    }

    /// Refuses callers who neither hold the permission nor are granted it for each of the artefacts by a matching rule
    /// of one of their teams.
    pub(in crate::service) async fn demand(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        artefact_ids: &[i64],
        permission: Permission,
    ) -> ServiceResult<()> {
        if caller.may(&[permission], &self.settings.ignored_permissions) {
            return Ok(());
        }
        match &caller.user {
            Some(user) if matching_rules::is_granted(tx, user.id, artefact_ids, permission).await? => Ok(()),
            _ => Err(ServiceError::InsufficientPermissions),
        }
    }

    /// Gives an artefact other reviewers, and tells those who are new.
    async fn change_reviewers(
        &self,
        tx: &mut Tx,
        artefact: &ArtefactRow,
        reviewers: ReviewersPatch,
        now: Moment,
    ) -> ServiceResult<Replaced> {
        let wanted = match reviewers {
            ReviewersPatch::Keep => return Ok(Replaced::default()),
            ReviewersPatch::Both => {
                return Err(ServiceError::Rule("Cannot specify both reviewer_ids and reviewer_emails".to_owned()));
            }
            ReviewersPatch::Ids(ids) => find_users(tx, ids).await?,
            ReviewersPatch::Emails(emails) => find_users_by_email(tx, &emails).await?,
        };
        let present: Vec<i64> =
            artefacts::list_reviewers(tx, &[artefact.id]).await?.iter().map(|reviewer| reviewer.id).collect();
        if present == wanted {
            return Ok(Replaced::default());
        }
        artefacts::replace_reviewers(tx, artefact.id, &wanted).await?;
        let replaced = Replaced { before: present, after: wanted };
        notify_of_artefact_review(tx, &replaced.added(), &self.artefact_page(artefact), now).await?;
        Ok(replaced)
    }
}

/// Has webhooks told when the decision is another one.
async fn tell_of_decision(tx: &mut Tx, before: &ArtefactRow, after: &ArtefactColumns, now: Moment) -> StoreResult<()> {
    if after.status == before.status {
        return Ok(());
    }
    let what = Happening::ArtefactStatusChanged {
        before: before.status,
        after: after.status,
        comment: after.comment.clone(),
        changed_by: tx.actor_name().to_owned(),
    };
    tell_webhooks(tx, before.family, &Happened { artefact_id: before.id, what }, now).await
}

/// What the audit log tells of an artefact.
fn describe(columns: &ArtefactColumns, reviewer_ids: &[i64], bundled_builds: &[i64]) -> Value {
    json!({
        "status": columns.status,
        "archived": columns.archived,
        "stage": columns.stage,
        "comment": columns.comment,
        "jira_issue": columns.jira_issue,
        "reviewer_ids": reviewer_ids,
        "bundled_builds": bundled_builds,
    })
}

fn has_repetition<T: Eq + std::hash::Hash>(items: &[T]) -> bool {
    let mut seen = HashSet::new();
    !items.iter().all(|item| seen.insert(item))
}

async fn find_users(tx: &mut Tx, ids: Vec<i64>) -> ServiceResult<Vec<i64>> {
    if has_repetition(&ids) {
        return Err(ServiceError::Rule("Duplicate user ids are not allowed in reviewer_ids".to_owned()));
    }
    let known: HashSet<i64> = users::list_users_by_id(tx, &ids).await?.into_iter().map(|user| user.id).collect();
    match ids.iter().find(|id| !known.contains(id)) {
        Some(unknown) => Err(ServiceError::Rule(format!("User with id {unknown} not found"))),
        None => Ok(ids),
    }
}

async fn find_users_by_email(tx: &mut Tx, emails: &[String]) -> ServiceResult<Vec<i64>> {
    if has_repetition(emails) {
        return Err(ServiceError::Rule("Duplicate user emails are not allowed in reviewer_emails".to_owned()));
    }
    let known = users::list_users_by_email(tx, emails).await?;
    let known: HashMap<String, i64> = known.into_iter().map(|user| (user.email, user.id)).collect();
    let unknown = |email: &String| ServiceError::Rule(format!("User with email '{email}' not found"));
    emails.iter().map(|email| known.get(email).copied().ok_or_else(|| unknown(email))).collect()
}

/// A decision has to agree with the reviews of the latest builds, and a rejection has to say why.
async fn change_status(
    tx: &mut Tx,
    after: &mut ArtefactColumns,
    before: &ArtefactRow,
    patch: &ArtefactPatch,
) -> ServiceResult<()> {
    let Some(status) = patch.status else { return Ok(()) };
    let reviews = environment_reviews::count_decisions(tx, before.id).await?;
    let says_why = patch.comment.as_ref().is_some_and(|comment| !comment.is_empty()) || !before.comment.is_empty();
    let objection = match status {
        ArtefactStatus::Approved if reviews.unapproved_count > 0 => "All test executions need to be approved",
        ArtefactStatus::MarkedAsFailed if reviews.rejected_count == 0 => {
            "At least one test execution needs to be rejected"
        }
        ArtefactStatus::MarkedAsFailed if !says_why => "Can't reject an artefact without a comment",
        _ => {
            after.status = status;
            return Ok(());
        }
    };
    Err(ServiceError::BadRequest(objection.to_owned()))
}

fn change_stage(after: &mut ArtefactColumns, family: FamilyName, patch: &ArtefactPatch) -> ServiceResult<()> {
    let Some(stage) = patch.stage else { return Ok(()) };
    if !family.stages().contains(&stage.as_str()) {
        return Err(ServiceError::BadRequest(format!("Stage {stage} is invalid for artefact family {family}")));
    }
    stage.as_str().clone_into(&mut after.stage);
    Ok(())
}

async fn change_bundle(
    tx: &mut Tx,
    after: &mut ArtefactColumns,
    before: &ArtefactRow,
    patch: &ArtefactPatch,
) -> ServiceResult<Replaced> {
    if patch.bundled_builds == Patch::Keep {
        return Ok(Replaced::default());
    }
    let builds: Vec<i64> = patch.bundled_builds.clone().or_default().into_iter().map(|id| id.0).collect();
    if has_repetition(&builds) {
        return Err(ServiceError::Rule("Duplicate build ids are not allowed in bundled_builds".to_owned()));
    }
    let known: HashSet<i64> =
        artefact_builds::list_builds(tx, &builds).await?.into_iter().map(|build| build.id).collect();
    if let Some(unknown) = builds.iter().find(|id| !known.contains(id)) {
        return Err(ServiceError::Rule(format!("ArtefactBuild with id {unknown} not found")));
    }
    let present = artefact_builds::list_bundled_builds(tx, &[before.id]).await?;
    artefacts::replace_bundled_builds(tx, before.id, &builds).await?;
    if before.family == FamilyName::Solution {
        after.bundled_builds_hash = Some(bundle_hash(&builds));
    }
    Ok(Replaced { before: present.into_iter().map(|build| build.id).collect(), after: builds })
}

//! Finding reviewers for an artefact when a run asks for them.

use app::api::EventKind;

use super::notifications::notify_of_artefact_review;
use super::webhook_messages::tell_webhooks;
use super::{Service, ServiceResult, artefact_not_found};
use crate::domain::assignment::{self, ArtefactCriteria, Assignment};
use crate::domain::events::Event;
use crate::domain::webhooks::{Happened, Happening};
use crate::store::artefacts::ArtefactRow;
use crate::store::{Moment, Tx, artefact_builds, artefacts, environment_reviews, matching_rules, test_executions};

impl Service {
    /// Adds reviewers when the executions of the latest builds have outgrown those there are, tells the new ones, and
    /// gives every environment review of the latest builds to one of the artefact's reviewers.
    pub(super) async fn assign_reviewers(&self, tx: &mut Tx, artefact_id: i64, now: Moment) -> ServiceResult<()> {
        artefacts::lock_artefact(tx, artefact_id).await?;
        let artefact =
            artefacts::find_artefact(tx, artefact_id).await?.ok_or_else(|| artefact_not_found(artefact_id))?;
        let builds = artefact_builds::list_latest_builds(tx, artefact_id).await?;
        let build_ids: Vec<i64> = builds.iter().map(|build| build.id).collect();
        let mut reviewers: Vec<i64> =
            artefacts::list_reviewers(tx, &[artefact_id]).await?.iter().map(|reviewer| reviewer.id).collect();

        let picked = self.pick_reviewers(tx, &artefact, &build_ids, &reviewers).await?;
        if !picked.is_empty() {
            artefacts::add_reviewers(tx, artefact_id, &picked, reviewers.len()).await?;
            // A date that is there stays: another system may have set it.
            if let (None, Some(due)) = (artefact.due_date, assignment::due_date(&artefact.name, now)) {
                artefacts::update_due_date(tx, artefact_id, due, now).await?;
            }
            let page = self.artefact_page(&artefact);
            notify_of_artefact_review(tx, &picked, &page, now).await?;
            self.tell_of_reviewers(tx, &artefact, artefact.jira_issue.as_deref(), &picked, now).await?;
            tx.announce(Event::of_artefact(EventKind::Artefact, artefact_id, artefact.family));
            reviewers.extend(picked);
        }
        let reviews = environment_reviews::list_assigned_reviews(tx, &build_ids).await?;
        let reviews: Vec<Assignment> = reviews
            .into_iter()
            .map(|row| Assignment { review_id: row.id, reviewer_id: row.first_reviewer_id })
            .collect();
        let given = assignment::spread_reviews(&reviews, &reviewers);
        environment_reviews::assign_environment_reviews(tx, &given).await?;
        Ok(())
    }

    async fn pick_reviewers(
        &self,
        tx: &mut Tx,
        artefact: &ArtefactRow,
        build_ids: &[i64],
        reviewers: &[i64],
    ) -> ServiceResult<Vec<i64>> {
        let rules = matching_rules::list_matching_rules(tx, artefact.family.as_str()).await?;
        let members = matching_rules::list_candidates(tx, artefact.family.as_str()).await?;
        let candidates = assignment::find_candidates(&rules, &criteria_of(artefact), &members, reviewers);
        let executions = test_executions::count_executions_of_builds(tx, build_ids).await?;
        let executions = usize::try_from(executions).unwrap_or_default();
        let limit = self.settings.executions_per_reviewer;
        Ok(self.with_rng(|rng| assignment::pick_reviewers(&candidates, executions, reviewers.len(), limit, rng)))
    }

    /// Has other systems told who reviews an artefact from now on; `jira_issue` is the one it belongs to now.
    pub(super) async fn tell_of_reviewers(
        &self,
        tx: &mut Tx,
        artefact: &ArtefactRow,
        jira_issue: Option<&str>,
        user_ids: &[i64],
        now: Moment,
    ) -> ServiceResult<()> {
        if user_ids.is_empty() {
            return Ok(());
        }
        self.order_jira_cards(tx, artefact.id, jira_issue, user_ids, now).await?;
        let what = Happening::ReviewAssigned { user_ids: user_ids.to_vec() };
        tell_webhooks(tx, artefact.family, &Happened { artefact_id: artefact.id, what }, now).await?;
        Ok(())
    }

    /// Where people look at an artefact.
    pub(super) fn artefact_page(&self, artefact: &ArtefactRow) -> String {
        format!("{}/{}/{}", self.settings.frontend_url.trim_end_matches('/'), artefact.family.path(), artefact.id)
    }
}

fn criteria_of(artefact: &ArtefactRow) -> ArtefactCriteria {
    [
        &artefact.name,
        &artefact.stage,
        &artefact.track,
        &artefact.branch,
        &artefact.store,
        &artefact.series,
        &artefact.os,
        &artefact.release,
        &artefact.owner,
    ]
    .map(String::clone)
}

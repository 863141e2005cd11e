//! Cards in Jira that ask people to review an artefact: ordered with the change that makes them reviewers, made afterwards.

use serde::Deserialize;
use serde_json::Value;

use super::Service;
use crate::domain::outbox::{Attempt, Outcome};
use crate::integrations::calls::{CallAnswer, CallError};
use crate::integrations::jira::JiraSettings;
use crate::integrations::jira_cards::{Card, CardError, create_card, find_account};
use crate::store::artefacts::{ArtefactRow, ReviewerRow};
use crate::store::{Moment, StoreResult, Tx, artefacts, outbox};

/// Whom a card is for, and what they review.
#[derive(Deserialize)]
struct Order {
    artefact_id: i64,
    user_id: i64,
}

impl Service {
    /// Has cards made for people who review an artefact from now on, below the issue that it belongs to.
    pub(super) async fn order_jira_cards(
        &self,
        tx: &mut Tx,
        artefact_id: i64,
        jira_issue: Option<&str>,
        user_ids: &[i64],
        now: Moment,
    ) -> StoreResult<()> {
        if user_ids.is_empty() || key_of(jira_issue).is_none() {
            return Ok(());
        }
        if self.settings.jira.is_none() {
            self.jira_silence.get_or_init(|| {
                tracing::warn!("no cards in Jira: JIRA_CLOUD_ID, JIRA_EMAIL and JIRA_API_TOKEN are not all set");
            });
            return Ok(());
        }
        outbox::add_jira_cards(tx, artefact_id, user_ids, now).await
    }

    /// Makes the card of a message.
    pub(super) async fn send_jira_card(&self, payload: &Value) -> StoreResult<Attempt> {
        let never = |reason: String| Ok(Attempt::failed(Outcome::Never, reason));
        let Some(jira) = &self.settings.jira else { return never("Jira is not set up any longer".to_owned()) };
        let Ok(Order { artefact_id, user_id }) = Order::deserialize(payload) else {
            return never("the message is not understood".to_owned());
        };
        // Nothing of the database is held while Jira is called.
        let (artefact, reviewers) = {
            let mut tx = self.db.read().await?;
            let artefact = artefacts::find_artefact(&mut tx, artefact_id).await?;
            (artefact, artefacts::list_reviewers(&mut tx, &[artefact_id]).await?)
        };
        let Some(artefact) = artefact else { return never(format!("Artefact {artefact_id} is gone.")) };
        let Some(reviewer) = reviewers.iter().find(|reviewer| reviewer.id == user_id) else {
            return never(format!(
                "Artefact {artefact_id} reviewers do not include user {user_id}. Cannot create review cards for non-reviewer."
            ));
        };
        let Some(handle) = reviewer.launchpad_handle.as_deref().filter(|handle| !handle.is_empty()) else {
            return never(format!(
                "Reviewer {user_id} does not have a launchpad handle. Cannot assign Jira issue to reviewer."
            ));
        };
        let Some(parent) = key_of(artefact.jira_issue.as_deref()) else {
            return never(format!("Artefact {artefact_id} has no Jira issue any longer."));
        };
        Ok(self.make_card(jira, handle, parent, &artefact, reviewer).await)
    }

    async fn make_card(
        &self,
        jira: &JiraSettings,
        handle: &str,
        parent: &str,
        artefact: &ArtefactRow,
        reviewer: &ReviewerRow,
    ) -> Attempt {
        let account_id = match find_account(&self.jira_client, jira, handle).await {
            Ok(Some(account_id)) => account_id,
            Ok(None) => {
                let id = reviewer.id;
                let reason = format!(
                    "Cannot assign Jira issue to reviewer {id} because no Jira account ID was found for that user."
                );
                return Attempt::failed(Outcome::Never, reason);
            }
            // Looking for somebody again does no harm.
            Err(error) => return explain(error, |_| Outcome::Later),
        };
        let (name, version) = (&artefact.name, &artefact.version);
        let page = self.artefact_page(artefact);
        let card = Card {
            parent: parent.to_owned(),
            summary: format!("Review {name} version {version} - {}", reviewer.name),
            description: format!(
                "Review artefact and test environments for artefact {name} version {version}\n\nArtefact page: {page}"
            ),
            account_id,
        };
        match create_card(&self.jira_client, jira, &card).await {
            Ok(key) => {
                tracing::info!(jira.key = key, artefact.id = artefact.id, "a card in Jira asks for a review");
                Attempt::delivered(201)
            }
            Err(error) => explain(error, after_refusal),
        }
    }
}

/// The key of an issue, if it is one.
fn key_of(jira_issue: Option<&str>) -> Option<&str> {
    jira_issue.map(str::trim).filter(|key| !key.is_empty())
}

/// What follows when Jira does not make a card. A gateway that answers for Jira does not know whether the card was made, and
/// two cards for one review are worse than none; what Jira finds wrong with a card it would find wrong again.
fn after_refusal(answer: &CallAnswer) -> Outcome {
    let may_be_mended = matches!(answer.status, 401 | 403 | 408 | 429 | 500 | 501 | 503 | 505..);
    if may_be_mended { Outcome::Later } else { Outcome::Never }
}

fn explain(error: CardError, after: impl FnOnce(&CallAnswer) -> Outcome) -> Attempt {
    match error {
        CardError::Call(CallError::NotSent(reason)) => Attempt::failed(Outcome::Later, reason),
        CardError::Call(CallError::Forbidden(reason)) => Attempt::failed(Outcome::Never, reason),
        // Whether there is a card nobody knows; of a look-up it does not matter.
        CardError::Call(CallError::NoAnswer(reason)) => {
            let nobody_knows = CallAnswer { status: 504, body: Vec::new() };
            Attempt::failed(after(&nobody_knows), reason)
        }
        CardError::Refused(answer) => Attempt::refused(after(&answer), answer.status, answer.shown()),
        CardError::Unclear(answer) => {
            let attempt = Attempt::refused(after(&answer), answer.status, answer.shown());
            Attempt { error: "Jira's answer is not understood".to_owned(), ..attempt }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CallAnswer, CallError, CardError, after_refusal, explain, key_of};
    use crate::domain::outbox::Outcome;

    #[test]
    fn a_card_is_tried_again_only_where_it_was_surely_not_made() {
        let answer = |status| CallAnswer { status, body: Vec::new() };
        for (status, expected) in [
            (400, Outcome::Never),
            (404, Outcome::Never),
            (401, Outcome::Later),
            (429, Outcome::Later),
            (500, Outcome::Later),
            (503, Outcome::Later),
            (502, Outcome::Never),
            (504, Outcome::Never),
        ] {
            assert_eq!(explain(CardError::Refused(answer(status)), after_refusal).outcome, expected, "{status}");
        }
        let broken = || CallError::NoAnswer("timed out".to_owned());
        assert_eq!(explain(broken().into(), after_refusal).outcome, Outcome::Never);
        assert_eq!(explain(broken().into(), |_| Outcome::Later).outcome, Outcome::Later);
        let unsent = CallError::NotSent("no route".to_owned());
        assert_eq!(explain(unsent.into(), after_refusal).outcome, Outcome::Later);
        assert_eq!(explain(CardError::Unclear(answer(201)), after_refusal).outcome, Outcome::Never);
    }

    #[test]
    fn a_blank_issue_is_none() {
        for (issue, expected) in [(None, None), (Some(""), None), (Some(" "), None), (Some(" ABC-1"), Some("ABC-1"))] {
            assert_eq!(key_of(issue), expected);
        }
    }
}

//! What webhooks are told: noted down with the change, looked up and posted afterwards.

use std::collections::{BTreeMap, HashMap};

use app::api::{FamilyName, TestExecutionStatus, WebhookEvent, WebhookFormat};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Service;
use crate::domain::outbox::{Attempt, Outcome};
use crate::domain::webhooks::{Happened, Happening, Message, ToldArtefact, ToldExecution, newly_ended, sign};
use crate::integrations::calls::{CallAnswer, CallError};
use crate::integrations::webhooks::{Post, post};
use crate::store::artefacts::ArtefactRow;
use crate::store::events::ExecutionKey;
use crate::store::outbox::ClaimedMessage;
use crate::store::webhooks::{ToldExecutionRow, WebhookColumns};
use crate::store::{Moment, StoreResult, Tx, artefacts, outbox, users, webhooks};

/// Of one request as many artefacts are told that reruns are asked for.
const MOST_ARTEFACTS: usize = 100;

/// Has webhooks told what happened to an artefact of that family.
pub(super) async fn tell_webhooks(
    tx: &mut Tx,
    family: FamilyName,
    happened: &Happened,
    now: Moment,
) -> StoreResult<()> {
    let event = happened.what.event();
    let listeners = outbox::list_listeners(tx, event).await?;
    outbox::add_webhook_messages(tx, &listeners, event, &[(family, payload_of(happened))], now).await
}

/// Has webhooks told that reruns are asked for: `build_ids` has the build of each. A fixed number of statements.
pub(super) async fn tell_of_reruns(tx: &mut Tx, build_ids: &[i64], now: Moment) -> StoreResult<()> {
    if build_ids.is_empty() {
        return Ok(());
    }
    let listeners = outbox::list_listeners(tx, WebhookEvent::RerunRequested).await?;
    if listeners.is_empty() {
        return Ok(());
    }
    let artefacts = webhooks::list_told_builds(tx, build_ids).await?;
    let artefact_of: HashMap<i64, (i64, FamilyName)> =
        artefacts.into_iter().map(|row| (row.build_id, (row.artefact_id, row.family))).collect();
    let mut runs: BTreeMap<(i64, FamilyName), usize> = BTreeMap::new();
    for artefact in build_ids.iter().filter_map(|build| artefact_of.get(build)) {
        *runs.entry(*artefact).or_default() += 1;
    }
    let messages: Vec<(FamilyName, Value)> = runs
        .into_iter()
        .take(MOST_ARTEFACTS)
        .map(|((artefact_id, family), runs)| {
            (family, payload_of(&Happened { artefact_id, what: Happening::RerunRequested { runs } }))
        })
        .collect();
    outbox::add_webhook_messages(tx, &listeners, WebhookEvent::RerunRequested, &messages, now).await
}

fn payload_of(happened: &Happened) -> Value {
    // What happened can always be written as JSON.
    serde_json::to_value(happened).unwrap_or_default()
}

/// Has webhooks told that a run ended, if it ended now: its status was another one before, or it is new.
pub(super) async fn tell_of_end(
    tx: &mut Tx,
    execution: ExecutionKey,
    before: Option<TestExecutionStatus>,
    after: TestExecutionStatus,
    now: Moment,
) -> StoreResult<()> {
    let Some(status) = newly_ended(before, after) else { return Ok(()) };
    let what = Happening::ExecutionCompleted { test_execution_id: execution.id, status };
    let happened = Happened { artefact_id: execution.artefact_id, what };
    tell_webhooks(tx, execution.family, &happened, now).await
}

/// What a message needs to be written, or why it cannot be sent.
enum Draft {
    Ready(Box<WebhookColumns>, Box<Message>),
    Pointless(&'static str),
}

impl Service {
    /// Posts a message to its webhook.
    pub(super) async fn send_webhook_message(&self, webhook_id: i64, message: &ClaimedMessage) -> StoreResult<Attempt> {
        // Nothing of the database is held while others are called.
        let (webhook, message) = match self.draft(webhook_id, message).await? {
            Draft::Ready(webhook, message) => (webhook, message),
            Draft::Pointless(reason) => return Ok(Attempt::failed(Outcome::Never, reason)),
        };
        let body: Value = match webhook.format {
            WebhookFormat::Json => message.object(),
            WebhookFormat::Text => json!({"text": message.sentence()}),
        };
        let (body, timestamp) = (body.to_string(), self.clock.now().timestamp());
        let signature = webhook.secret.as_deref().and_then(|secret| sign(secret, timestamp, &body));
        let posted = Post {
            url: &webhook.url,
            event: message.happened.what.event().as_str(),
            id: message.id,
            timestamp,
            signature: signature.as_deref(),
            body: &body,
        };
        Ok(match post(&self.webhook_client, &self.settings.webhook_hosts, posted).await {
            Ok(answer) => judge(&answer),
            Err(CallError::Forbidden(reason)) => Attempt::failed(Outcome::Never, reason),
            Err(CallError::NotSent(reason) | CallError::NoAnswer(reason)) => Attempt::failed(Outcome::Later, reason),
        })
    }

    async fn draft(&self, webhook_id: i64, claimed: &ClaimedMessage) -> StoreResult<Draft> {
        let Ok(happened) = Happened::deserialize(&claimed.payload.0) else {
            return Ok(Draft::Pointless("the message is not understood"));
        };
        let mut tx = self.db.read().await?;
        let webhook = match webhooks::find_webhook(&mut tx, webhook_id).await? {
            Some(webhook) if webhook.columns.active => webhook.columns,
            _ => return Ok(Draft::Pointless("the webhook is switched off")),
        };
        let Some(artefact) = artefacts::find_artefact(&mut tx, happened.artefact_id).await? else {
            return Ok(Draft::Pointless("the artefact is gone"));
        };
        let execution = match &happened.what {
            Happening::ExecutionCompleted { test_execution_id, .. } => {
                let found = webhooks::find_told_execution(&mut tx, *test_execution_id).await?;
                let Some(execution) = found else { return Ok(Draft::Pointless("the run is gone")) };
                Some(show_execution(execution))
            }
            _ => None,
        };
        let people = match &happened.what {
            Happening::ReviewAssigned { user_ids } => users::list_user_names(&mut tx, user_ids).await?,
            _ => Vec::new(),
        };
        let artefact = self.show_artefact(artefact);
        let created_at = claimed.created_at.into();
        let message = Message { id: claimed.id, created_at, happened, artefact, execution, people };
        Ok(Draft::Ready(Box::new(webhook), Box::new(message)))
    }

    fn show_artefact(&self, artefact: ArtefactRow) -> ToldArtefact {
        ToldArtefact {
            url: self.artefact_page(&artefact),
            id: artefact.id,
            name: artefact.name,
            version: artefact.version,
            family: artefact.family,
            stage: artefact.stage,
            status: artefact.status,
        }
    }
}

fn show_execution(row: ToldExecutionRow) -> ToldExecution {
    ToldExecution {
        id: row.id,
        test_plan: row.test_plan,
        environment: row.environment,
        architecture: row.architecture,
        ci_link: row.ci_link,
        passed_count: row.passed_count,
        failed_count: row.failed_count,
        skipped_count: row.skipped_count,
    }
}

/// Whoever is gone for good says so; everything else that is no success may be mended.
fn judge(answer: &CallAnswer) -> Attempt {
    match answer.status {
        status if answer.is_success() => Attempt::delivered(status),
        status @ 410 => Attempt::refused(Outcome::Never, status, answer.shown()),
        status => Attempt::refused(Outcome::Later, status, answer.shown()),
    }
}

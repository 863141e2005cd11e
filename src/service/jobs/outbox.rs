//! Delivering the messages that wait for other systems.

use std::collections::HashSet;
use std::time::Duration;

use app::api::DeliveryStatus;
use chrono::TimeDelta;
use futures::stream::{FuturesUnordered, StreamExt};
use tokio::time::Instant;

use super::{JobOutcome, JobResult};
use crate::domain::outbox::{Attempt, Destination, MOST_ATTEMPTS, Outcome, pause_after};
use crate::service::Service;
use crate::store::outbox::{AttemptResult, ClaimedMessage};
use crate::store::{Moment, StoreResult, outbox};

/// As many destinations are called at a time; each is told one thing after the other.
const AT_A_TIME: usize = 16;
/// How often it is looked for new messages while some destination takes its time.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// A run begins no call that late; what waits then waits for the next run.
const LONGEST_RUN: Duration = Duration::from_mins(1);
/// As long as a message is nobody else's: longer than any call takes, for when this process ends during one.
const LEASE: TimeDelta = TimeDelta::minutes(3);
/// As long as messages are kept when they were delivered…
const KEPT_DELIVERED: TimeDelta = TimeDelta::days(3);
/// … and when nobody tries any longer.
const KEPT_FAILED: TimeDelta = TimeDelta::days(30);

/// What became of the messages of one destination.
#[derive(Debug, Default)]
struct Queue {
    outcome: JobOutcome,
    /// Whether the destination has failed; then it is left alone for the rest of the run.
    has_failed: bool,
}

impl Service {
    /// Sends the messages that are due, and those that come while it does. Several processes may do that at a time.
    ///
    /// Where nothing waits it is one statement. Destinations do not wait for one another, and nothing of the database is held
    /// while they are called. A message is sent again when a process ends before it has noted down that it was delivered.
    pub async fn deliver_messages(&self) -> JobResult {
        let began = Instant::now();
        let mut outcome = JobOutcome::default();
        let mut under_way = FuturesUnordered::new();
        let mut busy: HashSet<Destination> = HashSet::new();
        loop {
            if began.elapsed() < LONGEST_RUN {
                for destination in self.list_due_destinations().await? {
                    if under_way.len() < AT_A_TIME && busy.insert(destination) {
                        under_way.push(async move { (destination, self.empty_queue(destination, began).await) });
                    }
                }
            }
            if under_way.is_empty() {
                return Ok(outcome);
            }
            tokio::select! {
                Some((destination, queue)) = under_way.next() => {
                    let queue = queue?;
                    outcome.done += queue.outcome.done;
                    outcome.failed += queue.outcome.failed;
                    outcome.waiting += queue.outcome.waiting;
                    if !queue.has_failed {
                        busy.remove(&destination);
                    }
                }
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
        }
    }

    /// Removes messages that nobody will ask about any longer.
    pub async fn forget_old_messages(&self) -> StoreResult<()> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        outbox::forget_messages(&mut tx, DeliveryStatus::Delivered, now - KEPT_DELIVERED).await?;
        outbox::forget_messages(&mut tx, DeliveryStatus::Failed, now - KEPT_FAILED).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn list_due_destinations(&self) -> StoreResult<Vec<Destination>> {
        let mut tx = self.db.read().await?;
        outbox::list_due_destinations(&mut tx, self.clock.now()).await
    }

    /// Sends what is due to a destination, one message after the other, until one fails that may succeed later.
    async fn empty_queue(&self, destination: Destination, began: Instant) -> StoreResult<Queue> {
        let mut queue = Queue::default();
        while began.elapsed() < LONGEST_RUN {
            let (now, started) = (self.clock.now(), Instant::now());
            let lease = now + LEASE;
            let Some(message) = self.claim_message(destination, now, lease).await? else { break };
            let attempt = self.attempt(destination, &message).await?;
            let status = self.note_attempt(destination, &message, lease, &attempt, started.elapsed()).await?;
            match status {
                DeliveryStatus::Delivered => queue.outcome.done += 1,
                DeliveryStatus::Failed => queue.outcome.failed += 1,
                DeliveryStatus::Waiting => queue.outcome.waiting += 1,
            }
            if attempt.outcome == Outcome::Later {
                queue.has_failed = true;
                break;
            }
        }
        Ok(queue)
    }

    async fn claim_message(
        &self,
        destination: Destination,
        now: Moment,
        lease: Moment,
    ) -> StoreResult<Option<ClaimedMessage>> {
        let mut tx = self.db.write().await?;
        let message = outbox::claim_message(&mut tx, destination, now, lease).await?;
        tx.commit().await?;
        Ok(message)
    }

    async fn attempt(&self, destination: Destination, message: &ClaimedMessage) -> StoreResult<Attempt> {
        match destination {
            Destination::Jira => self.send_jira_card(&message.payload.0).await,
            Destination::Webhook(id) => self.send_webhook_message(id, message).await,
        }
    }

    async fn note_attempt(
        &self,
        destination: Destination,
        message: &ClaimedMessage,
        lease: Moment,
        attempt: &Attempt,
        duration: Duration,
    ) -> StoreResult<DeliveryStatus> {
        let now = self.clock.now();
        let pause = self.with_rng(|rng| pause_after(message.attempts, rng));
        let (status, due_at) = match attempt.outcome {
            Outcome::Delivered => (DeliveryStatus::Delivered, None),
            Outcome::Later if message.attempts < MOST_ATTEMPTS => (DeliveryStatus::Waiting, Some(now + pause)),
            Outcome::Later | Outcome::Never => (DeliveryStatus::Failed, None),
        };
        let (id, attempts, error) = (message.id, message.attempts, attempt.error.as_str());
        match status {
            DeliveryStatus::Delivered => {}
            DeliveryStatus::Waiting => {
                tracing::info!(message.id = id, ?destination, attempts, error, "a message is sent again later");
            }
            DeliveryStatus::Failed => {
                tracing::warn!(message.id = id, ?destination, attempts, error, "a message is given up");
            }
        }
        let duration_ms = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        let result = AttemptResult { status, due_at, attempt, duration_ms };
        let mut tx = self.db.write().await?;
        outbox::finish_message(&mut tx, id, lease, &result, now).await?;
        tx.commit().await?;
        Ok(status)
    }
}

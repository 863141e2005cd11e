//! The jobs that bring issues up to date with their trackers: title, status and labels. Nothing is ever written there.

mod trackers;

use std::collections::HashMap;
use std::time::Duration;

use app::api::IssueSource;
use chrono::TimeDelta;
use futures::{StreamExt, stream};

use super::{Job, JobError, JobOutcome, JobResult};
use crate::domain::events::Event;
use crate::domain::issue_sync::{Known, Priority};
use crate::integrations::github::GithubApp;
use crate::integrations::jira::JiraSettings;
use crate::service::Service;
use crate::store::issue_sync::{DueFilter, DueIssue};
use crate::store::{Moment, StoreResult, issue_sync};
use trackers::{Fetched, Trackers};

/// As many issues are asked for at a time in a run; requests are bounded once more for all runs.
const AT_A_TIME: usize = 4;

/// What the operator says about it.
#[derive(Clone, Debug)]
pub struct IssueSyncSettings {
    /// What we are on GitHub; without, its issues stay as they are.
    pub github: Option<GithubApp>,
    /// Where GitHub is.
    pub github_url: String,
    /// What we are at Jira; without, its issues stay as they are.
    pub jira: Option<JiraSettings>,
    /// Where Launchpad is.
    pub launchpad_url: String,
    /// How often issues are looked at that are open.
    pub open_interval: Duration,
    /// How often those that were closed not long ago.
    pub recently_closed_interval: Duration,
    /// How often those that were closed long ago.
    pub long_closed_interval: Duration,
    /// How long that is.
    pub long_ago: TimeDelta,
    /// As many issues are written at a time.
    pub batch_size: usize,
    /// How long to wait before a request that failed is sent again.
    pub retry_pause: Duration,
}

impl IssueSyncSettings {
    fn interval(&self, priority: Priority) -> Duration {
        match priority {
            Priority::High => self.open_interval,
            Priority::Medium => self.recently_closed_interval,
            Priority::Low => self.long_closed_interval,
        }
    }

    /// The trackers that can be asked.
    fn sources(&self) -> Vec<IssueSource> {
        let github = self.github.as_ref().map(|_| IssueSource::Github);
        let jira = self.jira.as_ref().map(|_| IssueSource::Jira);
        github.into_iter().chain(jira).chain([IssueSource::Launchpad]).collect()
    }
}

/// The jobs: one for each priority.
pub(super) fn jobs(settings: &IssueSyncSettings) -> [Job; 3] {
    let job =
        |name, priority| {
            Job::new(name, settings.interval(priority), move |service| async move {
                service.synchronise_issues(priority).await
            })
        };
    [
        job("issue_sync_high", Priority::High),
        job("issue_sync_medium", Priority::Medium),
        job("issue_sync_low", Priority::Low),
    ]
}

/// What became of a run.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    batches: u64,
    synced: u64,
    updated: u64,
    failed: u64,
    waiting: u64,
}

impl Service {
    /// Brings the issues of a priority that are due up to date. Each is asked for once in a run, whatever becomes of it.
    pub async fn synchronise_issues(&self, priority: Priority) -> JobResult {
        let Some(settings) = &self.settings.issue_sync else { return Ok(JobOutcome::default()) };
        let now = self.clock.now();
        let long_ago = now.checked_sub_signed(settings.long_ago).unwrap_or(Moment::UNIX_EPOCH);
        // A run takes time: what the last one wrote is a little younger than the interval.
        let age = TimeDelta::from_std(settings.interval(priority) * 9 / 10).unwrap_or(TimeDelta::MAX);
        let synced_before = now.checked_sub_signed(age).unwrap_or(Moment::UNIX_EPOCH);
        let filter = DueFilter { priority, long_ago, synced_before, sources: settings.sources() };
        let mut tx = self.db.read().await?;
        let due = issue_sync::list_due(&mut tx, &filter).await?;
        let counts = issue_sync::count_by_priority(&mut tx, long_ago).await?;
        drop(tx);
        let http = self.http.get().map_err(JobError::Remote)?;
        let trackers = Trackers::new(settings, http, &self.trackers, &self.clock)?;
        let mut tally = Tally::default();
        for batch in due.chunks(settings.batch_size.max(1)) {
            self.synchronise_batch(batch, &trackers, &mut tally).await?;
        }
        let Tally { batches, synced, updated, failed, waiting } = tally;
        let priority = priority.as_str();
        tracing::info!(priority, batches, synced, updated, failed, waiting, ?counts, "issues are up to date");
        match trackers.closed_reason().filter(|_| synced == 0) {
            Some(reason) => Err(JobError::Remote(reason)),
            None => Ok(JobOutcome { done: synced, failed, waiting }),
        }
    }

    /// Asks with no transaction open, then writes in a short one.
    async fn synchronise_batch(
        &self,
        batch: &[DueIssue],
        trackers: &Trackers<'_>,
        tally: &mut Tally,
    ) -> Result<(), JobError> {
        let asked: Vec<_> = batch.iter().map(|issue| async move { (issue.id, trackers.fetch(issue).await) }).collect();
        let answers: Vec<(i64, Fetched)> = stream::iter(asked).buffer_unordered(AT_A_TIME).collect().await;
        let mut learnt = Vec::new();
        for (id, fetched) in answers {
            match fetched {
                Fetched::Learnt(known) => learnt.push((id, known)),
                Fetched::Failed => tally.failed += 1,
                Fetched::Waiting => tally.waiting += 1,
            }
        }
        tally.batches += 1;
        tally.synced += u64::try_from(learnt.len()).unwrap_or(u64::MAX);
        tally.updated += self.take_over(learnt).await?;
        Ok(())
    }

    /// Writes what trackers say; how many issues have another title or status. One that was removed meanwhile stays so.
    async fn take_over(&self, learnt: Vec<(i64, Known)>) -> StoreResult<u64> {
        if learnt.is_empty() {
            return Ok(0);
        }
        let now = self.clock.now();
        let ids: Vec<i64> = learnt.iter().map(|(id, _)| *id).collect();
        let learnt: HashMap<i64, Known> = learnt.into_iter().collect();
        let mut tx = self.db.write().await?;
        let mut changes = Vec::new();
        let mut updated = 0;
        for (id, before) in issue_sync::lock_known(&mut tx, &ids).await? {
            let Some(after) = learnt.get(&id).and_then(|learnt| before.updated_by(learnt)) else { continue };
            let is_updated = (&after.title, after.status) != (&before.title, before.status);
            updated += u64::from(is_updated);
            tx.announce(Event::of_issue(id));
            changes.push((id, after));
        }
        issue_sync::update_known(&mut tx, &changes, now).await?;
        issue_sync::mark_synced(&mut tx, &ids, now).await?;
        tx.commit().await?;
        Ok(updated)
    }
}

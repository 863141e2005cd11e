//! The kernels' trackers: artefacts get the date and the link of theirs.

use app::api::{AuditSubjectKind, EventKind};
use serde_json::json;

use super::Service;
use super::beside::beside;
use super::jobs::{JobError, JobOutcome, JobResult};
use crate::domain::audit_log::Entry;
use crate::domain::events::Event;
use crate::domain::kernel_tracker::{KernelTracker, TrackerReport, read_report};
use crate::integrations::kernel_tracker::fetch_status;
use crate::store::artefacts::{ArtefactRow, TrackerColumns};
use crate::store::{StoreResult, artefacts, audit_log};

/// As many trackers that make no sense are in the log one by one.
const MOST_TOLD: usize = 20;

impl Service {
    /// Asks for the open trackers, and gives each artefact that has one its due date and the link to its bug. A date that
    /// the tracker does not name stays, and so does what closed trackers left.
    ///
    /// Done are the artefacts that have an open tracker, failed the trackers that make no sense.
    pub async fn follow_kernel_tracker(&self) -> JobResult {
        let url = &self.settings.upstream.kernel_tracker_url;
        let http = self.http.get().map_err(JobError::Remote)?;
        let remote = |reason: String| JobError::Remote(format!("{url}: {reason}"));
        let document = fetch_status(http, url).await.map_err(remote)?;
        let report = beside(move || read_report(&document)).await.map_err(remote)?;
        for problem in report.malformed.iter().take(MOST_TOLD) {
            tracing::warn!(problem, "a kernel's tracker is passed over");
        }
        let done = self.apply_trackers(&report).await?;
        let failed = u64::try_from(report.malformed.len()).unwrap_or(u64::MAX);
        Ok(JobOutcome { done, failed, waiting: 0 })
    }

    /// How many artefacts have a tracker.
    async fn apply_trackers(&self, report: &TrackerReport) -> StoreResult<u64> {
        if report.open.is_empty() {
            return Ok(0);
        }
        let now = self.clock.now();
        let ids: Vec<i64> = report.open.keys().copied().collect();
        let mut tx = self.db.write().await?;
        let rows = artefacts::lock_artefacts(&mut tx, &ids).await?;
        let (mut changes, mut entries, mut done) = (Vec::new(), Vec::new(), 0);
        for row in rows.iter().filter(|row| KernelTracker::may_be_about(row.family)) {
            let Some(tracker) = report.open.get(&row.id) else { continue };
            done += 1;
            let after = columns_after(row, tracker);
            let (was, became) = (describe(&columns_of(row)), describe(&after));
            if let Some(entry) = Entry::updated(AuditSubjectKind::Artefact, row.id, &was, &became) {
                tx.announce(Event::of_artefact(EventKind::Artefact, row.id, row.family));
                entries.push(entry);
                changes.push(after);
            }
        }
        artefacts::update_trackers(&mut tx, &changes, now).await?;
        audit_log::record(&mut tx, entries, now).await?;
        tx.commit().await?;
        Ok(done)
    }
}

fn columns_of(row: &ArtefactRow) -> TrackerColumns {
    TrackerColumns { id: row.id, due_date: row.due_date, bug_link: row.bug_link.clone() }
}

fn columns_after(row: &ArtefactRow, tracker: &KernelTracker) -> TrackerColumns {
    TrackerColumns { id: row.id, due_date: tracker.due_date.or(row.due_date), bug_link: tracker.bug_link() }
}

/// What the audit log tells of it.
fn describe(columns: &TrackerColumns) -> serde_json::Value {
    json!({"due_date": columns.due_date.map(|day| day.to_string()), "bug_link": columns.bug_link})
}

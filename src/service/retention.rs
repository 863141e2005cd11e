//! Retention: what is old goes, logs before results before executions.
//!
//! Old things go in batches, each in a transaction of its own, so that nobody waits long. What a batch did stays done when the next one
//! is cut off.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use app::api::{EventKind, FamilyName};
use serde::Serialize;

use super::Service;
use super::jobs::{JobOutcome, JobResult};
use crate::domain::events::Event;
use crate::domain::retention::{Cutoffs, RetentionKind, RetentionSettings};
use crate::store::retention::{OldRow, Place};
use crate::store::{StoreResult, Tx, artefacts, result_words, retention};

/// As many logs or results go at a time.
const RESULTS_AT_A_TIME: usize = 500;
/// As many executions, with their events and links.
const EXECUTIONS_AT_A_TIME: usize = 50;

/// As much as went, or would go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RetentionCounts {
    /// Logs.
    pub logs: u64,
    /// Bytes that were stored of them.
    pub log_bytes: u64,
    /// Results.
    pub results: u64,
    /// Executions.
    pub executions: u64,
}

/// As much as went, or would go, of each family.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct RetentionReport {
    families: BTreeMap<FamilyName, RetentionCounts>,
}

impl Default for RetentionReport {
    fn default() -> Self {
        Self { families: FamilyName::ALL.iter().map(|family| (*family, RetentionCounts::default())).collect() }
    }
}

impl RetentionReport {
    /// Of a family.
    pub fn of(&self, family: FamilyName) -> RetentionCounts {
        self.families.get(&family).copied().unwrap_or_default()
    }

    /// Of all families together.
    pub fn total(&self) -> RetentionCounts {
        self.families.values().fold(RetentionCounts::default(), |total, counts| RetentionCounts {
            logs: total.logs + counts.logs,
            log_bytes: total.log_bytes + counts.log_bytes,
            results: total.results + counts.results,
            executions: total.executions + counts.executions,
        })
    }

    fn count(&mut self, kind: RetentionKind, rows: &[OldRow]) {
        for row in rows {
            let counts = self.families.entry(row.family).or_default();
            match kind {
                RetentionKind::Logs => {
                    counts.logs += 1;
                    counts.log_bytes += u64::try_from(row.bytes).unwrap_or_default();
                }
                RetentionKind::Results => counts.results += 1,
                RetentionKind::Executions => counts.executions += 1,
            }
        }
    }
}

/// A way through everything of a kind that is old, page by page.
struct Sweep<'a> {
    service: &'a Service,
    kind: RetentionKind,
    cutoffs: Cutoffs,
    /// Those of results: an execution goes when none of its results stays.
    results: Cutoffs,
    limit: usize,
    behind: Place,
    is_done: bool,
}

impl Sweep<'_> {
    /// The next page; nothing at the end.
    async fn next_page(&mut self) -> StoreResult<Option<Vec<OldRow>>> {
        if self.is_done {
            return Ok(None);
        }
        let (cutoffs, behind) = (&self.cutoffs, self.behind);
        let limit = i64::try_from(self.limit).unwrap_or(i64::MAX);
        let mut tx = self.service.db.read().await?;
        let rows = match self.kind {
            RetentionKind::Logs => retention::list_old_logs(&mut tx, cutoffs, behind, limit).await?,
            RetentionKind::Results => retention::list_old_results(&mut tx, cutoffs, behind, limit).await?,
            RetentionKind::Executions => {
                retention::list_old_executions(&mut tx, cutoffs, &self.results, behind, limit).await?
            }
        };
        self.is_done = rows.len() < self.limit;
        if let Some(last) = rows.last() {
            self.behind = Place { created_at: last.created_at, id: last.id };
        }
        Ok((!rows.is_empty()).then_some(rows))
    }
}

impl Service {
    /// The job: removes what is old by the operator's settings.
    pub(super) async fn run_retention(&self) -> JobResult {
        let Some(settings) = &self.settings.retention else { return Ok(JobOutcome::default()) };
        let total = self.enforce_retention(settings).await?.total();
        Ok(JobOutcome { done: total.logs + total.results + total.executions, ..JobOutcome::default() })
    }

    /// What would go, and nothing does.
    pub async fn preview_retention(&self, settings: &RetentionSettings) -> StoreResult<RetentionReport> {
        let mut report = RetentionReport::default();
        for mut sweep in self.sweep(settings) {
            while let Some(rows) = sweep.next_page().await? {
                report.count(sweep.kind, &rows);
            }
        }
        Ok(report)
    }

    /// Removes what is old, and says what went. Several processes may do that at a time; what is cut off is done by the next run.
    pub async fn enforce_retention(&self, settings: &RetentionSettings) -> StoreResult<RetentionReport> {
        let mut report = RetentionReport::default();
        for mut sweep in self.sweep(settings) {
            while let Some(rows) = sweep.next_page().await? {
                report.count(sweep.kind, &self.remove_old(sweep.kind, &rows).await?);
            }
        }
        let RetentionCounts { logs, log_bytes, results, executions } = report.total();
        tracing::info!(logs, log_bytes, results, executions, "what was old is removed");
        Ok(report)
    }

    /// The ways through everything that gets old, in the order in which it goes.
    fn sweep(&self, settings: &RetentionSettings) -> Vec<Sweep<'_>> {
        let now = self.clock.now();
        let results = settings.cutoffs(RetentionKind::Results, now);
        let sweep = |kind: RetentionKind| {
            let cutoffs = settings.cutoffs(kind, now);
            let limit = if kind == RetentionKind::Executions { EXECUTIONS_AT_A_TIME } else { RESULTS_AT_A_TIME };
            let is_done = cutoffs.latest().is_none();
            let results = results.clone();
            Sweep { service: self, kind, cutoffs, results, limit, behind: Place::START, is_done }
        };
        RetentionKind::ALL.into_iter().map(sweep).collect()
    }

    /// Removes what was found, as far as nobody has kept it since; what went. A fixed number of statements.
    ///
    /// Locks are taken from the artefact down to the results, as uploads take them.
    async fn remove_old(&self, kind: RetentionKind, rows: &[OldRow]) -> StoreResult<Vec<OldRow>> {
        let mut tx = self.db.write().await?;
        let artefact_ids = each_once(rows, |row| row.artefact_id);
        artefacts::lock_artefacts(&mut tx, &artefact_ids).await?;
        retention::lock_executions(&mut tx, &each_once(rows, |row| row.test_execution_id)).await?;
        let removable = retention::list_removable_artefacts(&mut tx, &artefact_ids).await?;
        let removable: HashSet<i64> = removable.into_iter().collect();
        let ids: Vec<i64> = rows.iter().filter(|row| removable.contains(&row.artefact_id)).map(|row| row.id).collect();
        let (gone, event) = match kind {
            RetentionKind::Logs => (remove_logs(&mut tx, &ids).await?, EventKind::TestResult),
            RetentionKind::Results => {
                retention::lock_results(&mut tx, &ids).await?;
                (retention::delete_results(&mut tx, &ids).await?, EventKind::TestResult)
            }
            RetentionKind::Executions => (retention::delete_executions(&mut tx, &ids).await?, EventKind::TestExecution),
        };
        let gone: HashSet<i64> = gone.into_iter().collect();
        let gone: Vec<OldRow> = rows.iter().filter(|row| gone.contains(&row.id)).copied().collect();
        let changed: BTreeSet<(i64, FamilyName)> = gone.iter().map(|row| (row.artefact_id, row.family)).collect();
        for (artefact_id, family) in changed {
            tx.announce(Event::of_artefact(event, artefact_id, family));
        }
        tx.commit().await?;
        Ok(gone)
    }
}

/// Removes logs, and their words where they are found by these.
async fn remove_logs(tx: &mut Tx, result_ids: &[i64]) -> StoreResult<Vec<i64>> {
    retention::lock_results(tx, result_ids).await?;
    let gone = retention::delete_logs(tx, result_ids).await?;
    result_words::renew_words_of(tx, &gone).await?;
    Ok(gone)
}

fn each_once(rows: &[OldRow], id: impl Fn(&OldRow) -> i64) -> Vec<i64> {
    rows.iter().map(id).collect::<BTreeSet<i64>>().into_iter().collect()
}

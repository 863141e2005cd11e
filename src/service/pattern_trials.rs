//! Patterns of rules, tried on results that are stored.

use super::beside::beside;
use crate::domain::attachment_rules::TextPatterns;
use crate::store::execution_filters::{ExecutionFilter, ResultFilter};
use crate::store::rule_applications::{self, Between};
use crate::store::{StoreResult, Tx};

/// How much of what is stored one request may look through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrialLimit {
    /// As many results.
    pub results: i64,
    /// As many bytes of their logs and comments, but for the last few results.
    pub bytes: usize,
}

/// How much requests may look through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrialLimits {
    /// A look at what a rule would match.
    pub preview: TrialLimit,
    /// A rule that is applied to the results there are.
    pub application: TrialLimit,
}

impl Default for TrialLimits {
    fn default() -> Self {
        Self {
            preview: TrialLimit { results: 20_000, bytes: 256 * 1024 * 1024 },
            application: TrialLimit { results: 200_000, bytes: 1024 * 1024 * 1024 },
        }
    }
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tried {
    /// The results that the patterns admit, newest first.
    pub(super) ids: Vec<i64>,
    /// Where there are more than may be looked through: those with lower ids than this are left.
    pub(super) next_before: Option<i64>,
}

/// Results whose texts are read at a time; a log may have many megabytes.
const TEXTS_AT_A_TIME: usize = 100;

/// Tries patterns on the newest results that the filters choose.
pub(super) async fn try_patterns(
    tx: &mut Tx,
    (executions, results): &(ExecutionFilter, ResultFilter),
    patterns: &TextPatterns,
    between: Between,
    limit: TrialLimit,
) -> StoreResult<Tried> {
    // One more than is tried says whether there are more.
    let at_most = limit.results.saturating_add(1);
    let chosen = rule_applications::list_candidates(tx, executions, results, between, at_most).await?;
    let within = chosen.len().min(usize::try_from(limit.results).unwrap_or(usize::MAX));
    let mut tried = Tried::default();
    let (mut looked_at, mut bytes) = (0, 0);
    for ids in chosen[..within].chunks(TEXTS_AT_A_TIME) {
        if bytes >= limit.bytes {
            break;
        }
        let rows = rule_applications::list_texts(tx, ids, patterns).await?;
        let patterns = patterns.clone();
        let (admitted, read) = beside(move || {
            let read: usize = rows.iter().map(|row| patterns.bytes_read(&row.io_log.0, &row.comment)).sum();
            let admitted = rows.iter().filter(|row| patterns.admit(&row.io_log.0, &row.comment));
            (admitted.map(|row| row.id).collect::<Vec<i64>>(), read)
        })
        .await;
        tried.ids.extend(admitted);
        bytes += read;
        looked_at += ids.len();
    }
    tried.next_before = chosen.get(looked_at).and_then(|_| chosen[..looked_at].last().copied());
    Ok(tried)
}

//! When a job is due.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// A run that failed, was cut off or left something waiting is made up for after so long, if not sooner.
const RETRY: Duration = Duration::from_mins(10);

/// The last run of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastRun {
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// Whether it ended, without an error, and left nothing waiting.
    pub is_complete: bool,
}

/// When a job is due that is known since `known_since`: one interval after its last run began, or after it became known.
pub fn next_due(known_since: DateTime<Utc>, last: Option<LastRun>, interval: Duration) -> DateTime<Utc> {
    let Some(last) = last else { return add(known_since, interval) };
    add(last.started_at, if last.is_complete { interval } else { interval.min(RETRY) })
}

fn add(moment: DateTime<Utc>, span: Duration) -> DateTime<Utc> {
    let later = TimeDelta::from_std(span).ok().and_then(|span| moment.checked_add_signed(span));
    later.unwrap_or(DateTime::<Utc>::MAX_UTC)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono::{DateTime, TimeDelta, Utc};

    use super::{LastRun, next_due};

    #[test]
    fn a_job_is_due_one_interval_after_its_last_run_or_after_it_became_known() {
        let known: DateTime<Utc> = "2031-01-01T00:00:00Z".parse().unwrap();
        let started_at = known + TimeDelta::days(1);
        let complete = Some(LastRun { started_at, is_complete: true });
        let incomplete = Some(LastRun { started_at, is_complete: false });
        for (last, minutes, expected) in [
            (None, 60, known + TimeDelta::minutes(60)),
            (complete, 60, started_at + TimeDelta::minutes(60)),
            (incomplete, 60, started_at + TimeDelta::minutes(10)),
            (incomplete, 5, started_at + TimeDelta::minutes(5)),
        ] {
            assert_eq!(next_due(known, last, Duration::from_mins(minutes)), expected, "{last:?}, {minutes}");
        }
        assert_eq!(next_due(known, None, Duration::MAX), DateTime::<Utc>::MAX_UTC);
    }
}

//! Messages to other systems: where they go, how attempts end, and when there is another one.

use chrono::TimeDelta;
use rand::{Rng, RngExt};

/// As many attempts a message gets; with the pauses between them they take about four hours.
pub const MOST_ATTEMPTS: i32 = 10;

/// The pause after the first attempt, in seconds. Each later one is three times as long…
const FIRST_PAUSE: i64 = 10;
/// … but no longer than this.
const LONGEST_PAUSE: i64 = 3_600;

/// Where messages go. Each destination has a queue of its own, so that none waits for another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Destination {
    /// The operator's Jira.
    Jira,
    /// The webhook of that id.
    Webhook(i64),
}

/// What follows from an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver has the message.
    Delivered,
    /// The same may succeed later.
    Later,
    /// The same would fail again, or must not be done twice.
    Never,
}

/// How an attempt to deliver a message ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// What follows from it.
    pub outcome: Outcome,
    /// The status of the receiver's answer.
    pub status_code: Option<u16>,
    /// Why it was not delivered.
    pub error: String,
    /// The beginning of an answer that was no success.
    pub answer: String,
}

impl Attempt {
    /// The receiver has the message.
    pub fn delivered(status_code: u16) -> Self {
        Self {
            outcome: Outcome::Delivered,
            status_code: Some(status_code),
            error: String::new(),
            answer: String::new(),
        }
    }

    /// It failed before there was an answer, or without looking for one.
    pub fn failed(outcome: Outcome, error: impl Into<String>) -> Self {
        Self { outcome, status_code: None, error: error.into(), answer: String::new() }
    }

    /// The receiver did not take it.
    pub fn refused(outcome: Outcome, status_code: u16, answer: String) -> Self {
        let error = format!("the answer has the status {status_code}");
        Self { outcome, status_code: Some(status_code), error, answer }
    }
}

/// The time until the next attempt after so many. By chance it is up to half shorter, so that what failed together is not
/// tried together again.
pub fn pause_after(attempts: i32, rng: &mut impl Rng) -> TimeDelta {
    let exponent = u32::try_from(attempts - 1).unwrap_or_default().min(10);
    let seconds = (FIRST_PAUSE * 3_i64.pow(exponent)).min(LONGEST_PAUSE);
    TimeDelta::milliseconds(rng.random_range(seconds * 500..=seconds * 1_000))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::{MOST_ATTEMPTS, pause_after};

    #[test]
    fn pauses_grow_up_to_an_hour_and_differ_by_chance() {
        let mut rng = StdRng::seed_from_u64(1);
        for (attempts, longest) in [(1, 10), (2, 30), (3, 90), (6, 2_430), (7, 3_600), (MOST_ATTEMPTS, 3_600), (0, 10)]
        {
            let pauses: Vec<TimeDelta> = (0..100).map(|_| pause_after(attempts, &mut rng)).collect();
            let longest = TimeDelta::seconds(longest);
            assert!(pauses.iter().all(|pause| *pause >= longest / 2 && *pause <= longest), "{attempts}: {pauses:?}");
            assert!(pauses.iter().any(|pause| *pause != pauses[0]), "{attempts}");
        }
        // Whatever a database says.
        assert!(pause_after(i32::MAX, &mut rng) <= TimeDelta::hours(1));
        assert!(pause_after(i32::MIN + 1, &mut rng) <= TimeDelta::hours(1));
    }
}

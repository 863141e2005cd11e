//! How often somebody may be wrong: with keys, with passwords, with whatever can be guessed.

use std::collections::HashMap;
use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};

const MINUTE: TimeDelta = TimeDelta::minutes(1);
/// As many places are remembered at most. Who fails from so many has that many guesses anyway.
const REMEMBERED: usize = 10_000;

/// Failed attempts by where they come from: at each place so many in a minute, then one whenever as much of the minute
/// has passed as there is for one.
///
/// Meant to be held in memory, by one process. An attempt that costs something to judge is first checked and, if it was
/// wrong, counted; of one that must not be refused when it is right only the failure is counted.
#[derive(Debug)]
pub struct Attempts {
    per_minute: u32,
    /// When each place is as good as new. Once these are many, they take the place of the older ones.
    recent: HashMap<String, DateTime<Utc>>,
    older: HashMap<String, DateTime<Utc>>,
}

impl Attempts {
    /// Nobody has failed yet. With 0, anybody may fail as often as they like.
    pub fn new(per_minute: u32) -> Self {
        Self { per_minute, recent: HashMap::new(), older: HashMap::new() }
    }

    /// Counts a failed attempt. The error is how many seconds to wait, when there were too many before it; it does not
    /// count then, so that waiting helps.
    pub fn fail(&mut self, from: &str, now: DateTime<Utc>) -> Result<(), u64> {
        let place = place_of(from);
        let Some(recovered) = self.recovery_after_another(&place, now) else { return Ok(()) };
        allow(recovered, now)?;
        if self.recent.len() >= REMEMBERED / 2 && !self.recent.contains_key(&place) {
            self.older = std::mem::take(&mut self.recent);
        }
        self.recent.insert(place, recovered);
        Ok(())
    }

    /// Whether there may be another attempt. The error is how many seconds to wait.
    pub fn check(&self, from: &str, now: DateTime<Utc>) -> Result<(), u64> {
        self.recovery_after_another(&place_of(from), now).map_or(Ok(()), |recovered| allow(recovered, now))
    }

    /// When the place would be as good as new if it failed now; nothing where that does not matter.
    fn recovery_after_another(&self, place: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let share = MINUTE.checked_div(i32::try_from(self.per_minute).unwrap_or(i32::MAX))?;
        let known = self.recent.get(place).or_else(|| self.older.get(place)).copied();
        // A clock that was set back must not lock anybody out for longer than a minute.
        Some(known.unwrap_or(now).clamp(now, now + MINUTE) + share)
    }
}

/// Whether that is near enough; else how many seconds later it is.
fn allow(recovered: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), u64> {
    let wait = recovered - now - MINUTE;
    if wait <= TimeDelta::zero() {
        return Ok(());
    }
    let seconds = wait.num_seconds() + i64::from(wait.subsec_nanos() > 0);
    Err(u64::try_from(seconds).unwrap_or(1))
}

/// Whoever has one address of an IPv6 network has all of them, so the network is one place.
pub(crate) fn place_of(address: &str) -> String {
    match address.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V6(address)) => format!("{:x}", address.to_bits() >> 64),
        Ok(address) => address.to_string(),
        Err(_) => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};

    use super::{Attempts, REMEMBERED};

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    #[test]
    fn a_minutes_worth_at_once_and_then_one_by_one() {
        let mut attempts = Attempts::new(3);
        for (second, expected) in [
            (0, Ok(())),
            (0, Ok(())),
            (0, Ok(())),
            (0, Err(20)),
            (1, Err(19)),
            (19, Err(1)),
            (20, Ok(())),
            (20, Err(20)),
            (39, Err(1)),
            (60, Ok(())),
            (60, Ok(())),
            (60, Err(20)),
            (200, Ok(())),
            (200, Ok(())),
            (200, Ok(())),
            (200, Err(20)),
        ] {
            // Looking counts nothing.
            assert_eq!(attempts.check("192.0.2.1", at(second)), expected, "{second}");
            assert_eq!(attempts.fail("192.0.2.1", at(second)), expected, "{second}");
        }
    }

    #[test]
    fn what_does_not_divide_a_minute_is_still_that_many() {
        for per_minute in [1, 7, 30, 59, 10_000] {
            let mut attempts = Attempts::new(per_minute);
            let failures =
                (0..=per_minute).map(|_| attempts.fail("192.0.2.1", at(0))).take_while(Result::is_ok).count();
            assert_eq!(failures, usize::try_from(per_minute).unwrap());
        }
    }

    #[test]
    fn places_are_told_apart_and_networks_are_one() {
        for (other, is_same) in [
            ("192.0.2.1", true),
            ("::ffff:192.0.2.1", true),
            ("192.0.2.2", false),
            ("::ffff:192.0.2.2", false),
            ("", false),
            ("2001:db8::1", false),
        ] {
            let mut attempts = Attempts::new(1);
            attempts.fail("192.0.2.1", at(0)).unwrap();
            assert_eq!(attempts.fail(other, at(0)).is_err(), is_same, "{other}");
        }
        for (other, is_same) in
            [("2001:db8::2", true), ("2001:db8:0:0:ffff::1", true), ("2001:db8:0:1::1", false), ("::1", false)]
        {
            let mut attempts = Attempts::new(1);
            attempts.fail("2001:db8::1", at(0)).unwrap();
            assert_eq!(attempts.fail(other, at(0)).is_err(), is_same, "{other}");
        }
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out() {
        let mut attempts = Attempts::new(1);
        attempts.fail("192.0.2.1", at(86_400)).unwrap();
        assert_eq!(attempts.fail("192.0.2.1", at(0)), Err(60));
        attempts.fail("192.0.2.1", at(86_460)).unwrap();
    }

    #[test]
    fn no_limit_is_no_limit() {
        let mut attempts = Attempts::new(0);
        assert!((0..1_000).all(|_| attempts.fail("192.0.2.1", at(0)).is_ok()));
        assert!(attempts.recent.is_empty());
    }

    #[test]
    fn memory_is_bounded_and_the_last_are_remembered() {
        let mut attempts = Attempts::new(1);
        for number in 0..3 * REMEMBERED {
            attempts.fail(&number.to_string(), at(0)).unwrap();
            assert!(attempts.recent.len() + attempts.older.len() <= REMEMBERED);
        }
        for (number, is_remembered) in [
            (0, false),
            (2 * REMEMBERED - 1, false),
            (3 * REMEMBERED - REMEMBERED / 2, true),
            (3 * REMEMBERED - 1, true),
        ] {
            assert_eq!(attempts.check(&number.to_string(), at(0)).is_err(), is_remembered, "{number}");
        }
    }
}

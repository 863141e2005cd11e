//! How long to wait before a call is tried again.

use std::time::Duration;

use chrono::{DateTime, Utc};

/// Before the second try; doubled before each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// No pause is longer, unless the server asks for it.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A server that asks for a longer one is given up for now.
const LONGEST_WISH: Duration = Duration::from_mins(2);

/// The pause before try `next` (1 is the first repetition), or none when the server wants to be left alone for longer than is
/// sensible. `chance` is between 0 and 1: clients that failed together do not come back together.
pub fn pause_before(next: u32, wish: Option<Duration>, chance: f64) -> Option<Duration> {
    if wish.is_some_and(|wish| wish > LONGEST_WISH) {
        return None;
    }
    let doubled = FIRST_PAUSE.saturating_mul(1_u32.checked_shl(next.saturating_sub(1)).unwrap_or(u32::MAX));
    let pause = doubled.min(LONGEST_PAUSE);
    let chance = chance.clamp(0.0, 1.0);
    Some(match wish {
        // Never before the time it says; a little after it.
        Some(wish) => wish + FIRST_PAUSE.mul_f64(chance),
        None => pause.mul_f64(0.5 + chance / 2.0),
    })
}

/// Whether a status means: not now. Everything else that is no success would be the same again.
pub fn is_temporary(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504)
}

/// What `Retry-After` asks for: seconds, or a time.
pub fn read_retry_after(value: &str, now: DateTime<Utc>) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let time = DateTime::parse_from_rfc2822(value).ok()?;
    Some((time.to_utc() - now).to_std().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{is_temporary, pause_before, read_retry_after};

    #[test]
    fn pauses_double_up_to_a_limit_and_depend_on_chance() {
        for (next, shortest, longest) in
            [(1, 250, 500), (2, 500, 1_000), (3, 1_000, 2_000), (7, 15_000, 30_000), (200, 15_000, 30_000)]
        {
            assert_eq!(pause_before(next, None, 0.0), Some(Duration::from_millis(shortest)), "{next}");
            assert_eq!(pause_before(next, None, 1.0), Some(Duration::from_millis(longest)), "{next}");
        }
    }

    #[test]
    fn the_server_s_wish_counts_as_long_as_it_is_sensible() {
        let seconds = Duration::from_secs;
        assert_eq!(pause_before(1, Some(seconds(7)), 0.0), Some(seconds(7)));
        assert_eq!(pause_before(1, Some(seconds(7)), 1.0), Some(Duration::from_millis(7_500)));
        assert_eq!(pause_before(9, Some(seconds(0)), 0.0), Some(seconds(0)));
        assert_eq!(pause_before(1, Some(seconds(121)), 0.0), None);
    }

    #[test]
    fn wishes_are_seconds_or_times() {
        let now = "2031-05-04T03:02:01Z".parse().unwrap();
        for (value, expected) in [
            ("30", Some(30)),
            (" 0 ", Some(0)),
            ("Sun, 04 May 2031 03:03:01 GMT", Some(60)),
            ("Sun, 04 May 2031 03:00:00 GMT", Some(0)),
            ("soon", None),
            ("-3", None),
        ] {
            assert_eq!(read_retry_after(value, now), expected.map(Duration::from_secs), "{value}");
        }
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        assert!([408, 425, 429, 500, 502, 503, 504].into_iter().all(is_temporary));
        assert!(![200, 301, 400, 401, 403, 404, 409, 413, 422, 501].into_iter().any(is_temporary));
    }
}

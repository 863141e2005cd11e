//! Days: reading `2031-05-04`, writing "May 4", and how far away a day is.

use serde::{Deserialize, Serialize};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Day {
    year: i64,
    month: usize,
    date: i64,
}

impl Day {
    /// Reads the day at the start of `2031-05-04` or `2031-05-04T03:02:01`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.get(..10)?.splitn(3, '-');
        let year = parts.next()?.parse().ok()?;
        let month = parts.next()?.parse().ok()?;
        let date = parts.next()?.parse().ok()?;
        ((1..=12).contains(&month) && (1..=31).contains(&date)).then_some(Self { year, month, date })
    }

    /// The day some days after the first of January 1970 (proleptic Gregorian calendar, Howard Hinnant's algorithm).
    fn from_epoch_days(days: i64) -> Self {
        let shifted = days + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let date = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self { year, month: usize::try_from(month).unwrap_or(1), date }
    }

    /// The days since the first of January 1970: the inverse of the above.
    fn to_epoch_days(self) -> i64 {
        let month = i64::try_from(self.month).unwrap_or(1);
        let year = if month > 2 { self.year } else { self.year - 1 };
        let shifted_month = if month > 2 { month - 3 } else { month + 9 };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * shifted_month + 2) / 5 + self.date - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * 146_097 + day_of_era - 719_468
    }

    /// How many days it comes after another; negative before it.
    pub(crate) fn days_after(self, other: Self) -> i64 {
        self.to_epoch_days() - other.to_epoch_days()
    }

    /// "May 4", with the year when it is not the reader's.
    pub(crate) fn to_words(self, today: Self) -> String {
        let month = MONTHS.get(self.month - 1).copied().unwrap_or_default();
        if self.year == today.year {
            format!("{month} {}", self.date)
        } else {
            format!("{month} {} {}", self.date, self.year)
        }
    }

    /// `2031-05-04`.
    pub(crate) fn to_iso(self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.date)
    }
}

/// Today in UTC. A page asks once, while loading, and keeps the answer with its data, so that server and browser agree.
#[cfg(feature = "ssr")]
#[expect(clippy::disallowed_methods, reason = "only what is overdue is marked by it; nothing is decided or stored")]
pub(crate) fn today() -> Day {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Day::from_epoch_days(i64::try_from(since_epoch.as_secs() / 86_400).unwrap_or_default())
}

/// Today in UTC. A page asks once, while loading, and keeps the answer with its data, so that server and browser agree.
#[cfg(not(feature = "ssr"))]
pub(crate) fn today() -> Day {
    #[expect(clippy::cast_possible_truncation, reason = "days since 1970 fit any integer")]
    let days = (js_sys::Date::now() / 86_400_000.0).floor() as i64;
    Day::from_epoch_days(days)
}

#[cfg(test)]
mod tests {
    use super::Day;

    #[test]
    fn days_are_read_and_written() {
        let day = Day::parse("2031-05-04T03:02:01").unwrap();
        assert_eq!((day.to_words(day), day.to_iso()), ("May 4".to_owned(), "2031-05-04".to_owned()));
        assert_eq!(day.to_words(Day::from_epoch_days(0)), "May 4 2031");
        assert!(Day::parse("soon").is_none() && Day::parse("2031-13-04").is_none());
    }

    #[test]
    fn epoch_days_become_calendar_days() {
        for (days, iso) in [(0, "1970-01-01"), (59, "1970-03-01"), (19_782, "2024-02-29"), (-1, "1969-12-31")] {
            assert_eq!(Day::from_epoch_days(days).to_iso(), iso);
            assert_eq!(Day::from_epoch_days(days).days_after(Day::from_epoch_days(0)), days);
        }
    }

    #[test]
    fn earlier_days_are_less() {
        assert!(Day::parse("2030-12-31").unwrap() < Day::parse("2031-01-01").unwrap());
    }
}

//! Points in time as clients send them.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, NaiveTime, TimeDelta, Timelike, Utc};
use deserr::{Deserr, IntoValue, Value, ValuePointerRef};
use serde_json::json;

use super::{Problem, Problems};

/// A point in time, cut to microseconds: ISO 8601 with `T`, `t`, a space or `_` between date and time, seconds and
/// offset optional (UTC without one), a date alone (midnight), or Unix time in seconds or, when that large, milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(pub DateTime<Utc>);

/// Unix times beyond this are milliseconds: as seconds they would lie in the year 2603.
const LARGEST_SECONDS: f64 = 2e10;

impl Instant {
    /// Reads the spellings; the error says what is wrong.
    pub fn from_text(text: &str) -> Result<Self, &'static str> {
        if let Ok(number) = text.trim().parse::<f64>() {
            return Self::from_unix(number);
        }
        let date = text.get(..10).ok_or("input is too short")?;
        let date = read_date(date)?;
        let rest = &text[10..];
        let Some(separator) = rest.chars().next() else { return Self::kept(date.and_time(NaiveTime::MIN).and_utc()) };
        if !matches!(separator, 'T' | 't' | ' ' | '_') {
            return Err("invalid datetime separator, expected `T`, `t`, `_` or space");
        }
        let rest = &rest[1..];
        let (time, offset) = match rest.find(['Z', 'z', '+', '-']) {
            Some(place) => (&rest[..place], read_offset(&rest[place..])?),
            None => (rest, FixedOffset::east_opt(0).ok_or("invalid timezone")?),
        };
        let local = date.and_time(read_time(time)?);
        let moment = local.and_local_timezone(offset).single().ok_or("datetime is out of range")?;
        Self::kept(moment.to_utc())
    }

    fn from_unix(number: f64) -> Result<Self, &'static str> {
        if !number.is_finite() {
            return Err("NaN and infinity values are not permitted");
        }
        let seconds = if number.abs() > LARGEST_SECONDS { number / 1000.0 } else { number };
        // Rounded, as a decimal fraction has no exact binary form: 0.1 s are 100 000 µs.
        #[expect(clippy::cast_possible_truncation, reason = "beyond the range it saturates and is refused")]
        let micros = (seconds * 1e6).round() as i64;
        Self::kept(DateTime::from_timestamp_micros(micros).ok_or("datetime is out of range")?)
    }

    /// Both databases and every reader understand the years 1 to 9999.
    fn kept(moment: DateTime<Utc>) -> Result<Self, &'static str> {
        let cut = moment.with_nanosecond(moment.nanosecond() / 1000 * 1000).ok_or("datetime is out of range")?;
        if (1..=9999).contains(&cut.year()) { Ok(Self(cut)) } else { Err("year is out of range") }
    }
}

fn read_number(text: &str, digits: usize) -> Option<u32> {
    let is_plain = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_plain { text.parse().ok() } else { None }
}

fn read_date(text: &str) -> Result<NaiveDate, &'static str> {
    let mut parts = text.split('-');
    let (Some(year), Some(month), Some(day), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Err("invalid date separator, expected `-`");
    };
    let year = read_number(year, 4).ok_or("invalid character in year")?;
    let month = read_number(month, 2).ok_or("invalid character in month")?;
    let day = read_number(day, 2).ok_or("invalid character in day")?;
    if !(1..=12).contains(&month) {
        return Err("month value is outside expected range of 1-12");
    }
    let year = i32::try_from(year).map_err(|_| "year is out of range")?;
    NaiveDate::from_ymd_opt(year, month, day).ok_or("day value is outside expected range")
}

fn read_time(text: &str) -> Result<NaiveTime, &'static str> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = whole.split(':');
    let (Some(hour), Some(minute)) = (parts.next(), parts.next()) else { return Err("input is too short") };
    let second = parts.next();
    if parts.next().is_some() || (second.is_none() && text.contains('.')) {
        return Err("unexpected extra characters at the end of the input");
    }
    let hour = read_number(hour, 2).ok_or("invalid character in hour")?;
    let minute = read_number(minute, 2).ok_or("invalid character in minute")?;
    let second = second.map_or(Some(0), |second| read_number(second, 2)).ok_or("invalid character in second")?;
    if text.contains('.') && (fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err("second fraction value is invalid");
    }
    let micros: u32 = format!("{fraction:0<6}").get(..6).and_then(|digits| digits.parse().ok()).unwrap_or_default();
    NaiveTime::from_hms_micro_opt(hour, minute, second, micros).ok_or("time value is outside expected range")
}

fn read_offset(text: &str) -> Result<FixedOffset, &'static str> {
    let seconds = if matches!(text, "Z" | "z") {
        0
    } else {
        let digits = text[1..].replacen(':', "", 1);
        let hours = digits.get(..2).and_then(|hours| read_number(hours, 2)).ok_or("invalid timezone")?;
        let minutes = digits.get(2..).and_then(|minutes| read_number(minutes, 2)).ok_or("invalid timezone")?;
        if minutes > 59 {
            return Err("timezone minute value is outside expected range of 0-59");
        }
        let span = TimeDelta::hours(hours.into()) + TimeDelta::minutes(minutes.into());
        let seconds = i32::try_from(span.num_seconds()).map_err(|_| "invalid timezone")?;
        if text.starts_with('-') { -seconds } else { seconds }
    };
    FixedOffset::east_opt(seconds).ok_or("timezone offset must be less than 24 hours")
}

impl Deserr<Problems> for Instant {
    fn deserialize_from_value<V: IntoValue>(value: Value<V>, location: ValuePointerRef<'_>) -> Result<Self, Problems> {
        let value: serde_json::Value = value.into();
        let read = match &value {
            serde_json::Value::String(text) => Self::from_text(text),
            serde_json::Value::Number(number) => Self::from_unix(number.as_f64().unwrap_or(f64::NAN)),
            _ => {
                let problem = Problem::new("datetime_type", "Input should be a valid datetime");
                return Err(Problems::one(location, problem, Some(value)));
            }
        };
        read.map_err(|reason| {
            let text = format!("Input should be a valid datetime or date, {reason}");
            let problem = Problem::new("datetime_from_date_parsing", text).with(json!({"error": reason}));
            Problems::one(location, problem, Some(value.clone()))
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Instant, Problems};
    use crate::api::Timestamp;

    fn read(value: Value) -> Option<String> {
        let instant = deserr::deserialize::<Instant, _, Problems>(value).ok()?;
        Some(Timestamp::from(instant.0).as_str().to_owned())
    }

    #[test]
    fn times_have_many_spellings() {
        for (value, expected) in [
            (json!("2031-05-04T03:02:01Z"), "2031-05-04T03:02:01"),
            (json!("2031-05-04T03:02:01"), "2031-05-04T03:02:01"),
            (json!("2031-05-04t03:02z"), "2031-05-04T03:02:00"),
            (json!("2031-05-04 03:02:01.5"), "2031-05-04T03:02:01.500000"),
            (json!("2031-05-04_03:02:01.123456789+00:00"), "2031-05-04T03:02:01.123456"),
            (json!("2031-05-04T03:02:01+02:00"), "2031-05-04T01:02:01"),
            (json!("2031-05-04T03:02:01-0230"), "2031-05-04T05:32:01"),
            (json!("2031-05-04"), "2031-05-04T00:00:00"),
            (json!(0), "1970-01-01T00:00:00"),
            (json!("1700000000"), "2023-11-14T22:13:20"),
            (json!(1_700_000_000_000_i64), "2023-11-14T22:13:20"),
            (json!(1_700_000_000.25), "2023-11-14T22:13:20.250000"),
        ] {
            assert_eq!(read(value.clone()).as_deref(), Some(expected), "{value}");
        }
    }

    #[test]
    fn what_is_no_time_is_named() {
        for value in [
            json!(""),
            json!("yesterday"),
            json!("2031-13-04T03:02:01Z"),
            json!("2031-02-30"),
            json!("2031-05-04X03:02:01Z"),
            json!("2031-05-04T03"),
            json!("2031-05-04T25:00:00"),
            json!("2031-05-04T03:02:01.Z"),
            json!("2031-05-04T03:02:01+25:00"),
            json!("2031-05-04T03:02:01+2"),
            json!("0000-01-01"),
            json!("9999-12-31T23:59:59-01:00"),
            json!("é031-05-04"),
            json!(1e300),
            json!("nan"),
            json!(null),
            json!(true),
            json!([]),
        ] {
            assert_eq!(read(value.clone()), None, "{value}");
        }
    }
}

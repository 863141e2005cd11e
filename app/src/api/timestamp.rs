//! Points in time as the API writes them.

use serde::{Deserialize, Serialize};

/// A point in time in UTC without an offset: `2031-05-04T03:02:01`, with six digits of a second when they are not zero.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(String);

impl Timestamp {
    /// The API's spelling.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// For people: `2031-05-04 03:02:01`.
    pub fn to_display(&self) -> String {
        self.0.chars().take(19).map(|c| if c == 'T' { ' ' } else { c }).collect()
    }
}

#[cfg(feature = "ssr")]
impl From<chrono::DateTime<chrono::Utc>> for Timestamp {
    fn from(time: chrono::DateTime<chrono::Utc>) -> Self {
        let has_fraction = time.timestamp_subsec_micros() != 0;
        let format = if has_fraction { "%Y-%m-%dT%H:%M:%S%.6f" } else { "%Y-%m-%dT%H:%M:%S" };
        Self(time.format(format).to_string())
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use chrono::{DateTime, Utc};

    use super::Timestamp;

    #[test]
    fn fraction_is_six_digits_or_absent() {
        for (time, expected) in [
            ("2031-05-04T03:02:01Z", "2031-05-04T03:02:01"),
            ("2031-05-04T03:02:01.5Z", "2031-05-04T03:02:01.500000"),
            ("2031-05-04T03:02:01.000001Z", "2031-05-04T03:02:01.000001"),
            ("2031-05-04T05:02:01+02:00", "2031-05-04T03:02:01"),
        ] {
            let time: DateTime<Utc> = time.parse().unwrap();
            assert_eq!(Timestamp::from(time).as_str(), expected);
        }
    }
}

//! How a list that is read page by page goes on.

use std::fmt;

use chrono::{DateTime, Datelike, Utc};
use deserr::{Deserr, IntoValue, Value, ValuePointerRef};

use super::{Problem, Problems};

/// A place in a list that begins with what is newest: what comes behind it is older than what is named here. For clients it
/// is a text without a meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// When that was stored.
    pub created_at: DateTime<Utc>,
    /// Its id.
    pub id: i64,
}

impl Cursor {
    fn from_text(text: &str) -> Option<Self> {
        let (micros, id) = text.split_once('_')?;
        let created_at = DateTime::from_timestamp_micros(micros.parse().ok()?)?;
        // Both databases understand these years.
        let is_storable = (1..=9999).contains(&created_at.year());
        is_storable.then_some(Self { created_at, id: id.parse().ok()? })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.created_at.timestamp_micros(), self.id)
    }
}

impl Deserr<Problems> for Cursor {
    fn deserialize_from_value<V: IntoValue>(value: Value<V>, location: ValuePointerRef<'_>) -> Result<Self, Problems> {
        let value: serde_json::Value = value.into();
        value.as_str().and_then(Self::from_text).ok_or_else(|| {
            let problem = Problem::value_error("a cursor is the next_cursor of an answer");
            Problems::one(location, problem, Some(value.clone()))
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Cursor, Problems};

    #[test]
    fn a_cursor_reads_what_it_writes_and_nothing_else() {
        let cursor = Cursor { created_at: "2031-05-04T03:02:01.000009Z".parse().unwrap(), id: 7 };
        let read = |value: Value| deserr::deserialize::<Cursor, _, Problems>(value).ok();
        assert_eq!(read(json!(cursor.to_string())), Some(cursor));
        for text in ["", "_", "7", "7_", "_7", "x_7", "7_x", "7_7_7", "99999999999999999999_7", "9223372036854775807_7"]
        {
            assert_eq!(read(json!(text)), None, "{text}");
        }
    }
}

//! Reading what clients send, as leniently as the contract is: the values that several requests have in common.

use deserr::{Deserr, IntoValue, Map, Value, ValueKind, ValuePointerRef};
use serde::Serialize;
use serde_json::json;
use url::Url;

use super::problems::wrong_kind;
use super::{Problem, Problems};

/// Reads a member of an enumeration.
pub(crate) fn read_choice<T, V, I>(
    value: Value<V>,
    location: ValuePointerRef<'_>,
    choices: impl Fn() -> I,
) -> Result<T, Problems>
where
    T: std::str::FromStr,
    V: IntoValue,
    I: Iterator<Item = &'static str>,
{
    if let Value::String(text) = &value
        && let Ok(member) = text.parse()
    {
        return Ok(member);
    }
    let choices: Vec<&str> = choices().collect();
    Err(Problems::one(location, Problem::choice(&choices), Some(value.into())))
}

/// A text of at most `MAX` characters.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Limited<const MAX: usize>(pub String);

/// A text that the database indexes, where the API promises no limit: long enough for every name in use, short
/// enough for an index entry.
pub type LongName = Limited<500>;

impl<const MAX: usize> Deserr<Problems> for Limited<MAX> {
    fn deserialize_from_value<V: IntoValue>(value: Value<V>, location: ValuePointerRef<'_>) -> Result<Self, Problems> {
        let text = String::deserialize_from_value(value, location)?;
        if text.chars().count() > MAX {
            return Err(Problems::one(location, Problem::too_long(MAX), Some(json!(text))));
        }
        Ok(Self(text))
    }
}

/// A field of a change, where absent and null differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// The field is absent: leave what is there.
    #[default]
    Keep,
    /// The field is null: take away what is there.
    Clear,
    /// Put this in its place.
    Set(T),
}

impl<T> Patch<T> {
    /// The same with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Patch<U> {
        match self {
            Self::Keep => Patch::Keep,
            Self::Clear => Patch::Clear,
            Self::Set(value) => Patch::Set(change(value)),
        }
    }
}

impl<T: Default> Patch<T> {
    /// The value, or that of nothing.
    pub fn or_default(self) -> T {
        match self {
            Self::Set(value) => value,
            Self::Keep | Self::Clear => T::default(),
        }
    }
}

impl<T: Deserr<Problems>> Deserr<Problems> for Patch<T> {
    fn deserialize_from_value<V: IntoValue>(value: Value<V>, location: ValuePointerRef<'_>) -> Result<Self, Problems> {
        match value {
            Value::Null => Ok(Self::Clear),
            value => T::deserialize_from_value(value, location).map(Self::Set),
        }
    }
}

/// A text of 1 to 200 characters: a category or value of execution metadata.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Label(pub String);

impl Label {
    /// The problem of a text that is no label, if it has one.
    fn problem_of(text: &str) -> Option<Problem> {
        match text.chars().count() {
            0 => Some(Problem::too_short(1)),
            1..=200 => None,
            _ => Some(Problem::too_long(200)),
        }
    }
}

impl Deserr<Problems> for Label {
    fn deserialize_from_value<V: IntoValue>(value: Value<V>, location: ValuePointerRef<'_>) -> Result<Self, Problems> {
        let text = String::deserialize_from_value(value, location)?;
        match Self::problem_of(&text) {
            Some(problem) => Err(Problems::one(location, problem, Some(json!(text)))),
            None => Ok(Self(text)),
        }
    }
}

/// Execution metadata as a client sends it: category to values, each 1 to 200 characters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ExecutionMetadataInput(pub Vec<(String, Vec<Label>)>);

impl Deserr<Problems> for ExecutionMetadataInput {
    fn deserialize_from_value<V: IntoValue>(value: Value<V>, location: ValuePointerRef<'_>) -> Result<Self, Problems> {
        let Value::Map(map) = value else {
            let problem = Problem::new("dict_type", "Input should be a valid dictionary");
            return Err(Problems::one(location, problem, Some(value.into())));
        };
        let mut problems = Problems::default();
        let mut categories = Vec::new();
        for (category, values) in map.into_iter() {
            if let Some(problem) = Label::problem_of(&category) {
                let key = location.push_key(&category);
                let found = Problems::one(key.push_key("[key]"), problem, Some(json!(category)));
                problems.0.extend(found.0);
            }
            match Vec::<Label>::deserialize_from_value(values.into_value(), location.push_key(&category)) {
                Ok(values) => categories.push((category, values)),
                Err(found) => problems.0.extend(found.0),
            }
        }
        if problems.0.is_empty() { Ok(Self(categories)) } else { Err(problems) }
    }
}

/// An integer of 32 bits, also as text (`"12"`, `" +5 "`, `"1_0"`, `"1.0"`), as a float without fraction, or as a boolean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Int(pub i64);

impl Int {
    /// Reads the spellings that stand for an integer in a path, a query or a JSON text.
    ///
    /// A number beyond 128 bits is an integer all the same; the range check refuses it.
    pub fn from_text(text: &str) -> Option<i128> {
        let text = text.trim();
        let (sign, digits) = match text.strip_prefix(['+', '-']) {
            Some(rest) if text.starts_with('-') => (-1, rest),
            Some(rest) => (1, rest),
            None => (1, text),
        };
        let digits = match digits.split_once('.') {
            Some((whole, fraction)) if fraction.chars().all(|c| c == '0') => whole,
            Some(_) => return None,
            None => digits,
        };
        let is_grouped = !digits.starts_with('_') && !digits.ends_with('_') && !digits.contains("__");
        let plain: String = digits.chars().filter(|c| *c != '_').collect();
        if !is_grouped || plain.is_empty() || !plain.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        Some(plain.parse::<i128>().map_or(i128::MAX, |number| number) * sign)
    }

    fn read<V: IntoValue>(value: Value<V>, location: ValuePointerRef<'_>, min: i64, max: i64) -> Result<i64, Problems> {
        let (number, echo) = match value {
            Value::Integer(number) => (i128::from(number), json!(number)),
            Value::NegativeInteger(number) => (i128::from(number), json!(number)),
            Value::Boolean(flag) => (i128::from(flag), json!(flag)),
            #[expect(clippy::cast_possible_truncation, reason = "beyond the range it saturates and is refused")]
            Value::Float(number) if number.fract() == 0.0 => (number as i128, json!(number)),
            Value::Float(number) => {
                let text = "Input should be a valid integer, got a number with a fractional part";
                return Err(Problems::one(location, Problem::new("int_from_float", text), Some(json!(number))));
            }
            Value::String(text) => match Self::from_text(&text) {
                Some(number) => (number, json!(text)),
                None => return Err(Problems::one(location, Problem::int_parsing(), Some(json!(text)))),
            },
            other => return Err(Problems::one(location, wrong_kind(&[ValueKind::Integer]), Some(other.into()))),
        };
        match i64::try_from(number) {
            Ok(number) if (min..=max).contains(&number) => Ok(number),
            _ if number < i128::from(min) => Err(Problems::one(location, Problem::below(min), Some(echo))),
            _ => Err(Problems::one(location, Problem::above(max), Some(echo))),
        }
    }
}

impl Deserr<Problems> for Int {
    fn deserialize_from_value<V: IntoValue>(value: Value<V>, location: ValuePointerRef<'_>) -> Result<Self, Problems> {
        Self::read(value, location, i64::from(i32::MIN), i64::from(i32::MAX)).map(Self)
    }
}

/// An integer from `MIN` to `MAX`, in the spellings of [`Int`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Ranged<const MIN: i64, const MAX: i64>(pub i64);

/// How many rows of a list to leave out.
pub type Offset = Ranged<0, { i64::MAX }>;

impl<const MIN: i64, const MAX: i64> Deserr<Problems> for Ranged<MIN, MAX> {
    fn deserialize_from_value<V: IntoValue>(value: Value<V>, location: ValuePointerRef<'_>) -> Result<Self, Problems> {
        Int::read(value, location, MIN, MAX).map(Self)
    }
}

/// A boolean, also as `1`/`0` and as the usual words in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Flag(pub bool);

impl Deserr<Problems> for Flag {
    fn deserialize_from_value<V: IntoValue>(value: Value<V>, location: ValuePointerRef<'_>) -> Result<Self, Problems> {
        let understood = match &value {
            Value::Boolean(flag) => Some(*flag),
            Value::Integer(number @ 0..=1) => Some(*number == 1),
            Value::Float(number) if is_whole(*number, 0) => Some(false),
            Value::Float(number) if is_whole(*number, 1) => Some(true),
            Value::String(text) => match text.to_ascii_lowercase().as_str() {
                "true" | "t" | "yes" | "y" | "on" | "1" => Some(true),
                "false" | "f" | "no" | "n" | "off" | "0" => Some(false),
                _ => None,
            },
            _ => None,
        };
        if let Some(flag) = understood {
            return Ok(Self(flag));
        }
        let problem = match value {
            Value::String(_) | Value::Integer(_) | Value::NegativeInteger(_) => {
                Problem::new("bool_parsing", "Input should be a valid boolean, unable to interpret input")
            }
            _ => wrong_kind(&[ValueKind::Boolean]),
        };
        Err(Problems::one(location, problem, Some(value.into())))
    }
}

#[expect(clippy::float_cmp, reason = "1.0 stands for 1, and no other number does")]
fn is_whole(number: f64, whole: u8) -> bool {
    number == f64::from(whole)
}

/// An absolute `http` or `https` address, normalised as browsers do, of at most `MAX` characters after that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct HttpUrl<const MAX: usize = LONGEST_URL>(pub String);

/// The longest address, in characters.
const LONGEST_URL: usize = 2083;

impl<const MAX: usize> HttpUrl<MAX> {
    fn parse(text: &str) -> Result<Self, Problem> {
        if text.chars().count() > LONGEST_URL {
            return Err(Problem::new("url_too_long", format!("URL should have at most {LONGEST_URL} characters"))
                .with(json!({"max_length": LONGEST_URL})));
        }
        if text.trim().is_empty() {
            return Err(Problem::url_parsing("input is empty"));
        }
        let url = Url::parse(text).map_err(Problem::url_parsing)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Problem::new("url_scheme", "URL scheme should be 'http' or 'https'")
                .with(json!({"expected_schemes": "'http' or 'https'"})));
        }
        if url.as_str().chars().count() > MAX {
            return Err(Problem::too_long(MAX));
        }
        Ok(Self(url.into()))
    }
}

impl<const MAX: usize> Deserr<Problems> for HttpUrl<MAX> {
    fn deserialize_from_value<V: IntoValue>(value: Value<V>, location: ValuePointerRef<'_>) -> Result<Self, Problems> {
        let Value::String(text) = value else {
            return Err(Problems::one(location, not_a_url(), Some(value.into())));
        };
        Self::parse(&text).map_err(|problem| Problems::one(location, problem, Some(json!(text))))
    }
}

fn not_a_url() -> Problem {
    Problem::new("url_type", "URL input should be a string or URL")
}

/// A link that is kept exactly as sent, whatever it says; at most 200 characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct PlainLink(pub String);

impl Deserr<Problems> for PlainLink {
    fn deserialize_from_value<V: IntoValue>(value: Value<V>, location: ValuePointerRef<'_>) -> Result<Self, Problems> {
        if !matches!(value, Value::String(_)) {
            return Err(Problems::one(location, not_a_url(), Some(value.into())));
        }
        Limited::<200>::deserialize_from_value(value, location).map(|text| Self(text.0))
    }
}

#[cfg(test)]
mod tests {
    use deserr::Deserr;
    use serde_json::{Value, json};

    use super::{Flag, HttpUrl, Int, Problems, Ranged};

    fn read<T: Deserr<Problems>>(value: Value) -> Result<T, String> {
        deserr::deserialize::<T, _, Problems>(value).map_err(|problems| problems.0[0].kind.clone())
    }

    #[test]
    fn integers_have_many_spellings() {
        for (value, expected) in [
            (json!(12), Ok(12)),
            (json!("12"), Ok(12)),
            (json!(" +5 "), Ok(5)),
            (json!("-7"), Ok(-7)),
            (json!("012"), Ok(12)),
            (json!("1_0"), Ok(10)),
            (json!("1.0"), Ok(1)),
            (json!(12.0), Ok(12)),
            (json!(true), Ok(1)),
            (json!("12a"), Err("int_parsing")),
            (json!(""), Err("int_parsing")),
            (json!("5.5"), Err("int_parsing")),
            (json!("_1"), Err("int_parsing")),
            (json!(1.5), Err("int_from_float")),
            (json!(null), Err("int_type")),
            (json!([1]), Err("int_type")),
            (json!(2_147_483_648_i64), Err("less_than_equal")),
            (json!(-2_147_483_649_i64), Err("greater_than_equal")),
            (json!("99999999999999999999"), Err("less_than_equal")),
        ] {
            let read = read::<Int>(value.clone()).map(|int| int.0);
            assert_eq!(read, expected.map_err(str::to_owned), "{value}");
        }
    }

    #[test]
    fn a_range_refuses_what_lies_outside_and_repeats_it() {
        for (value, kind) in
            [(json!("0"), "greater_than_equal"), (json!("11"), "less_than_equal"), (json!(0), "greater_than_equal")]
        {
            let problems = deserr::deserialize::<Ranged<1, 10>, _, Problems>(value.clone()).unwrap_err();
            assert_eq!((problems.0[0].kind.as_str(), &problems.0[0].input), (kind, &Some(value)));
        }
        assert_eq!(read::<Ranged<1, 10>>(json!("10")), Ok(Ranged(10)));
    }

    #[test]
    fn booleans_have_many_spellings() {
        for (value, expected) in [
            (json!(true), Ok(true)),
            (json!("YES"), Ok(true)),
            (json!("off"), Ok(false)),
            (json!(0), Ok(false)),
            (json!(1.0), Ok(true)),
            (json!("maybe"), Err("bool_parsing")),
            (json!(2), Err("bool_parsing")),
            (json!(null), Err("bool_type")),
            (json!(1.5), Err("bool_type")),
        ] {
            let read = read::<Flag>(value.clone()).map(|flag| flag.0);
            assert_eq!(read, expected.map_err(str::to_owned), "{value}");
        }
        for (words, expected) in [("true t yes y on 1", true), ("false f no n off 0", false)] {
            for word in words.split(' ').flat_map(|word| [word.to_owned(), word.to_uppercase()]) {
                assert_eq!(read::<Flag>(json!(word)).map(|flag| flag.0), Ok(expected), "{word}");
            }
        }
    }

    #[test]
    fn addresses_are_normalised() {
        for (text, expected) in [
            ("http://EXAMPLE.com/a b", Ok("http://example.com/a%20b")),
            ("HTTP://Foo.COM", Ok("http://foo.com/")),
            (" https://x.org:443/ ", Ok("https://x.org/")),
            ("ftp://x.org/", Err("url_scheme")),
            ("not a url", Err("url_parsing")),
            ("", Err("url_parsing")),
        ] {
            let read = read::<HttpUrl<2083>>(json!(text)).map(|url| url.0);
            assert_eq!(read, expected.map(str::to_owned).map_err(str::to_owned), "{text}");
        }
        assert_eq!(
            read::<HttpUrl<2083>>(json!("http://x/".to_owned() + &"a".repeat(2083))),
            Err("url_too_long".to_owned())
        );
    }
}

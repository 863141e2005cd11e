//! What is wrong with what a client sent: every problem of a request with its name, place and message.

use std::ops::ControlFlow;

use deserr::{DeserializeError, ErrorKind, IntoValue, MergeWithError, ValueKind, ValuePointerRef};
use serde_json::json;

use super::{FamilyName, LocationPart, ValidationError};

/// The longest text of an offending value that an answer repeats, in characters.
const LONGEST_ECHO: usize = 200;
/// As many levels of an object are repeated of which something is missing: enough to find it again.
const MISSING_ECHO_LEVELS: usize = 2;
/// Fields whose values no answer repeats: it may be kept where it should not be.
const SECRETS: [&str; 2] = ["password", "secret"];

/// The problems of one request, in the order they were found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Problems(pub Vec<ValidationError>);

impl Problems {
    /// A single problem at a place inside the value being read.
    pub fn one(location: ValuePointerRef<'_>, problem: Problem, input: Option<serde_json::Value>) -> Self {
        Self(vec![problem.at(location_parts(location), input)])
    }

    /// Puts the section of the request (`path`, `query`, `body`) in front of every place.
    #[must_use]
    pub fn within(mut self, section: &str) -> Self {
        for problem in &mut self.0 {
            problem.loc.insert(0, LocationPart::from(section));
        }
        self
    }

    /// Shows with everything that is missing what it is missing from. `whole` is what was read: an object or list, else null.
    #[must_use]
    pub fn with_enclosing(mut self, whole: impl FnOnce() -> serde_json::Value) -> Self {
        let is_bare = |problem: &&mut ValidationError| problem.kind == MISSING && problem.input.is_none();
        let bare: Vec<&mut ValidationError> = self.0.iter_mut().filter(is_bare).collect();
        if !bare.is_empty() {
            let whole = whole();
            for problem in bare {
                problem.input = Some(shorten_echo(enclosing(&whole, &problem.loc), MISSING_ECHO_LEVELS));
            }
        }
        self
    }
}

/// What is called so: a field, or the whole body, that has to be there and is not.
const MISSING: &str = "missing";

/// The object or list of `whole` in which a place is.
fn enclosing<'a>(whole: &'a serde_json::Value, loc: &[LocationPart]) -> &'a serde_json::Value {
    let above = loc.split_last().map_or(&[][..], |(_, above)| above);
    above.iter().fold(whole, |value, part| {
        let inner = match part {
            LocationPart::Field(name) => value.get(name.as_str()),
            LocationPart::Index(index) => value.get(*index),
        };
        // Not every step was sent: the family that a body was read as is one, too.
        inner.unwrap_or(value)
    })
}

/// What can be wrong with a value, by its machine name, message and context.
#[derive(Clone, Debug)]
pub struct Problem {
    kind: &'static str,
    msg: String,
    ctx: Option<serde_json::Value>,
}

impl Problem {
    pub(super) fn new(kind: &'static str, msg: impl Into<String>) -> Self {
        Self { kind, msg: msg.into(), ctx: None }
    }

    pub(super) fn with(mut self, ctx: serde_json::Value) -> Self {
        self.ctx = Some(ctx);
        self
    }

    /// A field, or the whole body, that has to be there is not.
    pub fn missing() -> Self {
        Self::new(MISSING, "Field required")
    }

    /// A rule between fields is broken.
    pub fn value_error(text: impl std::fmt::Display) -> Self {
        Self::new("value_error", format!("Value error, {text}")).with(json!({"error": {}}))
    }

    /// A text that is no integer.
    pub fn int_parsing() -> Self {
        Self::new("int_parsing", "Input should be a valid integer, unable to parse string as an integer")
    }

    /// A body that is no JSON; `reason` is the parser's.
    pub fn json_invalid(reason: impl std::fmt::Display) -> Self {
        Self::new("json_invalid", "JSON decode error").with(json!({"error": reason.to_string()}))
    }

    /// A body or object of the wrong kind.
    pub fn not_an_object() -> Self {
        Self::new("model_attributes_type", "Input should be a valid dictionary or object to extract fields from")
    }

    /// A value that is no list.
    pub fn not_a_list() -> Self {
        Self::new("list_type", "Input should be a valid list")
    }

    /// A body whose family is not said.
    pub(crate) fn family_not_found() -> Self {
        Self::new("union_tag_not_found", "Unable to extract tag using discriminator 'family'")
            .with(json!({"discriminator": "'family'"}))
    }

    /// A body of an unknown family.
    pub(crate) fn family_invalid(tag: &serde_json::Value) -> Self {
        let tag = tag.as_str().map_or_else(|| tag.to_string(), str::to_owned);
        let families: Vec<String> = FamilyName::ALL.iter().map(|family| format!("'{family}'")).collect();
        let expected = families.join(", ");
        let text =
            format!("Input tag '{tag}' found using 'family' does not match any of the expected tags: {expected}");
        Self::new("union_tag_invalid", text)
            .with(json!({"discriminator": "'family'", "tag": tag, "expected_tags": expected}))
    }

    pub(super) fn too_long(max: usize) -> Self {
        let plural = if max == 1 { "" } else { "s" };
        Self::new("string_too_long", format!("String should have at most {max} character{plural}"))
            .with(json!({"max_length": max}))
    }

    pub(super) fn too_short(min: usize) -> Self {
        let plural = if min == 1 { "" } else { "s" };
        Self::new("string_too_short", format!("String should have at least {min} character{plural}"))
            .with(json!({"min_length": min}))
    }

    fn not_a_string() -> Self {
        Self::new("string_type", "Input should be a valid string")
    }

    pub(super) fn below(min: i64) -> Self {
        Self::new("greater_than_equal", format!("Input should be greater than or equal to {min}"))
            .with(json!({"ge": min}))
    }

    pub(super) fn above(max: i64) -> Self {
        Self::new("less_than_equal", format!("Input should be less than or equal to {max}")).with(json!({"le": max}))
    }

    pub(super) fn choice(choices: &[&str]) -> Self {
        let expected = list_choices(choices);
        Self::new("enum", format!("Input should be {expected}")).with(json!({"expected": expected}))
    }

    pub(super) fn url_parsing(reason: impl std::fmt::Display) -> Self {
        Self::new("url_parsing", format!("Input should be a valid URL, {reason}"))
            .with(json!({"error": reason.to_string()}))
    }

    /// The problem at a place.
    pub fn at(self, loc: Vec<LocationPart>, input: Option<serde_json::Value>) -> ValidationError {
        ValidationError {
            kind: self.kind.to_owned(),
            loc,
            msg: self.msg,
            input: input.map(|input| shorten_echo(&input, usize::MAX)),
            ctx: self.ctx,
        }
    }
}

/// `'a', 'b' or 'c'`.
fn list_choices(choices: &[&str]) -> String {
    let quoted: Vec<String> = choices.iter().map(|choice| format!("'{choice}'")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

/// Answers repeat what was wrong, but not megabytes of it. Lists and objects below so many levels are shown empty.
fn shorten_echo(input: &serde_json::Value, levels: usize) -> serde_json::Value {
    match input {
        serde_json::Value::String(text) if text.chars().count() > LONGEST_ECHO => {
            serde_json::Value::String(text.chars().take(LONGEST_ECHO).chain("…".chars()).collect())
        }
        serde_json::Value::Array(_) if levels == 0 => json!([]),
        serde_json::Value::Object(_) if levels == 0 => json!({}),
        serde_json::Value::Array(items) => {
            serde_json::Value::Array(items.iter().take(10).map(|item| shorten_echo(item, levels - 1)).collect())
        }
        serde_json::Value::Object(fields) => {
            let shown = |(name, value): (&String, &serde_json::Value)| {
                let is_secret = SECRETS.contains(&name.as_str());
                (name.clone(), if is_secret { json!("…") } else { shorten_echo(value, levels - 1) })
            };
            serde_json::Value::Object(fields.iter().take(30).map(shown).collect())
        }
        other => other.clone(),
    }
}

fn location_parts(location: ValuePointerRef<'_>) -> Vec<LocationPart> {
    let mut parts = Vec::new();
    let mut current = &location;
    loop {
        match current {
            ValuePointerRef::Origin => break,
            ValuePointerRef::Key { key, prev } => {
                parts.push(LocationPart::Field((*key).to_owned()));
                current = prev;
            }
            ValuePointerRef::Index { index, prev } => {
                parts.push(LocationPart::Index(*index));
                current = prev;
            }
        }
    }
    parts.reverse();
    parts
}

impl MergeWithError<Problems> for Problems {
    fn merge(existing: Option<Self>, other: Self, _location: ValuePointerRef<'_>) -> ControlFlow<Self, Self> {
        let mut all = existing.unwrap_or_default();
        all.0.extend(other.0);
        ControlFlow::Continue(all)
    }
}

impl DeserializeError for Problems {
    fn error<V: IntoValue>(
        existing: Option<Self>,
        error: ErrorKind<'_, V>,
        location: ValuePointerRef<'_>,
    ) -> ControlFlow<Self, Self> {
        let found = match error {
            ErrorKind::MissingField { field } => Self::one(location.push_key(field), Problem::missing(), None),
            ErrorKind::IncorrectValueKind { actual, accepted } => {
                Self::one(location, wrong_kind(accepted), Some(actual.into()))
            }
            ErrorKind::UnknownValue { value, accepted } => {
                Self::one(location, Problem::choice(accepted), Some(json!(value)))
            }
            ErrorKind::Unexpected { msg } => Self::one(location, Problem::value_error(msg), None),
            ErrorKind::UnknownKey { key, .. } => {
                Self::one(location.push_key(key), Problem::value_error("Unknown field"), None)
            }
            ErrorKind::BadSequenceLen { expected, .. } => {
                Self::one(location, Problem::value_error(format!("Expected {expected} items")), None)
            }
        };
        Self::merge(existing, found, location)
    }
}

/// The problem of a value whose JSON kind is none of those accepted.
pub(super) fn wrong_kind(accepted: &[ValueKind]) -> Problem {
    match accepted.first() {
        Some(ValueKind::String) => Problem::not_a_string(),
        Some(ValueKind::Sequence) => Problem::not_a_list(),
        Some(ValueKind::Boolean) => Problem::new("bool_type", "Input should be a valid boolean"),
        Some(ValueKind::Integer | ValueKind::NegativeInteger | ValueKind::Float) => {
            Problem::new("int_type", "Input should be a valid integer")
        }
        _ => Problem::not_an_object(),
    }
}

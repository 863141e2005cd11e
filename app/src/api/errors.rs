//! What the API says when it refuses a request.

use serde::{Deserialize, Serialize};

/// A text that is no member of an enumeration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownMember {
    /// The enumeration.
    pub kind: &'static str,
    /// What was found.
    pub text: String,
}

impl std::fmt::Display for UnknownMember {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "'{}' is no {}", self.text, self.kind)
    }
}

impl std::error::Error for UnknownMember {}

/// The body of a 422 for malformed input: every problem found, together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct HTTPValidationError {
    /// In the order path, query, body.
    #[serde(default)]
    pub detail: Vec<ValidationError>,
}

/// One problem of malformed input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ValidationError {
    /// The machine's name of the problem, for example `missing`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Where: `path`, `query` or `body`, then field names and list indexes.
    pub loc: Vec<LocationPart>,
    /// What to tell a person.
    pub msg: String,
    /// The offending value, shortened when it is long; where something is missing, what it is missing from. Absent when there is
    /// nothing to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<serde_json::Value>,
    /// Limits and choices the message speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ssr", schema(schema_with = context))]
    pub ctx: Option<serde_json::Value>,
}

#[cfg(feature = "ssr")]
fn context() -> utoipa::openapi::ObjectBuilder {
    // Client generators call the field's type after the title.
    utoipa::openapi::ObjectBuilder::new()
        .title(Some("Context"))
        .description(Some("Limits and choices the message speaks of."))
}

/// A step on the way to the offending value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum LocationPart {
    /// An index of a list, from zero.
    Index(usize),
    /// A field or a section of the request.
    Field(String),
}

impl From<&str> for LocationPart {
    fn from(field: &str) -> Self {
        Self::Field(field.to_owned())
    }
}

//! Why the API did not do what a page asked for, in the kinds a person can do something about.

use serde::{Deserialize, Serialize};

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClientError {
    /// There is no such thing (any more).
    NotFound,
    /// The caller is not signed in, or lacks a permission. Carries the API's words.
    NotPermitted(String),
    /// Somebody else changed it in the meantime, or it contradicts what is there. Carries the API's words.
    Outdated(String),
    /// The address or the body holds something the API does not understand. Carries the API's words.
    Invalid(String),
    /// The server failed, or said something unexpected. Carries the API's words.
    Server(String),
    /// No answer came at all.
    Unreachable,
}

impl ClientError {
    /// Sorts an answer that is no success.
    pub(super) fn refused(status: u16, body: &str) -> Self {
        let message = message(body);
        match status {
            404 => Self::NotFound,
            401 | 403 => Self::NotPermitted(message),
            409 | 412 => Self::Outdated(message),
            400 | 405..=429 => Self::Invalid(message),
            _ => Self::Server(if message.is_empty() {
                format!("The server answered with status {status}.")
            } else {
                message
            }),
        }
    }

    /// A success that is not what the API promises.
    pub(super) fn unreadable(problem: &serde_json::Error) -> Self {
        Self::Server(format!("The answer could not be read: {problem}."))
    }

    /// The status the page that shows this error is sent with.
    pub fn status(&self) -> u16 {
        match self {
            Self::NotFound => 404,
            Self::NotPermitted(_) => 403,
            Self::Outdated(_) => 409,
            Self::Invalid(_) => 422,
            Self::Server(_) => 500,
            Self::Unreachable => 503,
        }
    }

    /// What happened, in a line.
    pub fn title(&self) -> &'static str {
        match self {
            Self::NotFound => "There is nothing here",
            Self::NotPermitted(_) => "You may not see this",
            Self::Outdated(_) => "It is not as it was",
            Self::Invalid(_) => "The server did not accept that",
            Self::Server(_) => "The server could not answer",
            Self::Unreachable => "The server cannot be reached",
        }
    }

    /// What the reader can do about it.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::NotFound => "It may have been deleted, or the address is incomplete.",
            Self::NotPermitted(_) => "Ask an administrator of this installation for permission to view it.",
            Self::Outdated(_) => "Somebody else may have changed it. Load the page again to see how it is now.",
            Self::Invalid(_) => "Check what was entered.",
            Self::Server(_) => "Try again. If it keeps happening, tell an administrator: the server’s log says more.",
            Self::Unreachable => "Check your connection, then try again.",
        }
    }

    /// The API's own words, when it had any.
    pub fn details(&self) -> Option<&str> {
        match self {
            Self::NotPermitted(text) | Self::Outdated(text) | Self::Invalid(text) | Self::Server(text)
                if !text.is_empty() =>
            {
                Some(text)
            }
            _ => None,
        }
    }
}

/// The words of an error body: `{"detail": "…"}`, or one line per problem of a validation error, with the field it is in.
fn message(body: &str) -> String {
    let Ok(body) = serde_json::from_str::<serde_json::Value>(body) else { return String::new() };
    match &body["detail"] {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(problems) => {
            let lines: Vec<String> = problems.iter().filter_map(line).collect();
            lines.join("\n")
        }
        _ => String::new(),
    }
}

/// A problem with its field: `{"loc": ["body", "name"], "msg": "…"}`.
fn line(problem: &serde_json::Value) -> Option<String> {
    let message = problem["msg"].as_str()?;
    let place = problem["loc"].as_array().and_then(|loc| loc.iter().skip(1).rev().find_map(|step| step.as_str()));
    Some(place.map_or_else(|| message.to_owned(), |place| format!("{place}: {message}")))
}

#[cfg(test)]
mod tests {
    use super::ClientError;

    #[test]
    fn answers_are_sorted_by_what_to_do() {
        let said = |text: &str| text.to_owned();
        for (status, body, expected) in [
            (404, r#"{"detail": "gone"}"#, ClientError::NotFound),
            (403, r#"{"detail": "needs view_artefact"}"#, ClientError::NotPermitted(said("needs view_artefact"))),
            (401, "", ClientError::NotPermitted(String::new())),
            (422, r#"{"detail": [{"msg": "a"}, {"msg": "b"}]}"#, ClientError::Invalid(said("a\nb"))),
            (
                422,
                r#"{"detail": [{"msg": "a", "loc": ["body", "members", 0]}]}"#,
                ClientError::Invalid(said("members: a")),
            ),
            (412, r#"{"detail": "changed"}"#, ClientError::Outdated(said("changed"))),
            (500, r#"{"detail": "broken"}"#, ClientError::Server(said("broken"))),
            (502, "<html>", ClientError::Server(said("The server answered with status 502."))),
        ] {
            assert_eq!(ClientError::refused(status, body), expected);
        }
    }
}

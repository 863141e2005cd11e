//! Calls that tell other systems something: what came of them, and whether the other side may have heard it.

use std::error::Error;
use std::sync::OnceLock;

use super::http_client::explain;

/// The largest answer that is kept, in bytes; the rest is not read.
const LARGEST: usize = 1024 * 1024;
/// As many characters of an answer are shown to people.
const SHOWN: usize = 1_000;

/// An answer, whatever its status.
#[derive(Clone, Debug)]
pub struct CallAnswer {
    /// The status.
    pub status: u16,
    /// The body, or its beginning.
    pub body: Vec<u8>,
}

impl CallAnswer {
    /// Whether the other side took what it was told.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The beginning of the body, for people.
    pub fn shown(&self) -> String {
        // Databases do not keep that character.
        String::from_utf8_lossy(&self.body).chars().map(|c| if c == '\0' { ' ' } else { c }).take(SHOWN).collect()
    }
}

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The address is not one that may be called.
    #[error("{0}")]
    Forbidden(String),
    /// The other side has not heard anything.
    #[error("{0}")]
    NotSent(String),
    /// The other side may have heard it.
    #[error("{0}")]
    NoAnswer(String),
}

/// That a name leads only to addresses that must not be called.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' leads into the server's own network")]
pub(super) struct ForbiddenAddress(pub(super) String);

/// A client of this process, made when it is first needed.
#[derive(Debug, Default)]
pub struct LazyClient(OnceLock<Result<reqwest::Client, String>>);

impl LazyClient {
    /// The client.
    pub(super) fn get(
        &self,
        make: impl FnOnce() -> reqwest::Result<reqwest::Client>,
    ) -> Result<&reqwest::Client, CallError> {
        let client = self.0.get_or_init(|| make().map_err(|error| explain(&error)));
        client.as_ref().map_err(|reason| CallError::NotSent(reason.clone()))
    }
}

/// Sends a request and reads the answer, or its beginning.
pub(super) async fn call(request: reqwest::RequestBuilder) -> Result<CallAnswer, CallError> {
    let mut response = request.send().await.map_err(judge)?;
    let status = response.status().as_u16();
    let mut body = Vec::new();
    // What breaks off behind the status has been said nevertheless.
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = LARGEST - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() == LARGEST {
            break;
        }
    }
    Ok(CallAnswer { status, body })
}

fn judge(error: reqwest::Error) -> CallError {
    // Addresses can be as secret as keys.
    let error = error.without_url();
    if let Some(forbidden) = find_cause::<ForbiddenAddress>(&error) {
        return CallError::Forbidden(forbidden.to_string());
    }
    let text = explain(&error);
    if error.is_connect() || error.is_builder() { CallError::NotSent(text) } else { CallError::NoAnswer(text) }
}

fn find_cause<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        cause = error.source();
    }
    None
}

//! A server, and calls of its API: repeated while there is hope, and told in words when there is none.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{Client, Method, Response};
use serde::de::DeserializeOwned;
use url::Url;

use super::retry::{is_temporary, pause_before, read_retry_after};
use crate::clock::Clock;
use crate::integrations::http_client::{client_builder, explain};

/// As long as it may take to be connected.
const CONNECT_PATIENCE: Duration = Duration::from_secs(10);
/// The largest answer that is read, in bytes.
const LARGEST: usize = 256 * 1024 * 1024;
/// As much of a refusal is repeated, in characters.
const LONGEST_DETAIL: usize = 1_000;

/// How a server is spoken to.
#[derive(Clone, Debug)]
pub struct Manners {
    /// As long as one try may take, from the first byte to the last.
    pub patience: Duration,
    /// How often a call is repeated that failed for now.
    pub retries: u32,
}

/// Why a call brought nothing.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The server cannot be reached, or says: not now. Later it may be different.
    #[error("{0}")]
    Unavailable(String),
    /// The server has understood, and will say the same again.
    #[error("the server answers {status}: {detail}")]
    Refused {
        /// The status of the answer.
        status: u16,
        /// What it says, in one line.
        detail: String,
    },
}

impl CallError {
    /// Whether it is about who asks, not about what is asked for.
    pub fn is_about_rights(&self) -> bool {
        matches!(self, Self::Refused { status: 401 | 403, .. })
    }
}

/// What is wrong with the address or the key of a server.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address.
    #[error("'{0}' is no http or https address")]
    Address(String),
    /// The key. It is not repeated.
    #[error("the API key has characters that no key has")]
    Key,
    /// The machine has nothing to encrypt with.
    #[error("cannot call servers: {0}")]
    Client(String),
}

/// A call.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// GET, POST, …
    pub method: &'a Method,
    /// The path below the server's address, with the query.
    pub path: &'a str,
    /// JSON to send.
    pub body: Option<&'a str>,
    /// What makes a repetition the same call.
    pub idempotency_key: Option<&'a str>,
}

/// A server.
#[derive(Clone)]
pub struct Server {
    client: Client,
    address: String,
    manners: Manners,
    clock: Clock,
}

impl Server {
    /// The server at an address, with or without `/v1` behind it.
    pub fn new(address: &str, key: Option<&str>, manners: Manners, clock: Clock) -> Result<Self, ServerError> {
        let address = normalise(address)?;
        let mut headers = HeaderMap::new();
        if let Some(key) = key {
            let mut value = HeaderValue::from_str(&format!("Bearer {key}")).map_err(|_| ServerError::Key)?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let builder = client_builder().timeout(manners.patience).connect_timeout(CONNECT_PATIENCE);
        let client = builder.default_headers(headers).build().map_err(|error| ServerError::Client(explain(&error)))?;
        Ok(Self { client, address, manners, clock })
    }

    /// Its address, without a slash at the end.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What a GET of a path brings, read as JSON.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, CallError> {
        let answer = self.call(Call { method: &Method::GET, path, body: None, idempotency_key: None }).await?;
        read_json(&answer)
    }

    /// Makes a call, again and again while it fails for now: the body of the answer.
    pub async fn call(&self, call: Call<'_>) -> Result<Vec<u8>, CallError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let (problem, wish) = match self.try_once(call).await {
                Ok(body) => return Ok(body),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::ForNow(problem, wish)) => (problem, wish),
            };
            let pause = pause_before(tries, wish, rand::random());
            let Some(pause) = pause.filter(|_| tries <= self.manners.retries) else {
                return Err(CallError::Unavailable(problem));
            };
            tracing::warn!("{problem}; trying again in {:.1} s", pause.as_secs_f64());
            tokio::time::sleep(pause).await;
        }
    }

    async fn try_once(&self, call: Call<'_>) -> Result<Vec<u8>, Failure> {
        let mut request = self.client.request(call.method.clone(), format!("{}{}", self.address, call.path));
        if let Some(body) = call.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_owned());
        }
        if let Some(key) = call.idempotency_key {
            request = request.header("idempotency-key", key);
        }
        let response = request.send().await.map_err(|error| self.failure(&error))?;
        let status = response.status();
        if is_temporary(status.as_u16()) {
            let wish = header(&response, &RETRY_AFTER).and_then(|value| read_retry_after(value, self.clock.now()));
            return Err(Failure::ForNow(format!("{} answers {}", self.address, status.as_u16()), wish));
        }
        if status.is_redirection() {
            let target = header(&response, &LOCATION).unwrap_or("nowhere").to_owned();
            let detail = format!("it has moved to {target}; say that address");
            return Err(Failure::Final(CallError::Refused { status: status.as_u16(), detail }));
        }
        let body = self.read(response).await?;
        if !status.is_success() {
            let detail = describe_refusal(&body);
            return Err(Failure::Final(CallError::Refused { status: status.as_u16(), detail }));
        }
        Ok(body)
    }

    async fn read(&self, mut response: Response) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.failure(&error))? {
            if body.len() + chunk.len() > LARGEST {
                let detail = format!("with more than {LARGEST} bytes");
                let status = response.status().as_u16();
                return Err(Failure::Final(CallError::Refused { status, detail }));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn failure(&self, error: &reqwest::Error) -> Failure {
        Failure::ForNow(format!("cannot reach {}: {}", self.address, explain(error)), None)
    }
}

enum Failure {
    ForNow(String, Option<Duration>),
    Final(CallError),
}

fn header<'a>(response: &'a Response, name: &reqwest::header::HeaderName) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

/// Reads an answer. What is no JSON comes from something else that stands in between: it may be gone later.
pub fn read_json<T: DeserializeOwned>(answer: &[u8]) -> Result<T, CallError> {
    serde_json::from_slice(answer)
        .map_err(|error| CallError::Unavailable(format!("the answer is not one of a Test Observer: {error}")))
}

fn normalise(address: &str) -> Result<String, ServerError> {
    let wrong = || ServerError::Address(address.to_owned());
    let mut url = Url::parse(address.trim()).map_err(|_| wrong())?;
    if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some() {
        return Err(wrong());
    }
    url.set_query(None);
    url.set_fragment(None);
    let text = url.as_str().trim_end_matches('/');
    Ok(text.strip_suffix("/v1").unwrap_or(text).trim_end_matches('/').to_owned())
}

/// What an answer says went wrong, in one line: a text, or a list of problems with their places.
fn describe_refusal(body: &[u8]) -> String {
    let detail = serde_json::from_slice::<serde_json::Value>(body).ok();
    let detail = detail.as_ref().and_then(|answer| answer.get("detail"));
    let text = match detail {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(serde_json::Value::Array(problems)) => {
            problems.iter().map(describe_problem).collect::<Vec<_>>().join("; ")
        }
        _ => String::from_utf8_lossy(body).into_owned(),
    };
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(LONGEST_DETAIL).collect();
    if line.is_empty() { "nothing more".to_owned() } else { line }
}

fn describe_problem(problem: &serde_json::Value) -> String {
    let place = problem["loc"].as_array().map(Vec::as_slice).unwrap_or_default();
    let place: Vec<String> =
        place.iter().map(|part| part.as_str().map_or_else(|| part.to_string(), str::to_owned)).collect();
    format!("{}: {}", place.join("."), problem["msg"].as_str().unwrap_or("wrong"))
}

#[cfg(test)]
mod tests {
    use super::{describe_refusal, normalise};

    #[test]
    fn addresses_have_one_spelling() {
        for (address, expected) in [
            ("https://to.example", Some("https://to.example")),
            (" HTTPS://TO.example:443/ ", Some("https://to.example")),
            ("http://to.example/v1/", Some("http://to.example")),
            ("http://to.example/base/v1", Some("http://to.example/base")),
            ("http://to.example/?x#y", Some("http://to.example")),
            ("http://me:secret@to.example", None),
            ("to.example", None),
            ("ftp://to.example", None),
            ("", None),
        ] {
            assert_eq!(normalise(address).ok().as_deref(), expected, "{address}");
        }
    }

    #[test]
    fn refusals_are_told_in_one_line() {
        for (body, expected) in [
            (r#"{"detail": "Insufficient permissions"}"#, "Insufficient permissions"),
            (
                r#"{"detail": [{"loc": ["body", 3, "name"], "msg": "Field required"}, {"loc": ["body"], "msg": "x"}]}"#,
                "body.3.name: Field required; body: x",
            ),
            ("<html>\n  <p>No</html>", "<html> <p>No</html>"),
            ("", "nothing more"),
            (r#"{"detail": {}}"#, r#"{"detail": {}}"#),
        ] {
            assert_eq!(describe_refusal(body.as_bytes()), expected);
        }
    }
}

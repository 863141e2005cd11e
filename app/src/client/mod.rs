//! The dashboard's one way to the REST API: `fetch` in the browser, the same router in process while rendering on the server.

#[cfg(not(feature = "ssr"))]
mod browser;
mod error;
#[cfg(feature = "ssr")]
mod in_process;
mod lean;

use std::{future::Future, pin::Pin};

use serde::{Serialize, de::DeserializeOwned};

pub use error::ClientError;
#[cfg(feature = "ssr")]
pub use in_process::InProcessApi;

#[cfg(not(feature = "ssr"))]
use browser::Transport;
/// Whether news may be those of a change from here.
#[cfg(not(feature = "ssr"))]
pub(crate) use browser::is_echo;
#[cfg(feature = "ssr")]
use in_process::Transport;
use lean::Lean;

/// An answer before anybody looked into it.
struct Answer {
    status: u16,
    body: String,
    etag: Option<String>,
}

impl Answer {
    fn successful(self) -> Result<Self, ClientError> {
        if (200..300).contains(&self.status) { Ok(self) } else { Err(ClientError::refused(self.status, &self.body)) }
    }

    /// What the API says; where it says nothing, that is `null`.
    fn read<T: DeserializeOwned>(&self) -> Result<T, ClientError> {
        let body = if self.body.is_empty() { "null" } else { &self.body };
        read(body)
    }
}

/// What a text of the API says.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, ClientError> {
    let mut json = serde_json::Deserializer::from_str(text);
    T::deserialize(Lean(&mut json))
        .and_then(|value| json.end().map(|()| value))
        .map_err(|problem| ClientError::unreadable(&problem))
}

/// A success on its way. Without the type that is read from it: there are dozens of those, and what is done before is generated
/// once.
type Asked = Pin<Box<dyn Future<Output = Result<Answer, ClientError>> + Send>>;

/// A change that the API is asked for: `Change::patch("/v1/artefacts/12").json(&json!({"status": "APPROVED"}))`.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "ssr", expect(dead_code, reason = "only browsers send changes"))]
pub struct Change {
    method: &'static str,
    path: String,
    body: Option<String>,
    if_match: Option<String>,
}

impl Change {
    fn new(method: &'static str, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), body: None, if_match: None }
    }

    /// A POST to a path.
    pub fn post(path: impl Into<String>) -> Self {
        Self::new("POST", path)
    }

    /// A PUT to a path.
    pub fn put(path: impl Into<String>) -> Self {
        Self::new("PUT", path)
    }

    /// A PATCH of a path.
    pub fn patch(path: impl Into<String>) -> Self {
        Self::new("PATCH", path)
    }

    /// A DELETE of a path.
    pub fn delete(path: impl Into<String>) -> Self {
        Self::new("DELETE", path)
    }

    /// With a JSON body.
    #[must_use]
    pub fn json(mut self, body: &impl Serialize) -> Self {
        self.body = serde_json::to_string(body).ok();
        self
    }

    /// Only if the object still is what it was when it had this `ETag`; else the answer is [`ClientError::Outdated`].
    #[must_use]
    pub fn if_match(mut self, etag: Option<String>) -> Self {
        self.if_match = etag;
        self
    }
}

/// The way to the API for the person who asked for the page.
///
/// On the server it comes from the page's context, which is known only before the first wait: take it early, use it any time.
#[derive(Clone)]
pub struct Client(Transport);

impl Client {
    /// The way to the API of the page that is being rendered.
    pub fn current() -> Self {
        Self(Transport::current())
    }

    fn ask(&self, path: &str) -> Asked {
        let answer = self.0.get(path);
        Box::pin(async move { answer.await?.successful() })
    }

    fn tell(&self, change: Change) -> Asked {
        let answer = self.0.send(change);
        Box::pin(async move { answer.await?.successful() })
    }

    /// Reads a resource of the API: `get::<ArtefactResponse>("/v1/artefacts/12")`.
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> impl Future<Output = Result<T, ClientError>> + Send + use<T> {
        let answer = self.ask(path);
        async move { answer.await?.read() }
    }

    /// Reads a resource together with its `ETag`, for a change that must not overwrite what nobody has seen.
    pub fn get_tagged<T: DeserializeOwned>(
        &self,
        path: &str,
    ) -> impl Future<Output = Result<(T, Option<String>), ClientError>> + Send + use<T> {
        let answer = self.ask(path);
        async move {
            let answer = answer.await?;
            Ok((answer.read()?, answer.etag))
        }
    }

    /// Reads plain text, for example a log.
    pub fn get_text(&self, path: &str) -> impl Future<Output = Result<String, ClientError>> + Send + use<> {
        let answer = self.ask(path);
        async move { Ok(answer.await?.body) }
    }

    /// Changes something, once: a change that got no answer is sent again under the same key, which the API recognises.
    /// `()` takes any answer without a body. Only browsers change anything: rendering only reads.
    pub fn send<T: DeserializeOwned>(
        &self,
        change: Change,
    ) -> impl Future<Output = Result<T, ClientError>> + Send + use<T> {
        let answer = self.tell(change);
        async move { answer.await?.read() }
    }

    /// The same, together with the `ETag` of what the object has become.
    pub fn send_tagged<T: DeserializeOwned>(
        &self,
        change: Change,
    ) -> impl Future<Output = Result<(T, Option<String>), ClientError>> + Send + use<T> {
        let answer = self.tell(change);
        async move {
            let answer = answer.await?;
            Ok((answer.read()?, answer.etag))
        }
    }
}

#[cfg(feature = "ssr")]
impl From<InProcessApi> for Client {
    fn from(api: InProcessApi) -> Self {
        Self(Transport::from(api))
    }
}

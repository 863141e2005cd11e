//! The dashboard's one way to the REST API: `fetch` in the browser, the same router in process while rendering on the server.

#[cfg(not(feature = "ssr"))]
mod browser;
mod error;
#[cfg(feature = "ssr")]
mod in_process;

use std::future::Future;

use serde::de::DeserializeOwned;

pub use error::ClientError;
#[cfg(feature = "ssr")]
pub use in_process::InProcessApi;

#[cfg(not(feature = "ssr"))]
use browser::Transport;
#[cfg(feature = "ssr")]
use in_process::Transport;

/// An answer before anybody looked into it.
struct Answer {
    status: u16,
    body: String,
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

    /// Reads a resource of the API: `get::<ArtefactResponse>("/v1/artefacts/12")`.
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> impl Future<Output = Result<T, ClientError>> + Send + use<T> {
        let text = self.get_text(path);
        async move { serde_json::from_str(&text.await?).map_err(|problem| ClientError::unreadable(&problem)) }
    }

    /// Reads plain text, for example a log.
    pub fn get_text(&self, path: &str) -> impl Future<Output = Result<String, ClientError>> + Send + use<> {
        let answer = self.0.get(path);
        async move {
            let Answer { status, body } = answer.await?;
            if (200..300).contains(&status) { Ok(body) } else { Err(ClientError::refused(status, &body)) }
        }
    }
}

#[cfg(feature = "ssr")]
impl From<InProcessApi> for Client {
    fn from(api: InProcessApi) -> Self {
        Self(Transport::from(api))
    }
}

//! Calls to other systems over HTTP.

use std::error::Error;
use std::sync::OnceLock;
use std::time::Duration;

/// As long as one call may take, from the first byte to the last.
const PATIENCE: Duration = Duration::from_secs(10);
/// The same where nobody waits for the answer.
const LONG_PATIENCE: Duration = Duration::from_secs(30);
/// As long as it may take to be connected.
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
/// The largest answer that is read, in bytes.
const LARGEST: usize = 1024 * 1024;

/// A request: method, address, headers, body.
pub type HttpRequest = openidconnect::HttpRequest;
/// An answer: status, headers, body.
pub type HttpResponse = openidconnect::HttpResponse;

/// Why a call brought no answer that is worth looking at.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The other system cannot be reached, or did not answer in time.
    #[error(transparent)]
    Call(#[from] reqwest::Error),
    /// It says that it has failed.
    #[error("the answer has the status {0}")]
    Failure(u16),
    /// It sends more than is sensible.
    #[error("the answer is larger than {LARGEST} bytes")]
    TooLarge,
}

/// What calls other systems. Cheap to clone: all clones share their connections.
#[derive(Clone, Debug)]
pub struct HttpClient(reqwest::Client);

impl HttpClient {
    /// A client that trusts the certificate authorities of this machine.
    pub fn new() -> Result<Self, HttpError> {
        Ok(Self(client_builder().timeout(PATIENCE).connect_timeout(CONNECT_PATIENCE).build()?))
    }

    /// Sends a request and reads the whole answer. One with a status of 500 and above is none.
    pub async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let response = self.open(request, PATIENCE).await?;
        let status = response.status();
        if status.is_server_error() {
            return Err(HttpError::Failure(status.as_u16()));
        }
        read_answer(response).await
    }

    /// Sends a request that nobody waits for, and reads the whole answer, whatever its status.
    pub async fn exchange(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        read_answer(self.open(request, LONG_PATIENCE).await?).await
    }

    /// Sends a request, and leaves the body of the answer, whatever its status, to be read in what is left of the time.
    pub(crate) async fn open(&self, request: HttpRequest, patience: Duration) -> Result<reqwest::Response, HttpError> {
        let mut request = reqwest::Request::try_from(request)?;
        *request.timeout_mut() = Some(patience);
        Ok(self.0.execute(request).await?)
    }
}

async fn read_answer(mut response: reqwest::Response) -> Result<HttpResponse, HttpError> {
    let status = response.status();
    let headers = std::mem::take(response.headers_mut());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > LARGEST {
            return Err(HttpError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    let mut answer = HttpResponse::new(body);
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    Ok(answer)
}

/// The client of this process, made when it is first needed: a machine without certificate authorities has none, and does not
/// need one to start.
#[derive(Debug, Default)]
pub struct LazyHttp(OnceLock<Result<HttpClient, String>>);

impl LazyHttp {
    /// The client; for the log, why there is none.
    pub fn get(&self) -> Result<&HttpClient, String> {
        let client = self.0.get_or_init(|| HttpClient::new().map_err(|error| explain(&error)));
        client.as_ref().map_err(Clone::clone)
    }
}

/// What every client of ours has in common: the certificate authorities of this machine, a name, and no redirects.
pub(crate) fn client_builder() -> reqwest::ClientBuilder {
    // The first one stays when somebody was faster: it is the same.
    drop(rustls::crypto::ring::default_provider().install_default());
    // A redirect would lead wherever an answer likes, into the operator's own network, too.
    let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    builder.user_agent(concat!("test-observer/", env!("CARGO_PKG_VERSION")))
}

/// An error with everything that led to it, in one line for the log.
pub fn explain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{HttpError, explain};

    #[test]
    fn an_error_is_told_with_its_causes() {
        #[derive(Debug, thiserror::Error)]
        #[error("no sign-in")]
        struct Outer(#[source] HttpError);

        assert_eq!(explain(&Outer(HttpError::Failure(502))), "no sign-in: the answer has the status 502");
        assert_eq!(explain(&HttpError::TooLarge), "the answer is larger than 1048576 bytes");
    }
}

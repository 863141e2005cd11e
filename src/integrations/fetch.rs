//! Reading what another system shows to everybody.

use std::time::Duration;

use super::http_client::{HttpClient, HttpRequest, explain};

/// The body of a successful answer to a GET; for the log, why there is none.
pub(crate) async fn fetch(http: &HttpClient, url: &str, accept: &'static str) -> Result<Vec<u8>, String> {
    let answer = http.send(get(url, accept)?).await.map_err(|error| explain(&error))?;
    if !answer.status().is_success() {
        return Err(format!("the answer has the status {}", answer.status().as_u16()));
    }
    Ok(answer.into_body())
}

/// A GET without a body.
pub(crate) fn get(url: &str, accept: &'static str) -> Result<HttpRequest, String> {
    let mut request = HttpRequest::new(Vec::new());
    *request.uri_mut() = url.parse().map_err(|_| format!("'{url}' is no address"))?;
    request.headers_mut().insert("accept", axum::http::HeaderValue::from_static(accept));
    Ok(request)
}

/// An answer whose body has still to be read, all of it in so much time: for what is larger, or takes longer, than most.
pub(crate) async fn open(
    http: &HttpClient,
    request: HttpRequest,
    patience: Duration,
) -> Result<reqwest::Response, String> {
    http.open(request, patience).await.map_err(|error| explain(&error))
}

/// The whole body, if it has no more bytes than `largest`.
pub(crate) async fn read_body(answer: &mut reqwest::Response, largest: usize) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(bytes) = answer.chunk().await.map_err(|error| explain(&error))? {
        if body.len() + bytes.len() > largest {
            return Err(format!("the answer is larger than {largest} bytes"));
        }
        body.extend_from_slice(&bytes);
    }
    Ok(body)
}

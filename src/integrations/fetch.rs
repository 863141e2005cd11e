//! Reading what another system shows to everybody.

use super::http_client::{HttpClient, HttpRequest, explain};

/// The body of a successful answer to a GET; for the log, why there is none.
pub(crate) async fn fetch(http: &HttpClient, url: &str, accept: &'static str) -> Result<Vec<u8>, String> {
    let mut request = HttpRequest::new(Vec::new());
    *request.uri_mut() = url.parse().map_err(|_| format!("'{url}' is no address"))?;
    request.headers_mut().insert("accept", axum::http::HeaderValue::from_static(accept));
    let answer = http.send(request).await.map_err(|error| explain(&error))?;
    if !answer.status().is_success() {
        return Err(format!("the answer has the status {}", answer.status().as_u16()));
    }
    Ok(answer.into_body())
}

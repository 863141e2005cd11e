//! The browser's transport: `fetch` on the page's own origin, with the session cookie.

use std::future::Future;

use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::{Answer, ClientError};

/// The browser knows where it is and who it is.
#[derive(Clone)]
pub(super) struct Transport;

impl Transport {
    pub(super) fn current() -> Self {
        Self
    }

    /// Asks the API. The browser has one thread, so what it gives may call itself `Send`.
    #[expect(clippy::unused_self, reason = "the server's transport needs itself")]
    pub(super) fn get(&self, path: &str) -> impl Future<Output = Result<Answer, ClientError>> + Send + use<> {
        let path = path.to_owned();
        SendWrapper::new(async move { fetch(&path).await.map_err(|_| ClientError::Unreachable) })
    }
}

async fn fetch(path: &str) -> Result<Answer, JsValue> {
    let headers = web_sys::Headers::new()?;
    // Without this header the API ignores the session cookie.
    headers.set("X-CSRF-Token", "1")?;
    let options = web_sys::RequestInit::new();
    options.set_credentials(web_sys::RequestCredentials::SameOrigin);
    options.set_headers(&headers);
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let response: web_sys::Response =
        JsFuture::from(window.fetch_with_str_and_init(path, &options)).await?.dyn_into()?;
    let body = JsFuture::from(response.text()?).await?;
    Ok(Answer { status: response.status(), body: body.as_string().unwrap_or_default() })
}

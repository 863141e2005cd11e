//! The browser's transport: `fetch` on the page's own origin, with the session cookie.

use std::{cell::Cell, future::Future, time::Duration};

use js_sys::Promise;
use leptos::prelude::set_timeout;
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::{Answer, Change, ClientError};

/// As long a request waits before it is sent again. A server that restarts is back by then.
const PAUSES: [Duration; 3] = [Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(3)];
/// As long after a change from here, in milliseconds, what the server says has changed is taken for its echo.
const ECHO: f64 = 2_000.0;
/// What a proxy says while the server behind it is away.
const PASSING: [u16; 3] = [502, 503, 504];

thread_local! {
    /// How many changes are on their way from this page, and when the last one came to its end, in milliseconds since 1970.
    static CHANGES: Cell<(usize, f64)> = const { Cell::new((0, 0.0)) };
}

/// A change on its way.
struct Underway;

impl Underway {
    fn start() -> Self {
        let (underway, last) = CHANGES.get();
        CHANGES.set((underway + 1, last));
        Self
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        let (underway, _) = CHANGES.get();
        CHANGES.set((underway.saturating_sub(1), js_sys::Date::now()));
    }
}

/// Whether what the server says has changed may be what was changed from here: news can arrive before the answer does.
pub(crate) fn is_echo() -> bool {
    let (underway, last) = CHANGES.get();
    underway > 0 || js_sys::Date::now() - last < ECHO
}

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
        SendWrapper::new(persist(Change::new("GET", path), None))
    }

    /// Changes something through the API.
    #[expect(clippy::unused_self, reason = "the server's transport needs itself")]
    pub(super) fn send(&self, change: Change) -> impl Future<Output = Result<Answer, ClientError>> + Send + use<> {
        let underway = Underway::start();
        SendWrapper::new(async move {
            let answer = persist(change, new_key()).await;
            drop(underway);
            answer
        })
    }
}

/// A key that no other change has. Pages that are not served safely have no source of such keys: then nothing is sent twice.
fn new_key() -> Option<String> {
    let window = web_sys::window().filter(web_sys::Window::is_secure_context)?;
    Some(window.crypto().ok()?.random_uuid())
}

/// Sends until there is an answer. What changes something is sent again only under a key.
async fn persist(request: Change, key: Option<String>) -> Result<Answer, ClientError> {
    let may_repeat = request.method == "GET" || key.is_some();
    for pause in PAUSES.iter().take(if may_repeat { PAUSES.len() } else { 0 }) {
        match fetch(&request, key.as_deref()).await {
            Ok(answer) if !PASSING.contains(&answer.status) => return Ok(answer),
            Ok(_) | Err(_) => wait(*pause).await,
        }
    }
    fetch(&request, key.as_deref()).await.map_err(|_| ClientError::Unreachable)
}

async fn wait(pause: Duration) {
    let promise = Promise::new(&mut |resolve, _| {
        set_timeout(
            move || {
                let _ = resolve.call0(&JsValue::NULL);
            },
            pause,
        );
    });
    // A timer cannot fail.
    let _ = JsFuture::from(promise).await;
}

async fn fetch(request: &Change, key: Option<&str>) -> Result<Answer, JsValue> {
    let headers = web_sys::Headers::new()?;
    // Without this header the API ignores the session cookie.
    headers.set("X-CSRF-Token", "1")?;
    let options = web_sys::RequestInit::new();
    options.set_method(request.method);
    options.set_credentials(web_sys::RequestCredentials::SameOrigin);
    if let Some(key) = key {
        headers.set("Idempotency-Key", key)?;
    }
    if let Some(etag) = &request.if_match {
        headers.set("If-Match", etag)?;
    }
    if let Some(body) = &request.body {
        headers.set("Content-Type", "application/json")?;
        options.set_body(&JsValue::from_str(body));
    }
    options.set_headers(&headers);
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let response: web_sys::Response =
        JsFuture::from(window.fetch_with_str_and_init(&request.path, &options)).await?.dyn_into()?;
    let etag = response.headers().get("ETag")?;
    let body = JsFuture::from(response.text()?).await?;
    Ok(Answer { status: response.status(), body: body.as_string().unwrap_or_default(), etag })
}

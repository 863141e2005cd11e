//! Renders pages: the app, with the API in process, and the response it asks for.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use app::{
    Assets, ResponseHead, Visit,
    api::SessionResponse,
    client::{Client, InProcessApi},
};
use axum::{
    Router,
    body::Body,
    extract::{ConnectInfo, Request, State},
    http::{Extensions, HeaderValue, StatusCode, Uri, header, request::Parts, uri::PathAndQuery},
    response::{IntoResponse, Redirect, Response},
};
use leptos::nonce::Nonce;
use leptos::prelude::{Owner, provide_context};
use leptos::reactive::owner::WeakOwner;
use leptos_router::components::provide_server_redirect;
use tracing::{Instrument, Span};

use super::requests::PageSpan;

/// What rendering needs.
#[derive(Clone)]
pub(super) struct Pages {
    pub(super) api: Router,
    pub(super) assets: Assets,
}

impl Pages {
    /// The API on behalf of the sender of a request. Of the request's extensions only the connection is passed on: the
    /// rest belongs to the routing of the page, and would mislead the API's.
    pub(super) fn api_for(&self, parts: &Parts) -> InProcessApi {
        let mut extensions = Extensions::new();
        extensions.insert(PageSpan(Span::current()));
        if let Some(connection) = parts.extensions.get::<ConnectInfo<SocketAddr>>() {
            extensions.insert(*connection);
        }
        InProcessApi::new(self.api.clone(), &parts.headers, extensions)
    }
}

/// Renders whatever page the address names; the app itself knows which, and that there may be none.
pub(super) async fn show(State(pages): State<Pages>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let api = pages.api_for(&parts);
    let cookies =
        parts.headers.get(header::COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    // Pages say themselves what the API cannot give; who is asking is of no use then.
    let session = Client::from(api.clone()).get::<SessionResponse>("/v1/session").await.unwrap_or_default();
    if session.require_authentication && session.user.is_none() && parts.uri.path() != SIGN_IN_PAGE {
        return send_to_sign_in(&parts.uri);
    }
    let visit = Visit { cookies, session };
    let head = ResponseHead::default();
    let nonce = Nonce::new();
    let root = Root::default();
    let context = {
        let (head, nonce, root) = (head.clone(), nonce.clone(), root.clone());
        move || {
            root.note();
            provide_context(api.clone());
            provide_context(head.clone());
            // Instead of the one that came with the rendering: this one is also in the header.
            provide_context(nonce.clone());
            let head = head.clone();
            provide_server_redirect(move |to| head.redirect(to));
        }
    };
    let document = move || app::shell(pages.assets.clone(), visit.clone());
    let render = leptos_axum::render_app_async_with_context(context, document);
    let rendering = render(Request::from_parts(parts, body));
    // A rendering that is dropped half-way never frees what it holds (leptos 0.8.23, about 100 kB each), so it goes on to its
    // end, which is near, in a task of its own when the reader has gone.
    let rendered = async move {
        let (parts, body) = rendering.await.into_parts();
        axum::body::to_bytes(body, usize::MAX).await.map(|body| Response::from_parts(parts, Body::from(body)))
    };
    let rendered = tokio::spawn(root.keep(rendered).in_current_span());
    match rendered.await {
        Ok(Ok(response)) => finish(response, &head, &nonce),
        failure => {
            tracing::error!(?failure, "a page could not be rendered");
            (
                StatusCode::INTERNAL_SERVER_ERROR,
                [(header::CACHE_CONTROL, NO_STORE)],
                "The page could not be rendered.\n",
            )
                .into_response()
        }
    }
}

/// What everything that one rendering makes belongs to.
#[derive(Clone, Default)]
struct Root(Arc<OnceLock<WeakOwner>>);

impl Root {
    /// Notes the root of the rendering that goes on here.
    fn note(&self) {
        if let Some(owner) = Owner::current() {
            self.0.get_or_init(|| owner.downgrade());
        }
    }

    /// A rendering that knows at every step which one it is. By itself it takes the one that its thread was at last, after it has
    /// waited, and writes what its head needs into the head of another page (`leptos_integration_utils` 0.8.9).
    fn keep<T>(self, rendering: impl Future<Output = T> + Send) -> impl Future<Output = T> + Send {
        let mut rendering = Box::pin(rendering);
        poll_fn(move |context| match self.0.get().and_then(WeakOwner::upgrade) {
            Some(owner) => owner.with(|| rendering.as_mut().poll(context)),
            None => rendering.as_mut().poll(context),
        })
    }
}

/// Where people sign in.
const SIGN_IN_PAGE: &str = "/login";

/// To the page to sign in on, which leads back.
fn send_to_sign_in(wanted: &Uri) -> Response {
    let wanted = wanted.path_and_query().map_or("/", PathAndQuery::as_str);
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("returnTo", wanted).finish();
    let headers = [(header::CACHE_CONTROL, NO_STORE), (header::VARY, COOKIE)];
    (headers, Redirect::to(&format!("{SIGN_IN_PAGE}?{query}"))).into_response()
}

/// The whole page has been rendered by now, so the head is complete.
fn finish(mut response: Response<Body>, head: &ResponseHead, nonce: &Nonce) -> Response {
    let wishes = head.parts();
    if let Some(to) = wishes.redirect.and_then(|to| HeaderValue::try_from(to).ok()) {
        let headers = [(header::LOCATION, to), (header::CACHE_CONTROL, NO_STORE), (header::VARY, COOKIE)];
        return (StatusCode::FOUND, headers).into_response();
    }
    if let Some(status) = wishes.status.and_then(|status| StatusCode::from_u16(status).ok()) {
        *response.status_mut() = status;
    }
    let headers = response.headers_mut();
    // The page depends on who asks and is different the next time, but going back may show it as it was.
    headers.insert(
        header::CACHE_CONTROL,
        if wishes.secret { NO_STORE } else { HeaderValue::from_static("private, no-cache") },
    );
    if let Ok(policy) = HeaderValue::try_from(content_security_policy(nonce)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers.append(header::VARY, COOKIE);
    response
}

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
/// What a page shows depends on the session, and its colours on the theme.
const COOKIE: HeaderValue = HeaderValue::from_static("Cookie");

/// Everything from here and nothing from elsewhere; scripts in the page only with the page's own nonce.
fn content_security_policy(nonce: &Nonce) -> String {
    format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
         connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    )
}

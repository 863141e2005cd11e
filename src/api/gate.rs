//! What stands in front of every handler: who may pass is declared with the route, so that the document's
//! `x-permissions` and the check are one value.
//!
//! A request is judged in this order: route and method, syntax of the body, gate, then everything else by the handler.

use app::api::{Permission, Problem, Problems};
use axum::body::{Body, Bytes};
use axum::extract::{OriginalUri, Request};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::IgnoredAny;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;
use utoipa::openapi::Paths;
use utoipa::openapi::extensions::ExtensionsBuilder;
use utoipa_axum::router::UtoipaMethodRouter;

use super::ApiState;
use super::client::{client_address, host_of};
use super::errors::{ApiError, ApiResult};
use super::idempotency;
use super::input::{ReadBody, SentBody};
use super::refusals::Remark;
use super::session_cookies::{self, CSRF_HEADER};
use crate::domain::access::{Caller, Credentials};
use crate::domain::audit_log::Actor;
use crate::domain::session_cookie;
use crate::service::Service;
use crate::store::audit_log::as_actor;

/// A body that nobody may send is read no further than this: enough to say whether it is JSON.
const UNTRUSTED_BODY_BYTES: usize = 1024 * 1024;
/// Nor is it waited for any longer: a connection costs something while it is open.
const UNTRUSTED_BODY_TIME: Duration = Duration::from_secs(30);
/// A body that is too large is swallowed, not kept, so that the client reads the answer: this many times the limit…
const SWALLOWED_LIMITS: usize = 8;
/// … and this long.
const SWALLOW_TIME: Duration = Duration::from_secs(20);

/// Who may pass.
#[derive(Clone, Copy, Debug)]
enum Gate {
    /// Whoever holds all of these.
    Permissions(&'static [Permission]),
    /// Everybody, or somebody where the installation requires authentication.
    Authenticated,
    /// The same, for a page that browsers go to: they bring the session's cookie, and cannot bring the header that proves where
    /// they were sent from. So the page shows nobody anything of theirs, and changes nothing.
    Page,
    /// Callers on this machine.
    Local,
    /// Everybody, as far as the gate knows: the use case decides, by what the request is about.
    UseCase,
    /// The same for a stream that a page opens. Browsers cannot send a header along, so there the session's cookie counts
    /// also when they say that a page of our own asks. That is safe, as nothing is changed by it, and a page of another origin
    /// can read the answer as little as that of any other request: who may is said by CORS.
    Stream,
}

/// Lets those pass who hold the permissions, and says so in the document.
pub(super) fn permitted(
    permissions: &'static [Permission],
    (schemas, mut paths, router): UtoipaMethodRouter<ApiState>,
) -> UtoipaMethodRouter<ApiState> {
    document(permissions, &mut paths);
    (schemas, paths, guard(Gate::Permissions(permissions), router))
}

/// Lets everybody pass to a use case that asks for the permissions itself, and names them in the document.
pub(super) fn permitted_by_use_case(
    permissions: &'static [Permission],
    (schemas, mut paths, router): UtoipaMethodRouter<ApiState>,
) -> UtoipaMethodRouter<ApiState> {
    document(permissions, &mut paths);
    (schemas, paths, guard(Gate::UseCase, router))
}

/// The same for a stream of events.
pub(super) fn permitted_stream(
    permissions: &'static [Permission],
    (schemas, mut paths, router): UtoipaMethodRouter<ApiState>,
) -> UtoipaMethodRouter<ApiState> {
    document(permissions, &mut paths);
    (schemas, paths, guard(Gate::Stream, router))
}

/// Lets everybody pass to a use case that is about the caller.
pub(super) fn about_caller(routes: UtoipaMethodRouter<ApiState>) -> UtoipaMethodRouter<ApiState> {
    let (schemas, paths, handlers) = routes;
    (schemas, paths, guard(Gate::UseCase, handlers))
}

fn document(permissions: &[Permission], paths: &mut Paths) {
    let names: Vec<&str> = permissions.iter().map(|permission| permission.as_str()).collect();
    for item in paths.paths.values_mut() {
        for operation in
            [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete].into_iter().flatten()
        {
            operation.extensions = Some(ExtensionsBuilder::new().add("x-permissions", json!(names)).build());
        }
    }
}

/// Answers for a fixed segment where a path also takes an id, as the id's route would: the segment is no integer.
pub(super) fn not_an_id(
    filter: MethodFilter,
    parameter: &'static str,
    permissions: &'static [Permission],
) -> MethodRouter<ApiState> {
    let refuse = move |path: OriginalUri| async move {
        let segment = path.path().rsplit('/').next().unwrap_or_default();
        let problem = Problem::int_parsing().at(vec!["path".into(), parameter.into()], Some(json!(segment)));
        ApiError::Invalid(Problems(vec![problem]))
    };
    guard(Gate::Permissions(permissions), on(filter, refuse))
}

/// Lets everybody pass, or only somebody where the installation requires authentication.
pub(super) fn authenticated(routes: UtoipaMethodRouter<ApiState>) -> UtoipaMethodRouter<ApiState> {
    let (schemas, paths, handlers) = routes;
    (schemas, paths, guard(Gate::Authenticated, handlers))
}

/// Lets callers on this machine pass.
pub(super) fn local(routes: UtoipaMethodRouter<ApiState>) -> UtoipaMethodRouter<ApiState> {
    let (schemas, paths, handlers) = routes;
    (schemas, paths, guard(Gate::Local, handlers))
}

/// The gate of [`authenticated`] for a route that the document does not describe.
pub(super) fn authenticated_route(handlers: MethodRouter<ApiState>) -> MethodRouter<ApiState> {
    guard(Gate::Authenticated, handlers)
}

/// The same for a page that people open in a browser: their session's cookie suffices.
pub(super) fn authenticated_page(handlers: MethodRouter<ApiState>) -> MethodRouter<ApiState> {
    guard(Gate::Page, handlers)
}

fn guard(gate: Gate, router: MethodRouter<ApiState>) -> MethodRouter<ApiState> {
    router.route_layer(middleware::from_fn(move |request: Request, next: Next| judge(gate, request, next)))
}

async fn judge(gate: Gate, request: Request, next: Next) -> Response {
    let Some(state) = request.extensions().get::<ApiState>().cloned() else {
        return ApiError::Internal.into_response();
    };
    let origin = Origin::of(gate, &state.service, &request);
    // Nobody is looked up where everybody may read.
    let is_looked_up = has_body(request.method()) || !is_open(gate, &state.service, &origin);
    let caller =
        if is_looked_up { state.service.find_caller(&origin.credentials).await } else { Ok(Caller::default()) };
    let caller = match caller {
        Ok(caller) => caller,
        Err(error) => return ApiError::from(error).into_response(),
    };
    let answer = pass(gate, &state, &origin, &caller, request, next).await;
    let mut response = answer.unwrap_or_else(IntoResponse::into_response);
    let depends_on_session = is_looked_up && origin.counts_cookie;
    if depends_on_session || matches!(gate, Gate::Page) {
        response.headers_mut().append(header::VARY, HeaderValue::from_static("Cookie"));
    }
    let is_refused = matches!(
        response.status(),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS
    );
    // What a handler says about its own refusal tells more.
    if is_refused && response.extensions().get::<Remark>().is_none() {
        let remark = match gate {
            Gate::Local => Remark::elsewhere(),
            _ => Remark::about(&caller, &origin.credentials, origin.has_unproven_cookie),
        };
        response.extensions_mut().insert(remark);
    }
    response
}

/// Lets the request through to its handler, or says why not.
async fn pass(
    gate: Gate,
    state: &ApiState,
    origin: &Origin<'_>,
    caller: &Caller,
    mut request: Request,
    next: Next,
) -> ApiResult<Response> {
    let refusal =
        refuse_guess(gate, &state.service, origin, caller).or_else(|| refuse(gate, &state.service, origin, caller));
    let mut written = Bytes::new();
    if has_body(request.method()) {
        let is_trusted = refusal.is_none() && (!matches!(gate, Gate::UseCase) || caller.is_authenticated());
        let kind = BodyKind::of(request.headers());
        let read = if is_trusted {
            read_body(&mut request, state.max_body_bytes).await
        } else {
            read_untrusted_body(&mut request, UNTRUSTED_BODY_BYTES.min(state.max_body_bytes)).await
        };
        match read {
            Ok(bytes) => {
                let body = kind.parse(&bytes, refusal.is_some())?;
                request.extensions_mut().insert(body);
                request.extensions_mut().insert(SentBody(bytes.clone()));
                written = bytes;
            }
            // Whoever may not send it at all hears that first.
            Err(error) => return Err(refusal.unwrap_or(error)),
        }
    }
    if let Some(refusal) = refusal {
        return Err(refusal);
    }
    request.extensions_mut().insert(caller.clone());
    if matches!(gate, Gate::Stream) {
        request.extensions_mut().insert(origin.credentials.clone());
    }
    let actor = Actor::of(caller, client_address(&request));
    if !has_body(request.method()) {
        // Also a read may change something: the first key of an installation is made when it is looked at.
        return Ok(as_actor(actor, next.run(request)).await);
    }
    idempotency::run(&state.service, caller, request, &written, async |request| {
        as_actor(actor, next.run(request)).await
    })
    .await
}

/// What a request says about where it comes from.
struct Origin<'a> {
    credentials: Credentials,
    /// The client's address, as [`client_address`] tells it.
    address: String,
    /// Permissions that are asked of nobody who sends such a request.
    ignored: &'a BTreeSet<Permission>,
    /// Whether no foreign page can have sent the request.
    counts_cookie: bool,
    /// Whether it has a session cookie, and a foreign page can have sent it.
    has_unproven_cookie: bool,
}

impl<'a> Origin<'a> {
    fn of(gate: Gate, service: &'a Service, request: &Request) -> Self {
        let headers = request.headers();
        let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
        // A browser sends the cookie along with what a foreign page makes it send, but that page cannot add a header.
        let counts_cookie = headers.contains_key(CSRF_HEADER)
            || matches!(gate, Gate::Stream) && session_cookies::is_from_own_page(service, headers);
        let is_proven = counts_cookie || matches!(gate, Gate::Page);
        let cookie = session_cookies::values(headers, session_cookie::NAME).next().map(str::to_owned);
        let has_unproven_cookie = cookie.is_some() && !is_proven;
        let session_cookie = cookie.filter(|_| is_proven);
        let credentials = Credentials { authorization, session_cookie };
        let (address, ignored) = (client_address(request), service.settings.ignored_under(host_of(request)));
        Self { credentials, address, ignored, counts_cookie, has_unproven_cookie }
    }
}

/// Whether everybody may pass, or who calls does not matter.
fn is_open(gate: Gate, service: &Service, origin: &Origin<'_>) -> bool {
    match gate {
        Gate::Local => true,
        Gate::UseCase | Gate::Stream => false,
        Gate::Permissions(permissions) => permissions.iter().all(|permission| origin.ignored.contains(permission)),
        Gate::Authenticated | Gate::Page => !service.settings.require_authentication,
    }
}

/// Refuses a key that is nobody's when too many such keys have come from the same address. Where everybody may pass, no
/// key opens anything, so nobody guesses there.
fn refuse_guess(gate: Gate, service: &Service, origin: &Origin<'_>, caller: &Caller) -> Option<ApiError> {
    let is_wrong = caller.application.is_none() && origin.credentials.key().is_some();
    if !is_wrong || is_open(gate, service, origin) {
        return None;
    }
    service.count_failed_key(&origin.address).err().map(ApiError::from)
}

/// Why the caller may not pass, if so.
fn refuse(gate: Gate, service: &Service, origin: &Origin<'_>, caller: &Caller) -> Option<ApiError> {
    let is_refused = match gate {
        Gate::Local => return (!is_local(&origin.address)).then_some(ApiError::Forbidden),
        Gate::UseCase | Gate::Stream => false,
        Gate::Permissions(permissions) => !caller.may(permissions, origin.ignored),
        Gate::Authenticated | Gate::Page => {
            let is_nobody = !is_open(gate, service, origin) && !caller.is_authenticated();
            return is_nobody.then_some(ApiError::NotAuthenticated);
        }
    };
    is_refused.then_some(ApiError::InsufficientPermissions)
}

/// Whether the request comes from this machine: exactly `127.0.0.1` or `::1`, not relayed by a proxy for somebody else.
pub(super) fn is_local_client(request: &Request) -> bool {
    is_local(&client_address(request))
}

fn is_local(address: &str) -> bool {
    matches!(address, "127.0.0.1" | "::1")
}

fn has_body(method: &Method) -> bool {
    // What clients send along with a GET is not looked at.
    matches!(*method, Method::POST | Method::PUT | Method::PATCH | Method::DELETE)
}

/// What a body calls itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BodyKind {
    Json,
    Other,
}

impl BodyKind {
    /// `application/json` and `application/…+json`; without any type, JSON as well: some clients send none.
    fn of(headers: &HeaderMap) -> Self {
        let Some(value) = headers.get(header::CONTENT_TYPE) else { return Self::Json };
        let essence = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
        let essence = essence.trim().to_ascii_lowercase();
        let subtype = essence.strip_prefix("application/").unwrap_or_default();
        if subtype == "json" || subtype.ends_with("+json") { Self::Json } else { Self::Other }
    }

    /// Reads the body; of one whose sender may not pass only the syntax is looked at.
    fn parse(self, bytes: &Bytes, only_syntax: bool) -> ApiResult<ReadBody> {
        if bytes.is_empty() {
            return Ok(ReadBody::Absent);
        }
        if self == Self::Other {
            return Ok(ReadBody::Opaque);
        }
        if only_syntax {
            serde_json::from_slice::<IgnoredAny>(bytes).map_err(|error| json_invalid(bytes, &error))?;
            return Ok(ReadBody::Absent);
        }
        let value = serde_json::from_slice(bytes).map_err(|error| json_invalid(bytes, &error))?;
        refuse_nul(bytes, &value)?;
        Ok(ReadBody::Json(value))
    }
}

fn json_invalid(bytes: &[u8], error: &serde_json::Error) -> ApiError {
    let line_start = bytes
        .split_inclusive(|byte| *byte == b'\n')
        .take(error.line().saturating_sub(1))
        .map(<[u8]>::len)
        .sum::<usize>();
    // Of a body that ends too early the parser names the last character; what is wrong is that none follows.
    let end = if error.is_eof() { bytes.len() } else { line_start + error.column().saturating_sub(1) };
    let end = end.min(bytes.len());
    let offset = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).chars().count();
    let loc = vec![app::api::LocationPart::Index(offset)];
    let reason = error.to_string();
    let reason = reason.split(" at line ").next().unwrap_or(&reason).to_owned();
    let problem = Problem::json_invalid(reason).at(loc, Some(json!({})));
    ApiError::Invalid(Problems(vec![problem]).within("body"))
}

/// A text with the character NUL cannot be stored; nobody means it.
fn refuse_nul(bytes: &[u8], value: &serde_json::Value) -> ApiResult<()> {
    // JSON can only hold it escaped, so most bodies need no second look.
    if !bytes.windows(6).any(|window| window == b"\\u0000") {
        return Ok(());
    }
    let mut found = Vec::new();
    find_nul(value, &mut vec!["body".into()], &mut found);
    if found.is_empty() { Ok(()) } else { Err(ApiError::Invalid(Problems(found))) }
}

fn find_nul(
    value: &serde_json::Value,
    place: &mut Vec<app::api::LocationPart>,
    found: &mut Vec<app::api::ValidationError>,
) {
    let problem = || Problem::value_error("Text must not contain the character U+0000");
    match value {
        serde_json::Value::String(text) if text.contains('\0') => found.push(problem().at(place.clone(), None)),
        serde_json::Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                place.push(app::api::LocationPart::Index(index));
                find_nul(item, place, found);
                place.pop();
            }
        }
        serde_json::Value::Object(fields) => {
            for (name, item) in fields {
                place.push(name.as_str().into());
                if name.contains('\0') {
                    found.push(problem().at(place.clone(), None));
                }
                find_nul(item, place, found);
                place.pop();
            }
        }
        _ => {}
    }
}

/// Reads a body of whom nobody knows.
pub(super) async fn read_untrusted_body(request: &mut Request, limit: usize) -> ApiResult<Bytes> {
    read_body_within(UNTRUSTED_BODY_TIME, request, limit).await
}

async fn read_body_within(time: Duration, request: &mut Request, limit: usize) -> ApiResult<Bytes> {
    tokio::time::timeout(time, read_body(request, limit)).await.unwrap_or(Err(ApiError::TooSlow))
}

async fn read_body(request: &mut Request, limit: usize) -> ApiResult<Bytes> {
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let waits_for_a_word = request.headers().contains_key(header::EXPECT);
    let body = std::mem::replace(request.body_mut(), Body::empty());
    if announced.is_some_and(|length: usize| length > limit) {
        if !waits_for_a_word {
            swallow(body, limit.saturating_mul(SWALLOWED_LIMITS)).await;
        }
        return Err(ApiError::TooLarge(limit));
    }
    let mut body = body;
    match Limited::new(&mut body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            swallow(body, limit.saturating_mul(SWALLOWED_LIMITS)).await;
            Err(ApiError::TooLarge(limit))
        }
        Err(error) => {
            tracing::debug!(%error, "a client stopped in the middle of its body");
            let problem = Problem::json_invalid("The body ended early").at(Vec::new(), None);
            Err(ApiError::Invalid(Problems(vec![problem]).within("body")))
        }
    }
}

/// A client that is still sending does not read: an answer sent at once would reach it as a broken connection.
async fn swallow(mut body: Body, at_most: usize) {
    let swallowing = async {
        let mut swallowed = 0;
        while let Some(Ok(frame)) = body.frame().await {
            swallowed += frame.data_ref().map_or(0, Bytes::len);
            if swallowed > at_most {
                return;
            }
        }
    };
    // Whether it ended or not, the answer follows.
    drop(tokio::time::timeout(SWALLOW_TIME, swallowing).await);
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::time::Duration;

    use axum::body::{Body, Bytes};
    use axum::extract::Request;
    use axum::http::HeaderMap;
    use futures::{StreamExt, stream};

    use super::{ApiError, BodyKind, read_body_within};

    #[tokio::test]
    async fn a_body_that_does_not_end_is_not_waited_for() {
        let pieces = || stream::iter(["{\"a\": ", "1}"].map(|piece| Ok::<_, Infallible>(Bytes::from(piece))));
        let time = Duration::from_millis(100);
        let mut whole = Request::new(Body::from_stream(pieces()));
        assert_eq!(read_body_within(time, &mut whole, 100).await.unwrap(), "{\"a\": 1}");
        let mut endless = Request::new(Body::from_stream(pieces().chain(stream::pending())));
        assert!(matches!(read_body_within(time, &mut endless, 100).await, Err(ApiError::TooSlow)));
        // Nor is what is too large swallowed for ever.
        let mut large = Request::new(Body::from_stream(pieces().chain(stream::pending())));
        assert!(matches!(read_body_within(time, &mut large, 4).await, Err(ApiError::TooSlow)));
    }

    #[test]
    fn a_body_is_json_by_its_type_or_without_one() {
        for (content_type, expected) in [
            (None, BodyKind::Json),
            (Some("application/json"), BodyKind::Json),
            (Some("application/json; charset=utf-8"), BodyKind::Json),
            (Some("Application/JSON"), BodyKind::Json),
            (Some("application/merge-patch+json"), BodyKind::Json),
            (Some("text/json"), BodyKind::Other),
            (Some("application/x-www-form-urlencoded"), BodyKind::Other),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(content_type) = content_type {
                headers.insert("content-type", content_type.parse().unwrap());
            }
            assert_eq!(BodyKind::of(&headers), expected, "{content_type:?}");
        }
    }
}

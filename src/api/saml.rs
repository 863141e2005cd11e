//! `/v1/auth/saml`: signing in and out at a SAML identity provider.
//!
//! For browsers, which follow. They come back from the identity provider with a form, so the gate in front of other
//! routes, which reads JSON, has no part here.

use app::api::{HTTPValidationError, Problems};
use axum::Json;
use axum::extract::{RawQuery, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use deserr::Deserr;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::errors::ApiError;
use super::gate::{client_address, read_body};
use super::input::{Input, Nothing, QueryInput};
use super::session_cookies;
use crate::domain::access::Caller;
use crate::domain::audit_log::Actor;
use crate::domain::saml::Refusal;
use crate::domain::sign_in_state;
use crate::service::Service;
use crate::service::saml::SamlFailure;
use crate::store::audit_log::as_actor;

/// What the state of an attempt is sealed for.
const PURPOSE: &str = "saml";
/// The largest form that an identity provider sends, in bytes.
const LARGEST_FORM: usize = 1024 * 1024;
/// Nobody is sent there after signing in or out: it would begin again.
const OWN_PATHS: &str = "/v1/auth/";

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(get_login))
        .routes(routes!(get_logout))
        .routes(routes!(post_acs))
        .routes(routes!(get_sls, post_sls))
}

#[derive(Deserr)]
#[deserr(error = Problems)]
struct ReturnQuery {
    #[deserr(default)]
    return_to: Option<String>,
}

impl QueryInput for ReturnQuery {}

/// Begin to sign in at the identity provider
///
/// The browser goes there, comes back with its answer, and goes on to `return_to`.
#[utoipa::path(
    get, path = "/v1/auth/saml/login", tag = "authentication",
    operation_id = "saml_login_v1_auth_saml_login_get",
    params(("return_to" = Option<String>, Query, description = "The page of the dashboard to go to afterwards; others are \
        ignored")),
    responses(
        (status = 200, description = "What the identity provider shows to those who follow"),
        (status = 307, description = "To the identity provider"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
        (status = 503, description = "There is no identity provider, or it cannot be reached"),
    )
)]
async fn get_login(
    State(service): State<Service>,
    input: Input<Nothing, ReturnQuery, Nothing>,
) -> Result<Response, Failure> {
    let attempt = service.begin_saml(input.query.return_to.as_deref()).await.map_err(Failure::SignIn)?;
    let cookie = begin_attempt(&service, &attempt.request_id);
    Ok(finish(redirect(StatusCode::TEMPORARY_REDIRECT, &attempt.location), [cookie]))
}

/// Sign out here and at the identity provider
///
/// Ends the session of the request's cookie and takes the cookie away, whatever the identity provider does.
#[utoipa::path(
    get, path = "/v1/auth/saml/logout", tag = "authentication",
    operation_id = "saml_logout_v1_auth_saml_logout_get",
    params(("return_to" = Option<String>, Query, description = "The page of the dashboard to go to afterwards; others are \
        ignored")),
    responses(
        (status = 200, description = "Signed out; null where the identity provider has no part in it"),
        (status = 307, description = "To the identity provider, or to the page where that has no part in it"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
        (status = 503, description = "Signed out here; the identity provider cannot be reached, or there is none"),
    )
)]
async fn get_logout(
    State(service): State<Service>,
    headers: HeaderMap,
    input: Input<Nothing, ReturnQuery, Nothing>,
) -> Response {
    let return_to = input.query.return_to.as_deref();
    let session = session_cookies::find(&service, &headers);
    let response = match service.begin_saml_sign_out(session, return_to).await {
        Ok(Some(location)) => redirect(StatusCode::TEMPORARY_REDIRECT, &location),
        Ok(None) => match find_own_page(&service, return_to) {
            Some(page) => redirect(StatusCode::TEMPORARY_REDIRECT, &page),
            None => Json(Value::Null).into_response(),
        },
        Err(failure) => Failure::SignOut(failure).into_response(),
    };
    finish(response, session.map(|_| session_cookies::clear(&service)))
}

/// Come back from the identity provider, signed in
///
/// The form that the identity provider makes the browser post. Its answer is taken once, in the browser that asked for
/// it.
#[utoipa::path(
    post, path = "/v1/auth/saml/acs", tag = "authentication",
    operation_id = "saml_login_callback_v1_auth_saml_acs_post",
    responses(
        (status = 200, description = "Signed in; nothing that could be gone on to"),
        (status = 302, description = "Signed in; the page that was asked for is next"),
        (status = 400, description = "That is no answer, or one that does not say who the user is"),
        (status = 403, description = "The identity provider does not vouch for the user, to us, now"),
        (status = 413, description = "No identity provider sends that much"),
        (status = 503, description = "There is no identity provider, or it cannot be reached"),
    )
)]
async fn post_acs(State(service): State<Service>, request: Request) -> Result<Response, Failure> {
    let mut request = request;
    let form = read_body(&mut request, LARGEST_FORM).await?;
    let response = find_field(&form, "SAMLResponse").ok_or(Failure::SignIn(SamlFailure::Missing("SAMLResponse")))?;
    let request_id = session_cookies::find_attempt(&service, request.headers(), PURPOSE);
    let actor = Actor::of(&Caller::default(), client_address(&request));
    let finishing = service.finish_saml(&response, request_id.as_deref());
    let signed_in = as_actor(actor, finishing).await.map_err(Failure::SignIn)?;
    let response = match find_field(&form, "RelayState").filter(|state| !state.is_empty()) {
        None => Json(json!({"message": "Authentication successful"})).into_response(),
        Some(state) => go_on(&service, Some(&state)),
    };
    Ok(finish(response, [session_cookies::open(&service, &signed_in), session_cookies::end_attempt(&service)]))
}

/// Come back from the identity provider, signed out
///
/// Its answer when somebody signs out here, or its own wish that somebody does. For the latter to end a session the
/// identity provider has to have signed it.
#[utoipa::path(
    get, path = "/v1/auth/saml/sls", tag = "authentication",
    operation_id = "saml_logout_callback_v1_auth_saml_sls_get",
    responses(
        (status = 200, description = "Signed out; nothing that could be gone on to"),
        (status = 302, description = "To the page that was asked for, or to the identity provider with our answer"),
        (status = 400, description = "That is no message about signing out, or not one of the identity provider"),
        (status = 503, description = "There is no identity provider, or it cannot be reached"),
    )
)]
async fn get_sls(
    State(service): State<Service>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    sign_out(&service, &headers, &query.unwrap_or_default(), None).await
}

/// Come back from the identity provider, signed out
///
/// As by GET: the message is read from the query. Only the page to go on to may be a field of a form.
#[utoipa::path(
    post, path = "/v1/auth/saml/sls", tag = "authentication",
    operation_id = "saml_logout_callback_v1_auth_saml_sls_post",
    responses(
        (status = 200, description = "Signed out; nothing that could be gone on to"),
        (status = 302, description = "To the page that was asked for, or to the identity provider with our answer"),
        (status = 400, description = "That is no message about signing out, or not one of the identity provider"),
        (status = 413, description = "No identity provider sends that much"),
        (status = 503, description = "There is no identity provider, or it cannot be reached"),
    )
)]
async fn post_sls(State(service): State<Service>, request: Request) -> Result<Response, Failure> {
    let mut request = request;
    let form = read_body(&mut request, LARGEST_FORM).await?;
    let state = find_field(&form, "RelayState");
    sign_out(&service, request.headers(), request.uri().query().unwrap_or_default(), state).await
}

async fn sign_out(
    service: &Service,
    headers: &HeaderMap,
    query: &str,
    posted_state: Option<String>,
) -> Result<Response, Failure> {
    let session = session_cookies::find(service, headers);
    let done = service.finish_saml_sign_out(query, session).await.map_err(Failure::SignOut)?;
    let response = match done.answer {
        Some(location) => redirect(StatusCode::FOUND, &location),
        None => go_on(service, posted_state.or(done.relay_state).as_deref()),
    };
    let is_over = done.is_signed_out && session.is_some();
    Ok(finish(response, is_over.then(|| session_cookies::clear(service))))
}

/// The last field of that name in a form.
fn find_field(form: &[u8], name: &str) -> Option<String> {
    let fields = url::form_urlencoded::parse(form).filter(|(found, _)| found == name);
    fields.last().map(|(_, value)| value.into_owned())
}

/// Sends a browser to the page that it wanted to go to, if that is one of ours.
fn go_on(service: &Service, state: Option<&str>) -> Response {
    if let Some(page) = find_own_page(service, state) {
        return redirect(StatusCode::FOUND, &page);
    }
    if let Some(state) = state {
        tracing::warn!(saml.relay_state = shorten(state), "nobody is sent to what is no page of the dashboard");
    }
    Json(Value::Null).into_response()
}

fn find_own_page(service: &Service, address: Option<&str>) -> Option<String> {
    let page = session_cookies::safe_return(service, address)?;
    let is_ours = page.split(['?', '#']).next().is_some_and(|path| path.contains(OWN_PATHS));
    (!is_ours).then_some(page)
}

fn redirect(status: StatusCode, location: &str) -> Response {
    match HeaderValue::from_str(location) {
        Ok(location) => (status, [(header::LOCATION, location)]).into_response(),
        Err(_) => ApiError::Internal.into_response(),
    }
}

/// What all these answers have in common: nobody on the way keeps them.
fn finish(mut response: Response, cookies: impl IntoIterator<Item = HeaderValue>) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.append(header::VARY, HeaderValue::from_static("Cookie"));
    for cookie in cookies {
        headers.append(header::SET_COOKIE, cookie);
    }
    response
}

/// The `Set-Cookie` of an attempt, at the path where [`session_cookies::end_attempt`] forgets it.
///
/// The identity provider's page posts the answer, and a cookie that is `lax` would not come along with that. One that is
/// not has to be `secure`, or browsers refuse it; where it cannot be, they decide themselves, and take the identity provider on
/// the same machine for the same site.
fn begin_attempt(service: &Service, request_id: &str) -> HeaderValue {
    let settings = &service.settings;
    let secret = settings.session_secrets.first().map_or("", String::as_str);
    let sealed = sign_in_state::seal(secret, PURPOSE, request_id, service.clock.now());
    let (name, lifetime) = (sign_in_state::COOKIE_NAME, sign_in_state::LIFETIME_SECONDS);
    let limits = if settings.secure_cookies { "; samesite=none; secure" } else { "" };
    let cookie = format!("{name}={sealed}; path=/v1/auth; Max-Age={lifetime}; httponly{limits}");
    // Made of base64 and our own words: it is always a header.
    HeaderValue::try_from(cookie).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// Why nobody was signed in or out, as the browser is told. What could help somebody who forges answers is in the log alone.
enum Failure {
    SignIn(SamlFailure),
    SignOut(SamlFailure),
    Form(ApiError),
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self::Form(error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (failure, (status, detail)) = match self {
            Self::Form(error) => return error.into_response(),
            Self::SignIn(SamlFailure::Service(error)) | Self::SignOut(SamlFailure::Service(error)) => {
                return ApiError::from(error).into_response();
            }
            Self::SignIn(SamlFailure::Refused(refusal)) => (refusal.to_string(), describe(&refusal)),
            Self::SignOut(SamlFailure::Refused(refusal)) => {
                (refusal.to_string(), (StatusCode::BAD_REQUEST, "Logout failed".to_owned()))
            }
            Self::SignIn(failure @ SamlFailure::Missing(_)) | Self::SignOut(failure @ SamlFailure::Missing(_)) => {
                (failure.to_string(), (StatusCode::BAD_REQUEST, failure.to_string()))
            }
            Self::SignIn(failure) | Self::SignOut(failure) => (
                failure.to_string(),
                (StatusCode::SERVICE_UNAVAILABLE, "SAML authentication is not configured".to_owned()),
            ),
        };
        tracing::warn!(reason = shorten(&failure), "a SAML message was not taken");
        finish((status, Json(json!({"detail": detail}))).into_response(), [])
    }
}

fn describe(refusal: &Refusal) -> (StatusCode, String) {
    match refusal {
        Refusal::Unreadable(_) => (StatusCode::BAD_REQUEST, "SAMLResponse cannot be read".to_owned()),
        Refusal::Incomplete(what) => (StatusCode::BAD_REQUEST, format!("The identity provider does not say {what}")),
        Refusal::Untrusted(_) | Refusal::UnknownKey | Refusal::Unsuccessful(_) => {
            (StatusCode::FORBIDDEN, "Authentication failed".to_owned())
        }
    }
}

/// What a stranger may write into the log: one short line.
fn shorten(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(300).collect()
}

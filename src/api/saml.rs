//! `/v1/auth/saml`: signing in and out at a SAML identity provider.
//!
//! For browsers, which follow. They come back from the identity provider with a form, so the gate in front of other
//! routes, which reads JSON, has no part here.

use app::api::{HTTPValidationError, Problems};
use axum::body::Bytes;
use axum::extract::{FromRequest, RawQuery, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use deserr::Deserr;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::client::{ClientAddress, client_address};
use super::errors::ApiError;
use super::gate::read_untrusted_body;
use super::input::{Input, Nothing, QueryInput};
use super::refusals::Remark;
use super::session_cookies;
use crate::domain::access::Caller;
use crate::domain::audit_log::Actor;
use crate::domain::saml::Refusal;
use crate::domain::sign_in_state;
use crate::service::saml::SamlFailure;
use crate::service::{Service, ServiceError};
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

/// A form that the identity provider makes a browser post, with the rest of the request.
struct Posted {
    parts: Parts,
    address: String,
    form: Bytes,
}

impl FromRequest<ApiState> for Posted {
    type Rejection = Failure;

    async fn from_request(request: Request, _state: &ApiState) -> Result<Self, Failure> {
        let mut request = request;
        let form = read_untrusted_body(&mut request, LARGEST_FORM).await?;
        let address = client_address(&request);
        Ok(Self { parts: request.into_parts().0, address, form })
    }
}

impl Posted {
    /// The last field of that name.
    fn find(&self, name: &str) -> Option<String> {
        let fields = url::form_urlencoded::parse(&self.form).filter(|(found, _)| found == name);
        fields.last().map(|(_, value)| value.into_owned())
    }
}

/// How a message about signing out is answered, as the document says it.
#[derive(utoipa::IntoResponses)]
#[expect(dead_code, reason = "what is answered is made where it is known")]
enum SignOutAnswers {
    /// Signed out; nothing that could be gone on to
    #[response(status = 200)]
    Nowhere,
    /// To the page that was asked for, or to the identity provider with our answer
    #[response(status = 302)]
    Onwards,
    /// That is no message about signing out, or not one of the identity provider
    #[response(status = 400)]
    Refused,
    /// There is no identity provider, or it cannot be reached
    #[response(status = 503)]
    NotConfigured,
}

/// Does something for a browser whose user is nobody yet: the gate that tells the others apart has no part here.
async fn for_somebody_at<T>(address: String, work: impl Future<Output = T>) -> T {
    as_actor(Actor::of(&Caller::default(), address), work).await
}

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
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    headers: HeaderMap,
    input: Input<Nothing, ReturnQuery, Nothing>,
) -> Response {
    let return_to = input.query.return_to.as_deref();
    let session = session_cookies::find(&service, &headers);
    let signing_out = service.begin_saml_sign_out(session, return_to);
    let response = match for_somebody_at(address, signing_out).await {
        Ok(Some(location)) => redirect(StatusCode::TEMPORARY_REDIRECT, &location),
        Ok(None) => go_on(StatusCode::TEMPORARY_REDIRECT, &service, return_to),
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
        (status = 429, description = "Too many sign-ins from this address have failed; `Retry-After` says how long to wait"),
        (status = 503, description = "There is no identity provider, or it cannot be reached"),
    )
)]
async fn post_acs(State(service): State<Service>, posted: Posted) -> Result<Response, Failure> {
    let response = posted.find("SAMLResponse").ok_or(Failure::SignIn(SamlFailure::Missing("SAMLResponse")))?;
    let state = posted.find("RelayState").filter(|state| !state.is_empty());
    let request_id = session_cookies::find_attempt(&service, &posted.parts.headers, PURPOSE);
    let signing_in = service.finish_saml(&response, request_id.as_deref());
    let signing_in = service.limit_sign_in(&posted.address, signing_in, SamlFailure::is_refusal);
    let signed_in = Box::pin(for_somebody_at(posted.address.clone(), signing_in)).await.map_err(Failure::SignIn)?;
    let response = match state {
        None => Json(json!({"message": "Authentication successful"})).into_response(),
        Some(state) => go_on(StatusCode::FOUND, &service, Some(&state)),
    };
    Ok(finish(response, [session_cookies::open(&service, &signed_in), session_cookies::end_attempt(&service)]))
}

/// Come back from the identity provider, signed out
///
/// Its answer when somebody signs out here, or its own wish that somebody does. For the latter to end a session the
/// identity provider has to have signed it.
#[utoipa::path(
    get,
    path = "/v1/auth/saml/sls",
    tag = "authentication",
    operation_id = "saml_logout_callback_v1_auth_saml_sls_get",
    responses(SignOutAnswers)
)]
async fn get_sls(
    State(service): State<Service>,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    for_somebody_at(address, sign_out(&service, &headers, &query.unwrap_or_default(), None)).await
}

/// Come back from the identity provider, signed out
///
/// As by GET: the message is read from the query. Only the page to go on to may be a field of a form.
#[utoipa::path(
    post, path = "/v1/auth/saml/sls", tag = "authentication",
    operation_id = "saml_logout_callback_v1_auth_saml_sls_post",
    responses(SignOutAnswers, (status = 413, description = "No identity provider sends that much"))
)]
async fn post_sls(State(service): State<Service>, posted: Posted) -> Result<Response, Failure> {
    let state = posted.find("RelayState");
    let query = posted.parts.uri.query().unwrap_or_default();
    for_somebody_at(posted.address, sign_out(&service, &posted.parts.headers, query, state)).await
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
        None => go_on(StatusCode::FOUND, service, posted_state.or(done.relay_state).as_deref()),
    };
    let is_over = done.is_signed_out && session.is_some();
    Ok(finish(response, is_over.then(|| session_cookies::clear(service))))
}

/// Sends a browser to the page that it wanted to go to, if that is one of ours.
fn go_on(status: StatusCode, service: &Service, state: Option<&str>) -> Response {
    let page = session_cookies::safe_return(service, state);
    if let Some(page) = page.as_deref().filter(|page| !is_own_path(page)) {
        return redirect(status, page);
    }
    let mut response = Json(Value::Null).into_response();
    // Where nobody asks for a page, the identity provider brings back the address that a browser came from.
    let came_from = service.settings.saml.url(OWN_PATHS);
    let foreign = state.filter(|state| page.is_none() && !state.is_empty() && !state.starts_with(&came_from));
    if let Some(address) = foreign {
        response.extensions_mut().insert(Remark::foreign_destination(address));
    }
    response
}

fn is_own_path(page: &str) -> bool {
    page.split(['?', '#']).next().is_some_and(|path| path.contains(OWN_PATHS))
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
        let (failure, remark, (status, detail)) = match self {
            Self::Form(error) => return error.into_response(),
            Self::SignIn(failure) => {
                let (remark, answer) = (Remark::not_signed_in(&failure.to_string()), describe_sign_in(&failure));
                (failure, remark, answer)
            }
            Self::SignOut(failure) => {
                let (remark, answer) = (Remark::not_signed_out(&failure.to_string()), describe_sign_out(&failure));
                (failure, remark, answer)
            }
        };
        match failure {
            SamlFailure::Service(error @ ServiceError::TooManyAttempts(_)) => {
                return (Extension(Remark::kept_waiting()), ApiError::from(error)).into_response();
            }
            SamlFailure::Service(error) => return ApiError::from(error).into_response(),
            _ => {}
        }
        finish((status, Extension(remark), Json(json!({"detail": detail}))).into_response(), [])
    }
}

fn describe_sign_in(failure: &SamlFailure) -> (StatusCode, String) {
    match failure {
        SamlFailure::Refused(Refusal::Unreadable(_)) => {
            (StatusCode::BAD_REQUEST, "SAMLResponse cannot be read".to_owned())
        }
        SamlFailure::Refused(Refusal::Incomplete(what)) => {
            (StatusCode::BAD_REQUEST, format!("The identity provider does not say {what}"))
        }
        SamlFailure::Refused(_) => (StatusCode::FORBIDDEN, "Authentication failed".to_owned()),
        failure => describe_other(failure),
    }
}

fn describe_sign_out(failure: &SamlFailure) -> (StatusCode, String) {
    match failure {
        SamlFailure::Refused(_) => (StatusCode::BAD_REQUEST, "Logout failed".to_owned()),
        failure => describe_other(failure),
    }
}

fn describe_other(failure: &SamlFailure) -> (StatusCode, String) {
    match failure {
        SamlFailure::Missing(_) => (StatusCode::BAD_REQUEST, failure.to_string()),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "SAML authentication is not configured".to_owned()),
    }
}

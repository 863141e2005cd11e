//! `/v1/auth/oidc`: signing in at an OpenID Connect provider.

use app::api::{HTTPValidationError, Problems};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use deserr::Deserr;
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::client::ClientAddress;
use super::errors::ApiError;
use super::gate::about_caller;
use super::input::{Input, Nothing, QueryInput};
use super::refusals::Remark;
use super::session_cookies;
use crate::integrations::oidc::OidcError;
use crate::service::oidc::{OidcAnswer, OidcAttempt, OidcFailure};
use crate::service::{Service, ServiceError};

/// What the state of an attempt is sealed for.
const PURPOSE: &str = "oidc";
/// How long to wait for a provider that cannot be used, in seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("5");

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(about_caller(routes!(get_login))).routes(about_caller(routes!(get_callback)))
}

#[derive(Deserr)]
#[deserr(error = Problems)]
struct LoginQuery {
    #[deserr(default)]
    return_to: Option<String>,
}

impl QueryInput for LoginQuery {}

#[derive(Deserr)]
#[deserr(error = Problems)]
struct CallbackQuery {
    #[deserr(default)]
    code: Option<String>,
    #[deserr(default)]
    state: Option<String>,
    #[deserr(default)]
    iss: Option<String>,
    #[deserr(default)]
    error: Option<String>,
}

impl QueryInput for CallbackQuery {}

/// Begin to sign in at the identity provider
///
/// For browsers: the answer leads to the provider, which leads back to the callback, which leads to `return_to`.
#[utoipa::path(
    get, path = "/v1/auth/oidc/login", tag = "authentication",
    operation_id = "begin_oidc_v1_auth_oidc_login_get",
    params(("return_to" = Option<String>, Query, description = "A page of the dashboard; everything else is ignored")),
    responses(
        (status = 303, description = "To the provider"),
        (status = 404, description = "There is no provider"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
        (status = 503, description = "The provider cannot be reached"),
    )
)]
async fn get_login(
    State(service): State<Service>,
    input: Input<Nothing, LoginQuery, Nothing>,
) -> Result<Response, Refusal> {
    let asked_for = input.query.return_to.filter(|address| !address.is_empty());
    let return_to = session_cookies::safe_return(&service, asked_for.as_deref());
    let foreign = asked_for.filter(|_| return_to.is_none());
    let (url, attempt) = service.begin_oidc(return_to).await?;
    let state = serde_json::to_string(&attempt).unwrap_or_default();
    let mut response = session_cookies::go(&url, [session_cookies::begin_attempt(&service, PURPOSE, &state)]);
    if let Some(address) = foreign {
        response.extensions_mut().insert(Remark::foreign_destination(&address));
    }
    Ok(response)
}

/// Come back from the identity provider
#[utoipa::path(
    get, path = "/v1/auth/oidc/callback", tag = "authentication",
    operation_id = "finish_oidc_v1_auth_oidc_callback_get",
    params(
        ("code" = Option<String>, Query, description = "What the provider gave the browser"),
        ("state" = Option<String>, Query, description = "What the browser was sent there with"),
        ("iss" = Option<String>, Query, description = "Who answers"),
        ("error" = Option<String>, Query, description = "Why there is no code"),
    ),
    responses(
        (status = 303, description = "The user is signed in; the page that was asked for is next"),
        (status = 400, description = "This browser did not begin it, or too long ago"),
        (status = 403, description = "The provider does not vouch for the user"),
        (status = 404, description = "There is no provider"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
        (status = 429, description = "Too many sign-ins from this address have failed; `Retry-After` says how long to wait"),
        (status = 503, description = "The provider cannot be reached"),
    )
)]
async fn get_callback(
    State(service): State<Service>,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    headers: HeaderMap,
    input: Input<Nothing, CallbackQuery, Nothing>,
) -> Result<Response, Refusal> {
    let CallbackQuery { code, state, iss, error } = input.query;
    let answer = OidcAnswer { code, state, issuer: iss, error };
    let kept = session_cookies::find_attempt(&service, &headers, PURPOSE);
    let attempt = kept.and_then(|state| serde_json::from_str::<OidcAttempt>(&state).ok());
    let attempt = attempt.ok_or(OidcFailure::Unasked("it has not begun one, or too long ago"))?;
    let signing_in = service.finish_oidc(&attempt, &answer);
    let signed_in = service.limit_sign_in(&address, signing_in, OidcFailure::is_refusal).await?;
    let cookies = [session_cookies::open(&service, &signed_in), session_cookies::end_attempt(&service)];
    Ok(session_cookies::go(attempt.return_to.as_deref().unwrap_or("/"), cookies))
}

/// Why nobody was signed in, as the browser is told: no more than helps whoever sits there. The rest is in the log.
struct Refusal(OidcFailure);

impl From<OidcFailure> for Refusal {
    fn from(failure: OidcFailure) -> Self {
        Self(failure)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let failure = match self.0 {
            OidcFailure::Service(error @ ServiceError::TooManyAttempts(_)) => {
                return (Extension(Remark::kept_waiting()), ApiError::from(error)).into_response();
            }
            OidcFailure::Service(error) => return ApiError::from(error).into_response(),
            failure => failure,
        };
        let (status, detail) = describe(&failure);
        let remark = Extension(Remark::not_signed_in(&failure.to_string()));
        let mut response = (status, remark, Json(json!({"detail": detail}))).into_response();
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        response
    }
}

fn describe(failure: &OidcFailure) -> (StatusCode, &'static str) {
    match failure {
        OidcFailure::NotConfigured => (StatusCode::NOT_FOUND, "Nobody signs in by OpenID Connect here"),
        OidcFailure::Unasked(_) => (
            StatusCode::BAD_REQUEST,
            "This sign-in was not begun in this browser, or more than ten minutes ago; begin again",
        ),
        OidcFailure::Declined(_) => (StatusCode::FORBIDDEN, "The identity provider did not sign you in"),
        OidcFailure::Provider(OidcError::Unavailable(_)) => {
            (StatusCode::SERVICE_UNAVAILABLE, "The identity provider cannot be reached; try again later")
        }
        OidcFailure::Provider(OidcError::CodeRefused(_)) => {
            (StatusCode::BAD_REQUEST, "The identity provider does not know of this sign-in any longer; begin again")
        }
        OidcFailure::NoEmail => (StatusCode::FORBIDDEN, "The identity provider gives no e-mail address"),
        OidcFailure::UnverifiedEmail(_) => {
            (StatusCode::FORBIDDEN, "The identity provider has not verified your e-mail address")
        }
        OidcFailure::Provider(OidcError::Untrusted(_)) | OidcFailure::Service(_) => {
            (StatusCode::FORBIDDEN, "Authentication failed")
        }
    }
}

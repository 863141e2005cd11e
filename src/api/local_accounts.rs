//! `/v1/auth/local`: signing in with a password, or with a link that is good once. Off unless the operator turns it on.

use app::api::{HTTPValidationError, LocalLogin, Problems, UserResponse};
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use deserr::Deserr;
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::ApiState;
use super::client::ClientAddress;
use super::errors::{ApiError, ApiResult};
use super::gate::about_caller;
use super::input::{Input, JsonBody, Nothing};
use super::refusals::Remark;
use super::session_cookies;
use crate::service::local_accounts::PasswordSignIn;
use crate::service::{Service, ServiceError};

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

pub(super) fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(about_caller(routes!(post_login))).routes(about_caller(routes!(get_link)))
}

#[derive(Deserr)]
#[deserr(error = Problems)]
struct LinkPath {
    token: String,
}

/// Sign in with a password
///
/// The answer sets the session's cookie; see `/v1/users/me` for how it is used. It does not tell who has a password.
#[utoipa::path(
    post, path = "/v1/auth/local/login", tag = "authentication",
    operation_id = "sign_in_with_password_v1_auth_local_login_post",
    request_body = LocalLogin,
    responses(
        (status = 200, description = "The user who is signed in now", body = UserResponse),
        (status = 401, description = "There is no such user, or another password"),
        (status = 404, description = "Nobody signs in with a password here"),
        (status = 422, description = "Malformed input", body = HTTPValidationError),
        (status = 429, description = "Too many sign-ins from this address have failed; `Retry-After` says how long to wait"),
    )
)]
async fn post_login(
    State(service): State<Service>,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    input: Input<Nothing, Nothing, JsonBody<LocalLogin>>,
) -> ApiResult<Response> {
    let LocalLogin { email, password } = input.body.0;
    let signed_in = match service.sign_in_with_password(&address, &email.0, password.0).await {
        Ok(PasswordSignIn::SignedIn(signed_in)) => signed_in,
        Ok(PasswordSignIn::WrongPassword(user)) => return Ok(refuse(&format!("a wrong password for user {user}"))),
        Ok(PasswordSignIn::NoPassword) => return Ok(refuse("a password for nobody who has one")),
        Err(error @ ServiceError::TooManyAttempts(_)) => {
            return Ok((Extension(Remark::kept_waiting()), ApiError::from(error)).into_response());
        }
        Err(error) => return Err(error.into()),
    };
    let user = service.get_user(signed_in.user_id).await?;
    let headers =
        [(header::SET_COOKIE, session_cookies::open(&service, &signed_in)), (header::CACHE_CONTROL, NO_STORE)];
    Ok((headers, Json(user)).into_response())
}

/// Sign in with a link
///
/// An operator makes the link. It is good once, for 24 hours.
#[utoipa::path(
    get, path = "/v1/auth/local/link/{token}", tag = "authentication",
    operation_id = "sign_in_with_link_v1_auth_local_link__token__get",
    params(("token" = String, Path)),
    responses(
        (status = 303, description = "The user is signed in; the dashboard is next"),
        (status = 404, description = "The link has been used, is too old, or never was one"),
    )
)]
async fn get_link(State(service): State<Service>, input: Input<LinkPath, Nothing, Nothing>) -> ApiResult<Response> {
    match service.sign_in_with_link(&input.path.token).await {
        Ok(signed_in) => Ok(session_cookies::go("/", [session_cookies::open(&service, &signed_in)])),
        Err(error @ ServiceError::NotFound(_)) => {
            let remark = Remark::not_signed_in("a link that is none, or not any longer");
            Ok((Extension(remark), ApiError::from(error)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// Says no more than that: who has a password is not told.
fn refuse(reason: &str) -> Response {
    let wrong = json!({"detail": "E-mail or password is wrong"});
    (StatusCode::UNAUTHORIZED, Extension(Remark::not_signed_in(reason)), Json(wrong)).into_response()
}

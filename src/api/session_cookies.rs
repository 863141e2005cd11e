//! The cookies of signing in and out: the session's, and the one that keeps the state of an attempt.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::errors::ApiError;
use crate::domain::{return_to, session_cookie, sign_in_state};
use crate::service::Service;
use crate::service::sign_in::SignedIn;

/// The header whose presence proves that no foreign page made the request; its value does not matter.
pub(super) const CSRF_HEADER: &str = "x-csrf-token";
/// Where a request comes from, as a browser says it to servers over HTTPS and on this machine.
const FETCH_SITE: &str = "sec-fetch-site";
/// What a cookie's time is when it is over.
const LONG_AGO: &str = "expires=Thu, 01 Jan 1970 00:00:00 GMT";
/// The only addresses that the state of an attempt is sent to.
const ATTEMPT_PATH: &str = "/v1/auth";

/// The `Set-Cookie` of a session that was opened.
pub(super) fn open(service: &Service, signed_in: &SignedIn) -> HeaderValue {
    let value = session_cookie::sign(signed_in.session_id, first_secret(service), service.clock.now());
    let (name, lifetime) = (session_cookie::NAME, session_cookie::LIFETIME_SECONDS);
    set_cookie(service, format!("{name}={value}; path=/; Max-Age={lifetime}; httponly; samesite=lax"))
}

/// The `Set-Cookie` that takes the session away.
pub(super) fn clear(service: &Service) -> HeaderValue {
    set_cookie(service, format!("{}=null; path=/; {LONG_AGO}; httponly; samesite=lax", session_cookie::NAME))
}

/// Whether a page of our own sends a request, by what browsers say of it and pages cannot: for where a browser cannot send
/// [`CSRF_HEADER`].
pub(super) fn is_from_own_page(service: &Service, headers: &HeaderMap) -> bool {
    let is_own = headers.get(header::ORIGIN).map(|origin| is_own_origin(service, origin));
    match headers.get(FETCH_SITE) {
        Some(site) => site == "same-origin" && is_own.unwrap_or(true),
        None => is_own.unwrap_or(false),
    }
}

fn is_own_origin(service: &Service, origin: &HeaderValue) -> bool {
    let own = url::Url::parse(&service.settings.frontend_url).map(|url| url.origin().ascii_serialization());
    own.is_ok_and(|own| own.as_bytes() == origin.as_bytes())
}

/// The session that a request's cookie names, with or without the header that no foreign page can send along. Whether it
/// is still open only the database knows.
pub(super) fn find(service: &Service, headers: &HeaderMap) -> Option<i64> {
    let cookie = values(headers, session_cookie::NAME).next()?;
    session_cookie::verify(cookie, &service.settings.session_secrets, service.clock.now())
}

/// The `Set-Cookie` of an attempt to sign in: the browser keeps the state and brings it back.
pub(super) fn begin_attempt(service: &Service, purpose: &str, state: &str) -> HeaderValue {
    let value = sign_in_state::seal(first_secret(service), purpose, state, service.clock.now());
    let (name, lifetime) = (sign_in_state::COOKIE_NAME, sign_in_state::LIFETIME_SECONDS);
    set_cookie(service, format!("{name}={value}; path={ATTEMPT_PATH}; Max-Age={lifetime}; httponly; samesite=lax"))
}

/// The `Set-Cookie` that forgets an attempt.
pub(super) fn end_attempt(service: &Service) -> HeaderValue {
    let name = sign_in_state::COOKIE_NAME;
    set_cookie(service, format!("{name}=null; path={ATTEMPT_PATH}; {LONG_AGO}; httponly; samesite=lax"))
}

/// The state of the attempt of this kind that a request belongs to.
pub(super) fn find_attempt(service: &Service, headers: &HeaderMap, purpose: &str) -> Option<String> {
    let (secrets, now) = (&service.settings.session_secrets, service.clock.now());
    values(headers, sign_in_state::COOKIE_NAME).find_map(|sealed| sign_in_state::open(secrets, purpose, sealed, now))
}

/// The address to go to afterwards, if it is a page of the dashboard.
pub(super) fn safe_return(service: &Service, address: Option<&str>) -> Option<String> {
    return_to::safe_return(&service.settings.frontend_url, address?)
}

/// Sends a browser on, with cookies. Nobody on the way keeps the answer, and the next server does not learn the address.
pub(super) fn go(location: &str, cookies: impl IntoIterator<Item = HeaderValue>) -> Response {
    let Ok(location) = HeaderValue::from_str(location) else { return ApiError::Internal.into_response() };
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    headers.insert(header::LOCATION, location);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    for cookie in cookies {
        headers.append(header::SET_COOKIE, cookie);
    }
    response
}

/// Every value that a request has for the cookie, in its order.
pub(super) fn values<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    let pairs = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let cookies = pairs.flat_map(|pairs| pairs.split(';')).filter_map(|pair| pair.trim().split_once('='));
    cookies.filter(move |(found, _)| *found == name).map(|(_, value)| value.trim_matches('"'))
}

fn first_secret(service: &Service) -> &str {
    service.settings.session_secrets.first().map_or("", String::as_str)
}

/// With the attribute that keeps the cookie off connections that others can read, unless the operator knows better.
fn set_cookie(service: &Service, mut text: String) -> HeaderValue {
    if service.settings.secure_cookies {
        text.push_str("; secure");
    }
    // Made of base64 and our own words: it is always a header.
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

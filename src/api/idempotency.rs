//! `Idempotency-Key`: a write that is sent again under its key is answered as it was the first time, and done once.

use app::api::{Problem, Problems};
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::TimeDelta;
use http_body_util::BodyExt;
use serde_json::json;

use super::client::client_address;
use super::environment_reviews::SKIPPED;
use super::errors::{ApiError, ApiResult};
use super::test_executions::START_TEST;
use crate::domain::access::Caller;
use crate::service::Service;
use crate::service::entity_tag::EntityTag;
use crate::store::idempotency_keys::{Claim, KeptAnswer, Outcome, under_claim};

pub(super) const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const LONGEST_KEY: usize = 255;
/// As long as an answer is kept.
const LIFETIME: TimeDelta = TimeDelta::hours(24);

/// Says of an answer that it holds what is stored nowhere in clear: only that it was given is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct HoldsSecret;

const NOT_KEPT: &str = "This was done already under this Idempotency-Key; its answer held an API key, which is kept \
                        nowhere. Rotate the key to get a new one";

/// Runs a request so that its repetitions change nothing, if it says which ones these are.
pub(super) async fn run(
    service: &Service,
    caller: &Caller,
    request: Request,
    body: &Bytes,
    handle: impl AsyncFnOnce(Request) -> Response,
) -> ApiResult<Response> {
    let Some(claim) = read_claim(service, caller, &request, body)? else { return Ok(handle(request).await) };
    match under_claim(claim, handle(request)).await {
        Outcome::Unwritten(response) => Ok(response),
        Outcome::Written(response, _) if !response.status().is_success() => Ok(response),
        Outcome::Written(response, pending) => {
            let (mut parts, body) = response.into_parts();
            let bytes = body.collect().await.map_err(|_| ApiError::Internal)?.to_bytes();
            let kept = if parts.extensions.remove::<HoldsSecret>().is_some() {
                KeptAnswer {
                    status: StatusCode::CONFLICT.as_u16().into(),
                    body: json!({"detail": NOT_KEPT}).to_string(),
                    headers: Vec::new(),
                }
            } else {
                let text = String::from_utf8(bytes.to_vec()).map_err(|_| ApiError::Internal)?;
                KeptAnswer {
                    status: parts.status.as_u16().into(),
                    body: text,
                    headers: headers_to_keep(&parts.headers),
                }
            };
            pending.keep(&kept).await?;
            Ok(Response::from_parts(parts, Body::from(bytes)))
        }
        Outcome::Repeated(kept) => replay(&kept),
        Outcome::Misused => Err(ApiError::Rule("The Idempotency-Key was used for another request".to_owned())),
    }
}

/// What clients read of an answer beside its body. Everything else is made anew.
fn headers_to_keep(headers: &HeaderMap) -> Vec<(String, String)> {
    let kept = [header::ETAG, SKIPPED].into_iter();
    kept.filter_map(|name| Some((name.to_string(), headers.get(&name)?.to_str().ok()?.to_owned()))).collect()
}

fn replay(kept: &KeptAnswer) -> ApiResult<Response> {
    let status = u16::try_from(kept.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    let mut response = (status.ok_or(ApiError::Internal)?, kept.body.clone()).into_response();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    if !kept.body.is_empty() {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    for (name, value) in &kept.headers {
        let name = HeaderName::try_from(name.as_str()).map_err(|_| ApiError::Internal)?;
        headers.insert(name, HeaderValue::try_from(value.as_str()).map_err(|_| ApiError::Internal)?);
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

/// What a request promises: by its header, or by being a start like another one where the operator wants these folded.
fn read_claim(service: &Service, caller: &Caller, request: &Request, body: &Bytes) -> ApiResult<Option<Claim>> {
    let path = request.uri().path_and_query().map_or("", |path| path.as_str());
    // Signing in is never the same twice, and a kept hash of a password is a quick way to guess it.
    if path.starts_with("/v1/auth/") {
        return Ok(None);
    }
    let seconds = service.settings.fold_start_test_seconds;
    let folds = seconds > 0 && request.method() == Method::PUT && path == START_TEST;
    let header = request.headers().get(HEADER);
    if header.is_none() && !folds {
        return Ok(None);
    }
    // Not before somebody asks for it: a body can have megabytes.
    let mut content = format!("{} {path}\n", request.method()).into_bytes();
    content.extend_from_slice(body);
    let fingerprint = EntityTag::of_text(&content).0;
    let (key, lifetime) = match header {
        Some(value) => (format!("key {}", read_key(value)?), LIFETIME),
        None => (format!("start {fingerprint}"), TimeDelta::seconds(i64::try_from(seconds).unwrap_or(i64::MAX))),
    };
    let now = service.clock.now();
    Ok(Some(Claim { principal: caller.principal(&client_address(request)), key, fingerprint, now, lifetime }))
}

fn read_key(value: &HeaderValue) -> ApiResult<&str> {
    let key = value.to_str().unwrap_or_default().trim();
    if (1..=LONGEST_KEY).contains(&key.len()) {
        return Ok(key);
    }
    let problem = Problem::value_error(format!("An Idempotency-Key has 1 to {LONGEST_KEY} visible ASCII characters"));
    let problem = problem.at(vec!["idempotency-key".into()], Some(json!(key)));
    Err(ApiError::Invalid(Problems(vec![problem]).within("header")))
}

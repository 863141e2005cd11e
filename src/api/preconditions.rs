//! `ETag`, `If-Match` and `If-None-Match`: who changes something can say which state of it they have seen.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::errors::ApiError;
use crate::service::entity_tag::{EntityTag, Precondition};

/// What a request says about the state its sender has seen.
pub(super) struct Conditions {
    /// The state in which a change may be made.
    pub(super) if_match: Precondition,
    if_none_match: Seen,
}

/// The states that the sender of a request has at hand.
enum Seen {
    /// Whichever it is.
    Any,
    /// These.
    These(Vec<EntityTag>),
}

impl<S: Sync> FromRequestParts<S> for Conditions {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let if_match = match list(&parts.headers, &header::IF_MATCH) {
            None => Precondition::None,
            Some(tags) if tags == ["*"] => Precondition::None,
            // A weak tag says that two states are much the same, which is not enough to overwrite one.
            Some(tags) => Precondition::OneOf(tags.into_iter().filter_map(strong).collect()),
        };
        let seen = list(&parts.headers, &header::IF_NONE_MATCH).unwrap_or_default();
        let if_none_match = if seen == ["*"] {
            Seen::Any
        } else {
            Seen::These(seen.into_iter().filter_map(|tag| strong(tag.trim_start_matches("W/"))).collect())
        };
        Ok(Self { if_match, if_none_match })
    }
}

fn list<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<Vec<&'a str>> {
    let mut values = headers.get_all(name).iter().peekable();
    values.peek()?;
    Some(values.filter_map(|value| value.to_str().ok()).flat_map(|list| list.split(',')).map(str::trim).collect())
}

fn strong(tag: &str) -> Option<EntityTag> {
    let tag = tag.strip_prefix('"')?.strip_suffix('"')?;
    Some(EntityTag(tag.to_owned()))
}

impl Conditions {
    /// The object with its tag, or nothing when the sender has seen it as it is.
    pub(super) fn answer(&self, shown: &impl Serialize) -> Response {
        self.answer_with(tagged(shown))
    }

    /// The same for what is no object: a text of that type.
    pub(super) fn answer_text(&self, kind: HeaderValue, text: Vec<u8>) -> Response {
        let tag = EntityTag::of_text(&text);
        let mut response = ([(header::CONTENT_TYPE, kind)], text).into_response();
        set_tag(&mut response, &tag);
        self.answer_with(response)
    }

    fn answer_with(&self, mut response: Response) -> Response {
        let tag = response.headers().get(header::ETAG).map(HeaderValue::as_bytes).unwrap_or_default();
        let is_known = match &self.if_none_match {
            Seen::Any => true,
            Seen::These(tags) => tags.iter().any(|seen| tag == format!("\"{}\"", seen.0).as_bytes()),
        };
        if is_known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            *response.body_mut() = axum::body::Body::empty();
            response.headers_mut().remove(header::CONTENT_TYPE);
        }
        response
    }
}

/// The object with its tag.
pub(super) fn tagged(shown: &impl Serialize) -> Response {
    let Ok(body) = serde_json::to_vec(shown) else { return ApiError::Internal.into_response() };
    let tag = EntityTag::of_text(&body);
    let mut response = ([(header::CONTENT_TYPE, "application/json")], body).into_response();
    set_tag(&mut response, &tag);
    response
}

/// Names the state that the sender of the request has seen now.
pub(super) fn set_tag(response: &mut Response, tag: &EntityTag) {
    if let Ok(value) = HeaderValue::from_str(&format!("\"{}\"", tag.0)) {
        response.headers_mut().insert(header::ETAG, value);
    }
}

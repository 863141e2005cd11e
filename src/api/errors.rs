//! The one error type at the HTTP edge, and how each error reads on the wire.

use app::api::{HTTPValidationError, Problems};
use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::service::ServiceError;
use crate::store::StoreError;

/// Why a request is refused. Every body is JSON with `detail`: a text, or for malformed input a list of problems.
#[derive(Debug)]
pub(super) enum ApiError {
    /// 400.
    BadRequest(String),
    /// 401: the endpoint wants a caller who is somebody.
    NotAuthenticated,
    /// 403: the caller lacks a permission. Also for callers who are nobody.
    InsufficientPermissions,
    /// 403: only callers on this machine are answered, or only people.
    Forbidden,
    /// 404.
    NotFound(String),
    /// 405.
    MethodNotAllowed,
    /// 408: nobody waits that long for the body of somebody unknown.
    TooSlow,
    /// 409.
    Conflict(String),
    /// 412: what the request changes has changed since the caller looked at it.
    Stale,
    /// 413: the limit in bytes.
    TooLarge(usize),
    /// 422 for a rule that malformed input is not the matter of.
    Rule(String),
    /// 422 for malformed input.
    Invalid(Problems),
    /// 429: so many seconds until the next attempt.
    TooManyAttempts(u64),
    /// 429: as many streams are open as anybody may have.
    TooManyStreams(u32),
    /// 500: a defect. What it was stands in the log only.
    Internal,
    /// 503: the same request may succeed later.
    Unavailable,
    /// 503: there is no room for it now; why, and so many seconds until there may be some.
    Busy(String, u64),
}

/// What a handler gives back.
pub(super) type ApiResult<T> = Result<T, ApiError>;

impl From<ServiceError> for ApiError {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::NotFound(text) => Self::NotFound(text),
            ServiceError::Rule(text) => Self::Rule(text),
            ServiceError::Conflict(text) => Self::Conflict(text),
            ServiceError::BadRequest(text) => Self::BadRequest(text),
            ServiceError::InsufficientPermissions => Self::InsufficientPermissions,
            ServiceError::NotAuthenticated => Self::NotAuthenticated,
            ServiceError::Forbidden => Self::Forbidden,
            ServiceError::Stale => Self::Stale,
            ServiceError::TooManyAttempts(seconds) => Self::TooManyAttempts(seconds),
            ServiceError::Busy(text, seconds) => Self::Busy(text, seconds),
            ServiceError::TooManyStreams(limit) => Self::TooManyStreams(limit),
            ServiceError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::TextTooLong => Self::Rule("A text is too long to be indexed".to_owned()),
            StoreError::Taken => Self::Conflict("Somebody else has just taken this; look again and retry".to_owned()),
            // The gate has the answer and gives it instead of this.
            StoreError::AlreadyAnswered => Self::Internal,
            StoreError::Unavailable(error) => {
                tracing::warn!(%error, "the database is not available");
                Self::Unavailable
            }
            StoreError::Database(error) => {
                tracing::error!(%error, "the database failed");
                Self::Internal
            }
        }
    }
}

impl ApiError {
    fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Stale => StatusCode::PRECONDITION_FAILED,
            Self::NotAuthenticated => StatusCode::UNAUTHORIZED,
            Self::InsufficientPermissions | Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Rule(_) | Self::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooManyAttempts(_) | Self::TooManyStreams(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Unavailable | Self::Busy(..) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// After how many seconds the same request may succeed.
    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooManyAttempts(seconds) | Self::Busy(_, seconds) => Some(*seconds),
            Self::Unavailable => Some(1),
            Self::TooManyStreams(_) => Some(30),
            _ => None,
        }
    }

    fn detail(self) -> String {
        match self {
            Self::NotAuthenticated => "Not authenticated".to_owned(),
            Self::InsufficientPermissions => "Insufficient permissions".to_owned(),
            Self::Forbidden => "Forbidden".to_owned(),
            Self::BadRequest(text)
            | Self::NotFound(text)
            | Self::Conflict(text)
            | Self::Rule(text)
            | Self::Busy(text, _) => text,
            Self::Stale => {
                "Somebody has changed this since you looked at it; look again before you change it".to_owned()
            }
            Self::MethodNotAllowed => "Method Not Allowed".to_owned(),
            Self::TooSlow => "The request body did not arrive in time".to_owned(),
            Self::TooLarge(limit) => format!("The request body is larger than {limit} bytes; send it in several parts"),
            Self::Invalid(_) => "Invalid input".to_owned(),
            Self::TooManyAttempts(_) => "Too many failed attempts".to_owned(),
            Self::TooManyStreams(limit) => format!("You have {limit} streams of events open; close one first"),
            Self::Internal => "Internal Server Error".to_owned(),
            Self::Unavailable => "Database connection failed".to_owned(),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, retry_after) = (self.status(), self.retry_after());
        if let Self::Invalid(problems) = self {
            return (status, Json(HTTPValidationError { detail: problems.0 })).into_response();
        }
        let mut response = (status, Json(json!({"detail": self.detail()}))).into_response();
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

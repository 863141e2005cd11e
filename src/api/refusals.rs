//! Writes down who was refused, and who asks for what does not exist: what an operator looks for after an attack.

use std::borrow::Cow;

use axum::Extension;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::client::client_address;
use super::errors::ApiError;
use crate::domain::access::{Caller, Credentials};

/// A longer part of a path is cut short in the log: it may be a secret, as in a link to sign in.
const LONGEST_SEGMENT: usize = 32;
/// As many characters of such a part are written down.
const SHOWN: usize = 8;
/// As many characters are written down at most.
const LONGEST: usize = 200;
/// The longest reason that is written down, in characters.
const LONGEST_REASON: usize = 300;

/// What the log says about an answer. It travels with the answer to where the request is still known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Remark {
    text: Cow<'static, str>,
    /// Whether an operator should look at it: the request showed something that did not suffice, or came out of place.
    is_odd: bool,
}

impl Remark {
    /// Somebody may not do that, or is nobody.
    pub(super) fn about(caller: &Caller, credentials: &Credentials, has_unproven_cookie: bool) -> Self {
        let user = caller.user.as_ref().map(|user| format!("user {}", user.id));
        let application = caller.application.as_ref().map(|application| format!("application {}", application.id));
        let wrong_key = application.is_none() && credentials.key().is_some();
        let bad_cookie = user.is_none() && credentials.session_cookie.is_some();
        let shown = [
            user,
            application,
            wrong_key.then(|| "a wrong key".to_owned()),
            bad_cookie.then(|| "a session cookie that is not good".to_owned()),
            has_unproven_cookie.then(|| "a session cookie without X-CSRF-Token".to_owned()),
        ];
        let shown: Vec<String> = shown.into_iter().flatten().collect();
        if shown.is_empty() {
            return Self { text: "refused nobody in particular".into(), is_odd: false };
        }
        Self { text: format!("refused {}", shown.join(" and ")).into(), is_odd: true }
    }

    /// Somebody could not sign in: why, as the browser is not told it.
    pub(super) fn not_signed_in(reason: &str) -> Self {
        Self { text: format!("nobody was signed in: {}", shorten(reason)).into(), is_odd: true }
    }

    /// Too many from there could not sign in: nobody looks at another attempt yet.
    pub(super) fn kept_waiting() -> Self {
        Self::not_signed_in("too many sign-ins from this address have failed")
    }

    /// Somebody was to be sent to a page that is none of ours, as a link that others made says.
    pub(super) fn foreign_destination(address: &str) -> Self {
        Self {
            text: format!("nobody is sent to what is no page of the dashboard: {}", shorten(address)).into(),
            is_odd: true,
        }
    }

    /// A message about signing out was not taken: why.
    pub(super) fn not_signed_out(reason: &str) -> Self {
        Self { text: format!("a message about signing out was not taken: {}", shorten(reason)).into(), is_odd: true }
    }

    /// Only this machine may ask for that.
    pub(super) fn elsewhere() -> Self {
        Self { text: "refused another machine".into(), is_odd: true }
    }

    /// A page of another origin would like to send a request for its visitor.
    pub(super) fn foreign_page() -> Self {
        Self { text: "refused a page of another origin".into(), is_odd: true }
    }
}

/// The answer to a request for an address that there is not.
pub(super) fn no_address() -> Response {
    let remark = Remark { text: "there is no such address".into(), is_odd: false };
    (Extension(remark), ApiError::NotFound("Not Found".to_owned())).into_response()
}

/// The answer to a request whose method its address does not have.
pub(super) fn no_method() -> Response {
    let remark = Remark { text: "there is no such method".into(), is_odd: false };
    (Extension(remark), ApiError::MethodNotAllowed).into_response()
}

/// Writes down the remarks about answers, each with its request.
pub(super) async fn write_down(request: Request, next: Next) -> Response {
    let (method, uri, address) = (request.method().clone(), request.uri().clone(), client_address(&request));
    let response = next.run(request).await;
    if let Some(Remark { text, is_odd }) = response.extensions().get::<Remark>() {
        let (method, path, status) = (loggable(method.as_str()), loggable(uri.path()), response.status().as_u16());
        if *is_odd {
            tracing::warn!(
                client.address = address,
                http.method = method,
                http.path = path,
                http.status = status,
                "{text}"
            );
        } else {
            tracing::info!(
                client.address = address,
                http.method = method,
                http.path = path,
                http.status = status,
                "{text}"
            );
        }
    }
    response
}

/// What a stranger may write into the log at most: one short line.
fn shorten(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(LONGEST_REASON).collect()
}

/// The path of a request, as it may stand in the log.
fn loggable(text: &str) -> String {
    let segments: Vec<Cow<'_, str>> = text
        .split('/')
        .map(|segment| match segment.char_indices().nth(LONGEST_SEGMENT) {
            Some(_) => Cow::Owned(segment.chars().take(SHOWN).chain(['…']).collect()),
            None => Cow::Borrowed(segment),
        })
        .collect();
    segments.join("/").chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use app::api::Permission;

    use super::{Remark, loggable, shorten};
    use crate::domain::access::{Application, Caller, Credentials, User};

    const NOBODY: &str = "nobody in particular";

    #[test]
    fn the_log_holds_no_secret_and_nothing_without_end() {
        let secret = "s".repeat(33);
        for (text, expected) in [
            ("/v1/artefact-matching-rules/12".to_owned(), "/v1/artefact-matching-rules/12".to_owned()),
            (format!("/v1/auth/local/link/{secret}/"), "/v1/auth/local/link/ssssssss…/".to_owned()),
            (secret, "ssssssss…".to_owned()),
            ("/ab".repeat(1_000), "/ab".repeat(1_000)[..200].to_owned()),
            ("/é".repeat(1_000), "/é".repeat(100)),
        ] {
            assert_eq!(loggable(&text), expected);
        }
    }

    #[test]
    fn a_reason_is_one_short_line() {
        assert_eq!(shorten("a\r\n\u{1b}[31mb\0"), "a[31mb");
        assert_eq!(shorten(&"\u{e9}".repeat(1_000)), "\u{e9}".repeat(300));
    }

    #[test]
    fn a_remark_says_what_a_request_had_to_show() {
        let user = || {
            let permissions = vec![Permission::ViewTest];
            Some(User { id: 5, name: "Ana".to_owned(), is_admin: false, permissions })
        };
        let application = || Some(Application { id: 3, name: "ci".to_owned(), permissions: vec![] });
        let (key, cookie) = (Some("Bearer to_secret".to_owned()), Some("secret".to_owned()));
        for (user, application, authorization, session_cookie, has_unproven_cookie, expected) in [
            (None, None, None, None, false, NOBODY),
            (None, None, Some("Basic secret".to_owned()), None, false, NOBODY),
            (None, None, key.clone(), None, false, "a wrong key"),
            (None, None, None, cookie.clone(), false, "a session cookie that is not good"),
            (None, None, None, None, true, "a session cookie without X-CSRF-Token"),
            (user(), None, key.clone(), cookie.clone(), false, "user 5 and a wrong key"),
            (None, application(), key.clone(), None, false, "application 3"),
            (user(), application(), key.clone(), cookie.clone(), false, "user 5 and application 3"),
        ] {
            let (caller, credentials) = (Caller { user, application }, Credentials { authorization, session_cookie });
            let remark = Remark::about(&caller, &credentials, has_unproven_cookie);
            assert_eq!((remark.text, remark.is_odd), (format!("refused {expected}").into(), expected != NOBODY));
        }
    }
}

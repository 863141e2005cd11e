//! Headers that tell browsers what not to do with an answer, on every one of them.

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

use crate::domain::proxies::Proxies;

/// For answers that are no pages: shown by themselves, they load nothing, run nothing and are part of no page.
const INERT: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
/// The address of a page names what people work on: other sites do not learn it.
const REFERRER: HeaderValue = HeaderValue::from_static("same-origin");
const OPENER: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");
/// Of what a page could ask its reader for we need nothing; copying takes no permission.
const NO_DEVICES: HeaderValue = HeaderValue::from_static(
    "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=()",
);
/// A year. Other names of the domain, and other ports, may be somebody else's.
const ONLY_HTTPS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Adds what an answer does not say itself.
pub(super) async fn add(State(proxies): State<Proxies>, request: Request, next: Next) -> Response {
    let is_https = came_over_https(&proxies, &request);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let is_page = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::REFERRER_POLICY).or_insert(REFERRER);
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(INERT);
    if is_page {
        headers.insert(OPENER, HeaderValue::from_static("same-origin"));
        headers.insert(PERMISSIONS, NO_DEVICES);
    }
    if is_https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, ONLY_HTTPS);
    }
    response
}

/// Whether the client speaks HTTPS: with a proxy that is believed, which says so. This server itself does not.
fn came_over_https(proxies: &Proxies, request: &Request) -> bool {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    let is_proxy = peer.is_some_and(|peer| proxies.are_at(peer));
    let protocol = request.headers().get("x-forwarded-proto").and_then(|protocol| protocol.to_str().ok());
    is_proxy && protocol.is_some_and(|protocol| protocol.trim().eq_ignore_ascii_case("https"))
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::{body::Body, extract::ConnectInfo, http::Request};

    use super::{Proxies, came_over_https};

    #[test]
    fn only_a_proxy_that_is_known_is_believed() {
        let proxies = Proxies::new(vec!["10.0.0.0/24".parse().unwrap()]);
        for (peer, protocol, expected) in [
            (Some("127.0.0.1:1"), Some("https"), true),
            (Some("127.0.0.1:1"), Some("HTTPS"), true),
            (Some("[::1]:1"), Some("https"), true),
            (Some("[::ffff:127.0.0.1]:1"), Some("https"), true),
            (Some("127.0.0.1:1"), Some("http"), false),
            (Some("127.0.0.1:1"), Some("https, http"), false),
            (Some("127.0.0.1:1"), None, false),
            (Some("192.0.2.1:1"), Some("https"), false),
            (Some("10.0.0.7:1"), Some("https"), true),
            (Some("10.0.1.7:1"), Some("https"), false),
            (None, Some("https"), false),
        ] {
            let mut request = Request::new(Body::empty());
            if let Some(peer) = peer {
                request.extensions_mut().insert(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
            }
            if let Some(protocol) = protocol {
                request.headers_mut().insert("x-forwarded-proto", protocol.parse().unwrap());
            }
            assert_eq!(came_over_https(&proxies, &request), expected, "{peer:?} {protocol:?}");
        }
    }
}

//! Where a request comes from, and under which name: found out once, for everybody who wants to know.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header;
use axum::http::uri::Authority;
use axum::middleware::Next;
use axum::response::Response;

use crate::domain::proxies::Proxies;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The address of a request's sender, as [`client_address`] tells it: for handlers.
#[derive(Clone, Debug)]
pub(super) struct ClientAddress(pub(super) String);

/// Notes down where a request comes from.
pub(super) async fn note_address(State(proxies): State<Proxies>, mut request: Request, next: Next) -> Response {
    let address = find_address(&proxies, &request);
    request.extensions_mut().insert(ClientAddress(address));
    next.run(request).await
}

fn find_address(proxies: &Proxies, request: &Request) -> String {
    let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>() else { return String::new() };
    let values = request.headers().get_all(FORWARDED_FOR).iter().map(|value| value.to_str().unwrap_or_default());
    let relayed: Vec<&str> = values.flat_map(|value| value.split(',')).collect();
    proxies.find_client(peer.ip(), &relayed).map_or_else(String::new, |client| client.to_string())
}

/// Where a request comes from: the peer, or whom a proxy that is believed relays it for; `""` when nobody can say.
pub(super) fn client_address(request: &Request) -> String {
    request.extensions().get::<ClientAddress>().map_or_else(String::new, |address| address.0.clone())
}

/// The name that a request is sent to, with its port.
pub(super) fn host_of(request: &Request) -> Option<&str> {
    let header = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    header.or(request.uri().authority().map(Authority::as_str))
}

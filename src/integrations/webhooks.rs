//! Webhooks: messages posted to addresses that people have chosen.
//!
//! These addresses are strangers': none may make this server call a machine of the operator's network that the operator has not
//! listed. Names are looked up here, and it is the addresses found that are connected to. There is no proxy between, as nobody
//! knows where that would look a name up.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::Url;

use super::calls::{CallAnswer, CallError, ForbiddenAddress, LazyClient, call};
use super::http_client::client_builder;
use crate::domain::public_addresses::is_public;
use crate::domain::webhooks::{is_listed, objection};

/// As long as a receiver may take, from the connection to the last byte of its answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// As long as it may take to be connected.
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);

/// A message as it is sent.
#[derive(Clone, Copy, Debug)]
pub struct Post<'a> {
    /// Where to.
    pub url: &'a str,
    /// What happened.
    pub event: &'a str,
    /// The message's id.
    pub id: i64,
    /// When it is sent, in seconds.
    pub timestamp: i64,
    /// What proves who sent it.
    pub signature: Option<&'a str>,
    /// JSON.
    pub body: &'a str,
}

/// Looks names up, and tells those addresses of them that may be called.
struct Guard(Arc<BTreeSet<String>>);

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let is_allowed: fn(&SocketAddr) -> bool =
            if is_listed(name.as_str(), &self.0) { |_| true } else { |address| is_public(address.ip()) };
        Box::pin(look_up(name, is_allowed))
    }
}

async fn look_up(
    name: Name,
    is_allowed: fn(&SocketAddr) -> bool,
) -> Result<Addrs, Box<dyn std::error::Error + Send + Sync>> {
    let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
    let allowed: Vec<SocketAddr> = found.filter(is_allowed).collect();
    if allowed.is_empty() {
        return Err(ForbiddenAddress(name.as_str().to_owned()).into());
    }
    Ok(Box::new(allowed.into_iter()))
}

/// Posts a message. `hosts` are those that the operator lists.
pub async fn post(client: &LazyClient, hosts: &Arc<BTreeSet<String>>, post: Post<'_>) -> Result<CallAnswer, CallError> {
    let forbidden = |reason: &str| CallError::Forbidden(reason.to_owned());
    let url = Url::parse(post.url).map_err(|_| forbidden("The URL of the webhook is none"))?;
    // The operator may have changed the list since it was made; and nobody looks up what is an address already.
    if let Some(reason) = objection(&url, hosts) {
        return Err(forbidden(reason));
    }
    let client = client.get(|| {
        let builder = client_builder().timeout(PATIENCE).connect_timeout(CONNECT_PATIENCE).no_proxy();
        builder.dns_resolver(Arc::new(Guard(Arc::clone(hosts)))).build()
    })?;
    let mut request = client
        .post(url)
        .header("content-type", "application/json")
        .header("x-test-observer-event", post.event)
        .header("x-test-observer-delivery", post.id)
        .header("x-test-observer-timestamp", post.timestamp);
    if let Some(signature) = post.signature {
        request = request.header("x-test-observer-signature", signature);
    }
    call(request.body(post.body.to_owned())).await
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use super::{CallError, Guard, call, client_builder};

    /// What comes of calling a name of this machine, where nothing listens, when these hosts are listed.
    async fn call_loopback(hosts: &[&str]) -> CallError {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let hosts: BTreeSet<String> = hosts.iter().map(|&host| host.to_owned()).collect();
        let client = client_builder().no_proxy().dns_resolver(Arc::new(Guard(Arc::new(hosts)))).build().unwrap();
        call(client.get(format!("http://localhost:{port}/t0psecret"))).await.unwrap_err()
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_not_called() {
        let error = call_loopback(&["other.example"]).await;
        let CallError::Forbidden(reason) = error else { panic!("{error:?}") };
        assert_eq!(reason, "'localhost' leads into the server's own network");
        // One that is listed is called, and nobody answers.
        let error = call_loopback(&["localhost"]).await;
        let CallError::NotSent(reason) = error else { panic!("{error:?}") };
        assert!(!reason.contains("t0psecret"), "{reason}");
    }
}

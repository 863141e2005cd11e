//! Who can reach the server, through whom, and what follows from that.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;
use url::Url;

use super::{ConfigError, read_list};
use crate::domain::hosts::is_loopback_url;
use crate::domain::proxies::Proxies;
use crate::service::DEFAULT_SESSIONS_SECRET;

/// The fewest characters of a secret that others may try to guess: as many as 128 bits have in hexadecimal.
const SHORTEST_SECRET: usize = 32;

/// What others than this machine come by, as the end of a sentence; nothing where none do. Also what listens to this machine alone is for
/// others when the dashboard has another address: a proxy publishes it.
pub(super) fn describe_strangers(listen: SocketAddr, frontend_url: &str) -> Option<String> {
    if !listen.ip().is_loopback() {
        return Some(format!("listen on {listen}"));
    }
    let is_local = Url::parse(frontend_url).is_ok_and(|url| is_loopback_url(&url));
    (!is_local).then(|| format!("be reached as {frontend_url}"))
}

/// Reads the secrets that sign session cookies, separated by commas. Where strangers come, `strangers` says how, neither the one
/// that everybody knows nor one that can be guessed will do: whoever knows the secret is whoever they like.
pub(super) fn read_session_secrets(text: Option<String>, strangers: Option<&str>) -> Result<Vec<String>, ConfigError> {
    let problem = |problem: String| ConfigError::new("SESSIONS_SECRET", problem);
    let text = text.unwrap_or_else(|| DEFAULT_SESSIONS_SECRET.to_owned());
    let secrets = read_list(&text);
    if secrets.is_empty() {
        return Err(problem("it is empty: nobody could stay signed in".to_owned()));
    }
    let Some(strangers) = strangers else { return Ok(secrets) };
    if secrets.iter().any(|secret| secret == DEFAULT_SESSIONS_SECRET) {
        return Err(problem(format!("give a secret of your own to {strangers}: everybody knows the default")));
    }
    if secrets.iter().any(|secret| secret.chars().count() < SHORTEST_SECRET) {
        let reason = format!("each has to have {SHORTEST_SECRET} characters or more to {strangers}");
        return Err(problem(format!("{reason}: a shorter one can be guessed (openssl rand -hex 32 makes one)")));
    }
    Ok(secrets)
}

/// Reads addresses and networks of proxies. One that everybody is in would let everybody say where they come from.
pub(super) fn read_proxies(text: &str) -> Result<Proxies, ConfigError> {
    let problem = |text: &str, problem: &str| ConfigError::new("TRUSTED_PROXIES", format!("'{text}' {problem}"));
    let read = |text: String| match text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)) {
        Ok(network) if network.prefix_len() == 0 => Err(problem(&text, "is everybody")),
        Ok(network) => Ok(network),
        Err(_) => Err(problem(&text, "is no address, nor a network such as 10.0.0.0/8")),
    };
    Ok(Proxies::new(read_list(text).into_iter().map(read).collect::<Result<_, _>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "0123456789abcdef0123456789abcdef";
    const OLDER: &str = "fedcba9876543210fedcba9876543210";
    const LOCAL: &str = "http://localhost:30001";

    #[test]
    fn strangers_need_a_secret_they_neither_know_nor_guess() {
        let both = format!("{OWN}, {OLDER}");
        let short = &OWN[1..];
        let with_short = format!("{OWN},{short}");
        let published = "https://to.example";
        for (listen, frontend_url, secret, expected) in [
            ("127.0.0.1:1", LOCAL, None, Ok(vec!["secret"])),
            ("127.0.0.1:1", LOCAL, Some("a,b"), Ok(vec!["a", "b"])),
            ("127.0.0.1:1", "http://[::1]:30000", None, Ok(vec!["secret"])),
            ("0.0.0.0:1", LOCAL, None, Err("give a secret of your own to listen on 0.0.0.0:1: everybody knows")),
            ("0.0.0.0:1", LOCAL, Some("secret"), Err("give a secret of your own")),
            ("0.0.0.0:1", LOCAL, Some("new, secret"), Err("give a secret of your own")),
            ("0.0.0.0:1", LOCAL, Some(" , "), Err("it is empty")),
            ("0.0.0.0:1", LOCAL, Some(short), Err("each has to have 32 characters or more to listen on 0.0.0.0:1")),
            ("0.0.0.0:1", LOCAL, Some(with_short.as_str()), Err("each has to have 32 characters or more")),
            ("0.0.0.0:1", LOCAL, Some(both.as_str()), Ok(vec![OWN, OLDER])),
            // A proxy publishes what listens to this machine alone.
            ("127.0.0.1:1", published, None, Err("give a secret of your own to be reached as https://to.example: ")),
            ("127.0.0.1:1", published, Some(short), Err("each has to have 32 characters or more")),
            ("127.0.0.1:1", published, Some(OWN), Ok(vec![OWN])),
        ] {
            let strangers = describe_strangers(listen.parse().unwrap(), frontend_url);
            match (read_session_secrets(secret.map(str::to_owned), strangers.as_deref()), expected) {
                (Ok(secrets), Ok(expected)) => assert_eq!(secrets, expected),
                (Err(error), Err(expected)) => {
                    let text = error.to_string();
                    assert!(text.starts_with(&format!("SESSIONS_SECRET: {expected}")), "{text}");
                    // Not the secret itself.
                    assert!(!text.contains(short), "{text}");
                }
                (found, expected) => panic!("{listen} {secret:?}: {found:?} instead of {expected:?}"),
            }
        }
    }

    #[test]
    fn proxies_are_addresses_and_networks() {
        for (list, peer, expected) in [
            ("", "10.0.0.7", false),
            ("10.0.0.7", "10.0.0.7", true),
            ("10.0.0.7", "10.0.0.8", false),
            (" 192.0.2.1 ,, 10.0.0.7/8 ", "10.200.0.1", true),
            ("2001:db8::/32", "2001:db8:1::1", true),
        ] {
            assert_eq!(read_proxies(list).unwrap().are_at(peer.parse().unwrap()), expected, "{list} {peer}");
        }
        for (list, expected) in [
            ("proxy.example", "'proxy.example' is no address, nor a network such as 10.0.0.0/8"),
            ("10.0.0.7, 10.0.0.0/33", "'10.0.0.0/33' is no address, nor a network such as 10.0.0.0/8"),
            ("0.0.0.0/0", "'0.0.0.0/0' is everybody"),
            ("::/0", "'::/0' is everybody"),
        ] {
            let error = read_proxies(list).unwrap_err().to_string();
            assert_eq!(error, format!("TRUSTED_PROXIES: {expected}"));
        }
    }
}

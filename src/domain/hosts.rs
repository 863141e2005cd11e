//! Names of machines, as they stand in addresses and in `Host`: which of them lead to this machine alone.

use std::net::IpAddr;

use url::Url;

/// Whether a `Host`, with or without a port, is `localhost` or a loopback address.
pub fn is_loopback_host(host: &str) -> bool {
    let name = name_of(host);
    name.eq_ignore_ascii_case("localhost") || name.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// Whether an address leads to this machine and to no other.
pub fn is_loopback_url(url: &Url) -> bool {
    url.host_str().is_some_and(is_loopback_host)
}

/// Whether a `Host` is a name that this installation goes by: one of this machine alone, or that of the dashboard's address.
///
/// Whoever owns another name can make it lead here, so that a browser takes the answers for those of a foreign page.
pub fn is_own_host(host: &str, frontend_url: &str) -> bool {
    let is_of_dashboard = || {
        let frontend = Url::parse(frontend_url).ok();
        let name = frontend.as_ref().and_then(Url::host_str).map(name_of);
        name.is_some_and(|name| name.eq_ignore_ascii_case(name_of(host)))
    };
    is_loopback_host(host) || is_of_dashboard()
}

/// A host without its port and without the brackets around an IPv6 address.
fn name_of(host: &str) -> &str {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !is_inside_brackets(name) => name,
        _ => host,
    };
    name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name)
}

/// Whether a bracket is still open at the end of a text: what looks like a port then is part of the address.
fn is_inside_brackets(text: &str) -> bool {
    text.starts_with('[') && !text.ends_with(']')
}

#[cfg(test)]
mod tests {
    use super::{is_loopback_host, is_own_host};

    #[test]
    fn only_loopback_names_are_of_this_machine_alone() {
        for (host, expected) in [
            ("127.0.0.1:30000", true),
            ("127.8.9.1", true),
            ("localhost:30000", true),
            ("LocalHost", true),
            ("[::1]:30000", true),
            ("[::1]", true),
            ("[::2]:1", false),
            ("127.0.0.1.example.org", false),
            ("localhost.example.org:30000", false),
            ("example.org:30000", false),
            ("192.0.2.1", false),
            ("0.0.0.0:30000", false),
            ("[127.0.0.1", false),
            ("", false),
        ] {
            assert_eq!(is_loopback_host(host), expected, "{host}");
        }
    }

    #[test]
    fn the_host_of_the_dashboard_is_ours_too() {
        for (host, frontend_url, expected) in [
            ("to.example", "https://to.example/app", true),
            ("TO.example:8443", "https://to.example", true),
            ("to.example", "https://to.example:8443", true),
            ("localhost:30000", "https://to.example", true),
            ("[2001:db8::1]:1", "http://[2001:db8::1]:30000", true),
            ("to.example.evil.example", "https://to.example", false),
            ("evil.example", "https://to.example", false),
            ("", "https://to.example", false),
            ("", "nonsense", false),
        ] {
            assert_eq!(is_own_host(host, frontend_url), expected, "{host} {frontend_url}");
        }
    }
}

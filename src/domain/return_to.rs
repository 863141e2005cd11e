//! Where a browser goes when it has signed in or out: to pages of this installation and nowhere else.

use url::{Position, Url};

/// The longest address that is gone back to, in bytes: it travels in a cookie, of which browsers keep four kilobytes.
const LONGEST: usize = 2000;

/// Whether an address is a page of the dashboard: a path, or an absolute address of its very origin (scheme, host, port).
pub fn is_own_page(frontend_url: &str, address: &str) -> bool {
    resolve(frontend_url, address).is_some()
}

/// The address, as it can stand in a `Location` header, if it is a page of the dashboard.
pub fn safe_return(frontend_url: &str, address: &str) -> Option<String> {
    let url = resolve(frontend_url, address)?;
    if address.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Some(address.to_owned());
    }
    Some(if address.starts_with('/') { url[Position::BeforePath..].to_owned() } else { url.into() })
}

/// What browsers make of the address, where that is one of ours.
fn resolve(frontend_url: &str, address: &str) -> Option<Url> {
    // Browsers drop some of these characters before they look for the host, and take a backslash for a slash.
    if address.len() > LONGEST || address.contains(|c: char| c.is_control() || c == '\\') {
        return None;
    }
    let own = Url::parse(frontend_url).ok()?;
    let url = if address.starts_with('/') { resolve_path(&own, address)? } else { parse_absolute(address)? };
    let has_own_origin = url.origin().is_tuple() && url.origin() == own.origin();
    let names_nobody = url.username().is_empty() && url.password().is_none();
    (has_own_origin && names_nobody).then_some(url)
}

/// Two slashes begin a host, also where the first path segments cancel each other out.
fn resolve_path(own: &Url, path: &str) -> Option<Url> {
    let url = own.join(path).ok()?;
    (!path.starts_with("//") && !url.path().starts_with("//")).then_some(url)
}

/// Without both slashes a browser takes `http:x` for a path.
fn parse_absolute(address: &str) -> Option<Url> {
    let (scheme, _) = address.split_once("://")?;
    let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    if is_web { Url::parse(address).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, is_own_page, safe_return};

    const FRONTEND: &str = "https://to.example/app";

    #[test]
    fn own_pages_are_paths_and_addresses_of_the_same_origin() {
        for (address, expected) in [
            ("/", "/"),
            ("/snaps?q=a b&x=1#top", "/snaps?q=a%20b&x=1#top"),
            ("/snaps/../debs", "/snaps/../debs"),
            ("/\u{e9}", "/%C3%A9"),
            ("https://to.example", "https://to.example"),
            ("https://to.example/", "https://to.example/"),
            ("HTTPS://TO.example:443/snaps#x", "HTTPS://TO.example:443/snaps#x"),
            ("https://to.example//x", "https://to.example//x"),
            ("https://to.example/\u{e9}", "https://to.example/%C3%A9"),
        ] {
            assert_eq!(safe_return(FRONTEND, address).as_deref(), Some(expected), "{address}");
        }
    }

    #[test]
    fn everything_else_is_foreign() {
        let long = format!("/{}", "x".repeat(LONGEST));
        for address in [
            "",
            "snaps",
            "//to.example/",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "/.//evil.example",
            "/..//evil.example",
            " /snaps",
            "http://to.example/",
            "https://to.example:444/",
            "https://to.example.evil.example/",
            "https://sub.to.example/",
            "https://evil.example/",
            "https://to.example@evil.example/",
            "https://evil.example\\@to.example/",
            "https://somebody@to.example/",
            "https://somebody:word@to.example/",
            "https:to.example/",
            "https:/to.example/",
            "javascript://to.example/%0aalert(1)",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "ftp://to.example/",
            "https://",
            long.as_str(),
        ] {
            assert!(!is_own_page(FRONTEND, address), "{address:?}");
            assert_eq!(safe_return(FRONTEND, address), None, "{address:?}");
        }
    }
}

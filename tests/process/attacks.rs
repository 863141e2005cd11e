//! Requests that no client of ours sends, byte for byte over the wire: refused, and the server goes on.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::support::{Database, Server};

/// Sends bytes as they are; whatever comes back.
fn exchange(server: &Server, request: &str) -> String {
    let mut stream = TcpStream::connect(server.url.strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    // A server that has heard enough answers and closes while we are still writing.
    drop(stream.write_all(request.as_bytes()));
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer));
    String::from_utf8_lossy(&answer).into_owned()
}

/// A request with these lines of headers.
fn request(line: &str, headers: &str) -> String {
    format!("{line} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{headers}\r\n")
}

fn status(answer: &str) -> u16 {
    let status = answer.split(' ').nth(1).unwrap_or_else(|| panic!("no answer: {answer}"));
    status.parse().unwrap()
}

#[test]
fn oversized_requests_are_refused_and_the_server_goes_on() {
    let database = Database::sqlite();
    let server = Server::start(&database, &[]);
    for (line, headers, expected) in [
        ("GET /v1/version".to_owned(), format!("Cookie: session={}\r\n", "x".repeat(1_000_000)), 431),
        ("GET /v1/version".to_owned(), format!("Authorization: Bearer {}\r\n", "x".repeat(1_000_000)), 431),
        ("GET /v1/version".to_owned(), "X-Header: x\r\n".repeat(200), 431),
        (format!("GET /v1/version?{}", "x".repeat(70_000)), String::new(), 414),
        (format!("GET /v1/{}", "x".repeat(70_000)), String::new(), 414),
        // What is long and no more is judged like everything else.
        (format!("GET /v1/version?{}", "x".repeat(60_000)), String::new(), 200),
        (format!("GET /v1/{}", "x".repeat(60_000)), String::new(), 404),
        (format!("GET /pkg/{}", "x".repeat(60_000)), String::new(), 404),
        (format!("GET /pkg/{}", "x".repeat(256)), String::new(), 404),
        (format!("GET /v1/artefacts/{}", "1".repeat(60_000)), String::new(), 404),
        (format!("{} /v1/version", "X".repeat(60_000)), String::new(), 405),
    ] {
        let answer = exchange(&server, &request(&line, &headers));
        assert_eq!(status(&answer), expected, "{line:.20} {headers:.40}");
        assert_eq!(status(&exchange(&server, &request("GET /v1/version", ""))), 200);
    }
    // The log has a line about it, not the whole of it.
    for words in ["head is too large", "head is too large", "there is no such address", "there is no such method"] {
        let line = server.wait_for_line(words);
        assert!(line.len() < 1_000 && line.contains("127.0.0.1"), "{line}");
    }
}

// Reads are open here because only this machine can connect: under a foreign name a page of somebody else would read.
#[test]
fn a_name_that_was_made_to_lead_here_reads_nothing() {
    let database = Database::sqlite();
    let server = Server::start(&database, &[]);
    for (host, expected) in [("127.0.0.1", 200), ("localhost:30000", 200), ("[::1]", 200), ("rebound.example", 403)] {
        for path in ["/v1/artefacts?family=deb", "/v1/test-cases"] {
            let answer =
                exchange(&server, &format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"));
            assert_eq!(status(&answer), expected, "{host} {path}");
        }
    }
}

#[test]
fn no_path_leads_out_of_the_folder_with_the_files() {
    let database = Database::sqlite();
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/public");
    let server = Server::start(&database, &[("SITE_ROOT", root)]);
    for accept in ["Accept: */*\r\n", "Accept: text/html\r\n"] {
        for path in [
            "/../Cargo.toml",
            "/favicon.svg/../../Cargo.toml",
            "/%2e%2e/Cargo.toml",
            "/..%2fCargo.toml",
            "/pkg/../../Cargo.toml",
            "/pkg/../favicon.svg",
            "/pkg/..%2f..%2fCargo.toml",
            "/pkg/%2e%2e/%2e%2e/Cargo.toml",
            "/pkg/%2e%2e%2f%2e%2e%2fCargo.toml",
            "/pkg/..%5c..%5cCargo.toml",
            "/pkg//etc/passwd",
            "/pkg/%2fetc%2fpasswd",
            "/pkg/%00",
            "/pkg/x%00.js",
            "/pkg/%ff",
            "//etc/passwd",
        ] {
            let answer = exchange(&server, &request(&format!("GET {path}"), accept));
            assert_eq!(status(&answer), 404, "{path}: {answer}");
            assert!(!answer.contains("[package]") && !answer.contains("root:x:0"), "{path}: {answer}");
        }
    }
}

#[test]
fn nothing_of_a_request_is_repeated_by_other_methods() {
    let database = Database::sqlite();
    let server = Server::start(&database, &[]);
    for method in ["TRACE", "TRACK", "get"] {
        for path in ["/", "/snaps", "/v1/artefacts", "/docs", "/favicon.svg"] {
            let headers = "Cookie: session=stolen\r\nX-Header: stolen\r\n";
            let answer = exchange(&server, &request(&format!("{method} {path}"), headers));
            assert!(matches!(status(&answer), 404 | 405), "{method} {path}: {answer}");
            assert!(!answer.contains("stolen"), "{method} {path}: {answer}");
        }
    }
}

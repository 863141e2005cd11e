//! Serves the built files of a site that is in memory, as a folder of them would be served.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use super::files::{entity_tag, is_known};
use super::site::EmbeddedSite;

/// The folder whose files these are.
const FOLDER: &str = "pkg/";
/// The ways a file is compressed, the best first: what files and headers call them.
const ENCODINGS: [(&str, &str); 2] = [(".br", "br"), (".gz", "gzip")];

/// A file, in one of its encodings.
#[derive(Clone)]
struct Variant {
    encoding: Option<&'static str>,
    content: Bytes,
    etag: Option<HeaderValue>,
}

/// A file with its encodings, the best first and as it is last.
struct BuiltFile {
    content_type: HeaderValue,
    variants: Vec<Variant>,
}

type BuiltFiles = Arc<HashMap<&'static str, BuiltFile>>;

/// The built files, by their address below `/pkg`.
pub(super) fn pkg(site: EmbeddedSite) -> Router {
    let all: HashMap<&'static str, &'static [u8]> =
        site.files.iter().filter_map(|(path, content)| Some((path.strip_prefix(FOLDER)?, *content))).collect();
    let is_compressed = |name: &str| ENCODINGS.iter().any(|(ending, _)| name.ends_with(ending));
    let names = all.keys().filter(|name| !is_compressed(name));
    let files: BuiltFiles = Arc::new(names.map(|name| (*name, BuiltFile::read(name, &all))).collect());
    Router::new().fallback(serve).with_state(files)
}

impl BuiltFile {
    fn read(name: &str, all: &HashMap<&'static str, &'static [u8]>) -> Self {
        let variant = |content: &'static [u8], encoding| Variant {
            encoding,
            content: Bytes::from_static(content),
            etag: entity_tag(content),
        };
        let compressed = ENCODINGS.iter().filter_map(|(ending, encoding)| {
            let content = all.get(format!("{name}{ending}").as_str())?;
            Some(variant(content, Some(*encoding)))
        });
        let plain = all.get(name).map(|content| variant(content, None));
        Self { content_type: content_type(name), variants: compressed.chain(plain).collect() }
    }
}

fn content_type(name: &str) -> HeaderValue {
    HeaderValue::from_static(match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("wasm") => "application/wasm",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    })
}

async fn serve(State(files): State<BuiltFiles>, method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if !matches!(method, Method::GET | Method::HEAD) {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET,HEAD")]).into_response();
    }
    let Some(file) = files.get(uri.path().trim_start_matches('/')) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let Some(variant) = file.choose(&headers) else { return StatusCode::NOT_FOUND.into_response() };
    let mut response = match &variant.etag {
        Some(etag) if is_known(&headers, etag) => StatusCode::NOT_MODIFIED.into_response(),
        _ => ([(header::CONTENT_TYPE, file.content_type.clone())], variant.content).into_response(),
    };
    if let Some(encoding) = variant.encoding.filter(|_| response.status() == StatusCode::OK) {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    if let Some(etag) = variant.etag {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}

impl BuiltFile {
    /// The encoding that the client likes best, of equal ones our best; as it is where it takes none.
    fn choose(&self, headers: &HeaderMap) -> Option<Variant> {
        let wishes: Vec<(String, f32)> = headers
            .get_all(header::ACCEPT_ENCODING)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(read_wish)
            .collect();
        let weight = |variant: &Variant| match variant.encoding {
            // Worth least, and always possible.
            None => f32::MIN_POSITIVE,
            Some(encoding) => {
                let wish = wishes.iter().find(|(name, _)| name == encoding);
                wish.or_else(|| wishes.iter().find(|(name, _)| name == "*")).map_or(0.0, |(_, weight)| *weight)
            }
        };
        // The last of equals: hence the best ones come last.
        self.variants.iter().rev().max_by(|one, other| weight(one).total_cmp(&weight(other))).cloned()
    }
}

/// An encoding and how much it is liked: `gzip;q=0.5`.
fn read_wish(text: &str) -> Option<(String, f32)> {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next()?.to_ascii_lowercase();
    let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |weight| weight.parse().ok())?;
    (0.0..=1.0).contains(&weight).then_some((name, weight))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicU32, Ordering};

    use axum::body::Body;
    use axum::http::{Request, Response};
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::super::files::{find_assets, pkg};
    use super::super::site::{EmbeddedSite, Site};
    use super::*;

    const HASHES: &str = "js: 3f\nmanifest: 5a\n";
    const FILES: &[(&str, &[u8])] = &[
        ("favicon.svg", b"<svg/>"),
        ("pkg/__wasm_split_manifest.5a.json", b"{\"page\": [\"chunk_1.77\"]}"),
        ("pkg/test-observer.3f.js", b"let plain;"),
        ("pkg/test-observer.3f.js.br", b"brotli"),
        ("pkg/test-observer.3f.js.gz", b"gzip"),
        ("pkg/test-observer.css", b"p {}"),
        ("pkg/test-observer.wasm", b"\0asm"),
    ];
    const EMBEDDED: Site = Site::Embedded(EmbeddedSite { hashes: HASHES, files: FILES });

    /// The same site as a folder, which lasts as long as the test.
    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            static NEXT: AtomicU32 = AtomicU32::new(0);
            let name = format!("to_site_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
            let folder = Self(std::env::temp_dir().join(name));
            for (path, content) in FILES {
                let path = folder.0.join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, content).unwrap();
            }
            std::fs::write(folder.0.join("hash.txt"), HASHES).unwrap();
            folder
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            drop(std::fs::remove_dir_all(&self.0));
        }
    }

    async fn ask(site: &Site, method: &str, path: &str, headers: &[(&str, &str)]) -> Response<Body> {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        pkg(site, true).oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn the_program_serves_what_a_folder_serves() {
        let folder = Folder::new();
        let on_disk = Site::Folder { root: folder.0.clone(), hash_file: folder.0.join("hash.txt") };
        assert_eq!(
            find_assets(&EMBEDDED).names.chunks,
            std::collections::HashMap::from([("page".to_owned(), vec!["chunk_1.77".to_owned()])])
        );
        for (method, path, accepted) in [
            ("GET", "/test-observer.3f.js", "gzip, deflate, br"),
            ("GET", "/test-observer.3f.js", "gzip"),
            ("GET", "/test-observer.3f.js", "br;q=0.5, gzip"),
            ("GET", "/test-observer.3f.js", "br;q=0, gzip;q=0"),
            ("GET", "/test-observer.3f.js", ""),
            ("HEAD", "/test-observer.3f.js", "br"),
            ("GET", "/test-observer.css", "br"),
            ("GET", "/test-observer.wasm", ""),
            ("GET", "/__wasm_split_manifest.5a.json", ""),
            ("GET", "/missing.js", "br"),
            ("GET", "/../favicon.svg", ""),
            ("POST", "/test-observer.css", ""),
        ] {
            let mut answers = Vec::new();
            for site in [&on_disk, &EMBEDDED] {
                let answer = ask(site, method, path, &[("accept-encoding", accepted)]).await;
                let headers = ["content-type", "content-encoding", "cache-control", "vary", "allow"];
                let headers = headers.map(|name| answer.headers().get(name).cloned());
                let status = answer.status();
                let body = answer.into_body().collect().await.unwrap().to_bytes();
                // Only hyper, which is not there, leaves the body of an answer to HEAD away.
                answers.push((status, headers, if method == "HEAD" { Bytes::new() } else { body }));
            }
            assert_eq!(answers[0], answers[1], "{method} {path} {accepted}");
        }
    }

    #[tokio::test]
    async fn a_copy_that_is_still_good_is_not_sent_again() {
        let known = |answer: &Response<Body>| answer.headers()["etag"].to_str().unwrap().to_owned();
        let path = "/test-observer.3f.js";
        let plain = known(&ask(&EMBEDDED, "GET", path, &[]).await);
        let packed = known(&ask(&EMBEDDED, "GET", path, &[("accept-encoding", "br")]).await);
        assert_ne!(plain, packed);
        for (tag, expected) in [(&packed, StatusCode::NOT_MODIFIED), (&plain, StatusCode::OK)] {
            let answer = ask(&EMBEDDED, "GET", path, &[("accept-encoding", "br"), ("if-none-match", tag)]).await;
            assert_eq!((answer.status(), known(&answer)), (expected, packed.clone()));
        }
    }

    #[test]
    fn public_files_are_those_at_the_top() {
        let folder = Folder::new();
        let on_disk = Site::Folder { root: folder.0.clone(), hash_file: folder.0.join("hash.txt") };
        for site in [&on_disk, &EMBEDDED] {
            let files = super::super::files::PublicFiles::read(site);
            assert!(files.find("/favicon.svg").is_some());
            assert!(files.find("/pkg").is_none() && files.find("/pkg/test-observer.css").is_none());
        }
    }
}

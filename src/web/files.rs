//! The dashboard's files: built ones, whose names change with their content, and the few public ones that keep their names.

use std::{borrow::Cow, collections::HashMap, path::Path};

use app::Assets;
use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};
use tower_http::services::ServeDir;

use super::embedded;
use super::site::Site;

/// The built files as pages refer to them.
pub(super) struct FoundAssets {
    pub(super) names: Assets,
    /// Whether the names change with the content, so that a browser may keep the files for ever.
    pub(super) is_hashed: bool,
}

/// Reads the hashes that the build left: lines like `js: 3f2a…`. Without them the names are plain.
pub(super) fn find_assets(site: &Site) -> FoundAssets {
    let text = site.read_hashes();
    let hashes: HashMap<&str, &str> = text.lines().filter_map(|line| line.split_once(':')).collect();
    let name = |kind: &str| match hashes.get(kind) {
        Some(hash) => format!("/pkg/test-observer.{}.{kind}", hash.trim()),
        None => format!("/pkg/test-observer.{kind}"),
    };
    let split = hashes.get("split").map_or("______________________", |hash| hash.trim());
    let manifest = match hashes.get("manifest") {
        Some(hash) => format!("__wasm_split_manifest.{}.json", hash.trim()),
        None => "__wasm_split_manifest.json".to_owned(),
    };
    // Without it the code of a page is fetched all the same, only later.
    let chunks = site.read(&format!("pkg/{manifest}"));
    let names = Assets {
        css: name("css"),
        js: name("js"),
        wasm: name("wasm"),
        split: format!("__wasm_split.{split}.js"),
        chunks: chunks.and_then(|chunks| serde_json::from_slice(&chunks).ok()).unwrap_or_default(),
    };
    FoundAssets { names, is_hashed: !hashes.is_empty() }
}

/// No built file has a longer address. To look for a name that no file can have would be an error of ours.
const LONGEST_ADDRESS: usize = 255;

/// Serves the built files, compressed where the build has done so.
pub(super) fn pkg(site: &Site, is_hashed: bool) -> Router {
    let files = match site {
        Site::Folder { root, .. } => {
            Router::new().fallback_service(ServeDir::new(root.join("pkg")).precompressed_br().precompressed_gzip())
        }
        Site::Embedded(site) => embedded::pkg(*site),
    };
    let caching = if is_hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
    files.layer(middleware::from_fn(move |request: Request, next: Next| async move {
        let is_possible = request.uri().path().len() <= LONGEST_ADDRESS;
        let mut response = if is_possible { next.run(request).await } else { StatusCode::NOT_FOUND.into_response() };
        // A file that is missing today may be there tomorrow.
        let caching = if response.status().is_client_error() { "no-store" } else { caching };
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
        response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        response
    }))
}

/// What tells a file from what it was before; nothing if it cannot be told.
pub(super) fn entity_tag(content: &[u8]) -> Option<HeaderValue> {
    let digest = Sha256::digest(content);
    let tag = digest.iter().take(12).fold(String::from("\""), |tag, byte| format!("{tag}{byte:02x}"));
    HeaderValue::try_from(tag + "\"").ok()
}

/// Whether the copy that the browser has is the one with this tag.
pub(super) fn is_known(request: &HeaderMap, etag: &HeaderValue) -> bool {
    let known = request.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    known
        .flat_map(|value| value.split(','))
        .any(|tag| tag.trim().trim_start_matches("W/").as_bytes() == etag.as_bytes())
}

/// A public file, small enough to keep.
pub(super) struct PublicFile {
    content: Cow<'static, [u8]>,
    content_type: &'static str,
    etag: HeaderValue,
}

impl PublicFile {
    fn read(site: &Site, name: &str) -> Option<Self> {
        let content_type = match Path::new(name).extension()?.to_str()? {
            "svg" => "image/svg+xml",
            "txt" => "text/plain; charset=utf-8",
            "png" => "image/png",
            "ico" => "image/x-icon",
            "webmanifest" => "application/manifest+json",
            _ => return None,
        };
        let content = site.read(name)?;
        let etag = entity_tag(&content)?;
        Some(Self { content, content_type, etag })
    }

    /// The file, or the news that the browser's copy is still good.
    pub(super) fn respond(&self, request: &HeaderMap) -> Response {
        let headers =
            [(header::ETAG, self.etag.clone()), (header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))];
        if is_known(request, &self.etag) {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        let content_type = [(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type))];
        (headers, content_type, self.content.clone()).into_response()
    }
}

/// The public files by address, read once.
pub(super) struct PublicFiles(HashMap<String, PublicFile>);

impl PublicFiles {
    /// Reads what lies directly in the site.
    pub(super) fn read(site: &Site) -> Self {
        let names = site.public_names().into_iter();
        Self(names.filter_map(|name| Some((format!("/{name}"), PublicFile::read(site, &name)?))).collect())
    }

    /// The file at an address.
    pub(super) fn find(&self, path: &str) -> Option<&PublicFile> {
        self.0.get(path)
    }
}

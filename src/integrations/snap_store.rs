//! The snap store: which version of a snap is in which channel.

use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderValue;
use url::Url;

use super::fetch::{get, open, read_body};
use super::http_client::HttpClient;
use super::unchanged::{Marks, Memory};
use crate::domain::promotion::{Release, read_channel_map, read_refusal};

/// The store, where nobody says another address.
pub const DEFAULT_URL: &str = "https://api.snapcraft.io";
/// As long as the store may take for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest answer that is read, in bytes: a snap with hundreds of channels has less than a mebibyte.
const LARGEST: usize = 16 * 1024 * 1024;

/// What is released of a snap, by its name, as devices of a store see it; for the log, why nobody can say. It is not sent again when it
/// has not changed.
pub(crate) async fn list_releases(
    http: &HttpClient,
    memory: &Memory<(String, String), Vec<Release>>,
    store_url: &str,
    snap: &(String, String),
) -> Result<Arc<Vec<Release>>, String> {
    let (name, store) = (snap.0.as_str(), snap.1.as_str());
    let no_address = || format!("'{store_url}' is no address");
    let mut url = Url::parse(store_url).map_err(|_| no_address())?;
    url.path_segments_mut().map_err(|()| no_address())?.pop_if_empty().extend(["v2", "snaps", "info", name]);
    let mut request = get(url.as_str(), "application/json")?;
    let store = HeaderValue::from_str(store).map_err(|_| format!("there can be no store {store:?}"))?;
    request.headers_mut().insert("snap-device-series", HeaderValue::from_static("16"));
    request.headers_mut().insert("snap-device-store", store);
    let known = memory.recall(snap);
    if let Some(known) = &known {
        known.condition(request.headers_mut());
    }
    let mut answer = open(http, request, PATIENCE).await?;
    let status = answer.status();
    if let Some(releases) = known.and_then(|known| known.confirmed(status)) {
        return Ok(releases);
    }
    let body = read_body(&mut answer, LARGEST).await?;
    if status.is_success() {
        let releases = Arc::new(read_channel_map(&body)?);
        memory.remember(snap.clone(), Marks::of(answer.headers()), &releases);
        return Ok(releases);
    }
    let said = read_refusal(&body).map(|message| format!(": {message}")).unwrap_or_default();
    Err(format!("the store's answer has the status {}{said}", status.as_u16()))
}

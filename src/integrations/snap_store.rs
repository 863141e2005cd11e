//! The snap store: which version of a snap is in which channel.

use std::time::Duration;

use axum::http::HeaderValue;
use url::Url;

use super::fetch::{get, open, read_body};
use super::http_client::HttpClient;
use crate::domain::promotion::{Release, read_channel_map, read_refusal};

/// The store, where nobody says another address.
pub const DEFAULT_URL: &str = "https://api.snapcraft.io";
/// As long as the store may take for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest answer that is read, in bytes: a snap with hundreds of channels has less than a mebibyte.
const LARGEST: usize = 16 * 1024 * 1024;

/// What is released of a snap, as devices of that store see it; for the log, why nobody can say.
pub(crate) async fn list_releases(
    http: &HttpClient,
    store_url: &str,
    name: &str,
    store: &str,
) -> Result<Vec<Release>, String> {
    let no_address = || format!("'{store_url}' is no address");
    let mut url = Url::parse(store_url).map_err(|_| no_address())?;
    url.path_segments_mut().map_err(|()| no_address())?.pop_if_empty().extend(["v2", "snaps", "info", name]);
    let mut request = get(url.as_str(), "application/json")?;
    let store = HeaderValue::from_str(store).map_err(|_| format!("there can be no store {store:?}"))?;
    request.headers_mut().insert("snap-device-series", HeaderValue::from_static("16"));
    request.headers_mut().insert("snap-device-store", store);
    let mut answer = open(http, request, PATIENCE).await?;
    let status = answer.status();
    let body = read_body(&mut answer, LARGEST).await?;
    if status.is_success() {
        return read_channel_map(&body);
    }
    let said = read_refusal(&body).map(|message| format!(": {message}")).unwrap_or_default();
    Err(format!("the store's answer has the status {}{said}", status.as_u16()))
}

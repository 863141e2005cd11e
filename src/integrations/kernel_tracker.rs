//! The kernels' trackers: which kernels are on their way, and by when they have to be tested.

use std::time::Duration;

use super::fetch::{get, open, read_body};
use super::http_client::HttpClient;

/// The document of all trackers, where nobody says another address.
pub const DEFAULT_URL: &str = "https://kernel.ubuntu.com/swm/status.json";
/// As long as the document may take to come.
const PATIENCE: Duration = Duration::from_secs(30);
/// The largest document that is read, in bytes.
const LARGEST: usize = 64 * 1024 * 1024;

/// The document; for the log, why there is none.
pub(crate) async fn fetch_status(http: &HttpClient, url: &str) -> Result<Vec<u8>, String> {
    let mut answer = open(http, get(url, "application/json")?, PATIENCE).await?;
    if !answer.status().is_success() {
        return Err(format!("the answer has the status {}", answer.status().as_u16()));
    }
    read_body(&mut answer, LARGEST).await
}

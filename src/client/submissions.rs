//! Submissions of Checkbox that somebody else keeps, such as Jenkins. No key of ours goes there.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::{Client, StatusCode};

use crate::domain::submission::{LARGEST_REPORT, read_statuses};
use crate::integrations::http_client::{client_builder, explain};

const PATIENCE: Duration = Duration::from_mins(1);

/// A client that shows nobody who asks.
pub fn client() -> Result<Client, String> {
    client_builder().timeout(PATIENCE).build().map_err(|error| explain(&error))
}

/// What a submission says of each job, or none where there is no submission.
pub async fn fetch_statuses(client: &Client, url: &str) -> Result<Option<BTreeMap<String, String>>, String> {
    let failed = |error: &reqwest::Error| format!("{url}: {}", explain(error));
    let mut response = client.get(url).send().await.map_err(|error| failed(&error))?;
    if response.status() == StatusCode::NOT_FOUND {
        return Ok(None);
    }
    if !response.status().is_success() {
        return Err(format!("{url}: the answer has the status {}", response.status().as_u16()));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failed(&error))? {
        if body.len() + chunk.len() > LARGEST_REPORT {
            return Err(format!("{url}: it is larger than {LARGEST_REPORT} bytes"));
        }
        body.extend_from_slice(&chunk);
    }
    read_statuses(&body).map(Some).map_err(|error| format!("{url}: {error}"))
}

/// The addresses of a Jenkins job's submissions: that of a build, and those of the builds before it, newest first.
pub fn addresses_back_from(url: &str, count: u64) -> Option<Vec<(u64, String)>> {
    let (before, after) = url.split_once("/artifact/")?;
    let (job, build) = before.rsplit_once('/')?;
    let newest: u64 = build.parse().ok()?;
    let builds = (0..count).map_while(|back| newest.checked_sub(back)).filter(|build| *build > 0);
    Some(builds.map(|build| (build, format!("{job}/{build}/artifact/{after}"))).collect())
}

#[cfg(test)]
mod tests {
    use super::addresses_back_from;

    #[test]
    fn builds_are_counted_back() {
        let addresses = |url, count| {
            let found = addresses_back_from(url, count);
            found.map(|found| found.into_iter().map(|(build, url)| format!("{build} {url}")).collect::<Vec<_>>())
        };
        let url = "http://j.example/job/x/2/artifact/artifacts/submission.json";
        assert_eq!(addresses(url, 5).unwrap(), [format!("2 {url}"), format!("1 {}", url.replace("/2/", "/1/"))]);
        assert_eq!(addresses(url, 1).unwrap().len(), 1);
        assert_eq!(addresses("http://j.example/submission.json", 5), None);
        assert_eq!(addresses("http://j.example/job/x/last/artifact/submission.json", 5), None);
    }
}

//! GitHub: its issues, read as a GitHub App.

use std::fmt;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, Method, header};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::Mutex;
use url::Url;

use super::http_client::HttpRequest;
use super::tracker::{Tracker, TrackerError};

/// Its API, where nobody says another address.
pub const DEFAULT_API_URL: &str = "https://api.github.com";
/// Tokens are good for an hour; one is used for less.
const TOKEN_LIFETIME: TimeDelta = TimeDelta::minutes(50);
/// Its clock and ours may differ.
const BACKDATED: TimeDelta = TimeDelta::seconds(60);
/// As long as we may say that we are the app.
const CLAIM_LIFETIME: TimeDelta = TimeDelta::seconds(300);

/// What this installation is on GitHub.
#[derive(Clone)]
pub struct GithubApp {
    id: String,
    key: Arc<RsaKeyPair>,
}

impl fmt::Debug for GithubApp {
    /// Nothing of the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GithubApp").field("id", &self.id).finish_non_exhaustive()
    }
}

impl GithubApp {
    /// The app of that id with its private key: RSA in PEM, PKCS #1 or #8, also with `\n` for the ends of lines, as
    /// environment variables often have it. Nothing when that is no such key.
    pub fn new(id: &str, pem: &str) -> Option<Self> {
        let text = pem.replace("\\n", "\n");
        let base64: String = text.split("-----").nth(2)?.split_whitespace().collect();
        let der = STANDARD.decode(base64).ok()?;
        let key = RsaKeyPair::from_der(&der).or_else(|_| RsaKeyPair::from_pkcs8(&der)).ok()?;
        Some(Self { id: id.to_owned(), key: Arc::new(key) })
    }

    /// The word of the app, signed: that it is the app, now.
    fn claim(&self, now: DateTime<Utc>) -> Result<String, TrackerError> {
        let claims = json!({
            "iat": (now - BACKDATED).timestamp(), "exp": (now + CLAIM_LIFETIME).timestamp(), "iss": self.id,
        });
        let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&json!({"alg": "RS256", "typ": "JWT"})), part(&claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        let cannot_sign = |_| TrackerError::Closed("the key of the GitHub App does not sign".to_owned());
        self.key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .map_err(cannot_sign)?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// An issue as GitHub shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GithubIssue {
    /// Its title.
    pub title: String,
    /// `open` or `closed`.
    pub state: String,
    /// Its labels.
    #[serde(default)]
    pub labels: Vec<GithubLabel>,
}

/// A label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GithubLabel {
    /// What it says.
    pub name: String,
}

#[derive(Deserialize)]
struct Installation {
    id: i64,
}

#[derive(Deserialize)]
struct AccessToken {
    token: String,
}

/// GitHub, as it is asked during one run.
pub struct GithubClient<'a> {
    tracker: Tracker<'a>,
    app: &'a GithubApp,
    /// The token, and until when it is used.
    token: Mutex<Option<(String, DateTime<Utc>)>>,
}

impl<'a> GithubClient<'a> {
    /// Asks nothing yet.
    pub fn new(tracker: Tracker<'a>, app: &'a GithubApp) -> Self {
        Self { tracker, app, token: Mutex::new(None) }
    }

    /// The issue of a project (`owner/repo`) with that number.
    pub async fn find_issue(&self, project: &str, key: &str) -> Result<GithubIssue, TrackerError> {
        let Some((owner, repo)) = project.split_once('/') else {
            return Err(TrackerError::Refused(format!("Invalid project format: {project}. Expected 'owner/repo'")));
        };
        // GitHub's numbers have no zeros in front.
        let number = key.trim_start_matches('0');
        let url = self.tracker.url(["repos", owner, repo, "issues", number])?;
        let headers = headers(&self.token().await?)?;
        self.tracker.get(&url, &headers).await
    }

    /// A token of the first installation of the app. Who waits for it meanwhile gets the same.
    async fn token(&self) -> Result<String, TrackerError> {
        let mut known = self.token.lock().await;
        let now = self.tracker.clock.now();
        if let Some((token, until)) = &*known
            && now < *until
        {
            return Ok(token.clone());
        }
        let token = self.request_token(now).await.map_err(as_closed)?;
        *known = Some((token.clone(), now + TOKEN_LIFETIME));
        Ok(token)
    }

    async fn request_token(&self, now: DateTime<Utc>) -> Result<String, TrackerError> {
        let claim = self.app.claim(now)?;
        let installations = request(Method::GET, &self.tracker.url(["app", "installations"])?, &claim, "")?;
        let installations: Vec<Installation> = self.tracker.call(&installations).await?;
        let none = || TrackerError::Closed("No GitHub App installations found".to_owned());
        let id = installations.first().ok_or_else(none)?.id.to_string();
        let url = self.tracker.url(["app", "installations", &id, "access_tokens"])?;
        let token: AccessToken =
            self.tracker.call(&request(Method::POST, &url, &claim, r#"{"permissions": {}}"#)?).await?;
        Ok(token.token)
    }
}

/// Who does not let the app in says nothing of any issue.
fn as_closed(error: TrackerError) -> TrackerError {
    match error {
        TrackerError::Busy(pause) => TrackerError::Busy(pause),
        error => TrackerError::Closed(format!("the GitHub App is not let in: {error}")),
    }
}

fn headers(token: &str) -> Result<HeaderMap, TrackerError> {
    let unfit = |_| TrackerError::Closed("GitHub gave a token that fits into no header".to_owned());
    let mut bearer = HeaderValue::from_str(&format!("Bearer {token}")).map_err(unfit)?;
    bearer.set_sensitive(true);
    let mut headers = HeaderMap::new();
    headers.insert(header::AUTHORIZATION, bearer);
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/vnd.github+json"));
    headers.insert("x-github-api-version", HeaderValue::from_static("2022-11-28"));
    Ok(headers)
}

fn request(method: Method, url: &Url, claim: &str, body: &str) -> Result<HttpRequest, TrackerError> {
    let mut request = HttpRequest::new(body.as_bytes().to_vec());
    *request.method_mut() = method;
    let unfit = |_| TrackerError::Closed(format!("'{url}' is no address"));
    *request.uri_mut() = url.as_str().parse().map_err(unfit)?;
    *request.headers_mut() = headers(claim)?;
    if !body.is_empty() {
        request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::GithubApp;

    #[test]
    fn a_key_is_read_as_variables_have_it() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/api/saml_keys/sp.key.pem");
        let pem = std::fs::read_to_string(path).unwrap();
        let one_line = pem.replace('\n', "\\n");
        for text in [&pem, &one_line] {
            let app = GithubApp::new("7", text).unwrap();
            assert_eq!(format!("{app:?}"), r#"GithubApp { id: "7", .. }"#);
        }
        for text in ["", "hunter2", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----"] {
            assert!(GithubApp::new("7", text).is_none(), "{text}");
        }
    }
}

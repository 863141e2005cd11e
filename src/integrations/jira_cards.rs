//! Jira: cards that ask people to review an artefact, below the issue that it belongs to.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::calls::{CallAnswer, CallError, LazyClient, call};
use super::http_client::client_builder;
use super::jira::JiraSettings;

/// As long as one call may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// As long as it may take to be connected.
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);

/// A card to make.
#[derive(Clone, Debug)]
pub struct Card {
    /// The issue that it belongs below, such as `ABC-12`.
    pub parent: String,
    /// Its title.
    pub summary: String,
    /// What it says.
    pub description: String,
    /// The account of whom it is for.
    pub account_id: String,
}

/// Why a card cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum CardError {
    /// There was no answer.
    #[error(transparent)]
    Call(#[from] CallError),
    /// Jira refuses.
    #[error("Jira answers with the status {}", .0.status)]
    Refused(CallAnswer),
    /// The answer is not what it should be.
    #[error("Jira's answer is not understood")]
    Unclear(CallAnswer),
}

#[derive(Deserialize)]
struct Account {
    #[serde(rename = "accountId")]
    account_id: String,
}

#[derive(Deserialize)]
struct Made {
    key: String,
}

/// The account of the first whom Jira finds by a handle, if it finds anybody.
pub async fn find_account(
    client: &LazyClient,
    settings: &JiraSettings,
    handle: &str,
) -> Result<Option<String>, CardError> {
    let mut url = address(settings, &["user", "search"])?;
    url.query_pairs_mut().append_pair("query", handle);
    let request = client_for(client)?.get(url).header("accept", "application/json");
    let answer = call(request.basic_auth(&settings.email, Some(&settings.token))).await?;
    if !answer.is_success() {
        return Err(CardError::Refused(answer));
    }
    let Ok(found) = serde_json::from_slice::<Vec<Value>>(&answer.body) else { return Err(CardError::Unclear(answer)) };
    let Some(first) = found.into_iter().next() else { return Ok(None) };
    match serde_json::from_value::<Account>(first) {
        Ok(account) => Ok(Some(account.account_id)),
        Err(_) => Err(CardError::Unclear(answer)),
    }
}

/// Makes a card; its key.
pub async fn create_card(client: &LazyClient, settings: &JiraSettings, card: &Card) -> Result<String, CardError> {
    let url = address(settings, &["issue"])?;
    let request = client_for(client)?.post(url).header("accept", "application/json");
    let request = request.header("content-type", "application/json").body(fields_of(card).to_string());
    let answer = call(request.basic_auth(&settings.email, Some(&settings.token))).await?;
    if !answer.is_success() {
        return Err(CardError::Refused(answer));
    }
    match serde_json::from_slice::<Made>(&answer.body) {
        Ok(made) => Ok(made.key),
        Err(_) => Err(CardError::Unclear(answer)),
    }
}

fn client_for(client: &LazyClient) -> Result<&reqwest::Client, CallError> {
    client.get(|| client_builder().timeout(PATIENCE).connect_timeout(CONNECT_PATIENCE).build())
}

fn address(settings: &JiraSettings, resource: &[&str]) -> Result<Url, CallError> {
    let problem = || CallError::NotSent(format!("'{}' is no address", settings.base));
    let mut url = Url::parse(&settings.base).map_err(|_| problem())?;
    url.path_segments_mut().map_err(|()| problem())?.pop_if_empty().extend(["rest", "api", "3"]).extend(resource);
    Ok(url)
}

fn fields_of(card: &Card) -> Value {
    let project = card.parent.split('-').next().unwrap_or_default();
    json!({"fields": {
        "project": {"key": project},
        "summary": card.summary,
        "issuetype": {"name": "Task"},
        "description": {"type": "doc", "version": 1, "content": [
            {"type": "paragraph", "content": [{"type": "text", "text": card.description}]},
        ]},
        "parent": {"key": card.parent},
        "assignee": {"accountId": card.account_id},
    }})
}

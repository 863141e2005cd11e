//! Launchpad: who is behind a mail address, and in which teams.
//!
//! What it tells anonymous readers of its web service is enough; nothing there is changed.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::fetch::fetch;
use super::http_client::HttpClient;

/// Its web service, where nobody says another address.
pub const DEFAULT_API_URL: &str = "https://api.launchpad.net/devel";
/// As many teams as a page of them has: the most that Launchpad gives.
const PAGE_SIZE: &str = "300";
/// People are in hundreds of teams, not in thousands.
const MOST_PAGES: usize = 10;

/// A person at Launchpad.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchpadPerson {
    /// The name in addresses, without a tilde.
    pub handle: String,
    /// What people call the person.
    pub name: String,
    /// The names of all teams, also of those that the person is in by being in another.
    pub teams: Vec<String>,
}

/// Who is behind a mail address at Launchpad.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchpadAccount {
    /// The name in addresses, without a tilde.
    pub handle: String,
    /// What people call the person.
    pub name: String,
}

#[derive(Deserialize)]
struct Person {
    name: String,
    display_name: String,
}

#[derive(Deserialize)]
struct Teams {
    entries: Vec<Team>,
    next_collection_link: Option<String>,
}

#[derive(Deserialize)]
struct Team {
    name: String,
}

/// The person of that mail address with all teams, if Launchpad knows one; for the log, why nobody can say.
pub async fn find_person(http: &HttpClient, api_url: &str, email: &str) -> Result<Option<LaunchpadPerson>, String> {
    let Some(LaunchpadAccount { handle, name }) = find_account(http, api_url, email).await? else { return Ok(None) };
    let teams = list_teams(http, api_url, &handle).await?;
    Ok(Some(LaunchpadPerson { handle, name, teams }))
}

/// The account of that mail address, if Launchpad knows one; for the log, why nobody can say.
pub async fn find_account(http: &HttpClient, api_url: &str, email: &str) -> Result<Option<LaunchpadAccount>, String> {
    let mut url = address(api_url, "people")?;
    url.query_pairs_mut().append_pair("ws.op", "getByEmail").append_pair("email", email);
    let Some(person) = read::<Option<Person>>(http, url.as_str()).await? else { return Ok(None) };
    if person.name.is_empty() || person.display_name.is_empty() {
        return Err("a person without a name".to_owned());
    }
    Ok(Some(LaunchpadAccount { handle: person.name, name: person.display_name }))
}

async fn list_teams(http: &HttpClient, api_url: &str, handle: &str) -> Result<Vec<String>, String> {
    let mut first = address(api_url, &format!("~{handle}"))?;
    first.path_segments_mut().map_err(|()| "an address without a path".to_owned())?.push("super_teams");
    first.query_pairs_mut().append_pair("ws.size", PAGE_SIZE);
    let origin = first.origin();
    let mut teams = Vec::new();
    let mut next = Some(first);
    for _ in 0..MOST_PAGES {
        let Some(url) = next else { break };
        let page: Teams = read(http, url.as_str()).await?;
        teams.extend(page.entries.into_iter().map(|team| team.name));
        // An answer does not send us to other servers.
        next = page.next_collection_link.and_then(|link| Url::parse(&link).ok()).filter(|url| url.origin() == origin);
    }
    Ok(teams)
}

fn address(api_url: &str, resource: &str) -> Result<Url, String> {
    let mut url = Url::parse(api_url).map_err(|_| format!("'{api_url}' is no address"))?;
    url.path_segments_mut().map_err(|()| format!("'{api_url}' is no address"))?.pop_if_empty().push(resource);
    Ok(url)
}

async fn read<T: DeserializeOwned>(http: &HttpClient, url: &str) -> Result<T, String> {
    let body = fetch(http, url, "application/json").await?;
    serde_json::from_slice(&body).map_err(|error| format!("an answer that is not understood: {error}"))
}

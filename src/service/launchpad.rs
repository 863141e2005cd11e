//! What Launchpad knows of somebody who signs in.

use std::time::Duration;

use super::{Service, ServiceResult};
use crate::integrations::launchpad::{LaunchpadAccount, LaunchpadPerson, find_account, find_person};

/// As long as somebody who signs in waits for Launchpad.
const PATIENCE: Duration = Duration::from_secs(10);
/// What is said when that was too short.
const TOO_LATE: &str = "it did not answer in time";

impl Service {
    /// The person of that mail address. Nobody when Launchpad knows none, is not asked, or does not answer: who signs in was
    /// found out before, and signing in does not depend on another system.
    pub(super) async fn find_at_launchpad(&self, email: &str) -> Option<LaunchpadPerson> {
        let Some(api_url) = &self.settings.launchpad_api_url else {
            tracing::warn!("Launchpad is not asked who signs in, nor for teams: USE_LOCAL_LOGIN is set");
            return None;
        };
        // It would answer such an address with an error.
        let (name, host) = email.split_once('@')?;
        if name.is_empty() || host.is_empty() || email.contains(char::is_whitespace) {
            return None;
        }
        match self.ask_launchpad(api_url, email).await {
            Ok(person) => person,
            Err(reason) => {
                tracing::warn!(launchpad.url = api_url, reason, "somebody signs in without the teams of Launchpad");
                None
            }
        }
    }

    /// Those of somebody's teams at Launchpad that are teams here: all, unless the operator lists some. Then these, and those
    /// that are there already.
    pub(super) async fn choose_launchpad_teams(&self, teams: Vec<String>) -> ServiceResult<Vec<String>> {
        match &self.settings.launchpad_teams {
            None => Ok(teams),
            Some(listed) => self.choose_teams(&teams, listed).await,
        }
    }

    async fn ask_launchpad(&self, api_url: &str, email: &str) -> Result<Option<LaunchpadPerson>, String> {
        let asked = tokio::time::timeout(PATIENCE, find_person(self.http.get()?, api_url, email)).await;
        asked.unwrap_or_else(|_| Err(TOO_LATE.to_owned()))
    }

    /// The account of that mail address at Launchpad, if there is one; for an operator, why nobody can say.
    pub async fn find_launchpad_account(&self, api_url: &str, email: &str) -> Result<Option<LaunchpadAccount>, String> {
        let asked = tokio::time::timeout(PATIENCE, find_account(self.http.get()?, api_url, email)).await;
        asked.unwrap_or_else(|_| Err(TOO_LATE.to_owned()))
    }
}

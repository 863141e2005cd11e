//! What the operator says about the trackers of issues.

use std::time::Duration;

use chrono::TimeDelta;

use super::jira::read_jira;
use super::{ConfigError, read_boolean, read_number, read_safe_url};
use crate::integrations::github::GithubApp;
use crate::integrations::{github, launchpad};
use crate::service::jobs::issue_sync::IssueSyncSettings;

/// How long to wait before a request that failed is sent again.
const RETRY_PAUSE: Duration = Duration::from_secs(2);
/// A hundred years.
const MOST_DAYS: u32 = 36_500;

/// Reads the variables; nothing without `ENABLE_ISSUE_SYNC`, when the others are not looked at.
pub(super) fn read_issue_sync(
    variable: &impl Fn(&'static str) -> Option<String>,
) -> Result<Option<IssueSyncSettings>, ConfigError> {
    let is_enabled =
        variable("ENABLE_ISSUE_SYNC").map_or(Ok(false), |text| read_boolean("ENABLE_ISSUE_SYNC", &text))?;
    if !is_enabled {
        return Ok(None);
    }
    let number = |name, default| variable(name).map_or(Ok(default), |text| read_positive(name, &text));
    let seconds = |name, default| number(name, default).map(|seconds| Duration::from_secs(seconds.into()));
    let url = |name, default: &str| {
        let said = variable(name).filter(|url| !url.trim().is_empty());
        read_safe_url(name, said.unwrap_or_else(|| default.to_owned()))
    };
    Ok(Some(IssueSyncSettings {
        github: read_github(variable)?,
        github_url: url("GITHUB_API_URL", github::DEFAULT_API_URL)?,
        jira: read_jira(variable)?,
        launchpad_url: url("LAUNCHPAD_API_URL", launchpad::DEFAULT_API_URL)?,
        open_interval: seconds("SYNC_OPEN_INTERVAL_S", 3_600)?,
        recently_closed_interval: seconds("SYNC_RECENT_CLOSED_INTERVAL_S", 21_600)?,
        long_closed_interval: seconds("SYNC_OLD_CLOSED_INTERVAL_S", 604_800)?,
        long_ago: TimeDelta::days(number("SYNC_OLD_CLOSED_THRESHOLD_DAYS", 30)?.min(MOST_DAYS).into()),
        batch_size: usize::try_from(number("SYNC_BATCH_SIZE", 50)?).unwrap_or(usize::MAX),
        retry_pause: RETRY_PAUSE,
    }))
}

fn said(variable: &impl Fn(&'static str) -> Option<String>, name: &'static str) -> Option<String> {
    variable(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// The key is a secret: it is not repeated.
fn read_github(variable: &impl Fn(&'static str) -> Option<String>) -> Result<Option<GithubApp>, ConfigError> {
    let (Some(id), Some(key)) = (said(variable, "GIT_APP_ID"), said(variable, "GIT_APP_PRIVATE_KEY")) else {
        return Ok(None);
    };
    let unreadable = || ConfigError::new("GIT_APP_PRIVATE_KEY", "that is no RSA key in PEM of 2048 bits or more");
    GithubApp::new(&id, &key).map(Some).ok_or_else(unreadable)
}

fn read_positive(variable: &'static str, text: &str) -> Result<u32, ConfigError> {
    let problem = || ConfigError::new(variable, format!("'{text}' is no number of 1 or more"));
    read_number(variable, text).ok().filter(|number| *number > 0).ok_or_else(problem)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn read(variables: &[(&'static str, &str)]) -> Result<Option<IssueSyncSettings>, ConfigError> {
        let value =
            |name: &str| variables.iter().find(|(found, _)| *found == name).map(|(_, value)| (*value).to_owned());
        read_issue_sync(&|name| value(name))
    }

    const ON: (&str, &str) = ("ENABLE_ISSUE_SYNC", "True");

    #[test]
    fn issues_stay_as_they_are_unless_somebody_wants_otherwise() {
        assert!(read(&[]).unwrap().is_none());
        // What is not used is not looked at.
        assert!(read(&[("ENABLE_ISSUE_SYNC", "false"), ("SYNC_BATCH_SIZE", "many")]).unwrap().is_none());
        let settings = read(&[ON]).unwrap().unwrap();
        assert!(settings.github.is_none() && settings.jira.is_none());
        let intervals = [settings.open_interval, settings.recently_closed_interval, settings.long_closed_interval];
        assert_eq!(intervals, [1, 6, 168].map(Duration::from_hours));
        assert_eq!((settings.long_ago, settings.batch_size), (TimeDelta::days(30), 50));
        assert_eq!(settings.github_url, github::DEFAULT_API_URL);
        assert_eq!(settings.launchpad_url, launchpad::DEFAULT_API_URL);
    }

    #[test]
    fn a_tracker_is_asked_where_everything_it_needs_is_said() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/api/saml_keys/sp.key.pem");
        let key = std::fs::read_to_string(path).unwrap();
        let jira = [("JIRA_CLOUD_ID", "c"), ("JIRA_EMAIL", "a@b"), ("JIRA_API_TOKEN", "hunter2")];
        let all: Vec<_> = [ON, ("GIT_APP_ID", "7"), ("GIT_APP_PRIVATE_KEY", &key)].into_iter().chain(jira).collect();
        let settings = read(&all).unwrap().unwrap();
        assert!(settings.github.is_some() && settings.jira.is_some());
        assert!(!format!("{settings:?}").contains("hunter2"));
        for left_out in ["GIT_APP_ID", "GIT_APP_PRIVATE_KEY"] {
            let some: Vec<_> = all.iter().copied().filter(|(name, _)| *name != left_out).collect();
            assert!(read(&some).unwrap().unwrap().github.is_none(), "{left_out}");
        }
        for (left_out, _) in jira {
            let some: Vec<_> = all.iter().copied().filter(|(name, _)| *name != left_out).collect();
            assert!(read(&some).unwrap().unwrap().jira.is_none(), "{left_out}");
        }
    }

    #[test]
    fn a_value_that_cannot_be_meant_is_named() {
        for (name, text) in [
            ("ENABLE_ISSUE_SYNC", "yes"),
            ("SYNC_OPEN_INTERVAL_S", "0"),
            ("SYNC_RECENT_CLOSED_INTERVAL_S", "soon"),
            ("SYNC_OLD_CLOSED_INTERVAL_S", "-1"),
            ("SYNC_OLD_CLOSED_THRESHOLD_DAYS", "1.5"),
            ("SYNC_BATCH_SIZE", "0"),
            ("GITHUB_API_URL", "http://ghes.example/api/v3"),
            ("JIRA_API_URL", "jira"),
            ("GIT_APP_PRIVATE_KEY", "hunter2"),
        ] {
            let error = read(&[(name, text), ("GIT_APP_ID", "7"), ON]).unwrap_err().to_string();
            assert!(error.starts_with(name) && !error.contains("hunter2"), "{error}");
        }
    }
}

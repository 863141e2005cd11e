//! The trackers as one run asks them: who does not let us in, or wants to be left alone, is not asked again in it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use app::api::IssueSource;
use url::Url;

use super::IssueSyncSettings;
use crate::clock::Clock;
use crate::domain::issue_sync::{Known, github_status, jira_status, launchpad_status};
use crate::integrations::github::GithubClient;
use crate::integrations::http_client::HttpClient;
use crate::integrations::jira::JiraClient;
use crate::integrations::launchpad_bugs::LaunchpadBugs;
use crate::integrations::tracker::{Tracker, TrackerError, TrackerMemory};
use crate::service::jobs::JobError;
use crate::store::issue_sync::DueIssue;

/// After as many issues in a row for which a tracker was not available it is not asked for the others.
const MOST_STRIKES: u32 = 5;

/// What became of asking for an issue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fetched {
    /// The tracker said something.
    Learnt(Known),
    /// It said no.
    Failed,
    /// It is to be asked another time.
    Waiting,
}

/// Those that can be asked.
pub(super) struct Trackers<'a> {
    github: Option<(GithubClient<'a>, Standing)>,
    jira: Option<(JiraClient<'a>, Standing)>,
    launchpad: (LaunchpadBugs<'a>, Standing),
}

/// How a tracker behaved so far in this run.
#[derive(Debug, Default)]
struct Standing {
    strikes: AtomicU32,
    /// Why it is not asked any longer.
    given_up: Mutex<Option<GivenUp>>,
}

#[derive(Clone, Debug)]
enum GivenUp {
    Tired,
    Closed(String),
}

impl<'a> Trackers<'a> {
    pub(super) fn new(
        settings: &'a IssueSyncSettings,
        http: &'a HttpClient,
        memory: &'a TrackerMemory,
        clock: &'a Clock,
    ) -> Result<Self, JobError> {
        let tracker = |name, base: &str| {
            let base = Url::parse(base).map_err(|_| JobError::Remote(format!("'{base}' is no address")))?;
            Ok::<_, JobError>(Tracker { name, base, http, memory, clock, retry_pause: settings.retry_pause })
        };
        let github = match &settings.github {
            Some(app) => Some((GithubClient::new(tracker("GitHub", &settings.github_url)?, app), Standing::default())),
            None => None,
        };
        let jira = match &settings.jira {
            Some(jira) => Some((JiraClient::new(tracker("Jira", &jira.base)?, jira), Standing::default())),
            None => None,
        };
        let launchpad = LaunchpadBugs::new(tracker("Launchpad", &settings.launchpad_url)?);
        Ok(Self { github, jira, launchpad: (launchpad, Standing::default()) })
    }

    /// Asks the tracker of an issue for it.
    pub(super) async fn fetch(&self, issue: &DueIssue) -> Fetched {
        let (project, key) = (issue.project.as_str(), issue.key.as_str());
        match (issue.source.0, &self.github, &self.jira) {
            (IssueSource::Github, Some((client, standing)), _) => {
                standing.judge(issue, github(client, project, key)).await
            }
            (IssueSource::Jira, _, Some((client, standing))) => standing.judge(issue, jira(client, project, key)).await,
            (IssueSource::Launchpad, _, _) => {
                let (client, standing) = &self.launchpad;
                standing.judge(issue, launchpad(client, project, key)).await
            }
            _ => Fetched::Waiting,
        }
    }

    /// Why one of them lets us in not at all.
    pub(super) fn closed_reason(&self) -> Option<String> {
        let github = self.github.as_ref().map(|(_, standing)| standing);
        let jira = self.jira.as_ref().map(|(_, standing)| standing);
        let mut standings = github.into_iter().chain(jira).chain([&self.launchpad.1]);
        standings.find_map(|standing| match standing.given_up() {
            Some(GivenUp::Closed(reason)) => Some(reason),
            _ => None,
        })
    }
}

impl Standing {
    fn given_up(&self) -> Option<GivenUp> {
        self.given_up.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says so once.
    fn give_up(&self, why: GivenUp, error: &TrackerError) {
        let before = self.given_up.lock().unwrap_or_else(PoisonError::into_inner).replace(why);
        if before.is_none() {
            tracing::error!(%error, "a tracker is not asked any longer in this run");
        }
    }

    /// Asks, unless the tracker was given up, and learns from the answer how it is.
    async fn judge(&self, issue: &DueIssue, ask: impl Future<Output = Result<Known, TrackerError>>) -> Fetched {
        if self.given_up().is_some() {
            return Fetched::Waiting;
        }
        let error = match ask.await {
            Ok(known) => {
                self.strikes.store(0, Ordering::Relaxed);
                return Fetched::Learnt(known);
            }
            Err(error) => error,
        };
        match &error {
            TrackerError::Busy(_) => self.give_up(GivenUp::Tired, &error),
            TrackerError::Closed(reason) => self.give_up(GivenUp::Closed(reason.clone()), &error),
            TrackerError::Refused(_) => {
                // It is there, and says no.
                self.strikes.store(0, Ordering::Relaxed);
                return fail(issue, &error);
            }
            TrackerError::Unavailable(_) => {
                if self.strikes.fetch_add(1, Ordering::Relaxed) + 1 >= MOST_STRIKES {
                    self.give_up(GivenUp::Tired, &error);
                }
                return fail(issue, &error);
            }
        }
        Fetched::Waiting
    }
}

fn fail(issue: &DueIssue, error: &TrackerError) -> Fetched {
    tracing::warn!(%error, issue.id = issue.id, "an issue stays as it is");
    Fetched::Failed
}

async fn github(client: &GithubClient<'_>, project: &str, key: &str) -> Result<Known, TrackerError> {
    let issue = client.find_issue(project, key).await?;
    let labels = issue.labels.into_iter().map(|label| label.name);
    Ok(Known::learnt(&issue.title, github_status(&issue.state), labels))
}

async fn jira(client: &JiraClient<'_>, project: &str, key: &str) -> Result<Known, TrackerError> {
    let issue = client.find_issue(project, key).await?;
    Ok(Known::learnt(&issue.summary, jira_status(&issue.status), issue.labels))
}

async fn launchpad(client: &LaunchpadBugs<'_>, project: &str, key: &str) -> Result<Known, TrackerError> {
    let bug = client.find_bug(project, key).await?;
    Ok(Known::learnt(&bug.title, launchpad_status(bug.is_complete, bug.status.as_deref()), bug.tags))
}

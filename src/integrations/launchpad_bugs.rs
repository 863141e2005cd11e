//! Launchpad: its bugs, as everybody may read them.

use axum::http::{HeaderMap, HeaderValue, header};
use serde::{Deserialize, Serialize};

use super::tracker::{Tracker, TrackerError};

/// A bug as Launchpad shows it, for one of the projects it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchpadBug {
    /// Its title.
    pub title: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Whether it is complete, if that is said.
    pub is_complete: Option<bool>,
    /// The status of the project's task, else of the first one.
    pub status: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Bug {
    title: String,
    #[serde(default)]
    tags: Vec<String>,
    is_complete: Option<serde_json::Value>,
}

#[derive(Serialize, Deserialize)]
struct Tasks {
    entries: Vec<Task>,
}

#[derive(Serialize, Deserialize)]
struct Task {
    bug_target_name: Option<String>,
    bug_target_display_name: Option<String>,
    self_link: Option<String>,
    status: Option<String>,
}

/// Launchpad, as it is asked during one run.
pub struct LaunchpadBugs<'a>(Tracker<'a>);

impl<'a> LaunchpadBugs<'a> {
    /// Asks nothing yet.
    pub fn new(tracker: Tracker<'a>) -> Self {
        Self(tracker)
    }

    /// The bug of that number, as the project has it.
    pub async fn find_bug(&self, project: &str, key: &str) -> Result<LaunchpadBug, TrackerError> {
        let id = key.trim().trim_start_matches('#');
        if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(TrackerError::Refused(format!("Invalid Launchpad bug id: '{key}'")));
        }
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let bug: Bug = self.0.get(&self.0.url(["bugs", id])?, &headers).await?;
        let tasks: Tasks = self.0.get(&self.0.url(["bugs", id, "bug_tasks"])?, &headers).await?;
        Ok(LaunchpadBug {
            title: bug.title,
            tags: bug.tags,
            is_complete: bug.is_complete.and_then(|value| value.as_bool()),
            status: choose_task(tasks.entries, project).and_then(|task| task.status),
        })
    }
}

/// The first task that is the project's by its target's name, or has the project in its address; else the first one.
fn choose_task(tasks: Vec<Task>, project: &str) -> Option<Task> {
    let is_named = |name: &Option<String>| name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(project));
    let is_its = |task: &Task| {
        is_named(&task.bug_target_name)
            || is_named(&task.bug_target_display_name)
            || task.self_link.as_deref().is_some_and(|link| link.contains(project))
    };
    let place = tasks.iter().position(is_its).unwrap_or_default();
    tasks.into_iter().nth(place)
}

#[cfg(test)]
mod tests {
    use super::{Task, choose_task};

    #[test]
    fn the_task_of_the_project_is_chosen() {
        let task = |name: &str, display: &str, link: &str, status: &str| Task {
            bug_target_name: Some(name.to_owned()),
            bug_target_display_name: Some(display.to_owned()),
            self_link: Some(link.to_owned()),
            status: Some(status.to_owned()),
        };
        let tasks = || {
            vec![
                task("linux (Ubuntu)", "linux in Ubuntu", "https://lp/devel/ubuntu/+source/linux/+bug/5", "New"),
                task("Snapd", "snapd", "https://lp/devel/snapd/+bug/5", "Invalid"),
                task("zed", "The Zed", "https://lp/devel/zed/+bug/5", "Expired"),
            ]
        };
        for (project, expected) in
            [("snapd", "Invalid"), ("the zed", "Expired"), ("ubuntu", "New"), ("zed", "Expired"), ("other", "New")]
        {
            let chosen = choose_task(tasks(), project).and_then(|task| task.status);
            assert_eq!(chosen.as_deref(), Some(expected), "{project}");
        }
        assert!(choose_task(Vec::new(), "zed").is_none());
    }
}

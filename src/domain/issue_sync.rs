//! What trackers say of issues, and what that makes of ours.

use app::api::IssueStatus;

/// The longest title and the longest label that are taken over, in characters.
const LONGEST_TEXT: usize = 1_000;
/// As many labels are taken over.
const MOST_LABELS: usize = 200;
/// What Jira calls the end of work, in lower case.
const JIRA_CLOSED: [&str; 3] = ["done", "closed", "resolved"];
/// What Launchpad calls it. A fix that is committed has still to reach people.
const LAUNCHPAD_CLOSED: [&str; 4] = ["Fix Released", "Invalid", "Won't Fix", "Expired"];

/// How often issues are looked at depends on what they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// Open, or not known.
    High,
    /// Closed, and changed not long ago.
    Medium,
    /// Closed for long.
    Low,
}

impl Priority {
    /// Its name in logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

/// What is known of an issue and can be learnt from its tracker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its title.
    pub title: String,
    /// Whether it is open.
    pub status: IssueStatus,
    /// Its labels; nothing when never learnt.
    pub labels: Option<Vec<String>>,
}

impl Known {
    /// What a tracker says: labels sorted, each once, and nothing that no database stores.
    pub fn learnt(title: &str, status: IssueStatus, labels: impl IntoIterator<Item = String>) -> Self {
        let mut labels: Vec<String> = labels.into_iter().map(|label| storable(&label)).collect();
        labels.sort();
        labels.dedup();
        labels.truncate(MOST_LABELS);
        Self { title: storable(title), status, labels: Some(labels) }
    }

    /// What becomes of this when a tracker says something else; nothing when it says the same. That there are no labels is
    /// the same as never having learnt any.
    pub fn updated_by(&self, learnt: &Self) -> Option<Self> {
        let sorted = |known: &Self| {
            let mut labels = known.labels.clone().unwrap_or_default();
            labels.sort();
            labels
        };
        let labels = if sorted(self) == sorted(learnt) { self.labels.clone() } else { learnt.labels.clone() };
        let updated = Self { title: learnt.title.clone(), status: learnt.status, labels };
        (updated != *self).then_some(updated)
    }
}

fn storable(text: &str) -> String {
    text.chars().filter(|c| *c != '\0').take(LONGEST_TEXT).collect()
}

/// What the state of an issue on GitHub means.
pub fn github_status(state: &str) -> IssueStatus {
    closed_if(state.eq_ignore_ascii_case("closed"))
}

/// What the status of an issue in Jira means.
pub fn jira_status(name: &str) -> IssueStatus {
    closed_if(JIRA_CLOSED.contains(&name.to_lowercase().as_str()))
}

/// What Launchpad says of a bug means: whether it is complete, if it says so, else the status of the project's task.
pub fn launchpad_status(is_complete: Option<bool>, status: Option<&str>) -> IssueStatus {
    closed_if(is_complete.unwrap_or_else(|| status.is_some_and(|status| LAUNCHPAD_CLOSED.contains(&status))))
}

fn closed_if(is_closed: bool) -> IssueStatus {
    if is_closed { IssueStatus::Closed } else { IssueStatus::Open }
}

#[cfg(test)]
mod tests {
    use app::api::IssueStatus::{self, Closed, Open, Unknown};

    use super::{Known, github_status, jira_status, launchpad_status};

    fn known(title: &str, status: IssueStatus, labels: Option<&[&str]>) -> Known {
        let labels = labels.map(|labels| labels.iter().map(|label| (*label).to_owned()).collect());
        Known { title: title.to_owned(), status, labels }
    }

    #[test]
    fn each_tracker_has_its_words_for_closed() {
        for (state, expected) in [("closed", Closed), ("Closed", Closed), ("open", Open), ("whatever", Open)] {
            assert_eq!(github_status(state), expected, "{state}");
        }
        for (name, expected) in [
            ("Done", Closed),
            ("CLOSED", Closed),
            ("resolved", Closed),
            ("In Progress", Open),
            ("To Do", Open),
            ("Unknown", Open),
        ] {
            assert_eq!(jira_status(name), expected, "{name}");
        }
        for (is_complete, status, expected) in [
            (None, Some("Fix Released"), Closed),
            (None, Some("Invalid"), Closed),
            (None, Some("Won't Fix"), Closed),
            (None, Some("Expired"), Closed),
            (None, Some("Fix Committed"), Open),
            (None, Some("Opinion"), Open),
            (None, None, Open),
            (Some(true), Some("New"), Closed),
            (Some(false), Some("Fix Released"), Open),
        ] {
            assert_eq!(launchpad_status(is_complete, status), expected, "{is_complete:?} {status:?}");
        }
    }

    #[test]
    fn what_differs_is_taken_over() {
        let before = known("t", Open, Some(&["b", "a"]));
        let learnt = |labels: &[&str]| Known::learnt("t", Open, labels.iter().map(|label| (*label).to_owned()));
        assert_eq!(before.updated_by(&learnt(&["a", "b"])), None);
        assert_eq!(before.updated_by(&learnt(&["c", "a"])), Some(known("t", Open, Some(&["a", "c"]))));
        assert_eq!(before.updated_by(&learnt(&[])), Some(known("t", Open, Some(&[]))));
        // What was never learnt stays so when there is nothing to learn.
        let new = known("", Unknown, None);
        assert_eq!(new.updated_by(&learnt(&[])), Some(known("t", Open, None)));
        assert_eq!(known("t", Open, None).updated_by(&learnt(&[])), None);
    }

    #[test]
    fn what_no_database_stores_is_left_out() {
        let learnt = Known::learnt("a\0b", Open, ["x\0".to_owned(), "x".to_owned()]);
        assert_eq!(learnt, known("ab", Open, Some(&["x"])));
    }
}

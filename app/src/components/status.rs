//! Statuses: shape, colour and word together, the same everywhere.

use leptos::prelude::*;

use super::icon::Icon;
use crate::api::{ArtefactStatus, IssueStatus, TestExecutionStatus, TestResultStatus};

/// The colour of a status, as a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// All is well.
    Good,
    /// Somebody must act.
    Bad,
    /// Something is odd, nobody is asked yet.
    Odd,
    /// Nothing to say.
    Quiet,
}

impl Tone {
    const fn class(self) -> &'static str {
        match self {
            Self::Good => "status status-good",
            Self::Bad => "status status-bad",
            Self::Odd => "status status-odd",
            Self::Quiet => "status status-quiet",
        }
    }
}

/// How a status looks and what it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    /// Its shape.
    pub(crate) icon: Icon,
    /// Its colour.
    pub(crate) tone: Tone,
    /// Its word.
    pub(crate) label: &'static str,
}

impl Look {
    const fn new(icon: Icon, tone: Tone, label: &'static str) -> Self {
        Self { icon, tone, label }
    }

    /// Shape, colour and word.
    pub(crate) fn view(self) -> impl IntoView + use<> {
        view! { <span class=self.tone.class()>{self.icon.view()} <span>{self.label}</span></span> }
    }

    /// Shape and colour, with the word for those who cannot see them, and as a tooltip.
    pub(crate) fn compact(self) -> impl IntoView + use<> {
        view! {
            <span class=self.tone.class() title=self.label>
                {self.icon.view()} <span class="visually-hidden">{self.label}</span>
            </span>
        }
    }
}

impl From<ArtefactStatus> for Look {
    fn from(status: ArtefactStatus) -> Self {
        let label = artefact_status_label(status);
        match status {
            ArtefactStatus::Approved => Self::new(Icon::Passed, Tone::Good, label),
            ArtefactStatus::MarkedAsFailed => Self::new(Icon::Failed, Tone::Bad, label),
            ArtefactStatus::Undecided => Self::new(Icon::Undecided, Tone::Quiet, label),
        }
    }
}

impl From<TestExecutionStatus> for Look {
    fn from(status: TestExecutionStatus) -> Self {
        match status {
            TestExecutionStatus::NotStarted => Self::new(Icon::NotStarted, Tone::Quiet, "Not Started"),
            TestExecutionStatus::InProgress => Self::new(Icon::InProgress, Tone::Quiet, "In Progress"),
            TestExecutionStatus::Passed => Self::new(Icon::Passed, Tone::Good, "Passed"),
            TestExecutionStatus::Failed => Self::new(Icon::Failed, Tone::Bad, "Failed"),
            TestExecutionStatus::NotTested => Self::new(Icon::NotTested, Tone::Quiet, "Not Tested"),
            TestExecutionStatus::EndedPrematurely => Self::new(Icon::EndedPrematurely, Tone::Odd, "Ended Prematurely"),
        }
    }
}

impl From<TestResultStatus> for Look {
    fn from(status: TestResultStatus) -> Self {
        match status {
            TestResultStatus::Passed => Self::new(Icon::Passed, Tone::Good, "Passed"),
            TestResultStatus::Failed => Self::new(Icon::Failed, Tone::Bad, "Failed"),
            TestResultStatus::Skipped => Self::new(Icon::Skipped, Tone::Quiet, "Skipped"),
        }
    }
}

impl From<IssueStatus> for Look {
    fn from(status: IssueStatus) -> Self {
        match status {
            IssueStatus::Open => Self::new(Icon::NotStarted, Tone::Odd, "Open"),
            IssueStatus::Closed => Self::new(Icon::Passed, Tone::Quiet, "Closed"),
            IssueStatus::Unknown => Self::new(Icon::Undecided, Tone::Quiet, "Unknown"),
        }
    }
}

/// What people call the decision about an artefact.
pub(crate) fn artefact_status_label(status: ArtefactStatus) -> &'static str {
    match status {
        ArtefactStatus::Approved => "Approved",
        ArtefactStatus::MarkedAsFailed => "Rejected",
        ArtefactStatus::Undecided => "Undecided",
    }
}

#[cfg(test)]
mod tests {
    use super::{Look, Tone};
    use crate::api::{TestExecutionStatus, TestResultStatus};

    #[test]
    fn shapes_tell_statuses_apart_without_colour() {
        let executions: Vec<Look> = TestExecutionStatus::ALL.iter().map(|&status| status.into()).collect();
        let results: Vec<Look> = TestResultStatus::ALL.iter().map(|&status| status.into()).collect();
        for looks in [executions, results] {
            for (at, look) in looks.iter().enumerate() {
                assert!(looks[at + 1..].iter().all(|other| other.icon != look.icon), "{look:?}");
            }
        }
    }

    #[test]
    fn red_means_somebody_must_act() {
        for status in TestExecutionStatus::ALL {
            assert_eq!(Look::from(*status).tone == Tone::Bad, *status == TestExecutionStatus::Failed);
        }
    }
}

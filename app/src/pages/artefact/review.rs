//! What a person says about a build in an environment: decisions, their words, and which go together.

use serde::{Deserialize, Serialize};

use crate::{
    api::{ArtefactBuildEnvironmentReviewDecision, ArtefactBuildEnvironmentReviewResponse, ArtefactStatus},
    components::avatar::Person,
};

/// One of the decisions there are.
pub(super) type Decision = ArtefactBuildEnvironmentReviewDecision;

/// The review of an environment as the page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Review {
    pub(super) id: i64,
    pub(super) decisions: Vec<Decision>,
    pub(super) comment: String,
    pub(super) reviewers: Vec<Person>,
}

impl From<ArtefactBuildEnvironmentReviewResponse> for Review {
    fn from(review: ArtefactBuildEnvironmentReviewResponse) -> Self {
        Self {
            id: review.id,
            decisions: review.review_decision,
            comment: review.review_comment,
            reviewers: review.reviewers.into_iter().map(Person::from).collect(),
        }
    }
}

impl Review {
    /// What the decisions come to, in the words of artefacts: those mean the same and look the same.
    pub(super) fn status(&self) -> ArtefactStatus {
        status_of(&self.decisions)
    }

    /// The decisions and the comment in a line; nothing where there are none.
    pub(super) fn words(&self) -> Option<String> {
        let decisions: Vec<&str> = self.decisions.iter().map(|decision| label(*decision)).collect();
        let parts = [decisions.join(", "), self.comment.clone()];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        (!parts.is_empty()).then(|| parts.join(" – "))
    }
}

/// What decisions come to.
pub(super) fn status_of(decisions: &[Decision]) -> ArtefactStatus {
    if decisions.contains(&Decision::Rejected) {
        ArtefactStatus::MarkedAsFailed
    } else if decisions.is_empty() {
        ArtefactStatus::Undecided
    } else {
        ArtefactStatus::Approved
    }
}

/// What people read for a decision.
pub(in crate::pages) fn label(decision: Decision) -> &'static str {
    match decision {
        Decision::Rejected => "Reject",
        Decision::ApprovedInconsistentTest => "Approve (inconsistent test definition)",
        Decision::ApprovedUnstablePhysicalInfra => "Approve (unstable physical infrastructure)",
        Decision::ApprovedCustomerPrerequisiteFail => "Approve (customer provided prerequisite failing)",
        Decision::ApprovedFaultyHardware => "Approve (faulty hardware)",
        Decision::ApprovedAllTestsPass => "Approve (all tests pass)",
    }
}

/// Decisions that nobody takes any more, and that nobody can take back.
fn is_deprecated(decision: Decision) -> bool {
    matches!(decision, Decision::ApprovedUnstablePhysicalInfra | Decision::ApprovedFaultyHardware)
}

/// The decisions to choose from: deprecated ones only where they were taken before.
pub(super) fn offered(before: &[Decision]) -> Vec<Decision> {
    let all = Decision::ALL.iter().copied();
    all.filter(|decision| !is_deprecated(*decision) || before.contains(decision)).collect()
}

/// Whether a decision cannot be changed now: a rejection and approvals exclude each other.
pub(super) fn is_fixed(decision: Decision, chosen: &[Decision]) -> bool {
    let excluded = match status_of(chosen) {
        ArtefactStatus::Undecided => false,
        ArtefactStatus::MarkedAsFailed => decision != Decision::Rejected,
        ArtefactStatus::Approved => decision == Decision::Rejected,
    };
    excluded || is_deprecated(decision)
}

/// The decisions with one more, or one less, in the order of the list.
pub(super) fn with(chosen: &[Decision], decision: Decision, is_chosen: bool) -> Vec<Decision> {
    let all = Decision::ALL.iter().copied();
    all.filter(|other| if *other == decision { is_chosen } else { chosen.contains(other) }).collect()
}

#[cfg(test)]
mod tests {
    use super::{Decision, Review, is_fixed, offered, status_of, with};
    use crate::api::ArtefactStatus;

    const BOTH: [Decision; 2] = [Decision::ApprovedInconsistentTest, Decision::ApprovedAllTestsPass];

    #[test]
    fn decisions_come_to_a_status() {
        assert_eq!(status_of(&[]), ArtefactStatus::Undecided);
        assert_eq!(status_of(&[Decision::Rejected]), ArtefactStatus::MarkedAsFailed);
        assert_eq!(status_of(&BOTH), ArtefactStatus::Approved);
    }

    #[test]
    fn a_rejection_and_approvals_exclude_each_other() {
        assert!(!is_fixed(Decision::Rejected, &[]) && !is_fixed(Decision::ApprovedAllTestsPass, &[]));
        assert!(is_fixed(Decision::ApprovedAllTestsPass, &[Decision::Rejected]));
        assert!(!is_fixed(Decision::Rejected, &[Decision::Rejected]));
        assert!(is_fixed(Decision::Rejected, &BOTH));
        assert!(!is_fixed(Decision::ApprovedCustomerPrerequisiteFail, &BOTH));
    }

    #[test]
    fn deprecated_decisions_show_where_they_were_taken_and_stay() {
        assert_eq!(offered(&[]).len(), 4);
        assert!(offered(&[Decision::ApprovedFaultyHardware]).contains(&Decision::ApprovedFaultyHardware));
        assert!(is_fixed(Decision::ApprovedFaultyHardware, &[Decision::ApprovedFaultyHardware]));
    }

    #[test]
    fn ticks_keep_the_order_of_the_list() {
        let chosen = with(&[Decision::ApprovedAllTestsPass], Decision::ApprovedInconsistentTest, true);
        assert_eq!(chosen, BOTH);
        assert_eq!(with(&chosen, Decision::ApprovedAllTestsPass, false), [Decision::ApprovedInconsistentTest]);
    }

    #[test]
    fn a_review_reads_as_a_line() {
        let review =
            |decisions, comment: &str| Review { id: 1, decisions, comment: comment.to_owned(), reviewers: vec![] };
        assert_eq!(review(vec![], "").words(), None);
        assert_eq!(review(vec![Decision::Rejected], "No").words(), Some("Reject – No".to_owned()));
        assert_eq!(review(vec![], "Later").words(), Some("Later".to_owned()));
    }
}

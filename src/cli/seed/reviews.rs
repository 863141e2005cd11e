//! What people decide about environments and artefacts.

use std::collections::{BTreeMap, BTreeSet};

use app::api::{ArtefactBuildResponse, ArtefactPatch, EnvironmentReviewPatch, TestExecutionStatus};
use serde_json::{Value, json};

use super::artefacts::{Fate, Line, Version};
use super::chance::Chance;
use super::seeder::{Seeder, as_caller, call_as, read};
use crate::domain::access::Caller;
use crate::service::Service;
use crate::service::entity_tag::Precondition;
use crate::store::artefacts::HistoryFilter;

/// Why something may ship although not everything passed.
const EXCUSES: &[(&[&str], &str)] = &[
    (&["APPROVED_INCONSISTENT_TEST"], "Passed when it was run again by hand."),
    (&["APPROVED_UNSTABLE_PHYSICAL_INFRA"], "The laboratory's network was down at that time."),
    (&["APPROVED_FAULTY_HARDWARE"], "The cable of this machine is worn; a new one is ordered."),
    (&["APPROVED_CUSTOMER_PREREQUISITE_FAIL"], "The customer's keys were not there yet."),
    (
        &["APPROVED_INCONSISTENT_TEST", "APPROVED_FAULTY_HARDWARE"],
        "Two things at once:\n- the test is too strict\n- the port is slow",
    ),
];

impl Seeder {
    /// The id of a version.
    pub(super) async fn find_artefact(&self, service: &Service, line: &Line, version: &str) -> anyhow::Result<i64> {
        let filter = HistoryFilter {
            family: line.family,
            name: line.name.to_owned(),
            track: line.track.to_owned(),
            stage: None,
        };
        let history = service.list_history(&filter, 1_000, 0).await?;
        let found = history.items.into_iter().find(|item| item.version == version);
        found.map(|item| item.artefact_id).ok_or_else(|| anyhow::anyhow!("there is no {} {version}", line.name))
    }

    /// Lets people decide about a version as its fate wants it.
    pub(super) async fn decide(&mut self, line: &Line, version: &Version) -> anyhow::Result<()> {
        if matches!(version.fate, Fate::Untouched | Fate::Running) {
            return Ok(());
        }
        let service = self.at(self.day((version.age - 2).max(0), 700));
        let artefact_id = self.find_artefact(&service, line, version.name).await?;
        let reviewer = service.get_artefact(artefact_id).await?.reviewers.into_iter().next();
        let caller = reviewer.map_or_else(|| self.application(), |reviewer| call_as(reviewer.id, &reviewer.name));
        let mut chance = self.chance(&["review", &line.words(version)]);
        self.review_environments(&service, &caller, artefact_id, version, &mut chance).await?;
        for patch in artefact_patches(version.fate, &mut chance) {
            let patch: ArtefactPatch = read(patch)?;
            let work = service.update_artefact(&caller, artefact_id, &patch, &Precondition::None);
            as_caller(&caller, work).await?;
        }
        Ok(())
    }

    async fn review_environments(
        &mut self,
        service: &Service,
        caller: &Caller,
        artefact_id: i64,
        version: &Version,
        chance: &mut Chance,
    ) -> anyhow::Result<()> {
        let failing = find_failing(&service.list_builds(artefact_id).await?);
        let mut must_reject = version.fate == Fate::Rejected;
        let mut patches: Vec<EnvironmentReviewPatch> = Vec::new();
        for (place, review) in service.list_environment_reviews(artefact_id).await?.into_iter().enumerate() {
            if version.fate == Fate::HalfReviewed && place % 2 == 1 {
                continue;
            }
            let has_failed = failing.contains(&(review.artefact_build.id, review.environment.id));
            let (decision, comment) = if must_reject && (has_failed || failing.is_empty()) {
                (&["REJECTED"][..], "This used to work. Not like this.")
            } else if has_failed {
                chance.pick(EXCUSES)
            } else {
                (&["APPROVED_ALL_TESTS_PASS"][..], "")
            };
            must_reject &= decision != ["REJECTED"];
            patches.push(read(json!({"id": review.id, "review_decision": decision, "review_comment": comment}))?);
        }
        self.made.reviews += patches.len();
        let work = service.update_environment_reviews(artefact_id, patches, &Precondition::None);
        as_caller(caller, work).await?;
        Ok(())
    }
}

/// What is changed about the artefact, one after the other.
fn artefact_patches(fate: Fate, chance: &mut Chance) -> Vec<Value> {
    let praise = chance.pick(&["", "Ship it.", "Nothing new here.", "Waited for the second run on the boards."]);
    match fate {
        Fate::Approved => vec![json!({"status": "APPROVED", "comment": praise})],
        Fate::Archived => vec![json!({"status": "APPROVED", "comment": praise}), json!({"archived": true})],
        Fate::Rejected => vec![json!({
            "status": "MARKED_AS_FAILED",
            "comment": "A regression that people would notice on the first day. Please build it again.",
        })],
        Fate::HalfReviewed if chance.one_in(2) => {
            let key = format!("MDW-{}", 100 + chance.below(800));
            vec![json!({"comment": "Waits for a second run.", "jira_issue": key})]
        }
        Fate::HalfReviewed | Fate::Untouched | Fate::Running => Vec::new(),
    }
}

/// Builds and environments where the last run of some plan has failed.
fn find_failing(builds: &[ArtefactBuildResponse]) -> BTreeSet<(i64, i64)> {
    let mut last: BTreeMap<(i64, i64, &str), (i64, TestExecutionStatus)> = BTreeMap::new();
    for build in builds {
        for execution in &build.test_executions {
            let entry = last
                .entry((build.id, execution.environment.id, &execution.test_plan))
                .or_insert((execution.id, execution.status));
            if execution.id >= entry.0 {
                *entry = (execution.id, execution.status);
            }
        }
    }
    let failed = last.into_iter().filter(|(_, (_, status))| *status == TestExecutionStatus::Failed);
    failed.map(|((build, environment, _), _)| (build, environment)).collect()
}

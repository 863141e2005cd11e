//! From builds and executions to what people look at: environments, their test plans, and the runs of each.

use serde::{Deserialize, Serialize};

use super::review::Review;
use crate::api::{
    ArtefactBuildEnvironmentReviewResponse, ArtefactBuildMinimalResponse, ArtefactBuildResponse, EnvironmentResponse,
    ExecutionMetadata, TestExecutionRelevantLinkResponse, TestExecutionResponse, TestExecutionStatus, Timestamp,
};
use crate::order;

/// Runs up to which everything on the page is sent at once; beyond, closed environments are filled when they open.
const EAGER_RUNS: usize = 20;

/// A build in an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Environment {
    pub(super) build: i64,
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) architecture: String,
    pub(super) revision: Option<i64>,
    /// The plan with the newest run first.
    pub(super) plans: Vec<Plan>,
    /// What people say about it; nothing where the API has no review for it.
    pub(super) review: Option<Review>,
}

/// A test plan in an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Plan {
    pub(super) name: String,
    /// Newest first; never empty.
    pub(super) runs: Vec<Run>,
}

/// A test execution as the page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Run {
    pub(super) id: i64,
    /// 1 for the oldest of its plan, whatever else is shown.
    pub(super) number: usize,
    pub(super) status: TestExecutionStatus,
    pub(super) ci_link: Option<String>,
    pub(super) c3_link: Option<String>,
    pub(super) links: Vec<TestExecutionRelevantLinkResponse>,
    pub(super) created_at: Timestamp,
    pub(super) metadata: ExecutionMetadata,
    pub(super) is_triaged: bool,
    /// The priority of a requested rerun.
    pub(super) rerun: Option<i64>,
}

impl Environment {
    /// The newest run, which speaks for the environment.
    pub(super) fn newest(&self) -> Option<&Run> {
        self.plans.iter().filter_map(|plan| plan.runs.first()).max_by_key(|run| run.id)
    }

    /// Plans whose newest run still waits for somebody to look at its failures.
    pub(super) fn untriaged_count(&self) -> usize {
        self.plans.iter().filter_map(|plan| plan.runs.first()).filter(|run| !run.is_triaged).count()
    }

    /// How many runs took place here.
    pub(super) fn run_count(&self) -> usize {
        self.plans.iter().map(|plan| plan.runs.len()).sum()
    }

    /// Whether a run took place here.
    pub(super) fn holds(&self, run: i64) -> bool {
        self.plans.iter().any(|plan| plan.holds(run))
    }
}

impl Plan {
    /// Whether a run is one of this plan.
    pub(super) fn holds(&self, run: i64) -> bool {
        self.runs.iter().any(|other| other.id == run)
    }

    /// Its name, or a word for not having one.
    pub(super) fn label(&self) -> String {
        if self.name.is_empty() { "unknown".to_owned() } else { self.name.clone() }
    }
}

/// Groups executions by build and environment, in the API's order, and inside by plan, each with its review. What has a
/// review but no execution (any more) comes after the others of its build.
pub(super) fn assemble(
    builds: Vec<ArtefactBuildResponse>,
    reviews: Vec<ArtefactBuildEnvironmentReviewResponse>,
) -> Vec<Environment> {
    let mut environments: Vec<Environment> = Vec::new();
    for build in builds {
        let first = environments.len();
        let minimal =
            ArtefactBuildMinimalResponse { id: build.id, architecture: build.architecture, revision: build.revision };
        for execution in build.test_executions {
            let environment = find_or_add(&mut environments, first, &minimal, &execution.environment);
            if let Some(environment) = environment {
                add_run(&mut environment.plans, execution);
            }
        }
        for review in reviews.iter().filter(|review| review.artefact_build.id == minimal.id) {
            let environment = find_or_add(&mut environments, first, &minimal, &review.environment);
            if let Some(environment) = environment {
                environment.review = Some(review.clone().into());
            }
        }
    }
    for plans in environments.iter_mut().map(|environment| &mut environment.plans) {
        plans.iter_mut().for_each(number_runs);
        order::sort_by_key(plans, |plan| std::cmp::Reverse(plan.runs.first().map(|run| run.id)));
    }
    environments
}

/// The environment among those of the build, which begin at `first`.
fn find_or_add<'a>(
    environments: &'a mut Vec<Environment>,
    first: usize,
    build: &ArtefactBuildMinimalResponse,
    environment: &EnvironmentResponse,
) -> Option<&'a mut Environment> {
    let at = environments.iter().skip(first).position(|other| other.id == environment.id);
    let at = at.map_or_else(
        || {
            environments.push(Environment {
                build: build.id,
                id: environment.id,
                name: environment.name.clone(),
                architecture: environment.architecture.clone(),
                revision: build.revision,
                plans: Vec::new(),
                review: None,
            });
            environments.len() - 1
        },
        |at| at + first,
    );
    environments.get_mut(at)
}

fn add_run(plans: &mut Vec<Plan>, execution: TestExecutionResponse) {
    let run = Run {
        id: execution.id,
        number: 0,
        status: execution.status,
        ci_link: execution.ci_link,
        c3_link: execution.c3_link,
        links: execution.relevant_links,
        created_at: execution.created_at,
        metadata: execution.execution_metadata,
        is_triaged: execution.is_triaged,
        rerun: execution.is_rerun_requested.then(|| execution.rerun_priority.unwrap_or_default()),
    };
    match plans.iter_mut().find(|plan| plan.name == execution.test_plan) {
        Some(plan) => plan.runs.push(run),
        None => plans.push(Plan { name: execution.test_plan, runs: vec![run] }),
    }
}

fn number_runs(plan: &mut Plan) {
    order::sort_by_key(&mut plan.runs, |run| std::cmp::Reverse(run.id));
    let count = plan.runs.len();
    for (at, run) in plan.runs.iter_mut().enumerate() {
        run.number = count - at;
    }
}

/// The run whose results are sent with the page: the one a link points at, else the newest of the only plan of the only environment.
pub(super) fn default_open_run(environments: &[Environment], target: Option<i64>) -> Option<i64> {
    if let Some(target) = target {
        return environments.iter().any(|environment| environment.holds(target)).then_some(target);
    }
    match environments {
        [Environment { plans, .. }] => match plans.as_slice() {
            [plan] => plan.runs.first().map(|run| run.id),
            _ => None,
        },
        _ => None,
    }
}

/// Whether there is so little that closed environments are sent too, readable without scripts and found by the browser's search.
pub(super) fn is_small(runs: usize) -> bool {
    runs <= EAGER_RUNS
}

/// How many environments are in each status, given that of the newest run of each, in the order of the summary.
pub(super) fn summary(newest: &[TestExecutionStatus]) -> [(TestExecutionStatus, usize); 6] {
    let count = |status| newest.iter().filter(|other| **other == status).count();
    [
        TestExecutionStatus::NotStarted,
        TestExecutionStatus::NotTested,
        TestExecutionStatus::InProgress,
        TestExecutionStatus::EndedPrematurely,
        TestExecutionStatus::Failed,
        TestExecutionStatus::Passed,
    ]
    .map(|status| (status, count(status)))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Environment, default_open_run, is_small, summary};
    use crate::api::{ArtefactBuildEnvironmentReviewResponse, ArtefactBuildResponse, TestExecutionStatus};

    fn assemble(builds: Vec<ArtefactBuildResponse>) -> Vec<Environment> {
        super::assemble(builds, Vec::new())
    }

    fn execution(id: i64, environment: i64, plan: &str, status: &str) -> Value {
        json!({
            "id": id, "ci_link": null, "c3_link": null, "relevant_links": [], "status": status, "test_plan": plan,
            "environment": {"id": environment, "name": format!("host-{environment}"), "architecture": "amd64"},
            "created_at": "2031-05-04T03:02:01", "execution_metadata": {}, "is_triaged": status != "FAILED",
            "is_rerun_requested": false, "rerun_priority": null,
        })
    }

    fn builds(executions: &[Value]) -> Vec<ArtefactBuildResponse> {
        let build = json!({"id": 7, "architecture": "amd64", "revision": 3, "test_executions": executions});
        vec![serde_json::from_value(build).unwrap()]
    }

    #[test]
    fn plans_and_runs_are_newest_first_and_numbered_from_the_oldest() {
        let environments = assemble(builds(&[
            execution(1, 1, "a", "PASSED"),
            execution(2, 1, "a", "FAILED"),
            execution(3, 1, "b", "IN_PROGRESS"),
            execution(4, 2, "", "PASSED"),
        ]));
        let names: Vec<&str> = environments.iter().map(|environment| environment.name.as_str()).collect();
        assert_eq!(names, ["host-1", "host-2"]);
        let plans = &environments[0].plans;
        assert_eq!((plans[0].label(), plans[1].label()), ("b".to_owned(), "a".to_owned()));
        let runs: Vec<(i64, usize)> = plans[1].runs.iter().map(|run| (run.id, run.number)).collect();
        assert_eq!(runs, [(2, 2), (1, 1)]);
        assert_eq!(environments[1].plans[0].label(), "unknown");
        assert_eq!(environments[0].newest().map(|run| run.id), Some(3));
        assert_eq!((environments[0].untriaged_count(), environments[1].untriaged_count()), (1, 0));
    }

    #[test]
    fn reviews_join_their_environments_and_may_come_without_a_run() {
        let review = |id, build, environment| -> ArtefactBuildEnvironmentReviewResponse {
            serde_json::from_value(json!({
                "id": id, "review_decision": ["REJECTED"], "review_comment": "No", "reviewers": [],
                "environment": {"id": environment, "name": format!("host-{environment}"), "architecture": "amd64"},
                "artefact_build": {"id": build, "architecture": "amd64", "revision": 3},
            }))
            .unwrap()
        };
        let executions = [execution(1, 1, "a", "PASSED"), execution(2, 2, "a", "PASSED")];
        let reviews = vec![review(70, 7, 2), review(71, 7, 3), review(72, 8, 1)];
        let environments = super::assemble(builds(&executions), reviews);
        let reviews: Vec<(i64, Option<i64>)> =
            environments.iter().map(|row| (row.id, row.review.as_ref().map(|review| review.id))).collect();
        assert_eq!(reviews, [(1, None), (2, Some(70)), (3, Some(71))]);
        assert!(environments[2].newest().is_none() && environments[2].plans.is_empty());
    }

    #[test]
    fn summary_counts_each_status() {
        let counts = summary(&[TestExecutionStatus::Failed, TestExecutionStatus::Passed, TestExecutionStatus::Failed]);
        assert_eq!(counts[4], (TestExecutionStatus::Failed, 2));
        assert_eq!(counts.iter().map(|(_, count)| count).sum::<usize>(), 3);
    }

    #[test]
    fn one_run_at_most_is_open_from_the_start() {
        let single = assemble(builds(&[execution(1, 1, "a", "PASSED"), execution(2, 1, "a", "FAILED")]));
        assert_eq!(default_open_run(&single, None), Some(2));
        assert_eq!(default_open_run(&single, Some(1)), Some(1));
        assert_eq!(default_open_run(&single, Some(9)), None);
        let several = assemble(builds(&[execution(1, 1, "a", "PASSED"), execution(2, 2, "a", "FAILED")]));
        assert_eq!(default_open_run(&several, None), None);
        assert_eq!(default_open_run(&several, Some(2)), Some(2));
    }

    #[test]
    fn much_is_sent_in_parts() {
        let many: Vec<Value> = (0..21).map(|id| execution(id, id, "a", "PASSED")).collect();
        let runs =
            |executions: &[Value]| -> usize { assemble(builds(executions)).iter().map(Environment::run_count).sum() };
        assert!(!is_small(runs(&many[..])));
        assert!(is_small(runs(&many[..20])));
    }
}

//! Executions of an artefact that failed and that nobody has decided on.

use std::collections::HashSet;

use app::api::{
    ArtefactBuildEnvironmentReviewResponse, ArtefactBuildResponse, TestExecutionResponse, TestExecutionStatus,
    TestResultResponse, TestResultStatus,
};

use super::server::{CallError, Server};

/// The failed executions on builds in environments whose review is open, by build.
pub async fn find_undecided(server: &Server, artefact_id: i64) -> Result<Vec<TestExecutionResponse>, CallError> {
    let builds: Vec<ArtefactBuildResponse> = server.get(&format!("/v1/artefacts/{artefact_id}/builds")).await?;
    let reviews: Vec<ArtefactBuildEnvironmentReviewResponse> =
        server.get(&format!("/v1/artefacts/{artefact_id}/environment-reviews")).await?;
    Ok(select_undecided(builds, &reviews))
}

fn select_undecided(
    builds: Vec<ArtefactBuildResponse>,
    reviews: &[ArtefactBuildEnvironmentReviewResponse],
) -> Vec<TestExecutionResponse> {
    let decided = reviews.iter().filter(|review| !review.review_decision.is_empty());
    let decided: HashSet<_> = decided.map(|review| (review.artefact_build.id, review.environment.id)).collect();
    let executions = builds
        .into_iter()
        .flat_map(|build| build.test_executions.into_iter().map(move |execution| (build.id, execution)));
    let failed = executions.filter(|(_, execution)| execution.status == TestExecutionStatus::Failed);
    let open = failed.filter(|(build, execution)| !decided.contains(&(*build, execution.environment.id)));
    open.map(|(_, execution)| execution).collect()
}

/// The results of an execution that failed.
pub async fn list_failed_results(server: &Server, execution: i64) -> Result<Vec<TestResultResponse>, CallError> {
    let mut results: Vec<TestResultResponse> =
        server.get(&format!("/v1/test-executions/{execution}/test-results")).await?;
    results.retain(|result| result.status == TestResultStatus::Failed);
    Ok(results)
}

/// One line about an execution, for people who choose.
pub fn describe(execution: &TestExecutionResponse) -> String {
    let environment = &execution.environment;
    format!("{}: {} on {} ({})", execution.id, execution.test_plan, environment.name, environment.architecture)
}

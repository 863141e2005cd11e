//! How far an execution is.

use app::api::TestExecutionStatus;

/// The status of an execution that its reporter calls completed: premature without any result, failed when a result
/// failed, else passed, also when everything was skipped.
pub fn completed_status(result_count: i64, failed_count: i64) -> TestExecutionStatus {
    match (result_count, failed_count) {
        (0, _) => TestExecutionStatus::EndedPrematurely,
        (_, 0) => TestExecutionStatus::Passed,
        _ => TestExecutionStatus::Failed,
    }
}

#[cfg(test)]
mod tests {
    use app::api::TestExecutionStatus::{EndedPrematurely, Failed, Passed};

    use super::completed_status;

    #[test]
    fn completion_depends_on_the_stored_results() {
        for (results, failed, expected) in [(0, 0, EndedPrematurely), (3, 0, Passed), (3, 1, Failed), (1, 1, Failed)] {
            assert_eq!(completed_status(results, failed), expected);
        }
    }
}

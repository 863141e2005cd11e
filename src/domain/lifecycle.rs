//! How far an execution is.

use app::api::{TestEventRequest, TestExecutionStatus};

/// The event that a run begins with; its detail is where the machine that runs it says what it does.
const JOB_START: &str = "job_start";
/// The event that a run ends with, however it ended.
const JOB_END: &str = "job_end";

/// The status of an execution that its reporter calls completed: premature without any result, failed when a result
/// failed, else passed, also when everything was skipped.
pub fn completed_status(result_count: i64, failed_count: i64) -> TestExecutionStatus {
    match (result_count, failed_count) {
        (0, _) => TestExecutionStatus::EndedPrematurely,
        (_, 0) => TestExecutionStatus::Passed,
        _ => TestExecutionStatus::Failed,
    }
}

/// The status of an execution whose results were all reported at once: failed when one of them failed, else passed.
pub fn ended_status(failed_count: i64) -> TestExecutionStatus {
    if failed_count > 0 { TestExecutionStatus::Failed } else { TestExecutionStatus::Passed }
}

/// The status of an execution after its events, in the order of the report: when the last one says that the job is over, an
/// execution that nobody has called passed or failed ended prematurely.
pub fn status_after_events(status: TestExecutionStatus, events: &[TestEventRequest]) -> TestExecutionStatus {
    let is_over = events.last().is_some_and(|event| event.event_name == JOB_END);
    let is_decided = matches!(status, TestExecutionStatus::Passed | TestExecutionStatus::Failed);
    if is_over && !is_decided { TestExecutionStatus::EndedPrematurely } else { status }
}

/// Where the machine that runs the execution says what it does, if the report begins with the start of the job.
pub fn resource_url_of_events(events: &[TestEventRequest]) -> Option<&str> {
    events.first().filter(|event| event.event_name == JOB_START).map(|event| event.detail.as_str())
}

#[cfg(test)]
mod tests {
    use app::api::TestExecutionStatus::{EndedPrematurely, Failed, InProgress, NotStarted, NotTested, Passed};
    use app::api::{Instant, TestEventRequest};

    use super::{completed_status, resource_url_of_events, status_after_events};

    fn events(names: &[&str]) -> Vec<TestEventRequest> {
        let timestamp = Instant::from_text("2031-01-01").unwrap();
        names
            .iter()
            .map(|name| TestEventRequest {
                event_name: (*name).to_owned(),
                timestamp,
                detail: format!("http://agent/{name}"),
            })
            .collect()
    }

    #[test]
    fn the_end_of_the_job_ends_what_nobody_decided() {
        for status in [NotStarted, InProgress, NotTested, EndedPrematurely] {
            assert_eq!(status_after_events(status, &events(&["job_start", "job_end"])), EndedPrematurely, "{status}");
        }
        for status in [Passed, Failed] {
            assert_eq!(status_after_events(status, &events(&["job_end"])), status);
        }
        for names in [&["job_end", "test_end"][..], &[], &["JOB_END"]] {
            assert_eq!(status_after_events(InProgress, &events(names)), InProgress, "{names:?}");
        }
    }

    #[test]
    fn the_start_of_the_job_says_where_it_runs() {
        for (names, expected) in
            [(&["job_start", "x"][..], Some("http://agent/job_start")), (&["x", "job_start"], None), (&[], None)]
        {
            assert_eq!(resource_url_of_events(&events(names)), expected, "{names:?}");
        }
    }

    #[test]
    fn completion_depends_on_the_stored_results() {
        for (results, failed, expected) in [(0, 0, EndedPrematurely), (3, 0, Passed), (3, 1, Failed), (1, 1, Failed)] {
            assert_eq!(completed_status(results, failed), expected);
        }
    }
}

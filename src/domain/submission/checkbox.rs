//! Submissions of Checkbox: the results in `submission.json`.

use std::collections::BTreeMap;

use app::api::TestResultStatus;
use serde::Deserialize;

use super::{Report, ReportError, ReportedResult, RunEnd};

#[derive(Deserialize)]
struct Submission {
    results: Vec<Job>,
}

/// A job that was run. What is not said may be absent or null.
#[derive(Deserialize)]
struct Job {
    id: String,
    status: Option<String>,
    outcome: Option<String>,
    category: Option<String>,
    comments: Option<String>,
    io_log: Option<String>,
    template_id: Option<String>,
}

pub(super) fn read(bytes: &[u8]) -> Result<Report, ReportError> {
    let submission: Submission = serde_json::from_slice(bytes).map_err(|error| ReportError::json(&error))?;
    let results = submission.results.into_iter().map(result_of).collect();
    Ok(Report { results, end: RunEnd::Completed })
}

/// What Checkbox itself says of each job of a submission, by the job's id.
pub fn read_statuses(bytes: &[u8]) -> Result<BTreeMap<String, String>, ReportError> {
    let submission: Submission = serde_json::from_slice(bytes).map_err(|error| ReportError::json(&error))?;
    let statuses = submission.results.into_iter().map(|job| (job.id, job.status.or(job.outcome).unwrap_or_default()));
    Ok(statuses.collect())
}

fn result_of(job: Job) -> ReportedResult {
    let said = job.status.or(job.outcome).unwrap_or_default();
    let status = match said.as_str() {
        "pass" => TestResultStatus::Passed,
        "skip" | "not-supported" => TestResultStatus::Skipped,
        // Crashes, and what nobody knows: somebody has to look.
        _ => TestResultStatus::Failed,
    };
    let comment = match job.comments {
        Some(comments) if !comments.is_empty() => comments,
        _ if matches!(said.as_str(), "pass" | "skip" | "fail") => String::new(),
        _ => format!("Checkbox says: {}", if said.is_empty() { "nothing" } else { &said }),
    };
    ReportedResult {
        category: job.category.unwrap_or_default(),
        template_id: job.template_id.unwrap_or_default(),
        io_log: job.io_log.unwrap_or_default(),
        comment,
        ..ReportedResult::new(job.id, status)
    }
}

#[cfg(test)]
mod tests {
    use app::api::TestResultStatus::{Failed, Passed, Skipped};

    use super::read;

    #[test]
    fn jobs_become_results() {
        let report = read(
            br#"{"title": "lab run", "results": [
                {"id": "radio/scan_wlan0", "full_id": "org.example::radio/scan_wlan0", "name": "Scan", "status": "pass",
                 "outcome": "pass", "category": "Radio", "comments": null, "io_log": "3 networks\n",
                 "template_id": "radio/scan_interface", "duration": 1.5},
                {"id": "radio/join", "status": "fail", "category": "Radio", "comments": "antenna loose", "io_log": ""}
            ], "resource-results": [{"id": "not/a/test", "status": "pass"}]}"#,
        )
        .unwrap();
        assert_eq!(report.results.len(), 2);
        let scan = &report.results[0];
        assert_eq!((scan.name.as_str(), scan.status, scan.category.as_str()), ("radio/scan_wlan0", Passed, "Radio"));
        assert_eq!((scan.template_id.as_str(), scan.io_log.as_str()), ("radio/scan_interface", "3 networks\n"));
        let join = &report.results[1];
        assert_eq!((join.status, join.comment.as_str(), join.template_id.as_str()), (Failed, "antenna loose", ""));
    }

    #[test]
    fn outcomes_that_are_no_status_are_told() {
        for (job, status, comment) in [
            (r#"{"id": "a", "status": "skip"}"#, Skipped, ""),
            (r#"{"id": "a", "outcome": "pass"}"#, Passed, ""),
            (r#"{"id": "a", "status": "not-supported"}"#, Skipped, "Checkbox says: not-supported"),
            (r#"{"id": "a", "status": "crash"}"#, Failed, "Checkbox says: crash"),
            (r#"{"id": "a", "status": "crash", "comments": "bang"}"#, Failed, "bang"),
            (r#"{"id": "a"}"#, Failed, "Checkbox says: nothing"),
        ] {
            let report = read(format!(r#"{{"results": [{job}]}}"#).as_bytes()).unwrap();
            let result = &report.results[0];
            assert_eq!((result.status, result.comment.as_str()), (status, comment), "{job}");
        }
    }

    #[test]
    fn mistakes_have_their_line() {
        for (content, expected) in [
            ("{\"results\": [\n{\"status\": \"pass\"}\n]}", "line 2: missing field `id`"),
            ("{\n\"results\": [\n{\"id\": 5}]}", "line 3: invalid type: integer `5`, expected a string"),
            ("{\n}", "line 2: missing field `results`"),
            ("{\"results\": [", "line 1: EOF while parsing a list"),
        ] {
            assert_eq!(read(content.as_bytes()).unwrap_err().to_string(), expected);
        }
    }
}

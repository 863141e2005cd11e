//! The Common Test Report Format: one JSON object with a list of tests.

use app::api::TestResultStatus;
use serde::Deserialize;

use super::names::qualify;
use super::{Report, ReportError, ReportedResult, RunEnd, join_parts};

#[derive(Deserialize)]
struct File {
    results: Results,
}

#[derive(Deserialize)]
struct Results {
    tests: Vec<Test>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Test {
    name: String,
    status: String,
    raw_status: Option<String>,
    suite: Option<Suite>,
    file_path: Option<String>,
    message: Option<String>,
    trace: Option<String>,
    #[serde(default)]
    stdout: Option<Vec<String>>,
    #[serde(default)]
    stderr: Option<Vec<String>>,
    flaky: Option<bool>,
    retries: Option<u64>,
}

/// Older reports name the suite, newer ones its way from the outermost.
#[derive(Deserialize)]
#[serde(untagged)]
enum Suite {
    Name(String),
    Path(Vec<String>),
}

pub(super) fn read(bytes: &[u8]) -> Result<Report, ReportError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let file: File = serde_json::from_slice(bytes).map_err(|error| ReportError::json(&error))?;
    let results = file.results.tests.into_iter().map(result_of).collect();
    Ok(Report { results, end: RunEnd::Completed })
}

fn result_of(test: Test) -> ReportedResult {
    let suite = match test.suite {
        Some(Suite::Name(name)) => name,
        Some(Suite::Path(path)) => path.join(" > "),
        None => String::new(),
    };
    let status = match test.status.as_str() {
        "passed" => TestResultStatus::Passed,
        "skipped" | "pending" => TestResultStatus::Skipped,
        // "other", which is what runners call an interruption or a time-out.
        _ => TestResultStatus::Failed,
    };
    let mut comment: Vec<String> = test.message.into_iter().filter(|message| !message.trim().is_empty()).collect();
    if !matches!(test.status.as_str(), "passed" | "skipped" | "failed") {
        comment.push(format!("The runner says: {}", test.raw_status.as_deref().unwrap_or(&test.status)));
    }
    if test.flaky == Some(true) {
        comment.push(format!("Flaky: {} retries", test.retries.unwrap_or_default()));
    }
    let (stdout, stderr) = (test.stdout.unwrap_or_default(), test.stderr.unwrap_or_default());
    let io_log = join_parts(&[
        ("trace", test.trace.as_deref().unwrap_or_default()),
        ("stdout", &stdout.join("\n")),
        ("stderr", &stderr.join("\n")),
    ]);
    ReportedResult {
        category: if suite.is_empty() { test.file_path.unwrap_or_default() } else { suite.clone() },
        comment: comment.join("\n"),
        io_log,
        ..ReportedResult::new(qualify(&suite, " > ", &test.name), status)
    }
}

#[cfg(test)]
mod tests {
    use app::api::TestResultStatus::{Failed, Passed, Skipped};

    use super::read;

    #[test]
    fn tests_become_results() {
        let report = read(
            br#"{"reportFormat": "CTRF", "specVersion": "0.0.0", "results": {
                "tool": {"name": "runner"}, "summary": {"tests": 2},
                "tests": [
                  {"name": "opens", "status": "passed", "duration": 12, "suite": ["ui", "door"]},
                  {"name": "closes", "status": "failed", "duration": 7, "suite": "door", "filePath": "door.ts",
                   "message": "it is stuck", "trace": "at door.ts:4\n", "stdout": ["creak", "creak"], "stderr": []}
                ]}}"#,
        )
        .unwrap();
        let [opens, closes] = report.results.as_slice() else { panic!("{report:?}") };
        assert_eq!(
            (opens.name.as_str(), opens.status, opens.category.as_str()),
            ("ui > door > opens", Passed, "ui > door")
        );
        assert_eq!(
            (closes.name.as_str(), closes.status, closes.comment.as_str()),
            ("door > closes", Failed, "it is stuck")
        );
        assert_eq!(closes.io_log, "[trace]\nat door.ts:4\n\n[stdout]\ncreak\ncreak");
    }

    #[test]
    fn every_status_has_its_meaning() {
        for (fields, status, comment) in [
            (r#""status": "passed""#, Passed, ""),
            (r#""status": "failed""#, Failed, ""),
            (r#""status": "skipped", "message": "no door""#, Skipped, "no door"),
            (r#""status": "pending""#, Skipped, "The runner says: pending"),
            (r#""status": "other", "rawStatus": "timedOut""#, Failed, "The runner says: timedOut"),
            (r#""status": "passed", "flaky": true, "retries": 2"#, Passed, "Flaky: 2 retries"),
        ] {
            let report =
                read(format!(r#"{{"results": {{"tests": [{{"name": "x", {fields}}}]}}}}"#).as_bytes()).unwrap();
            let result = &report.results[0];
            assert_eq!((result.status, result.comment.as_str()), (status, comment), "{fields}");
            assert_eq!((result.name.as_str(), result.category.as_str()), ("x", ""));
        }
    }

    #[test]
    fn mistakes_have_their_line() {
        for (content, expected) in [
            ("{\"results\": {\n\"tests\": [\n{\"name\": \"x\"}]}}", "line 3: missing field `status`"),
            ("{\"results\": {}}", "line 1: missing field `tests`"),
            ("{\"results\": {\"tests\": [}", "line 1: expected value"),
        ] {
            assert_eq!(read(content.as_bytes()).unwrap_err().to_string(), expected);
        }
    }
}

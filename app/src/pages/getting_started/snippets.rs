//! The requests of a first test execution, ready to paste.

/// Makes an API key.
pub(super) const MAKE_KEY: &str =
    "test-observer application add my-runner --permission change_test --permission view_test";

const START: &str = r#"{
  "family": "snap",
  "name": "hello-observer",
  "version": "1.0",
  "arch": "amd64",
  "revision": 1,
  "track": "latest",
  "store": "ubuntu",
  "execution_stage": "beta",
  "environment": "my-laptop",
  "test_plan": "first-steps"
}"#;

const RESULTS: &str = r#"[
  {"name": "starts", "status": "PASSED", "category": "basics", "comment": "Ready after 2 seconds"},
  {"name": "answers", "status": "PASSED", "category": "basics"},
  {"name": "finds-the-printer", "status": "FAILED", "category": "devices",
   "comment": "No printer was found",
   "io_log": "$ lpstat -p\nlpstat: No destinations added.\nexit status 1"},
  {"name": "prints-in-colour", "status": "SKIPPED", "category": "devices",
   "comment": "Needs a printer"}
]"#;

/// The steps, filled in for this installation.
pub(super) struct Snippets {
    /// Title and shell commands of each step.
    pub(super) curl: Vec<(&'static str, String)>,
    /// All of them in one Python script.
    pub(super) python: String,
}

impl Snippets {
    /// With the address and the key, or a placeholder for the key.
    pub(super) fn new(base_url: &str, api_key: Option<&str>) -> Self {
        let key = api_key.unwrap_or("paste the key here");
        Self { curl: curl(base_url, key), python: python(base_url, key) }
    }
}

fn curl(base_url: &str, key: &str) -> Vec<(&'static str, String)> {
    let call = |method: &str, path: &str, body: &str| {
        format!(
            "curl --fail-with-body -sS -X {method} \"$TO_URL/v1/test-executions/{path}\" \\\n  \
             -H \"Authorization: Bearer $TO_KEY\" -H 'Content-Type: application/json' -d '{body}'"
        )
    };
    vec![
        ("Say where, and who you are", format!("TO_URL='{base_url}'\nTO_KEY='{key}'")),
        (
            "Start a test execution, and keep its id",
            format!("TO_ID=$({} | tr -dc 0-9)\necho \"Execution $TO_ID\"", call("PUT", "start-test", START)),
        ),
        ("Post four results", call("POST", "$TO_ID/test-results", RESULTS)),
        ("Complete it", call("PATCH", "$TO_ID", r#"{"status": "COMPLETED"}"#)),
    ]
}

fn python(base_url: &str, key: &str) -> String {
    format!(
        r#"import json
import urllib.request

URL = "{base_url}"
KEY = "{key}"


def call(method, path, body):
    request = urllib.request.Request(
        f"{{URL}}/v1/test-executions/{{path}}",
        method=method,
        data=json.dumps(body).encode(),
        headers={{"Authorization": f"Bearer {{KEY}}", "Content-Type": "application/json"}},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


execution = call("PUT", "start-test", {START})["id"]
print("Execution", execution)

call("POST", f"{{execution}}/test-results", {RESULTS})

status = call("PATCH", f"{{execution}}", {{"status": "COMPLETED"}})["status"]
print("Done:", status)
"#
    )
}

#[cfg(test)]
mod tests {
    use super::{RESULTS, START, Snippets};

    #[test]
    fn what_is_sent_is_json() {
        let start: serde_json::Value = serde_json::from_str(START).unwrap();
        assert_eq!(start["family"], "snap");
        let results: serde_json::Value = serde_json::from_str(RESULTS).unwrap();
        let statuses: Vec<&str> =
            results.as_array().unwrap().iter().filter_map(|result| result["status"].as_str()).collect();
        assert_eq!(statuses, ["PASSED", "PASSED", "FAILED", "SKIPPED"]);
    }

    #[test]
    fn address_and_key_are_filled_in() {
        let snippets = Snippets::new("http://127.0.0.1:30000", Some("to_secret"));
        assert!(
            snippets.python.contains("URL = \"http://127.0.0.1:30000\"")
                && snippets.python.contains("KEY = \"to_secret\"")
        );
        assert_eq!(snippets.curl[0].1, "TO_URL='http://127.0.0.1:30000'\nTO_KEY='to_secret'");
    }

    #[test]
    fn nothing_in_the_json_needs_quoting_in_a_shell() {
        assert!(!START.contains('\'') && !RESULTS.contains('\''));
    }
}

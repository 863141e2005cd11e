//! What a run is about, as the API wants to hear it; judged here by the API's own rules, so that nothing waits on disk that no
//! server will ever take.

use app::api::{
    FamilyName, LocationPart, Problems, StartTestExecutionRequest, TestExecutionsPatchRequest, ValidationError,
};
use serde_json::Value;

/// Everything that is wrong with how a run starts and ends, in the words of the command line, if anything is.
pub fn find_mistakes(start: &Value, end: &Value) -> Vec<String> {
    let start = deserr::deserialize::<StartTestExecutionRequest, _, Problems>(start.clone()).err();
    let end = deserr::deserialize::<TestExecutionsPatchRequest, _, Problems>(end.clone()).err();
    start.into_iter().chain(end).flat_map(|problems| problems.0).map(|problem| describe(&problem)).collect()
}

fn describe(problem: &ValidationError) -> String {
    if problem.kind.starts_with("union_tag") {
        let families: Vec<&str> = FamilyName::ALL.iter().map(|family| family.as_str()).collect();
        return format!("--family: one of {}", families.join(", "));
    }
    let mut names = problem.loc.iter().filter_map(|part| match part {
        LocationPart::Field(name) if name.parse::<FamilyName>().is_err() => Some(name.as_str()),
        _ => None,
    });
    let message = match problem.kind.as_str() {
        "missing" => "it has to be said",
        _ => problem.msg.trim_start_matches("Value error, "),
    };
    match names.next() {
        Some(field) => format!("{}: {message}", option_of(field)),
        None => message
            .replace("source or execution_stage", "--source or --stage")
            .replace("both source and execution_stage", "both --source and --stage"),
    }
}

/// The option that says a field.
fn option_of(field: &str) -> String {
    match field {
        "execution_stage" => "--stage".to_owned(),
        "relevant_links" => "--link".to_owned(),
        "execution_metadata" => "--metadata".to_owned(),
        other => format!("--{}", other.replace('_', "-")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::find_mistakes;

    fn deb(changes: &Value) -> Value {
        let mut start = json!({
            "family": "deb", "name": "hello", "version": "1", "arch": "amd64", "environment": "lab",
            "test_plan": "smoke", "series": "noble", "repo": "main", "execution_stage": "proposed",
        });
        for (name, value) in changes.as_object().unwrap() {
            start[name] = value.clone();
        }
        start
    }

    #[test]
    fn mistakes_are_told_in_the_words_of_the_command_line() {
        for (start, end, expected) in [
            (deb(&json!({})), json!({"status": "COMPLETED"}), vec![]),
            (json!({}), json!({}), vec!["--family: one of snap, deb, charm, image, solution"]),
            (json!({"family": "rpm"}), json!({}), vec!["--family: one of snap, deb, charm, image, solution"]),
            (
                json!({"family": "image", "sha256": "5"}),
                json!({}),
                vec!["--environment: it has to be said", "--test-plan: it has to be said"],
            ),
            (
                deb(&json!({"execution_stage": "stable"})),
                json!({}),
                vec!["--stage: Input should be 'proposed' or 'updates'"],
            ),
            (deb(&json!({"source": "ppa"})), json!({}), vec!["Received both --source and --stage"]),
            (deb(&json!({"execution_stage": ""})), json!({}), vec!["Received no --source or --stage"]),
            (
                deb(&json!({"relevant_links": [{"label": "x", "url": "ftp://x"}]})),
                json!({}),
                vec!["--link: URL scheme should be 'http' or 'https'"],
            ),
            (
                deb(&json!({})),
                json!({"execution_metadata": {"kernel": [""]}}),
                vec!["--metadata: String should have at least 1 character"],
            ),
        ] {
            assert_eq!(find_mistakes(&start, &end), expected, "{start} {end}");
        }
    }
}

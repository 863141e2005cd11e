//! Which issue a rule attaches to which result.

use std::collections::{BTreeMap, HashSet};

use app::api::{FamilyName, TestResultStatus};

/// A rule that attaches its issue to the results it matches. An empty list matches everything.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "each list names what it holds")]
pub struct Rule {
    pub id: i64,
    pub issue_id: i64,
    pub families: Vec<String>,
    pub artefacts: Vec<String>,
    pub artefact_versions: Vec<String>,
    pub artefact_stages: Vec<String>,
    pub artefact_tracks: Vec<String>,
    pub environment_names: Vec<String>,
    pub test_case_names: Vec<String>,
    pub template_ids: Vec<String>,
    pub test_result_statuses: Vec<String>,
    /// Per category the values of which the execution must have one.
    pub execution_metadata: BTreeMap<String, Vec<String>>,
}

/// What rules ask about an execution.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each field names what it holds")]
pub struct ExecutionFacts {
    pub family: FamilyName,
    pub artefact: String,
    pub version: String,
    pub stage: String,
    pub track: String,
    pub environment: String,
    /// `(category, value)` pairs.
    pub metadata: Vec<(String, String)>,
}

/// What rules ask about a result.
#[derive(Clone, Copy, Debug)]
pub struct ResultFacts<'a> {
    /// The result.
    pub id: i64,
    /// The name of its case.
    pub test_case_name: &'a str,
    /// The template of its case, as stored.
    pub template_id: &'a str,
    /// How the test ended.
    pub status: TestResultStatus,
}

/// An issue to attach to a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// The issue.
    pub issue_id: i64,
    /// The result.
    pub result_id: i64,
    /// The rule that says so.
    pub rule_id: i64,
}

/// What the rules attach to the results. Of several rules that attach one issue to one result the first wins, so pass
/// them in the order of their ids.
pub fn match_rules(rules: &[Rule], execution: &ExecutionFacts, results: &[ResultFacts<'_>]) -> Vec<Match> {
    let mut attached = HashSet::new();
    let mut matches = Vec::new();
    for rule in rules.iter().filter(|rule| rule.admits_execution(execution)) {
        for result in results.iter().filter(|result| rule.admits_result(result)) {
            if attached.insert((rule.issue_id, result.id)) {
                matches.push(Match { issue_id: rule.issue_id, result_id: result.id, rule_id: rule.id });
            }
        }
    }
    matches
}

fn admits(list: &[String], value: &str) -> bool {
    list.is_empty() || list.iter().any(|item| item == value)
}

impl Rule {
    fn admits_execution(&self, execution: &ExecutionFacts) -> bool {
        let has_one_of = |(category, values): (&String, &Vec<String>)| {
            execution.metadata.iter().any(|(own, value)| own == category && values.contains(value))
        };
        admits(&self.families, execution.family.as_str())
            && admits(&self.artefacts, &execution.artefact)
            && admits(&self.artefact_versions, &execution.version)
            && admits(&self.artefact_stages, &execution.stage)
            && admits(&self.artefact_tracks, &execution.track)
            && admits(&self.environment_names, &execution.environment)
            && self.execution_metadata.iter().all(has_one_of)
    }

    fn admits_result(&self, result: &ResultFacts<'_>) -> bool {
        admits(&self.test_case_names, result.test_case_name)
            && admits(&self.template_ids, result.template_id)
            && admits(&self.test_result_statuses, result.status.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn execution() -> ExecutionFacts {
        ExecutionFacts {
            family: FamilyName::Snap,
            artefact: "core22".to_owned(),
            version: "1".to_owned(),
            stage: "beta".to_owned(),
            track: "22".to_owned(),
            environment: "rpi4".to_owned(),
            metadata: vec![("kernel".to_owned(), "6.8".to_owned())],
        }
    }

    fn texts(values: &[&str]) -> Vec<String> {
        values.iter().map(|value| (*value).to_owned()).collect()
    }

    fn failed() -> ResultFacts<'static> {
        ResultFacts { id: 1, test_case_name: "wifi", template_id: "net", status: TestResultStatus::Failed }
    }

    #[test]
    fn every_filled_list_must_contain_the_value() {
        let kernel = |values: &[&str]| BTreeMap::from([("kernel".to_owned(), texts(values))]);
        let empty = Rule::default;
        for (rule, expected) in [
            (empty(), true),
            (Rule { families: texts(&["deb", "snap"]), ..empty() }, true),
            (Rule { families: texts(&["deb"]), ..empty() }, false),
            (Rule { artefacts: texts(&["core22"]), ..empty() }, true),
            (Rule { artefacts: texts(&["core"]), ..empty() }, false),
            (Rule { artefact_versions: texts(&["2"]), ..empty() }, false),
            (Rule { artefact_stages: texts(&["edge"]), ..empty() }, false),
            (Rule { artefact_tracks: texts(&["latest"]), ..empty() }, false),
            (Rule { environment_names: texts(&["rpi3"]), ..empty() }, false),
            (Rule { test_case_names: texts(&["audio"]), ..empty() }, false),
            (Rule { template_ids: texts(&["net"]), ..empty() }, true),
            (Rule { template_ids: texts(&[""]), ..empty() }, false),
            (Rule { test_result_statuses: texts(&["SKIPPED"]), ..empty() }, false),
            (Rule { execution_metadata: kernel(&["6.9", "6.8"]), ..empty() }, true),
            (Rule { execution_metadata: kernel(&["6.9"]), ..empty() }, false),
        ] {
            let matches = match_rules(std::slice::from_ref(&rule), &execution(), &[failed()]);
            assert_eq!(!matches.is_empty(), expected, "{rule:?}");
        }
    }

    #[test]
    fn the_first_rule_of_an_issue_wins() {
        let rules = [
            Rule { id: 3, issue_id: 7, ..Rule::default() },
            Rule { id: 4, issue_id: 7, ..Rule::default() },
            Rule { id: 5, issue_id: 8, ..Rule::default() },
        ];
        let matches = match_rules(&rules, &execution(), &[failed()]);
        let expected = [(7, 3), (8, 5)].map(|(issue_id, rule_id)| Match { issue_id, result_id: 1, rule_id });
        assert_eq!(matches, expected);
    }
}

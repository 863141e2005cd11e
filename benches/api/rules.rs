//! The rule engine by itself: 1,000 rules and 1,000 results, of which one in a hundred matches.

use std::time::Instant;

use app::api::{FamilyName, TestResultStatus};
use test_observer::domain::attachment_rules::{ExecutionFacts, ResultFacts, Rule, RuleSet};

use super::LOG_BYTES;
use super::logs::{error_line, make_log};

const RULES: usize = 1_000;
const RESULTS: usize = 1_000;

/// Rules of one kind, by the rule's number.
type Kind = (&'static str, fn(usize) -> Rule);

const KINDS: &[Kind] = &[
    ("by test case and status", |number| Rule {
        test_case_names: (0..5).map(|name| format!("case/{}", (number * 5 + name) * 100)).collect(),
        test_result_statuses: vec![TestResultStatus::Failed],
        ..rule(number)
    }),
    ("by template", |number| Rule { template_ids: vec![format!("template/{}", number * 100)], ..rule(number) }),
    ("of other artefacts", |number| Rule { artefacts: vec![format!("package-{number}")], ..rule(number) }),
    ("by log", |number| Rule { io_log_pattern: format!("error {number}: .* timed out"), ..rule(number) }),
    ("each matches everything", rule),
];

fn rule(number: usize) -> Rule {
    let id = i64::try_from(number).unwrap_or_default();
    Rule { id, issue_id: id, ..Rule::default() }
}

/// Prints how long the rules of each kind take to look at the results, in the middle of 50 rounds.
pub(super) fn measure() {
    let execution = ExecutionFacts {
        family: FamilyName::Deb,
        artefact: "hello".to_owned(),
        version: "1.0".to_owned(),
        stage: "proposed".to_owned(),
        track: String::new(),
        environment: "lab".to_owned(),
        metadata: vec![("kernel".to_owned(), "6.8".to_owned())],
    };
    // Of each hundred results one matches, by one of the rules.
    let make_log = |number: usize| {
        let error = if number.is_multiple_of(100) { error_line(number) } else { String::new() };
        make_log(u64::try_from(number).unwrap_or_default(), LOG_BYTES) + &error
    };
    let logs: Vec<String> = (0..RESULTS).map(make_log).collect();
    let names: Vec<(String, String)> =
        (0..RESULTS).map(|number| (format!("case/{number}"), format!("template/{}", number / 10))).collect();
    let results: Vec<ResultFacts<'_>> = names
        .iter()
        .zip(&logs)
        .zip(0..)
        .map(|(((name, template), log), id)| ResultFacts {
            id,
            test_case_name: name,
            template_id: template,
            status: if id % 20 == 0 { TestResultStatus::Failed } else { TestResultStatus::Passed },
            comment: "",
            io_log: log,
        })
        .collect();
    for (kind, rule) in KINDS {
        let rules = RuleSet::new((0..RULES).map(rule).collect());
        let mut times: Vec<f64> = Vec::new();
        let mut matches = 0;
        for _ in 0..50 {
            let begin = Instant::now();
            matches = rules.match_results(&execution, &results).len();
            times.push(begin.elapsed().as_secs_f64() * 1e3);
        }
        times.sort_unstable_by(f64::total_cmp);
        let judgement = if times[25] > 10.0 { "beyond" } else { "within" };
        println!(
            "{RULES} rules {kind}, {RESULTS} results of 2 kB: {:.2} ms, {matches} matches  p50 {judgement} 10 ms",
            times[25]
        );
    }
}

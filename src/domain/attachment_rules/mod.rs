//! Which issue a rule attaches to which result.

mod literals;
mod pattern_sets;
mod patterns;

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};

use app::api::{FamilyName, TestResultStatus};

use super::texts::shared_window;
use crate::parallel::{map_parts, parts_of};
use pattern_sets::PatternSets;
pub use patterns::{PatternError, TextPatterns};

/// Of the logs and comments of one upload as many bytes are looked at: whatever rules look for, an upload ends in a reasonable time.
const LOOKED_AT: usize = 16 * 1024 * 1024;
/// Texts that are worth a processor of their own, in bytes: looking through them takes some milliseconds.
const PART: usize = 512 * 1024;

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
    pub test_result_statuses: Vec<TestResultStatus>,
    /// What to find in the log; `""` for nothing.
    pub io_log_pattern: String,
    /// What to find in the comment; `""` for nothing.
    pub comment_pattern: String,
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
    /// What a person should know.
    pub comment: &'a str,
    /// Everything the test printed.
    pub io_log: &'a str,
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

/// Rules, prepared for looking at many results.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    rules: Vec<Rule>,
    /// What each rule asks of a result.
    tests: Vec<ResultTest>,
    issues_count: usize,
    io_logs: PatternSets,
    comments: PatternSets,
}

/// What a rule asks of a result that [`Candidates`] has not looked up already. Small: there may be a million of these
/// questions in one upload.
#[derive(Clone, Copy, Debug)]
struct ResultTest {
    /// The place of its issue among those of all rules.
    issue: usize,
    issue_id: i64,
    rule_id: i64,
    /// Whether results that passed, failed and were skipped will do.
    statuses: [bool; 3],
    /// Whether both the case and the template are asked for; the case has been looked up.
    asks_for_template: bool,
    /// The places of its patterns in their sets.
    io_log: Option<usize>,
    comment: Option<usize>,
}

impl RuleSet {
    /// Of several rules that attach one issue to one result the first wins, so pass them in the order of their ids.
    pub fn new(rules: Vec<Rule>) -> Self {
        let (io_logs, io_log_places) = PatternSets::new(rules.iter().map(|rule| rule.io_log_pattern.as_str()));
        let (comments, comment_places) = PatternSets::new(rules.iter().map(|rule| rule.comment_pattern.as_str()));
        let mut issues = HashMap::new();
        let tests = rules
            .iter()
            .zip(io_log_places.into_iter().zip(comment_places))
            .map(|(rule, (io_log, comment))| {
                let next = issues.len();
                let statuses = &rule.test_result_statuses;
                let will_do = |status| statuses.is_empty() || statuses.contains(&status);
                ResultTest {
                    issue: *issues.entry(rule.issue_id).or_insert(next),
                    issue_id: rule.issue_id,
                    rule_id: rule.id,
                    statuses: [TestResultStatus::Passed, TestResultStatus::Failed, TestResultStatus::Skipped]
                        .map(will_do),
                    asks_for_template: !rule.test_case_names.is_empty() && !rule.template_ids.is_empty(),
                    io_log,
                    comment,
                }
            })
            .collect();
        Self { rules, tests, issues_count: issues.len(), io_logs, comments }
    }

    /// Whether there is no rule.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Whether a rule looks into logs or comments.
    pub fn reads_texts(&self) -> bool {
        !self.io_logs.is_empty() || !self.comments.is_empty()
    }

    /// What the rules attach to the results of an execution: by result, and for each in the order of the rules. Of texts that
    /// are too long together only the ends are looked at.
    pub fn match_results(&self, execution: &ExecutionFacts, results: &[ResultFacts<'_>]) -> Vec<Match> {
        self.match_within(LOOKED_AT, execution, results)
    }

    fn match_within(&self, bytes: usize, execution: &ExecutionFacts, results: &[ResultFacts<'_>]) -> Vec<Match> {
        let candidates = Candidates::new(self, execution);
        // As much of the end of each text is looked at.
        let window = shared_window(self.text_lengths(results), bytes);
        let read = self.text_lengths(results).map(|length| length.min(window)).sum();
        let matches = map_parts(results, parts_of(read, PART), |part| self.match_part(&candidates, window, part));
        // There may be a million: those of the first part, mostly the only one, stay where they are.
        let joined = matches.into_iter().reduce(|mut all, part| {
            all.extend(part);
            all
        });
        joined.unwrap_or_default()
    }

    fn match_part(&self, candidates: &Candidates<'_>, window: usize, results: &[ResultFacts<'_>]) -> Vec<Match> {
        let mut matches = Vec::new();
        let mut found = Vec::new();
        let mut attached_at: Vec<Option<usize>> = vec![None; self.issues_count];
        for (place, result) in results.iter().enumerate() {
            candidates.collect(result, &mut found);
            let texts = Texts { rules: self, result, window, io_log: OnceCell::new(), comment: OnceCell::new() };
            for index in &found {
                let test = &self.tests[*index];
                if attached_at[test.issue] != Some(place) && self.admits(*index, test, result) && texts.admit(test) {
                    attached_at[test.issue] = Some(place);
                    matches.push(Match { issue_id: test.issue_id, result_id: result.id, rule_id: test.rule_id });
                }
            }
        }
        matches
    }

    /// How long each text is that is looked into.
    fn text_lengths<'a>(&'a self, results: &'a [ResultFacts<'_>]) -> impl Iterator<Item = usize> + 'a {
        let io_logs = results.iter().filter(|_| !self.io_logs.is_empty()).map(|result| result.io_log.len());
        let comments = results.iter().filter(|_| !self.comments.is_empty()).map(|result| result.comment.len());
        io_logs.chain(comments)
    }

    fn admits(&self, index: usize, test: &ResultTest, result: &ResultFacts<'_>) -> bool {
        let status = match result.status {
            TestResultStatus::Passed => 0,
            TestResultStatus::Failed => 1,
            TestResultStatus::Skipped => 2,
        };
        test.statuses[status]
            && (!test.asks_for_template || admits(&self.rules[index].template_ids, result.template_id))
    }
}

/// The rules that admit an execution, by what they ask of a result first, so that few are tried on each.
struct Candidates<'r> {
    by_case: HashMap<&'r str, Vec<usize>>,
    by_template: HashMap<&'r str, Vec<usize>>,
    others: Vec<usize>,
}

impl<'r> Candidates<'r> {
    fn new(set: &'r RuleSet, execution: &ExecutionFacts) -> Self {
        let mut candidates = Self { by_case: HashMap::new(), by_template: HashMap::new(), others: Vec::new() };
        let admitted = set.rules.iter().enumerate().filter(|(_, rule)| rule.admits_execution(execution));
        for (index, rule) in admitted {
            let (places, names) = if !rule.test_case_names.is_empty() {
                (&mut candidates.by_case, &rule.test_case_names)
            } else if !rule.template_ids.is_empty() {
                (&mut candidates.by_template, &rule.template_ids)
            } else {
                candidates.others.push(index);
                continue;
            };
            for name in names {
                places.entry(name).or_default().push(index);
            }
        }
        candidates
    }

    /// The rules to try on a result, in their order.
    fn collect(&self, result: &ResultFacts<'_>, found: &mut Vec<usize>) {
        found.clear();
        found.extend_from_slice(&self.others);
        found.extend(self.by_case.get(result.test_case_name).into_iter().flatten());
        found.extend(self.by_template.get(result.template_id).into_iter().flatten());
        if found.len() > self.others.len() {
            found.sort_unstable();
        }
    }
}

/// The texts of a result, looked through when the first rule asks for it.
struct Texts<'a> {
    rules: &'a RuleSet,
    result: &'a ResultFacts<'a>,
    window: usize,
    io_log: OnceCell<Vec<bool>>,
    comment: OnceCell<Vec<bool>>,
}

impl Texts<'_> {
    fn admit(&self, test: &ResultTest) -> bool {
        let (rules, result) = (self.rules, self.result);
        let in_comment = || self.comment.get_or_init(|| rules.comments.matches(result.comment, self.window));
        let in_io_log = || self.io_log.get_or_init(|| rules.io_logs.matches(result.io_log, self.window));
        test.comment.is_none_or(|place| in_comment()[place]) && test.io_log.is_none_or(|place| in_io_log()[place])
    }
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
}

#[cfg(test)]
mod tests {
    use super::*;

    fn match_rules(rules: &[Rule], execution: &ExecutionFacts, results: &[ResultFacts<'_>]) -> Vec<Match> {
        RuleSet::new(rules.to_vec()).match_results(execution, results)
    }

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
        ResultFacts {
            id: 1,
            test_case_name: "wifi",
            template_id: "net",
            status: TestResultStatus::Failed,
            comment: "see the log",
            io_log: "wlan0: no carrier",
        }
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
            (Rule { test_case_names: texts(&["audio", "wifi"]), ..empty() }, true),
            (Rule { test_case_names: texts(&["wifi"]), template_ids: texts(&["net"]), ..empty() }, true),
            (Rule { test_case_names: texts(&["wifi"]), template_ids: texts(&["sound"]), ..empty() }, false),
            (Rule { test_result_statuses: vec![TestResultStatus::Skipped, TestResultStatus::Failed], ..empty() }, true),
            (Rule { test_result_statuses: vec![TestResultStatus::Skipped], ..empty() }, false),
            (Rule { io_log_pattern: "no (carrier|link)".to_owned(), ..empty() }, true),
            (Rule { io_log_pattern: "see the log".to_owned(), ..empty() }, false),
            (Rule { comment_pattern: "^see".to_owned(), ..empty() }, true),
            (Rule { comment_pattern: "carrier".to_owned(), ..empty() }, false),
            (Rule { execution_metadata: kernel(&["6.9", "6.8"]), ..empty() }, true),
            (Rule { execution_metadata: kernel(&["6.9"]), ..empty() }, false),
        ] {
            let matches = match_rules(std::slice::from_ref(&rule), &execution(), &[failed()]);
            assert_eq!(!matches.is_empty(), expected, "{rule:?}");
        }
    }

    #[test]
    fn of_texts_that_are_long_together_the_ends_are_looked_at() {
        let pattern = |id, io_log_pattern: &str| Rule {
            id,
            issue_id: id,
            io_log_pattern: io_log_pattern.to_owned(),
            ..Rule::default()
        };
        let log = format!("early{}late", ".".repeat(91));
        let results: Vec<_> = (0..20).map(|id| ResultFacts { id, io_log: &log, ..failed() }).collect();
        let found = |rules: &[Rule], results: &[ResultFacts<'_>]| {
            let matches = RuleSet::new(rules.to_vec()).match_within(1_000, &execution(), results);
            matches.into_iter().map(|found| found.rule_id).collect::<Vec<_>>()
        };
        let rules = [pattern(1, "early"), pattern(2, "late")];
        assert_eq!(found(&rules, &results), [2; 20]);
        assert_eq!(found(&rules, &results[..10]), [[1, 2]; 10].concat());
        // Where no rule looks into logs, they do not count.
        let comment = Rule { id: 3, issue_id: 3, comment_pattern: "^see".to_owned(), ..Rule::default() };
        assert_eq!(found(&[comment], &results), [3; 20]);
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

    #[test]
    fn rules_that_ask_for_names_and_rules_that_do_not_keep_their_order() {
        let names = |id, issue_id| Rule { id, issue_id, test_case_names: texts(&["wifi"]), ..Rule::default() };
        let template = |id, issue_id| Rule { id, issue_id, template_ids: texts(&["net"]), ..Rule::default() };
        let all = |id, issue_id| Rule { id, issue_id, ..Rule::default() };
        let matches = match_rules(
            &[names(1, 9), all(2, 8), template(3, 8), template(4, 7), all(5, 9)],
            &execution(),
            &[failed(), ResultFacts { id: 2, test_case_name: "audio", ..failed() }],
        );
        let found: Vec<_> = matches.iter().map(|found| (found.result_id, found.rule_id, found.issue_id)).collect();
        assert_eq!(found, [(1, 1, 9), (1, 2, 8), (1, 4, 7), (2, 2, 8), (2, 4, 7), (2, 5, 9)]);
    }
}

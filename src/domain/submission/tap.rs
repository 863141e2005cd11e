//! The Test Anything Protocol: lines of `ok` and `not ok`, with what was printed between them.

use app::api::TestResultStatus;

use super::{Report, ReportError, ReportedResult, RunEnd};

/// A subtest is so many columns further right.
const INDENT: usize = 4;
/// As deep as subtests are told apart.
const DEEPEST: usize = 16;

/// Whether any of the lines is one of the protocol.
pub(super) fn is_likely(text: &str) -> bool {
    text.lines()
        .any(|line| line.starts_with("TAP version ") || parse_plan(line).is_some() || parse_point(line).is_some())
}

pub(super) fn read(text: &str) -> Result<Report, ReportError> {
    let mut tap = Tap::default();
    for line in text.lines() {
        tap.take(line);
    }
    tap.finish()
}

/// A line that says how a test ended.
struct Point {
    status: TestResultStatus,
    number: Option<u64>,
    name: String,
    comment: String,
}

/// A line that says how many tests there will be.
struct Plan {
    count: u64,
    skip: Option<String>,
}

#[derive(Default)]
struct Tap {
    /// The results of each depth whose parent has not been seen.
    levels: Vec<Vec<ReportedResult>>,
    /// Tests at the outermost depth.
    seen: u64,
    plan: Option<Plan>,
    is_bailed_out: bool,
    /// The column of a block of diagnostics that is open.
    block: Option<usize>,
    /// The result that lines belong to: depth and place.
    last: Option<(usize, usize)>,
}

impl Tap {
    fn take(&mut self, line: &str) {
        let content = line.trim_start_matches(' ');
        let column = line.len() - content.len();
        if let Some(start) = self.block {
            self.log(line.get(start.min(column)..).unwrap_or(content));
            if content.trim_end() == "..." && column == start {
                self.block = None;
            }
            return;
        }
        let depth = column / INDENT;
        let is_aligned = column.is_multiple_of(INDENT) && depth <= DEEPEST;
        if content.starts_with("Bail out!") {
            self.is_bailed_out = true;
            self.log(content);
        } else if content.trim_end() == "---" && column > 0 {
            self.block = Some(column);
            self.log(content);
        } else if let Some(point) = parse_point(content).filter(|_| is_aligned) {
            self.add(depth, point);
        } else if let Some(plan) = parse_plan(content) {
            if column == 0 {
                self.plan = Some(plan);
            }
        } else if !content.starts_with("TAP version ") && !content.starts_with("# Subtest") {
            self.log(line);
        }
    }

    fn add(&mut self, depth: usize, point: Point) {
        if depth == 0 {
            self.seen += 1;
        }
        let name = match (point.name.as_str(), point.number) {
            ("", Some(number)) => format!("test {number}"),
            ("", None) => format!("test {}", self.seen),
            (name, _) => name.to_owned(),
        };
        let mut children: Vec<_> = self.levels.drain(self.levels.len().min(depth + 1)..).flatten().collect();
        self.levels.resize_with(depth + 1, Vec::new);
        let Some(level) = self.levels.last_mut() else { return };
        // A test that only sums up its subtests would be counted beside them.
        let explains = point.status != TestResultStatus::Failed
            || children.iter().any(|child| child.status == TestResultStatus::Failed);
        for child in &mut children {
            child.name = format!("{name} > {}", child.name);
            if child.category.is_empty() {
                child.category.clone_from(&name);
            }
        }
        let is_told = !children.is_empty() && explains;
        level.append(&mut children);
        if is_told {
            self.last = None;
            return;
        }
        level.push(ReportedResult { comment: point.comment, ..ReportedResult::new(name, point.status) });
        self.last = Some((depth, level.len() - 1));
    }

    /// Adds a line to the log of the test before it.
    fn log(&mut self, line: &str) {
        let Some((depth, place)) = self.last else { return };
        let result = self.levels.get_mut(depth).and_then(|level| level.get_mut(place));
        let Some(result) = result else { return };
        if line.trim().is_empty() && result.io_log.is_empty() {
            return;
        }
        result.io_log.push_str(line);
        result.io_log.push('\n');
    }

    fn finish(self) -> Result<Report, ReportError> {
        let results: Vec<_> = self.levels.into_iter().flatten().collect();
        let planned = self.plan.as_ref().map(|plan| plan.count);
        if results.is_empty() && planned.is_none() && !self.is_bailed_out {
            return Err(ReportError::whole("no line says `ok`, `not ok` or how many tests there are"));
        }
        let is_skipped = self.plan.is_some_and(|plan| plan.count == 0 && plan.skip.is_some());
        let end = if self.is_bailed_out || planned.is_some_and(|planned| self.seen < planned) {
            RunEnd::EndedPrematurely
        } else if is_skipped && results.is_empty() {
            RunEnd::NotTested
        } else {
            RunEnd::Completed
        };
        Ok(Report { results, end })
    }
}

fn parse_plan(line: &str) -> Option<Plan> {
    let rest = line.strip_prefix("1..")?;
    let (count, reason) = rest.split_once('#').map_or((rest, None), |(count, reason)| (count, Some(reason)));
    let skip = reason.map(|reason| reason.trim().to_owned());
    Some(Plan { count: count.trim().parse().ok()?, skip })
}

fn parse_point(line: &str) -> Option<Point> {
    let (is_ok, rest) = match line.strip_prefix("not ") {
        Some(rest) => (false, rest.strip_prefix("ok")?),
        None => (true, line.strip_prefix("ok")?),
    };
    if !rest.is_empty() && !rest.starts_with([' ', '\t']) {
        return None;
    }
    let whole = rest.trim();
    let digits = whole.len() - whole.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, after) = whole.split_at(digits);
    // `ok 5 apples` has a number, `ok 5apples` has not.
    let (number, rest) = if after.is_empty() || after.starts_with([' ', '\t']) {
        (number.parse().ok(), after.trim_start())
    } else {
        (None, whole)
    };
    let rest = rest.strip_prefix("- ").unwrap_or(if rest == "-" { "" } else { rest });
    let (name, directive) = split_directive(rest);
    let word = directive.get(..4).unwrap_or_default().to_ascii_uppercase();
    let (status, comment) = match (is_ok, word.as_str()) {
        (_, "SKIP") => (TestResultStatus::Skipped, directive_reason(directive)),
        // Known not to work yet: neither a success nor a reason to stop.
        (false, "TODO") => (TestResultStatus::Skipped, directive.to_owned()),
        (true, "TODO") => (TestResultStatus::Passed, directive.to_owned()),
        (true, _) => (TestResultStatus::Passed, String::new()),
        (false, _) => (TestResultStatus::Failed, String::new()),
    };
    Some(Point { status, number, name, comment })
}

/// The description, and what follows the first `#` that is meant: one before `SKIP` or `TODO` that no backslash protects.
fn split_directive(text: &str) -> (String, &str) {
    let mut place = 0;
    while let Some(found) = text.get(place..).and_then(|rest| rest.find('#')) {
        let hash = place + found;
        let (before, after) = (text.get(..hash).unwrap_or_default(), text.get(hash + 1..).unwrap_or_default().trim());
        let word = after.get(..4).unwrap_or_default();
        let is_meant = !before.ends_with('\\') && (before.is_empty() || before.ends_with([' ', '\t']));
        if is_meant && (word.eq_ignore_ascii_case("skip") || word.eq_ignore_ascii_case("todo")) {
            return (unescape(before.trim_end()), after);
        }
        place = hash + 1;
    }
    (unescape(text.trim_end()), "")
}

fn unescape(text: &str) -> String {
    text.replace("\\#", "#").replace("\\\\", "\\")
}

/// What follows `SKIP`, which some spell `SKIPPED`.
fn directive_reason(directive: &str) -> String {
    let rest = directive.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    rest.trim_start_matches(':').trim().to_owned()
}

#[cfg(test)]
mod tests {
    use app::api::TestResultStatus::{Failed, Passed, Skipped};

    use super::super::RunEnd::{Completed, EndedPrematurely, NotTested};
    use super::{is_likely, read};

    #[test]
    fn points_become_results() {
        for (line, name, status, comment) in [
            ("ok 1 - boots", "boots", Passed, ""),
            ("ok", "test 1", Passed, ""),
            ("ok 7", "test 7", Passed, ""),
            ("not ok 2 boots twice", "boots twice", Failed, ""),
            ("not ok - boots", "boots", Failed, ""),
            ("ok 3 - boots # SKIP no battery", "boots", Skipped, "no battery"),
            ("ok 3 # skip", "test 3", Skipped, ""),
            ("ok 3 - boots # Skipped: no battery", "boots", Skipped, "no battery"),
            ("not ok 4 - flies # TODO wings", "flies", Skipped, "TODO wings"),
            ("ok 4 - flies # TODO wings", "flies", Passed, "TODO wings"),
            ("ok 5 - issue #12 stays away", "issue #12 stays away", Passed, ""),
            ("ok 5 - a \\# SKIP in the name", "a # SKIP in the name", Passed, ""),
            ("ok 12apples", "12apples", Passed, ""),
        ] {
            let report = read(line).unwrap();
            let result = &report.results[0];
            let read = (result.name.as_str(), result.status, result.comment.as_str());
            assert_eq!(read, (name, status, comment), "{line}");
        }
    }

    #[test]
    fn what_follows_a_test_is_its_log() {
        let text = "TAP version 14\n1..2\nnoise before\nok 1 - boots\n# took 3 s\nnot ok 2 - sleeps\n  ---\n  message: \
                    awake\n  ok: 1\n  ...\nstill awake\n";
        let report = read(text).unwrap();
        let logs: Vec<_> = report.results.iter().map(|result| result.io_log.as_str()).collect();
        assert_eq!(logs, ["# took 3 s\n", "---\nmessage: awake\nok: 1\n...\nstill awake\n"]);
        assert_eq!(report.end, Completed);
    }

    #[test]
    fn subtests_are_named_after_their_parent() {
        let text = "1..2\n# Subtest: radio\n    1..2\n    ok 1 - scans\n    # Subtest: joins\n        not ok 1 - 5 GHz\n          \
                    ---\n          at: 7\n          ...\n    not ok 2 - joins\nnot ok 1 - radio\nok 2 - boots\n";
        let report = read(text).unwrap();
        let read: Vec<_> = report.results.iter().map(|result| (result.name.as_str(), result.status)).collect();
        assert_eq!(read, [("radio > scans", Passed), ("radio > joins > 5 GHz", Failed), ("boots", Passed)]);
        assert_eq!(report.results[1].io_log, "---\nat: 7\n...\n");
        assert_eq!(report.end, Completed);
    }

    #[test]
    fn a_parent_that_failed_by_itself_is_a_result() {
        let report = read("    ok 1 - scans\nnot ok 1 - radio\n").unwrap();
        let read: Vec<_> = report.results.iter().map(|result| (result.name.as_str(), result.status)).collect();
        assert_eq!(read, [("radio > scans", Passed), ("radio", Failed)]);
    }

    #[test]
    fn a_run_that_broke_off_says_so() {
        for (text, end) in [
            ("1..2\nok 1\nok 2\n", Completed),
            ("ok 1\n1..1\n", Completed),
            ("ok 1\n", Completed),
            ("1..3\nok 1\n", EndedPrematurely),
            ("1..3\n", EndedPrematurely),
            ("1..1\nok 1\nBail out! no power\n", EndedPrematurely),
            ("Bail out!\n", EndedPrematurely),
            ("1..2\n    ok 1 - a\n    ok 2 - b\n", EndedPrematurely),
            ("1..0 # SKIP no radio\n", NotTested),
            ("1..0\n", Completed),
        ] {
            assert_eq!(read(text).unwrap().end, end, "{text}");
        }
    }

    #[test]
    fn what_is_no_such_report_is_refused() {
        for text in ["", "okay\nnot okay\n", "TAP version 13\n", "# nothing\n"] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(!is_likely("okay\n1..x\n") && is_likely("hello\n1..4\n"));
    }
}

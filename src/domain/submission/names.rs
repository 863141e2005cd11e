//! Names of test cases: unique within a report, short enough to be kept, and the same in the next report.

use std::collections::HashSet;

use super::ReportedResult;
use crate::domain::texts::checksum;

/// The longest name, category and template that the API takes, in characters.
const LONGEST: usize = 500;

/// Makes results such that a server keeps all of them: each has a name of its own, and no text has a character that
/// databases refuse.
pub(super) fn tidy(mut results: Vec<ReportedResult>) -> Vec<ReportedResult> {
    let mut taken = HashSet::with_capacity(results.len());
    for result in &mut results {
        for text in [&mut result.category, &mut result.template_id] {
            *text = shorten(&without_nul(std::mem::take(text)));
        }
        result.comment = without_nul(std::mem::take(&mut result.comment));
        result.io_log = without_nul(std::mem::take(&mut result.io_log));
        let name = without_nul(std::mem::take(&mut result.name));
        result.name = free_name(name.trim(), &taken);
        taken.insert(result.name.clone());
    }
    results
}

fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

/// The name, or the first of `name #2`, `name #3`… that nobody has: a server replaces the earlier of two results of a name.
fn free_name(name: &str, taken: &HashSet<String>) -> String {
    let name = if name.is_empty() { "unnamed" } else { name };
    let first = shorten(name);
    if !taken.contains(&first) {
        return first;
    }
    let mut number = 2_u64;
    loop {
        let candidate = shorten(&format!("{name} #{number}"));
        if !taken.contains(&candidate) {
            return candidate;
        }
        number += 1;
    }
}

/// A text that is too long keeps its beginning, and a checksum of the whole behind it: others with that beginning stay others.
fn shorten(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let checksum = checksum(text);
    let beginning: String = text.chars().take(LONGEST - checksum.len() - 1).collect();
    format!("{beginning}~{checksum}")
}

/// What a test is called within its group, such as a class; many runners repeat the group in the name already.
pub(super) fn qualify(group: &str, joint: &str, name: &str) -> String {
    if group.is_empty() || name.starts_with(group) { name.to_owned() } else { format!("{group}{joint}{name}") }
}

#[cfg(test)]
mod tests {
    use app::api::TestResultStatus;

    use super::super::ReportedResult;
    use super::{qualify, shorten, tidy};

    fn tidied(names: &[&str]) -> Vec<String> {
        let results = names.iter().map(|name| ReportedResult::new(*name, TestResultStatus::Passed)).collect();
        tidy(results).into_iter().map(|result| result.name).collect()
    }

    #[test]
    fn no_result_takes_the_place_of_another() {
        assert_eq!(tidied(&["a", "a", "b", "a"]), ["a", "a #2", "b", "a #3"]);
        assert_eq!(tidied(&["a #2", "a", "a"]), ["a #2", "a", "a #3"]);
        assert_eq!(tidied(&["", " "]), ["unnamed", "unnamed #2"]);
    }

    #[test]
    fn long_names_stay_different_and_stay_the_same() {
        let long = "x".repeat(600);
        let (one, other) = (format!("{long}1"), format!("{long}2"));
        let names = tidied(&[&one, &other, &one]);
        assert!(names.iter().all(|name| name.chars().count() == 500), "{names:?}");
        assert_eq!(names.iter().collect::<std::collections::HashSet<_>>().len(), 3);
        assert_eq!(names[0], shorten(&one));
        assert_eq!(shorten(&"\u{e9}".repeat(500)), "\u{e9}".repeat(500));
    }

    #[test]
    fn characters_that_no_database_keeps_are_replaced() {
        let mut result = ReportedResult::new("a\0b", TestResultStatus::Passed);
        result.io_log = "x\0".to_owned();
        let tidied = tidy(vec![result]).remove(0);
        assert_eq!((tidied.name.as_str(), tidied.io_log.as_str()), ("a\u{fffd}b", "x\u{fffd}"));
    }

    #[test]
    fn a_group_is_named_once() {
        for (group, name, expected) in
            [("", "boots", "boots"), ("tests.Boot", "boots", "tests.Boot.boots"), ("Boot", "Boot boots", "Boot boots")]
        {
            assert_eq!(qualify(group, ".", name), expected);
        }
    }
}

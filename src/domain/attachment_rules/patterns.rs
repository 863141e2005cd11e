//! What rules look for in texts: regular expressions, bounded in what they compile to and in what they read.

use std::collections::HashMap;

use regex::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

use crate::domain::texts::end_of;

/// Longest pattern, in bytes.
const PATTERN_BYTES: usize = 1_000;
/// Most that one pattern may compile to, in bytes.
const COMPILED_BYTES: usize = 128 * 1024;
/// Patterns that look through a text in one pass. Together they stay below [`SET_BYTES`], so that they always compile.
const PATTERNS_OF_A_SET: usize = 256;
const SET_BYTES: usize = 2 * PATTERNS_OF_A_SET * COMPILED_BYTES;

/// Why a pattern cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It is longer than any sensible one.
    #[error("longer than {PATTERN_BYTES} bytes")]
    TooLong,
    /// It is not a regular expression.
    #[error("not a regular expression: {0}")]
    Syntax(String),
    /// What it describes takes too much memory to look for.
    #[error("too complex: it repeats too much")]
    TooComplex,
}

/// What one rule looks for in the texts of a result.
#[derive(Clone, Debug)]
pub struct TextPatterns {
    io_log: Option<Regex>,
    comment: Option<Regex>,
}

impl TextPatterns {
    /// Compiles the patterns; `""` is none.
    pub fn compile(io_log: &str, comment: &str) -> Result<Self, PatternError> {
        Ok(Self { io_log: compile(io_log)?, comment: compile(comment)? })
    }

    /// Whether a log is looked at.
    pub fn reads_log(&self) -> bool {
        self.io_log.is_some()
    }

    /// Whether a comment is looked at.
    pub fn reads_comment(&self) -> bool {
        self.comment.is_some()
    }

    /// Whether both texts hold what is looked for.
    pub fn admit(&self, io_log: &str, comment: &str) -> bool {
        let is_in =
            |pattern: &Option<Regex>, text: &str| pattern.as_ref().is_none_or(|pattern| pattern.is_match(end_of(text)));
        is_in(&self.comment, comment) && is_in(&self.io_log, io_log)
    }
}

fn compile(pattern: &str) -> Result<Option<Regex>, PatternError> {
    if pattern.is_empty() {
        return Ok(None);
    }
    if pattern.len() > PATTERN_BYTES {
        return Err(PatternError::TooLong);
    }
    let compiled = RegexBuilder::new(pattern).multi_line(true).crlf(true).size_limit(COMPILED_BYTES).build();
    compiled.map(Some).map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => PatternError::TooComplex,
        error => PatternError::Syntax(reason(&error)),
    })
}

/// What is wrong, without the drawing of where.
fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

/// The patterns of many rules, each once, that look through a text together.
#[derive(Clone, Debug, Default)]
pub(super) struct PatternSets {
    sets: Vec<RegexSet>,
    len: usize,
}

impl PatternSets {
    /// The sets, and for each of the patterns its place in them; `""` has none.
    pub(super) fn new<'a>(patterns: impl Iterator<Item = &'a str>) -> (Self, Vec<Option<usize>>) {
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut distinct = Vec::new();
        let of_each = patterns
            .map(|pattern| {
                (!pattern.is_empty()).then(|| {
                    *places.entry(pattern).or_insert_with(|| {
                        distinct.push(pattern);
                        distinct.len() - 1
                    })
                })
            })
            .collect();
        let sets = distinct.chunks(PATTERNS_OF_A_SET).map(compile_set).collect();
        (Self { sets, len: distinct.len() }, of_each)
    }

    /// For each place whether the text holds what is looked for.
    pub(super) fn matches(&self, text: &str) -> Vec<bool> {
        let mut found = vec![false; self.len];
        let text = end_of(text);
        for (number, set) in self.sets.iter().enumerate() {
            for place in &set.matches(text) {
                found[number * PATTERNS_OF_A_SET + place] = true;
            }
        }
        found
    }
}

fn set_of<'p>(patterns: impl IntoIterator<Item = &'p str>) -> Result<RegexSet, regex::Error> {
    RegexSetBuilder::new(patterns).multi_line(true).crlf(true).size_limit(SET_BYTES).build()
}

fn compile_set(patterns: &[&str]) -> RegexSet {
    // A pattern that was stored past the check of `compile` matches nothing, and keeps no other from matching.
    let usable = || patterns.iter().map(|pattern| if compile(pattern).is_ok() { *pattern } else { NEVER });
    set_of(patterns.iter().copied()).or_else(|_| set_of(usable())).unwrap_or_default()
}

/// A pattern that is found nowhere.
const NEVER: &str = r"[^\s\S]";

#[cfg(test)]
mod tests {
    use super::{PatternError, PatternSets, TextPatterns};
    use crate::domain::texts::WINDOW_BYTES;

    #[test]
    fn patterns_look_anywhere_in_a_text_and_line_by_line() {
        let log = "first line\r\nkernel: Oops: 0002\nlast line\n";
        for (pattern, expected) in [
            ("", true),
            ("Oops", true),
            ("oops", false),
            ("(?i)oops", true),
            ("^kernel: .*\\d{4}$", true),
            ("line$", true),
            ("first line.kernel", false),
            ("(?s)first line.*kernel", true),
        ] {
            assert_eq!(TextPatterns::compile(pattern, "").unwrap().admit(log, ""), expected, "{pattern}");
            assert_eq!(TextPatterns::compile("", pattern).unwrap().admit("", log), expected, "{pattern}");
        }
    }

    #[test]
    fn what_cannot_be_used_says_why() {
        let reason = |pattern: &str| TextPatterns::compile(pattern, "").map(drop).unwrap_err();
        assert_eq!(reason("(a"), PatternError::Syntax("unclosed group".to_owned()));
        assert_eq!(reason(&"a".repeat(1_001)), PatternError::TooLong);
        assert_eq!(reason("(\\w{100}){100}"), PatternError::TooComplex);
        assert_eq!(
            reason("(?=a)").to_string(),
            "not a regular expression: look-around, including look-ahead and \
            look-behind, is not supported"
        );
    }

    #[test]
    fn of_a_long_text_the_end_is_looked_at() {
        let log = format!("early{}late", "ä".repeat(WINDOW_BYTES));
        assert!(TextPatterns::compile("late", "").unwrap().admit(&log, ""));
        assert!(!TextPatterns::compile("early", "").unwrap().admit(&log, ""));
    }

    #[test]
    fn many_patterns_are_found_together_as_each_is_alone() {
        let words: Vec<String> = (0..600).map(|number| format!("^word{number}x")).collect();
        let patterns = words.iter().map(String::as_str).chain(["", "^word7x", "(broken"]);
        let (sets, places) = PatternSets::new(patterns);
        assert_eq!((places[7], places[600], places[601]), (Some(7), None, Some(7)));
        let found = sets.matches("first line\nword7x\nword550x\r\nnot word3x");
        let numbers: Vec<usize> = (0..found.len()).filter(|place| found[*place]).collect();
        assert_eq!(numbers, [7, 550]);
    }
}

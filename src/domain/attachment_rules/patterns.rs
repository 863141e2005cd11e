//! What a rule looks for in texts: regular expressions, bounded in what they compile to and in what they read.

use regex::{Regex, RegexBuilder};

use crate::domain::texts::end_of;

/// Longest pattern, in bytes.
const PATTERN_BYTES: usize = 1_000;
/// Most that one pattern may compile to, in bytes.
pub(super) const COMPILED_BYTES: usize = 128 * 1024;

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

    /// How many bytes of the texts are looked at.
    pub fn bytes_read(&self, io_log: &str, comment: &str) -> usize {
        let of = |pattern: &Option<Regex>, text: &str| if pattern.is_some() { end_of(text).len() } else { 0 };
        of(&self.io_log, io_log) + of(&self.comment, comment)
    }

    /// Whether both texts hold what is looked for.
    pub fn admit(&self, io_log: &str, comment: &str) -> bool {
        let is_in =
            |pattern: &Option<Regex>, text: &str| pattern.as_ref().is_none_or(|pattern| pattern.is_match(end_of(text)));
        is_in(&self.comment, comment) && is_in(&self.io_log, io_log)
    }
}

pub(super) fn compile(pattern: &str) -> Result<Option<Regex>, PatternError> {
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

#[cfg(test)]
mod tests {
    use super::{PatternError, TextPatterns};
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
}

//! A log cut into lines, which are read one by one: finding words, telling errors, marking what was found.

use std::{borrow::Cow, ops::Range};

use super::ansi::{Span, Style, parse_line, strip};

/// Lines of a log that a viewer holds.
pub(crate) const VIEWED_LINES: usize = 100_000;
/// Characters of a line that are shown; a browser lays out no line of megabytes.
const SHOWN_CHARACTERS: usize = 10_000;

/// A log by its lines.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    text: String,
    /// Where each line begins.
    starts: Vec<usize>,
    /// The style each line begins with; empty where nothing is coloured.
    styles: Vec<Style>,
}

impl Lines {
    /// Cuts a log; what is behind the last line that a viewer holds is dropped.
    pub(crate) fn new(text: String) -> Self {
        let mut starts: Vec<usize> =
            std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).take(VIEWED_LINES).collect();
        // A line break at the end starts no line.
        if starts.last() == Some(&text.len()) {
            starts.pop();
        }
        let mut lines = Self { text, starts, styles: Vec::new() };
        if lines.text.contains('\u{1b}') {
            lines.styles = lines.find_styles();
        }
        lines
    }

    fn find_styles(&self) -> Vec<Style> {
        let mut style = Style::default();
        let next = |at: usize| {
            let first = style;
            style = parse_line(self.raw(at), style).1;
            first
        };
        (0..self.len()).map(next).collect()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    /// A line as it was written.
    fn raw(&self, at: usize) -> &str {
        let Some(&start) = self.starts.get(at) else { return "" };
        let rest = self.text.get(start..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        line.strip_suffix('\r').unwrap_or(line)
    }

    /// A line without escapes.
    pub(crate) fn plain(&self, at: usize) -> Cow<'_, str> {
        strip(self.raw(at))
    }

    fn spans(&self, at: usize) -> Vec<Span> {
        parse_line(self.raw(at), self.styles.get(at).copied().unwrap_or_default()).0
    }

    /// A line for people to see: its colours, and what of it was found.
    pub(crate) fn pieces(&self, at: usize, found: &[Range<usize>]) -> Vec<Piece> {
        cut(self.spans(at), found)
    }

    /// The whole text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Where words are, up to a number of places. Upper and lower case of plain Latin letters do not matter.
    pub(crate) fn find(&self, words: &str, at_most: usize) -> Vec<Found> {
        let words = words.to_ascii_lowercase();
        if words.is_empty() {
            return Vec::new();
        }
        let in_line = |line: usize| {
            let plain = self.plain(line).to_ascii_lowercase();
            let places: Vec<Found> = plain
                .match_indices(&words)
                .map(|(start, word)| Found { line, range: start..start + word.len() })
                .collect();
            places
        };
        (0..self.len()).flat_map(in_line).take(at_most).collect()
    }
}

/// A place where words were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// The line, from 0.
    pub(crate) line: usize,
    /// The bytes of the line without escapes.
    pub(crate) range: Range<usize>,
}

/// A part of a line that looks the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) text: String,
    pub(crate) style: Style,
    /// The place it belongs to among those that were found in the line.
    pub(crate) found: Option<usize>,
}

/// Cuts spans where something was found. `found` is in ascending order and does not overlap.
fn cut(spans: Vec<Span>, found: &[Range<usize>]) -> Vec<Piece> {
    let (mut pieces, mut start, mut left) = (Vec::new(), 0, SHOWN_CHARACTERS);
    for span in spans {
        let end = start + span.text.len();
        let mut at = start;
        while at < end && left > 0 {
            let place = found.iter().position(|range| range.contains(&at));
            let stop = match place {
                Some(place) => found.get(place).map_or(end, |range| range.end),
                None => found.iter().map(|range| range.start).find(|next| *next > at).unwrap_or(end),
            };
            let stop = stop.min(end);
            let text = span.text.get(at - start..stop - start).unwrap_or_default();
            let shown: String = text.chars().take(left).collect();
            left -= shown.chars().count();
            pieces.push(Piece { text: shown, style: span.style, found: place });
            at = stop;
        }
        start = end;
    }
    if left == 0 {
        pieces.push(Piece { text: " … (cut here)".to_owned(), style: Style::default(), found: None });
    }
    pieces
}

/// Words that begin when something went wrong.
const ERRORS: [&str; 11] = [
    "error",
    "errors",
    "fatal",
    "traceback",
    "panicked",
    "panic",
    "exception",
    "failed",
    "failure",
    "critical",
    "segfault",
];

/// Whether a line says that something went wrong; "0 errors" does not.
pub(crate) fn is_error(line: &str) -> bool {
    let mut before = String::new();
    for word in line.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let lower = word.to_ascii_lowercase();
        // Exceptions have names like `ValueError`.
        let says_so = ERRORS.contains(&lower.as_str()) || word.ends_with("Error");
        if says_so && !matches!(before.as_str(), "0" | "no" | "without") {
            return true;
        }
        before = lower;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{Found, Lines, VIEWED_LINES, is_error};

    fn lines(text: &str) -> Lines {
        Lines::new(text.to_owned())
    }

    #[test]
    fn lines_are_read_one_by_one() {
        for (text, expected) in [
            ("", &[][..]),
            ("a", &["a"]),
            ("a\nb\n", &["a", "b"]),
            ("a\r\n\r\nb", &["a", "", "b"]),
            ("\n", &[""]),
            ("\u{1b}[31ma\nb", &["a", "b"]),
        ] {
            let lines = lines(text);
            let read: Vec<_> = (0..lines.len()).map(|at| lines.plain(at).into_owned()).collect();
            assert_eq!(read, expected, "{text:?}");
        }
        assert_eq!(lines(&"x\n".repeat(VIEWED_LINES + 5)).len(), VIEWED_LINES);
    }

    #[test]
    fn words_are_found_whatever_their_case_and_colour() {
        let lines = lines("no\nEr\u{1b}[31mror and error\nbyé ERROR");
        let found = |words, at_most| -> Vec<Found> { lines.find(words, at_most) };
        let at = |line, range| Found { line, range };
        assert_eq!(found("error", 9), [at(1, 0..5), at(1, 10..15), at(2, 5..10)]);
        assert_eq!(found("error", 1), [at(1, 0..5)]);
        assert_eq!(found("", 9), []);
    }

    #[test]
    fn what_was_found_is_marked_across_colours() {
        let lines = lines("Er\u{1b}[31mror!");
        let pieces: Vec<_> = lines
            .pieces(0, std::slice::from_ref(&(0..5)))
            .into_iter()
            .map(|piece| (piece.text, piece.style.classes(), piece.found))
            .collect();
        let expected = [("Er", "", Some(0)), ("ror", "ansi-1", Some(0)), ("!", "ansi-1", None)];
        assert_eq!(pieces, expected.map(|(text, classes, found)| (text.to_owned(), classes.to_owned(), found)));
    }

    #[test]
    fn a_line_of_megabytes_is_cut() {
        let pieces = lines(&"é".repeat(50_000)).pieces(0, &[]);
        assert_eq!(pieces.len(), 2);
        assert_eq!(pieces[0].text.chars().count(), 10_000);
    }

    #[test]
    fn errors_are_told_from_their_absence() {
        for line in
            ["ERROR: x", "ValueError: y", "thread 'main' panicked at", "3 tests failed", "Traceback (most recent"]
        {
            assert!(is_error(line), "{line}");
        }
        for line in ["0 errors", "no error", "terror", "ended without failure", "errorless", ""] {
            assert!(!is_error(line), "{line}");
        }
    }
}

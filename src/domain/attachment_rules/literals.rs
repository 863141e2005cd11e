//! What a pattern cannot do without: pieces of text of which one stands wherever the pattern is found.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::literal::Extractor;
use regex_syntax::hir::{Hir, HirKind};

/// Shorter pieces stand nearly everywhere.
const SHORTEST: usize = 3;
/// Of a longer piece the beginning is looked for, in bytes.
const LONGEST: usize = 24;
/// As many pieces may stand for one pattern.
const PIECES: usize = 32;
/// Parts of a pattern that are read together, and places in it where that begins.
const PARTS_TOGETHER: usize = 16;
const PLACES: usize = 64;

/// Pieces of text, in the lower case of ASCII, each once. Wherever the pattern is found one of them stands, in lower or upper case.
pub(super) type Pieces = Vec<Vec<u8>>;

/// Every choice of pieces that the pattern leaves; none when it could be found in a text without any piece worth looking for.
pub(super) fn list_pieces(pattern: &str) -> Vec<Pieces> {
    // The same settings under which patterns are compiled.
    let mut parser = ParserBuilder::new().multi_line(true).crlf(true).build();
    let mut found = Vec::new();
    if let Ok(parsed) = parser.parse(pattern) {
        collect(&parsed, &mut found);
    }
    found
}

/// Adds the choices of an expression that cannot be left out.
fn collect(expression: &Hir, found: &mut Vec<Pieces>) {
    match expression.kind() {
        HirKind::Capture(group) => collect(&group.sub, found),
        HirKind::Repetition(repetition) if repetition.min > 0 => {
            found.extend(beginnings(expression));
            collect(&repetition.sub, found);
        }
        HirKind::Concat(parts) => {
            for place in 0..parts.len().min(PLACES) {
                let together = parts.iter().skip(place).take(PARTS_TOGETHER).cloned().collect();
                found.extend(beginnings(&Hir::concat(together)));
            }
            // A part that begins with anything can have more to offer further inside.
            parts.iter().filter(|part| is_made_of_parts(part)).for_each(|part| collect(part, found));
        }
        HirKind::Alternation(branches) => {
            found.extend(beginnings(expression));
            found.extend(pieces_of_branches(branches));
        }
        _ => found.extend(beginnings(expression)),
    }
}

fn is_made_of_parts(expression: &Hir) -> bool {
    matches!(expression.kind(), HirKind::Capture(_) | HirKind::Repetition(_) | HirKind::Alternation(_))
}

/// One choice of each branch, together.
fn pieces_of_branches(branches: &[Hir]) -> Option<Pieces> {
    let mut together = Vec::new();
    for branch in branches {
        let mut choices = Vec::new();
        collect(branch, &mut choices);
        together.extend(choices.into_iter().max_by_key(|pieces| shortest(pieces))?);
    }
    tidy(together)
}

/// The texts of which one stands at the beginning of whatever the expression matches, if they are few.
fn beginnings(expression: &Hir) -> Option<Pieces> {
    let texts = Extractor::new().extract(expression);
    tidy(texts.literals()?.iter().map(|text| text.as_bytes().to_vec()).collect())
}

fn tidy(mut pieces: Pieces) -> Option<Pieces> {
    for piece in &mut pieces {
        piece.truncate(LONGEST);
        piece.make_ascii_lowercase();
    }
    pieces.sort_unstable();
    pieces.dedup();
    ((1..=PIECES).contains(&pieces.len()) && shortest(&pieces) >= SHORTEST).then_some(pieces)
}

/// How long the shortest of the pieces is.
pub(super) fn shortest(pieces: &[Vec<u8>]) -> usize {
    pieces.iter().map(Vec::len).min().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{list_pieces, shortest};

    /// The longest choice of a pattern, as texts.
    fn longest(pattern: &str) -> Vec<String> {
        let choices = list_pieces(pattern).into_iter();
        let pieces =
            choices.max_by_key(|pieces| (shortest(pieces), std::cmp::Reverse(pieces.len()))).unwrap_or_default();
        pieces.iter().map(|piece| String::from_utf8_lossy(piece).into_owned()).collect()
    }

    #[test]
    fn one_of_the_pieces_stands_wherever_a_pattern_is_found() {
        let long = "a".repeat(40);
        for (pattern, expected) in [
            ("no carrier", &["no carrier"][..]),
            ("error 7: .* timed out", &[" timed out"]),
            (r"^\d+: Oops$", &[": oops"]),
            ("(?i)timeout", &["timeout"]),
            ("(link|carrier) lost", &["carrier lost", "link lost"]),
            (".*(foobar|.x.bazqux).*", &["bazqux", "foobar"]),
            ("(reset){2,}", &["resetreset"]),
            (r"usb[0-3]-over", &["usb0-over", "usb1-over", "usb2-over", "usb3-over"]),
            (&long, &["aaaaaaaaaaaaaaaaaaaaaaaa"]),
            // Found without any of these.
            ("(timeout)?", &[]),
            ("timeout|.", &[]),
            ("(timeout)*x", &[]),
            (r"\w+\s\d", &[]),
            ("ab", &[]),
            ("(broken", &[]),
        ] {
            assert_eq!(longest(pattern), expected, "{pattern}");
        }
    }
}

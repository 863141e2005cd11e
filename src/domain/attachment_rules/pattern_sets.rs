//! The patterns of many rules, looked for together.
//!
//! Hardly any pattern is found in a given text. So a text is first looked through once for the pieces that patterns cannot do
//! without, all at a time; expressions are only tried on a text that has one of theirs, and those that have no such piece always.

use std::collections::HashMap;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use regex::{RegexSet, RegexSetBuilder};

use super::literals::{Pieces, list_pieces, shortest};
use super::patterns::{COMPILED_BYTES, compile};
use crate::domain::texts::end_within;

/// Patterns that look through a text in one pass. Together they stay below [`SET_BYTES`], so that they always compile.
const PATTERNS_OF_A_SET: usize = 256;
const SET_BYTES: usize = 2 * PATTERNS_OF_A_SET * COMPILED_BYTES;
/// Up to as many bytes of pieces are looked for by the fastest automaton, which takes up to 512 times as much memory.
const BYTES_OF_FAST_PIECES: usize = 16 * 1024;
/// Longer pieces are no rarer than pieces of so many bytes.
const RARE: usize = 12;
/// A pattern that is found nowhere.
const NEVER: &str = r"[^\s\S]";

/// The patterns of many rules, each once, that look through a text together.
#[derive(Clone, Debug, Default)]
pub(super) struct PatternSets {
    sets: Vec<Set>,
    pieces: Option<PieceSearch>,
    /// Whether a pattern has to be tried on every text, for each of them.
    always: Vec<bool>,
}

/// Patterns that are compiled together when one of them is tried first.
#[derive(Clone, Debug)]
struct Set {
    /// The places of its patterns.
    places: Vec<usize>,
    patterns: Vec<String>,
    compiled: OnceLock<RegexSet>,
}

/// All pieces, and the patterns that each of them calls for.
#[derive(Clone, Debug)]
struct PieceSearch {
    automaton: AhoCorasick,
    places: Vec<Vec<usize>>,
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
        (Self::of_distinct(&distinct), of_each)
    }

    fn of_distinct(patterns: &[&str]) -> Self {
        let chosen = choose_pieces(patterns);
        let pieces = PieceSearch::new(&chosen);
        let always: Vec<bool> = chosen.iter().map(|chosen| chosen.is_none() || pieces.is_none()).collect();
        // Apart, so that those which are always tried take no others along.
        let (first, others): (Vec<usize>, Vec<usize>) = (0..patterns.len()).partition(|place| always[*place]);
        let sets = first.chunks(PATTERNS_OF_A_SET).chain(others.chunks(PATTERNS_OF_A_SET));
        let sets = sets.map(|places| Set::new(places, patterns)).collect();
        Self { sets, pieces, always }
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.always.is_empty()
    }

    /// For each place whether the last so many bytes of the text hold what is looked for.
    pub(super) fn matches(&self, text: &str, at_most: usize) -> Vec<bool> {
        let text = end_within(text, at_most);
        let mut tried = self.always.clone();
        if let Some(pieces) = &self.pieces {
            pieces.mark(text, &mut tried);
        }
        let mut found = vec![false; self.always.len()];
        for set in self.sets.iter().filter(|set| set.places.iter().any(|place| tried[*place])) {
            for number in &set.compiled().matches(text) {
                found[set.places[number]] = true;
            }
        }
        found
    }
}

impl Set {
    fn new(places: &[usize], patterns: &[&str]) -> Self {
        let patterns = places.iter().map(|place| patterns[*place].to_owned()).collect();
        Self { places: places.to_vec(), patterns, compiled: OnceLock::new() }
    }

    fn compiled(&self) -> &RegexSet {
        self.compiled.get_or_init(|| {
            // A pattern that was stored past the check of `compile` matches nothing, and keeps no other from matching.
            let usable = |pattern: &'_ str| compile(pattern).is_ok();
            let usable = || self.patterns.iter().map(move |it| if usable(it) { it.as_str() } else { NEVER });
            let all = compile_set(self.patterns.iter().map(String::as_str));
            all.or_else(|_| compile_set(usable())).unwrap_or_default()
        })
    }
}

fn compile_set<'p>(patterns: impl Iterator<Item = &'p str>) -> Result<RegexSet, regex::Error> {
    RegexSetBuilder::new(patterns).multi_line(true).crlf(true).size_limit(SET_BYTES).build()
}

/// For each pattern the pieces to look for: long ones, and such that not many patterns share.
fn choose_pieces(patterns: &[&str]) -> Vec<Option<Pieces>> {
    let choices: Vec<Vec<Pieces>> = patterns.iter().map(|pattern| list_pieces(pattern)).collect();
    let mut shared: HashMap<&[u8], u32> = HashMap::new();
    for piece in choices.iter().flatten().flatten() {
        *shared.entry(piece).or_default() += 1;
    }
    let worth = |pieces: &Pieces| {
        let most = pieces.iter().filter_map(|piece| shared.get(piece.as_slice())).max();
        let doublings = most.map_or(0, |most| most.ilog2());
        i64::try_from(shortest(pieces).min(RARE)).unwrap_or_default() - i64::from(doublings)
    };
    let best = |choices: &Vec<Pieces>| choices.iter().max_by_key(|pieces| worth(pieces)).cloned();
    choices.iter().map(best).collect()
}

impl PieceSearch {
    /// None where there is nothing to look for, or more than fits.
    fn new(chosen: &[Option<Pieces>]) -> Option<Self> {
        let mut numbers: HashMap<&[u8], usize> = HashMap::new();
        let mut pieces: Vec<&[u8]> = Vec::new();
        let mut places: Vec<Vec<usize>> = Vec::new();
        for (place, chosen) in chosen.iter().enumerate() {
            for piece in chosen.iter().flatten() {
                let number = *numbers.entry(piece).or_insert_with(|| {
                    pieces.push(piece);
                    places.push(Vec::new());
                    pieces.len() - 1
                });
                places[number].push(place);
            }
        }
        if pieces.is_empty() {
            return None;
        }
        let bytes: usize = pieces.iter().map(|piece| piece.len()).sum();
        let kind = (bytes <= BYTES_OF_FAST_PIECES).then_some(AhoCorasickKind::DFA);
        let automaton = AhoCorasick::builder().ascii_case_insensitive(true).kind(kind).build(pieces).ok()?;
        Some(Self { automaton, places })
    }

    /// Marks the places of the patterns that have a piece in the text.
    fn mark(&self, text: &str, tried: &mut [bool]) {
        let mut seen = vec![false; self.places.len()];
        for found in self.automaton.find_overlapping_iter(text) {
            let number = found.pattern().as_usize();
            if !std::mem::replace(&mut seen[number], true) {
                self.places[number].iter().for_each(|place| tried[*place] = true);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::seq::IndexedRandom;
    use rand::{RngExt, SeedableRng};

    use super::PatternSets;
    use crate::domain::attachment_rules::patterns::compile;
    use crate::domain::texts::WINDOW_BYTES;

    #[test]
    fn many_patterns_are_found_together_as_each_is_alone() {
        let words: Vec<String> = (0..600).map(|number| format!("^word{number}x")).collect();
        let patterns = words.iter().map(String::as_str).chain(["", "^word7x", "(broken"]);
        let (sets, places) = PatternSets::new(patterns);
        assert_eq!((places[7], places[600], places[601]), (Some(7), None, Some(7)));
        let found = sets.matches("first line\nword7x\nword550x\r\nnot word3x", WINDOW_BYTES);
        let numbers: Vec<usize> = (0..found.len()).filter(|place| found[*place]).collect();
        assert_eq!(numbers, [7, 550]);
    }

    #[test]
    fn of_a_text_as_much_is_looked_at_as_is_said() {
        let (sets, _) = PatternSets::new(["early", "e$"].into_iter());
        assert_eq!(sets.matches("early\nlate", 10), [true, true]);
        assert_eq!(sets.matches("early\nlate", 9), [false, true]);
        assert_eq!(sets.matches("early\nlate", 0), [false, false]);
    }

    const ATOMS: &[&str] = &[
        "error",
        "Error",
        "k",
        "s",
        "ä",
        "Ä",
        "ß",
        "\u{212a}",
        "link",
        "no carrier",
        ".",
        "\\d",
        "[a-c]",
        "[^x]",
        "\\w",
        "\\s",
        "^",
        "$",
        "\\b",
        "",
        "(?i:link)",
        "(?i:sk)",
        "(?s:.)",
        "\\r",
        "\\n",
        "timed out",
        "(?-u:[a-z])",
        "\\p{Greek}",
    ];

    /// A pattern made by chance.
    fn make_pattern(rng: &mut StdRng, depth: u32) -> String {
        let part = |rng: &mut StdRng| match depth {
            0 => (*ATOMS.choose(rng).unwrap()).to_owned(),
            _ => make_pattern(rng, depth - 1),
        };
        let parts: Vec<String> = (0..rng.random_range(1..4)).map(|_| part(rng)).collect();
        let together = if rng.random_ratio(1, 4) { parts.join("|") } else { parts.concat() };
        let repeated = ["", "", "", "?", "*", "+", "{2}", "{0,2}", "*?"].choose(rng).unwrap();
        format!("(?:{together}){repeated}")
    }

    fn make_text(rng: &mut StdRng) -> String {
        let words = [
            "error",
            "ERROR",
            "erro",
            "link",
            "LINK",
            "no carrier",
            "timed out",
            " ",
            "\n",
            "\r\n",
            "k",
            "K",
            "\u{212a}",
            "s",
            "\u{17f}",
            "ä",
            "Ä",
            "ß",
            "α",
            "7",
            "x",
            "abc",
        ];
        (0..rng.random_range(0..12)).map(|_| *words.choose(rng).unwrap()).collect()
    }

    #[test]
    fn looking_for_pieces_first_changes_nothing() {
        let mut rng = StdRng::seed_from_u64(7);
        let mut matched = 0;
        let mut left_out = 0;
        for _ in 0..20 {
            let patterns: Vec<String> = (0..40).map(|_| make_pattern(&mut rng, 2)).collect();
            let (sets, places) = PatternSets::new(patterns.iter().map(String::as_str));
            left_out += sets.always.iter().filter(|always| !**always).count();
            let texts: Vec<String> = (0..20).map(|_| make_text(&mut rng)).collect();
            let found: Vec<Vec<bool>> = texts.iter().map(|text| sets.matches(text, WINDOW_BYTES)).collect();
            for (pattern, place) in patterns.iter().zip(places) {
                // One that cannot be used is not in question.
                let Ok(Some(alone)) = compile(pattern) else { continue };
                for (text, found) in texts.iter().zip(&found) {
                    let together = found[place.unwrap()];
                    assert_eq!(together, alone.is_match(text), "{pattern:?} in {text:?}");
                    matched += usize::from(together);
                }
            }
        }
        assert!(matched > 1_000 && left_out > 50, "{matched} matches, {left_out} patterns with pieces");
    }
}

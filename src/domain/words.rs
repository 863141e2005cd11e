//! The words of texts: what is put into the index of results, what is asked for, and the line that shows it.

use std::collections::HashSet;

use super::texts::end_of;

/// Of a longer word the beginning counts, in bytes.
const WORD_BYTES: usize = 40;
/// As many different words of a result are kept.
const WORDS_OF_A_RESULT: usize = 10_000;
/// As many words can be asked for.
const WORDS_OF_A_QUERY: usize = 20;
/// As many characters of a line are shown.
const LINE_CHARS: usize = 300;

/// The words of a text: letters and digits that stand together, in lower case. Other letters than those of ASCII are spelt by
/// their numbers, so that both databases split what they are given in the same way, which is not at all.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty()).map(spell)
}

fn spell(run: &str) -> String {
    let mut word = String::with_capacity(run.len().min(WORD_BYTES));
    for c in run.chars() {
        if c.is_ascii() {
            word.push(c.to_ascii_lowercase());
        } else {
            word.extend(c.to_lowercase().map(|lower| format!("x{:x}x", u32::from(lower))));
        }
        if word.len() >= WORD_BYTES {
            word.truncate(WORD_BYTES);
            break;
        }
    }
    word
}

/// The different words of short texts and of a log. Of very many those of the log's end are kept: that is where a failing test
/// says why.
pub fn distinct_words(short: &[&str], log: &str) -> Vec<String> {
    let mut seen = HashSet::new();
    let from_the_end = end_of(log).rsplit(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty()).map(spell);
    short
        .iter()
        .flat_map(|text| words(text))
        .chain(from_the_end)
        .filter(|word| seen.insert(word.clone()))
        .take(WORDS_OF_A_RESULT)
        .collect()
}

/// Words that a result must all have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordQuery(Vec<AskedWord>);

/// A word, or the beginning of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedWord {
    /// The word.
    pub word: String,
    /// Whether it may go on.
    pub is_beginning: bool,
    is_plain: bool,
}

/// Why nothing can be searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WordQueryError {
    /// Only signs.
    #[error("q has no word in it: words are made of letters and digits")]
    NoWord,
    /// More than anybody would type.
    #[error("q has more than {WORDS_OF_A_QUERY} words in it")]
    TooMany,
}

impl WordQuery {
    /// What was typed: words with anything but letters and digits between them; `*` behind a word lets it go on. Nothing
    /// typed asks for nothing.
    pub fn parse(typed: &str) -> Result<Option<Self>, WordQueryError> {
        if typed.trim().is_empty() {
            return Ok(None);
        }
        let mut asked: Vec<AskedWord> = Vec::new();
        for term in typed.split_whitespace() {
            let before = asked.len();
            let is_plain = term.is_ascii();
            asked.extend(words(term).map(|word| AskedWord { word, is_beginning: false, is_plain }));
            if term.ends_with('*')
                && let Some(last) = asked.get_mut(before..).and_then(<[_]>::last_mut)
            {
                last.is_beginning = true;
            }
        }
        match asked.len() {
            0 => Err(WordQueryError::NoWord),
            1..=WORDS_OF_A_QUERY => Ok(Some(Self(asked))),
            _ => Err(WordQueryError::TooMany),
        }
    }

    /// The words.
    pub fn words(&self) -> &[AskedWord] {
        &self.0
    }

    /// Whether a text has all of the words.
    pub fn are_all_in(&self, text: &str) -> bool {
        self.count_in(text) == self.0.len()
    }

    /// The line of a text that has most of the words, the first of these; none where no line has any.
    pub fn find_line<'t>(&self, text: &'t str) -> Option<FoundLine<'t>> {
        let looked_at = end_of(text);
        let before = text.len() - looked_at.len();
        let first = text.get(..before).unwrap_or_default().matches('\n').count() + 1;
        let mut best: Option<FoundLine<'t>> = None;
        for (line, number) in looked_at.lines().zip(first..) {
            let words = self.count_in(line);
            if words > best.map_or(0, |best| best.words) {
                best = Some(FoundLine { number, line, words });
            }
            if words == self.0.len() {
                break;
            }
        }
        best
    }

    /// How many of the words a line has.
    fn count_in(&self, line: &str) -> usize {
        let words: Vec<String> = words(line).collect();
        self.0.iter().filter(|asked| words.iter().any(|word| asked.is(word))).count()
    }
}

impl AskedWord {
    /// Whether it stands in texts as it is asked for, but for upper and lower case.
    pub fn is_plain(&self) -> bool {
        self.is_plain
    }

    fn is(&self, word: &str) -> bool {
        if self.is_beginning { word.starts_with(&self.word) } else { word == self.word }
    }
}

/// A line that has words which were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoundLine<'t> {
    /// Its number, from 1.
    pub number: usize,
    /// All of it.
    pub line: &'t str,
    /// How many of the words it has.
    pub words: usize,
}

impl FoundLine<'_> {
    /// The line, or its beginning.
    pub fn shown(&self) -> String {
        self.line.chars().take(LINE_CHARS).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{WordQuery, WordQueryError, distinct_words};

    #[test]
    fn a_text_has_each_word_once_in_lower_case() {
        for (text, expected) in [
            ("", vec![]),
            ("wlan0: Link is not ready, link DOWN", vec!["wlan0", "link", "is", "not", "ready", "down"]),
            ("CVE-2024-1 snap_daemon", vec!["cve", "2024", "1", "snap", "daemon"]),
            ("Größe", vec!["grxf6xxdfxe"]),
        ] {
            assert_eq!(distinct_words(&[text], ""), expected, "{text}");
            let from_the_end: Vec<&str> = expected.into_iter().rev().collect();
            let mut of_log = distinct_words(&[], text);
            of_log.sort_unstable();
            let mut sorted = from_the_end;
            sorted.sort_unstable();
            assert_eq!(of_log, sorted, "{text}");
        }
        let long = "a".repeat(90);
        assert_eq!(distinct_words(&[&long, &long], "")[0].len(), 40);
        // Every line of such a log has a number of its own; what matters is at the end.
        let numbers = (0..20_000).map(|number| format!("[{number}] ok\n")).collect::<Vec<_>>().concat();
        let words = distinct_words(&["boot"], &format!("{numbers}panic\n"));
        assert!(words.len() == 10_000 && words.contains(&"panic".to_owned()) && words.contains(&"boot".to_owned()));
    }

    #[test]
    fn what_is_typed_is_words_and_beginnings() {
        let asked = |typed: &str| {
            WordQuery::parse(typed).map(|query| {
                let words = query.map(|query| query.0).unwrap_or_default();
                words.into_iter().map(|word| (word.word, word.is_beginning)).collect::<Vec<_>>()
            })
        };
        let words = |words: &[(&str, bool)]| {
            Ok(words.iter().map(|(word, is_beginning)| ((*word).to_owned(), *is_beginning)).collect::<Vec<_>>())
        };
        assert_eq!(asked(" \t"), words(&[]));
        assert_eq!(asked("No carrier*"), words(&[("no", false), ("carrier", true)]));
        assert_eq!(asked("0x80-07* *"), words(&[("0x80", false), ("07", true)]));
        assert_eq!(asked("*** '"), Err(WordQueryError::NoWord));
        assert_eq!(asked(&"a ".repeat(21)), Err(WordQueryError::TooMany));
    }

    #[test]
    fn the_line_with_most_of_the_words_is_shown() {
        let log = "carrier found\nno link\nno carrier on wlan0\nno carrier again\n";
        for (typed, expected) in [
            ("carrier", Some((1, "carrier found"))),
            ("carrier no", Some((3, "no carrier on wlan0"))),
            ("wlan*", Some((3, "no carrier on wlan0"))),
            ("wlan", None),
            ("again missing", Some((4, "no carrier again"))),
        ] {
            let query = WordQuery::parse(typed).unwrap().unwrap();
            let found = query.find_line(log).map(|found| (found.number, found.line));
            assert_eq!(found, expected, "{typed}");
        }
    }
}

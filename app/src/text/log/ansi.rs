//! The colours that programs write for terminals, as styles; every other escape is left out.

use std::borrow::Cow;

const ESCAPE: char = '\u{1b}';
const BELL: char = '\u{7}';

const BOLD: u8 = 1;
const FAINT: u8 = 2;
const ITALIC: u8 = 4;
const UNDERLINE: u8 = 8;
const INVERSE: u8 = 16;

/// How a piece of text looks. Colours are those of terminals: 0 black, 1 red, 2 green … 7 white, and 8 to 15 the same, bright.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Style {
    foreground: Option<u8>,
    background: Option<u8>,
    marks: u8,
}

/// Text of one style.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) text: String,
    pub(crate) style: Style,
}

impl Style {
    /// Its classes, with blanks between; empty for plain text.
    pub(crate) fn classes(self) -> String {
        let is_inverse = self.marks & INVERSE != 0;
        let (front, back) =
            if is_inverse { (self.background, self.foreground) } else { (self.foreground, self.background) };
        let colours = [front.map(|colour| format!("ansi-{colour}")), back.map(|colour| format!("ansi-on-{colour}"))];
        let mut classes: Vec<String> = colours.into_iter().flatten().collect();
        if is_inverse && classes.is_empty() {
            classes.push("ansi-inverse".to_owned());
        }
        for (mark, class) in
            [(BOLD, "ansi-bold"), (FAINT, "ansi-faint"), (ITALIC, "ansi-italic"), (UNDERLINE, "ansi-underline")]
        {
            if self.marks & mark != 0 {
                classes.push(class.to_owned());
            }
        }
        classes.join(" ")
    }

    /// The style after `ESC [ parameters m`.
    fn after(mut self, parameters: &str) -> Self {
        let mut codes = parameters.split([';', ':']).map(|code| code.parse::<u8>().unwrap_or(0));
        while let Some(code) = codes.next() {
            match code {
                0 => self = Self::default(),
                1 => self.marks |= BOLD,
                2 => self.marks |= FAINT,
                3 => self.marks |= ITALIC,
                4 => self.marks |= UNDERLINE,
                7 => self.marks |= INVERSE,
                22 => self.marks &= !(BOLD | FAINT),
                23 => self.marks &= !ITALIC,
                24 => self.marks &= !UNDERLINE,
                27 => self.marks &= !INVERSE,
                30..=37 => self.foreground = Some(code - 30),
                38 => self.foreground = extended(&mut codes).or(self.foreground),
                39 => self.foreground = None,
                40..=47 => self.background = Some(code - 40),
                48 => self.background = extended(&mut codes).or(self.background),
                49 => self.background = None,
                90..=97 => self.foreground = Some(code - 82),
                100..=107 => self.background = Some(code - 92),
                _ => {}
            }
        }
        self
    }
}

/// One of 256 colours, or any: as the nearest of the sixteen, which are readable on light and dark pages alike.
fn extended(codes: &mut impl Iterator<Item = u8>) -> Option<u8> {
    match codes.next()? {
        5 => match codes.next()? {
            colour @ 0..=15 => Some(colour),
            cube @ 16..=231 => {
                let cube = cube - 16;
                Some(nearest([cube / 36, cube / 6 % 6, cube % 6].map(|step| step * 51)))
            }
            grey => Some(nearest([(grey - 232) * 10 + 8; 3])),
        },
        2 => Some(nearest([codes.next()?, codes.next()?, codes.next()?])),
        _ => None,
    }
}

fn nearest(rgb: [u8; 3]) -> u8 {
    let brightest = rgb.into_iter().max().unwrap_or_default();
    let is_lit = |part: u8| u8::from(part >= 64 && part > brightest / 2);
    let [red, green, blue] = rgb;
    let colour = is_lit(red) | is_lit(green) << 1 | is_lit(blue) << 2;
    if brightest >= 192 { colour + 8 } else { colour }
}

/// The pieces of a line, and the style that the next line begins with.
pub(crate) fn parse_line(line: &str, start: Style) -> (Vec<Span>, Style) {
    let (mut spans, mut style) = (Vec::new(), start);
    each_part(line, |part| match part {
        Part::Text(text) => spans.push(Span { text: text.to_owned(), style }),
        Part::Style(parameters) => style = style.after(parameters),
    });
    (spans, style)
}

/// A line without escapes.
pub(crate) fn strip(line: &str) -> Cow<'_, str> {
    if !line.contains(ESCAPE) {
        return Cow::Borrowed(line);
    }
    let mut plain = String::with_capacity(line.len());
    each_part(line, |part| {
        if let Part::Text(text) = part {
            plain.push_str(text);
        }
    });
    Cow::Owned(plain)
}

enum Part<'a> {
    Text(&'a str),
    Style(&'a str),
}

fn each_part<'a>(line: &'a str, mut take: impl FnMut(Part<'a>)) {
    let mut rest = line;
    while !rest.is_empty() {
        let (text, escape) = rest.split_at(rest.find(ESCAPE).unwrap_or(rest.len()));
        if !text.is_empty() {
            take(Part::Text(text));
        }
        let (length, parameters) = read_escape(escape);
        if let Some(parameters) = parameters {
            take(Part::Style(parameters));
        }
        rest = escape.get(length..).unwrap_or_default();
    }
}

/// The length of the escape that a text begins with, and its parameters where it is about style. One without an end takes all.
fn read_escape(text: &str) -> (usize, Option<&str>) {
    let body = text.get(2..).unwrap_or_default();
    match text.chars().nth(1) {
        None => (text.len(), None),
        Some('[') => match body.find(|c: char| ('@'..='~').contains(&c)) {
            None => (text.len(), None),
            Some(end) => {
                let (parameters, last) = body.split_at(end);
                (end + 3, last.starts_with('m').then_some(parameters))
            }
        },
        Some(']') => {
            let bell = body.find(BELL).map(|end| end + 3);
            let terminator = body.find("\u{1b}\\").map(|end| end + 4);
            (bell.into_iter().chain(terminator).min().unwrap_or(text.len()), None)
        }
        // A set of characters is chosen by one more.
        Some('(' | ')' | '#' | '%') => (2 + body.chars().next().map_or(0, char::len_utf8), None),
        Some(other) => (1 + other.len_utf8(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::{Style, parse_line, strip};

    fn looks(line: &str) -> Vec<(String, String)> {
        parse_line(line, Style::default()).0.into_iter().map(|span| (span.text, span.style.classes())).collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(text, classes)| ((*text).to_owned(), (*classes).to_owned())).collect()
    }

    #[test]
    fn colours_become_classes() {
        for (line, expected) in [
            ("plain", &[("plain", "")][..]),
            ("a\u{1b}[31mred\u{1b}[0mb", &[("a", ""), ("red", "ansi-1"), ("b", "")]),
            ("\u{1b}[1;92;41mx", &[("x", "ansi-10 ansi-on-1 ansi-bold")]),
            ("\u{1b}[1m\u{1b}[4mx\u{1b}[22my", &[("x", "ansi-bold ansi-underline"), ("y", "ansi-underline")]),
            ("\u{1b}[31mx\u{1b}[my", &[("x", "ansi-1"), ("y", "")]),
            ("\u{1b}[7mx\u{1b}[31my", &[("x", "ansi-inverse"), ("y", "ansi-on-1")]),
            ("\u{1b}[38;5;9mx\u{1b}[38;5;196my", &[("x", "ansi-9"), ("y", "ansi-9")]),
            ("\u{1b}[38;2;0;130;0mx\u{1b}[39my", &[("x", "ansi-2"), ("y", "")]),
            ("\u{1b}[38;5mx", &[("x", "")]),
        ] {
            assert_eq!(looks(line), pairs(expected), "{line:?}");
        }
    }

    #[test]
    fn a_colour_goes_on_in_the_next_line() {
        let (_, style) = parse_line("\u{1b}[31mfirst", Style::default());
        let (spans, _) = parse_line("second", style);
        assert_eq!(spans[0].style.classes(), "ansi-1");
    }

    #[test]
    fn other_escapes_are_left_out() {
        for (line, plain) in [
            ("plain", "plain"),
            ("\u{1b}[2K\u{1b}[1Gdone", "done"),
            ("\u{1b}]0;title\u{7}text", "text"),
            ("\u{1b}]8;;https://example.com\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"),
            ("\u{1b}(Bx\u{1b}=y", "xy"),
            ("x\u{1b}", "x"),
            ("x\u{1b}[31", "x"),
            ("x\u{1b}]0;never ends", "x"),
            ("\u{1b}é", ""),
        ] {
            assert_eq!(strip(line), plain, "{line:?}");
            let joined: String = looks(line).into_iter().map(|(text, _)| text).collect();
            assert_eq!(joined, plain, "{line:?}");
        }
    }
}

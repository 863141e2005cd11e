//! The badge of an artefact: what it says, and how it is drawn.

use app::api::{ArtefactStatus, TestExecutionStatus};

/// What stands on the left.
const NAME: &str = "test observer";
/// About as wide as a character of the font is, in tenths of a pixel.
const CHARACTER: usize = 65;
/// Space beside a text, in pixels.
const MARGIN: usize = 6;

/// Grey behind the name. White on each of the colours has a contrast of 4.5 and more.
const GREY: &str = "#4d4d4d";
const GREEN: &str = "#1a7f37";
const RED: &str = "#c62828";
const AMBER: &str = "#8a5300";
const BLUE: &str = "#0b62a8";

/// What an artefact has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Badge {
    text: String,
    colour: &'static str,
}

/// The badge of a decision, or of the last runs of the latest builds where nobody has decided: `runs` counts them by status.
pub fn badge_of(status: ArtefactStatus, runs: &[(TestExecutionStatus, i64)]) -> Badge {
    use TestExecutionStatus::{EndedPrematurely, Failed, InProgress, NotStarted, Passed};
    let count = |wanted: &[TestExecutionStatus]| -> i64 {
        runs.iter().filter(|(status, _)| wanted.contains(status)).map(|(_, count)| count).sum()
    };
    let (failed, going, passed) =
        (count(&[Failed, EndedPrematurely]), count(&[InProgress, NotStarted]), count(&[Passed]));
    let (text, colour) = match status {
        ArtefactStatus::Approved => ("approved".to_owned(), GREEN),
        ArtefactStatus::MarkedAsFailed => ("rejected".to_owned(), RED),
        ArtefactStatus::Undecided if failed > 0 => (format!("{failed} failed"), RED),
        ArtefactStatus::Undecided if going > 0 => ("in progress".to_owned(), AMBER),
        ArtefactStatus::Undecided if passed > 0 => (format!("{passed} passed"), BLUE),
        ArtefactStatus::Undecided => ("not tested".to_owned(), GREY),
    };
    Badge { text, colour }
}

impl Badge {
    /// The picture, whose title begins with what it is about.
    pub fn draw(&self, about: &str) -> String {
        let Self { text, colour } = self;
        let title = escape(&format!("{about}: {text}"));
        let text = escape(text);
        let (left, right) = (width(NAME), width(&self.text));
        let (whole, middle, centre) = (left + right, left / 2, left + right / 2);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{whole}\" height=\"20\" role=\"img\" \
             aria-label=\"{title}\"><title>{title}</title><rect width=\"{whole}\" height=\"20\" rx=\"3\" fill=\"{GREY}\"/>\
             <path d=\"M{left} 0h{straight}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3h-{straight}z\" fill=\"{colour}\"/>\
             <g fill=\"#fff\" text-anchor=\"middle\" font-family=\"Verdana,DejaVu Sans,sans-serif\" font-size=\"11\">\
             <text x=\"{middle}\" y=\"14\" textLength=\"{name_length}\">{NAME}</text>\
             <text x=\"{centre}\" y=\"14\" textLength=\"{text_length}\">{text}</text></g></svg>\n",
            straight = right - 3,
            name_length = left - 2 * MARGIN,
            text_length = right - 2 * MARGIN,
        )
    }
}

fn width(text: &str) -> usize {
    (text.chars().count() * CHARACTER).div_ceil(10) + 2 * MARGIN
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // XML has no other control characters, not even escaped.
            c if c.is_control() => escaped.push(' '),
            // Nor these.
            '\u{fffe}' | '\u{ffff}' => {}
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use app::api::ArtefactStatus::{Approved, MarkedAsFailed, Undecided};
    use app::api::TestExecutionStatus::{EndedPrematurely, Failed, InProgress, NotStarted, NotTested, Passed};

    use super::{AMBER, BLUE, GREEN, GREY, RED, badge_of};

    #[test]
    fn the_decision_counts_before_failures_and_these_before_what_runs() {
        for (status, runs, expected, colour) in [
            (Approved, &[(Failed, 1)][..], "approved", GREEN),
            (MarkedAsFailed, &[(Passed, 1)], "rejected", RED),
            (Undecided, &[(Failed, 2), (EndedPrematurely, 1), (InProgress, 4), (Passed, 9)], "3 failed", RED),
            (Undecided, &[(InProgress, 1), (Passed, 9)], "in progress", AMBER),
            (Undecided, &[(NotStarted, 1)], "in progress", AMBER),
            (Undecided, &[(Passed, 9), (NotTested, 1)], "9 passed", BLUE),
            (Undecided, &[(NotTested, 1)], "not tested", GREY),
            (Undecided, &[], "not tested", GREY),
        ] {
            let badge = badge_of(status, runs);
            assert_eq!((badge.text.as_str(), badge.colour), (expected, colour), "{status} {runs:?}");
        }
    }

    #[test]
    fn names_of_others_are_no_markup() {
        let drawn = badge_of(Approved, &[]).draw("<script>&\"\u{1}\u{ffff}");
        assert!(drawn.contains("<title>&lt;script&gt;&amp;&quot; : approved</title>"), "{drawn}");
        let tree = roxmltree::Document::parse(&drawn).unwrap();
        let texts: Vec<&str> =
            tree.descendants().filter(roxmltree::Node::is_text).filter_map(|node| node.text()).collect();
        assert_eq!(texts, ["<script>&\" : approved", "test observer", "approved"]);
    }

    /// The contrast of white on a colour, by the formula of the Web Content Accessibility Guidelines.
    fn contrast_with_white(colour: &str) -> f64 {
        let part = |place: usize| {
            let digits = colour.trim_start_matches('#');
            let value = f64::from(u8::from_str_radix(&digits[place..place + 2], 16).unwrap()) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        1.05 / (0.2126 * part(0) + 0.7152 * part(2) + 0.0722 * part(4) + 0.05)
    }

    #[test]
    fn white_is_readable_on_every_colour() {
        assert!((contrast_with_white("#000000") - 21.0).abs() < 0.01);
        for colour in [GREY, GREEN, RED, AMBER, BLUE] {
            assert!(contrast_with_white(colour) >= 4.5, "{colour}: {}", contrast_with_white(colour));
        }
    }
}

//! Reports as CSV: how cells are spelt. Spreadsheets and scripts of years read them, so every character counts.

use std::fmt::Write;

use chrono::{DateTime, Utc};

/// Rows of CSV in the making: commas between cells, CRLF behind each row, quotes only where a cell would be misread
/// without.
#[derive(Debug, Default)]
pub struct Csv {
    text: String,
    is_row_begun: bool,
}

impl Csv {
    /// Adds a cell.
    pub fn cell(&mut self, text: &str) -> &mut Self {
        if self.is_row_begun {
            self.text.push(',');
        }
        self.is_row_begun = true;
        if text.contains([',', '"', '\r', '\n']) {
            self.text.push('"');
            self.text.push_str(&text.replace('"', "\"\""));
            self.text.push('"');
        } else {
            self.text.push_str(text);
        }
        self
    }

    /// Adds a cell that stays empty where there is nothing.
    pub fn optional(&mut self, text: Option<&str>) -> &mut Self {
        self.cell(text.unwrap_or_default())
    }

    /// Adds an id.
    pub fn id(&mut self, id: i64) -> &mut Self {
        self.cell(&id.to_string())
    }

    /// Adds a point in time: `2031-05-04 03:02:01`, with six digits of a second when they are not zero.
    pub fn moment(&mut self, moment: DateTime<Utc>) -> &mut Self {
        let has_fraction = moment.timestamp_subsec_micros() != 0;
        let format = if has_fraction { "%Y-%m-%d %H:%M:%S%.6f" } else { "%Y-%m-%d %H:%M:%S" };
        self.cell(&moment.format(format).to_string())
    }

    /// Ends the row.
    pub fn end_row(&mut self) {
        self.text.push_str("\r\n");
        self.is_row_begun = false;
    }

    /// How much there is, in bytes.
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// What there is; the next row begins anew.
    pub fn take(&mut self) -> String {
        let capacity = self.text.capacity();
        std::mem::replace(&mut self.text, String::with_capacity(capacity))
    }
}

/// An event of an execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedEvent {
    /// What happened.
    pub name: String,
    /// When.
    pub timestamp: DateTime<Utc>,
    /// More about it.
    pub detail: String,
}

/// The decisions of a review: `[<ArtefactBuildEnvironmentReviewDecision.REJECTED: 'REJECTED'>]`.
pub fn decisions_cell(names: &[String]) -> String {
    let decisions: Vec<String> =
        names.iter().map(|name| format!("<ArtefactBuildEnvironmentReviewDecision.{name}: '{name}'>")).collect();
    format!("[{}]", decisions.join(", "))
}

/// The events of an execution, in their order:
/// `[{'event_name': 'job_start', 'timestamp': '2031-05-04 03:02:01:123', 'detail': ''}]`.
pub fn events_cell(events: &[ReportedEvent]) -> String {
    let mut cell = String::from("[");
    for (index, event) in events.iter().enumerate() {
        cell.push_str(if index == 0 { "{'event_name': " } else { ", {'event_name': " });
        push_quoted(&mut cell, &event.name);
        let moment = event.timestamp.format("%Y-%m-%d %H:%M:%S");
        // Writing to a text cannot fail.
        let _ = write!(cell, ", 'timestamp': '{moment}:{:03}', 'detail': ", event.timestamp.timestamp_subsec_millis());
        push_quoted(&mut cell, &event.detail);
        cell.push('}');
    }
    cell.push(']');
    cell
}

/// Adds a text in single quotes; in double quotes where that spares a backslash. What would not be seen is spelt by its
/// number.
fn push_quoted(cell: &mut String, text: &str) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    cell.push(quote);
    for c in text.chars() {
        match c {
            '\\' => cell.push_str("\\\\"),
            '\n' => cell.push_str("\\n"),
            '\r' => cell.push_str("\\r"),
            '\t' => cell.push_str("\\t"),
            c if c == quote => cell.extend(['\\', c]),
            c if is_printable(c) => cell.push(c),
            c => {
                let number = u32::from(c);
                let _ = match number {
                    0..=0xff => write!(cell, "\\x{number:02x}"),
                    0x100..=0xffff => write!(cell, "\\u{number:04x}"),
                    _ => write!(cell, "\\U{number:08x}"),
                };
            }
        }
    }
    cell.push(quote);
}

/// Whether a character can be seen: no control, format, surrogate, private, unassigned or separating one but the space.
fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    // The standard library knows, and says so only this way. Behind a letter it leaves combining characters alone.
    let text = String::from_iter(['a', c]);
    text.escape_debug().nth(1) == Some(c)
}

#[cfg(test)]
mod tests {
    use super::{Csv, ReportedEvent, decisions_cell, events_cell};

    // Quotes only around a comma, a quote, CR or LF; inner quotes doubled.
    #[test]
    fn cells_are_quoted_only_where_they_must_be() {
        for (cell, expected) in [
            ("", ""),
            ("plain", "plain"),
            (" spaced ", " spaced "),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("one\ntwo", "\"one\ntwo\""),
            ("one\r\ntwo", "\"one\r\ntwo\""),
            ("\r", "\"\r\""),
            ("'single'; tab\there", "'single'; tab\there"),
            ("=1+1", "=1+1"),
            ("\u{e9}\u{1f9ea}", "\u{e9}\u{1f9ea}"),
        ] {
            let mut csv = Csv::default();
            csv.cell(cell).cell("x").end_row();
            assert_eq!(csv.take(), format!("{expected},x\r\n"), "{cell:?}");
        }
    }

    // CRLF behind every row, nothing for null.
    #[test]
    fn rows_end_with_crlf_and_begin_anew() {
        let mut csv = Csv::default();
        csv.cell("").optional(None).optional(Some("x")).id(7).end_row();
        assert_eq!((csv.len(), csv.is_empty()), (7, false));
        assert_eq!(csv.take(), ",,x,7\r\n");
        assert!(csv.is_empty());
        csv.cell("a").end_row();
        csv.cell("b").end_row();
        assert_eq!(csv.take(), "a\r\nb\r\n");
    }

    // Six digits of a second, or none.
    #[test]
    fn times_have_a_fraction_only_when_it_is_not_zero() {
        for (moment, expected) in [
            ("2031-05-04T03:02:01Z", "2031-05-04 03:02:01"),
            ("2031-05-04T03:02:01.5Z", "2031-05-04 03:02:01.500000"),
            ("2031-05-04T03:02:01.000001Z", "2031-05-04 03:02:01.000001"),
            ("2031-05-04T05:02:01+02:00", "2031-05-04 03:02:01"),
        ] {
            let mut csv = Csv::default();
            csv.moment(moment.parse().unwrap());
            assert_eq!(csv.take(), expected);
        }
    }

    // A bracketed list, empty or not.
    #[test]
    fn decisions_are_a_list_of_members() {
        let both = ["REJECTED".to_owned(), "APPROVED_ALL_TESTS_PASS".to_owned()];
        let rejected = "<ArtefactBuildEnvironmentReviewDecision.REJECTED: 'REJECTED'>";
        let passed = "<ArtefactBuildEnvironmentReviewDecision.APPROVED_ALL_TESTS_PASS: 'APPROVED_ALL_TESTS_PASS'>";
        assert_eq!(decisions_cell(&[]), "[]");
        assert_eq!(decisions_cell(&both[..1]), format!("[{rejected}]"));
        assert_eq!(decisions_cell(&both), format!("[{rejected}, {passed}]"));
    }

    fn event(name: &str, timestamp: &str, detail: &str) -> ReportedEvent {
        ReportedEvent { name: name.to_owned(), timestamp: timestamp.parse().unwrap(), detail: detail.to_owned() }
    }

    // Keys in their order, milliseconds behind a colon.
    #[test]
    fn events_are_a_list_in_their_order() {
        let start = event("job_start", "2031-05-04T03:02:01.123Z", "");
        let end = event("job_end", "2031-05-04T03:02:02.0099Z", "done");
        let started = "{'event_name': 'job_start', 'timestamp': '2031-05-04 03:02:01:123', 'detail': ''}";
        let ended = "{'event_name': 'job_end', 'timestamp': '2031-05-04 03:02:02:009', 'detail': 'done'}";
        assert_eq!(events_cell(&[]), "[]");
        assert_eq!(events_cell(std::slice::from_ref(&start)), format!("[{started}]"));
        assert_eq!(events_cell(&[end.clone(), start.clone()]), format!("[{ended}, {started}]"));
    }

    // Which quote, what is escaped, and what cannot be seen.
    #[test]
    fn texts_of_events_are_quoted() {
        for (text, expected) in [
            ("plain", "'plain'"),
            ("it's", "\"it's\""),
            ("say \"hi\"", "'say \"hi\"'"),
            ("it's \"it\"", "'it\\'s \"it\"'"),
            ("c:\\d", "'c:\\\\d'"),
            ("it's c:\\d", "\"it's c:\\\\d\""),
            ("a\nb\rc\td", "'a\\nb\\rc\\td'"),
            ("\u{0}\u{1b}\u{7f}", "'\\x00\\x1b\\x7f'"),
            ("\u{85}\u{a0}\u{ad}", "'\\x85\\xa0\\xad'"),
            ("\u{200b}\u{2028}\u{3000}\u{feff}\u{e000}", "'\\u200b\\u2028\\u3000\\ufeff\\ue000'"),
            ("\u{e0001}\u{f0000}", "'\\U000e0001\\U000f0000'"),
            ("\u{e9}\u{df}\u{4e2d}\u{1f9ea}", "'\u{e9}\u{df}\u{4e2d}\u{1f9ea}'"),
            // A combining accent is seen.
            ("e\u{301}", "'e\u{301}'"),
        ] {
            let cell = events_cell(&[event(text, "2031-05-04T03:02:01Z", text)]);
            let whole = "'timestamp': '2031-05-04 03:02:01:000'";
            assert_eq!(cell, format!("[{{'event_name': {expected}, {whole}, 'detail': {expected}}}]"), "{text:?}");
        }
    }
}

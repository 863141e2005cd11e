//! The text format of Prometheus, version 0.0.4.

use std::fmt::{Display, Write};

/// What says that an answer is in this format.
pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A text in the making: families one after the other, each followed by its samples.
#[derive(Debug, Default)]
pub(super) struct Text(String);

impl Text {
    /// Begins a family: what it is called, its type, and what it is in one line.
    pub(super) fn family(&mut self, name: &str, kind: &str, help: &'static str) {
        for part in ["# HELP ", name, " ", help, "\n# TYPE ", name, " ", kind, "\n"] {
            self.0.push_str(part);
        }
    }

    /// Adds a sample.
    pub(super) fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.0.push_str(name);
        for (place, (label, value)) in labels.iter().enumerate() {
            self.0.push(if place == 0 { '{' } else { ',' });
            push_label(&mut self.0, label, value);
        }
        if !labels.is_empty() {
            self.0.push('}');
        }
        self.value(value);
    }

    /// Adds a sample whose labels have been spelt already, in pieces that are joined by commas.
    pub(super) fn spelt_sample(&mut self, name: &str, labels: [&str; 4], value: u64) {
        self.0.push_str(name);
        let labels = labels.iter().filter(|labels| !labels.is_empty());
        for (place, labels) in labels.enumerate() {
            self.0.push(if place == 0 { '{' } else { ',' });
            self.0.push_str(labels);
        }
        self.0.push('}');
        self.value(value);
    }

    fn value(&mut self, value: impl Display) {
        // Writing into a string does not fail.
        let _ = writeln!(self.0, " {value}");
    }

    pub(super) fn into_string(self) -> String {
        self.0
    }
}

/// Some labels as they stand between braces.
pub(super) fn spell_labels(labels: &[(&str, &str)]) -> String {
    let mut spelt = String::new();
    for (place, (label, value)) in labels.iter().enumerate() {
        if place > 0 {
            spelt.push(',');
        }
        push_label(&mut spelt, label, value);
    }
    spelt
}

fn push_label(text: &mut String, label: &str, value: &str) {
    text.push_str(label);
    text.push_str("=\"");
    for c in value.chars() {
        match c {
            '\\' => text.push_str("\\\\"),
            '"' => text.push_str("\\\""),
            '\n' => text.push_str("\\n"),
            c => text.push(c),
        }
    }
    text.push('"');
}

/// Seconds, out of microseconds.
pub(super) struct Seconds(pub(super) u64);

impl Display for Seconds {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::{Seconds, Text, spell_labels};

    #[test]
    fn a_family_says_what_it_is_before_its_samples() {
        let mut text = Text::default();
        text.family("requests_total", "counter", "Requests.");
        text.sample("requests_total", &[], 3);
        text.sample("requests_total", &[("handler", "/v1/{id}"), ("method", "GET")], Seconds(1_500_020));
        let expected = "# HELP requests_total Requests.\n# TYPE requests_total counter\nrequests_total 3\n\
                        requests_total{handler=\"/v1/{id}\",method=\"GET\"} 1.500020\n";
        assert_eq!(text.into_string(), expected);
    }

    #[test]
    fn values_of_labels_break_neither_quotes_nor_lines() {
        for (value, expected) in [
            ("", r#"name="""#),
            (r"C:\new", r#"name="C:\\new""#),
            (r#"a "b" c"#, r#"name="a \"b\" c""#),
            ("one\ntwo", r#"name="one\ntwo""#),
            ("é{},= \u{1f600}", "name=\"é{},= \u{1f600}\""),
        ] {
            assert_eq!(spell_labels(&[("name", value)]), expected);
        }
        assert_eq!(spell_labels(&[("a", "1"), ("b", "")]), r#"a="1",b="""#);
    }

    #[test]
    fn labels_that_are_spelt_already_are_joined() {
        let mut text = Text::default();
        text.spelt_sample("results", [r#"a="1""#, "", r#"b="2""#, ""], 7);
        assert_eq!(text.into_string(), "results{a=\"1\",b=\"2\"} 7\n");
    }
}

//! Reports of test runners: which formats are understood, and what they all come down to.

mod archive;
mod checkbox;
mod ctrf;
mod junit;
mod names;
mod tap;

use app::api::TestResultStatus;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

pub use checkbox::read_statuses;

/// The largest report that is read, in bytes; of packed ones after they are unpacked.
pub const LARGEST_REPORT: usize = 256 * 1024 * 1024;

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// XML as JUnit, pytest and many others write it
    Junit,
    /// JSON of the Common Test Report Format
    Ctrf,
    /// The Test Anything Protocol, versions 12 to 14
    Tap,
    /// Checkbox's submission.json, also inside a .tar.xz or .tar.gz
    Checkbox,
}

/// What one test said.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ReportedResult {
    /// The test case; unique within a report.
    pub name: String,
    /// How it ended.
    pub status: TestResultStatus,
    /// The generic test the case is an instance of; empty where the format knows none.
    pub template_id: String,
    /// The group it belongs to.
    pub category: String,
    /// What a person should know, in a few words.
    pub comment: String,
    /// Everything it printed.
    pub io_log: String,
}

impl ReportedResult {
    fn new(name: impl Into<String>, status: TestResultStatus) -> Self {
        Self {
            name: name.into(),
            status,
            template_id: String::new(),
            category: String::new(),
            comment: String::new(),
            io_log: String::new(),
        }
    }
}

/// How a run ended, as far as its report says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunEnd {
    /// It came to its end: its results say how.
    Completed,
    /// It broke off.
    EndedPrematurely,
    /// Everything was left out on purpose.
    NotTested,
}

/// A report that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// In the report's order.
    pub results: Vec<ReportedResult>,
    /// How the run ended.
    pub end: RunEnd,
}

/// Why a report cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// A mistake at a place.
    #[error("line {line}: {problem}")]
    At {
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        problem: String,
    },
    /// A mistake of the whole.
    #[error("{0}")]
    Whole(String),
}

impl ReportError {
    fn whole(problem: impl Into<String>) -> Self {
        Self::Whole(problem.into())
    }

    fn json(error: &serde_json::Error) -> Self {
        // The parser's own words end with the place.
        let text = error.to_string();
        let problem = text.split(" at line ").next().unwrap_or_default().to_owned();
        Self::At { line: error.line().max(1), problem }
    }
}

/// Reads a report; its content says in which format, unless the caller does.
pub fn read_report(bytes: &[u8], format: Option<Format>) -> Result<Report, ReportError> {
    if bytes.len() > LARGEST_REPORT {
        return Err(ReportError::whole(format!("it is larger than {LARGEST_REPORT} bytes")));
    }
    let format = match format {
        Some(format) => format,
        None => detect(bytes)?,
    };
    let report = match format {
        Format::Checkbox if archive::is_packed(bytes) => checkbox::read(&archive::unpack_submission(bytes)?)?,
        Format::Checkbox => checkbox::read(bytes)?,
        Format::Ctrf => ctrf::read(bytes)?,
        Format::Junit => junit::read(&text_of(bytes))?,
        Format::Tap => tap::read(&text_of(bytes))?,
    };
    Ok(Report { results: names::tidy(report.results), ..report })
}

/// Several reports of one run as one, in their order.
pub fn merge(reports: Vec<Report>) -> Report {
    let ends: Vec<RunEnd> = reports.iter().map(|report| report.end).collect();
    let end = if ends.contains(&RunEnd::EndedPrematurely) {
        RunEnd::EndedPrematurely
    } else if !ends.is_empty() && ends.iter().all(|end| *end == RunEnd::NotTested) {
        RunEnd::NotTested
    } else {
        RunEnd::Completed
    };
    Report { results: names::tidy(reports.into_iter().flat_map(|report| report.results).collect()), end }
}

/// Runners copy what programs print: a byte that is no text must not cost the whole report.
fn text_of(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned()
}

fn detect(bytes: &[u8]) -> Result<Format, ReportError> {
    if archive::is_packed(bytes) {
        return Ok(Format::Checkbox);
    }
    let start = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    match start.first() {
        None => Err(ReportError::whole("it is empty")),
        Some(b'<') => Ok(Format::Junit),
        Some(b'{') => detect_json(start),
        Some(_) if tap::is_likely(&text_of(start)) => Ok(Format::Tap),
        Some(_) => Err(ReportError::whole("it is neither JUnit nor CTRF nor TAP nor a submission of Checkbox")),
    }
}

fn detect_json(bytes: &[u8]) -> Result<Format, ReportError> {
    let probe: Probe = serde_json::from_slice(bytes).map_err(|error| ReportError::json(&error))?;
    match probe.results {
        Some(Shape::Object) => Ok(Format::Ctrf),
        Some(Shape::List) => Ok(Format::Checkbox),
        None => {
            Err(ReportError::whole("this JSON has no \"results\": it is neither CTRF nor a submission of Checkbox"))
        }
    }
}

/// What tells the two kinds of JSON apart.
#[derive(Deserialize)]
struct Probe {
    results: Option<Shape>,
}

enum Shape {
    Object,
    List,
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ShapeVisitor;

        impl<'de> Visitor<'de> for ShapeVisitor {
            type Value = Shape;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("results as an object or a list")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Shape::Object)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Shape, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Shape::List)
            }
        }

        deserializer.deserialize_any(ShapeVisitor)
    }
}

/// A log of several parts; headings only where there is more than one.
fn join_parts(parts: &[(&str, &str)]) -> String {
    let parts: Vec<_> = parts.iter().filter(|(_, text)| !text.trim().is_empty()).collect();
    match parts.as_slice() {
        [] => String::new(),
        [(_, text)] => text.trim_matches('\n').to_owned(),
        several => {
            let parts = several.iter().map(|(head, text)| format!("[{head}]\n{}", text.trim_matches('\n')));
            parts.collect::<Vec<_>>().join("\n\n")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RunEnd::{Completed, EndedPrematurely, NotTested};
    use super::{Format, Report, ReportError, RunEnd, detect, join_parts, merge, read_report};

    #[test]
    fn the_content_says_which_format_it_is() {
        for (content, expected) in [
            ("<testsuite/>", Format::Junit),
            ("\u{feff}\n  <?xml version=\"1.0\"?><testsuites/>", Format::Junit),
            ("{\"results\": {\"tests\": []}}", Format::Ctrf),
            (" {\"title\": \"x\", \"results\": [{\"id\": \"a\"}]}", Format::Checkbox),
            ("TAP version 14\n", Format::Tap),
            ("1..2\nok 1\nok 2\n", Format::Tap),
            ("Starting up\nnot ok 1 - boots\n", Format::Tap),
            ("\x1f\u{8b}", Format::Tap),
        ] {
            // The last one is no gzip in UTF-8, and nothing else either.
            let detected = detect(content.as_bytes());
            if content.starts_with('\x1f') {
                assert!(detected.is_err());
            } else {
                assert_eq!(detected, Ok(expected), "{content}");
            }
        }
        assert_eq!(detect(b"\x1f\x8b\x08"), Ok(Format::Checkbox));
        assert_eq!(detect(b"\xfd7zXZ\0"), Ok(Format::Checkbox));
    }

    #[test]
    fn what_is_no_report_is_refused_in_words() {
        for (content, expected) in [
            ("", "it is empty"),
            (" \n ", "it is empty"),
            ("hello", "it is neither JUnit nor CTRF nor TAP nor a submission of Checkbox"),
            ("{\n\"results\": {\n", "line 3: EOF while parsing an object"),
            ("{\n\"results\": 5}", "line 2: invalid type: integer `5`, expected results as an object or a list"),
            ("{}", "this JSON has no \"results\": it is neither CTRF nor a submission of Checkbox"),
            ("[]", "it is neither JUnit nor CTRF nor TAP nor a submission of Checkbox"),
        ] {
            assert_eq!(read_report(content.as_bytes(), None).unwrap_err().to_string(), expected, "{content}");
        }
    }

    #[test]
    fn the_caller_may_say_which_format_it_is() {
        let error = read_report(b"ok 1", Some(Format::Junit)).unwrap_err();
        assert!(matches!(error, ReportError::At { line: 1, .. } | ReportError::Whole(_)), "{error}");
        assert_eq!(read_report(b"ok 1 - <boots>", Some(Format::Tap)).unwrap().results.len(), 1);
    }

    #[test]
    fn several_reports_are_one_run() {
        let report = |text: &str| read_report(text.as_bytes(), Some(Format::Tap)).unwrap();
        let names = |report: Report| report.results.into_iter().map(|result| result.name).collect::<Vec<_>>();
        assert_eq!(names(merge(vec![report("ok a"), report("ok b"), report("ok a")])), ["a", "b", "a #2"]);
        for (ends, expected) in [
            (vec![], Completed),
            (vec![Completed, EndedPrematurely, NotTested], EndedPrematurely),
            (vec![Completed, NotTested], Completed),
            (vec![NotTested, NotTested], NotTested),
        ] {
            let reports = ends.iter().map(|end: &RunEnd| Report { results: Vec::new(), end: *end }).collect();
            assert_eq!(merge(reports).end, expected, "{ends:?}");
        }
    }

    #[test]
    fn parts_have_headings_only_where_there_are_several() {
        assert_eq!(join_parts(&[("a", " \n"), ("b", "")]), "");
        assert_eq!(join_parts(&[("a", ""), ("b", "\nx\n")]), "x");
        assert_eq!(join_parts(&[("a", "x\n"), ("b", " y")]), "[a]\nx\n\n[b]\n y");
    }
}

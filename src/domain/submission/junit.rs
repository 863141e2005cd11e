//! JUnit's XML, as most runners write it: suites in suites, and cases in them.
//!
//! Read piece by piece. There is no schema that all writers keep to, so what is not known is passed over; what a file declares
//! itself (entities, document types) is refused.

use app::api::TestResultStatus;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::names::qualify;
use super::{Report, ReportError, ReportedResult, RunEnd, join_parts};

/// As deep as elements may be in each other.
const DEEPEST: usize = 64;

pub(super) fn read(text: &str) -> Result<Report, ReportError> {
    let mut reader = Reader::from_str(text);
    let mut junit = Junit::default();
    loop {
        let event = reader.read_event().map_err(|error| at(text, reader.error_position(), error))?;
        if matches!(event, Event::Eof) {
            break;
        }
        junit.take(&event).map_err(|problem| at(text, reader.buffer_position(), problem))?;
    }
    match junit.open.last() {
        Some(element) => Err(at(text, u64::MAX, format!("the document ends inside <{element}>"))),
        None if !junit.has_root => Err(ReportError::whole("there is no element in it")),
        None => Ok(Report { results: junit.results, end: RunEnd::Completed }),
    }
}

fn at(text: &str, position: u64, problem: impl std::fmt::Display) -> ReportError {
    let end = usize::try_from(position).unwrap_or(usize::MAX).min(text.len());
    let before = text.as_bytes().get(..end).unwrap_or_default();
    ReportError::At { line: before.split(|byte| *byte == b'\n').count(), problem: problem.to_string() }
}

/// What has been read so far.
#[derive(Default)]
struct Junit {
    has_root: bool,
    /// The elements that are open.
    open: Vec<String>,
    /// The names of the suites that are open.
    suites: Vec<String>,
    case: Option<Case>,
    part: Option<Part>,
    results: Vec<ReportedResult>,
}

/// A case that is open.
#[derive(Default)]
struct Case {
    name: String,
    class: String,
    has_failed: bool,
    is_skipped: bool,
    messages: Vec<String>,
    details: String,
    stdout: String,
    stderr: String,
}

/// A part of a case that is open.
struct Part {
    /// How many elements were open before it.
    depth: usize,
    kind: PartKind,
    message: String,
    text: String,
}

#[derive(Clone, Copy)]
enum PartKind {
    Failure,
    Skipped,
    /// An earlier try, which says nothing about the end.
    Retry,
    Stdout,
    Stderr,
}

impl PartKind {
    fn named(element: &str) -> Option<Self> {
        match element {
            "failure" | "error" => Some(Self::Failure),
            "skipped" => Some(Self::Skipped),
            "rerunFailure" | "rerunError" | "flakyFailure" | "flakyError" => Some(Self::Retry),
            "system-out" => Some(Self::Stdout),
            "system-err" => Some(Self::Stderr),
            _ => None,
        }
    }
}

impl Junit {
    fn take(&mut self, event: &Event<'_>) -> Result<(), String> {
        match event {
            Event::Start(element) => self.begin(element)?,
            Event::Empty(element) => {
                self.begin(element)?;
                self.end();
            }
            Event::End(_) => self.end(),
            Event::Text(text) => self.write(text),
            Event::CData(text) => self.write(text),
            Event::GeneralRef(reference) => {
                let known = match reference.resolve_char_ref().map_err(|error| error.to_string())? {
                    Some(c) => c.to_string(),
                    None => quick_xml::escape::resolve_predefined_entity(reference)
                        .ok_or_else(|| format!("there is no entity &{};", &**reference))?
                        .to_owned(),
                };
                self.write(&known);
            }
            Event::DocType(_) => return Err("document types are not read".to_owned()),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) | Event::Eof => {}
        }
        Ok(())
    }

    fn begin(&mut self, element: &BytesStart<'_>) -> Result<(), String> {
        let local = element.local_name();
        let name: &str = local.as_ref();
        if self.open.is_empty() && !matches!(name, "testsuites" | "testsuite") {
            return Err(format!("<{name}> is neither <testsuites> nor <testsuite>"));
        }
        if self.open.len() == DEEPEST {
            return Err(format!("more than {DEEPEST} elements are inside of each other"));
        }
        self.has_root = true;
        let attribute = |wanted| read_attribute(element, wanted);
        if self.part.is_some() {
            // Markup inside of a text: its text is what counts.
        } else if let Some(case) = &mut self.case {
            if let Some(kind) = PartKind::named(name) {
                let message = attribute("message")?;
                self.part = Some(Part { depth: self.open.len(), kind, message, text: String::new() });
                case.has_failed |= matches!(kind, PartKind::Failure);
                case.is_skipped |= matches!(kind, PartKind::Skipped);
            }
        } else if name == "testsuite" {
            self.suites.push(attribute("name")?);
        } else if name == "testcase" {
            let is_skipped = matches!(attribute("status")?.as_str(), "notrun" | "skipped" | "disabled");
            let (name, class) = (attribute("name")?, attribute("classname")?);
            self.case = Some(Case { name, class, is_skipped, ..Case::default() });
        }
        self.open.push(name.to_owned());
        Ok(())
    }

    fn end(&mut self) {
        // The reader has compared the names already.
        let Some(name) = self.open.pop() else { return };
        let ended = self.part.take_if(|part| part.depth == self.open.len());
        if let (Some(part), Some(case)) = (ended, &mut self.case) {
            case.add(part);
            return;
        }
        match name.as_str() {
            _ if self.part.is_some() => {}
            "testcase" => {
                let suite = self.suites.last().map_or("", String::as_str);
                self.results.extend(self.case.take().map(|case| case.result(suite)));
            }
            "testsuite" if self.case.is_none() => drop(self.suites.pop()),
            _ => {}
        }
    }

    fn write(&mut self, text: &str) {
        if let Some(part) = &mut self.part {
            part.text.push_str(text);
        }
    }
}

fn read_attribute(element: &BytesStart<'_>, name: &str) -> Result<String, String> {
    let attribute = element.try_get_attribute(name).map_err(|error| error.to_string())?;
    let Some(attribute) = attribute else { return Ok(String::new()) };
    let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
    Ok(value.into_owned())
}

impl Case {
    fn add(&mut self, part: Part) {
        match part.kind {
            PartKind::Failure | PartKind::Skipped => {
                push_paragraph(&mut self.details, &part.text);
                if !part.message.trim().is_empty() {
                    self.messages.push(part.message);
                }
            }
            PartKind::Retry => {
                push_paragraph(&mut self.details, &part.message);
                push_paragraph(&mut self.details, &part.text);
            }
            PartKind::Stdout => push_paragraph(&mut self.stdout, &part.text),
            PartKind::Stderr => push_paragraph(&mut self.stderr, &part.text),
        }
    }

    fn result(self, suite: &str) -> ReportedResult {
        let status = if self.has_failed {
            TestResultStatus::Failed
        } else if self.is_skipped {
            TestResultStatus::Skipped
        } else {
            TestResultStatus::Passed
        };
        ReportedResult {
            comment: self.messages.join("\n"),
            io_log: join_parts(&[("details", &self.details), ("stdout", &self.stdout), ("stderr", &self.stderr)]),
            category: if self.class.is_empty() { suite.to_owned() } else { self.class.clone() },
            ..ReportedResult::new(qualify(&self.class, ".", &self.name), status)
        }
    }
}

fn push_paragraph(text: &mut String, paragraph: &str) {
    if paragraph.trim().is_empty() {
        return;
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(paragraph);
}

#[cfg(test)]
mod tests {
    use app::api::TestResultStatus::{Failed, Passed, Skipped};

    use super::read;

    #[test]
    fn cases_become_results() {
        let report = read(
            r#"<?xml version="1.0" encoding="utf-8"?>
            <testsuites><testsuite name="lab"><properties><property name="a" value="b"/></properties>
              <testcase classname="tests.Door" name="opens" time="0.1"/>
              <testcase classname="tests.Door" name="closes">
                <failure message="it&apos;s stuck" type="Stuck">line &lt;1&gt;<![CDATA[
line <2>]]></failure>
                <system-out>creak &#33;</system-out>
                <system-err>bang</system-err>
              </testcase>
              <testcase name="locks"><skipped message="no lock"/></testcase>
              <system-out>of the suite</system-out>
            </testsuite></testsuites>"#,
        )
        .unwrap();
        let [opens, closes, locks] = report.results.as_slice() else { panic!("{report:?}") };
        assert_eq!((opens.name.as_str(), opens.status), ("tests.Door.opens", Passed));
        assert_eq!((opens.category.as_str(), opens.io_log.as_str()), ("tests.Door", ""));
        assert_eq!((closes.status, closes.comment.as_str()), (Failed, "it's stuck"));
        assert_eq!(closes.io_log, "[details]\nline <1>\nline <2>\n\n[stdout]\ncreak !\n\n[stderr]\nbang");
        assert_eq!((locks.name.as_str(), locks.category.as_str()), ("locks", "lab"));
        assert_eq!((locks.status, locks.comment.as_str(), locks.io_log.as_str()), (Skipped, "no lock", ""));
    }

    #[test]
    fn the_worst_that_is_said_counts() {
        for (case, status) in [
            ("<testcase name='x'/>", Passed),
            ("<testcase name='x'></testcase>", Passed),
            ("<testcase name='x'><error/></testcase>", Failed),
            ("<testcase name='x'><skipped/><failure/></testcase>", Failed),
            ("<testcase name='x'><failure/><failure/></testcase>", Failed),
            ("<testcase name='x' status='notrun'/>", Skipped),
            (
                "<testcase name='x'><flakyFailure message='a'><stackTrace>b</stackTrace></flakyFailure></testcase>",
                Passed,
            ),
            ("<testcase name='x'><failure/><rerunFailure/></testcase>", Failed),
            ("<testcase name='x'><properties><property name='a'/></properties><unknown/></testcase>", Passed),
        ] {
            let report = read(&format!("<testsuite name='s'>{case}</testsuite>")).unwrap();
            assert_eq!(report.results.iter().map(|result| result.status).collect::<Vec<_>>(), [status], "{case}");
        }
    }

    #[test]
    fn earlier_tries_are_kept_in_the_log() {
        let text = "<testsuite><testcase name='x'><flakyFailure message='first'><stackTrace>at 1</stackTrace>\
                    <system-out>said</system-out></flakyFailure></testcase></testsuite>";
        let report = read(text).unwrap();
        assert_eq!((report.results[0].comment.as_str(), report.results[0].io_log.as_str()), ("", "first\nat 1said"));
    }

    #[test]
    fn cases_belong_to_the_innermost_suite() {
        let text = "<testsuites><testsuite name='a'><testsuite name='b'><testcase name='1'/></testsuite>\
                    <testcase name='2'/></testsuite><testsuite name='c'><testcase name='3'/></testsuite></testsuites>";
        let categories: Vec<_> = read(text).unwrap().results.into_iter().map(|result| result.category).collect();
        assert_eq!(categories, ["b", "a", "c"]);
    }

    #[test]
    fn mistakes_have_their_line() {
        let deep = "<testsuite>".repeat(65);
        for (content, expected) in [
            ("<html>\n</html>", "line 1: <html> is neither <testsuites> nor <testsuite>"),
            ("<testsuite>\n<testcase>", "line 2: the document ends inside <testcase>"),
            ("<testsuite>\n<testcase>\n</testsuite>", "line 3: "),
            ("<testsuite>\n<testcase name='x", "line 2: "),
            ("<testsuite>\n<testcase name='&nope;'/></testsuite>", "line 2: "),
            (
                "<testsuite><testcase name='x'>\n<failure>&nope;</failure></testcase></testsuite>",
                "line 2: there is no entity &nope;",
            ),
            ("<testsuite><testcase name='x'>\n\n<failure>&#0;</failure></testcase></testsuite>", "line 3: "),
            ("<!DOCTYPE a [<!ENTITY b 'c'>]>\n<testsuite/>", "line 1: document types are not read"),
            (deep.as_str(), "line 1: more than 64 elements are inside of each other"),
            ("<!-- nothing -->", "there is no element in it"),
        ] {
            let error = read(content).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{content}: {error}");
        }
    }
}

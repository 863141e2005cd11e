//! The kernels' trackers: which artefact each is about, whether it is still open, and by when somebody should have decided.

use std::collections::BTreeMap;
use std::fmt;

use app::api::{FamilyName, StageName};
use chrono::NaiveDate;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;

/// What a tracker says when its work is over.
const CLOSED: [&str; 2] = ["Fix Committed", "Fix Released"];

/// An open tracker of an artefact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelTracker {
    /// The artefact that has to be tested.
    pub artefact_id: i64,
    /// The number of the tracker's bug at Launchpad, in digits.
    pub bug: String,
    /// The day by which somebody should have decided, if the tracker names one.
    pub due_date: Option<NaiveDate>,
}

/// What the document of all trackers says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct TrackerReport {
    /// The open trackers that are about an artefact here; for each artefact the last one of the document.
    pub open: BTreeMap<i64, KernelTracker>,
    /// What is wrong with the trackers that make no sense, each with its number.
    pub malformed: Vec<String>,
}

impl KernelTracker {
    /// Where people read about it.
    pub fn bug_link(&self) -> String {
        format!("https://bugs.launchpad.net/kernel-sru-workflow/+bug/{}", self.bug)
    }

    /// Whether an artefact of that family may be a kernel.
    pub fn may_be_about(family: FamilyName) -> bool {
        matches!(family, FamilyName::Snap | FamilyName::Deb)
    }
}

/// Reads the document. What is wrong with one tracker does not touch the others.
pub fn read_report(document: &[u8]) -> Result<TrackerReport, String> {
    let document: Document =
        serde_json::from_slice(document).map_err(|error| format!("a document that is not understood: {error}"))?;
    Ok(document.trackers)
}

#[derive(Deserialize)]
struct Document {
    trackers: TrackerReport,
}

impl<'de> Deserialize<'de> for TrackerReport {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Trackers)
    }
}

/// Goes through the trackers in the order of the document.
struct Trackers;

impl<'de> Visitor<'de> for Trackers {
    type Value = TrackerReport;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("trackers by the numbers of their bugs")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut report = TrackerReport::default();
        while let Some((bug, tracker)) = map.next_entry::<String, Value>()? {
            match read_tracker(&bug, &tracker) {
                Ok(Some(tracker)) => drop(report.open.insert(tracker.artefact_id, tracker)),
                Ok(None) => {}
                Err(problem) => report.malformed.push(format!("tracker {bug}: {problem}")),
            }
        }
        Ok(report)
    }
}

/// A tracker, if it is open and about an artefact here.
fn read_tracker(bug: &str, tracker: &Value) -> Result<Option<KernelTracker>, String> {
    let section = &tracker["test-observer"];
    let status = tracker["task"]["kernel-sru-workflow"]["status"].as_str().unwrap_or_default();
    let is_open = !status.is_empty() && !CLOSED.contains(&status);
    let artefact = StageName::ALL.iter().find_map(|stage| section.get(stage.as_str())).filter(|id| !id.is_null());
    let Some(artefact) = artefact.filter(|_| is_open) else { return Ok(None) };
    let artefact_id = artefact.as_i64().ok_or_else(|| format!("{artefact} is no artefact's id"))?;
    if artefact_id == 0 {
        return Ok(None);
    }
    // The number becomes a part of an address that people follow.
    if bug.is_empty() || !bug.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("that is no bug's number".to_owned());
    }
    let due_date = read_date(&section["due-date"])?;
    Ok(Some(KernelTracker { artefact_id, bug: bug.to_owned(), due_date }))
}

fn read_date(value: &Value) -> Result<Option<NaiveDate>, String> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) if text.is_empty() => Ok(None),
        // Which keeps out what chrono reads beside YYYY-MM-DD.
        Value::String(text) if text.len() == 10 && text.starts_with(|first: char| first.is_ascii_digit()) => {
            NaiveDate::parse_from_str(text, "%Y-%m-%d").map(Some).map_err(|_| format!("'{text}' is no date"))
        }
        other => Err(format!("{other} is no date")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tracker(section: &Value, status: &Value) -> Value {
        json!({
            "test-observer": section, "summary": "noble/linux: 6.8.0-51.52 -proposed tracker",
            "task": {"kernel-sru-workflow": {"status": status, "assignee": "x"}, "boot-testing": {"status": "New"}},
        })
    }

    fn read(trackers: &Value) -> TrackerReport {
        read_report(json!({"trackers": trackers, "version": 2}).to_string().as_bytes()).unwrap()
    }

    fn open(artefact_id: i64, bug: &str, date: Option<&str>) -> KernelTracker {
        KernelTracker { artefact_id, bug: bug.to_owned(), due_date: date.map(|date| date.parse().unwrap()) }
    }

    #[test]
    fn an_open_tracker_names_an_artefact_and_a_date() {
        let report =
            read(&json!({"2200011": tracker(&json!({"beta": 41, "due-date": "2031-03-09"}), &json!("In Progress"))}));
        assert_eq!(report.malformed, [""; 0]);
        let trackers: Vec<KernelTracker> = report.open.into_values().collect();
        assert_eq!(trackers, [open(41, "2200011", Some("2031-03-09"))]);
        assert_eq!(trackers[0].bug_link(), "https://bugs.launchpad.net/kernel-sru-workflow/+bug/2200011");
    }

    #[test]
    fn the_first_stage_names_the_artefact() {
        for (section, expected) in [
            (json!({"stable": 6, "candidate": 5, "beta": 4, "edge": 3, "updates": 2, "proposed": 1}), Some(1)),
            (json!({"stable": 6, "candidate": 5, "beta": 4, "edge": 3, "updates": 2}), Some(2)),
            (json!({"stable": 6, "edge": 3}), Some(3)),
            (json!({"current": 8, "pending": 7, "stable": 6}), Some(6)),
            (json!({"current": 8, "pending": 7}), Some(7)),
            (json!({"current": 8}), Some(8)),
            // It counts although it names none.
            (json!({"edge": 0, "beta": 4}), None),
            (json!({"edge": null, "beta": 4}), None),
            (json!({"insane": 9, "due-date": "2031-03-09"}), None),
            (json!({}), None),
            (Value::Null, None),
            (json!([1]), None),
        ] {
            let report = read(&json!({"1": tracker(&section, &json!("New"))}));
            assert_eq!(report.open.into_keys().next(), expected, "{section}");
            assert_eq!(report.malformed, [""; 0]);
        }
    }

    #[test]
    fn what_is_closed_is_passed_over() {
        let section = json!({"beta": 41});
        for (status, expected) in [
            (json!("In Progress"), true),
            (json!("New"), true),
            (json!("fix released"), true),
            (json!("Fix Committed"), false),
            (json!("Fix Released"), false),
            (json!(""), false),
            (Value::Null, false),
        ] {
            let report = read(&json!({"1": tracker(&section, &status)}));
            assert_eq!((!report.open.is_empty(), report.malformed.len()), (expected, 0), "{status}");
        }
        for task in [Value::Null, json!({}), json!({"kernel-sru-workflow": {}}), json!("New")] {
            assert_eq!(read(&json!({"1": {"test-observer": section, "task": task}})), TrackerReport::default());
        }
    }

    #[test]
    fn the_last_tracker_of_an_artefact_counts() {
        let section = |date: &str| tracker(&json!({"beta": 41, "due-date": date}), &json!("New")).to_string();
        let (later, sooner) = (section("2031-03-09"), section("2031-02-01"));
        // Neither sorted by number nor by date: as it stands in the text.
        let text = format!("{{\"trackers\": {{\"9\": {later}, \"10\": {sooner}, \"8\": {later}, \"1\": {sooner}}}}}");
        let report = read_report(text.as_bytes()).unwrap();
        assert_eq!(report.open.into_values().collect::<Vec<_>>(), [open(41, "1", Some("2031-02-01"))]);
    }

    #[test]
    fn no_date_is_none_and_a_strange_tracker_is_left_out() {
        for (bug, section, expected) in [
            ("1", json!({"beta": 41}), Ok(open(41, "1", None))),
            ("1", json!({"beta": 41, "due-date": ""}), Ok(open(41, "1", None))),
            ("1", json!({"beta": 41, "due-date": null}), Ok(open(41, "1", None))),
            ("1", json!({"beta": 41, "due-date": "2031-02-30"}), Err("tracker 1: '2031-02-30' is no date")),
            ("1", json!({"beta": 41, "due-date": "2031-2-3"}), Err("tracker 1: \"2031-2-3\" is no date")),
            ("1", json!({"beta": 41, "due-date": "2031-03-0x"}), Err("tracker 1: '2031-03-0x' is no date")),
            ("1", json!({"beta": 41, "due-date": "-031-03-01"}), Err("tracker 1: \"-031-03-01\" is no date")),
            ("1", json!({"beta": 41, "due-date": 20_310_309}), Err("tracker 1: 20310309 is no date")),
            ("1", json!({"beta": "41"}), Err("tracker 1: \"41\" is no artefact's id")),
            ("1", json!({"beta": 4.5}), Err("tracker 1: 4.5 is no artefact's id")),
            ("x/../y", json!({"beta": 41}), Err("tracker x/../y: that is no bug's number")),
        ] {
            let status = json!("New");
            let good = tracker(&json!({"edge": 7}), &status);
            let report = read(&json!({bug: tracker(&section, &status), "2": good}));
            assert_eq!(report.open.get(&7), Some(&open(7, "2", None)), "{section}");
            assert_eq!(report.open.get(&41), expected.as_ref().ok(), "{section}");
            assert_eq!(report.malformed, expected.err().map_or(vec![], |problem| vec![problem]), "{section}");
        }
    }

    #[test]
    fn a_document_without_trackers_says_nothing() {
        for text in ["", "[]", "{}", "<html>", r#"{"trackers": []}"#, r#"{"trackers": {"1": {}"#] {
            assert!(read_report(text.as_bytes()).is_err(), "{text}");
        }
        assert_eq!(read(&json!({"1": null, "2": [], "3": "x"})), TrackerReport::default());
    }

    #[test]
    fn kernels_are_snaps_or_debs() {
        let families = FamilyName::ALL.iter().copied().filter(|family| KernelTracker::may_be_about(*family));
        assert_eq!(families.collect::<Vec<_>>(), [FamilyName::Snap, FamilyName::Deb]);
    }
}

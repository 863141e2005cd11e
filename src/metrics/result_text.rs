//! Counts of results as Prometheus reads them.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::text::{Seconds, Text, spell_labels};
use crate::service::test_result_counts::TestResultCounts;
use crate::store::test_result_counts::{Counts, KindRow, NamesRow};

const RESULTS: &str = "test_observer_test_results";
const TRIAGED: &str = "test_observer_test_results_triaged";
const WITH_METADATA: &str = "test_observer_test_results_metadata";

/// Labels by the ids of what they are about.
type Labels = HashMap<i64, String>;

/// When counts were made, and how long that took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counting {
    pub(super) at: DateTime<Utc>,
    pub(super) took: Duration,
}

/// Writes all gauges.
pub(super) fn write(counts: &TestResultCounts, counting: Counting) -> String {
    let kinds: Labels = counts.kinds.iter().map(|kind| (kind.id, spell_kind(kind))).collect();
    let test_cases = spell_names(&counts.test_cases, ["test_name"]);
    let issues = spell_names(&counts.issues, ["issue_source", "issue_project", "issue_key"]);
    let metadata = spell_names(&counts.metadata, ["metadata_category", "metadata_value"]);
    let none = Labels::from([(0, String::new())]);
    let mut text = Text::default();
    let mut write_gauge = |name, help, counted: &Counts, subjects: &Labels| {
        text.family(name, "gauge", help);
        for row in &counted.rows {
            let labels = (kinds.get(&row.kind_id), test_cases.get(&row.test_case_id), subjects.get(&row.subject_id));
            // Read in one transaction with the counts, so they are all there.
            let (Some(kind), Some(test_case), Some(subject)) = labels else { continue };
            let status = spell_labels(&[("status", row.status.as_str())]);
            text.spelt_sample(name, [kind, test_case, &status, subject], row.results.unsigned_abs());
        }
    };
    write_gauge(RESULTS, "Results of tests.", &counts.results, &none);
    write_gauge(TRIAGED, "Results that are attached to an issue.", &counts.triaged, &issues);
    write_gauge(WITH_METADATA, "Results of executions that carry metadata.", &counts.with_metadata, &metadata);
    write_counting(counts, counting, &mut text);
    text.into_string()
}

/// What there is to know of the counts themselves.
fn write_counting(counts: &TestResultCounts, counting: Counting, text: &mut Text) {
    let name = "test_observer_metrics_series_dropped";
    text.family(name, "gauge", "Series that were left out, as there are more than METRICS_MAX_SERIES.");
    for (metric, counted) in
        [(RESULTS, &counts.results), (TRIAGED, &counts.triaged), (WITH_METADATA, &counts.with_metadata)]
    {
        text.sample(name, &[("metric", metric)], counted.dropped);
    }
    let name = "test_observer_metrics_counted_timestamp_seconds";
    text.family(name, "gauge", "When results were last counted, since 1970.");
    text.sample(name, &[], counting.at.timestamp());
    let name = "test_observer_metrics_counting_seconds";
    text.family(name, "gauge", "How long it took to count results the last time.");
    text.sample(name, &[], Seconds(u64::try_from(counting.took.as_micros()).unwrap_or(u64::MAX)));
}

fn spell_kind(kind: &KindRow) -> String {
    spell_labels(&[
        ("family", kind.family.as_str()),
        ("artefact_name", kind.artefact_name.as_str()),
        ("artefact_stage", kind.artefact_stage.as_str()),
        ("track", kind.track.as_str()),
        ("series", kind.series.as_str()),
        ("os", kind.os.as_str()),
        ("environment_name", kind.environment_name.as_str()),
        ("test_plan", kind.test_plan.as_str()),
    ])
}

/// The labels of names that have as many parts.
fn spell_names<const N: usize>(rows: &[NamesRow], labels: [&str; N]) -> Labels {
    let spell = |row: &NamesRow| {
        let parts = [&row.first, &row.second, &row.third].map(String::as_str);
        spell_labels(&labels.into_iter().zip(parts).collect::<Vec<_>>())
    };
    rows.iter().map(|row| (row.id, spell(row))).collect()
}

#[cfg(test)]
mod tests {
    use app::api::TestResultStatus;

    use super::*;
    use crate::store::test_result_counts::CountRow;

    fn counted(subject_id: i64, dropped: u64) -> Counts {
        let status = TestResultStatus::Failed;
        Counts { rows: vec![CountRow { kind_id: 4, test_case_id: 5, status, subject_id, results: 3 }], dropped }
    }

    fn names(id: i64, first: &str, second: &str, third: &str) -> Vec<NamesRow> {
        vec![NamesRow { id, first: first.to_owned(), second: second.to_owned(), third: third.to_owned() }]
    }

    #[test]
    fn every_gauge_has_the_common_labels_and_its_own_in_their_order() {
        let kind = KindRow {
            id: 4,
            family: "charm".to_owned(),
            artefact_name: "a \"b\"".to_owned(),
            artefact_stage: "edge".to_owned(),
            track: "1".to_owned(),
            series: String::new(),
            os: String::new(),
            environment_name: "lab".to_owned(),
            test_plan: "plan".to_owned(),
        };
        let counts = TestResultCounts {
            results: counted(0, 7),
            triaged: counted(6, 0),
            with_metadata: counted(8, 0),
            kinds: vec![kind],
            test_cases: names(5, "boots", "", ""),
            issues: names(6, "github", "a/b", "12"),
            metadata: names(8, "kernel", "6.8", ""),
        };
        let counting = Counting { at: DateTime::UNIX_EPOCH, took: Duration::from_millis(20) };
        let text = write(&counts, counting);
        let common = "family=\"charm\",artefact_name=\"a \\\"b\\\"\",artefact_stage=\"edge\",track=\"1\",series=\"\",os=\"\",\
                      environment_name=\"lab\",test_plan=\"plan\",test_name=\"boots\",status=\"FAILED\"";
        for line in [
            format!("{RESULTS}{{{common}}} 3"),
            format!("{TRIAGED}{{{common},issue_source=\"github\",issue_project=\"a/b\",issue_key=\"12\"}} 3"),
            format!("{WITH_METADATA}{{{common},metadata_category=\"kernel\",metadata_value=\"6.8\"}} 3"),
            format!("test_observer_metrics_series_dropped{{metric=\"{RESULTS}\"}} 7"),
            "test_observer_metrics_counting_seconds 0.020000".to_owned(),
        ] {
            assert!(text.lines().any(|other| other == line), "{line}: {text}");
        }
    }
}

//! How often each test passed, failed and was left out, added up over reports of test results.

use std::collections::HashMap;

use crate::domain::csv::read_rows;
use crate::domain::report::Csv;

/// Families that are counted.
const FAMILIES: [&str; 2] = ["snap", "deb"];
/// Tests with this in their name are not counted.
const LEFT_OUT: &str = "mir";

/// Counts by test, in the order in which the tests first appeared.
#[derive(Debug, Default)]
pub struct Tally {
    rows: Vec<(String, Counts)>,
    places: HashMap<String, usize>,
}

#[derive(Debug, Default)]
struct Counts {
    failed: u64,
    passed: u64,
    skipped: u64,
}

/// A text that is no report of test results.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the report has no column '{0}'")]
pub struct MissingColumn(&'static str);

impl Tally {
    /// Adds the rows of a report; an empty text adds none.
    pub fn add(&mut self, report: &str) -> Result<(), MissingColumn> {
        let mut rows = read_rows(report).into_iter();
        let Some(head) = rows.next() else { return Ok(()) };
        let place = |name| head.iter().position(|cell| cell == name).ok_or(MissingColumn(name));
        let family = place("Artefact.family")?;
        let (template, name) = (place("TestCase.template_id")?, place("TestCase.name")?);
        let status = place("TestResult.status")?;
        for row in rows {
            let cell = |place: usize| row.get(place).map_or("", String::as_str);
            if !FAMILIES.contains(&cell(family)) || cell(name).contains(LEFT_OUT) {
                continue;
            }
            let test = if cell(template).is_empty() { cell(name) } else { cell(template) };
            self.count(test, cell(status));
        }
        Ok(())
    }

    fn count(&mut self, test: &str, status: &str) {
        let next = self.rows.len();
        let place = *self.places.entry(test.to_owned()).or_insert(next);
        if place == next {
            self.rows.push((test.to_owned(), Counts::default()));
        }
        let Some((_, counts)) = self.rows.get_mut(place) else { return };
        match status {
            "FAILED" => counts.failed += 1,
            "PASSED" => counts.passed += 1,
            "SKIPPED" => counts.skipped += 1,
            _ => {}
        }
    }

    /// The counts as CSV. `ALL` is how often the test was run: what was left out is not part of it.
    pub fn to_csv(&self) -> String {
        let mut csv = Csv::default();
        for head in ["Test Identifier", "ALL", "FAIL", "PASS", "SKIP"] {
            csv.cell(head);
        }
        csv.end_row();
        for (test, counts) in &self.rows {
            csv.cell(test);
            for count in [counts.failed + counts.passed, counts.failed, counts.passed, counts.skipped] {
                csv.cell(&count.to_string());
            }
            csv.end_row();
        }
        csv.take()
    }
}

#[cfg(test)]
mod tests {
    use super::{MissingColumn, Tally};

    const HEAD: &str = "Artefact.family,TestCase.template_id,TestCase.name,TestResult.status\r\n";

    #[test]
    fn results_are_counted_by_template_or_name() {
        let mut tally = Tally::default();
        for rows in [
            "snap,,camera/detect,PASSED\r\ndeb,wifi/scan,wifi/scan_wlan0,FAILED\r\nsnap,,camera/detect,SKIPPED\r\n",
            "deb,wifi/scan,wifi/scan_wlan1,PASSED\r\ncharm,,deploy,PASSED\r\nsnap,,mir/opens,FAILED\r\n",
        ] {
            tally.add(&format!("{HEAD}{rows}")).unwrap();
        }
        tally.add("").unwrap();
        let expected = "Test Identifier,ALL,FAIL,PASS,SKIP\r\ncamera/detect,1,0,1,1\r\nwifi/scan,2,1,1,0\r\n";
        assert_eq!(tally.to_csv(), expected);
    }

    #[test]
    fn something_else_is_no_report() {
        assert_eq!(Tally::default().add("<html>\n"), Err(MissingColumn("Artefact.family")));
    }
}

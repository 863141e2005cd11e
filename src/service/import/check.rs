//! Reading everything once more, there and here: whether it is the same.

use sha2::{Digest, Sha256};

use super::compare::{Pair, Pairs};
use super::{ImportError, Progress};
use crate::service::Service;
use crate::store::import::{Cell, Interval, Key, Row, Selection, Source, TABLES, Table, here};

/// As many rows are named of those that differ.
const EXAMPLES: usize = 5;
/// How often the progress is told, in rows.
const STEP: u64 = 1_000;

/// What reading a table again said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableCheck {
    /// The table's name.
    pub table: &'static str,
    /// How many rows are there.
    pub there: u64,
    /// How many of them are here.
    pub here: u64,
    /// How many rows are here and not there; they are in no checksum.
    pub extra: u64,
    /// How many are on both sides, but not the same.
    pub differing: u64,
    /// The first of those that are missing or differ.
    pub examples: Vec<Key>,
    /// The beginning of the SHA-256 of all rows there, and of the same rows here, in hexadecimal.
    pub checksum_there: String,
    /// See `checksum_there`.
    pub checksum_here: String,
}

impl TableCheck {
    /// Whether every row that is there is here, with everything that is in it.
    pub fn is_same(&self) -> bool {
        self.there == self.here && self.differing == 0 && self.checksum_there == self.checksum_here
    }
}

/// Checks all tables that are there.
pub(super) async fn check_tables(
    service: &Service,
    source: &mut Source,
    progress: &mut dyn Progress,
) -> Result<Vec<TableCheck>, ImportError> {
    let mut tx = service.db.read().await.map_err(ImportError::Here)?;
    let mut checks = Vec::with_capacity(TABLES.len());
    for table in TABLES {
        if !source.has_table(table.name) {
            continue;
        }
        let rows = source.count_rows(table).await.map_err(ImportError::There)?;
        progress.begin(&format!("checking {}", table.name), rows);
        let there = source.rows(table, Selection::Whole, Interval::ALL);
        let pairs = Pairs::new(table, there, here::rows(&mut tx, table, Selection::Whole));
        checks.push(check_table(table, pairs, progress).await?);
    }
    Ok(checks)
}

async fn check_table(
    table: &'static Table,
    mut pairs: Pairs<'_>,
    progress: &mut dyn Progress,
) -> Result<TableCheck, ImportError> {
    let [mut there_sum, mut here_sum] = [Sha256::new(), Sha256::new()];
    let [mut there_rows, mut here_rows, mut extra, mut differing] = [0; 4];
    let mut examples = Vec::new();
    while let Some(pair) = pairs.next().await? {
        let (there, here) = match pair {
            Pair::Here(_) => {
                extra += 1;
                continue;
            }
            Pair::There(there) => (there, None),
            Pair::Both { there, here } => (there, Some(here)),
        };
        there_rows += 1;
        add_row(&mut there_sum, &there);
        if let Some(here) = &here {
            here_rows += 1;
            add_row(&mut here_sum, here);
            differing += u64::from(*here != there);
        }
        if here.as_ref() != Some(&there) && examples.len() < EXAMPLES {
            examples.push(there.key(table.key));
        }
        if there_rows % STEP == 0 {
            progress.advance(STEP);
        }
    }
    progress.advance(there_rows % STEP);
    Ok(TableCheck {
        table: table.name,
        there: there_rows,
        here: here_rows,
        extra,
        differing,
        examples,
        checksum_there: spell(there_sum),
        checksum_here: spell(here_sum),
    })
}

/// Adds a row, in a form in which no two different rows look alike.
fn add_row(sum: &mut Sha256, row: &Row) {
    for cell in &row.0 {
        match cell {
            Cell::Null => sum.update([0]),
            Cell::Int(value) => add_bytes(sum, 1, &value.to_be_bytes()),
            Cell::Bool(value) => add_bytes(sum, 2, &[u8::from(*value)]),
            Cell::Text(text) => add_bytes(sum, 3, text.as_bytes()),
            Cell::Moment(moment) => add_bytes(sum, 4, &moment.timestamp_micros().to_be_bytes()),
            Cell::Date(date) => add_bytes(sum, 5, date.to_string().as_bytes()),
            Cell::Texts(texts) => {
                add_bytes(sum, 6, &texts.len().to_be_bytes());
                for text in texts {
                    add_bytes(sum, 3, text.as_bytes());
                }
            }
        }
    }
}

fn add_bytes(sum: &mut Sha256, kind: u8, bytes: &[u8]) {
    sum.update([kind]);
    sum.update(bytes.len().to_be_bytes());
    sum.update(bytes);
}

fn spell(sum: Sha256) -> String {
    use std::fmt::Write;
    sum.finalize().iter().take(8).fold(String::new(), |mut text, byte| {
        // Writing into a text does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::{add_row, spell};
    use crate::store::import::{Cell, Row};

    fn sum(rows: &[Vec<Cell>]) -> String {
        let mut sum = Sha256::new();
        for row in rows {
            add_row(&mut sum, &Row(row.clone()));
        }
        spell(sum)
    }

    #[test]
    fn different_rows_have_different_checksums() {
        let text = |text: &str| Cell::Text(text.to_owned());
        let texts = |texts: &[&str]| Cell::Texts(texts.iter().map(|text| (*text).to_owned()).collect());
        let all = [
            vec![],
            vec![vec![text("ab"), text("c")]],
            vec![vec![text("a"), text("bc")]],
            vec![vec![text(""), Cell::Null]],
            vec![vec![Cell::Null, text("")]],
            vec![vec![texts(&["a", "b"])]],
            vec![vec![texts(&["a"]), text("b")]],
            vec![vec![Cell::Int(1)]],
            vec![vec![Cell::Bool(true)]],
        ];
        let sums: std::collections::BTreeSet<String> = all.iter().map(|rows| sum(rows)).collect();
        assert_eq!(sums.len(), all.len());
        assert!(sums.iter().all(|sum| sum.len() == 16));
        assert_eq!(sum(&all[1]), sum(&all[1].clone()));
    }
}

//! What a table needs to be as it is there.

use super::compare::{Pair, Pairs};
use super::{ImportError, Progress};
use crate::service::Service;
use crate::store::import::{Cell, Interval, Key, Row, Selection, Source, TABLES, Table, Watched, here};

/// As many rows are named of those that must not be there.
const EXAMPLES: usize = 5;
/// How often the progress is told, in rows.
const STEP: u64 = 1_000;

/// What a table needs.
#[derive(Debug)]
pub struct TablePlan {
    /// The table.
    pub table: &'static Table,
    /// How many rows there are.
    pub there: u64,
    /// How many rows are here.
    pub here: u64,
    /// How many are to be made here.
    pub new: u64,
    /// How many are here, but were changed there.
    pub changed: u64,
    /// How many came from there earlier, and are gone there.
    pub gone: u64,
    /// How many were made here, where none may be.
    pub own: u64,
    /// How many are different on both sides and were made or changed here.
    pub collisions: u64,
    /// The first of those that must not be there.
    pub examples: Vec<Key>,
    pub(super) wanted: Vec<Interval>,
    pub(super) unwanted: Vec<Interval>,
}

/// Intervals in the making: rows that follow each other become one.
#[derive(Default)]
struct Runs {
    intervals: Vec<Interval>,
    is_open: bool,
}

impl Runs {
    fn extend(&mut self, key: Key) {
        match self.intervals.last_mut() {
            Some(interval) if self.is_open => interval.last = key,
            _ => self.intervals.push(Interval { first: key, last: key }),
        }
        self.is_open = true;
    }

    fn interrupt(&mut self) {
        self.is_open = false;
    }
}

/// What was copied into a table before.
#[derive(Clone, Copy)]
enum Earlier {
    /// Nothing: whatever is there was made here.
    Nothing,
    /// Rows with ids up to this one.
    UpTo(i64),
}

impl Service {
    /// Compares all tables.
    pub(super) async fn plan_import(
        &self,
        source: &mut Source,
        progress: &mut dyn Progress,
    ) -> Result<Vec<TablePlan>, ImportError> {
        let mut tx = self.db.read().await.map_err(ImportError::Here)?;
        let earlier = here::list_progress(&mut tx).await.map_err(ImportError::Here)?;
        let mut plans = Vec::with_capacity(TABLES.len());
        for table in TABLES {
            let earlier = earlier.get(table.name).map_or(Earlier::Nothing, |last| Earlier::UpTo(*last));
            let mut plan = TablePlan::empty(table);
            plan.there = source.count_rows(table).await.map_err(ImportError::There)?;
            plan.here = here::count_rows(&mut tx, table).await.map_err(ImportError::Here)?;
            progress.begin(&format!("comparing {}", table.name), if plan.here == 0 { 0 } else { plan.there });
            if !source.has_table(table.name) {
                plan.judge_stranded_rows(earlier);
            } else if plan.here == 0 {
                plan.want_everything();
            } else {
                let selection = match table.watched {
                    Watched::Whole => Selection::Whole,
                    Watched::Stamp => Selection::Stamp,
                };
                let there = source.rows(table, selection, Interval::ALL);
                let pairs = Pairs::new(table, there, here::rows(&mut tx, table, selection));
                plan.compare(pairs, selection, earlier, progress).await?;
            }
            plans.push(plan);
        }
        Ok(plans)
    }
}

impl TablePlan {
    fn empty(table: &'static Table) -> Self {
        Self {
            table,
            there: 0,
            here: 0,
            new: 0,
            changed: 0,
            gone: 0,
            own: 0,
            collisions: 0,
            examples: Vec::new(),
            wanted: Vec::new(),
            unwanted: Vec::new(),
        }
    }

    /// How many rows are to be brought.
    pub fn rows_to_bring(&self) -> u64 {
        self.new + self.changed
    }

    fn want_everything(&mut self) {
        self.new = self.there;
        if self.there > 0 {
            self.wanted.push(Interval::ALL);
        }
    }

    /// Of a table that is not there nothing can be compared.
    fn judge_stranded_rows(&mut self, earlier: Earlier) {
        if matches!(earlier, Earlier::Nothing) && !self.table.keeps_own_rows {
            self.own = self.here;
        }
    }

    async fn compare(
        &mut self,
        mut pairs: Pairs<'_>,
        selection: Selection,
        earlier: Earlier,
        progress: &mut dyn Progress,
    ) -> Result<(), ImportError> {
        let (mut wanted, mut unwanted) = (Runs::default(), Runs::default());
        let stamp = self.table.columns_of(selection).iter().position(|column| column.name == "updated_at");
        let mut seen = 0;
        while let Some(pair) = pairs.next().await? {
            match pair {
                Pair::There(row) => {
                    self.new += 1;
                    wanted.extend(row.key(self.table.key));
                }
                Pair::Here(row) => {
                    let key = row.key(self.table.key);
                    if self.is_own(key, earlier) {
                        unwanted.interrupt();
                        self.note_own(key);
                    } else {
                        self.gone += 1;
                        unwanted.extend(key);
                    }
                    continue;
                }
                Pair::Both { there, here } => {
                    unwanted.interrupt();
                    let key = there.key(self.table.key);
                    if there == here {
                        wanted.interrupt();
                    } else if self.is_own(key, earlier) || is_later(&here, &there, stamp) {
                        self.collisions += 1;
                        self.give_example(key);
                    } else {
                        self.changed += 1;
                        wanted.extend(key);
                    }
                }
            }
            seen += 1;
            if seen % STEP == 0 {
                progress.advance(STEP);
            }
        }
        progress.advance(seen % STEP);
        (self.wanted, self.unwanted) = (wanted.intervals, unwanted.intervals);
        Ok(())
    }

    /// Whether a row was made here. Of links nobody knows, once there is a copy.
    fn is_own(&self, key: Key, earlier: Earlier) -> bool {
        match earlier {
            Earlier::Nothing => true,
            Earlier::UpTo(last) => self.table.has_id() && key[0] > last,
        }
    }

    fn note_own(&mut self, key: Key) {
        if !self.table.keeps_own_rows {
            self.own += 1;
            self.give_example(key);
        }
    }

    fn give_example(&mut self, key: Key) {
        if self.examples.len() < EXAMPLES {
            self.examples.push(key);
        }
    }
}

/// Whether a row was changed here after its last change there.
fn is_later(here: &Row, there: &Row, stamp: Option<usize>) -> bool {
    let moment = |row: &Row| match stamp.and_then(|place| row.0.get(place)) {
        Some(Cell::Moment(moment)) => Some(*moment),
        _ => None,
    };
    moment(here) > moment(there)
}

#[cfg(test)]
mod tests {
    use super::Runs;
    use crate::store::import::Interval;

    #[test]
    fn rows_that_follow_each_other_are_one_interval() {
        let mut runs = Runs::default();
        for key in [3, 4, 9] {
            runs.extend([key, 0]);
        }
        runs.interrupt();
        runs.interrupt();
        runs.extend([20, 0]);
        let expected = [([3, 0], [9, 0]), ([20, 0], [20, 0])].map(|(first, last)| Interval { first, last });
        assert_eq!(runs.intervals, expected);
    }
}

//! Going through a table there and here at once, both by their keys.

use std::cmp::Ordering;

use futures::stream::{BoxStream, Fuse};
use futures::{StreamExt, TryStreamExt};

use super::ImportError;
use crate::store::StoreResult;
use crate::store::import::{Row, Table};

/// A row of either side, or of both.
pub(super) enum Pair {
    There(Row),
    Here(Row),
    Both { there: Row, here: Row },
}

/// The rows of a table on both sides; one of each is in memory, whatever their number.
pub(super) struct Pairs<'a> {
    key: usize,
    there: Side<'a>,
    here: Side<'a>,
}

struct Side<'a> {
    rows: Fuse<BoxStream<'a, StoreResult<Row>>>,
    next: Option<Row>,
}

impl<'a> Side<'a> {
    fn new(rows: BoxStream<'a, StoreResult<Row>>) -> Self {
        Self { rows: rows.fuse(), next: None }
    }

    /// Makes sure that the next row, if there is one, is known.
    async fn look_ahead(&mut self) -> StoreResult<()> {
        if self.next.is_none() {
            self.next = self.rows.try_next().await?;
        }
        Ok(())
    }
}

impl<'a> Pairs<'a> {
    pub(super) fn new(
        table: &Table,
        there: BoxStream<'a, StoreResult<Row>>,
        here: BoxStream<'a, StoreResult<Row>>,
    ) -> Self {
        Self { key: table.key, there: Side::new(there), here: Side::new(here) }
    }

    /// The next rows; nothing at the end of both sides.
    pub(super) async fn next(&mut self) -> Result<Option<Pair>, ImportError> {
        self.there.look_ahead().await.map_err(ImportError::There)?;
        self.here.look_ahead().await.map_err(ImportError::Here)?;
        let order = match (&self.there.next, &self.here.next) {
            (None, None) => return Ok(None),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(there), Some(here)) => there.key(self.key).cmp(&here.key(self.key)),
        };
        let there = if order.is_le() { self.there.next.take() } else { None };
        let here = if order.is_ge() { self.here.next.take() } else { None };
        Ok(match (there, here) {
            (Some(there), Some(here)) => Some(Pair::Both { there, here }),
            (Some(there), None) => Some(Pair::There(there)),
            (None, here) => here.map(Pair::Here),
        })
    }
}

#[cfg(test)]
mod tests {
    use futures::StreamExt;

    use super::{Pair, Pairs};
    use crate::store::import::{Cell, Row, TABLES};

    fn rows(keys: &[[i64; 2]]) -> futures::stream::BoxStream<'static, crate::store::StoreResult<Row>> {
        let rows: Vec<_> = keys.iter().map(|key| Ok(Row(key.iter().copied().map(Cell::Int).collect()))).collect();
        futures::stream::iter(rows).boxed()
    }

    #[tokio::test]
    async fn both_sides_are_gone_through_in_the_order_of_their_keys() {
        let links = TABLES.iter().find(|table| table.key == 2).unwrap();
        let mut pairs = Pairs::new(links, rows(&[[1, 2], [1, 3], [2, 1]]), rows(&[[1, 1], [1, 3], [9, 9]]));
        let mut seen = Vec::new();
        while let Some(pair) = pairs.next().await.unwrap() {
            seen.push(match pair {
                Pair::There(row) => ("there", row.key(2)),
                Pair::Here(row) => ("here", row.key(2)),
                Pair::Both { there, here } => {
                    assert_eq!(there, here);
                    ("both", there.key(2))
                }
            });
        }
        let expected = [("here", [1, 1]), ("there", [1, 2]), ("both", [1, 3]), ("there", [2, 1]), ("here", [9, 9])];
        assert_eq!(seen, expected);
    }
}

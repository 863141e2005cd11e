//! Values of the tables that are copied, alike for every database, so that rows from there and from here can be compared.

use chrono::NaiveDate;
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;

use super::{Column, Key, Kind};
use crate::domain::api_key::KeyDigest;
use crate::store::io_logs::StoredLog;
use crate::store::{Moment, StoreError, StoreResult};

/// A value as it is to be here.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each names what it holds")]
pub enum Cell {
    Null,
    Int(i64),
    Bool(bool),
    Text(String),
    Moment(Moment),
    Date(NaiveDate),
    Texts(Vec<String>),
}

/// A row as it is to be here, or a selection of its columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row(pub Vec<Cell>);

impl Row {
    /// Which row of its table it is.
    pub fn key(&self, length: usize) -> Key {
        let mut key = [0; 2];
        for (part, cell) in key.iter_mut().zip(self.0.iter().take(length)) {
            if let Cell::Int(id) = cell {
                *part = *id;
            }
        }
        key
    }

    /// About as much memory as it takes, in bytes.
    pub fn size(&self) -> usize {
        self.0.iter().map(Cell::size).sum()
    }
}

impl Cell {
    fn size(&self) -> usize {
        let rest = match self {
            Self::Text(text) => text.len(),
            Self::Texts(texts) => texts.iter().map(|text| text.len() + size_of::<String>()).sum(),
            Self::Null | Self::Int(_) | Self::Bool(_) | Self::Moment(_) | Self::Date(_) => 0,
        };
        size_of::<Self>() + rest
    }
}

/// Rows of either database.
pub(super) trait ReadCells {
    /// The value at that place.
    fn cell(&self, place: usize, kind: Kind) -> Result<Cell, sqlx::Error>;
    /// The log that the columns `io_log` and `io_log_zstd` hold.
    fn log(&self) -> Result<String, sqlx::Error>;
}

macro_rules! read_cells {
    ($($row:ty),+) => {
        $(impl ReadCells for $row {
            fn cell(&self, place: usize, kind: Kind) -> Result<Cell, sqlx::Error> {
                let cell = match kind {
                    Kind::Int => self.try_get::<Option<i64>, _>(place)?.map(Cell::Int),
                    Kind::Bool => self.try_get::<Option<bool>, _>(place)?.map(Cell::Bool),
                    Kind::Moment => self.try_get::<Option<Moment>, _>(place)?.map(Cell::Moment),
                    Kind::Date => self.try_get::<Option<NaiveDate>, _>(place)?.map(Cell::Date),
                    Kind::Texts | Kind::Choices(_) | Kind::Permissions => {
                        self.try_get::<Option<&str>, _>(place)?.map(read_texts).transpose()?.map(Cell::Texts)
                    }
                    Kind::Text
                    | Kind::Limited(_)
                    | Kind::Name
                    | Kind::Choice(_)
                    | Kind::Log
                    | Kind::KeyPrefix
                    | Kind::KeyHash => self.try_get::<Option<String>, _>(place)?.map(Cell::Text),
                };
                Ok(cell.unwrap_or(Cell::Null))
            }

            fn log(&self) -> Result<String, sqlx::Error> {
                <StoredLog as sqlx::FromRow<'_, _>>::from_row(self).map(|log| log.0)
            }
        })+
    };
}

read_cells!(PgRow, SqliteRow);

fn read_texts(json: &str) -> Result<Vec<String>, sqlx::Error> {
    serde_json::from_str(json).map_err(|error| sqlx::Error::Decode(error.into()))
}

/// A row from there as it is to be here.
pub(super) fn read_row_there(row: &PgRow, table: &str, columns: &[&Column]) -> StoreResult<Row> {
    let read = |(place, column): (usize, &&Column)| {
        row.cell(place, column.kind)
            .map(|cell| bring_over(cell, column.kind))
            .map_err(|error| name_place(row, table, column, &error))
    };
    columns.iter().enumerate().map(read).collect::<Result<_, _>>().map(Row)
}

/// A row from here.
pub(super) fn read_row_here<R: ReadCells>(row: &R, table: &str, columns: &[&Column]) -> StoreResult<Row> {
    let read = |(place, column): (usize, &&Column)| {
        let cell = match column.kind {
            Kind::Log => row.log().map(Cell::Text),
            kind => row.cell(place, kind),
        };
        cell.map_err(|error| name_place(row, table, column, &error))
    };
    columns.iter().enumerate().map(read).collect::<Result<_, _>>().map(Row)
}

/// Of a key that stands in clear only that comes along by which it is recognised.
fn bring_over(cell: Cell, kind: Kind) -> Cell {
    match (cell, kind) {
        (Cell::Text(key), Kind::KeyPrefix) => Cell::Text(KeyDigest::of(&key).prefix),
        (Cell::Text(key), Kind::KeyHash) => Cell::Text(KeyDigest::of(&key).hash),
        (cell, _) => cell,
    }
}

/// Says which value could not be read.
fn name_place<R: ReadCells>(row: &R, table: &str, column: &Column, error: &sqlx::Error) -> StoreError {
    let id = match row.cell(0, Kind::Int) {
        Ok(Cell::Int(id)) => id.to_string(),
        _ => "?".to_owned(),
    };
    let text = format!("{table} {id}, {}: {error}", column.name);
    StoreError::Database(sqlx::Error::Decode(text.into()))
}

#[cfg(test)]
mod tests {
    use super::{Cell, Kind, Row, bring_over, read_texts};

    #[test]
    fn keys_come_over_as_what_recognises_them() {
        let key = || Cell::Text("to_abcdefgh".to_owned());
        assert_eq!(bring_over(key(), Kind::KeyPrefix), Cell::Text("to_abcd".to_owned()));
        // As in the tests of keys.
        let hash = "wUK8xDixOp5a_XkPyg4p9brm2dQSdslJzypVkDwgJOs";
        assert_eq!(bring_over(key(), Kind::KeyHash), Cell::Text(hash.to_owned()));
        assert_eq!(bring_over(key(), Kind::Text), key());
        assert_eq!(bring_over(Cell::Null, Kind::KeyHash), Cell::Null);
    }

    #[test]
    fn a_row_is_known_by_its_first_ids() {
        let row = Row(vec![Cell::Int(7), Cell::Int(8), Cell::Bool(true)]);
        assert_eq!((row.key(1), row.key(2)), ([7, 0], [7, 8]));
    }

    #[test]
    fn lists_hold_texts_only() {
        assert_eq!(read_texts(r#"["a", "\u00e9"]"#).unwrap(), ["a", "\u{e9}"]);
        assert!(read_texts("[null]").is_err() && read_texts("{}").is_err());
    }
}

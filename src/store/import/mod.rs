//! Copying the database of an existing installation: which tables there are, how their rows are read there, and how they are read and
//! written here. One mechanism, which [`TABLES`] drives.

mod cells;
pub mod here;
mod source;
mod tables;

pub use cells::{Cell, Row};
pub use source::{Misfit, Source};
pub use tables::TABLES;

/// A table that is copied.
#[derive(Debug)]
pub struct Table {
    /// Its name, which is the same there and here.
    pub name: &'static str,
    /// As many of its first columns, all of them ids, say which row it is; in a table of two columns that is all there is to know.
    pub key: usize,
    /// What is copied. Columns that only exist here are not in the list.
    pub columns: &'static [Column],
    /// Whether installations from before there was the table can be copied, too.
    pub is_optional: bool,
    /// How rows that changed are recognised.
    pub watched: Watched,
    /// Whether rows that were made here may be there besides.
    pub keeps_own_rows: bool,
}

/// How rows that changed since the last time are recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watched {
    /// By everything in them.
    Whole,
    /// By when they were changed, because everything would be too much.
    Stamp,
}

/// A column that is copied.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name here.
    pub name: &'static str,
    /// The column it is made from there.
    pub origin: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it may be NULL.
    pub is_nullable: bool,
    /// What the rows of an installation have that does not know the column yet, in SQL; nothing when it has to be there.
    pub default: Option<&'static str>,
}

/// What a column holds, and what may be in it.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A number.
    Int,
    /// A text of any length.
    Text,
    /// A text of at most so many characters.
    Limited(usize),
    /// A text that is looked up by: a longer one than [`LONGEST_NAME`] could be shown, but never be named in a request.
    Name,
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// Yes or no.
    Bool,
    /// A moment; without a zone it is in UTC.
    Moment,
    /// A day.
    Date,
    /// A list of any texts.
    Texts,
    /// A list of some of these texts.
    Choices(&'static [&'static str]),
    /// A list of permissions.
    Permissions,
    /// A log: long ones are stored compressed, in a column of their own.
    Log,
    /// The beginning of an API key that stands there in clear.
    KeyPrefix,
    /// The hash of an API key that stands there in clear.
    KeyHash,
}

/// As many characters of a name can be sent to the API.
pub const LONGEST_NAME: usize = 500;

/// What says which row it is: one id, or the two that a link connects; the second is 0 where there is one.
pub type Key = [i64; 2];

/// Rows that follow each other, from a key to a key, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// The first.
    pub first: Key,
    /// The last.
    pub last: Key,
}

impl Interval {
    /// All rows of a table.
    pub const ALL: Self = Self { first: [i64::MIN; 2], last: [i64::MAX; 2] };
}

/// How much of a row is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// Everything.
    Whole,
    /// Which row it is and when it was changed.
    Stamp,
}

impl Table {
    /// The columns that are read.
    pub fn columns_of(&self, selection: Selection) -> Vec<&'static Column> {
        let is_read = |place: usize, column: &Column| match selection {
            Selection::Whole => true,
            Selection::Stamp => place < self.key || column.name == "updated_at",
        };
        self.columns
            .iter()
            .enumerate()
            .filter(|(place, column)| is_read(*place, column))
            .map(|(_, column)| column)
            .collect()
    }

    /// Whether a row has an id of its own.
    pub fn has_id(&self) -> bool {
        self.key == 1
    }

    /// The columns of the key, as SQL. With the table's name: without, PostgreSQL would sort by what is selected under the name, which
    /// can be a conversion that no index knows.
    fn key_sql(&self) -> String {
        let name = |column: &Column| format!("{}.{}", quoted(self.name), quoted(column.name));
        self.columns.iter().take(self.key).map(name).collect::<Vec<_>>().join(", ")
    }

    /// The condition that a row is in an interval, whose bounds are the parameters.
    fn interval_sql(&self) -> String {
        let key = self.key_sql();
        if self.has_id() {
            return format!("{key} BETWEEN $1 AND $2");
        }
        format!("({key}) >= ($1, $2) AND ({key}) <= ($3, $4)")
    }

    /// The values of these parameters.
    fn bounds(&self, interval: Interval) -> Vec<i64> {
        [interval.first, interval.last].iter().flat_map(|key| key.iter().take(self.key)).copied().collect()
    }
}

/// A name as SQL; ours hold no quotes, and some of them are words of SQL.
fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

//! The database that is copied: one read-only transaction, which sees one state from the first table to the last.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use app::api::Permission;
use futures::StreamExt;
use futures::stream::BoxStream;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Row as _};

use super::cells::{Row, read_row_there};
use super::{Column, Interval, Kind, LONGEST_NAME, Selection, Table, quoted};
use crate::store::StoreResult;

/// The first moment and day that fit, and the last: those that the API can spell.
const FIRST_MOMENT: &str = "'0001-01-01'";
const LAST_MOMENT: &str = "'9999-12-31 23:59:59.999999'";
const LAST_DAY: &str = "'9999-12-31'";
/// As many ids of rows that do not fit are named.
const EXAMPLES: usize = 5;

/// The database that is copied.
pub struct Source {
    connection: PgConnection,
    /// The columns of each table.
    columns: BTreeMap<String, BTreeSet<String>>,
}

/// Values that do not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// Where they are.
    pub table: &'static str,
    /// In which column there.
    pub column: &'static str,
    /// What is the matter with them.
    pub reason: String,
    /// In how many rows.
    pub rows: u64,
    /// The ids of the first of these.
    pub examples: Vec<i64>,
}

impl Source {
    /// Connects, and looks at what there is.
    pub async fn connect(url: &str) -> StoreResult<Self> {
        let options =
            PgConnectOptions::from_str(url)?.application_name("test-observer import").disable_statement_logging();
        let mut connection = options.connect().await?;
        // Rows come by the order of their ids: sorting a table with its logs would need its size once more.
        sqlx::raw_sql(
            "SET TIME ZONE 'UTC'; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET jit = off;
             SET enable_sort = off",
        )
        .execute(&mut connection)
        .await?;
        sqlx::raw_sql("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").execute(&mut connection).await?;
        let columns = list_columns(&mut connection).await?;
        Ok(Self { connection, columns })
    }

    /// The names of its tables.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.columns.keys().map(String::as_str)
    }

    /// Whether it has a table of that name.
    pub fn has_table(&self, name: &str) -> bool {
        self.columns.contains_key(name)
    }

    /// Whether a column's values can be read from it.
    pub fn has_column(&self, table: &Table, column: &Column) -> bool {
        self.columns.get(table.name).is_some_and(|columns| columns.contains(column.origin))
    }

    /// The columns of a table that stay behind.
    pub fn unknown_columns(&self, table: &Table) -> Vec<&str> {
        let is_known = |name: &str| table.columns.iter().any(|column| column.origin == name);
        let columns = self.columns.get(table.name).into_iter().flatten();
        columns.map(String::as_str).filter(|name| !is_known(name)).collect()
    }

    /// How many rows a table has.
    pub async fn count_rows(&mut self, table: &Table) -> StoreResult<u64> {
        if !self.has_table(table.name) {
            return Ok(0);
        }
        let sql = format!("SELECT COUNT(*) FROM {}", quoted(table.name));
        let (rows,): (i64,) = sqlx::query_as(AssertSqlSafe(sql)).fetch_one(&mut self.connection).await?;
        Ok(u64::try_from(rows).unwrap_or(0))
    }

    /// Rows of a table, by their keys, as they are to be here.
    pub fn rows(
        &mut self,
        table: &'static Table,
        selection: Selection,
        interval: Interval,
    ) -> BoxStream<'_, StoreResult<Row>> {
        if !self.has_table(table.name) {
            return futures::stream::empty().boxed();
        }
        let columns = table.columns_of(selection);
        let expressions: Vec<String> = columns.iter().map(|column| self.expression(table, column)).collect();
        let sql = format!(
            "SELECT {} FROM {} WHERE {} ORDER BY {}",
            expressions.join(", "),
            quoted(table.name),
            table.interval_sql(),
            table.key_sql()
        );
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
        for bound in table.bounds(interval) {
            query = query.bind(bound);
        }
        let rows = query.fetch(&mut self.connection);
        rows.map(move |row| read_row_there(&row?, table.name, &columns)).boxed()
    }

    /// The values of a table that do not fit; names of any length do when `long_names` is true.
    pub async fn find_misfits(&mut self, table: &'static Table, long_names: bool) -> StoreResult<Vec<Misfit>> {
        let demands: Vec<(&Column, String, String)> = table
            .columns
            .iter()
            .filter(|column| self.has_column(table, column))
            .flat_map(|column| demands(column, long_names).into_iter().map(move |(bad, reason)| (column, bad, reason)))
            .collect();
        if !table.has_id() || demands.is_empty() {
            return Ok(Vec::new());
        }
        let counts: Vec<String> = demands
            .iter()
            .map(|(_, bad, _)| {
                format!(
                    "COUNT(*) FILTER (WHERE {bad}), CAST((array_agg(id ORDER BY id) FILTER (WHERE {bad}))[1:{EXAMPLES}] AS BIGINT[])"
                )
            })
            .collect();
        let sql = format!("SELECT {} FROM {}", counts.join(", "), quoted(table.name));
        let row = sqlx::query(AssertSqlSafe(sql)).persistent(false).fetch_one(&mut self.connection).await?;
        let mut misfits = Vec::new();
        for (place, (column, _, reason)) in demands.into_iter().enumerate() {
            let rows = u64::try_from(row.try_get::<i64, _>(2 * place)?).unwrap_or(0);
            let examples = row.try_get::<Option<Vec<i64>>, _>(2 * place + 1)?.unwrap_or_default();
            if rows > 0 {
                misfits.push(Misfit { table: table.name, column: column.origin, reason, rows, examples });
            }
        }
        Ok(misfits)
    }

    /// The highest id that a table ever had, as far as that is known.
    pub async fn highest_id(&mut self, table: &Table) -> StoreResult<i64> {
        if !self.has_table(table.name) {
            return Ok(0);
        }
        // Who may not look at a sequence sees NULL.
        let sql = format!(
            "SELECT GREATEST((SELECT COALESCE(MAX(id), 0) FROM {}), (SELECT COALESCE(MAX(last_value), 0) FROM pg_sequences
                 WHERE format('%I.%I', schemaname, sequencename) = pg_get_serial_sequence($1, 'id')))",
            quoted(table.name)
        );
        let (highest,): (i64,) =
            sqlx::query_as(AssertSqlSafe(sql)).bind(quoted(table.name)).fetch_one(&mut self.connection).await?;
        Ok(highest)
    }

    /// A column's value, in the type that is read.
    fn expression(&self, table: &Table, column: &Column) -> String {
        let value = match column.default {
            Some(default) if !self.has_column(table, column) => {
                return cast(&format!("({default})"), column.kind, true);
            }
            _ => quoted(column.origin),
        };
        cast(&value, column.kind, false)
    }
}

/// The value in the type that is read; a constant has the form of that type already.
fn cast(value: &str, kind: Kind, is_constant: bool) -> String {
    match kind {
        Kind::Int => format!("CAST({value} AS BIGINT)"),
        Kind::Bool => format!("CAST({value} AS BOOLEAN)"),
        Kind::Moment => format!("CAST({value} AS TIMESTAMP) AT TIME ZONE 'UTC'"),
        Kind::Date => format!("CAST({value} AS DATE)"),
        Kind::Texts | Kind::Choices(_) | Kind::Permissions if !is_constant => {
            format!("CAST(to_jsonb({value}) AS TEXT)")
        }
        _ => format!("CAST({value} AS TEXT)"),
    }
}

/// The tables of the schema that is searched first, with their columns.
async fn list_columns(connection: &mut PgConnection) -> StoreResult<BTreeMap<String, BTreeSet<String>>> {
    let found: Vec<(String, String)> = sqlx::query_as(
        "SELECT CAST(c.relname AS TEXT), CAST(a.attname AS TEXT) FROM pg_class AS c
         JOIN pg_namespace AS n ON n.oid = c.relnamespace
         JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
         WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p')",
    )
    .fetch_all(connection)
    .await?;
    let mut columns: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (table, column) in found {
        columns.entry(table).or_default().insert(column);
    }
    Ok(columns)
}

/// What must not be: each as a condition in SQL, and in words.
fn demands(column: &Column, long_names: bool) -> Vec<(String, String)> {
    let name = quoted(column.origin);
    let mut demands = Vec::new();
    if !column.is_nullable {
        demands.push((format!("{name} IS NULL"), "is not there".to_owned()));
    }
    let longer =
        |most: usize| (format!("length(CAST({name} AS TEXT)) > {most}"), format!("has more than {most} characters"));
    let other = |known: &[&str]| {
        let known = known.iter().map(|text| format!("'{text}'")).collect::<Vec<_>>().join(", ");
        (format!("CAST({name} AS TEXT) NOT IN ({known})"), "is none of the values there are".to_owned())
    };
    let others = |known: &[&str]| {
        let known = serde_json::json!(known);
        (
            format!("NOT (to_jsonb({name}) <@ CAST('{known}' AS JSONB))"),
            "holds what is none of the values there are".to_owned(),
        )
    };
    match column.kind {
        Kind::Limited(most) => demands.push(longer(most)),
        Kind::Name if !long_names => demands.push(longer(LONGEST_NAME)),
        Kind::Choice(known) => demands.push(other(known)),
        Kind::Choices(known) => demands.push(others(known)),
        Kind::Permissions => {
            demands.push(others(&Permission::ALL.iter().map(|permission| permission.as_str()).collect::<Vec<_>>()));
        }
        Kind::Texts => demands.push((
            format!("jsonb_path_exists(to_jsonb({name}), 'strict $[*] ? (@.type() != \"string\")')"),
            "holds what is no text".to_owned(),
        )),
        Kind::Moment => demands.push((format!("{name} NOT BETWEEN {FIRST_MOMENT} AND {LAST_MOMENT}"), out_of_time())),
        Kind::Date => demands.push((format!("{name} NOT BETWEEN {FIRST_MOMENT} AND {LAST_DAY}"), out_of_time())),
        Kind::Int | Kind::Text | Kind::Name | Kind::Bool | Kind::Log | Kind::KeyPrefix | Kind::KeyHash => {}
    }
    demands
}

fn out_of_time() -> String {
    "is not between the years 1 and 9999".to_owned()
}

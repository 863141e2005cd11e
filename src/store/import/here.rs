//! The database that a copy goes into.

use std::collections::BTreeMap;

use futures::stream::BoxStream;
use futures::{StreamExt, TryFutureExt};
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Postgres, QueryBuilder, Sqlite};

use super::cells::{Cell, Row, read_row_here};
use super::{Column, Interval, Kind, Selection, TABLES, Table, quoted};
use crate::store::io_logs::{self, PackedLog};
use crate::store::{Inner, Moment, StoreResult, Tx, on};

/// The parameters of one statement of SQLite's.
const PARAMETERS: usize = 32_000;

#[derive(sqlx::FromRow)]
struct ProgressRow {
    table_name: String,
    last_id: i64,
}

/// How far each table was copied before, by the highest id that was; nothing for tables no copy went into.
pub async fn list_progress(tx: &mut Tx) -> StoreResult<BTreeMap<String, i64>> {
    let rows: Vec<ProgressRow> =
        on!(tx, |conn, _| sqlx::query_as("SELECT table_name, last_id FROM import_progress").fetch_all(conn))?;
    Ok(rows.into_iter().map(|row| (row.table_name, row.last_id)).collect())
}

/// Notes how far a table is copied; never back.
pub async fn note_progress(tx: &mut Tx, table: &Table, last_id: i64, now: Moment) -> StoreResult<()> {
    on!(tx, |conn, _| sqlx::query(
        "INSERT INTO import_progress (table_name, last_id, created_at, updated_at) VALUES ($1, $2, $3, $3)
         ON CONFLICT (table_name) DO UPDATE SET last_id = excluded.last_id, updated_at = excluded.updated_at
         WHERE import_progress.last_id < excluded.last_id",
    )
    .bind(table.name)
    .bind(last_id)
    .bind(now)
    .execute(conn)
    .map_ok(drop))
}

/// How many rows a table has.
pub async fn count_rows(tx: &mut Tx, table: &Table) -> StoreResult<u64> {
    let sql = format!("SELECT COUNT(*) FROM {}", quoted(table.name));
    let (rows,): (i64,) = on!(tx, |conn, _| sqlx::query_as(AssertSqlSafe(sql)).fetch_one(conn))?;
    Ok(u64::try_from(rows).unwrap_or(0))
}

/// All rows of a table, by their keys.
pub fn rows<'t>(tx: &'t mut Tx, table: &'static Table, selection: Selection) -> BoxStream<'t, StoreResult<Row>> {
    let columns = table.columns_of(selection);
    match tx.next_statement() {
        Inner::Sqlite(tx) => {
            let query = sqlx::query(AssertSqlSafe(select_sql(table, &columns, sqlite_expression))).persistent(false);
            query.fetch(&mut **tx).map(move |row| read_row_here(&row?, table.name, &columns)).boxed()
        }
        Inner::Postgres(tx) => {
            let query = sqlx::query(AssertSqlSafe(select_sql(table, &columns, postgres_expression))).persistent(false);
            query.fetch(&mut **tx).map(move |row| read_row_here(&row?, table.name, &columns)).boxed()
        }
    }
}

fn select_sql(table: &Table, columns: &[&Column], expression: fn(&Column) -> String) -> String {
    let expressions: Vec<String> = columns.iter().map(|column| expression(column)).collect();
    format!("SELECT {} FROM {} ORDER BY {}", expressions.join(", "), quoted(table.name), table.key_sql())
}

fn sqlite_expression(column: &Column) -> String {
    match column.kind {
        Kind::Log => "io_log, io_log_zstd".to_owned(),
        _ => quoted(column.name),
    }
}

fn postgres_expression(column: &Column) -> String {
    match column.kind {
        Kind::Log => "io_log, io_log_zstd".to_owned(),
        Kind::Int => format!("CAST({} AS BIGINT)", quoted(column.name)),
        Kind::Texts | Kind::Choices(_) | Kind::Permissions => format!("CAST({} AS TEXT)", quoted(column.name)),
        _ => quoted(column.name),
    }
}

/// Removes the rows of an interval with everything that hangs on them; how many of the table's own.
pub async fn delete_rows(tx: &mut Tx, table: &Table, interval: Interval) -> StoreResult<u64> {
    let sql = format!("DELETE FROM {} WHERE {}", quoted(table.name), table.interval_sql());
    let bounds = table.bounds(interval);
    let removed = match tx.next_statement() {
        Inner::Sqlite(tx) => {
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for bound in bounds {
                query = query.bind(bound);
            }
            query.execute(&mut **tx).await?.rows_affected()
        }
        Inner::Postgres(tx) => {
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for bound in bounds {
                query = query.bind(bound);
            }
            query.execute(&mut **tx).await?.rows_affected()
        }
    };
    Ok(removed)
}

/// Stores whole rows under the ids they have; those that are there take the values.
///
/// As with results that are reported, each database gets rows in the form it reads fastest.
pub async fn write_rows(tx: &mut Tx, table: &Table, rows: &[Row]) -> StoreResult<()> {
    let packed = pack_logs(table, rows)?;
    match tx.next_statement() {
        Inner::Postgres(tx) => {
            let mut query = sqlx::query(AssertSqlSafe(postgres_insert(table)));
            for (place, column) in table.columns.iter().enumerate() {
                query = bind_column(query, column, rows.iter().map(|row| &row.0[place]), &packed);
            }
            query.execute(&mut **tx).await?;
        }
        Inner::Sqlite(tx) => {
            let rows: Vec<(usize, &Row)> = rows.iter().enumerate().collect();
            for chunk in rows.chunks(PARAMETERS / (table.columns.len() + 1)) {
                let mut builder = sqlite_insert(table, chunk, &packed);
                builder.build().persistent(false).execute(&mut **tx).await?;
            }
        }
    }
    Ok(())
}

/// The logs among the rows as they are stored; none where the table has no logs.
fn pack_logs<'r>(table: &Table, rows: &'r [Row]) -> StoreResult<Vec<PackedLog<'r>>> {
    let Some(place) = table.columns.iter().position(|column| matches!(column.kind, Kind::Log)) else {
        return Ok(Vec::new());
    };
    let logs: Vec<&str> = rows.iter().map(|row| text_of(&row.0[place]).unwrap_or_default()).collect();
    Ok(io_logs::pack(&logs).map_err(sqlx::Error::Io)?)
}

fn stored_columns(table: &Table) -> Vec<String> {
    let mut names: Vec<String> = table.columns.iter().map(|column| quoted(column.name)).collect();
    if table.columns.iter().any(|column| matches!(column.kind, Kind::Log)) {
        names.push("io_log_zstd".to_owned());
    }
    names
}

/// What happens to rows that are there: a link is all that it is, everything else takes the values.
fn conflict_sql(table: &Table) -> String {
    if !table.has_id() {
        return " ON CONFLICT DO NOTHING".to_owned();
    }
    let values: Vec<String> =
        stored_columns(table).iter().skip(1).map(|name| format!("{name} = excluded.{name}")).collect();
    format!(" ON CONFLICT (id) DO UPDATE SET {}", values.join(", "))
}

fn postgres_insert(table: &Table) -> String {
    let mut types: Vec<&str> = table.columns.iter().map(|column| array_type(column.kind)).collect();
    let mut values: Vec<String> = table
        .columns
        .iter()
        .map(|column| match column.kind {
            Kind::Texts | Kind::Choices(_) | Kind::Permissions => format!("CAST({} AS JSONB)", quoted(column.name)),
            _ => quoted(column.name),
        })
        .collect();
    let names = stored_columns(table);
    if names.len() > types.len() {
        types.push("BYTEA[]");
        values.push("io_log_zstd".to_owned());
    }
    let lists: Vec<String> = types.iter().zip(1..).map(|(kind, number)| format!("${number}::{kind}")).collect();
    format!(
        "INSERT INTO {} ({}) SELECT {} FROM unnest({}) AS brought ({}){}",
        quoted(table.name),
        names.join(", "),
        values.join(", "),
        lists.join(", "),
        names.join(", "),
        conflict_sql(table)
    )
}

fn array_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Int => "BIGINT[]",
        Kind::Bool => "BOOLEAN[]",
        Kind::Moment => "TIMESTAMPTZ[]",
        Kind::Date => "DATE[]",
        _ => "TEXT[]",
    }
}

/// Adds a column's values as a list; those of a log are two lists, the second of which stands last.
fn bind_column<'q, 'r>(
    query: Query<'q, Postgres, PgArguments>,
    column: &Column,
    cells: impl Iterator<Item = &'r Cell>,
    packed: &[PackedLog<'_>],
) -> Query<'q, Postgres, PgArguments> {
    macro_rules! list {
        ($of:ident) => {
            cells.map(|cell| if let Cell::$of(value) = cell { Some(*value) } else { None }).collect::<Vec<_>>()
        };
    }
    match column.kind {
        Kind::Int => query.bind(list!(Int)),
        Kind::Bool => query.bind(list!(Bool)),
        Kind::Moment => query.bind(list!(Moment)),
        Kind::Date => query.bind(list!(Date)),
        Kind::Texts | Kind::Choices(_) | Kind::Permissions => query.bind(cells.map(json_of).collect::<Vec<_>>()),
        Kind::Log => {
            let texts: Vec<&str> = packed.iter().map(|log| log.text).collect();
            let compressed: Vec<Option<&[u8]>> = packed.iter().map(|log| log.zstd.as_deref()).collect();
            query.bind(texts).bind(compressed)
        }
        _ => query.bind(cells.map(text_of).collect::<Vec<_>>()),
    }
}

fn sqlite_insert(table: &Table, rows: &[(usize, &Row)], packed: &[PackedLog<'_>]) -> QueryBuilder<Sqlite> {
    let names = stored_columns(table).join(", ");
    let mut builder = QueryBuilder::<Sqlite>::new(format!("INSERT INTO {} ({names}) ", quoted(table.name)));
    builder.push_values(rows, |mut values, (number, row)| {
        for (cell, column) in row.0.iter().zip(table.columns) {
            match cell {
                Cell::Null => values.push("NULL"),
                Cell::Int(value) => values.push_bind(*value),
                Cell::Bool(value) => values.push_bind(*value),
                Cell::Moment(value) => values.push_bind(*value),
                Cell::Date(value) => values.push_bind(*value),
                Cell::Texts(_) => values.push_bind(json_of(cell)),
                Cell::Text(_) if matches!(column.kind, Kind::Log) => values.push_bind(packed[*number].text),
                Cell::Text(text) => values.push_bind(text.as_str()),
            };
        }
        if let Some(log) = packed.get(*number) {
            values.push_bind(log.zstd.as_deref());
        }
    });
    builder.push(conflict_sql(table));
    builder
}

fn text_of(cell: &Cell) -> Option<&str> {
    if let Cell::Text(text) = cell { Some(text) } else { None }
}

fn json_of(cell: &Cell) -> Option<String> {
    if let Cell::Texts(texts) = cell { Some(serde_json::json!(texts).to_string()) } else { None }
}

/// Lets the ids that are given out from now on come behind this one.
pub async fn move_sequence(tx: &mut Tx, table: &Table, highest: i64) -> StoreResult<()> {
    match tx.next_statement() {
        Inner::Sqlite(tx) => {
            // Its table of sequences has a row for those only that were used.
            sqlx::query(
                "INSERT INTO sqlite_sequence (name, seq) SELECT $1, 0
                 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = $1)",
            )
            .bind(table.name)
            .execute(&mut **tx)
            .await?;
            sqlx::query("UPDATE sqlite_sequence SET seq = MAX(seq, $2) WHERE name = $1")
                .bind(table.name)
                .bind(highest)
                .execute(&mut **tx)
                .await?;
        }
        Inner::Postgres(tx) => {
            sqlx::query(
                "SELECT setval(CAST(name AS REGCLASS), GREATEST($2, 1, (
                     SELECT last_value FROM pg_sequences WHERE format('%I.%I', schemaname, sequencename) = name
                 )), $2 > 0 OR (
                     SELECT last_value FROM pg_sequences WHERE format('%I.%I', schemaname, sequencename) = name
                 ) IS NOT NULL)
                 FROM pg_get_serial_sequence($1, 'id') AS sequence (name)",
            )
            .bind(quoted(table.name))
            .bind(highest)
            .execute(&mut **tx)
            .await?;
        }
    }
    Ok(())
}

/// Lets PostgreSQL look at what has come, which changes how it reads it; it would do so by itself, but later.
pub async fn analyze(tx: &mut Tx) -> StoreResult<()> {
    if let Inner::Postgres(tx) = tx.next_statement() {
        let names: Vec<String> = TABLES.iter().map(|table| quoted(table.name)).collect();
        sqlx::raw_sql(AssertSqlSafe(format!("ANALYZE {}, test_result_words", names.join(", "))))
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

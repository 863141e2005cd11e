//! The words of results that failed or were skipped: what searching texts looks into.

use app::api::TestResultStatus;
use futures::TryFutureExt;
use sqlx::types::Json;

use super::io_logs::StoredLog;
use super::{Dialect, Inner, StoreResult, Tx, on};
use crate::domain::words::{WordQuery, distinct_words};

/// A result with the texts whose words are found.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "each field names what it holds")]
pub struct WordsOf<'a> {
    pub test_result_id: i64,
    pub status: TestResultStatus,
    pub name: &'a str,
    pub comment: &'a str,
    pub io_log: &'a str,
}

#[derive(sqlx::FromRow)]
struct TextRow {
    id: i64,
    #[sqlx(try_from = "String")]
    status: TestResultStatus,
    name: String,
    comment: String,
    #[sqlx(flatten)]
    io_log: StoredLog,
}

macro_rules! select_texts {
    ($rest:literal) => {
        concat!(
            "SELECT result.id, result.status, test_case.name, result.comment, result.io_log, result.io_log_zstd
             FROM test_result AS result JOIN test_case ON test_case.id = result.test_case_id ",
            $rest
        )
    };
}

/// Rows of one statement.
const ROWS_OF_A_STATEMENT: usize = 1_000;

/// The query in the database's own words: every word, quoted, and a sign for those that may go on.
pub(crate) fn spell(dialect: Dialect, query: &WordQuery) -> String {
    let words: Vec<String> = query
        .words()
        .iter()
        .map(|asked| match (dialect, asked.is_beginning) {
            (Dialect::Sqlite, false) => format!("\"{}\"", asked.word),
            (Dialect::Sqlite, true) => format!("\"{}\" *", asked.word),
            (Dialect::Postgres, false) => format!("'{}'", asked.word),
            (Dialect::Postgres, true) => format!("'{}':*", asked.word),
        })
        .collect();
    words.join(match dialect {
        Dialect::Sqlite => " AND ",
        Dialect::Postgres => " & ",
    })
}

/// Lets results be found by their words. Those that passed are found by the names of their tests only: they are nearly all
/// results, and nobody looks for what did not go wrong.
pub async fn add_words(tx: &mut Tx, results: &[WordsOf<'_>]) -> StoreResult<()> {
    let found: Vec<(i64, String)> = results
        .iter()
        .filter(|result| result.status != TestResultStatus::Passed)
        .map(|result| {
            let words = distinct_words(&[result.name, result.comment], result.io_log);
            (result.test_result_id, words.join(" "))
        })
        .collect();
    for chunk in found.chunks(ROWS_OF_A_STATEMENT) {
        insert_words(tx, chunk).await?;
    }
    Ok(())
}

async fn insert_words(tx: &mut Tx, rows: &[(i64, String)]) -> StoreResult<()> {
    match tx.next_statement() {
        Inner::Sqlite(tx) => {
            let mut builder =
                sqlx::QueryBuilder::<sqlx::Sqlite>::new("INSERT OR REPLACE INTO test_result_words (rowid, words) ");
            builder.push_values(rows, |mut row, (id, words)| {
                row.push_bind(*id).push_bind(words.as_str());
            });
            builder.build().persistent(false).execute(&mut **tx).await?;
        }
        Inner::Postgres(tx) => {
            let ids: Vec<i64> = rows.iter().map(|(id, _)| *id).collect();
            let words: Vec<&str> = rows.iter().map(|(_, words)| words.as_str()).collect();
            sqlx::query(
                "INSERT INTO test_result_words (test_result_id, words, test_execution_id)
                 SELECT found.id, array_to_tsvector(string_to_array(found.words, ' ')), result.test_execution_id
                 FROM unnest($1::BIGINT[], $2::TEXT[]) AS found (id, words)
                 -- Whatever was replaced meanwhile is left out.
                 JOIN test_result AS result ON result.id = found.id
                 ORDER BY result.id FOR KEY SHARE OF result ON CONFLICT DO NOTHING",
            )
            .bind(ids)
            .bind(words)
            .execute(&mut **tx)
            .await?;
        }
    }
    Ok(())
}

/// Forgets all words.
pub async fn delete_words(tx: &mut Tx) -> StoreResult<()> {
    note_completeness(tx, false).await?;
    on!(tx, |conn, _| sqlx::query("DELETE FROM test_result_words").execute(conn).map_ok(drop))
}

/// Whether all results that failed or were skipped are found by their words.
pub async fn is_complete(tx: &mut Tx) -> StoreResult<bool> {
    let (is_complete,): (bool,) =
        on!(tx, |conn, _| sqlx::query_as("SELECT is_complete FROM text_index").fetch_one(conn))?;
    Ok(is_complete)
}

/// Notes down whether they are.
pub async fn note_completeness(tx: &mut Tx, is_complete: bool) -> StoreResult<()> {
    on!(tx, |conn, _| sqlx::query("UPDATE text_index SET is_complete = $1")
        .bind(is_complete)
        .execute(conn)
        .map_ok(drop))
}

/// Adds the words of the next results behind an id; the last of these, or none where there are no more.
pub async fn add_words_behind(tx: &mut Tx, id: i64) -> StoreResult<Option<i64>> {
    let rows: Vec<TextRow> = on!(tx, |conn, _| sqlx::query_as(select_texts!(
        "WHERE result.id > $1 AND result.status <> 'PASSED' ORDER BY result.id LIMIT 1000"
    ))
    .bind(id)
    .fetch_all(conn))?;
    add_words_of_rows(tx, &rows).await?;
    Ok(rows.last().map(|row| row.id))
}

/// Adds the words of results that have just been stored without them.
pub async fn add_words_of(tx: &mut Tx, result_ids: &[i64]) -> StoreResult<()> {
    let ids = Json(result_ids);
    let rows: Vec<TextRow> = on!(tx, |conn, sql| sqlx::query_as(
        sql.of(select_texts!("WHERE result.id IN ints($1) AND result.status <> 'PASSED' ORDER BY result.id"))
    )
    .bind(ids)
    .fetch_all(conn))?;
    add_words_of_rows(tx, &rows).await
}

/// Makes the words of results anew whose texts have changed.
pub async fn renew_words_of(tx: &mut Tx, result_ids: &[i64]) -> StoreResult<()> {
    let ids = Json(result_ids);
    on!(tx, |conn, sql| sqlx::query(sql.of(match sql {
        Dialect::Sqlite => "DELETE FROM test_result_words WHERE rowid IN ints($1)",
        Dialect::Postgres => "DELETE FROM test_result_words WHERE test_result_id IN ints($1)",
    }))
    .bind(ids)
    .execute(conn)
    .map_ok(drop))?;
    add_words_of(tx, result_ids).await
}

async fn add_words_of_rows(tx: &mut Tx, rows: &[TextRow]) -> StoreResult<()> {
    let results: Vec<WordsOf<'_>> = rows
        .iter()
        .map(|row| WordsOf {
            test_result_id: row.id,
            status: row.status,
            name: &row.name,
            comment: &row.comment,
            io_log: &row.io_log.0,
        })
        .collect();
    add_words(tx, &results).await
}

#[cfg(test)]
mod tests {
    use super::{Dialect, spell};
    use crate::domain::words::WordQuery;

    #[test]
    fn each_database_is_asked_in_its_own_words() {
        let query = WordQuery::parse("No link*").unwrap().unwrap();
        assert_eq!(spell(Dialect::Sqlite, &query), r#""no" AND "link" *"#);
        assert_eq!(spell(Dialect::Postgres, &query), "'no' & 'link':*");
    }
}

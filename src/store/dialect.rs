//! What SQLite and PostgreSQL spell differently, each with its reason.

use std::borrow::Cow;

use sqlx::AssertSqlSafe;

/// The beginnings of what locks rows; the name of a table follows.
const ROW_LOCKS: &[&str] = &["FOR NO KEY UPDATE OF ", "FOR KEY SHARE OF ", "FOR UPDATE OF "];

/// The database a statement is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// The statement in the database's own words:
    ///
    /// - `ints($1)`, `texts($1)`: the members of the JSON list that parameter 1 is. Lists travel as one parameter, so
    ///   that a statement's text, and with it the prepared statement, does not depend on their length.
    /// - `FOR NO KEY UPDATE OF x`: nothing on SQLite, where a writing transaction is alone from its first moment. On
    ///   PostgreSQL the weakest lock that keeps out other writers: a stronger one would keep out rows that refer to the
    ///   locked one, too.
    /// - `FOR KEY SHARE OF x`: likewise. It keeps out who would remove the row, or asks for `FOR UPDATE OF x`, and nobody else.
    /// - `words_match($1)`: the results that have the words of parameter 1, by the database's own full text search.
    /// - `words_found($1)`: a table of their `id` and `test_execution_id`. PostgreSQL has both in the index of words.
    pub(crate) fn of(self, sql: &'static str) -> AssertSqlSafe<Cow<'static, str>> {
        AssertSqlSafe(self.spell(sql))
    }

    pub(super) fn spell(self, sql: &str) -> Cow<'_, str> {
        if !["ints(", "texts(", "words_match(", "words_found("].iter().chain(ROW_LOCKS).any(|word| sql.contains(word)) {
            return Cow::Borrowed(sql);
        }
        let spelt = match self {
            Self::Sqlite => {
                let sql = expand(sql, "ints(", "(SELECT value FROM json_each(", "))");
                let sql = expand(&sql, "texts(", "(SELECT value FROM json_each(", "))");
                let opening = "(SELECT rowid FROM test_result_words WHERE test_result_words MATCH (";
                let sql = expand(&sql, "words_match(", opening, "))");
                let opening = "(SELECT found.id, found.test_execution_id FROM test_result AS found WHERE found.id IN
                     (SELECT rowid FROM test_result_words WHERE test_result_words MATCH (";
                let sql = expand(&sql, "words_found(", opening, ")))");
                cut_row_lock(&sql)
            }
            Self::Postgres => {
                let sql = expand(sql, "ints(", "(SELECT CAST(value AS BIGINT) FROM jsonb_array_elements_text(", "))");
                let sql = expand(&sql, "texts(", "(SELECT value FROM jsonb_array_elements_text(", "))");
                let opening = "(SELECT test_result_id FROM test_result_words WHERE words @@ CAST(";
                let sql = expand(&sql, "words_match(", opening, " AS tsquery))");
                let opening =
                    "(SELECT test_result_id AS id, test_execution_id FROM test_result_words WHERE words @@ CAST(";
                expand(&sql, "words_found(", opening, " AS tsquery))")
            }
        };
        Cow::Owned(spelt)
    }
}

/// Replaces `word…)` by `opening…closing` wherever the word stands.
fn expand(sql: &str, word: &str, opening: &str, closing: &str) -> String {
    let mut parts = sql.split(word);
    let mut expanded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (parameter, rest) = part.split_once(')').unwrap_or((part, ""));
        expanded.extend([opening, parameter, closing, rest]);
    }
    expanded
}

/// Leaves out the lock with the name of the table, and what surrounds it as it is.
fn cut_row_lock(sql: &str) -> String {
    let parts = ROW_LOCKS.iter().find_map(|lock| sql.split_once(lock));
    parts.map_or_else(
        || sql.to_owned(),
        |(before, after)| {
            let rest = after.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
            format!("{before}{rest}")
        },
    )
}

#[cfg(test)]
mod tests {
    use super::Dialect;

    #[test]
    fn lists_and_row_locks_are_spelt_for_each_database() {
        let sql = "SELECT id FROM t WHERE id IN ints($1) AND name IN texts($2) FOR NO KEY UPDATE OF t";
        assert_eq!(
            Dialect::Sqlite.spell(sql),
            "SELECT id FROM t WHERE id IN (SELECT value FROM json_each($1)) \
             AND name IN (SELECT value FROM json_each($2)) "
        );
        assert_eq!(
            Dialect::Postgres.spell(sql),
            "SELECT id FROM t WHERE id IN (SELECT CAST(value AS BIGINT) FROM jsonb_array_elements_text($1)) \
             AND name IN (SELECT value FROM jsonb_array_elements_text($2)) FOR NO KEY UPDATE OF t"
        );
        let sql = "SELECT id FROM t FOR KEY SHARE OF test_t ON CONFLICT DO NOTHING";
        assert_eq!(Dialect::Sqlite.spell(sql), "SELECT id FROM t  ON CONFLICT DO NOTHING");
        assert_eq!(Dialect::Postgres.spell(sql), sql);
    }
}

//! Both databases hold the same schema, but for the index of texts, `test_result_words`: each has its own kind.

use std::collections::BTreeSet;

use crate::support::TestApp;

/// Texts a query gives on each database, to be the same.
async fn both_texts(sqlite: &str, postgres: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let on_sqlite = TestApp::on_sqlite().await.raw.texts(sqlite).await;
    let on_postgres = TestApp::on_postgres().await.raw.texts(postgres).await;
    assert!(!on_sqlite.is_empty());
    (on_sqlite.into_iter().collect(), on_postgres.into_iter().collect())
}

const SQLITE_TABLES: &str = r"SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'
     AND name <> '_sqlx_migrations' AND name NOT LIKE 'test\_result\_words%' ESCAPE '\'";

#[tokio::test]
async fn tables_and_columns_are_the_same() {
    let (sqlite, postgres) = both_texts(
        &format!(
            "SELECT t.name || '.' || c.name || ' ' || CASE WHEN c.\"notnull\" OR c.pk THEN 'NOT NULL' ELSE 'NULL' END
             FROM ({SQLITE_TABLES}) AS t JOIN pragma_table_info(t.name) AS c"
        ),
        "SELECT table_name || '.' || column_name || ' ' || CASE is_nullable WHEN 'NO' THEN 'NOT NULL' ELSE 'NULL' END
         FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name NOT IN ('_sqlx_migrations', 'test_result_words')",
    )
    .await;
    assert_eq!(sqlite, postgres);
    assert!(sqlite.len() > 200, "only {} columns were compared", sqlite.len());
}

#[tokio::test]
async fn indexes_are_the_same() {
    let (sqlite, postgres) = both_texts(
        &format!(
            "SELECT t.name || ' ' || i.name || ' ' || i.\"unique\" || ' ' || i.partial || ' (' ||
                 (SELECT group_concat(name, ', ') FROM (
                     SELECT name FROM pragma_index_xinfo(i.name) WHERE key ORDER BY seqno)) || ')'
             FROM ({SQLITE_TABLES}) AS t JOIN pragma_index_list(t.name) AS i WHERE i.origin = 'c'"
        ),
        "SELECT t.relname || ' ' || i.relname || ' ' || x.indisunique::int || ' ' || (x.indpred IS NOT NULL)::int || ' (' ||
             (SELECT string_agg(a.attname, ', ' ORDER BY k.place)
              FROM unnest(x.indkey::int2[]) WITH ORDINALITY AS k (number, place)
              JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = k.number) || ')'
         FROM pg_index AS x JOIN pg_class AS i ON i.oid = x.indexrelid JOIN pg_class AS t ON t.oid = x.indrelid
         JOIN pg_namespace AS n ON n.oid = t.relnamespace
         WHERE n.nspname = 'public' AND NOT x.indisprimary
             AND t.relname NOT IN ('_sqlx_migrations', 'test_result_words')",
    )
    .await;
    assert_eq!(sqlite, postgres);
    assert!(sqlite.len() > 50, "only {} indexes were compared", sqlite.len());
}

#[tokio::test]
async fn foreign_keys_are_the_same() {
    let (sqlite, postgres) = both_texts(
        &format!(
            "SELECT t.name || '.' || f.\"from\" || ' -> ' || f.\"table\" || '.' || f.\"to\" || ' ' || f.on_delete
             FROM ({SQLITE_TABLES}) AS t JOIN pragma_foreign_key_list(t.name) AS f"
        ),
        "SELECT t.relname || '.' || a.attname || ' -> ' || r.relname || '.' || b.attname || ' ' ||
             CASE c.confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' WHEN 'a' THEN 'NO ACTION' ELSE '?' END
         FROM pg_constraint AS c JOIN pg_class AS t ON t.oid = c.conrelid JOIN pg_class AS r ON r.oid = c.confrelid
         JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = c.conkey[1]
         JOIN pg_attribute AS b ON b.attrelid = r.oid AND b.attnum = c.confkey[1]
         WHERE c.contype = 'f' AND t.relname <> 'test_result_words'",
    )
    .await;
    assert_eq!(sqlite, postgres);
    assert!(sqlite.len() > 30, "only {} foreign keys were compared", sqlite.len());
}

/// Deleting what is referred to looks for the rows that refer to it.
#[tokio::test]
async fn every_foreign_key_leads_a_whole_index() {
    let app = TestApp::on_postgres().await;
    let bare = app
        .raw
        .texts(
            "SELECT t.relname || '.' || a.attname FROM pg_constraint AS c JOIN pg_class AS t ON t.oid = c.conrelid
             JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = c.conkey[1]
             WHERE c.contype = 'f' AND NOT EXISTS (
                 SELECT 1 FROM pg_index AS x
                 WHERE x.indrelid = t.oid AND x.indkey[0] = c.conkey[1] AND x.indpred IS NULL)",
        )
        .await;
    assert!(bare.is_empty(), "{bare:?}");
}

//! Test cases: unique by name over all families.

use std::collections::HashMap;

use app::api::FamilyName;
use futures::TryFutureExt;
use sqlx::types::Json;

use super::{Moment, StoreResult, Tx, on, on_built};

/// A test case.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct TestCaseRow {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// The generic test it is an instance of; `""` for none.
    pub template_id: String,
}

/// A test case to make when it is not known yet.
#[derive(Clone, Copy, Debug)]
pub struct NewTestCase<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its category.
    pub category: &'a str,
    /// The generic test it is an instance of.
    pub template_id: &'a str,
}

/// The cases of those names, made where they are new; known ones keep their category and template.
///
/// New names are inserted in sorted order: two uploads that introduce the same names then wait for each other instead
/// of each holding what the other one needs.
pub async fn find_or_create_test_cases(
    tx: &mut Tx,
    cases: &[NewTestCase<'_>],
    now: Moment,
) -> StoreResult<HashMap<String, TestCaseRow>> {
    let names: Vec<&str> = cases.iter().map(|case| case.name).collect();
    let mut known = find_test_cases(tx, &names).await?;
    let mut new: Vec<&NewTestCase<'_>> = cases.iter().filter(|case| !known.contains_key(case.name)).collect();
    if new.is_empty() {
        return Ok(known);
    }
    new.sort_unstable_by_key(|case| case.name);
    for chunk in new.chunks(6_000) {
        let created: Vec<TestCaseRow> = on_built!(
            tx,
            |builder| {
                builder.push("INSERT INTO test_case (name, category, template_id, created_at, updated_at) ");
                builder.push_values(chunk, |mut row, case| {
                    row.push_bind(case.name).push_bind(case.category).push_bind(case.template_id);
                    row.push_bind(now).push_bind(now);
                });
                builder.push(" ON CONFLICT DO NOTHING RETURNING id, name, template_id");
            },
            |query, conn| query.try_map(|row| <TestCaseRow as sqlx::FromRow<'_, _>>::from_row(&row)).fetch_all(conn)
        )?;
        known.extend(created.into_iter().map(|case| (case.name.clone(), case)));
    }
    let lost: Vec<&str> = new.iter().map(|case| case.name).filter(|name| !known.contains_key(*name)).collect();
    if !lost.is_empty() {
        // Concurrent uploads were faster with these; their rows are there now.
        known.extend(find_test_cases(tx, &lost).await?);
    }
    Ok(known)
}

/// Gives known cases the templates that a report names; an empty one leaves what is known.
pub(crate) async fn update_templates(
    tx: &mut Tx,
    cases: &mut HashMap<String, TestCaseRow>,
    reported: &[NewTestCase<'_>],
    now: Moment,
) -> StoreResult<()> {
    let mut changes: Vec<(i64, &str)> = Vec::new();
    for report in reported.iter().filter(|report| !report.template_id.is_empty()) {
        if let Some(case) = cases.get_mut(report.name)
            && case.template_id != report.template_id
        {
            report.template_id.clone_into(&mut case.template_id);
            changes.push((case.id, report.template_id));
        }
    }
    if changes.is_empty() {
        return Ok(());
    }
    let ids = Json(changes.iter().map(|(id, _)| *id).collect::<Vec<_>>());
    // In one order, so that reports of the same cases wait for each other instead of locking each other out.
    on!(tx, |conn, sql| sqlx::query(
        sql.of("SELECT id FROM test_case WHERE id IN ints($1) ORDER BY id FOR NO KEY UPDATE OF test_case")
    )
    .bind(ids)
    .execute(conn)
    .map_ok(drop))?;
    for chunk in changes.chunks(10_000) {
        on_built!(
            tx,
            |builder| {
                builder.push("WITH change (id, template_id) AS (");
                builder.push_values(chunk, |mut row, (id, template_id)| {
                    row.push_bind(*id).push_bind(*template_id);
                });
                builder.push(") UPDATE test_case SET template_id = change.template_id, updated_at = ");
                builder.push_bind(now);
                builder.push(" FROM change WHERE change.id = test_case.id");
            },
            |query, conn| query.execute(conn).map_ok(drop)
        )?;
    }
    Ok(())
}

async fn find_test_cases(tx: &mut Tx, names: &[&str]) -> StoreResult<HashMap<String, TestCaseRow>> {
    let names = Json(names);
    let rows: Vec<TestCaseRow> = on!(tx, |conn, sql| sqlx::query_as(
        sql.of("SELECT id, name, template_id FROM test_case WHERE name IN texts($1)")
    )
    .bind(names)
    .fetch_all(conn))?;
    Ok(rows.into_iter().map(|row| (row.name.clone(), row)).collect())
}

/// A page of the cases by name: those whose name matches the pattern, if there is one, and of which an execution of an
/// artefact of one of the families has a result, if there are any. Names are unique, so no further order is needed.
///
/// Read in the order of the names, and no further than the page goes: a case is asked for until its first result of the
/// families. Their executions are gathered once, not looked up for each result; `IS TRUE` keeps both planners from starting with
/// those, and `LIMIT` keeps PostgreSQL from making a join of it, either of which reads all results there are. Only ASCII
/// letters have two cases here: SQLite knows of no others, and PostgreSQL of none in columns that sort by bytes.
pub async fn list_test_cases(
    tx: &mut Tx,
    pattern: Option<&str>,
    families: &[FamilyName],
    limit: i64,
    offset: i64,
) -> StoreResult<Vec<TestCaseRow>> {
    // In lower case here, not by the database: PostgreSQL knows more letters in parameters than in the column.
    let (pattern, any_family, families) = (pattern.map(str::to_ascii_lowercase), families.is_empty(), Json(families));
    on!(tx, |conn, sql| sqlx::query_as(sql.of("SELECT id, name, template_id FROM test_case
         WHERE (CAST($1 AS TEXT) IS NULL OR lower(name) LIKE $1 ESCAPE '\\') AND ($2 OR EXISTS (
             SELECT 1 FROM test_result AS result
             WHERE result.test_case_id = test_case.id AND (result.test_execution_id IN (
                 SELECT execution.id FROM artefact
                 JOIN artefact_build AS build ON build.artefact_id = artefact.id
                 JOIN test_execution AS execution ON execution.artefact_build_id = build.id
                 WHERE artefact.family IN texts($3)
             )) IS TRUE LIMIT 1 OFFSET 0
         )) ORDER BY name LIMIT $4 OFFSET $5",))
    .bind(pattern)
    .bind(any_family)
    .bind(families)
    .bind(limit)
    .bind(offset)
    .fetch_all(conn))
}

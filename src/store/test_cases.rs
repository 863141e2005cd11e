//! Test cases: unique by name over all families.

use std::collections::HashMap;

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

async fn find_test_cases(tx: &mut Tx, names: &[&str]) -> StoreResult<HashMap<String, TestCaseRow>> {
    let names = Json(names);
    let rows: Vec<TestCaseRow> = on!(tx, |conn, sql| sqlx::query_as(
        sql.of("SELECT id, name, template_id FROM test_case WHERE name IN texts($1)")
    )
    .bind(names)
    .fetch_all(conn))?;
    Ok(rows.into_iter().map(|row| (row.name.clone(), row)).collect())
}

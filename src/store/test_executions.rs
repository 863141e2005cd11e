//! Test executions, with their links and metadata.

use app::api::{EventKind, FamilyName, TestExecutionStatus};
use futures::TryFutureExt;
use sqlx::types::Json;

use super::events::ExecutionKey;
use super::{IdRow, Inner, Moment, StoreResult, Tx, on, on_built};
use crate::domain::events::Event;

/// An execution with what the API shows of it.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns' names are the field's own words")]
pub struct ExecutionRow {
    pub id: i64,
    pub artefact_build_id: i64,
    pub ci_link: Option<String>,
    pub c3_link: Option<String>,
    #[sqlx(try_from = "String")]
    pub status: TestExecutionStatus,
    pub created_at: Moment,
    pub test_plan: String,
    pub environment_id: i64,
    pub environment_name: String,
    pub environment_architecture: String,
    /// False while a failed or skipped result has no issue attached.
    pub is_triaged: bool,
    /// The priority of its group's rerun request, if there is one.
    pub rerun_priority: Option<i32>,
}

/// A named address of an execution.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns' names are the field's own words")]
pub struct RelevantLinkRow {
    pub test_execution_id: i64,
    pub id: i64,
    pub label: String,
    pub url: String,
}

/// A fact about an execution.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns' names are the field's own words")]
pub struct MetadataRow {
    pub test_execution_id: i64,
    pub category: String,
    pub value: String,
}

/// The columns a client may change.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns' names are the field's own words")]
pub struct ExecutionColumns {
    pub id: i64,
    pub ci_link: Option<String>,
    pub c3_link: Option<String>,
    #[sqlx(try_from = "String")]
    pub status: TestExecutionStatus,
    /// Where the machine that runs it says what it does.
    pub resource_url: String,
    /// What ran the tests.
    pub checkbox_version: Option<String>,
    /// The artefact it is about, which nobody changes.
    pub artefact_id: i64,
    /// The artefact's family.
    #[sqlx(try_from = "String")]
    pub family: FamilyName,
}

impl ExecutionColumns {
    /// Which execution it is, and what it is about.
    pub fn key(&self) -> ExecutionKey {
        ExecutionKey { id: self.id, artefact_id: self.artefact_id, family: self.family }
    }

    /// That something about the execution changed.
    pub fn event(&self, kind: EventKind) -> Event {
        self.key().event(kind)
    }
}

/// What an execution is created with.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the columns' names are the field's own words")]
pub struct NewExecution<'a> {
    pub ci_link: Option<&'a str>,
    pub build_id: i64,
    pub environment_id: i64,
    pub test_plan_id: i64,
    pub status: TestExecutionStatus,
}

macro_rules! select_executions {
    ($condition:literal) => {
        concat!(
            "SELECT execution.id, execution.artefact_build_id, execution.ci_link, execution.c3_link, execution.status,
                 execution.created_at, test_plan.name AS test_plan, environment.id AS environment_id,
                 environment.name AS environment_name, environment.architecture AS environment_architecture,
                 NOT EXISTS (
                     SELECT 1 FROM test_result AS result
                     WHERE result.test_execution_id = execution.id AND result.status IN ('FAILED', 'SKIPPED')
                         AND NOT EXISTS (
                             SELECT 1 FROM issue_test_result_attachment AS attachment
                             WHERE attachment.test_result_id = result.id
                         )
                     -- Keeps PostgreSQL from gathering the failures of all executions to look up those of a few.
                     LIMIT 1 OFFSET 0
                 ) AS is_triaged, rerun.priority AS rerun_priority
             FROM test_execution AS execution
             JOIN test_plan ON test_plan.id = execution.test_plan_id
             JOIN environment ON environment.id = execution.environment_id
             LEFT JOIN test_execution_rerun_request AS rerun ON rerun.test_plan_id = execution.test_plan_id
                 AND rerun.artefact_build_id = execution.artefact_build_id
                 AND rerun.environment_id = execution.environment_id
             WHERE ",
            $condition
        )
    };
}

/// The execution of that id.
pub async fn find_execution(tx: &mut Tx, id: i64) -> StoreResult<Option<ExecutionRow>> {
    on!(tx, |conn, _| sqlx::query_as(select_executions!("execution.id = $1")).bind(id).fetch_optional(conn))
}

/// Those of the executions that exist, newest first.
pub async fn list_executions(tx: &mut Tx, ids: &[i64]) -> StoreResult<Vec<ExecutionRow>> {
    let ids = Json(ids);
    on!(tx, |conn, sql| sqlx::query_as(
        sql.of(select_executions!("execution.id IN ints($1) ORDER BY execution.created_at DESC, execution.id DESC"))
    )
    .bind(ids)
    .fetch_all(conn))
}

/// Every execution of the builds, by name of the environment, then by id.
pub async fn list_executions_of_builds(tx: &mut Tx, build_ids: &[i64]) -> StoreResult<Vec<ExecutionRow>> {
    let ids = Json(build_ids);
    on!(tx, |conn, sql| sqlx::query_as(
        sql.of(select_executions!("execution.artefact_build_id IN ints($1) ORDER BY environment.name, execution.id"))
    )
    .bind(ids)
    .fetch_all(conn))
}

/// How many executions the builds have.
pub async fn count_executions_of_builds(tx: &mut Tx, build_ids: &[i64]) -> StoreResult<i64> {
    let ids = Json(build_ids);
    let (count,): (i64,) = on!(tx, |conn, sql| sqlx::query_as(
        sql.of("SELECT COUNT(*) FROM test_execution WHERE artefact_build_id IN ints($1)")
    )
    .bind(ids)
    .fetch_one(conn))?;
    Ok(count)
}

/// The links of the executions, in the order they were added.
pub async fn list_relevant_links(tx: &mut Tx, execution_ids: &[i64]) -> StoreResult<Vec<RelevantLinkRow>> {
    let ids = Json(execution_ids);
    on!(tx, |conn, sql| sqlx::query_as(
        sql.of("SELECT test_execution_id, id, label, url FROM test_execution_relevant_link
         WHERE test_execution_id IN ints($1) ORDER BY id",)
    )
    .bind(ids)
    .fetch_all(conn))
}

/// The metadata of the executions, in the order in which the pairs became known.
pub async fn list_metadata(tx: &mut Tx, execution_ids: &[i64]) -> StoreResult<Vec<MetadataRow>> {
    let ids = Json(execution_ids);
    on!(tx, |conn, sql| sqlx::query_as(sql.of("SELECT carried.test_execution_id, pair.category, pair.value
         FROM test_execution_metadata_association_table AS carried
         JOIN test_execution_metadata AS pair ON pair.id = carried.test_execution_metadata_id
         WHERE carried.test_execution_id IN ints($1) ORDER BY pair.id",))
    .bind(ids)
    .fetch_all(conn))
}

/// The execution of that CI link, or a new one, and whether it is new; a link of nothing always means a new one. One that
/// exists is untouched.
pub async fn find_or_create_execution(tx: &mut Tx, new: NewExecution<'_>, now: Moment) -> StoreResult<(i64, bool)> {
    if let Some(id) = find_by_ci_link(tx, new.ci_link).await? {
        return Ok((id, false));
    }
    let created: Option<IdRow> = on!(tx, |conn, _| sqlx::query_as(
        "INSERT INTO test_execution (ci_link, artefact_build_id, environment_id, test_plan_id, status, created_at,
             updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT DO NOTHING RETURNING id",
    )
    .bind(new.ci_link)
    .bind(new.build_id)
    .bind(new.environment_id)
    .bind(new.test_plan_id)
    .bind(new.status.as_str())
    .bind(now)
    .fetch_optional(conn))?;
    match created {
        Some(row) => Ok((row.id, true)),
        None => Ok((find_by_ci_link(tx, new.ci_link).await?.ok_or(sqlx::Error::RowNotFound)?, false)),
    }
}

async fn find_by_ci_link(tx: &mut Tx, ci_link: Option<&str>) -> StoreResult<Option<i64>> {
    let Some(ci_link) = ci_link else { return Ok(None) };
    let row: Option<IdRow> = on!(tx, |conn, _| sqlx::query_as("SELECT id FROM test_execution WHERE ci_link = $1")
        .bind(ci_link)
        .fetch_optional(conn))?;
    Ok(row.map(|row| row.id))
}

/// Whether another execution has the CI link.
pub async fn is_ci_link_taken(tx: &mut Tx, ci_link: &str, by_other_than: i64) -> StoreResult<bool> {
    Ok(find_by_ci_link(tx, Some(ci_link)).await?.is_some_and(|id| id != by_other_than))
}

macro_rules! lock_execution {
    ($condition:literal) => {
        concat!(
            "SELECT test_execution.id, test_execution.ci_link, test_execution.c3_link, test_execution.status,
                 test_execution.resource_url, test_execution.checkbox_version, artefact.id AS artefact_id,
                 artefact.family
             FROM test_execution
             JOIN artefact_build ON artefact_build.id = test_execution.artefact_build_id
             JOIN artefact ON artefact.id = artefact_build.artefact_id
             WHERE test_execution.",
            $condition,
            " FOR NO KEY UPDATE OF test_execution"
        )
    };
}

/// The changeable columns of an execution, which nobody else changes until this transaction ends.
pub async fn lock_execution(tx: &mut Tx, id: i64) -> StoreResult<Option<ExecutionColumns>> {
    on!(tx, |conn, sql| sqlx::query_as(sql.of(lock_execution!("id = $1"))).bind(id).fetch_optional(conn))
}

/// The same of the execution with that CI link.
pub async fn lock_execution_by_ci_link(tx: &mut Tx, ci_link: &str) -> StoreResult<Option<ExecutionColumns>> {
    on!(tx, |conn, sql| sqlx::query_as(sql.of(lock_execution!("ci_link = $1"))).bind(ci_link).fetch_optional(conn))
}

/// Writes the changeable columns.
pub async fn update_execution(tx: &mut Tx, columns: &ExecutionColumns, now: Moment) -> StoreResult<()> {
    on!(tx, |conn, _| sqlx::query(
        "UPDATE test_execution SET ci_link = $2, c3_link = $3, status = $4, resource_url = $5, checkbox_version = $6,
             updated_at = $7
         WHERE id = $1",
    )
    .bind(columns.id)
    .bind(&columns.ci_link)
    .bind(&columns.c3_link)
    .bind(columns.status.as_str())
    .bind(&columns.resource_url)
    .bind(&columns.checkbox_version)
    .bind(now)
    .execute(conn)
    .map_ok(drop))?;
    Ok(())
}

/// Adds links, each `(label, normalised URL)`; their ids in the same order.
pub async fn add_relevant_links(
    tx: &mut Tx,
    execution_id: i64,
    links: &[(&str, &str)],
    now: Moment,
) -> StoreResult<Vec<i64>> {
    if links.is_empty() {
        return Ok(Vec::new());
    }
    let mut ids = Vec::with_capacity(links.len());
    // Seven thousand rows are as many parameters as the smaller of the two databases takes.
    for chunk in links.chunks(5_000) {
        let rows = on_built!(
            tx,
            |builder| {
                builder.push(
                    "INSERT INTO test_execution_relevant_link (test_execution_id, label, url, created_at, updated_at) ",
                );
                builder.push_values(chunk, |mut row, (label, url)| {
                    row.push_bind(execution_id).push_bind(*label).push_bind(*url).push_bind(now).push_bind(now);
                });
                builder.push(" RETURNING id");
            },
            |query, conn| query.try_map(|row| <IdRow as sqlx::FromRow<'_, _>>::from_row(&row)).fetch_all(conn)
        )?;
        ids.extend(rows.into_iter().map(|row| row.id));
    }
    ids.sort_unstable();
    Ok(ids)
}

/// Removes a link of an execution; whether there was one.
pub async fn delete_relevant_link(tx: &mut Tx, execution_id: i64, link_id: i64) -> StoreResult<bool> {
    let deleted: Option<IdRow> = on!(tx, |conn, _| sqlx::query_as(
        "DELETE FROM test_execution_relevant_link WHERE id = $1 AND test_execution_id = $2 RETURNING id"
    )
    .bind(link_id)
    .bind(execution_id)
    .fetch_optional(conn))?;
    Ok(deleted.is_some())
}

/// Adds `(category, value)` pairs to an execution; what it has already stays. The values of a category are shown in the
/// order in which they were first brought.
pub async fn add_metadata(tx: &mut Tx, execution_id: i64, pairs: &[(&str, &str)], now: Moment) -> StoreResult<()> {
    for chunk in pairs.chunks(7_000) {
        let known = count_pairs(tx, chunk).await?;
        if known < chunk.len() {
            lock_new_pairs(tx).await?;
            insert_pairs(tx, chunk, now).await?;
        }
        on_built!(
            tx,
            |builder| {
                builder.push(
                    "INSERT INTO test_execution_metadata_association_table
                         (test_execution_id, test_execution_metadata_id) SELECT CAST(",
                );
                builder.push_bind(execution_id);
                builder.push(" AS BIGINT), id FROM test_execution_metadata WHERE (category, value) IN (");
                builder.push_values(chunk, |mut row, (category, value)| {
                    row.push_bind(*category).push_bind(*value);
                });
                builder.push(") ON CONFLICT DO NOTHING");
            },
            |query, conn| query.execute(conn).map_ok(drop)
        )?;
    }
    Ok(())
}

/// How many of the pairs are known.
async fn count_pairs(tx: &mut Tx, pairs: &[(&str, &str)]) -> StoreResult<usize> {
    let (known,): (i64,) = on_built!(
        tx,
        |builder| {
            builder.push("SELECT COUNT(*) FROM test_execution_metadata WHERE (category, value) IN (");
            builder.push_values(pairs, |mut row, (category, value)| {
                row.push_bind(*category).push_bind(*value);
            });
            builder.push(")");
        },
        |query, conn| query.try_map(|row| <(i64,) as sqlx::FromRow<'_, _>>::from_row(&row)).fetch_one(conn)
    )?;
    Ok(usize::try_from(known).unwrap_or_default())
}

async fn insert_pairs(tx: &mut Tx, pairs: &[(&str, &str)], now: Moment) -> StoreResult<()> {
    on_built!(
        tx,
        |builder| {
            builder.push("INSERT INTO test_execution_metadata (category, value, created_at, updated_at) ");
            builder.push_values(pairs, |mut row, (category, value)| {
                row.push_bind(*category).push_bind(*value).push_bind(now).push_bind(now);
            });
            builder.push(" ON CONFLICT DO NOTHING");
        },
        |query, conn| query.execute(conn).map_ok(drop)
    )
}

/// What the lock on new metadata is called among PostgreSQL's advisory locks.
const NEW_PAIRS: i64 = 0x6d65_7461;

/// Lets no other transaction bring new pairs before this one ends. Two that bring the same pairs in different orders would
/// each hold what the other one needs, and sorting them would lose the order of values. On SQLite a writing transaction is
/// alone anyway.
async fn lock_new_pairs(tx: &mut Tx) -> StoreResult<()> {
    if let Inner::Postgres(tx) = tx.next_statement() {
        sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(NEW_PAIRS).execute(&mut **tx).await?;
    }
    Ok(())
}

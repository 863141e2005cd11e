//! Which issues to ask their trackers about, and what the trackers said.

use app::api::{IssueSource, IssueStatus};
use futures::TryFutureExt;
use sqlx::types::Json;

use super::issues::Upper;
use super::{Moment, Statement, StoreResult, Tx, on, on_built, on_statement};
use crate::domain::issue_sync::{Known, Priority};

/// As many issues are due at a time; the others come with the next run.
const MOST_DUE: i64 = 100_000;

/// An issue whose tracker is to be asked.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns' names are the field's own words")]
pub struct DueIssue {
    pub id: i64,
    #[sqlx(try_from = "String")]
    pub source: Upper<IssueSource>,
    pub project: String,
    pub key: String,
}

/// Which issues are due.
#[derive(Clone, Debug)]
pub struct DueFilter {
    /// Of this priority.
    pub priority: Priority,
    /// What was changed before was closed for long.
    pub long_ago: Moment,
    /// Not brought up to date since.
    pub synced_before: Moment,
    /// In these trackers.
    pub sources: Vec<IssueSource>,
}

#[derive(sqlx::FromRow)]
struct KnownRow {
    id: i64,
    title: String,
    #[sqlx(try_from = "String")]
    status: Upper<IssueStatus>,
    labels: Option<Json<Vec<String>>>,
}

/// How many issues there are of each priority.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "each names what it counts")]
pub struct IssueCounts {
    pub open: i64,
    pub recently_closed: i64,
    pub long_closed: i64,
    /// Among them.
    pub never_synced: i64,
}

/// The issues that are due: those that were never brought up to date, then those for which it is longest ago.
pub async fn list_due(tx: &mut Tx, filter: &DueFilter) -> StoreResult<Vec<DueIssue>> {
    let sources: Vec<String> = filter.sources.iter().map(|source| source.as_str().to_ascii_uppercase()).collect();
    let mut statement = Statement::new("SELECT id, source, project, key FROM issue WHERE ");
    statement.push_in("source", sources);
    statement.push(" AND (last_synced_at IS NULL OR last_synced_at < ").bind(filter.synced_before).push(")");
    match filter.priority {
        Priority::High => statement.push(" AND status IN ('OPEN', 'UNKNOWN')"),
        Priority::Medium => statement.push(" AND status = 'CLOSED' AND updated_at >= ").bind(filter.long_ago),
        Priority::Low => statement.push(" AND status = 'CLOSED' AND updated_at < ").bind(filter.long_ago),
    };
    statement.push(" ORDER BY last_synced_at NULLS FIRST, id LIMIT ").bind(MOST_DUE);
    on_statement!(tx, statement, query_as, |query, conn| query.fetch_all(conn))
}

/// How many issues there are of each priority.
pub async fn count_by_priority(tx: &mut Tx, long_ago: Moment) -> StoreResult<IssueCounts> {
    on!(tx, |conn, _| sqlx::query_as(
        "SELECT COUNT(*) FILTER (WHERE status <> 'CLOSED') AS open,
             COUNT(*) FILTER (WHERE status = 'CLOSED' AND updated_at >= $1) AS recently_closed,
             COUNT(*) FILTER (WHERE status = 'CLOSED' AND updated_at < $1) AS long_closed,
             COUNT(*) FILTER (WHERE last_synced_at IS NULL) AS never_synced FROM issue",
    )
    .bind(long_ago)
    .fetch_one(conn))
}

/// What is known of these issues, as far as they are still there; nobody else changes it until this transaction ends.
pub async fn lock_known(tx: &mut Tx, ids: &[i64]) -> StoreResult<Vec<(i64, Known)>> {
    let ids = Json(ids);
    let rows: Vec<KnownRow> = on!(tx, |conn, sql| sqlx::query_as(sql.of(
        "SELECT id, title, status, labels FROM issue WHERE id IN ints($1) ORDER BY id FOR NO KEY UPDATE OF issue",
    ))
    .bind(ids)
    .fetch_all(conn))?;
    let known = |row: KnownRow| {
        (row.id, Known { title: row.title, status: row.status.0, labels: row.labels.map(|labels| labels.0) })
    };
    Ok(rows.into_iter().map(known).collect())
}

/// Writes what is known of issues: one statement for all, none for none.
pub async fn update_known(tx: &mut Tx, changes: &[(i64, Known)], now: Moment) -> StoreResult<()> {
    for chunk in changes.chunks(2_500) {
        on_built!(
            tx,
            |builder| {
                builder.push("WITH learnt (id, title, status, labels) AS (");
                builder.push_values(chunk, |mut row, (id, known)| {
                    row.push_bind(*id).push_bind(known.title.as_str());
                    row.push_bind(known.status.as_str().to_ascii_uppercase());
                    row.push_bind(known.labels.as_ref().map(Json));
                });
                builder.push(
                    ") UPDATE issue SET title = learnt.title, status = learnt.status, labels = learnt.labels,
                         updated_at = ",
                );
                builder.push_bind(now);
                builder.push(" FROM learnt WHERE issue.id = learnt.id");
            },
            |query, conn| query.execute(conn).map_ok(drop)
        )?;
    }
    Ok(())
}

/// Notes that these issues are up to date. That alone is no change of theirs.
pub async fn mark_synced(tx: &mut Tx, ids: &[i64], now: Moment) -> StoreResult<()> {
    let ids = Json(ids);
    on!(tx, |conn, sql| sqlx::query(sql.of("UPDATE issue SET last_synced_at = $1 WHERE id IN ints($2)"))
        .bind(now)
        .bind(ids)
        .execute(conn)
        .map_ok(drop))
}

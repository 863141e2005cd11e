//! The audit log: an entry is written in the transaction that makes the change, so that neither is there without the other.

use std::sync::Arc;

use app::api::{AuditAction, AuditActorKind, AuditSubjectKind, Cursor};
use futures::TryFutureExt;
use serde_json::Value;
use sqlx::types::Json;

use super::paging::cut_page;
use super::{Moment, Statement, StoreResult, Tx, on_built, on_statement};
use crate::domain::audit_log::{Actor, Entry};

tokio::task_local! {
    /// Who makes the request at hand.
    static CURRENT: Arc<Actor>;
}

/// An entry.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns' names are the field's own words")]
pub struct EntryRow {
    pub id: i64,
    pub created_at: Moment,
    #[sqlx(try_from = "String")]
    pub actor_kind: AuditActorKind,
    pub actor_id: Option<i64>,
    pub actor_name: String,
    pub client_address: String,
    #[sqlx(try_from = "String")]
    pub action: AuditAction,
    #[sqlx(try_from = "String")]
    pub subject_kind: AuditSubjectKind,
    pub subject_id: i64,
    pub before: Option<Json<Value>>,
    pub after: Option<Json<Value>>,
}

/// Entries that all of this is true of.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "each field names what it compares")]
pub struct EntryFilter {
    pub actor_kind: Option<AuditActorKind>,
    pub actor_id: Option<i64>,
    pub subject_kind: Option<AuditSubjectKind>,
    pub subject_id: Option<i64>,
    pub action: Option<AuditAction>,
    /// Not made before.
    pub from: Option<Moment>,
    /// Not made after.
    pub until: Option<Moment>,
}

/// Does work whose changes are this actor's.
pub async fn as_actor<T>(actor: Actor, work: impl Future<Output = T>) -> T {
    CURRENT.scope(Arc::new(actor), work).await
}

/// Who makes the request at hand. Where there is none an operator works on the command line.
pub(super) fn current_actor() -> Arc<Actor> {
    CURRENT.try_with(Arc::clone).unwrap_or_else(|_| Arc::new(Actor::operator()))
}

/// Notes down what the transaction's actor did in it: one statement for any number of entries, none for none.
pub async fn record(tx: &mut Tx, entries: impl IntoIterator<Item = Entry>, now: Moment) -> StoreResult<()> {
    let entries: Vec<Entry> = entries.into_iter().collect();
    let actor = Arc::clone(&tx.actor);
    for chunk in entries.chunks(2_500) {
        on_built!(
            tx,
            |builder| {
                builder.push(
                    "INSERT INTO audit_log (created_at, updated_at, actor_kind, actor_id, actor_name, client_address,
                         action, subject_kind, subject_id, before, after) ",
                );
                builder.push_values(chunk, |mut row, entry| {
                    row.push_bind(now).push_bind(now).push_bind(actor.kind.as_str()).push_bind(actor.id);
                    row.push_bind(actor.name.as_str()).push_bind(actor.address.as_str());
                    row.push_bind(entry.action.as_str()).push_bind(entry.subject_kind.as_str());
                    row.push_bind(entry.subject_id);
                    row.push_bind(entry.before.as_ref().map(Json)).push_bind(entry.after.as_ref().map(Json));
                });
            },
            |query, conn| query.execute(conn).map_ok(drop)
        )?;
    }
    Ok(())
}

impl EntryFilter {
    fn push_where(&self, statement: &mut Statement) {
        statement.push(" WHERE TRUE");
        if let Some(kind) = self.actor_kind {
            statement.push(" AND actor_kind = ").bind(kind.as_str());
        }
        if let Some(id) = self.actor_id {
            statement.push(" AND actor_id = ").bind(id);
        }
        if let Some(kind) = self.subject_kind {
            statement.push(" AND subject_kind = ").bind(kind.as_str());
        }
        if let Some(id) = self.subject_id {
            statement.push(" AND subject_id = ").bind(id);
        }
        if let Some(action) = self.action {
            statement.push(" AND action = ").bind(action.as_str());
        }
        if let Some(from) = self.from {
            statement.push(" AND created_at >= ").bind(from);
        }
        if let Some(until) = self.until {
            statement.push(" AND created_at <= ").bind(until);
        }
    }
}

/// A page of the entries that the filter chooses, newest first, behind the cursor if there is one; and where the next page
/// begins, if there is one.
pub async fn list_entries(
    tx: &mut Tx,
    filter: &EntryFilter,
    limit: i64,
    after: Option<Cursor>,
) -> StoreResult<(Vec<EntryRow>, Option<Cursor>)> {
    let mut statement = Statement::new(
        "SELECT id, created_at, actor_kind, actor_id, actor_name, client_address, action, subject_kind, subject_id,
             before, after FROM audit_log",
    );
    filter.push_where(&mut statement);
    if let Some(after) = after {
        // The first condition says nothing new; it is the one that both databases find in an index.
        statement.push(" AND created_at <= ").bind(after.created_at);
        statement.push(" AND (created_at, id) < (").bind(after.created_at).push(", ").bind(after.id).push(")");
    }
    statement.push(" ORDER BY created_at DESC, id DESC LIMIT ").bind(limit + 1);
    let rows: Vec<EntryRow> = on_statement!(tx, statement, query_as, |query, conn| query.fetch_all(conn))?;
    Ok(cut_page(rows, limit, |row| Cursor { created_at: row.created_at, id: row.id }))
}

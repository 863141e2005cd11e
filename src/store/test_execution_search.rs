//! Searching executions.

use super::execution_filters::ExecutionFilter;
use super::{IdRow, Statement, StoreResult, Tx, on_statement};

/// How many executions the filter chooses.
pub async fn count_executions(tx: &mut Tx, filter: &ExecutionFilter) -> StoreResult<i64> {
    let mut statement = Statement::new("SELECT COUNT(*) FROM test_execution AS execution WHERE TRUE");
    filter.push_where(&mut statement);
    let (count,): (i64,) = on_statement!(tx, statement, query_as, |query, conn| query.fetch_one(conn))?;
    Ok(count)
}

/// A page of the executions that the filter chooses, newest first.
pub async fn search_executions(
    tx: &mut Tx,
    filter: &ExecutionFilter,
    limit: i64,
    offset: i64,
) -> StoreResult<Vec<i64>> {
    let mut statement = Statement::new("SELECT execution.id FROM test_execution AS execution WHERE TRUE");
    filter.push_where(&mut statement);
    statement.push(" ORDER BY execution.created_at DESC, execution.id DESC LIMIT ").bind(limit);
    statement.push(" OFFSET ").bind(offset);
    let rows: Vec<IdRow> = on_statement!(tx, statement, query_as, |query, conn| query.fetch_all(conn))?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

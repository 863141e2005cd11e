//! Execution metadata as a whole; what one execution carries is read and written with it.

use super::{StoreResult, Tx, on};

/// A category with one of its values.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct MetadataPair {
    /// The category.
    pub category: String,
    /// The value.
    pub value: String,
}

/// Every pair there is, carried by an execution or not, in the order in which they became known.
pub async fn list_metadata_pairs(tx: &mut Tx) -> StoreResult<Vec<MetadataPair>> {
    on!(tx, |conn, _| sqlx::query_as("SELECT category, value FROM test_execution_metadata ORDER BY id").fetch_all(conn))
}

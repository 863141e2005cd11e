//! Execution metadata over all executions: what there is to choose from.

use serde::{Deserialize, Serialize};

use super::ExecutionMetadata;

/// Every category with every value that any execution ever had.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct ExecutionMetadataGetResponse {
    /// A category's values are in the order they became known.
    pub execution_metadata: ExecutionMetadata,
}

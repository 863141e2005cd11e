//! Execution metadata over all executions, to choose from.

use std::collections::BTreeMap;

use app::api::{ExecutionMetadata, ExecutionMetadataGetResponse};

use super::{Service, ServiceResult};
use crate::store::execution_metadata;

impl Service {
    /// Every category with its values, in the order in which they became known.
    pub async fn list_execution_metadata(&self) -> ServiceResult<ExecutionMetadataGetResponse> {
        let mut tx = self.db.read().await?;
        let mut categories: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for pair in execution_metadata::list_metadata_pairs(&mut tx).await? {
            categories.entry(pair.category).or_default().push(pair.value);
        }
        Ok(ExecutionMetadataGetResponse { execution_metadata: ExecutionMetadata(categories) })
    }
}

//! The names of environments, to choose from.

use app::api::{EnvironmentsResponse, FamilyName};

use super::{Service, ServiceResult};
use crate::domain::text_search::contains_pattern;
use crate::store::environments;

impl Service {
    /// A page of the names that contain what was typed, of environments where something of the families was tested;
    /// without families of all, also of those where nothing ever was.
    pub async fn list_environments(
        &self,
        q: Option<&str>,
        families: &[FamilyName],
        limit: i64,
        offset: i64,
    ) -> ServiceResult<EnvironmentsResponse> {
        let pattern = q.and_then(contains_pattern);
        let pattern = pattern.as_deref();
        let mut tx = self.db.read().await?;
        let (names, count) = environments::list_environment_names(&mut tx, pattern, families, limit, offset).await?;
        Ok(EnvironmentsResponse { environments: names, count, limit, offset })
    }
}

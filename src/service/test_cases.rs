//! The names of test cases, to choose from.

use app::api::{FamilyName, TestCaseInfo, TestCasesResponse};

use super::{Service, ServiceResult};
use crate::domain::text_search::contains_pattern;
use crate::store::test_cases;

impl Service {
    /// A page of the cases whose names contain what was typed, and which have a result of something of the families;
    /// without families all.
    pub async fn list_test_cases(
        &self,
        q: Option<&str>,
        families: &[FamilyName],
        limit: i64,
        offset: i64,
    ) -> ServiceResult<TestCasesResponse> {
        let pattern = q.and_then(contains_pattern);
        let mut tx = self.db.read().await?;
        let rows = test_cases::list_test_cases(&mut tx, pattern.as_deref(), families, limit, offset).await?;
        let cases =
            rows.into_iter().map(|row| TestCaseInfo { test_case: row.name, template_id: Some(row.template_id) });
        Ok(TestCasesResponse { test_cases: cases.collect() })
    }
}

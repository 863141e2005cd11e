//! The end of a run as older runners report it: all results at once.

use std::collections::HashMap;

use app::api::{C3TestResult, EndTestExecutionRequest, EventKind};

use super::test_results::{ReportedResult, store_results};
use super::webhook_messages::tell_of_end;
use super::{Service, ServiceError, ServiceResult};
use crate::domain::lifecycle::ended_status;
use crate::store::test_cases::NewTestCase;
use crate::store::{test_cases, test_executions, test_results};

impl Service {
    /// Replaces the results of the execution with that CI link by these, and closes it. The same name twice is two results.
    pub async fn end_test(&self, request: EndTestExecutionRequest) -> ServiceResult<()> {
        let now = self.clock.now();
        let mut tx = self.db.write().await?;
        let before = test_executions::lock_execution_by_ci_link(&mut tx, &request.ci_link.0).await?;
        let before = before.ok_or_else(|| ServiceError::NotFound("Related TestExecution not found".to_owned()))?;
        // Before anything that whoever removes a rule could wait for.
        let rules = self.enabled_rules(&mut tx).await?;
        test_results::delete_results(&mut tx, before.id).await?;
        let new_cases = cases_of(&request.test_results);
        let mut cases = test_cases::find_or_create_test_cases(&mut tx, &new_cases, now).await?;
        test_cases::update_templates(&mut tx, &mut cases, &new_cases, now).await?;
        let results: Vec<ReportedResult<'_>> = request
            .test_results
            .iter()
            .filter_map(|result| {
                cases.get(&result.name.0).map(|case| ReportedResult {
                    case,
                    status: result.status.into(),
                    comment: &result.comment,
                    io_log: &result.io_log,
                })
            })
            .collect();
        store_results(&mut tx, &before, &results, &rules, now).await?;
        let counts = test_results::count_results(&mut tx, before.id).await?;
        let mut after = before.clone();
        after.status = ended_status(counts.failed_count);
        after.c3_link = request.c3_link.map(|link| link.0).or(after.c3_link);
        after.checkbox_version = request.checkbox_version.map(|version| version.0);
        if after != before {
            test_executions::update_execution(&mut tx, &after, now).await?;
            tell_of_end(&mut tx, after.key(), Some(before.status), after.status, now).await?;
            tx.announce(after.event(EventKind::TestExecution));
        }
        tx.commit().await?;
        Ok(())
    }
}

/// The cases of the results, each once: in the category of its first result, with the last template that is not empty.
fn cases_of(results: &[C3TestResult]) -> Vec<NewTestCase<'_>> {
    let mut place: HashMap<&str, usize> = HashMap::new();
    let mut cases: Vec<NewTestCase<'_>> = Vec::new();
    for result in results {
        let name = result.name.0.as_str();
        let template_id = result.template_id.as_ref().map_or("", |template| template.0.as_str());
        match place.get(name).and_then(|place| cases.get_mut(*place)) {
            Some(case) if !template_id.is_empty() => case.template_id = template_id,
            Some(_) => {}
            None => {
                place.insert(name, cases.len());
                cases.push(NewTestCase { name, category: &result.category.0, template_id });
            }
        }
    }
    cases
}

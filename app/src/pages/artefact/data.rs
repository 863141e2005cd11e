//! What the artefact's page loads, and in which shape it travels to the browser.

use std::future::Future;

use futures::future;
use leptos::prelude::untrack;
use leptos_router::params::ParamsMap;
use serde::{Deserialize, Serialize};

use super::{
    fewer::{Fewer, fetch_fewer, fetch_versions},
    tree::{Environment, assemble, default_open_run},
};
use crate::{
    api::{
        ArtefactBuildEnvironmentReviewResponse, ArtefactBuildMinimalResponse, ArtefactBuildResponse,
        ArtefactMinimalResponse, ArtefactResponse, ArtefactVersionResponse, EnvironmentReportedIssueResponse,
        GRANTED_BY_RULES, MinimalIssueTestResultAttachmentResponse, Permission, PreviousTestResult, SessionResponse,
        TestResultResponse, TestResultStatus,
    },
    client::{Client, ClientError},
    components::session::{Permit, use_session},
    order,
    text::{
        date::{Day, today},
        log,
    },
};

/// Bytes of logs that are sent together with the results of a run; what is left out is fetched when it is looked at.
const LOG_BUDGET: usize = 256_000;

/// What a link into the page points at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) run: Option<i64>,
    pub(super) result: Option<i64>,
}

impl Target {
    /// Reads `?testExecutionId=&testResultId=`; what is no number points at nothing.
    pub(super) fn from_query(query: &ParamsMap) -> Self {
        let id = |name| query.get_str(name)?.parse().ok();
        Self { run: id("testExecutionId"), result: id("testResultId") }
    }
}

/// What the page shows, and loads again when somebody asks for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Parts {
    pub(super) artefact: ArtefactResponse,
    /// The `ETag` of the artefact.
    pub(super) tag: Option<String>,
    pub(super) builds: Vec<ArtefactBuildMinimalResponse>,
    pub(super) bundled_in: Vec<ArtefactMinimalResponse>,
    pub(super) environments: Result<Vec<Environment>, ClientError>,
    /// Why there are environments without their reviews, if so.
    pub(super) reviews_problem: Option<ClientError>,
    /// Known problems of these environments.
    pub(super) issues: Vec<EnvironmentReportedIssueResponse>,
}

/// Everything the first rendering needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PageData {
    pub(super) parts: Parts,
    pub(super) versions: Vec<ArtefactVersionResponse>,
    pub(super) fewer: Option<Fewer>,
    /// What the visitor may do with this artefact, which may be more than with others.
    pub(super) granted: Vec<Permission>,
    pub(super) opened: Option<OpenedRun>,
    pub(super) today: Day,
}

/// The run that is open from the start, with its results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OpenedRun {
    pub(super) id: i64,
    pub(super) results: Result<Vec<ResultView>, ClientError>,
}

/// A test result without the bulk of its log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ResultView {
    pub(super) id: i64,
    pub(super) name: String,
    pub(super) status: TestResultStatus,
    pub(super) category: String,
    pub(super) template_id: String,
    pub(super) comment: String,
    pub(super) issues: Vec<MinimalIssueTestResultAttachmentResponse>,
    pub(super) previous: Vec<PreviousTestResult>,
    pub(super) log: LogView,
}

/// A log's size, and as much of it as is shown at once. By default nothing is known of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LogView {
    pub(super) lines: usize,
    pub(super) bytes: usize,
    /// `None` until it is fetched.
    pub(super) beginning: Option<String>,
}

impl LogView {
    /// A log as far as a page shows it.
    pub(super) fn new(text: &str) -> Self {
        let beginning = log::beginning(text, log::SHOWN_LINES, log::SHOWN_BYTES);
        Self { lines: log::count_lines(text), bytes: text.len(), beginning: Some(beginning.to_owned()) }
    }
}

/// Loads the page of an artefact; an address without a number leads nowhere.
pub(super) fn fetch(
    id: Option<i64>,
    target: Target,
) -> impl Future<Output = Result<PageData, ClientError>> + Send + use<> {
    let client = Client::current();
    let may_be_granted = untrack(may_be_granted);
    async move {
        let id = id.ok_or(ClientError::NotFound)?;
        let (parts, (versions, older), granted) = future::join3(
            fetch_parts(client.clone(), id),
            fetch_versions(client.clone(), id),
            fetch_granted(client.clone(), id, may_be_granted),
        )
        .await;
        let parts = parts?;
        let environments = parts.environments.as_deref().unwrap_or_default();
        let (opened, fewer) = future::join(
            fetch_opened(client.clone(), default_open_run(environments, target.run), target.result),
            fetch_fewer(client, &parts.artefact, older, environments),
        )
        .await;
        Ok(PageData { parts, versions, fewer, granted, opened, today: today() })
    }
}

/// Whether rules may grant the visitor more than the session has: they grant to people, and nothing else.
fn may_be_granted() -> bool {
    let session = use_session();
    let is_missing = |permission: &Permission| session.permit(*permission) != Permit::Granted;
    session.user().is_some() && GRANTED_BY_RULES.iter().any(is_missing)
}

/// What the visitor may do with an artefact beyond what the session says.
async fn fetch_granted(client: Client, id: i64, may_be_granted: bool) -> Vec<Permission> {
    if !may_be_granted {
        return Vec::new();
    }
    let session = client.get::<SessionResponse>(&format!("/v1/session?artefact_id={id}")).await;
    session.map(|session| session.permissions).unwrap_or_default()
}

/// Loads what changes while the page is open.
pub(super) async fn fetch_parts(client: Client, id: i64) -> Result<Parts, ClientError> {
    let (artefact, builds, reviews, issues) = future::join4(
        client.get_tagged::<ArtefactResponse>(&format!("/v1/artefacts/{id}")),
        client.get::<Vec<ArtefactBuildResponse>>(&format!("/v1/artefacts/{id}/builds")),
        client.get::<Vec<ArtefactBuildEnvironmentReviewResponse>>(&format!("/v1/artefacts/{id}/environment-reviews")),
        client.get::<Vec<EnvironmentReportedIssueResponse>>(&format!(
            "/v1/environments/reported-issues?artefact_id={id}"
        )),
    )
    .await;
    let (artefact, tag) = artefact?;
    let bundled_in = builds.as_deref().map(bundles).unwrap_or_default();
    let minimal = builds.as_deref().unwrap_or_default().iter().map(without_executions).collect();
    let reviews_problem = reviews.as_ref().err().cloned();
    let environments = builds.map(|builds| assemble(builds, reviews.unwrap_or_default()));
    // Who may not see them sees the page without.
    let issues = issues.unwrap_or_default();
    Ok(Parts { artefact, tag, builds: minimal, bundled_in, environments, reviews_problem, issues })
}

async fn fetch_opened(client: Client, run: Option<i64>, target: Option<i64>) -> Option<OpenedRun> {
    let id = run?;
    Some(OpenedRun { id, results: fetch_whole(client, id, target).await })
}

fn without_executions(build: &ArtefactBuildResponse) -> ArtefactBuildMinimalResponse {
    ArtefactBuildMinimalResponse { id: build.id, architecture: build.architecture.clone(), revision: build.revision }
}

/// Fetches the results of a run, with the logs that a page is sent with.
async fn fetch_whole(client: Client, run: i64, target: Option<i64>) -> Result<Vec<ResultView>, ClientError> {
    let results = client.get::<Vec<TestResultResponse>>(&format!("/v1/test-executions/{run}/test-results")).await?;
    Ok(within_budget(results, target, LOG_BUDGET))
}

/// Fetches the results of a run. Their logs, which are most of the bytes, are fetched one by one when somebody opens them.
pub(super) async fn fetch_results(client: Client, run: i64) -> Result<Vec<ResultView>, ClientError> {
    let path = format!("/v1/test-executions/{run}/test-results?fields=comment,previous_results");
    let results = client.get::<Vec<TestResultResponse>>(&path).await?;
    Ok(results.into_iter().map(|result| ResultView { log: LogView::default(), ..view(result) }).collect())
}

/// The solutions that contain a build of this artefact, each once.
fn bundles(builds: &[ArtefactBuildResponse]) -> Vec<ArtefactMinimalResponse> {
    let mut bundles: Vec<ArtefactMinimalResponse> = Vec::new();
    for bundle in builds.iter().flat_map(|build| &build.bundled_in) {
        if !bundles.contains(bundle) {
            bundles.push(bundle.clone());
        }
    }
    bundles
}

/// Keeps the logs that fit: first the one a link points at, then those of what failed, then the rest in their order.
pub(super) fn within_budget(results: Vec<TestResultResponse>, target: Option<i64>, budget: usize) -> Vec<ResultView> {
    let mut views: Vec<ResultView> = results.into_iter().map(view).collect();
    let mut places: Vec<usize> = (0..views.len()).collect();
    order::sort_by_key(&mut places, |&at| {
        views.get(at).map(|result| (Some(result.id) != target, result.status != TestResultStatus::Failed))
    });
    let mut left = budget;
    for at in places {
        if let Some(log) = views.get_mut(at).map(|result| &mut result.log) {
            let size = log.beginning.as_ref().map_or(0, String::len);
            if size > left {
                log.beginning = None;
            } else {
                left -= size;
            }
        }
    }
    views
}

fn view(result: TestResultResponse) -> ResultView {
    ResultView {
        id: result.id,
        name: result.name,
        status: result.status,
        category: result.category,
        template_id: result.template_id,
        comment: result.comment,
        issues: result.issues,
        previous: result.previous_results,
        log: LogView::new(&result.io_log),
    }
}

/// The address of a log as plain text.
pub(super) fn log_address(run: i64, result: i64) -> String {
    format!("/logs/{run}/{result}")
}

#[cfg(test)]
mod tests {
    use leptos_router::params::ParamsMap;

    use super::{Target, within_budget};
    use crate::api::TestResultResponse;

    fn result(id: i64, status: &str, log: &str) -> TestResultResponse {
        serde_json::from_value(serde_json::json!({
            "id": id, "name": "t", "created_at": "2031-05-04T03:02:01", "category": "", "template_id": "",
            "status": status, "comment": "", "io_log": log, "previous_results": [], "issues": [],
        }))
        .unwrap()
    }

    #[test]
    fn logs_of_the_target_and_of_failures_are_kept_first() {
        let results = vec![
            result(1, "PASSED", "12345"),
            result(2, "FAILED", "12345"),
            result(3, "SKIPPED", "12345"),
            result(4, "PASSED", ""),
        ];
        let kept = |budget, target| -> Vec<i64> {
            let views = within_budget(results.clone(), target, budget);
            views.into_iter().filter(|view| view.log.beginning.is_some()).map(|view| view.id).collect()
        };
        assert_eq!(kept(5, None), [2, 4]);
        assert_eq!(kept(10, None), [1, 2, 4]);
        assert_eq!(kept(5, Some(3)), [3, 4]);
        assert_eq!(kept(15, None), [1, 2, 3, 4]);
    }

    #[test]
    fn a_target_that_is_no_number_is_none() {
        let query: ParamsMap = [("testExecutionId", "12"), ("testResultId", "x")]
            .into_iter()
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .collect();
        assert_eq!(Target::from_query(&query), Target { run: Some(12), result: None });
    }
}

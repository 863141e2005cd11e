//! Results as a search finds them: a line each, with the way to their run and to everything known of them.

use leptos::{prelude::*, task::spawn_local};
use serde::{Deserialize, Serialize};

use super::{
    button::{ActionButton, Weight},
    dialog::Dialog,
    error_notice::ErrorNotice,
    issue::IssueLine,
    moment::Moment,
    status::Look,
};
use crate::erase::Erase;
use crate::{
    api::{
        ExecutionMetadata, FamilyName, MinimalIssueResponse, TestExecutionStatus, TestResultResponseWithContext,
        TestResultSearchResponseWithContext, TestResultStatus, Timestamp,
    },
    client::{Client, ClientError},
    text::result_filters::ResultFilters,
};

/// Results on a page.
pub(crate) const PER_PAGE: i64 = 100;

/// A result as a search finds it, without its log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ResultRow {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) status: TestResultStatus,
    category: String,
    template_id: String,
    comment: String,
    created_at: Timestamp,
    issues: Vec<MinimalIssueResponse>,
    family: FamilyName,
    artefact: i64,
    artefact_name: String,
    version: String,
    track: String,
    architecture: String,
    execution: i64,
    execution_status: TestExecutionStatus,
    metadata: ExecutionMetadata,
    environment: String,
    test_plan: String,
    snippet: Option<String>,
}

impl From<TestResultResponseWithContext> for ResultRow {
    fn from(found: TestResultResponseWithContext) -> Self {
        let (result, execution, artefact) = (found.test_result, found.test_execution, found.artefact);
        Self {
            id: result.id,
            name: result.name,
            status: result.status,
            category: result.category,
            template_id: result.template_id,
            comment: result.comment,
            created_at: result.created_at,
            issues: result.issues.into_iter().map(|attached| attached.issue).collect(),
            family: artefact.family,
            artefact: artefact.id,
            artefact_name: artefact.name,
            version: artefact.version,
            track: artefact.track,
            architecture: found.artefact_build.architecture,
            execution: execution.id,
            execution_status: execution.status,
            metadata: execution.execution_metadata,
            environment: execution.environment.name,
            test_plan: execution.test_plan,
            snippet: found.snippet.map(|snippet| snippet.text),
        }
    }
}

impl ResultRow {
    /// The result on the page of its artefact.
    fn page(&self) -> String {
        let (family, artefact) = (self.family.path(), self.artefact);
        format!("/{family}/{artefact}?testExecutionId={}&testResultId={}#result-{}", self.execution, self.id, self.id)
    }

    fn test_plan(&self) -> String {
        if self.test_plan.is_empty() { "Unknown".to_owned() } else { self.test_plan.clone() }
    }
}

/// A page of what a search found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Found {
    /// The results of this page.
    pub(crate) rows: Vec<ResultRow>,
    /// How many there are on all pages.
    pub(crate) count: i64,
    /// Whether there are no more than that.
    pub(crate) is_exact: bool,
}

/// Searches, without logs.
pub(crate) fn search(
    client: &Client,
    filters: &ResultFilters,
    offset: i64,
) -> impl Future<Output = Result<Found, ClientError>> + Send + use<> {
    let (limit, offset) = (PER_PAGE.to_string(), offset.to_string());
    let address = filters.api_address(&[("limit", &limit), ("offset", &offset), ("fields", "comment")]);
    let answer = client.get::<TestResultSearchResponseWithContext>(&address);
    async move {
        let answer = answer.await?;
        Ok(Found {
            count: answer.count,
            is_exact: answer.count_is_exact.unwrap_or(true),
            rows: answer.test_results.into_iter().map(ResultRow::from).collect(),
        })
    }
}

/// How many results the filters choose; nothing of them is read.
pub(crate) async fn count_matches(client: Client, filters: ResultFilters) -> Result<i64, ClientError> {
    let address = filters.api_address(&[("limit", "0")]);
    client.get::<TestResultSearchResponseWithContext>(&address).await.map(|answer| answer.count)
}

/// The table; on a phone each result is a card.
#[component]
pub(crate) fn ResultTable(rows: Vec<ResultRow>) -> impl IntoView {
    let looked_at = RwSignal::new(None::<ResultRow>);
    let open = RwSignal::new(false);
    let look = Callback::new(move |row: ResultRow| {
        looked_at.set(Some(row));
        open.set(true);
    });
    let lines = rows.into_iter().map(|row| view! { <Line row look/> }.erase()).collect_view();
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label="Results">
        <table class="table table-cards result-table">
            <thead>
                <tr>
                    <th scope="col">"Artefact"</th>
                    <th scope="col">"Test Case"</th>
                    <th scope="col">"Test Execution ID"</th>
                    <th scope="col">"Status"</th>
                    <th scope="col">"Issues"</th>
                    <th scope="col">"Track"</th>
                    <th scope="col">"Version"</th>
                    <th scope="col">"Environment"</th>
                    <th scope="col">"Test Plan"</th>
                    <th scope="col">"Actions"</th>
                </tr>
            </thead>
            <tbody>{lines}</tbody>
        </table>
        </div>
        <Dialog open title="Test Result Details">
            {move || looked_at.get().map(|row| view! { <Details row/> }.erase())}
        </Dialog>
    }
    .erase()
}

#[component]
fn Line(row: ResultRow, look: Callback<ResultRow>) -> impl IntoView {
    let issues = match row.issues.len() {
        0 => String::new(),
        1 => "1 issue".to_owned(),
        count => format!("{count} issues"),
    };
    let environment = format!("{}/{}", row.architecture, row.environment);
    let details = format!("Details of {}", row.name);
    let page = row.page();
    let below = row.snippet.clone().unwrap_or_else(|| row.category.clone());
    let kept = row.clone();
    view! {
        <tr>
            <td data-label="Artefact">{row.artefact_name.clone()}</td>
            <td class="result-case" data-label="Test Case">
                <a href=page.clone()>{row.name.clone()}</a>
                <span class="quiet">{below}</span>
            </td>
            <td class="number" data-label="Test Execution ID">
                {row.execution}
            </td>
            <td data-label="Status">{Look::from(row.status).view()}</td>
            <td data-label="Issues" class:cell-empty=row.issues.is_empty()>
                {issues}
            </td>
            <td data-label="Track" class:cell-empty=row.track.is_empty()>
                {row.track.clone()}
            </td>
            <td data-label="Version">
                <span class="version" title=row.version.clone()>
                    {row.version.clone()}
                </span>
            </td>
            <td data-label="Environment" title=environment.clone()>
                {environment.clone()}
            </td>
            <td data-label="Test Plan">{row.test_plan()}</td>
            <td data-label="Actions">
                <ActionButton label="Details" name=details weight=Weight::Small on_press=move |()| look.run(kept.clone())/>
                " "
                <a class="button button-small" href=page target="_blank" rel="noopener">
                    "View Run"
                    <span class="visually-hidden">{format!(" of {} (opens in a new tab)", row.name)}</span>
                </a>
            </td>
        </tr>
    }
    .erase()
}

/// Everything known of a result. Its log is fetched when somebody looks.
#[component]
fn Details(row: ResultRow) -> impl IntoView {
    let log = RwSignal::new(None::<Result<String, ClientError>>);
    let address = format!("/logs/{}/{}", row.execution, row.id);
    let answer = Client::current().get_text(&address);
    spawn_local(async move {
        // The dialog may be closed by now.
        log.try_set(Some(answer.await));
    });
    let facts = |facts: Vec<(&'static str, String)>| {
        let known = facts.into_iter().filter(|(_, value)| !value.is_empty());
        known.map(|(label, value)| view! { <div><dt>{label}</dt><dd>{value}</dd></div> }.erase()).collect_view()
    };
    let case = vec![
        ("Name", row.name.clone()),
        ("Category", row.category.clone()),
        ("Template ID", row.template_id.clone()),
        ("Comment", row.comment.clone()),
    ];
    let artefact = vec![
        ("Family", row.family.as_str().to_uppercase()),
        ("Name", row.artefact_name.clone()),
        ("Version", row.version.clone()),
        ("Track", row.track.clone()),
        ("Architecture", row.architecture.clone()),
    ];
    let execution = vec![
        ("Execution ID", row.execution.to_string()),
        ("Test Plan", row.test_plan()),
        ("Environment", row.environment.clone()),
    ];
    let metadata = row.metadata.0.iter().map(|(category, values)| {
        let values: Vec<String> = values.clone();
        view! { <div><dt>{category.clone()}</dt><dd>{values.join(", ")}</dd></div> }
    });
    let metadata = metadata.collect_view();
    let has_issues = !row.issues.is_empty();
    let issues =
        row.issues.iter().map(|issue| view! { <li><IssueLine issue=issue.clone()/></li> }.erase()).collect_view();
    let page = row.page();
    view! {
        <div class="result-details">
            <h3>"Test Case"</h3>
            <dl class="facts">
                {facts(case)} <div>
                    <dt>"Status"</dt>
                    <dd>{Look::from(row.status).view()}</dd>
                </div>
            </dl>
            <h3>"Artefact"</h3>
            <dl class="facts">{facts(artefact)}</dl>
            <h3>"Test Execution"</h3>
            <dl class="facts">
                {facts(execution)} <div>
                    <dt>"Status"</dt>
                    <dd>{Look::from(row.execution_status).view()}</dd>
                </div> <div>
                    <dt>"Created"</dt>
                    <dd>
                        <Moment at=row.created_at.clone()/>
                    </dd>
                </div> {metadata}
            </dl>
            {has_issues.then(|| view! { <h3>"Issues"</h3> <ul class="plain-list">{issues}</ul> }.erase())}
            {move || view_log(log.get(), &address)}
            <div class="dialog-actions">
                <a class="button button-primary" href=page target="_blank" rel="noopener">
                    "View Run"
                    <span class="visually-hidden">" (opens in a new tab)"</span>
                </a>
            </div>
        </div>
    }
    .erase()
}

/// As much of a log as fits a dialog; the rest is behind the link.
const LOG_BYTES: usize = 20_000;

fn view_log(log: Option<Result<String, ClientError>>, address: &str) -> AnyView {
    match log {
        None => view! { <p class="loading">"Loading the log…"</p> }.erase(),
        Some(Err(error)) => view! { <ErrorNotice error/> }.erase(),
        Some(Ok(text)) if text.is_empty() => ().erase(),
        Some(Ok(text)) => {
            let end = (0..=LOG_BYTES.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
            let is_cut = end < text.len();
            let beginning = text.get(..end).unwrap_or_default().to_owned();
            view! {
                <h3>"IO Log"</h3>
                // What scrolls has to be reachable by keyboard.
                <pre class="log-plain" tabindex="0">{beginning}</pre>
                {is_cut.then(|| view! { <p><a href=address.to_owned() target="_blank" rel="noopener">"The whole log"</a></p> }.erase())}
            }
            .erase()
        }
    }
}

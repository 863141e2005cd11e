//! What failed or was skipped in the newest runs of an artefact: the list that triage works through.

use serde::{Deserialize, Serialize};

use crate::{
    api::{ArtefactResponse, EnvironmentResponse, MinimalIssueTestResultAttachmentResponse, TestResultStatus},
    client::{Client, ClientError},
    components::issue::issue_key,
    order,
    text::api_address::api_address,
};

/// Results of one request.
const PAGE: &str = "500";
/// As many requests are made; an artefact with more failures has another problem than triage.
const PAGES: usize = 10;

/// What a search finds, as far as triage needs it. Most of an answer is what all results of an artefact have in common: that is
/// passed over instead of read.
#[derive(Deserialize)]
struct Found {
    test_results: Vec<FoundResult>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct FoundResult {
    test_result: ResultPart,
    test_execution: ExecutionPart,
    artefact: ArtefactPart,
}

#[derive(Deserialize)]
struct ResultPart {
    id: i64,
    name: String,
    status: TestResultStatus,
    issues: Vec<MinimalIssueTestResultAttachmentResponse>,
}

#[derive(Deserialize)]
struct ExecutionPart {
    id: i64,
    test_plan: String,
    environment: EnvironmentResponse,
}

#[derive(Deserialize)]
struct ArtefactPart {
    id: i64,
}

/// A result that failed or was skipped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Failure {
    pub(super) result: i64,
    pub(super) run: i64,
    pub(super) test: String,
    pub(super) status: TestResultStatus,
    pub(super) environment: String,
    pub(super) architecture: String,
    pub(super) plan: String,
    pub(super) issues: Vec<IssueTag>,
}

/// An attached issue in a word.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct IssueTag {
    pub(super) id: i64,
    pub(super) label: String,
}

impl IssueTag {
    /// The word for an attachment.
    pub(super) fn new(attachment: &MinimalIssueTestResultAttachmentResponse) -> Self {
        let issue = &attachment.issue;
        Self { id: issue.id, label: issue_key(issue.source, &issue.project, &issue.key) }
    }
}

impl From<FoundResult> for Failure {
    fn from(found: FoundResult) -> Self {
        let result = found.test_result;
        Self {
            result: result.id,
            run: found.test_execution.id,
            test: result.name,
            status: result.status,
            environment: found.test_execution.environment.name,
            architecture: found.test_execution.environment.architecture,
            plan: found.test_execution.test_plan,
            issues: result.issues.iter().map(IssueTag::new).collect(),
        }
    }
}

/// Which artefact's failures are meant. Several artefacts may have one name and version, so what is found is told apart by id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Subject {
    pub(super) id: i64,
    pub(super) family: String,
    pub(super) name: String,
    pub(super) version: String,
}

impl From<&ArtefactResponse> for Subject {
    fn from(artefact: &ArtefactResponse) -> Self {
        Self {
            id: artefact.id,
            family: artefact.family.to_string(),
            name: artefact.name.clone(),
            version: artefact.version.clone(),
        }
    }
}

/// Searches the newest runs of an artefact for results of some statuses, without their logs. In the order of the page.
pub(super) async fn fetch_outcomes(
    client: Client,
    subject: Subject,
    statuses: Vec<TestResultStatus>,
    tests: Vec<String>,
) -> Result<Vec<Failure>, ClientError> {
    let mut parameters = vec![
        ("families", subject.family),
        ("artefacts", subject.name),
        ("artefact_versions", subject.version),
        ("execution_is_latest", "true".to_owned()),
        ("fields", "id".to_owned()),
        ("limit", PAGE.to_owned()),
    ];
    parameters.extend(statuses.into_iter().map(|status| ("test_result_statuses", status.to_string())));
    parameters.extend(tests.into_iter().map(|test| ("test_cases", test)));
    let mut failures: Vec<Failure> = Vec::new();
    let mut cursor = None;
    for _ in 0..PAGES {
        let mut page = parameters.clone();
        page.extend(cursor.map(|cursor| ("cursor", cursor)));
        let found: Found = client.get(&api_address("/v1/test-results", &page)).await?;
        let ours = found.test_results.into_iter().filter(|found| found.artefact.id == subject.id);
        failures.extend(ours.map(Failure::from));
        cursor = found.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    sort(&mut failures);
    Ok(failures)
}

/// What waits for triage, or did.
pub(super) async fn fetch_failures(client: Client, subject: Subject) -> Result<Vec<Failure>, ClientError> {
    fetch_outcomes(client, subject, vec![TestResultStatus::Failed, TestResultStatus::Skipped], Vec::new()).await
}

/// As the page goes: environments by name, inside by plan, failed before skipped.
fn sort(failures: &mut Vec<Failure>) {
    order::sort_by(failures, |a, b| {
        let place = |failure: &Failure| (failure.status != TestResultStatus::Failed, failure.result);
        (&a.architecture, &a.environment, &a.plan)
            .cmp(&(&b.architecture, &b.environment, &b.plan))
            .then_with(|| place(a).cmp(&place(b)))
    });
}

/// How far triage is: "12 of 40 failures triaged".
pub(super) fn progress(failures: &[Failure]) -> String {
    let triaged = failures.iter().filter(|failure| !failure.issues.is_empty()).count();
    match failures.len() {
        0 => "Nothing failed or was skipped in the newest runs".to_owned(),
        1 => format!("{triaged} of 1 failure triaged"),
        count => format!("{triaged} of {count} failures triaged"),
    }
}

/// Where a result stands among the failures; nothing when it is none of them.
pub(super) fn place_among(failures: &[Failure], result: i64) -> Option<String> {
    let place = failures.iter().position(|failure| failure.result == result)?;
    Some(format!("Failure {} of {}", place + 1, failures.len()))
}

/// The next failure behind a result that pleases; behind the last comes the first.
pub(super) fn next_after(
    failures: &[Failure],
    result: Option<i64>,
    pleases: impl Fn(&Failure) -> bool,
) -> Option<&Failure> {
    let start = result.and_then(|id| failures.iter().position(|failure| failure.result == id)).map_or(0, |at| at + 1);
    let (before, behind) = failures.split_at(start);
    behind.iter().chain(before).find(|failure| pleases(failure))
}

/// The failure before a result; before the first comes the last.
pub(super) fn previous_before(failures: &[Failure], result: Option<i64>) -> Option<&Failure> {
    let at = result.and_then(|id| failures.iter().position(|failure| failure.result == id)).unwrap_or(0);
    let (before, behind) = failures.split_at(at);
    before.last().or_else(|| behind.last())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{Failure, IssueTag, next_after, place_among, previous_before, progress, sort};
    use crate::api::TestResultStatus::{self, Failed, Skipped};

    /// A failure of a test in an environment; triaged where an issue is named.
    pub(crate) fn failure(result: i64, test: &str, environment: &str, issue: Option<i64>) -> Failure {
        Failure {
            result,
            run: result * 10,
            test: test.to_owned(),
            status: Failed,
            environment: environment.to_owned(),
            architecture: "amd64".to_owned(),
            plan: "smoke".to_owned(),
            issues: issue.map(|id| IssueTag { id, label: format!("#{id}") }).into_iter().collect(),
        }
    }

    fn status(failure: Failure, status: TestResultStatus) -> Failure {
        Failure { status, ..failure }
    }

    #[test]
    fn failures_follow_the_page() {
        let mut failures = vec![
            failure(1, "a", "second", None),
            status(failure(2, "a", "first", None), Skipped),
            failure(4, "b", "first", None),
            failure(3, "c", "first", None),
        ];
        sort(&mut failures);
        assert_eq!(failures.iter().map(|failure| failure.result).collect::<Vec<_>>(), [3, 4, 2, 1]);
    }

    #[test]
    fn progress_counts_what_has_an_issue() {
        assert_eq!(progress(&[]), "Nothing failed or was skipped in the newest runs");
        assert_eq!(progress(&[failure(1, "a", "x", None)]), "0 of 1 failure triaged");
        assert_eq!(progress(&[failure(1, "a", "x", Some(7)), failure(2, "b", "x", None)]), "1 of 2 failures triaged");
    }

    #[test]
    fn a_failure_has_its_place() {
        let failures = [failure(1, "a", "x", None), failure(2, "b", "x", None)];
        assert_eq!(place_among(&failures, 2), Some("Failure 2 of 2".to_owned()));
        assert_eq!(place_among(&failures, 3), None);
    }

    #[test]
    fn the_way_goes_round() {
        let failures = [failure(1, "a", "x", Some(7)), failure(2, "b", "x", None), failure(3, "c", "x", Some(7))];
        let any = |result| next_after(&failures, result, |_| true).map(|failure| failure.result);
        assert_eq!((any(None), any(Some(1)), any(Some(3)), any(Some(99))), (Some(1), Some(2), Some(1), Some(1)));
        let untriaged = |result| next_after(&failures, result, |it| it.issues.is_empty()).map(|failure| failure.result);
        assert_eq!((untriaged(None), untriaged(Some(2)), untriaged(Some(3))), (Some(2), Some(2), Some(2)));
        let back = |result| previous_before(&failures, result).map(|failure| failure.result);
        assert_eq!((back(Some(3)), back(Some(1)), back(None)), (Some(2), Some(3), Some(3)));
        assert!(next_after(&[], Some(1), |_| true).is_none() && previous_before(&[], Some(1)).is_none());
    }
}

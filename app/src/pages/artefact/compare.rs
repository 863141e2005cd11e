//! What has changed since the version before: new failures, and what is fixed.

use std::collections::{BTreeMap, BTreeSet};

use futures::future;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::failures::{Failure, Subject, fetch_outcomes};
use crate::erase::Erase;
use crate::{
    api::{ArtefactResponse, TestResultStatus},
    client::{Client, ClientError},
    components::{
        error_notice::ErrorNotice,
        load::{load, loading},
        status::Look,
    },
    order,
};

/// Results that are named in a list; of more their number is told.
const NAMED: usize = 100;
/// Tests that are asked for in one address.
const ASKED: usize = 100;

/// Two versions beside each other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Comparison {
    new_failures: Vec<Failure>,
    fixed: Vec<Failure>,
    /// Failed before and now.
    still_failing: usize,
}

/// What makes two results of different versions comparable.
fn key(result: &Failure) -> (&str, &str, &str, &str) {
    (&result.test, &result.environment, &result.architecture, &result.plan)
}

/// `now` and `before` hold what failed, `passed` what passed now of that which failed before.
fn compare(now: Vec<Failure>, before: &[Failure], passed: Vec<Failure>) -> Comparison {
    let earlier: BTreeSet<_> = before.iter().map(key).collect();
    let (still, new_failures): (Vec<_>, Vec<_>) = now.into_iter().partition(|it| earlier.contains(&key(it)));
    let fixed = passed.into_iter().filter(|it| earlier.contains(&key(it))).collect();
    Comparison { new_failures, fixed, still_failing: still.len() }
}

/// The tests that failed before and not now, each once.
fn gone(now: &[Failure], before: &[Failure]) -> Vec<String> {
    let current: BTreeSet<_> = now.iter().map(key).collect();
    let gone = before.iter().filter(|failure| !current.contains(&key(failure)));
    let mut tests: Vec<String> = gone.map(|failure| failure.test.clone()).collect();
    order::sort(&mut tests);
    tests.dedup();
    tests
}

/// What failed in the version of an id, and what that is called.
async fn fetch_failed(client: Client, artefact: i64) -> Result<(String, Vec<Failure>), ClientError> {
    let artefact = client.get::<ArtefactResponse>(&format!("/v1/artefacts/{artefact}")).await?;
    let statuses = vec![TestResultStatus::Failed];
    let failed = fetch_outcomes(client, Subject::from(&artefact), statuses, Vec::new()).await?;
    Ok((artefact.version, failed))
}

async fn fetch(client: Client, subject: Subject, previous: i64) -> Result<(String, Comparison), ClientError> {
    let statuses = vec![TestResultStatus::Failed];
    let (now, (version, before)) = future::try_join(
        fetch_outcomes(client.clone(), subject.clone(), statuses, Vec::new()),
        fetch_failed(client.clone(), previous),
    )
    .await?;
    // What no longer fails is fixed only if it was run.
    let mut passed = Vec::new();
    for tests in gone(&now, &before).chunks(ASKED) {
        let statuses = vec![TestResultStatus::Passed];
        passed.extend(fetch_outcomes(client.clone(), subject.clone(), statuses, tests.to_vec()).await?);
    }
    Ok((version, compare(now, &before, passed)))
}

/// The comparison of an artefact with the version before, by the id of that. Its data is its own.
#[component]
pub(super) fn Compare(artefact: ArtefactResponse, previous_id: i64) -> impl IntoView {
    let subject = Subject::from(&artefact);
    let comparison = load(move || fetch(Client::current(), subject.clone(), previous_id));
    view! {
        <section class="compare" aria-labelledby="compare">
            <h2 id="compare">"Compared with the version before"</h2>
            {comparison.view(loading, move |answer| match answer {
                Err(error) => view! { <ErrorNotice error/> }.erase(),
                Ok((version, comparison)) => view! { <Shown version comparison/> }.erase(),
            })}
        </section>
    }
    .erase()
}

/// "3 new failures, 5 fixed".
fn in_words(comparison: &Comparison) -> String {
    let new = match comparison.new_failures.len() {
        1 => "1 new failure".to_owned(),
        count => format!("{count} new failures"),
    };
    format!("{new}, {} fixed", comparison.fixed.len())
}

#[component]
fn Shown(version: String, comparison: Comparison) -> impl IntoView {
    let words = in_words(&comparison);
    let Comparison { new_failures, fixed, still_failing } = comparison;
    view! {
        <p>
            <strong>{words}</strong>
            {format!(" since {version}; {still_failing} failed before, too.")}
        </p>
        <Outcomes title="New failures" outcomes=new_failures/>
        <Outcomes title="Fixed" outcomes=fixed/>
    }
}

/// Each test once, by name, with where it ended so.
fn by_test(outcomes: Vec<Failure>) -> BTreeMap<String, Vec<Failure>> {
    let mut tests: BTreeMap<String, Vec<Failure>> = BTreeMap::new();
    for outcome in outcomes.into_iter().take(NAMED) {
        tests.entry(outcome.test.clone()).or_default().push(outcome);
    }
    tests
}

#[component]
fn Outcomes(title: &'static str, outcomes: Vec<Failure>) -> impl IntoView {
    let count = outcomes.len();
    let rows = by_test(outcomes).into_iter().map(|(test, outcomes)| {
        let status = outcomes.first().map(|outcome| Look::from(outcome.status).compact());
        let places = outcomes.into_iter().map(|outcome| {
            let Failure { run, result, environment, architecture, plan, .. } = outcome;
            let address = format!("?testExecutionId={run}&testResultId={result}#result-{result}");
            let plan = if plan.is_empty() { "unknown".to_owned() } else { plan };
            view! { <a href=address>{format!("{environment} ({architecture}), {plan}")}</a> }
        });
        view! {
            <li>
                {status}
                <strong>{test}</strong>
                {places.collect_view()}
            </li>
        }
    });
    let rows = rows.collect_view();
    (count > 0).then(|| {
        view! {
            <h3>{title}</h3>
            <ul class="outcomes plain-list">{rows}</ul>
            {(count > NAMED).then(|| view! { <p class="quiet">{format!("and {} more", count - NAMED)}</p> }.erase())}
        }
        .erase()
    })
}

#[cfg(test)]
mod tests {
    use super::{compare, gone, in_words};
    use crate::pages::artefact::failures::tests::failure;

    #[test]
    fn what_failed_only_now_is_new_and_what_passes_now_is_fixed() {
        let now = vec![failure(1, "new", "a", None), failure(2, "old", "a", None), failure(3, "old", "b", None)];
        let before = [
            failure(11, "old", "a", None),
            failure(12, "fixed", "a", None),
            failure(13, "fixed", "b", None),
            failure(14, "dropped", "a", None),
        ];
        assert_eq!(gone(&now, &before), ["dropped", "fixed"]);
        let passed = vec![failure(4, "fixed", "a", None), failure(5, "fixed", "c", None)];
        let comparison = compare(now, &before, passed);
        let ids = |all: &[super::Failure]| all.iter().map(|it| it.result).collect::<Vec<_>>();
        // A test that fails in another environment is new there; what was not run is neither.
        assert_eq!((ids(&comparison.new_failures), ids(&comparison.fixed)), (vec![1, 3], vec![4]));
        assert_eq!(comparison.still_failing, 1);
        assert_eq!(in_words(&comparison), "2 new failures, 1 fixed");
    }
}

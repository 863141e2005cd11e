//! Retention: what is old goes, logs before results before executions, and what stays all the same.

use std::time::Duration;

use app::api::FamilyName::{self, Charm, Deb, Snap};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use test_observer::clock::Clock;
use test_observer::domain::retention::{Periods, RetentionSettings};
use test_observer::service::retention::{RetentionCounts, RetentionReport};

use crate::support::{TestApp, both, charm, deb, rerun_of, snap};

const NUMBER_OF_LOGS: &str = "SELECT COUNT(*) FROM test_result WHERE io_log <> '' OR io_log_zstd IS NOT NULL";
/// Executions whose counts say something else than their results.
const WRONG_EXECUTIONS: &str = "SELECT COUNT(*) FROM test_execution AS it WHERE
    passed_count + failed_count + skipped_count <> (SELECT COUNT(*) FROM test_result WHERE test_execution_id = it.id)
    OR has_results <> EXISTS (SELECT 1 FROM test_result WHERE test_execution_id = it.id)";
/// As long as something is waited for that is to happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// A clock that stands still so many days after everything began.
fn day(number: i64) -> Clock {
    let start: DateTime<Utc> = "2031-01-01T00:00:00Z".parse().unwrap();
    Clock::from_fn(move || start + TimeDelta::days(number))
}

/// The same periods for all families.
fn periods(logs: Option<u32>, results: Option<u32>, executions: Option<u32>) -> RetentionSettings {
    let periods = Periods { logs, results, executions };
    RetentionSettings::new(FamilyName::ALL.iter().map(|family| (*family, periods)).collect())
}

/// Everything goes after so many days.
fn all_after(days: u32) -> RetentionSettings {
    periods(Some(days), Some(days), Some(days))
}

async fn enforce(app: &TestApp, settings: &RetentionSettings) -> RetentionReport {
    app.service.enforce_retention(settings).await.unwrap()
}

/// As many logs, results and executions.
fn numbers(counts: RetentionCounts) -> (u64, u64, u64) {
    (counts.logs, counts.results, counts.executions)
}

/// Reports results `(name, status, comment, log)` of a start; the execution.
async fn report(app: &TestApp, start: &Value, results: &[(&str, &str, &str, &str)]) -> i64 {
    let execution = app.start(start).await;
    let batch: Vec<Value> = results
        .iter()
        .map(|(name, status, comment, log)| json!({"name": name, "status": status, "comment": comment, "io_log": log}))
        .collect();
    app.post(&format!("/v1/test-executions/{execution}/test-results"), &json!(batch)).await.ok();
    execution
}

/// Two results with a log each, of a version that is followed by another one; the execution.
async fn outdated(app: &TestApp, body: fn(&Value) -> Value) -> i64 {
    let results = [("wifi", "FAILED", "flaky", "carrier lost"), ("disk", "PASSED", "", "spins")];
    let execution = report(app, &body(&json!({"version": "1", "revision": 1})), &results).await;
    app.start(&body(&json!({"version": "2", "revision": 2}))).await;
    execution
}

fn outdated_deb(changes: &Value) -> Value {
    let mut changes = changes.clone();
    // Debs have none.
    changes["revision"] = Value::Null;
    deb(&changes)
}

async fn results(app: &TestApp, execution: i64) -> Value {
    app.get(&format!("/v1/test-executions/{execution}/test-results")).await.ok()
}

/// How many results are found by a word.
async fn found(app: &TestApp, word: &str) -> Value {
    app.get(&format!("/v1/test-results?q={word}")).await.ok()["count"].clone()
}

async fn is_there(app: &TestApp, execution: i64) -> bool {
    app.get(&format!("/v1/test-executions/{execution}")).await.status == 200
}

both! {
    async fn logs_go_with_their_words_and_nothing_else(app: TestApp) {
        let app = app.with_clock(day(0));
        let long = "carrier lost\n".repeat(1_000);
        let run = report(&app, &snap(&json!({"version": "1"})), &[
            ("wifi", "FAILED", "flaky", "carrier lost"),
            ("long", "FAILED", "", &long),
            ("disk", "PASSED", "", "carrier fine"),
            ("bare", "SKIPPED", "", ""),
        ]).await;
        app.start(&snap(&json!({"version": "2"}))).await;
        let app = app.with_clock(day(31));
        let (before, execution) = (results(&app, run).await, app.execution(run).await);
        assert_eq!(found(&app, "carrier").await, 2);
        let snaps = enforce(&app, &periods(Some(30), None, None)).await.of(Snap);
        assert_eq!(numbers(snaps), (3, 0, 0));
        // Of the long one as much as is stored.
        assert!((25..1_000).contains(&snaps.log_bytes), "{snaps:?}");
        let mut expected = before;
        for result in expected.as_array_mut().unwrap() {
            result["io_log"] = json!("");
        }
        assert_eq!(results(&app, run).await, expected);
        assert_eq!(app.execution(run).await, execution);
        assert_eq!(app.raw.number(NUMBER_OF_LOGS).await, 0);
        for (word, number) in [("carrier", 0), ("flaky", 1), ("long", 1), ("disk", 1), ("bare", 1)] {
            assert_eq!(found(&app, word).await, number, "{word}");
        }
    }

    async fn results_go_with_their_logs_and_words_and_are_counted_no_longer(app: TestApp) {
        let app = app.with_clock(day(0));
        let run = outdated(&app, snap).await;
        let app = app.with_clock(day(31));
        assert_eq!(numbers(enforce(&app, &periods(None, Some(30), None)).await.of(Snap)), (0, 2, 0));
        assert_eq!(results(&app, run).await, json!([]));
        assert_eq!(app.raw.number(WRONG_EXECUTIONS).await, 0);
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM test_result_words").await, 0);
        for word in ["wifi", "disk", "carrier"] {
            assert_eq!(found(&app, word).await, 0, "{word}");
        }
        assert!(is_there(&app, run).await);
    }

    async fn executions_go_with_what_hangs_on_them_and_their_artefact_stays(app: TestApp) {
        let app = app.with_clock(day(0));
        let run = app.start(&snap(&json!({"version": "1", "relevant_links": [{"label": "l", "url": "http://x"}]}))).await;
        let artefact = app.artefact_of(run).await;
        let update = json!({"events": [{"event_name": "boot", "timestamp": "2031-01-01T00:00:00Z", "detail": ""}]});
        app.put(&format!("/v1/test-executions/{run}/status_update"), &update).await;
        app.start(&snap(&json!({"version": "2"}))).await;
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM test_event").await, 1);
        let app = app.with_clock(day(31));
        let reviews = app.get(&format!("/v1/artefacts/{artefact}/environment-reviews")).await.ok();
        assert_eq!(numbers(enforce(&app, &all_after(30)).await.of(Snap)), (0, 0, 1));
        assert!(!is_there(&app, run).await);
        for table in ["test_event", "test_execution_relevant_link"] {
            assert_eq!(app.raw.number(&format!("SELECT COUNT(*) FROM {table}")).await, 0, "{table}");
        }
        assert_eq!(app.artefact(artefact).await["version"], "1");
        assert_eq!(app.get(&format!("/v1/artefacts/{artefact}/environment-reviews")).await.ok(), reviews);
        let builds = app.get(&format!("/v1/artefacts/{artefact}/builds")).await.ok();
        assert_eq!(builds[0]["test_executions"], json!([]));
    }

    async fn logs_go_before_results_before_executions(app: TestApp) {
        let mut app = app.with_clock(day(0));
        let run = outdated(&app, snap).await;
        let settings = periods(Some(10), Some(20), Some(30));
        for (number, expected) in [
            // Ten days old is not older than ten days.
            (10, (0, 0, 0)),
            (11, (2, 0, 0)),
            (20, (0, 0, 0)),
            (21, (0, 2, 0)),
            (30, (0, 0, 0)),
            (31, (0, 0, 1)),
            (32, (0, 0, 0)),
        ] {
            app = app.with_clock(day(number));
            assert_eq!(numbers(enforce(&app, &settings).await.total()), expected, "day {number}");
            assert_eq!(is_there(&app, run).await, number < 31, "day {number}");
        }
    }

    // What nobody said anything about is kept.
    async fn an_execution_that_has_results_stays(app: TestApp) {
        let app = app.with_clock(day(0));
        let run = outdated(&app, snap).await;
        let bare = app.start(&snap(&json!({"version": "1"}))).await;
        let app = app.with_clock(day(400));
        let before = results(&app, run).await;
        assert_eq!(numbers(enforce(&app, &periods(None, None, Some(30))).await.total()), (0, 0, 1));
        assert_eq!(results(&app, run).await, before);
        assert!(is_there(&app, run).await && !is_there(&app, bare).await);
    }

    async fn what_is_younger_in_an_old_execution_stays_with_it(app: TestApp) {
        let app = app.with_clock(day(0));
        let run = outdated(&app, snap).await;
        let app = app.with_clock(day(25));
        let late = json!([{"name": "late", "status": "PASSED", "io_log": "at last"}]);
        app.post(&format!("/v1/test-executions/{run}/test-results"), &late).await.ok();
        let app = app.with_clock(day(31));
        assert_eq!(numbers(enforce(&app, &all_after(30)).await.total()), (2, 2, 0));
        let left = results(&app, run).await;
        assert_eq!((left.as_array().unwrap().len(), &left[0]["io_log"]), (1, &json!("at last")));
        assert_eq!(app.raw.number(WRONG_EXECUTIONS).await, 0);
        let app = app.with_clock(day(56));
        assert_eq!(numbers(enforce(&app, &all_after(30)).await.total()), (1, 1, 1));
    }

    async fn each_family_has_its_own_periods(app: TestApp) {
        let app = app.with_clock(day(0));
        let (of_snap, of_deb) = (outdated(&app, snap).await, outdated(&app, outdated_deb).await);
        let app = app.with_clock(day(20));
        let logs = |days| Periods { logs: Some(days), ..Periods::default() };
        let settings = RetentionSettings::new([(Snap, logs(10)), (Deb, logs(30))].into());
        let report = enforce(&app, &settings).await;
        assert_eq!((numbers(report.of(Snap)), numbers(report.of(Deb))), ((2, 0, 0), (0, 0, 0)));
        assert_eq!(results(&app, of_snap).await[0]["io_log"], "");
        assert_ne!(results(&app, of_deb).await[0]["io_log"], "");
        let app = app.with_clock(day(31));
        let report = enforce(&app, &settings).await;
        assert_eq!((numbers(report.of(Snap)), numbers(report.of(Deb))), ((0, 0, 0), (2, 0, 0)));
        // A family of which nothing is said keeps everything.
        let settings = RetentionSettings::new([(Charm, logs(1))].into());
        assert_eq!(enforce(&app, &settings).await, RetentionReport::default());
    }

    async fn what_the_list_of_artefacts_shows_stays_until_it_is_archived(app: TestApp) {
        let app = app.with_clock(day(0));
        // Of snaps the newest of each group is shown, charms are all.
        let old = outdated(&app, snap).await;
        let newest = report(&app, &snap(&json!({"version": "3"})), &[("wifi", "PASSED", "", "fine")]).await;
        let old_charm = outdated(&app, charm).await;
        let app = app.with_clock(day(400));
        let shown = app.get("/v1/artefacts").await.ok();
        let report = enforce(&app, &periods(Some(30), None, None)).await;
        assert_eq!((report.of(Snap).logs, report.of(Charm).logs), (2, 0));
        assert_eq!(app.get("/v1/artefacts").await.ok(), shown);
        assert_eq!(results(&app, old).await[0]["io_log"], "");
        assert_eq!(results(&app, newest).await[0]["io_log"], "fine");
        for run in [newest, old_charm] {
            let artefact = app.artefact_of(run).await;
            app.patch(&format!("/v1/artefacts/{artefact}"), &json!({"archived": true})).await.ok();
        }
        let report = enforce(&app, &periods(Some(30), None, None)).await;
        assert_eq!((report.of(Snap).logs, report.of(Charm).logs), (1, 2));
        assert_eq!(app.raw.number(NUMBER_OF_LOGS).await, 0);
    }

    async fn what_somebody_keeps_stays_until_it_is_released(app: TestApp) {
        let app = app.with_clock(day(0));
        let run = outdated(&app, snap).await;
        let keep = format!("/v1/artefacts/{}/keep", app.artefact_of(run).await);
        assert_eq!(app.put(&keep, &Value::Null).await.status, 204);
        let app = app.with_clock(day(400));
        let before = (results(&app, run).await, app.execution(run).await);
        assert_eq!(enforce(&app, &all_after(30)).await, RetentionReport::default());
        assert_eq!((results(&app, run).await, app.execution(run).await), before);
        assert_eq!(app.delete(&keep).await.status, 204);
        assert_eq!(numbers(enforce(&app, &all_after(30)).await.total()), (2, 2, 1));
    }

    async fn a_result_with_an_issue_loses_its_log_only(app: TestApp) {
        let app = app.with_clock(day(0));
        let run = outdated(&app, snap).await;
        let known = results(&app, run).await.as_array().unwrap().iter().find(|it| it["name"] == "wifi").unwrap().clone();
        let issue = app.put("/v1/issues", &json!({"url": "https://github.com/acme/radio/issues/7"})).await.ok();
        let attached = json!({"test_results": [known["id"]]});
        app.post(&format!("/v1/issues/{}/attach", issue["id"]), &attached).await.ok();
        let app = app.with_clock(day(400));
        assert_eq!(numbers(enforce(&app, &all_after(30)).await.total()), (2, 1, 0));
        let left = results(&app, run).await;
        assert_eq!(left.as_array().unwrap().len(), 1);
        assert_eq!((&left[0]["id"], &left[0]["io_log"], &left[0]["comment"]), (&known["id"], &json!(""), &json!("flaky")));
        assert_eq!(left[0]["issues"][0]["issue"]["id"], issue["id"]);
        assert_eq!(app.raw.number(WRONG_EXECUTIONS).await, 0);
        app.post(&format!("/v1/issues/{}/detach", issue["id"]), &attached).await.ok();
        assert_eq!(numbers(enforce(&app, &all_after(30)).await.total()), (0, 1, 1));
        assert!(!is_there(&app, run).await);
    }

    async fn an_execution_stays_while_somebody_waits_for_its_rerun(app: TestApp) {
        let app = app.with_clock(day(0));
        let run = outdated(&app, snap).await;
        app.raw.run(&rerun_of(run, 1)).await;
        let app = app.with_clock(day(400));
        assert_eq!(numbers(enforce(&app, &all_after(30)).await.total()), (2, 2, 0));
        assert_eq!(app.get("/v1/test-executions/reruns").await.ok().as_array().unwrap().len(), 1);
        app.raw.run("DELETE FROM test_execution_rerun_request").await;
        assert_eq!(numbers(enforce(&app, &all_after(30)).await.total()), (0, 0, 1));
    }

    async fn a_dry_run_says_what_a_run_then_does_and_changes_nothing(app: TestApp) {
        let app = app.with_clock(day(0));
        let (one, other) = (outdated(&app, snap).await, outdated(&app, outdated_deb).await);
        let app = app.with_clock(day(400));
        let before = (results(&app, one).await, results(&app, other).await, found(&app, "carrier").await);
        let entries = app.raw.number("SELECT COUNT(*) FROM audit_log").await;
        let said = app.service.preview_retention(&all_after(30)).await.unwrap();
        let expected = RetentionCounts { logs: 2, log_bytes: 17, results: 2, executions: 1 };
        assert_eq!((said.of(Snap), said.of(Deb)), (expected, expected));
        assert_eq!((results(&app, one).await, results(&app, other).await, found(&app, "carrier").await), before);
        assert_eq!(enforce(&app, &all_after(30)).await, said);
        // What is gone goes once.
        assert_eq!(enforce(&app, &all_after(30)).await, RetentionReport::default());
        assert_eq!(app.service.preview_retention(&all_after(30)).await.unwrap(), RetentionReport::default());
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM audit_log").await, entries);
    }

    async fn more_than_a_page_goes_page_by_page(app: TestApp) {
        let app = app.with_clock(day(0));
        let names: Vec<String> = (0..1_100).map(|number| format!("case {number}")).collect();
        let many: Vec<_> = names.iter().map(|name| (name.as_str(), "FAILED", "", "log")).collect();
        report(&app, &snap(&json!({"version": "1"})), &many).await;
        for _ in 0..60 {
            app.start(&snap(&json!({"version": "1"}))).await;
        }
        outdated(&app, outdated_deb).await;
        app.start(&snap(&json!({"version": "2"}))).await;
        let app = app.with_clock(day(400));
        let said = app.service.preview_retention(&all_after(30)).await.unwrap();
        assert_eq!(said.of(Snap), RetentionCounts { logs: 1_100, log_bytes: 3_300, results: 1_100, executions: 61 });
        assert_eq!(enforce(&app, &all_after(30)).await, said);
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM test_result").await, 0);
        // Those of the newest versions.
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM test_execution").await, 2);
    }

    async fn a_page_takes_a_fixed_number_of_statements(app: TestApp) {
        let mut app = app;
        let mut spent = Vec::new();
        for (size, name) in [(2, "one"), (400, "other")] {
            app = app.with_clock(day(0));
            let names: Vec<String> = (0..size).map(|number| format!("case {number}")).collect();
            let many: Vec<_> = names.iter().map(|name| (name.as_str(), "FAILED", "", "log")).collect();
            report(&app, &snap(&json!({"name": name, "version": "1"})), &many).await;
            app.start(&snap(&json!({"name": name, "version": "2"}))).await;
            app = app.with_clock(day(400));
            let before = app.service.db.statements();
            let report = enforce(&app, &all_after(30)).await;
            spent.push(app.service.db.statements() - before);
            assert_eq!(numbers(report.total()), (size, size, 1));
        }
        assert_eq!(spent[0], spent[1]);
    }

    // Off by default; and the job does what the command does.
    async fn the_job_is_there_where_something_gets_old(app: TestApp) {
        let names = async |app: &TestApp| {
            let jobs = app.get("/v1/jobs").await.ok();
            let job = jobs["jobs"].as_array().unwrap().iter().find(|job| job["name"] == "retention").cloned();
            job.map(|job| job["interval_seconds"].clone())
        };
        let app = app.with_clock(day(0));
        outdated(&app, snap).await;
        assert_eq!(names(&app).await, None);
        let app = app.with_clock(day(31)).with_settings(|settings| settings.retention = Some(periods(Some(30), None, None)));
        assert_eq!(names(&app).await, Some(json!(86_400)));
        let service = app.service.clone();
        let runs = tokio::spawn(async move { service.run_jobs(&service.jobs()).await });
        app.service.wake_job("retention");
        let patience = tokio::time::Instant::now() + PATIENCE;
        while app.raw.number(NUMBER_OF_LOGS).await > 0 {
            assert!(tokio::time::Instant::now() < patience, "the logs are still there");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        runs.abort();
    }
}

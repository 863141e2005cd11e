//! Demo data: there on both databases, the same each time, and nothing of it that the API could not show.

use std::collections::BTreeSet;

use serde_json::Value;
use test_observer::cli::seed::{SeedPlan, Summary, seed};

use crate::support::{TestApp, both};

fn plan(scale: u32) -> SeedPlan {
    SeedPlan { seed: 1, scale, now: "2031-05-04T10:00:00Z".parse().unwrap() }
}

both! {
    async fn every_page_of_the_demo_has_something_to_show(app: TestApp) {
        let made = seed(&app.service, plan(1)).await.unwrap();
        check_counts(&app, &made).await;
        check_variety(&app).await;
        check_dates(&app).await;
        check_logs(&app, &made).await;
        check_lists(&app).await;
        check_artefacts(&app).await;
    }
}

/// The summary tells what is there.
async fn check_counts(app: &TestApp, made: &Summary) {
    for (table, count) in [
        ("app_user", made.users),
        ("team", made.teams),
        ("artefact", made.artefacts),
        ("test_execution", made.executions),
        ("test_result", made.results),
        ("issue", made.issues),
        ("issue_test_result_attachment_rule", made.attachment_rules),
        ("issue_test_result_attachment WHERE attachment_rule_id IS NULL", made.attachments_by_hand),
        ("artefact_build_environment_review WHERE CAST(review_decision AS TEXT) <> '[]'", made.reviews),
        (
            "(SELECT id FROM test_case_issue UNION ALL SELECT id FROM environment_issue) AS reported",
            made.reported_issues,
        ),
    ] {
        let there = app.raw.number(&format!("SELECT COUNT(*) FROM {table}")).await;
        assert!(count > 0, "{table}");
        assert_eq!(usize::try_from(there).unwrap(), count, "{table}");
    }
    assert!((5_000..20_000).contains(&made.results), "{made:?}");
}

async fn distinct(app: &TestApp, column: &str, table: &str) -> BTreeSet<String> {
    app.raw.texts(&format!("SELECT DISTINCT {column} FROM {table}")).await.into_iter().collect()
}

/// Everything that can be told apart occurs.
async fn check_variety(app: &TestApp) {
    for (column, table, expected) in [
        ("family", "artefact WHERE NOT archived", "charm deb image snap solution"),
        ("status", "artefact WHERE NOT archived", "APPROVED MARKED_AS_FAILED UNDECIDED"),
        ("stage", "artefact", " beta candidate current edge pending proposed stable updates"),
        ("family", "artefact WHERE archived", "charm deb snap"),
        ("status", "test_execution", "ENDED_PREMATURELY FAILED IN_PROGRESS NOT_STARTED NOT_TESTED PASSED"),
        ("status", "test_result", "FAILED PASSED SKIPPED"),
        ("source", "issue", "GITHUB JIRA LAUNCHPAD"),
        ("status", "issue", "CLOSED OPEN UNKNOWN"),
        ("CAST(enabled AS TEXT)", "issue_test_result_attachment_rule", ""),
        ("architecture", "environment", "amd64 arm64 armhf ppc64el riscv64 s390x"),
    ] {
        let found = distinct(app, column, table).await;
        if expected.is_empty() {
            assert_eq!(found.len(), 2, "{column} of {table}");
        } else {
            let expected: BTreeSet<String> = expected.split(' ').map(str::to_owned).collect();
            assert_eq!(found, expected, "{column} of {table}");
        }
    }
    let decisions = distinct(app, "CAST(review_decision AS TEXT)", "artefact_build_environment_review").await;
    for decision in ["REJECTED", "INCONSISTENT", "UNSTABLE", "CUSTOMER", "FAULTY", "ALL_TESTS_PASS"] {
        assert!(decisions.iter().any(|text| text.contains(decision)), "{decision}: {decisions:?}");
    }
    for (what, rows) in [
        ("bundles", "artefact_bundled_builds_association"),
        ("events", "test_event WHERE event_name = 'provision_fail'"),
        ("links", "test_execution_relevant_link"),
        ("unread", "notification WHERE dismissed_at IS NULL"),
        ("read", "notification WHERE dismissed_at IS NOT NULL"),
        ("attached by rules", "issue_test_result_attachment WHERE attachment_rule_id IS NOT NULL"),
        ("urgent reruns", "test_execution_rerun_request WHERE priority > 0"),
        ("branches", "artefact WHERE branch <> ''"),
    ] {
        assert!(app.raw.number(&format!("SELECT COUNT(*) FROM {rows}")).await > 0, "{what}");
    }
}

/// Something is late, due today, and due in a week; nothing is in the future.
async fn check_dates(app: &TestApp) {
    let due =
        distinct(app, "CAST(due_date AS TEXT)", "artefact WHERE due_date IS NOT NULL AND status = 'UNDECIDED'").await;
    assert!(due.contains("2031-05-04") && due.contains("2031-05-11"), "{due:?}");
    assert!(due.iter().any(|day| day.as_str() < "2031-05-04"), "{due:?}");
    for table in ["artefact", "test_execution", "test_result", "notification", "issue", "audit_log"] {
        let late = app
            .raw
            .number(&format!("SELECT COUNT(*) FROM {table} WHERE created_at > '2031-05-04T10:00:00+00:00'"))
            .await;
        // Whatever the test itself did happened by the machine's clock.
        assert_eq!(late, 0, "{table}");
    }
}

async fn check_logs(app: &TestApp, made: &Summary) {
    assert!(made.stored_log_bytes * 2 < made.log_bytes, "{made:?}");
    let results =
        app.get("/v1/test-results?test_cases=stress/suspend-100000&test_result_statuses=FAILED&limit=50").await.ok();
    let longest = lines_of(&results);
    assert!(longest.iter().any(|lines| *lines > 100_000), "{longest:?}");
    let results = app.get("/v1/test-results?test_cases=info/system-journal&limit=500").await.ok();
    assert!(lines_of(&results).iter().filter(|lines| **lines > 5_000).count() >= 3);
    let results = app.get("/v1/test-results?test_result_statuses=FAILED&limit=200").await.ok();
    assert!(results.to_string().contains("\\u001b[31m"), "no colours");
}

fn lines_of(results: &Value) -> Vec<usize> {
    let results = results["test_results"].as_array().unwrap();
    results.iter().map(|row| row["test_result"]["io_log"].as_str().unwrap().lines().count()).collect()
}

/// Every list of the API has something in it.
async fn check_lists(app: &TestApp) {
    for path in [
        "/v1/applications",
        "/v1/artefact-matching-rules",
        "/v1/artefacts",
        "/v1/artefacts/search",
        "/v1/audit-log",
        "/v1/environments",
        "/v1/environments/reported-issues",
        "/v1/execution-metadata",
        "/v1/issues",
        "/v1/teams",
        "/v1/test-cases",
        "/v1/test-cases/reported-issues",
        "/v1/test-executions",
        "/v1/test-executions/reruns",
        "/v1/test-results",
        "/v1/users",
    ] {
        let answer = app.get(path).await.ok();
        let list = answer.as_array().or_else(|| answer.as_object()?.values().find_map(Value::as_array));
        let has_facts = answer["execution_metadata"].as_object().is_some_and(|facts| facts.len() >= 4);
        assert!(has_facts || list.is_some_and(|list| !list.is_empty()), "{path}: {answer}");
    }
}

/// Whatever a list of artefacts leads to can be read, and some test has a past in which it changed.
async fn check_artefacts(app: &TestApp) {
    let mut has_changed = false;
    for artefact in app.get("/v1/artefacts").await.ok().as_array().unwrap() {
        let id = &artefact["id"];
        app.get(&format!("/v1/artefacts/{id}/environment-reviews")).await.ok();
        let builds = app.get(&format!("/v1/artefacts/{id}/builds")).await.ok();
        let executions =
            builds.as_array().unwrap().iter().flat_map(|build| build["test_executions"].as_array().unwrap());
        // One is as good as all: the same statement answers.
        let Some(execution) = executions.last() else { continue };
        let results = app.get(&format!("/v1/test-executions/{}/test-results", execution["id"])).await.ok();
        has_changed |= results.as_array().unwrap().iter().any(|result| {
            let previous = result["previous_results"].as_array().unwrap();
            previous.iter().any(|earlier| earlier["status"] != result["status"])
        });
    }
    assert!(has_changed);
}

/// Rows as texts, in an order of our own: databases sort differently.
async fn rows(app: &TestApp, sql: &str) -> Vec<String> {
    let mut rows = app.raw.texts(sql).await;
    rows.sort();
    rows
}

#[tokio::test]
async fn the_same_seed_makes_the_same_data_on_both_databases() {
    let (sqlite, postgres) = (TestApp::on_sqlite().await, TestApp::on_postgres().await);
    let (first, second) = tokio::join!(seed(&sqlite.service, plan(2)), seed(&postgres.service, plan(2)));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert!(first.results > 15_000, "{first:?}");
    assert_ne!(first.api_key, second.api_key, "keys never repeat themselves");
    assert_eq!(first, Summary { api_key: first.api_key.clone(), ..second });
    for sql in [
        "SELECT family || ' ' || name || ' ' || version || ' ' || stage || ' ' || status || ' ' || comment || ' ' ||
             COALESCE(CAST(due_date AS TEXT), '') FROM artefact",
        "SELECT ci_link || ' ' || status || ' ' || resource_url FROM test_execution",
        "SELECT test_execution.ci_link || ' ' || test_case.name || ' ' || test_result.status || ' ' || test_result.comment
             || ' ' || COALESCE(octet_length(io_log_zstd), -1) || ' ' || io_log
         FROM test_result JOIN test_case ON test_case.id = test_case_id
         JOIN test_execution ON test_execution.id = test_execution_id",
        "SELECT artefact.name || ' ' || artefact.version || ' ' || app_user.email FROM artefact_reviewers_association
         JOIN artefact ON artefact.id = artefact_id JOIN app_user ON app_user.id = user_id",
        "SELECT project || ' ' || key || ' ' || title || ' ' || status FROM issue",
        "SELECT event_name || ' ' || detail FROM test_event",
    ] {
        let (on_sqlite, on_postgres) = (rows(&sqlite, sql).await, rows(&postgres, sql).await);
        assert!(!on_sqlite.is_empty(), "{sql}");
        let differing = on_sqlite.iter().zip(&on_postgres).find(|(one, other)| one != other);
        assert!(on_sqlite == on_postgres, "{sql}: {differing:?}");
    }
}

both! {
    async fn the_demo_is_made_beside_other_data_but_not_twice(app: TestApp) {
        app.add_user("ana").await;
        let made = seed(&app.service, plan(1)).await.unwrap();
        let users = app.raw.number("SELECT COUNT(*) FROM app_user").await;
        assert_eq!(usize::try_from(users).unwrap(), made.users + 1);
        let refused = seed(&app.service, plan(1)).await.unwrap_err();
        assert_eq!(refused.to_string(), "Application with name 'seed_data_app' already exists");
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM app_user").await, users);
    }
}

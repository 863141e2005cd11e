//! What trackers say and what they leave unsaid, in which order they are asked, and what a run tells of it.

use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use test_observer::clock::Clock;
use test_observer::domain::issue_sync::Priority;
use test_observer::service::jobs::JobOutcome;
use test_observer::service::jobs::issue_sync::IssueSyncSettings;

use crate::issue_sync::{add, add_github, forget_synced};
use crate::log::Log;
use crate::support::{TestApp, both, only, snap};
use crate::trackers::{Reply, TrackerServer, github_line};

/// As long as something is waited for that is to happen.
const PATIENCE: Duration = Duration::from_secs(20);

async fn run(app: &TestApp) -> (u64, u64, u64) {
    let JobOutcome { done, failed, waiting } = app.service.synchronise_issues(Priority::High).await.unwrap();
    (done, failed, waiting)
}

fn in_batches(app: TestApp, server: &TrackerServer, batch_size: usize) -> TestApp {
    let settings = IssueSyncSettings { batch_size, ..server.settings() };
    app.with_settings(|all| all.issue_sync = Some(settings))
}

/// Title, status and labels of an issue.
fn known(title: &str, status: &str, labels: &Value) -> Value {
    json!({"title": title, "status": status, "labels": labels})
}

#[track_caller]
fn shows(issue: &Value, expected: &Value) {
    assert_eq!(only(issue, expected), *expected, "{issue}");
}

/// How often a token was asked for since this was asked last.
fn tokens_asked(server: &TrackerServer) -> usize {
    server.take_asked().iter().filter(|asked| asked.line.ends_with("/access_tokens")).count()
}

both! {
    // What Jira leaves out has a default, and its words for the end of work count in any case.
    async fn what_jira_leaves_out_is_made_up_for(app: TestApp) {
        let server = TrackerServer::start().await;
        let app = server.serve(app);
        let mut issues = Vec::new();
        for (number, said, expected) in [
            (1, json!({"fields": {}}), known("", "open", &Value::Null)),
            (2, json!({}), known("", "open", &Value::Null)),
            (3, json!({"fields": {"summary": null, "status": null, "labels": null}}), known("", "open", &Value::Null)),
            (4, json!({"fields": {"summary": "s", "status": {}}}), known("s", "open", &Value::Null)),
            (5, json!({"fields": {"status": {"name": "RESOLVED"}, "labels": ["b", "a"]}}),
             known("", "closed", &json!(["a", "b"]))),
            (6, json!({"fields": {"status": {"name": "Done"}}}), known("", "closed", &Value::Null)),
            (7, json!({"fields": {"status": {"name": "To Do"}}}), known("", "open", &Value::Null)),
        ] {
            let id = add(&app, &format!("https://warthogs.atlassian.net/browse/TO-{number}")).await;
            let line = format!("GET /jira/cloud/rest/api/3/issue/TO-{number}?fields=summary%2Cstatus%2Clabels");
            server.show(&line, &[Reply::new(200, said)]);
            issues.push((id, expected));
        }
        // One that Jira does not know, and one that it shows nobody.
        for (number, status) in [(8, 404), (9, 403)] {
            let id = add(&app, &format!("https://warthogs.atlassian.net/browse/TO-{number}")).await;
            let line = format!("GET /jira/cloud/rest/api/3/issue/TO-{number}?fields=summary%2Cstatus%2Clabels");
            server.show(&line, &[Reply::new(status, json!({"errorMessages": ["no"]}))]);
            issues.push((id, known("", "unknown", &Value::Null)));
        }
        assert_eq!(run(&app).await, (7, 2, 0));
        for (id, expected) in issues {
            shows(&app.get(&format!("/v1/issues/{id}")).await.ok(), &expected);
        }
    }

    // That a bug is complete counts where Launchpad says so; else the status of its task, if it has one.
    async fn a_bug_is_closed_when_it_is_complete_or_its_task_is(app: TestApp) {
        let server = TrackerServer::start().await;
        let app = server.serve(app);
        let mut issues = Vec::new();
        for (number, is_complete, tasks, expected) in [
            (1, json!(true), json!([{"status": "New"}]), "closed"),
            (2, json!(false), json!([{"status": "Fix Released"}]), "open"),
            (3, json!("yes"), json!([{"status": "Fix Released"}]), "closed"),
            (4, Value::Null, json!([]), "open"),
            (5, Value::Null, json!([{"status": "Fix Committed"}]), "open"),
            (6, Value::Null, json!([{"status": "New"}, {"status": "Invalid", "bug_target_name": "SNAPD"}]), "closed"),
        ] {
            let id = add(&app, &format!("https://bugs.launchpad.net/snapd/+bug/{number}")).await;
            let line = format!("GET /lp/devel/bugs/{number}");
            server.show(&line, &[Reply::new(200, json!({"title": "it hangs", "is_complete": is_complete}))]);
            server.show(&format!("{line}/bug_tasks"), &[Reply::new(200, json!({"entries": tasks}))]);
            issues.push((id, known("it hangs", expected, &Value::Null)));
        }
        assert_eq!(run(&app).await, (6, 0, 0));
        for (id, expected) in issues {
            shows(&app.get(&format!("/v1/issues/{id}")).await.ok(), &expected);
        }
    }

    // An issue that its tracker cannot have is not asked for, and the log says why.
    async fn what_no_tracker_can_have_is_not_asked_for(app: TestApp) {
        let server = TrackerServer::start().await;
        let app = server.serve(app);
        add_github(&app, 1).await;
        add(&app, "https://bugs.launchpad.net/snapd/+bug/99").await;
        app.raw.run("UPDATE issue SET project = 'radio' WHERE source = 'GITHUB'").await;
        app.raw.run("UPDATE issue SET key = 'x' WHERE source = 'LAUNCHPAD'").await;
        let log = Log::capture();
        assert_eq!(run(&app).await, (0, 2, 0));
        let told = log.take();
        for reason in ["Invalid project format: radio. Expected 'owner/repo'", "Invalid Launchpad bug id: 'x'"] {
            assert!(told.contains(reason), "{told}");
        }
        assert!(server.take_asked().is_empty());
    }

    // First those that were never looked at, then those for which it is longest ago; a batch is over before the next begins.
    async fn those_that_wait_longest_are_asked_for_first(app: TestApp) {
        let server = TrackerServer::start().await;
        let now: DateTime<Utc> = "2031-05-04T03:02:01Z".parse().unwrap();
        let app = in_batches(app, &server, 1).with_clock(Clock::from_fn(move || now));
        for (number, last) in [(1, "05-04T01:00"), (2, ""), (3, "05-02T00:00"), (4, ""), (5, "05-04T00:00")] {
            let id = add_github(&app, number).await;
            server.show_github(number, "t", "open", &[]);
            if !last.is_empty() {
                app.raw.run(&format!("UPDATE issue SET last_synced_at = '2031-{last}:00+00:00' WHERE id = {id}")).await;
            }
        }
        assert_eq!(run(&app).await, (5, 0, 0));
        let asked = server.take_asked();
        let lines: Vec<&str> = asked.iter().map(|asked| asked.line.as_str()).filter(|line| line.contains("/issues/")).collect();
        assert_eq!(lines, [2, 4, 3, 5, 1].map(github_line));
        assert_eq!(server.most_under_way(), 1);
    }

    // A run counts its batches, and as changed those issues that have another title or status, not those with other labels.
    async fn a_run_tells_what_came_of_it(app: TestApp) {
        let server = TrackerServer::start().await;
        let app = in_batches(app, &server, 2);
        for number in 1..=5 {
            add_github(&app, number).await;
        }
        for number in 1..=4 {
            server.show_github(number, "t", "open", &["a"]);
        }
        assert_eq!(run(&app).await, (4, 1, 0));
        forget_synced(&app).await;
        server.show_github(1, "another", "open", &["a"]);
        server.show_github(2, "t", "closed", &["a"]);
        server.show_github(3, "t", "open", &["b"]);
        let log = Log::capture();
        assert_eq!(run(&app).await, (4, 1, 0));
        let words = ["issues are up to date", "high", "batches=3", "synced=4", "updated=2", "failed=1", "open: 5"];
        log.assert_tells(&words, &[]);
    }

    // A token lasts for a run, and for no more than an hour.
    async fn a_token_is_asked_for_anew_when_it_grows_old(app: TestApp) {
        let server = TrackerServer::start().await;
        let mut app = in_batches(app, &server, 1);
        for number in 1..=3 {
            add_github(&app, number).await;
            server.show_github(number, "t", "open", &[]);
        }
        let start: DateTime<Utc> = "2031-05-04T03:02:01Z".parse().unwrap();
        for (hours, expected) in [(0, 1), (1, 3)] {
            forget_synced(&app).await;
            // Whoever looks again finds it so much later.
            let looks = AtomicI32::new(0);
            let later = move || start + TimeDelta::hours(hours) * looks.fetch_add(1, Ordering::Relaxed);
            app = app.with_clock(Clock::from_fn(later));
            assert_eq!(run(&app).await, (3, 0, 0), "{hours}");
            assert_eq!(tokens_asked(&server), expected, "{hours}");
        }
    }

    // An issue that is removed while its tracker is asked does not come back, and no other one suffers from it.
    async fn an_issue_that_is_removed_meanwhile_stays_away(app: TestApp) {
        let server = TrackerServer::start().await;
        let settings = IssueSyncSettings { retry_pause: Duration::from_secs(1), ..server.settings() };
        let app = app.with_settings(|all| all.issue_sync = Some(settings));
        let (gone, kept) = (add_github(&app, 1).await, add_github(&app, 2).await);
        let found = json!({"title": "late", "state": "open", "labels": []});
        server.show(&github_line(1), &[Reply::new(502, json!({})), Reply::new(200, found)]);
        server.show_github(2, "kept", "open", &[]);
        let service = app.service.clone();
        let run = tokio::spawn(async move { service.synchronise_issues(Priority::High).await });
        let patience = tokio::time::Instant::now() + PATIENCE;
        while !server.take_lines().contains(&github_line(1)) {
            assert!(tokio::time::Instant::now() < patience, "nobody asks");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        app.raw.run(&format!("DELETE FROM issue WHERE id = {gone}")).await;
        let JobOutcome { failed, waiting, .. } = run.await.unwrap().unwrap();
        assert_eq!((failed, waiting), (0, 0));
        app.get(&format!("/v1/issues/{gone}")).await.refused(404, "Issue not found");
        assert_eq!(app.get(&format!("/v1/issues/{kept}")).await.ok()["title"], "kept");
    }

    // Trackers are asked by the jobs alone.
    async fn nothing_that_people_do_asks_a_tracker(app: TestApp) {
        let server = TrackerServer::start().await;
        let app = server.serve(app);
        let issue = add_github(&app, 1).await;
        add_github(&app, 1).await;
        let execution = app.start(&snap(&json!({}))).await;
        let path = format!("/v1/issues/{issue}");
        app.post(&format!("{path}/attachment-rules"), &json!({"apply_to_existing": true})).await.ok();
        app.report(execution, &[("boot", "FAILED")]).await;
        let result = app.get(&format!("/v1/test-executions/{execution}/test-results")).await.ok()[0]["id"].clone();
        app.patch(&path, &json!({"status": "closed"})).await.ok();
        for action in ["attach", "detach"] {
            app.post(&format!("{path}/{action}"), &json!({"test_results": [result]})).await.ok();
        }
        app.get("/v1/issues").await.ok();
        assert!(server.take_asked().is_empty());
    }
}

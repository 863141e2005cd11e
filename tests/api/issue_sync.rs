//! Issues are brought up to date with GitHub, Jira and Launchpad: what is asked, what is taken over, and when.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use serde_json::{Value, json};
use test_observer::clock::Clock;
use test_observer::domain::issue_sync::Priority;
use test_observer::service::jobs::issue_sync::IssueSyncSettings;
use test_observer::service::jobs::{JobError, JobOutcome};

use crate::support::{TestApp, both, only};
use crate::trackers::{APP_KEY, Asked, Reply, TrackerServer, github_line};

/// Makes the issue at an address known; its id.
pub(crate) async fn add(app: &TestApp, url: &str) -> i64 {
    app.put("/v1/issues", &json!({"url": url})).await.ok()["id"].as_i64().unwrap()
}

/// Makes an issue of `acme/radio` at GitHub known; its id.
pub(crate) async fn add_github(app: &TestApp, number: i64) -> i64 {
    add(app, &format!("https://github.com/acme/radio/issues/{number}")).await
}

async fn issue(app: &TestApp, id: i64) -> Value {
    app.get(&format!("/v1/issues/{id}")).await.ok()
}

/// The ids of the issues that were brought up to date at some time.
async fn synced(app: &TestApp) -> Vec<String> {
    app.raw.texts("SELECT CAST(id AS TEXT) FROM issue WHERE last_synced_at IS NOT NULL ORDER BY id").await
}

/// Has every issue due again.
pub(crate) async fn forget_synced(app: &TestApp) {
    app.raw.run("UPDATE issue SET last_synced_at = NULL").await;
}

fn outcome(done: u64, failed: u64, waiting: u64) -> JobOutcome {
    JobOutcome { done, failed, waiting }
}

async fn run(app: &TestApp, priority: Priority) -> JobOutcome {
    app.service.synchronise_issues(priority).await.unwrap()
}

/// The claims of the token that a request shows, whose signature is looked at.
fn claims(asked: &Asked) -> Value {
    let token = asked.header("authorization").unwrap().strip_prefix("Bearer ").unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let der: String = APP_KEY.split("-----").nth(2).unwrap().split_whitespace().collect();
    let pair = RsaKeyPair::from_pkcs8(&STANDARD.decode(der).unwrap()).unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public().as_ref());
    key.verify(signed.as_bytes(), &signature).unwrap();
    let (head, claims) = signed.split_once('.').unwrap();
    let read = |part: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap() };
    assert_eq!(read(head), json!({"alg": "RS256", "typ": "JWT"}));
    read(claims)
}

/// Issues that are due and others; the numbers of those that were asked for.
async fn numbers_asked(app: &TestApp, server: &TrackerServer, priority: Priority) -> Vec<i64> {
    run(app, priority).await;
    let number = |line: &String| -> i64 { line.rsplit_once('/').unwrap().1.parse().unwrap() };
    let mut numbers: Vec<i64> = server.take_lines().iter().map(number).collect();
    numbers.sort_unstable();
    numbers
}

both! {
    // Each tracker is asked in its own way, once, and what it says is taken over, whatever somebody has written here.
    async fn what_trackers_say_is_taken_over(app: TestApp) {
        let server = TrackerServer::start().await;
        let now: DateTime<Utc> = "2031-05-04T03:02:01Z".parse().unwrap();
        let app = server.serve(app).with_clock(Clock::from_fn(move || now));
        let github = add_github(&app, 71).await;
        let jira = add(&app, "https://warthogs.atlassian.net/browse/TO-142").await;
        let launchpad = add(&app, "https://bugs.launchpad.net/snapd/+bug/99").await;
        app.patch(&format!("/v1/issues/{github}"), &json!({"title": "mine", "status": "open"})).await.ok();
        server.show_github(71, "radio is silent", "closed", &["wifi", "bug"]);
        server.show_jira("TO-142", "no ping", "In Progress", &[]);
        server.show_launchpad(99, "it hangs", &["net"], &[("linux", "New"), ("Snapd", "Fix Released")]);
        assert_eq!(run(&app, Priority::High).await, outcome(3, 0, 0));
        for (id, expected) in [
            (github, json!({"title": "radio is silent", "status": "closed", "labels": ["bug", "wifi"]})),
            // That there are no labels is the same as never having learnt any.
            (jira, json!({"title": "no ping", "status": "open", "labels": null})),
            (launchpad, json!({"title": "it hangs", "status": "closed", "labels": ["net"]})),
        ] {
            assert_eq!(only(&issue(&app, id).await, &expected), expected);
        }
        assert_eq!(synced(&app).await.len(), 3);
        let asked = server.take_asked();
        let find = |part: &str| asked.iter().find(|asked| asked.line.contains(part)).unwrap();
        assert_eq!(asked.len(), 6, "{asked:?}");
        let claims = claims(find("GET /github/app"));
        let now = now.timestamp();
        assert_eq!(claims, json!({"iss": "77", "iat": now - 60, "exp": now + 300}));
        assert_eq!(find("access_tokens").body, r#"{"permissions": {}}"#);
        assert_eq!(find("issues/71").header("authorization"), Some("Bearer ghs_x"));
        let basic = format!("Basic {}", STANDARD.encode("bot@example.org:secret"));
        assert_eq!(find("TO-142").header("authorization"), Some(basic.as_str()));
        assert_eq!(find("TO-142").header("accept"), Some("application/json"));
        assert_eq!(find("bugs/99").header("authorization"), None);
        // Nothing is due any longer; and nothing of it is somebody's change.
        for priority in [Priority::High, Priority::Medium, Priority::Low] {
            assert_eq!(run(&app, priority).await, outcome(0, 0, 0));
        }
        assert!(server.take_asked().is_empty());
        let log = app.get(&format!("/v1/audit-log?subject_kind=issue&subject_id={launchpad}")).await.ok();
        assert_eq!(log["entries"].as_array().unwrap().len(), 1, "{log}");
    }

    // An issue that fails is asked for once in a run, also when there are more of them than in a batch.
    async fn an_issue_that_fails_stays_as_it_is(app: TestApp) {
        let server = TrackerServer::start().await;
        let settings = IssueSyncSettings { batch_size: 2, ..server.settings() };
        let app = app.with_settings(|all| all.issue_sync = Some(settings));
        let mut ids = Vec::new();
        for number in 1..=7 {
            ids.push(add_github(&app, number).await);
        }
        server.show_github(6, "good", "open", &[]);
        server.show(&github_line(7), &[Reply::new(200, json!({"message": "no issue"}))]);
        assert_eq!(run(&app, Priority::High).await, outcome(1, 6, 0));
        assert_eq!(server.take_lines(), (1..=7).map(github_line).collect::<Vec<_>>());
        assert_eq!(synced(&app).await, [ids[5].to_string()]);
        assert_eq!(issue(&app, ids[0]).await["status"], "unknown");
    }

    // An issue that has moved is found where it is now, on the same server alone: another one would be shown our key.
    async fn an_issue_that_has_moved_is_found(app: TestApp) {
        let server = TrackerServer::start().await;
        let elsewhere = TrackerServer::start().await;
        let app = server.serve(app);
        let moved = add_github(&app, 1).await;
        let gone = add_github(&app, 2).await;
        server.show_github(3, "moved", "open", &[]);
        let to = |place: &str| Reply::new(301, json!({})).with("location", place);
        server.show(&github_line(1), &[to("/github/repos/acme/radio/issues/3")]);
        server.show(&github_line(2), &[to(&format!("{}/x", elsewhere.settings().github_url))]);
        assert_eq!(run(&app, Priority::High).await, outcome(1, 1, 0));
        assert_eq!((&issue(&app, moved).await["title"], &issue(&app, gone).await["title"]), (&json!("moved"), &json!("")));
        assert!(elsewhere.take_asked().is_empty());
    }

    // Open issues often, closed ones seldom, those that were closed long ago nearly never; others not before it is time.
    async fn issues_are_due_by_what_they_are(app: TestApp) {
        let server = TrackerServer::start().await;
        let now: DateTime<Utc> = "2031-05-04T03:02:01Z".parse().unwrap();
        let app = server.serve(app).with_clock(Clock::from_fn(move || now));
        let ago = |span: TimeDelta| (now - span).to_rfc3339();
        for (number, status, updated, last) in [
            (1, "UNKNOWN", TimeDelta::days(90), None),
            (2, "OPEN", TimeDelta::days(90), Some(TimeDelta::minutes(61))),
            (3, "OPEN", TimeDelta::days(90), Some(TimeDelta::minutes(30))),
            (4, "CLOSED", TimeDelta::days(29), None),
            (5, "CLOSED", TimeDelta::days(29), Some(TimeDelta::hours(7))),
            (6, "CLOSED", TimeDelta::days(29), Some(TimeDelta::hours(5))),
            (7, "CLOSED", TimeDelta::days(31), Some(TimeDelta::days(8))),
            (8, "CLOSED", TimeDelta::days(31), Some(TimeDelta::days(6))),
        ] {
            let id = add_github(&app, number).await;
            let last = last.map_or("NULL".to_owned(), |span| format!("'{}'", ago(span)));
            let updated = ago(updated);
            let sql = format!(
                "UPDATE issue SET status = '{status}', updated_at = '{updated}', last_synced_at = {last} WHERE id = {id}"
            );
            app.raw.run(&sql).await;
            server.show_github(number, "t", "closed", &[]);
        }
        assert_eq!(numbers_asked(&app, &server, Priority::Low).await, [7]);
        // What was brought up to date just now is not due.
        assert_eq!(numbers_asked(&app, &server, Priority::Medium).await, [4, 5]);
        assert_eq!(numbers_asked(&app, &server, Priority::High).await, [1, 2]);
        // That an issue was looked at is no change of it; that it was closed is: it is looked at more often for a while.
        let sql = "SELECT key FROM issue WHERE updated_at > '2031-05-04' ORDER BY key";
        assert_eq!(app.raw.texts(sql).await, ["1", "2", "4", "5", "7"]);
        server.show_github(7, "t", "closed", &[]);
        let later = now + TimeDelta::days(40);
        let app = app.with_clock(Clock::from_fn(move || later));
        assert_eq!(numbers_asked(&app, &server, Priority::Low).await, [1, 2, 4, 5, 6, 7, 8]);
        let sql = "SELECT key FROM issue WHERE updated_at > '2031-05-05' ORDER BY key";
        assert_eq!(app.raw.texts(sql).await, ["6", "8"]);
    }

    // Trackers without credentials are not asked, and their issues do not fail for that.
    async fn trackers_that_nobody_named_are_not_asked(app: TestApp) {
        let server = TrackerServer::start().await;
        let app = app.with_settings(|all| {
            let mut settings = server.settings();
            (settings.github, settings.jira) = (None, None);
            all.issue_sync = Some(settings);
        });
        add_github(&app, 1).await;
        add(&app, "https://warthogs.atlassian.net/browse/TO-1").await;
        let bug = add(&app, "https://bugs.launchpad.net/snapd/+bug/99").await;
        server.show_launchpad(99, "it hangs", &[], &[]);
        assert_eq!(run(&app, Priority::High).await, outcome(1, 0, 0));
        assert_eq!(synced(&app).await, [bug.to_string()]);
        assert_eq!(issue(&app, bug).await["status"], "open");
    }

    // Who does not let us in is not asked for one issue after the other.
    async fn a_tracker_that_does_not_let_us_in_is_an_error(app: TestApp) {
        let server = TrackerServer::start().await;
        let app = server.serve(app);
        for number in 1..=9 {
            add_github(&app, number).await;
        }
        for (reply, expected) in [
            (Reply::new(200, json!([])), "No GitHub App installations found"),
            (Reply::new(401, json!({})), "the GitHub App is not let in: GitHub answers with the status 401"),
        ] {
            server.show("GET /github/app/installations", &[reply]);
            match app.service.synchronise_issues(Priority::High).await {
                Err(JobError::Remote(reason)) => assert!(reason.contains(expected), "{reason}"),
                other => panic!("{other:?}"),
            }
            assert!(server.take_asked().len() <= 4);
        }
        // Others are asked all the same, and what could not be is still to come.
        add(&app, "https://bugs.launchpad.net/snapd/+bug/99").await;
        server.show_launchpad(99, "it hangs", &[], &[]);
        assert_eq!(run(&app, Priority::High).await, outcome(1, 0, 9));
    }

    async fn a_batch_takes_as_many_statements_for_any_number_of_issues(app: TestApp) {
        let server = TrackerServer::start().await;
        let app = server.serve(app);
        let mut counts = Vec::new();
        for numbers in [1..=1, 2..=41] {
            let expected = u64::try_from(numbers.clone().count()).unwrap();
            for number in numbers {
                add_github(&app, number).await;
                server.show_github(number, "t", "open", &["a"]);
            }
            let before = app.service.db.statements();
            assert_eq!(run(&app, Priority::High).await, outcome(expected, 0, 0));
            counts.push(app.service.db.statements() - before);
        }
        assert!(server.most_under_way() <= 4, "{}", server.most_under_way());
        // On PostgreSQL one more tells who follows events.
        assert!(counts[0] == counts[1] && counts[0] <= 6, "{counts:?}");
    }
}

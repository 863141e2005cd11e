//! `/v1/events`: streams, what they narrow, what they replay, how many there are, and how they end.

use std::time::Duration;

use app::api::EventKind;
use axum::http::{Method, StatusCode};
use http_body_util::BodyExt;
use serde_json::json;
use test_observer::domain::events::Event;

use crate::event_streams::{Stream, ask, event, follow, follow_all, mark};
use crate::support::{Raw, TestApp, both, deb, snap};

fn bearer(app: &TestApp) -> String {
    format!("Bearer {}", app.key)
}

/// Resumes behind an event.
async fn resume(app: &TestApp, last_id: &str) -> Stream {
    follow(app, "", &[("authorization", &bearer(app)), ("last-event-id", last_id)]).await
}

both! {
    async fn a_posted_result_is_seen(app: TestApp) {
        let execution = app.start(&snap(&json!({}))).await;
        let artefact = app.artefact_of(execution).await;
        let response = ask(&app, "", &[("authorization", &bearer(&app))]).await;
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        drop(response);
        let mut stream = follow_all(&app, "").await;
        app.report(execution, &[("a", "PASSED"), ("b", "FAILED")]).await;
        let data = json!({"artefact_id": artefact, "family": "snap", "test_execution_id": execution});
        assert_eq!(stream.next().await, Some(event("test_result", data)));
    }

    // Neither what a use case took back nor what the database did.
    async fn what_is_not_committed_is_not_announced(app: TestApp) {
        let execution = app.start(&snap(&json!({"ci_link": "http://ci/1"}))).await;
        app.start(&snap(&json!({"ci_link": "http://ci/2"}))).await;
        let mut stream = follow_all(&app, "").await;
        let taken = json!({"ci_link": "http://ci/2", "execution_metadata": {"kernel": ["6.9"]}});
        let answer = app.patch(&format!("/v1/test-executions/{execution}"), &taken).await;
        assert_eq!(answer.status, StatusCode::CONFLICT);
        let mut tx = app.service.db.write().await.unwrap();
        tx.announce(Event::of_issue(4_711));
        drop(tx);
        let marker = mark(&app, 1).await;
        assert_eq!(stream.until_issue(marker).await, []);
    }

    // Under an idempotency key the transaction waits for the answer, and its events with it.
    async fn a_repeated_request_is_announced_once(app: TestApp) {
        let execution = app.start(&snap(&json!({}))).await;
        let mut stream = follow_all(&app, "").await;
        let bearer = bearer(&app);
        let headers = [("authorization", bearer.as_str()), ("idempotency-key", "k"), ("content-type", "application/json")];
        for _ in 0..2 {
            let path = format!("/v1/test-executions/{execution}/test-results");
            app.request(Method::POST, &path, &headers, r#"[{"name": "a", "status": "PASSED"}]"#).await.ok();
        }
        let marker = mark(&app, 1).await;
        assert_eq!(stream.until_issue(marker).await.len(), 1);
    }

    async fn queries_narrow_what_is_told(app: TestApp) {
        let (one, other) = (app.start(&snap(&json!({}))).await, app.start(&deb(&json!({}))).await);
        let (artefact, package) = (app.artefact_of(one).await, app.artefact_of(other).await);
        let mut streams = Vec::new();
        for (query, expected) in [
            ("?kinds=test_result&kinds=issue".to_owned(), vec![("test_result", one), ("test_result", other)]),
            (format!("?artefact_id={artefact}"), vec![("test_execution", one), ("test_result", one)]),
            (format!("?artefact_id={package}&family=snap"), vec![]),
            ("?family=deb".to_owned(), vec![("test_execution", other), ("test_result", other)]),
        ] {
            streams.push((follow_all(&app, &query).await, query, expected));
        }
        for execution in [one, other] {
            app.patch(&format!("/v1/test-executions/{execution}"), &json!({"status": "PASSED"})).await.ok();
            app.report(execution, &[("a", "PASSED")]).await;
        }
        let marker = mark(&app, 1).await;
        for (mut stream, query, expected) in streams {
            let found = stream.until_issue(marker).await;
            let found: Vec<_> = found.iter().map(|(kind, data)| (kind.as_str(), data["test_execution_id"].as_i64().unwrap())).collect();
            assert_eq!(found, expected, "{query}");
        }
    }

    async fn what_cannot_be_meant_is_refused(app: TestApp) {
        let answer = app.get("/v1/events?kinds=artefact&kinds=weather&artefact_id=x&family=rpm").await;
        let mut places: Vec<_> = answer.problems().into_iter().map(|(_, loc)| loc).collect();
        places.sort_by_key(ToString::to_string);
        assert_eq!(places, [json!(["query", "artefact_id"]), json!(["query", "family"]), json!(["query", "kinds", 1])]);
    }

    async fn whoever_comes_back_hears_what_they_missed(app: TestApp) {
        let execution = app.start(&snap(&json!({}))).await;
        let mut stream = follow_all(&app, "").await;
        let start = stream.last_id.clone();
        let (first, second) = (mark(&app, 1).await, mark(&app, 2).await);
        stream.until_issue(first).await;
        let middle = stream.last_id.clone();
        drop(stream);
        app.report(execution, &[("a", "PASSED")]).await;
        let last = mark(&app, 3).await;
        for (id, missed) in [(&start, 3), (&middle, 2)] {
            let mut stream = resume(&app, id).await;
            assert_eq!(stream.until_issue(last).await.len(), missed, "{id}");
        }
        let mut stream = resume(&app, &middle).await;
        assert_eq!(stream.until_issue(second).await, []);
        // What nobody remembers may be long ago.
        for id in ["0", "not known"] {
            let response = ask(&app, "", &[("authorization", &bearer(&app)), ("last-event-id", id)]).await;
            let mut body = response.into_body();
            let text = body.frame().await.unwrap().unwrap().into_data().unwrap();
            assert!(String::from_utf8_lossy(&text).contains("event: refresh\ndata: {}\n\n"), "{text:?}");
        }
    }

    // Memory is bounded: a reader who is further behind than the events that are kept is told so.
    async fn a_slow_reader_is_told_to_look_again(app: TestApp) {
        let mut stream = follow_all(&app, "").await;
        for round in 0..11 {
            let mut tx = app.service.db.write().await.unwrap();
            (0..100).for_each(|number| tx.announce(Event::of_issue(round * 100 + number)));
            tx.commit().await.unwrap();
        }
        // It has not looked until the last one was there.
        let mut quick = follow_all(&app, "").await;
        let mut tx = app.service.db.write().await.unwrap();
        tx.announce(Event::of_issue(4_711));
        tx.commit().await.unwrap();
        quick.until_issue(4_711).await;
        assert_eq!(stream.next().await, Some(event("refresh", json!({}))));
        let marker = mark(&app, 1).await;
        assert_eq!(stream.until_issue(marker).await, []);
    }

    async fn very_many_changes_of_one_request_are_told_in_less_detail(app: TestApp) {
        let mut stream = follow_all(&app, "?artefact_id=1&kinds=test_result&kinds=issue").await;
        let mut tx = app.service.db.write().await.unwrap();
        for id in 0..500 {
            tx.announce(Event::of_execution(EventKind::TestResult, id, app::api::FamilyName::Snap, id));
        }
        tx.commit().await.unwrap();
        assert_eq!(stream.next().await, Some(event("test_result", json!({"family": "snap"}))));
    }

    async fn streams_are_bounded(app: TestApp) {
        let app = app.with_settings(|settings| {
            settings.event_streams = 3;
            settings.event_streams_per_client = 2;
        });
        let (user, other) = (app.add_admin("ana").await, app.add_admin("bo").await);
        let (cookie, other) = (app.session(user).await, app.session(other).await);
        let headers = [("cookie", cookie.as_str()), ("x-csrf-token", "1")];
        let others = [("cookie", other.as_str()), ("x-csrf-token", "1")];
        let first = follow(&app, "", &headers).await;
        let second = follow(&app, "", &headers).await;
        let refused = ask(&app, "", &headers).await;
        assert_eq!((refused.status(), &refused.headers()["retry-after"]), (StatusCode::TOO_MANY_REQUESTS, &"30".parse().unwrap()));
        let third = follow(&app, "", &others).await;
        let refused = ask(&app, "", &others).await;
        assert_eq!((refused.status(), &refused.headers()["retry-after"]), (StatusCode::SERVICE_UNAVAILABLE, &"30".parse().unwrap()));
        // A stream that is over makes room.
        drop((first, third));
        follow(&app, "", &headers).await;
        drop(second);
    }

    async fn a_server_that_stops_ends_its_streams(app: TestApp) {
        let mut stream = follow_all(&app, "").await;
        app.service.end_event_streams();
        assert_eq!(stream.next().await, None);
        let refused = app.get("/v1/events").await;
        refused.refused(503, "The server stops; try again soon");
    }
}

// What was announced while the server did not listen is lost; whoever follows is told so, and hears everything later.
#[tokio::test]
async fn a_lost_connection_is_made_again_and_everybody_told() {
    let app = TestApp::on_postgres().await;
    let mut stream = follow_all(&app, "").await;
    let before = stream.last_id.clone();
    let Raw::Postgres(raw) = &app.raw else { panic!("another database") };
    let listeners = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity
                     WHERE datname = current_database() AND query LIKE 'LISTEN%'";
    let ended: i64 = sqlx::query_scalar(listeners).fetch_one(raw).await.unwrap();
    assert_eq!(ended, 1, "one connection of a process listens");
    assert_eq!(stream.next().await, Some(event("refresh", json!({}))));
    let marker = mark(&app, 1).await;
    assert_eq!(stream.until_issue(marker).await, []);
    // Nobody knows what came behind what was before.
    let response = ask(&app, "", &[("authorization", &bearer(&app)), ("last-event-id", &before)]).await;
    let text = response.into_body().frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(String::from_utf8_lossy(&text).contains("event: refresh"), "{text:?}");
    // The connection goes back when the database is closed, so that a server can stop.
    drop(stream);
    tokio::time::timeout(Duration::from_secs(10), app.service.db.close()).await.unwrap();
}

//! Messages to other systems: sent once by whoever comes first, again when they fail, and without holding up one another.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::TimeDelta;
use futures::future::join_all;
use serde_json::{Value, json};
use test_observer::service::Service;
use test_observer::service::jobs::JobOutcome;

use crate::receiver::{Receiver, Reply, with_hands, with_local_webhooks};
use crate::support::{TestApp, both, snap};

const WAITING: &str = "SELECT COUNT(*) FROM outbox_message WHERE status = 'waiting'";
const ALL: &str = "SELECT COUNT(*) FROM outbox_message";

fn outcome(done: u64, failed: u64, waiting: u64) -> JobOutcome {
    JobOutcome { done, failed, waiting }
}

/// Has a server told of every run that ends; the webhook's id.
async fn listen(app: &TestApp, receiver: &Receiver) -> i64 {
    let body = json!({"url": receiver.url, "events": ["execution_completed"]});
    let answer = app.post("/v1/webhooks", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["id"].as_i64().unwrap()
}

/// Ends a run that nobody has ended yet.
async fn end_run(app: &TestApp, number: usize) {
    app.start(&snap(&json!({"ci_link": format!("http://ci/{number}"), "initial_status": "PASSED"}))).await;
}

async fn delivery(app: &TestApp, webhook: i64) -> Value {
    let page = app.get(&format!("/v1/webhooks/{webhook}/deliveries")).await.ok();
    assert_eq!(page["deliveries"].as_array().unwrap().len(), 1, "{page}");
    page["deliveries"][0].clone()
}

async fn deliver(app: &TestApp) -> JobOutcome {
    app.service.deliver_messages().await.unwrap()
}

both! {
    // Every few seconds, mostly for nothing.
    async fn nothing_to_send_is_one_statement(app: TestApp) {
        let app = with_local_webhooks(app);
        let receiver = Receiver::taking().await;
        listen(&app, &receiver).await;
        end_run(&app, 1).await;
        assert_eq!(deliver(&app).await, outcome(1, 0, 0));
        let before = app.service.db.statements();
        assert_eq!(deliver(&app).await, JobOutcome::default());
        assert_eq!(app.service.db.statements() - before, 1);
        assert_eq!(receiver.take().len(), 1);
    }

    // A change that does not happen is told to nobody.
    async fn what_is_taken_back_is_not_told(app: TestApp) {
        let app = with_local_webhooks(app);
        let receiver = Receiver::taking().await;
        let body = json!({"url": receiver.url, "events": ["review_assigned"]});
        assert_eq!(app.post("/v1/webhooks", &body).await.status, 201);
        let execution = app.start(&snap(&json!({}))).await;
        let artefact = app.artefact_of(execution).await;
        let kim = app.add_user("kim").await;
        let wrong = json!({"reviewer_ids": [kim], "bundled_builds": [4711]});
        assert_eq!(app.patch(&format!("/v1/artefacts/{artefact}"), &wrong).await.status, 422);
        assert_eq!(app.raw.number(ALL).await, 0);
    }

    // With growing pauses, then no longer; what was given up is kept for a while.
    async fn a_message_that_fails_is_sent_again_and_given_up_at_last(app: TestApp) {
        let (app, hands) = with_hands(with_local_webhooks(app));
        let receiver = Receiver::refusing(503, "busy").await;
        let webhook = listen(&app, &receiver).await;
        end_run(&app, 1).await;
        for (attempt, longest) in [10, 30, 90, 270, 810, 2_430, 3_600, 3_600, 3_600].into_iter().enumerate() {
            assert_eq!(deliver(&app).await, outcome(0, 0, 1), "{attempt}");
            // Not before the shortest pause is over.
            hands.go_on(TimeDelta::milliseconds(longest * 500 - 1));
            assert_eq!(deliver(&app).await, outcome(0, 0, 0), "{attempt}");
            hands.go_on(TimeDelta::milliseconds(longest * 500 + 1));
            let shown = delivery(&app, webhook).await;
            assert_eq!((&shown["attempts"], &shown["status"]), (&json!(attempt + 1), &json!("waiting")), "{shown}");
        }
        assert_eq!(deliver(&app).await, outcome(0, 1, 0));
        let shown = delivery(&app, webhook).await;
        for (field, expected) in [
            ("attempts", json!(10)),
            ("status", json!("failed")),
            ("due_at", Value::Null),
            ("status_code", json!(503)),
            ("error", json!("the answer has the status 503")),
            ("answer", json!("busy")),
        ] {
            assert_eq!(shown[field], expected, "{field}");
        }
        let heard = receiver.take();
        let ids: BTreeSet<String> = heard.iter().map(|heard| heard.json()["id"].to_string()).collect();
        assert_eq!((heard.len(), ids.len()), (10, 1));
        hands.go_on(TimeDelta::days(29));
        app.service.forget_old_messages().await.unwrap();
        assert_eq!(app.raw.number(ALL).await, 1);
        hands.go_on(TimeDelta::days(2));
        app.service.forget_old_messages().await.unwrap();
        assert_eq!(app.raw.number(ALL).await, 0);
    }

    // What was delivered is forgotten sooner, and what waits never.
    async fn what_was_delivered_is_forgotten_after_three_days(app: TestApp) {
        let (app, hands) = with_hands(with_local_webhooks(app));
        let receiver = Receiver::taking().await;
        listen(&app, &receiver).await;
        end_run(&app, 1).await;
        deliver(&app).await;
        end_run(&app, 2).await;
        hands.go_on(TimeDelta::days(2));
        app.service.forget_old_messages().await.unwrap();
        assert_eq!(app.raw.number(ALL).await, 2);
        hands.go_on(TimeDelta::days(2));
        app.service.forget_old_messages().await.unwrap();
        assert_eq!((app.raw.number(ALL).await, app.raw.number(WAITING).await), (1, 1));
    }

    // Several processes on one database.
    async fn a_message_is_sent_by_one_process(app: TestApp) {
        let app = with_local_webhooks(app);
        let receivers = [Receiver::taking().await, Receiver::taking().await];
        for receiver in &receivers {
            listen(&app, receiver).await;
        }
        for number in 0..15 {
            end_run(&app, number).await;
        }
        let processes: Vec<_> = (0..4).map(|_| app.service.clone()).collect();
        let outcomes = join_all(processes.iter().map(Service::deliver_messages)).await;
        let done: u64 = outcomes.into_iter().map(|outcome| outcome.unwrap().done).sum();
        assert_eq!((done, app.raw.number(WAITING).await), (30, 0));
        for receiver in &receivers {
            let heard = receiver.take();
            let ids: BTreeSet<String> = heard.iter().map(|heard| heard.json()["id"].to_string()).collect();
            assert_eq!((heard.len(), ids.len()), (15, 15));
        }
    }

    // One receiver never answers: another one hears everything meanwhile, also what is new, and the database is free. The process
    // that waits for the answer ends; its message is sent again when its lease is over.
    async fn a_receiver_that_hangs_holds_up_nobody(app: TestApp) {
        let (app, hands) = with_hands(with_local_webhooks(app));
        let (slow, quick) = (Receiver::start(|_| Reply::Hang).await, Receiver::taking().await);
        listen(&app, &slow).await;
        listen(&app, &quick).await;
        end_run(&app, 1).await;
        let process = app.service.clone();
        let run = tokio::spawn(async move { process.deliver_messages().await.map(drop) });
        let hears = async |receiver: &Receiver| {
            for _ in 0..70 {
                tokio::time::sleep(Duration::from_millis(100)).await;
                let heard = receiver.take();
                if !heard.is_empty() {
                    return heard.into_iter().map(|heard| heard.json()["id"].clone()).collect::<Vec<_>>();
                }
            }
            Vec::new()
        };
        assert_eq!(hears(&quick).await.len(), 1);
        let first = hears(&slow).await;
        assert_eq!(first.len(), 1);
        end_run(&app, 2).await;
        assert_eq!(hears(&quick).await.len(), 1);
        assert!(!run.is_finished());
        run.abort();
        assert!(run.await.unwrap_err().is_cancelled());

        // Only what nobody has taken yet is sent, as long as the other one may still be at it.
        hands.go_on(TimeDelta::minutes(2));
        let process = app.service.clone();
        let run = tokio::spawn(async move { process.deliver_messages().await.map(drop) });
        let second = hears(&slow).await;
        assert!(second.len() == 1 && second != first, "{second:?}");
        run.abort();
        hands.go_on(TimeDelta::minutes(2));
        let process = app.service.clone();
        let run = tokio::spawn(async move { process.deliver_messages().await.map(drop) });
        assert_eq!(hears(&slow).await, first);
        run.abort();
    }
}

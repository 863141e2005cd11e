//! `/v1/webhooks/{webhook_id}/deliveries`: what became of messages, and sending one again.

use serde_json::{Value, json};

use crate::receiver::{Receiver, with_hands, with_local_webhooks};
use crate::support::{TestApp, both, only, snap};

async fn listen(app: &TestApp, receiver: &Receiver) -> String {
    let body = json!({"url": receiver.url, "events": ["execution_completed"]});
    let answer = app.post("/v1/webhooks", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    format!("/v1/webhooks/{}", answer.json()["id"])
}

async fn end_runs(app: &TestApp, count: usize) {
    for _ in 0..count {
        app.start(&snap(&json!({"initial_status": "PASSED"}))).await;
    }
}

async fn ids(app: &TestApp, path: &str) -> (Vec<i64>, Value) {
    let page = app.get(path).await.ok();
    let ids = page["deliveries"].as_array().unwrap().iter().map(|it| it["id"].as_i64().unwrap()).collect();
    (ids, page["next_cursor"].clone())
}

both! {
    async fn the_log_says_how_a_message_fared(app: TestApp) {
        let (app, _hands) = with_hands(with_local_webhooks(app));
        let receiver = Receiver::refusing(500, &format!("{}\u{0}é", "x".repeat(998)).repeat(3)).await;
        let path = listen(&app, &receiver).await;
        end_runs(&app, 1).await;
        let page = app.get(&format!("{path}/deliveries")).await.ok();
        let id = page["deliveries"][0]["id"].clone();
        let expected = json!({"deliveries": [{
            "id": id, "created_at": "2031-05-04T03:02:01", "event": "execution_completed", "status": "waiting",
            "attempts": 0, "due_at": "2031-05-04T03:02:01", "attempted_at": null, "duration_ms": null,
            "status_code": null, "error": "", "answer": "",
        }], "limit": 50, "next_cursor": null});
        assert_eq!(page, expected);
        app.service.deliver_messages().await.unwrap();
        let shown = app.get(&format!("{path}/deliveries")).await.ok()["deliveries"][0].clone();
        let expected = json!({
            "status": "waiting", "attempts": 1, "attempted_at": "2031-05-04T03:02:01", "status_code": 500,
            "error": "the answer has the status 500", "answer": format!("{} é", "x".repeat(998)),
        });
        assert_eq!(only(&shown, &expected), expected);
        assert!((0..10_000).contains(&shown["duration_ms"].as_i64().unwrap()), "{shown}");
        assert!(shown["due_at"].as_str() > Some("2031-05-04T03:02:05"), "{shown}");
    }

    // Nobody listens there. Where it was is not repeated: it can be as secret as a key.
    async fn an_address_without_a_server_is_an_error_without_the_address(app: TestApp) {
        let app = with_local_webhooks(app);
        let receiver = Receiver::taking().await;
        let path = listen(&app, &receiver).await;
        let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/t0psecret", closed.local_addr().unwrap());
        drop(closed);
        app.patch(&path, &json!({"url": url})).await.ok();
        end_runs(&app, 1).await;
        app.service.deliver_messages().await.unwrap();
        let shown = app.get(&format!("{path}/deliveries")).await.ok()["deliveries"][0].clone();
        assert_eq!((&shown["status"], &shown["status_code"]), (&json!("waiting"), &Value::Null));
        let error = shown["error"].as_str().unwrap();
        assert!(!error.is_empty() && !error.contains("t0psecret"), "{error}");
    }

    async fn the_log_is_read_page_by_page_and_by_status(app: TestApp) {
        let app = with_local_webhooks(app);
        let (receiver, refusing) = (Receiver::taking().await, Receiver::refusing(410, "").await);
        let (path, other) = (listen(&app, &receiver).await, listen(&app, &refusing).await);
        end_runs(&app, 3).await;
        app.service.deliver_messages().await.unwrap();
        end_runs(&app, 2).await;
        let (all, next) = ids(&app, &format!("{path}/deliveries")).await;
        assert_eq!((all.len(), next), (5, Value::Null));
        assert!(all.is_sorted_by(|newer, older| newer > older), "{all:?}");
        let (first, next) = ids(&app, &format!("{path}/deliveries?limit=2")).await;
        let (rest, end) = ids(&app, &format!("{path}/deliveries?limit=3&cursor={}", next.as_str().unwrap())).await;
        assert_eq!(([first, rest].concat(), end), (all.clone(), Value::Null));
        assert_eq!(ids(&app, &format!("{path}/deliveries?status=waiting")).await.0, all[..2]);
        assert_eq!(ids(&app, &format!("{path}/deliveries?status=delivered")).await.0, all[2..]);
        assert!(ids(&app, &format!("{path}/deliveries?status=failed")).await.0.is_empty());
        assert_eq!(ids(&app, &format!("{other}/deliveries?status=failed")).await.0.len(), 3);
        for (query, kind, name) in [
            ("limit=0", "greater_than_equal", "limit"),
            ("limit=1001", "less_than_equal", "limit"),
            ("status=lost", "enum", "status"),
            ("cursor=x", "value_error", "cursor"),
        ] {
            let answer = app.get(&format!("{path}/deliveries?{query}")).await;
            assert_eq!(answer.problems(), [(kind.to_owned(), json!(["query", name]))], "{query}");
        }
        app.get("/v1/webhooks/4711/deliveries").await.refused(404, "Webhook 4711 doesn't exist");
    }

    // Under the same id, whatever became of it; with as many attempts as a new one.
    async fn a_message_is_sent_again_when_somebody_asks(app: TestApp) {
        let app = with_local_webhooks(app);
        let (receiver, refusing) = (Receiver::taking().await, Receiver::refusing(410, "").await);
        let (path, other) = (listen(&app, &receiver).await, listen(&app, &refusing).await);
        end_runs(&app, 1).await;
        app.service.deliver_messages().await.unwrap();
        let sent = receiver.take()[0].json();
        let again = format!("{path}/deliveries/{}/redeliver", sent["id"]);
        let answer = app.post(&again, &Value::Null).await.ok();
        let expected = json!({"id": sent["id"], "status": "waiting", "attempts": 0});
        assert_eq!(only(&answer, &expected), expected);
        app.service.deliver_messages().await.unwrap();
        assert_eq!(receiver.take()[0].json(), sent);

        let failed = ids(&app, &format!("{other}/deliveries?status=failed")).await.0[0];
        app.post(&format!("{other}/deliveries/{failed}/redeliver"), &Value::Null).await.ok();
        app.service.deliver_messages().await.unwrap();
        assert_eq!(refusing.take().len(), 2);

        let unknown = format!("Delivery {failed} doesn't exist");
        app.post(&format!("{path}/deliveries/{failed}/redeliver"), &Value::Null).await.refused(404, &unknown);
        app.post("/v1/webhooks/4711/deliveries/1/redeliver", &Value::Null).await.refused(404, "Webhook 4711 doesn't exist");
        app.patch(&path, &json!({"active": false})).await.ok();
        app.post(&again, &Value::Null).await.refused(409, "The webhook is switched off");
        app.service.deliver_messages().await.unwrap();
        assert_eq!(receiver.take().len(), 0);
    }
}

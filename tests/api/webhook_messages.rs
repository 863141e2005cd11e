//! What webhooks are told, and how.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::receiver::{Receiver, Reply, with_hands, with_local_webhooks};
use crate::support::{TestApp, both, deb, snap};

const ALL: [&str; 4] = ["execution_completed", "artefact_status_changed", "rerun_requested", "review_assigned"];
const COUNT: &str = "SELECT COUNT(*) FROM outbox_message";

/// Has a server told of everything, with some things said otherwise; the webhook's id.
async fn listen(app: &TestApp, receiver: &Receiver, changes: &Value) -> i64 {
    let mut body = json!({"url": format!("{}/hook?x=1", receiver.url), "events": ALL});
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    let answer = app.post("/v1/webhooks", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["id"].as_i64().unwrap()
}

/// What the server hears now.
async fn heard(app: &TestApp, receiver: &Receiver) -> Vec<Value> {
    app.service.deliver_messages().await.unwrap();
    receiver.take_objects()
}

fn core22(artefact: i64) -> Value {
    json!({
        "id": artefact, "name": "core22", "version": "20230531", "family": "snap", "stage": "beta",
        "status": "UNDECIDED", "url": format!("http://localhost:30001/snaps/{artefact}"),
    })
}

async fn complete(app: &TestApp, execution: i64) {
    app.patch(&format!("/v1/test-executions/{execution}"), &json!({"status": "COMPLETED"})).await.ok();
}

both! {
    async fn a_run_that_ends_is_told_once(app: TestApp) {
        let app = with_local_webhooks(app);
        let receiver = Receiver::taking().await;
        listen(&app, &receiver, &json!({})).await;
        let execution = app.start(&snap(&json!({"ci_link": "http://ci/1"}))).await;
        let artefact = app.artefact_of(execution).await;
        app.report(execution, &[("a", "PASSED"), ("b", "FAILED"), ("c", "SKIPPED"), ("d", "PASSED")]).await;
        assert_eq!(heard(&app, &receiver).await, Vec::<Value>::new());
        complete(&app, execution).await;
        let run = json!({
            "id": execution, "status": "FAILED", "test_plan": "smoke", "environment": "rpi4", "architecture": "armhf",
            "ci_link": "http://ci/1", "passed_count": 2, "failed_count": 1, "skipped_count": 1,
        });
        let expected = json!({"event": "execution_completed", "artefact": core22(artefact), "test_execution": run});
        assert_eq!(heard(&app, &receiver).await, [expected]);
        complete(&app, execution).await;
        app.patch(&format!("/v1/test-executions/{execution}"), &json!({"c3_link": "http://c3/1"})).await.ok();
        assert_eq!(heard(&app, &receiver).await, Vec::<Value>::new());
    }

    // Whichever way runners say so.
    async fn runs_end_in_several_ways(app: TestApp) {
        let app = with_local_webhooks(app);
        let receiver = Receiver::taking().await;
        listen(&app, &receiver, &json!({})).await;
        let told = async |app: &TestApp| -> Vec<Value> {
            let heard = heard(app, &receiver).await;
            heard.into_iter().map(|object| object["test_execution"]["status"].clone()).collect()
        };
        app.start(&snap(&json!({"ci_link": "http://ci/1", "initial_status": "PASSED"}))).await;
        assert_eq!(told(&app).await, ["PASSED"]);
        // The same start again finds the same run.
        app.start(&snap(&json!({"ci_link": "http://ci/1", "initial_status": "PASSED"}))).await;
        app.start(&snap(&json!({"ci_link": "http://ci/2", "initial_status": "NOT_TESTED"}))).await;
        let silent = app.start(&snap(&json!({"ci_link": "http://ci/3"}))).await;
        assert_eq!(told(&app).await, Vec::<Value>::new());
        let events = json!({"events": [{"event_name": "job_end", "timestamp": "2031-01-01T00:00:00Z", "detail": ""}]});
        app.put(&format!("/v1/test-executions/{silent}/status_update"), &events).await;
        assert_eq!(told(&app).await, ["ENDED_PREMATURELY"]);
        let ended = json!({"ci_link": "http://ci/3", "test_results": []});
        app.put("/v1/test-executions/end-test", &ended).await.ok();
        assert_eq!(told(&app).await, ["PASSED"]);
        app.put("/v1/test-executions/end-test", &ended).await.ok();
        assert_eq!(told(&app).await, Vec::<Value>::new());
    }

    async fn decisions_are_told_with_who_took_them(app: TestApp) {
        let app = with_local_webhooks(app);
        let receiver = Receiver::taking().await;
        listen(&app, &receiver, &json!({})).await;
        let execution = app.start(&snap(&json!({}))).await;
        let artefact = app.artefact_of(execution).await;
        app.raw.run("UPDATE artefact_build_environment_review SET review_decision = '[\"APPROVED_ALL_TESTS_PASS\"]'").await;
        let path = format!("/v1/artefacts/{artefact}");
        let session = app.session(app.add_admin("Kim").await).await;
        let body = json!({"status": "APPROVED", "comment": "good"});
        app.as_user(&session, axum::http::Method::PATCH, &path, Some(&body)).await.ok();
        let mut shown = core22(artefact);
        shown["status"] = json!("APPROVED");
        let expected = json!({
            "event": "artefact_status_changed", "artefact": shown, "before": "UNDECIDED", "after": "APPROVED",
            "comment": "good", "changed_by": "Kim",
        });
        assert_eq!(heard(&app, &receiver).await, [expected]);
        for body in [json!({"status": "APPROVED"}), json!({"comment": "very good"}), json!({"stage": "stable"})] {
            app.patch(&path, &body).await.ok();
        }
        assert_eq!(heard(&app, &receiver).await, Vec::<Value>::new());
    }

    async fn reviewers_are_told_who_are_new(app: TestApp) {
        let app = with_local_webhooks(app);
        let receiver = Receiver::taking().await;
        listen(&app, &receiver, &json!({})).await;
        let (kim, ada) = (app.add_user("kim").await, app.add_user("ada").await);
        let execution = app.start(&snap(&json!({}))).await;
        let artefact = app.artefact_of(execution).await;
        let path = format!("/v1/artefacts/{artefact}");
        let expected = |reviewers: Value| json!({"event": "review_assigned", "artefact": core22(artefact), "reviewers": reviewers});
        app.patch(&path, &json!({"reviewer_ids": [ada, kim]})).await.ok();
        let both = json!([{"id": kim, "name": "kim"}, {"id": ada, "name": "ada"}]);
        assert_eq!(heard(&app, &receiver).await, [expected(both)]);
        app.patch(&path, &json!({"reviewer_ids": [kim]})).await.ok();
        assert_eq!(heard(&app, &receiver).await, Vec::<Value>::new());
        app.patch(&path, &json!({"reviewer_ids": []})).await.ok();
        let team = app.add_team("snaps", &[], &[ada]).await;
        app.add_rule("snap", &json!({}), &[], &[team]).await;
        for _ in 0..2 {
            app.start(&snap(&json!({"needs_assignment": true}))).await;
        }
        assert_eq!(heard(&app, &receiver).await, [expected(json!([{"id": ada, "name": "ada"}]))]);
    }

    // One message for each artefact, however many runs; asked for by people or by an issue.
    async fn reruns_are_told_by_artefact(app: TestApp) {
        let app = with_local_webhooks(app);
        let receiver = Receiver::taking().await;
        listen(&app, &receiver, &json!({"events": ["rerun_requested"]})).await;
        let mut ids = Vec::new();
        for environment in ["a", "b"] {
            ids.push(app.start(&snap(&json!({"environment": environment}))).await);
        }
        let artefact = app.artefact_of(ids[0]).await;
        ids.push(app.start(&deb(&json!({}))).await);
        app.post("/v1/test-executions/reruns", &json!({"test_execution_ids": ids})).await.ok();
        let told = heard(&app, &receiver).await;
        assert_eq!(told[0], json!({"event": "rerun_requested", "artefact": core22(artefact), "runs": 2}));
        assert_eq!((told.len(), &told[1]["artefact"]["name"], &told[1]["runs"]), (2, &json!("hello"), &json!(1)));
        // They are asked for already; taking them back is told to nobody.
        app.post("/v1/test-executions/reruns?silent=true", &json!({"test_execution_ids": ids})).await;
        app.as_application(&app.key, axum::http::Method::DELETE, "/v1/test-executions/reruns", Some(&json!({"test_execution_ids": ids}))).await;
        assert_eq!(heard(&app, &receiver).await, Vec::<Value>::new());
        app.post("/v1/test-executions/reruns?silent=true", &json!({"test_execution_ids": [ids[1]]})).await;
        assert_eq!(heard(&app, &receiver).await, [json!({"event": "rerun_requested", "artefact": core22(artefact), "runs": 1})]);
    }

    async fn messages_are_for_those_who_asked_for_them(app: TestApp) {
        let app = with_local_webhooks(app);
        let receivers = [Receiver::taking().await, Receiver::taking().await, Receiver::taking().await, Receiver::taking().await];
        let changes = [
            json!({"families": ["snap", "charm"]}),
            json!({"families": ["deb"]}),
            json!({"events": ["review_assigned"]}),
            json!({"active": false}),
        ];
        let mut webhooks = Vec::new();
        for (receiver, changes) in receivers.iter().zip(&changes) {
            webhooks.push(listen(&app, receiver, changes).await);
        }
        app.start(&snap(&json!({"initial_status": "PASSED"}))).await;
        app.service.deliver_messages().await.unwrap();
        assert_eq!(receivers.each_ref().map(|receiver| receiver.take().len()), [1, 0, 0, 0]);

        // What waits for one that is switched off is not sent later.
        app.start(&deb(&json!({"initial_status": "PASSED"}))).await;
        for active in [false, true] {
            app.patch(&format!("/v1/webhooks/{}", webhooks[1]), &json!({"active": active})).await.ok();
        }
        app.service.deliver_messages().await.unwrap();
        assert_eq!(receivers[1].take().len(), 0);
        let page = app.get(&format!("/v1/webhooks/{}/deliveries", webhooks[1])).await.ok();
        let shown = &page["deliveries"][0];
        assert_eq!((&shown["status"], &shown["error"]), (&json!("failed"), &json!("the webhook was switched off")));

        // A webhook takes the messages to it along.
        app.delete(&format!("/v1/webhooks/{}", webhooks[1])).await;
        assert_eq!(app.raw.number(COUNT).await, 1);
    }

    async fn a_receiver_can_tell_who_sent_a_message_and_when(app: TestApp) {
        let (app, _hands) = with_hands(with_local_webhooks(app));
        let receiver = Receiver::taking().await;
        let secret = "0123456789abcdef";
        let webhook = listen(&app, &receiver, &json!({"secret": secret})).await;
        app.start(&snap(&json!({"ci_link": "http://ci/1", "initial_status": "PASSED"}))).await;
        app.service.deliver_messages().await.unwrap();
        let message = &receiver.take()[0];
        assert_eq!((message.method.as_str(), message.target.as_str()), ("POST", "/hook?x=1"));
        let object = message.json();
        for (name, value) in [
            ("content-type", "application/json"),
            ("x-test-observer-event", "execution_completed"),
            ("x-test-observer-delivery", &object["id"].to_string()),
            ("x-test-observer-timestamp", "1935630121"),
        ] {
            assert_eq!(message.header(name), value, "{name}");
        }
        assert!(message.header("user-agent").starts_with("test-observer/"));
        assert_eq!(object["created_at"], "2031-05-04T03:02:01");
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("{}.{}", message.header("x-test-observer-timestamp"), message.text).as_bytes());
        let digits: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(message.header("x-test-observer-signature"), format!("sha256={digits}"));

        app.patch(&format!("/v1/webhooks/{webhook}"), &json!({"secret": null})).await.ok();
        app.start(&snap(&json!({"ci_link": "http://ci/2", "initial_status": "PASSED"}))).await;
        app.service.deliver_messages().await.unwrap();
        assert!(!receiver.take()[0].headers.contains_key("x-test-observer-signature"));
    }

    async fn chat_rooms_get_a_sentence(app: TestApp) {
        let app = with_local_webhooks(app);
        let receiver = Receiver::taking().await;
        listen(&app, &receiver, &json!({"format": "text"})).await;
        let text = async |app: &TestApp| {
            app.service.deliver_messages().await.unwrap();
            let heard: Vec<Value> = receiver.take().into_iter().map(|heard| heard.json()).collect();
            assert_eq!(heard.len(), 1, "{heard:?}");
            assert_eq!(heard[0].as_object().unwrap().len(), 1);
            heard[0]["text"].as_str().unwrap().to_owned()
        };
        let execution = app.start(&snap(&json!({"environment": "<!channel> @all"}))).await;
        let artefact = app.artefact_of(execution).await;
        let page = format!("http://localhost:30001/snaps/{artefact}");
        app.report(execution, &[("a", "PASSED"), ("b", "FAILED")]).await;
        complete(&app, execution).await;
        assert_eq!(text(&app).await, format!("core22 20230531 (snap, beta): smoke on ‹!channel› ＠all (armhf) failed (1 of 2 tests) {page}"));
        let kim = app.add_user("kim").await;
        app.patch(&format!("/v1/artefacts/{artefact}"), &json!({"reviewer_ids": [kim]})).await.ok();
        assert_eq!(text(&app).await, format!("core22 20230531 (snap, beta): kim reviews it {page}"));
        app.post("/v1/test-executions/reruns", &json!({"test_execution_ids": [execution]})).await.ok();
        assert_eq!(text(&app).await, format!("core22 20230531 (snap, beta): a rerun is asked for {page}"));
        app.raw.run("UPDATE artefact_build_environment_review SET review_decision = '[\"REJECTED\"]'").await;
        let body = json!({"status": "MARKED_AS_FAILED", "comment": "no\nwifi"});
        let session = app.session(app.add_admin("Ada").await).await;
        app.as_user(&session, axum::http::Method::PATCH, &format!("/v1/artefacts/{artefact}"), Some(&body)).await.ok();
        assert_eq!(text(&app).await, format!("core22 20230531 (snap, beta): rejected by Ada: no wifi {page}"));
    }

    // An answer leads nowhere else; who may not be called is not called; and whoever is gone is not bothered again.
    async fn some_failures_are_final(app: TestApp) {
        let app = with_local_webhooks(app);
        let elsewhere = Receiver::taking().await;
        let url = elsewhere.url.clone();
        let turning = Receiver::start(move |_| Reply::Elsewhere(url.clone())).await;
        let gone = Receiver::refusing(410, "gone").await;
        let webhooks =
            [listen(&app, &turning, &json!({})).await, listen(&app, &gone, &json!({})).await, listen(&app, &elsewhere, &json!({"active": false})).await];
        app.start(&snap(&json!({"ci_link": "http://ci/1", "initial_status": "PASSED"}))).await;
        app.service.deliver_messages().await.unwrap();
        assert_eq!((elsewhere.take().len(), turning.take().len(), gone.take().len()), (0, 1, 1));
        let shown = async |app: &TestApp, webhook: i64| {
            let page = app.get(&format!("/v1/webhooks/{webhook}/deliveries")).await.ok();
            let shown = &page["deliveries"][0];
            [&shown["status"], &shown["status_code"], &shown["error"], &shown["answer"]].map(Clone::clone)
        };
        assert_eq!(shown(&app, webhooks[0]).await, [json!("waiting"), json!(302), json!("the answer has the status 302"), json!("")]);
        assert_eq!(shown(&app, webhooks[1]).await, [json!("failed"), json!(410), json!("the answer has the status 410"), json!("gone")]);

        // The operator has taken the host off the list since.
        app.patch(&format!("/v1/webhooks/{}", webhooks[2]), &json!({"active": true})).await.ok();
        app.start(&snap(&json!({"ci_link": "http://ci/2", "initial_status": "PASSED"}))).await;
        let app = app.with_settings(|settings| settings.webhook_hosts = std::sync::Arc::default());
        app.service.deliver_messages().await.unwrap();
        assert_eq!(elsewhere.take().len(), 0);
        let reason = "The URL of a webhook must not lead into the server's own network";
        assert_eq!(shown(&app, webhooks[2]).await, [json!("failed"), Value::Null, json!(reason), json!("")]);
    }

    // Nobody pays for webhooks that want to hear of something else, and many cost one statement more.
    async fn telling_takes_a_fixed_number_of_statements(app: TestApp) {
        let app = with_local_webhooks(app);
        let receiver = Receiver::taking().await;
        let mut executions = Vec::new();
        for number in 0..40 {
            executions.push(app.start(&snap(&json!({"version": format!("{number}")}))).await);
        }
        let mut counts = Vec::new();
        for (webhooks, runs) in [(0, 1), (1, 1), (10, 30)] {
            for _ in 0..webhooks {
                listen(&app, &receiver, &json!({"events": ["rerun_requested"]})).await;
            }
            let ids: Vec<i64> = executions.drain(..runs).collect();
            let before = app.service.db.statements();
            app.post("/v1/test-executions/reruns?silent=true", &json!({"test_execution_ids": ids})).await;
            counts.push(app.service.db.statements() - before);
        }
        assert_eq!(counts[1] - counts[0], 2, "{counts:?}");
        assert_eq!(counts[2], counts[1], "{counts:?}");
        assert_eq!(app.raw.number(COUNT).await, 1 + 11 * 30);
    }
}

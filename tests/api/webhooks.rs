//! `/v1/webhooks`: made, changed and removed, by whom, and what the audit log says of it.

use app::api::Permission;
use axum::http::Method;
use serde_json::{Value, json};

use crate::receiver::with_local_webhooks;
use crate::support::{TestApp, both, only};

const WEBHOOKS: &str = "/v1/webhooks";
const URL: &str = "https://chat.example/hooks/t0psecret";

fn at(webhook: &Value) -> String {
    format!("{WEBHOOKS}/{}", webhook["id"])
}

fn wanted(changes: &Value) -> Value {
    let mut body = json!({"url": URL, "events": ["execution_completed"]});
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

async fn create(app: &TestApp, body: &Value) -> Value {
    let answer = app.post(WEBHOOKS, body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

async fn entries(app: &TestApp) -> Vec<Value> {
    let log = app.get("/v1/audit-log?subject_kind=webhook").await.ok();
    let said = |it: &Value| json!([it["action"], it["subject_id"], it["before"], it["after"]]);
    log["entries"].as_array().unwrap().iter().rev().map(said).collect()
}

both! {
    async fn a_webhook_is_made_changed_and_removed(app: TestApp) {
        let made = create(&app, &wanted(&json!({}))).await;
        let expected = json!({
            "url": URL, "events": ["execution_completed"], "families": [], "format": "json", "has_secret": false,
            "active": true,
        });
        assert_eq!(only(&made, &expected), expected);
        assert_eq!(app.get(&at(&made)).await.ok(), made);
        let other = create(&app, &wanted(&json!({
            "url": "HTTPS://chat.EXAMPLE", "events": ["review_assigned", "rerun_requested", "review_assigned"],
            "families": ["snap", "deb", "snap"], "format": "text", "secret": "0123456789abcdef", "active": "no",
        }))).await;
        let expected = json!({
            "url": "https://chat.example/", "events": ["review_assigned", "rerun_requested"], "families": ["snap", "deb"],
            "format": "text", "has_secret": true, "active": false,
        });
        assert_eq!(only(&other, &expected), expected);
        assert_eq!(app.get(WEBHOOKS).await.ok(), json!([made, other]));

        for (body, field, expected) in [
            (json!({}), "url", json!(URL)),
            (json!({"url": "https://x.example/y"}), "url", json!("https://x.example/y")),
            (json!({"url": null}), "url", json!("https://x.example/y")),
            (json!({"events": ["artefact_status_changed"]}), "events", json!(["artefact_status_changed"])),
            (json!({"families": ["charm"]}), "families", json!(["charm"])),
            (json!({"families": []}), "families", json!([])),
            (json!({"format": "text"}), "format", json!("text")),
            (json!({"secret": "0123456789abcdef"}), "has_secret", json!(true)),
            (json!({"active": false}), "has_secret", json!(true)),
            (json!({"secret": null}), "has_secret", json!(false)),
            (json!({}), "active", json!(false)),
        ] {
            let changed = app.patch(&at(&made), &body).await.ok();
            assert_eq!(changed[field], expected, "{body}");
            assert_eq!(app.get(&at(&made)).await.ok(), changed, "{body}");
        }
        let answer = app.delete(&at(&made)).await;
        assert_eq!((answer.status.as_u16(), answer.bytes.len()), (204, 0));
        let gone = format!("Webhook {} doesn't exist", made["id"]);
        app.get(&at(&made)).await.refused(404, &gone);
        app.patch(&at(&made), &json!({})).await.refused(404, &gone);
        app.delete(&at(&made)).await.refused(404, &gone);
        assert_eq!(app.get(WEBHOOKS).await.ok(), json!([other]));
    }

    // In no answer, and in no entry of the audit log; of the address the host alone.
    async fn secrets_are_not_told(app: TestApp) {
        let made = create(&app, &wanted(&json!({"secret": "hunter2-hunter2-"}))).await;
        app.patch(&at(&made), &json!({"secret": "hunter3-hunter3-"})).await.ok();
        app.patch(&at(&made), &json!({"url": format!("{URL}2")})).await.ok();
        app.patch(&at(&made), &json!({"url": format!("{URL}2"), "active": true})).await.ok();
        app.patch(&at(&made), &json!({"secret": null, "families": ["snap"]})).await.ok();
        app.delete(&at(&made)).await;
        let entries = entries(&app).await;
        let id = &made["id"];
        let url = |entry: usize, place: usize| {
            let url = entries[entry][place]["url"].as_str().unwrap();
            assert!(url.starts_with("https://chat.example/… "), "{url}");
            url.to_owned()
        };
        let (before, after) = (url(0, 3), url(2, 3));
        assert_ne!(before, after);
        let expected = [
            json!(["create", id, null, {
                "url": before, "events": ["execution_completed"], "format": "json", "secret": "set", "active": true,
            }]),
            json!(["update", id, {"secret": "set"}, {"secret": "replaced"}]),
            json!(["update", id, {"url": before}, {"url": after}]),
            json!(["update", id, {"secret": "set", "families": []}, {"secret": null, "families": ["snap"]}]),
            json!(["delete", id, {
                "url": after, "events": ["execution_completed"], "families": ["snap"], "format": "json", "active": true,
            }, null]),
        ];
        assert_eq!(entries, expected);
        for told in [made.to_string(), json!(entries).to_string()] {
            assert!(!told.contains("hunter"), "{told}");
        }
        assert!(!json!(entries).to_string().contains("t0psecret"));
    }

    async fn malformed_input_is_named_and_changes_nothing(app: TestApp) {
        let made = create(&app, &wanted(&json!({}))).await;
        for (changes, kind, place) in [
            (json!({"url": "chat.example"}), "url_parsing", json!(["body", "url"])),
            (json!({"url": "ftp://chat.example"}), "url_scheme", json!(["body", "url"])),
            (json!({"url": format!("https://x/{}", "x".repeat(2_083))}), "url_too_long", json!(["body", "url"])),
            (json!({"events": ["whatever"]}), "enum", json!(["body", "events", 0])),
            (json!({"events": "execution_completed"}), "list_type", json!(["body", "events"])),
            (json!({"families": ["snap", "rpm"]}), "enum", json!(["body", "families", 1])),
            (json!({"format": "xml"}), "enum", json!(["body", "format"])),
            (json!({"secret": "x".repeat(201)}), "string_too_long", json!(["body", "secret"])),
            (json!({"secret": 7}), "string_type", json!(["body", "secret"])),
            (json!({"active": "maybe"}), "bool_parsing", json!(["body", "active"])),
        ] {
            for answer in [app.post(WEBHOOKS, &wanted(&changes)).await, app.patch(&at(&made), &changes).await] {
                assert_eq!(answer.problems(), [(kind.to_owned(), place.clone())], "{changes}");
            }
        }
        for (changes, detail) in [
            (json!({"events": []}), "A webhook needs at least one event"),
            (json!({"secret": "fifteen letters"}), "The secret of a webhook needs at least 16 characters"),
            (json!({"secret": ""}), "The secret of a webhook needs at least 16 characters"),
            (json!({"url": "http://chat.example/"}), "The URL of a webhook has to begin with https://"),
            (json!({"url": "https://kim:x@chat.example/"}), "The URL of a webhook must not hold a user or password"),
            (json!({"url": "http://127.0.0.1:80/"}), "The URL of a webhook must not lead into the server's own network"),
            (json!({"url": "https://10.0.0.7/"}), "The URL of a webhook must not lead into the server's own network"),
        ] {
            app.post(WEBHOOKS, &wanted(&changes)).await.refused(422, detail);
            app.patch(&at(&made), &changes).await.refused(422, detail);
        }
        let problems = app.post(WEBHOOKS, &json!({})).await.problems();
        let missing = |name: &str| ("missing".to_owned(), json!(["body", name]));
        assert_eq!(problems, [missing("url"), missing("events")]);
        assert_eq!(app.get(WEBHOOKS).await.ok(), json!([made]));
        assert_eq!(entries(&app).await.len(), 1);
        let app = with_local_webhooks(app);
        create(&app, &wanted(&json!({"url": "http://127.0.0.1:80/"}))).await;
        app.post(WEBHOOKS, &wanted(&json!({"url": "http://127.0.0.2/"}))).await
            .refused(422, "The URL of a webhook must not lead into the server's own network");
    }

    // Each has a permission of its own, and nobody has others told what they may not see.
    async fn webhooks_take_permissions_of_their_own(app: TestApp) {
        use Permission::{ChangeWebhook, ViewArtefact, ViewRerun, ViewTest, ViewWebhook};
        let made = create(&app, &wanted(&json!({}))).await;
        let deliveries = format!("{}/deliveries", at(&made));
        for (permission, reads, writes) in [(ViewWebhook, true, false), (ChangeWebhook, false, true)] {
            let key = app.add_application(&[permission]).await;
            for (method, path, may) in [
                (Method::GET, WEBHOOKS, reads),
                (Method::GET, &at(&made), reads),
                (Method::GET, &deliveries, reads),
                (Method::POST, WEBHOOKS, writes),
                (Method::PATCH, &at(&made), writes),
                (Method::POST, &format!("{deliveries}/1/redeliver"), writes),
            ] {
                let answer = app.as_application(&key, method.clone(), path, None).await;
                assert_eq!(answer.status != 403, may, "{permission} {method} {path}");
                let answer = app.anonymous(method, path, None).await;
                answer.refused(403, "Insufficient permissions");
            }
        }
        for (event, needed) in [
            ("execution_completed", vec![ViewArtefact, ViewTest]),
            ("rerun_requested", vec![ViewArtefact, ViewRerun]),
            ("artefact_status_changed", vec![ViewArtefact]),
            ("review_assigned", vec![ViewArtefact]),
        ] {
            let body = wanted(&json!({"events": [event]}));
            for missing in &needed {
                let held: Vec<Permission> = needed.iter().copied().filter(|it| it != missing).chain([ChangeWebhook]).collect();
                let key = app.add_application(&held).await;
                for (method, path) in [(Method::POST, WEBHOOKS.to_owned()), (Method::PATCH, at(&made))] {
                    let body = if method == Method::POST { body.clone() } else { json!({"events": [event], "format": "text"}) };
                    let answer = app.as_application(&key, method, &path, Some(&body)).await;
                    answer.refused(403, "Insufficient permissions");
                }
            }
            let held: Vec<Permission> = needed.into_iter().chain([ChangeWebhook]).collect();
            let key = app.add_application(&held).await;
            assert_eq!(app.as_application(&key, Method::POST, WEBHOOKS, Some(&body)).await.status, 201, "{event}");
        }
    }

    async fn there_are_a_hundred_at_most(app: TestApp) {
        let insert = "INSERT INTO webhook (url, events, families, format, active, created_at, updated_at)
             VALUES ('https://x.example/', '[]', '[]', 'json', FALSE, '2031-01-01T00:00:00+00:00', '2031-01-01T00:00:00+00:00')";
        for _ in 0..99 {
            app.raw.run(insert).await;
        }
        create(&app, &wanted(&json!({}))).await;
        app.post(WEBHOOKS, &wanted(&json!({}))).await.refused(409, "There are 100 webhooks already");
    }
}

//! Keys of applications: who is recognised by one, how long, and what is kept of it.

use app::api::Permission;
use axum::http::{Method, StatusCode};
use chrono::{DateTime, Utc};
use futures::future::join_all;
use serde_json::{Value, json};
use test_observer::clock::Clock;

use crate::support::{Answer, TestApp, both};

const APPLICATIONS: &str = "/v1/applications";
const OWN: &str = "/v1/applications/me";
const ROTATE_OWN: &str = "/v1/applications/me/rotate";
const PERMISSIONS: &str = "/v1/permissions";
const REPLACED: &str = "This key has been replaced already; only the new one can be rotated";
const NOT_KEPT: &str = "This was done already under this Idempotency-Key; its answer held an API key, which is kept \
                        nowhere. Rotate the key to get a new one";

fn path_of(id: i64) -> String {
    format!("{APPLICATIONS}/{id}")
}

fn key_of(application: &Value) -> String {
    application["api_key"].as_str().unwrap().to_owned()
}

/// A clock that stands still.
fn standing_at(time: &str) -> Clock {
    let now: DateTime<Utc> = time.parse().unwrap();
    Clock::from_fn(move || now)
}

/// Makes an application that may look at permissions; its id and key.
async fn add(app: &TestApp) -> (i64, String) {
    let key = app.add_application(&[Permission::ViewPermission]).await;
    (app.raw.number("SELECT MAX(id) FROM application").await, key)
}

/// Gives an application a new key and returns that.
async fn rotate(app: &TestApp, id: i64) -> String {
    key_of(&app.post(&format!("{}/rotate", path_of(id)), &Value::Null).await.ok())
}

/// Whether a key is somebody's: by what it opens, and by what it says of itself.
async fn is_known(app: &TestApp, key: &str) -> bool {
    let authorization = format!("Bearer {key}");
    let headers = [("authorization", authorization.as_str())];
    let own = app.request(Method::GET, OWN, &headers, "").await.ok();
    let answer = app.request(Method::GET, PERMISSIONS, &headers, "").await;
    assert_eq!(answer.status == StatusCode::OK, own.is_object(), "{}", answer.text());
    if own.is_null() {
        answer.refused(403, "Insufficient permissions");
    } else {
        assert_eq!(own["api_key"], key);
    }
    own.is_object()
}

/// A write under an idempotency key.
async fn keyed(app: &TestApp, api_key: &str, key: &str, path: &str, body: &Value) -> Answer {
    let authorization = format!("Bearer {api_key}");
    let headers = [("authorization", authorization.as_str()), ("idempotency-key", key)];
    app.request(Method::POST, path, &headers, body.to_string()).await
}

/// Everything that is stored about applications, and every answer that is kept.
async fn stored_texts(app: &TestApp) -> Vec<String> {
    let mut texts = Vec::new();
    for (table, columns) in [
        ("application", vec!["api_key", "key_prefix", "key_hash", "name", "permissions"]),
        ("application_replaced_key", vec!["key_prefix", "key_hash"]),
        ("idempotency_key", vec!["principal", "key", "fingerprint", "body"]),
    ] {
        for column in columns {
            let sql = format!("SELECT CAST({column} AS TEXT) FROM {table} WHERE {column} IS NOT NULL");
            texts.extend(app.raw.texts(&sql).await);
        }
    }
    texts
}

async fn assert_nowhere_stored(app: &TestApp, keys: &[String]) {
    let texts = stored_texts(app).await;
    for key in keys {
        // Not even a part of it that is longer than what is shown.
        let part = &key[..8];
        assert!(texts.iter().all(|text| !text.contains(part) && !text.contains(&key[8..])), "{key}: {texts:?}");
    }
}

both! {
    // The header is two words, the first exactly `Bearer`; whatever else is nobody, and never an error by itself.
    async fn a_key_is_read_from_two_words(app: TestApp) {
        let (_, key) = add(&app).await;
        for (header, expected) in [
            (format!("Bearer {key}"), true),
            (format!("Bearer    {key}"), true),
            (format!("Bearer\t{key}"), true),
            (format!(" Bearer {key} "), true),
            (format!("bearer {key}"), false),
            (format!("BEARER {key}"), false),
            (format!("Basic {key}"), false),
            (format!("Token {key}"), false),
            (format!("Bearer{key}"), false),
            (format!("Bearer: {key}"), false),
            (format!("Bearer {key} x"), false),
            (format!("Bearer Bearer {key}"), false),
            (format!("Bearer,{key}"), false),
            ("Bearer".to_owned(), false),
            ("Bearer ".to_owned(), false),
            (key.clone(), false),
            (String::new(), false),
        ] {
            let headers = [("authorization", header.as_str())];
            let own = app.request(Method::GET, OWN, &headers, "").await.ok();
            let answer = app.request(Method::GET, PERMISSIONS, &headers, "").await;
            assert_eq!((own.is_object(), answer.status == StatusCode::OK), (expected, expected), "{header:?}");
            if !expected {
                answer.refused(403, "Insufficient permissions");
            }
        }
    }

    // What resembles a key is none: another end, another case, a part, more than it, what is shown, what is stored.
    async fn what_resembles_a_key_is_nobody(app: TestApp) {
        let (id, key) = add(&app).await;
        let hash = app.raw.texts(&format!("SELECT key_hash FROM application WHERE id = {id}")).await.remove(0);
        let last = if key.ends_with('A') { 'B' } else { 'A' };
        for other in [
            format!("{}{last}", &key[..45]),
            format!("{}{}", &key[..7], "A".repeat(39)),
            key.to_uppercase(),
            key[..7].to_owned(),
            key[..45].to_owned(),
            key[3..].to_owned(),
            format!("{key}A"),
            format!("{key}="),
            format!("{}...", &key[..7]),
            "to_".to_owned(),
            hash.clone(),
            format!("to_{hash}"),
            "%".to_owned(),
            "'OR'1'='1".to_owned(),
        ] {
            assert!(!is_known(&app, &other).await, "{other}");
        }
        // Not ASCII: no header that could be a key.
        let shown = format!("Bearer {}…", &key[..7]);
        let mut request = axum::http::Request::new(axum::body::Body::empty());
        *request.uri_mut() = PERMISSIONS.parse().unwrap();
        let value = axum::http::HeaderValue::from_bytes(shown.as_bytes()).unwrap();
        request.headers_mut().insert("authorization", value);
        app.send(request).await.refused(403, "Insufficient permissions");
        assert!(is_known(&app, &key).await);
    }

    // Applications whose keys begin alike are told apart, and so is a key of neither that begins like them.
    async fn keys_that_begin_alike_are_told_apart(app: TestApp) {
        let (first, first_key) = add(&app).await;
        let (second, second_key) = add(&app).await;
        app.raw.run(&format!("UPDATE application SET key_prefix = 'to_same' WHERE id IN ({first}, {second})")).await;
        // Like that, neither is found by the characters it began with.
        assert!(!is_known(&app, &first_key).await && !is_known(&app, &second_key).await);
        let alike = |end: char| format!("to_same{}", end.to_string().repeat(39));
        for (id, key) in [(first, alike('A')), (second, alike('B'))] {
            let hash = test_observer::domain::api_key::KeyDigest::of(&key).hash;
            app.raw.run(&format!("UPDATE application SET key_hash = '{hash}' WHERE id = {id}")).await;
        }
        for (id, key) in [(first, alike('A')), (second, alike('B'))] {
            let own = app.as_application(&key, Method::GET, OWN, None).await.ok();
            assert_eq!((&own["id"], &own["api_key"]), (&json!(id), &json!(key)));
        }
        assert!(!is_known(&app, &alike('C')).await);
    }

    // Nothing that is stored tells a key: neither of a new one, nor of one that was replaced, nor of an answer.
    async fn no_key_is_stored(app: TestApp) {
        let app = app.with_settings(|settings| settings.key_grace_seconds = 60);
        let body = json!({"name": "ci", "permissions": ["view_permission"]});
        let made = keyed(&app, &app.key, "a", APPLICATIONS, &body).await.ok();
        let (id, first) = (made["id"].as_i64().unwrap(), key_of(&made));
        let rotation = format!("{}/rotate", path_of(id));
        let second = key_of(&keyed(&app, &app.key, "b", &rotation, &Value::Null).await.ok());
        let third = key_of(&keyed(&app, &second, "c", ROTATE_OWN, &Value::Null).await.ok());
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM application_replaced_key").await, 2);
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM idempotency_key WHERE body IS NOT NULL").await, 3);
        for key in [&first, &second, &third] {
            assert!(is_known(&app, key).await);
        }
        assert_nowhere_stored(&app, &[first, second, third, app.key.clone()]).await;
    }

    // An answer with a key is not given again: a repetition does nothing and says so.
    async fn a_repetition_is_not_answered_with_the_key(app: TestApp) {
        let body = json!({"name": "ci", "permissions": ["view_permission"]});
        let made = keyed(&app, &app.key, "a", APPLICATIONS, &body).await;
        assert!(!made.headers.contains_key("idempotency-replayed"));
        let (id, key) = (made.ok()["id"].as_i64().unwrap(), key_of(&made.ok()));
        let other = json!({"name": "other", "permissions": []});
        let rotation = format!("{}/rotate", path_of(id));
        for _ in 0..2 {
            let again = keyed(&app, &app.key, "a", APPLICATIONS, &body).await;
            again.refused(409, NOT_KEPT);
            assert_eq!(again.headers["idempotency-replayed"], "true");
            assert_eq!(again.headers["content-type"], "application/json");
            let misused = keyed(&app, &app.key, "a", APPLICATIONS, &other).await;
            misused.refused(422, "The Idempotency-Key was used for another request");
        }
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM application").await, 2);
        assert!(is_known(&app, &key).await);
        // Neither is the key replaced twice.
        let second = key_of(&keyed(&app, &app.key, "b", &rotation, &Value::Null).await.ok());
        keyed(&app, &app.key, "b", &rotation, &Value::Null).await.refused(409, NOT_KEPT);
        assert!(!is_known(&app, &key).await && is_known(&app, &second).await);
        let third = key_of(&keyed(&app, &second, "c", ROTATE_OWN, &Value::Null).await.ok());
        keyed(&app, &third, "c", ROTATE_OWN, &Value::Null).await.refused(409, NOT_KEPT);
        // The old key is nobody: what it repeats is not known.
        keyed(&app, &second, "c", ROTATE_OWN, &Value::Null).await.refused(401, "Not authenticated");
        assert!(is_known(&app, &third).await);
        // What was refused may be tried again, and other calls are answered as ever.
        let taken = keyed(&app, &app.key, "d", APPLICATIONS, &body).await;
        taken.refused(409, "Application with name 'ci' already exists");
        keyed(&app, &app.key, "d", APPLICATIONS, &other).await.ok();
    }

    // Ten creations at once under one key are one application; one of them has the key.
    async fn of_ten_repetitions_at_once_one_gets_the_key(app: TestApp) {
        let body = json!({"name": "ci", "permissions": ["view_permission"]});
        let answers = join_all((0..10).map(|_| keyed(&app, &app.key, "a", APPLICATIONS, &body))).await;
        let (made, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == StatusCode::OK);
        assert_eq!((made.len(), refused.len()), (1, 9));
        for answer in refused {
            answer.refused(409, NOT_KEPT);
        }
        assert!(is_known(&app, &key_of(&made[0].json())).await);
    }

    // Rotation: the answer is the application with a new whole key; the old one stops at once.
    async fn a_replaced_key_stops_at_once(app: TestApp) {
        let (id, first) = add(&app).await;
        let before = app.get(&path_of(id)).await.ok();
        let answer = app.post(&format!("{}/rotate", path_of(id)), &Value::Null).await;
        let second = key_of(&answer.ok());
        let own = app.as_application(&second, Method::POST, ROTATE_OWN, None).await;
        let third = key_of(&own.ok());
        for (answer, key) in [(&answer, &second), (&own, &third)] {
            let mut expected = before.clone();
            expected["api_key"] = json!(key);
            assert_eq!(answer.ok(), expected);
            assert!(key.len() == 46 && key.starts_with("to_"), "{key}");
            assert_eq!(answer.headers["cache-control"], "no-store");
        }
        for (key, expected) in [(&first, false), (&second, false), (&third, true)] {
            assert_eq!(is_known(&app, key).await, expected);
        }
        let shown = app.get(&path_of(id)).await.ok()["api_key"].clone();
        assert_eq!(shown, format!("{}…", &third[..7]));
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM application_replaced_key").await, 0);
        // One's own key takes no permission, only a key.
        let powerless = app.add_application(&[]).await;
        let renewed = app.as_application(&powerless, Method::POST, ROTATE_OWN, None).await.ok();
        assert_ne!(key_of(&renewed), powerless);
        let stopped = app.as_application(&powerless, Method::POST, ROTATE_OWN, None).await;
        stopped.refused(401, "Not authenticated");
    }

    // With a time to change over, each replaced key is good for that long after it was replaced, not a moment longer.
    async fn replaced_keys_are_good_for_a_while(app: TestApp) {
        let app = app.with_settings(|settings| settings.key_grace_seconds = 60);
        let app = app.with_clock(standing_at("2031-01-22T08:30:00Z"));
        let (id, first) = add(&app).await;
        let second = rotate(&app, id).await;
        let mut app = app.with_clock(standing_at("2031-01-22T08:30:30Z"));
        let third = rotate(&app, id).await;
        for (now, expected) in [
            ("2031-01-22T08:30:59.999999Z", [true, true, true]),
            ("2031-01-22T08:31:00Z", [false, true, true]),
            ("2031-01-22T08:31:29.999999Z", [false, true, true]),
            ("2031-01-22T08:31:30Z", [false, false, true]),
            ("2041-01-01T00:00:00Z", [false, false, true]),
        ] {
            app = app.with_clock(standing_at(now));
            for (key, expected) in [&first, &second, &third].into_iter().zip(expected) {
                assert_eq!(is_known(&app, key).await, expected, "{now}");
            }
        }
        // What is over is cleared away with the next rotation.
        rotate(&app, id).await;
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM application_replaced_key").await, 1);
    }

    // A shorter time counts for keys that were replaced before, too; none at all ends them all.
    async fn the_time_to_change_over_can_be_cut_short(app: TestApp) {
        let app = app.with_settings(|settings| settings.key_grace_seconds = 3600);
        let app = app.with_clock(standing_at("2031-01-22T08:30:00Z"));
        let (id, first) = add(&app).await;
        let second = rotate(&app, id).await;
        let app = app.with_settings(|settings| settings.key_grace_seconds = 10);
        let third = rotate(&app, id).await;
        let app = app.with_clock(standing_at("2031-01-22T08:30:09Z"));
        assert!(is_known(&app, &first).await && is_known(&app, &second).await && is_known(&app, &third).await);
        let app = app.with_clock(standing_at("2031-01-22T08:30:10Z"));
        assert!(!is_known(&app, &first).await && !is_known(&app, &second).await && is_known(&app, &third).await);
        let app = app.with_settings(|settings| settings.key_grace_seconds = 3600);
        let fourth = rotate(&app, id).await;
        assert!(is_known(&app, &third).await);
        let app = app.with_settings(|settings| settings.key_grace_seconds = 0);
        let fifth = rotate(&app, id).await;
        assert!(!is_known(&app, &third).await && !is_known(&app, &fourth).await && is_known(&app, &fifth).await);
    }

    // A key that was replaced does everything but replace its successor.
    async fn a_replaced_key_gets_no_new_one(app: TestApp) {
        let app = app.with_settings(|settings| settings.key_grace_seconds = 60);
        let (id, first) = add(&app).await;
        let second = key_of(&app.as_application(&first, Method::POST, ROTATE_OWN, None).await.ok());
        assert!(is_known(&app, &first).await);
        app.as_application(&first, Method::POST, ROTATE_OWN, None).await.refused(409, REPLACED);
        assert!(is_known(&app, &second).await);
        // Neither does one that somebody else replaced.
        let third = rotate(&app, id).await;
        app.as_application(&second, Method::POST, ROTATE_OWN, None).await.refused(409, REPLACED);
        app.as_application(&third, Method::POST, ROTATE_OWN, None).await.ok();
    }

    // Of programs that replace their common key at the same time one does, and the key it gets is the one that counts.
    async fn of_many_rotations_at_once_one_succeeds(app: TestApp) {
        let mut app = app;
        for grace in [0, 60] {
            app = app.with_settings(|settings| settings.key_grace_seconds = grace);
            let (_, key) = add(&app).await;
            let answers =
                join_all((0..10).map(|_| app.as_application(&key, Method::POST, ROTATE_OWN, None))).await;
            let (done, refused): (Vec<_>, Vec<_>) =
                answers.iter().partition(|answer| answer.status == StatusCode::OK);
            assert_eq!((done.len(), refused.len()), (1, 9), "{grace}");
            for answer in refused {
                // Whoever came when it was over has no key any more, unless there is a time to change over.
                match answer.status {
                    StatusCode::UNAUTHORIZED if grace == 0 => answer.refused(401, "Not authenticated"),
                    _ => answer.refused(409, REPLACED),
                }
            }
            assert!(is_known(&app, &key_of(&done[0].json())).await);
        }
    }

    // An application that has expired is nobody, with its newest key and every older one, until it is given more time.
    async fn an_expired_application_is_nobody(app: TestApp) {
        let app = app.with_settings(|settings| settings.key_grace_seconds = 86_400);
        let app = app.with_clock(standing_at("2031-01-22T08:30:00Z"));
        let body = json!({"name": "ci", "permissions": ["view_permission"], "expires_at": "2031-01-22T10:00:00+01:00"});
        let made = app.post(APPLICATIONS, &body).await.ok();
        assert_eq!(made["expires_at"], "2031-01-22T09:00:00");
        let id = made["id"].as_i64().unwrap();
        let keys = [key_of(&made), rotate(&app, id).await];
        let mut app = app;
        for (now, expected) in [
            ("2031-01-22T08:59:59.999999Z", true),
            ("2031-01-22T09:00:00Z", false),
            ("2031-01-22T09:00:01Z", false),
        ] {
            app = app.with_clock(standing_at(now));
            for key in &keys {
                assert_eq!(is_known(&app, key).await, expected, "{now}");
            }
        }
        app.as_application(&keys[1], Method::POST, ROTATE_OWN, None).await.refused(401, "Not authenticated");
        // It can be seen, changed and given a key all the same, but a new key does not make it good.
        assert_eq!(app.get(&path_of(id)).await.ok()["expires_at"], "2031-01-22T09:00:00");
        let third = rotate(&app, id).await;
        assert!(!is_known(&app, &third).await);
        for (end, expected) in [
            (json!("2031-01-22T09:00:02"), true),
            (json!("2031-01-22T09:00:01"), false),
            (json!("2001-01-01"), false),
            (json!(null), true),
        ] {
            app.patch(&path_of(id), &json!({"expires_at": end})).await.ok();
            assert_eq!(is_known(&app, &third).await, expected, "{end}");
        }
        assert!(is_known(&app, &keys[1]).await);
    }

    // A removed application is nobody with any of its keys, and nothing of them stays.
    async fn a_removed_application_leaves_no_key(app: TestApp) {
        let app = app.with_settings(|settings| settings.key_grace_seconds = 60);
        let (id, first) = add(&app).await;
        let second = rotate(&app, id).await;
        assert!(is_known(&app, &first).await && is_known(&app, &second).await);
        assert_eq!(app.delete(&path_of(id)).await.status, StatusCode::NO_CONTENT);
        assert!(!is_known(&app, &first).await && !is_known(&app, &second).await);
        app.as_application(&second, Method::POST, ROTATE_OWN, None).await.refused(401, "Not authenticated");
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM application_replaced_key").await, 0);
    }

    // When an application was last seen is noted in memory, and written down for all of them together.
    async fn last_uses_are_written_down_together(app: TestApp) {
        let app = app.with_clock(standing_at("2031-01-22T08:30:00Z"));
        let (first, first_key) = add(&app).await;
        let (second, second_key) = add(&app).await;
        let (unused, _) = add(&app).await;
        let writes = "SELECT COUNT(*) FROM application WHERE last_used_at IS NOT NULL";
        let mut counts = Vec::new();
        for _ in 0..20 {
            for key in [&first_key, &second_key] {
                let before = app.service.db.statements();
                assert!(is_known(&app, key).await);
                counts.push(app.service.db.statements() - before);
            }
            let refused = app.as_application(&first_key, Method::GET, "/v1/artefacts", None).await;
            refused.refused(403, "Insufficient permissions");
        }
        // The first request costs no more than the last, and none has written anything.
        assert!(counts.iter().all(|count| *count == counts[0]), "{counts:?}");
        assert_eq!(app.raw.number(writes).await, 0);
        let before = app.service.db.statements();
        app.service.save_last_uses().await.unwrap();
        let spent = app.service.db.statements() - before;
        assert!((1..=2).contains(&spent), "{spent} statements for a hundred requests");
        let now = json!("2031-01-22T08:30:00");
        for (id, expected) in [(first, &now), (second, &now), (unused, &Value::Null)] {
            assert_eq!(&app.get(&path_of(id)).await.ok()["last_used_at"], expected);
        }
        // Looking is no change of what is looked at.
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM application WHERE updated_at <> created_at").await, 0);
        app.service.save_last_uses().await.unwrap();
        let before = app.service.db.statements();
        app.service.save_last_uses().await.unwrap();
        assert_eq!(app.service.db.statements(), before, "nothing has happened since");
    }

    // The last of several uses counts, and a server that is late does not set it back.
    async fn a_last_use_is_not_set_back(app: TestApp) {
        let (id, key) = add(&app).await;
        let mut app = app;
        for (now, expected) in [
            ("2031-01-22T08:30:00.250Z", "2031-01-22T08:30:00.250000"),
            ("2031-01-22T08:31:00Z", "2031-01-22T08:31:00"),
            ("2031-01-22T08:29:00Z", "2031-01-22T08:31:00"),
        ] {
            app = app.with_clock(standing_at(now));
            assert!(is_known(&app, &key).await);
            app.service.save_last_uses().await.unwrap();
            assert_eq!(app.get(&path_of(id)).await.ok()["last_used_at"], expected, "{now}");
        }
    }

    // Whom nobody recognises is not seen; neither is an application that was removed before it is written down.
    async fn only_good_keys_are_seen(app: TestApp) {
        let (id, key) = add(&app).await;
        let wrong = format!("{}{}", &key[..7], "A".repeat(39));
        assert!(!is_known(&app, &wrong).await);
        app.service.save_last_uses().await.unwrap();
        assert_eq!(app.get(&path_of(id)).await.ok()["last_used_at"], Value::Null);
        assert!(is_known(&app, &key).await);
        app.delete(&path_of(id)).await;
        app.service.save_last_uses().await.unwrap();
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM application").await, 1);
    }

    // What cannot be written now is written later.
    async fn what_was_seen_is_not_lost_with_a_failure(app: TestApp) {
        let (id, key) = add(&app).await;
        assert!(is_known(&app, &key).await);
        app.raw.run("ALTER TABLE application RENAME COLUMN last_used_at TO elsewhere").await;
        assert!(app.service.save_last_uses().await.is_err());
        app.raw.run("ALTER TABLE application RENAME COLUMN elsewhere TO last_used_at").await;
        app.service.save_last_uses().await.unwrap();
        assert!(app.get(&path_of(id)).await.ok()["last_used_at"].is_string());
    }

    // Keys in clear, as an import or an older version leaves them, are hashed and cleared, and work from then on.
    async fn keys_in_clear_are_hashed(app: TestApp) {
        let key = |end: char| format!("to_{}{}", "K".repeat(42), end);
        for end in ['a', 'b'] {
            let sql = format!(
                "INSERT INTO application (name, api_key, permissions, created_at, updated_at)
                 VALUES ('imported {end}', '{}', '[\"view_permission\"]', '2031-01-01T00:00:00+00:00',
                         '2031-01-01T00:00:00+00:00')",
                key(end)
            );
            app.raw.run(&sql).await;
            // Until then it is nobody, and does not show.
            assert!(!is_known(&app, &key(end)).await);
            assert_eq!(app.get(APPLICATIONS).await.ok().as_array().unwrap().last().unwrap()["api_key"], "…");
            if end == 'a' {
                app.service.db.migrate().await.unwrap();
            } else {
                app.service.db.hash_clear_keys().await.unwrap();
            }
            assert!(is_known(&app, &key(end)).await);
            assert_eq!(app.raw.number("SELECT COUNT(*) FROM application WHERE api_key IS NOT NULL").await, 0);
        }
        // Again it changes nothing, and both begin alike.
        app.service.db.hash_clear_keys().await.unwrap();
        for (end, expected) in [('a', true), ('b', true), ('c', false)] {
            assert_eq!(is_known(&app, &key(end)).await, expected, "{end}");
        }
        assert_nowhere_stored(&app, &[key('a'), key('b')]).await;
    }

    // A key in clear that nobody has hashed yet can be replaced, which clears it.
    async fn a_key_in_clear_can_be_replaced(app: TestApp) {
        app.raw
            .run(
                "INSERT INTO application (name, api_key, permissions, created_at, updated_at)
                 VALUES ('imported', 'to_clear', '[\"view_permission\"]', '2031-01-01T00:00:00+00:00',
                         '2031-01-01T00:00:00+00:00')",
            )
            .await;
        let id = app.raw.number("SELECT MAX(id) FROM application").await;
        let key = rotate(&app, id).await;
        app.service.db.hash_clear_keys().await.unwrap();
        assert!(is_known(&app, &key).await && !is_known(&app, "to_clear").await);
    }

    // The command line replaces a key by the name of its application; every older key stops at once.
    async fn a_key_is_replaced_by_name(app: TestApp) {
        let app = app.with_settings(|settings| settings.key_grace_seconds = 60);
        let body = json!({"name": "ci", "permissions": ["view_permission"]});
        let made = app.post(APPLICATIONS, &body).await.ok();
        let second = rotate(&app, made["id"].as_i64().unwrap()).await;
        let third = app.service.rotate_key_by_name("ci").await.unwrap();
        for (key, expected) in [(&key_of(&made), false), (&second, false), (&third, true)] {
            assert_eq!(is_known(&app, key).await, expected);
        }
        let error = app.service.rotate_key_by_name("CI").await.unwrap_err().to_string();
        assert_eq!(error, "Application with name 'CI' not found");
    }
}

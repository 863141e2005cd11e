//! `/v1/applications`: make, look, change, remove; and what an application learns about itself.

use app::api::Permission;
use axum::http::{Method, StatusCode};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, both};

const APPLICATIONS: &str = "/v1/applications";
const OWN: &str = "/v1/applications/me";
const ROTATE_OWN: &str = "/v1/applications/me/rotate";
const NUMBER_OF_APPLICATIONS: &str = "SELECT COUNT(*) FROM application";

fn path_of(id: i64) -> String {
    format!("{APPLICATIONS}/{id}")
}

/// Makes an application and returns what was answered.
async fn create(app: &TestApp, body: &Value) -> Value {
    app.post(APPLICATIONS, body).await.ok()
}

fn id_of(application: &Value) -> i64 {
    application["id"].as_i64().unwrap()
}

fn key_of(application: &Value) -> String {
    application["api_key"].as_str().unwrap().to_owned()
}

/// An object with some fields set.
fn with(mut object: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        object[name] = value.clone();
    }
    object
}

/// An application as those see it who do not have its key.
fn redacted(application: &Value) -> Value {
    let shown = format!("{}…", &key_of(application)[..7]);
    with(application.clone(), &json!({"api_key": shown}))
}

fn problems(expected: &[(&str, Value)]) -> Vec<(String, Value)> {
    expected.iter().map(|(kind, loc)| ((*kind).to_owned(), loc.clone())).collect()
}

/// How many statements a request takes.
async fn statements(app: &TestApp, key: &str, method: Method, path: &str, body: Option<&Value>) -> u64 {
    let before = app.service.db.statements();
    let answer = app.as_application(key, method, path, body).await;
    assert!(answer.status.is_success(), "{}", answer.text());
    app.service.db.statements() - before
}

/// Asks who calls, with these headers.
async fn ask_who(app: &TestApp, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    app.request(method, path, headers, "").await
}

both! {
    // Creation: 200 with the whole key, the keys of the object in order, permissions as they were sent.
    async fn a_new_application_is_shown_with_its_key(app: TestApp) {
        let body = json!({"name": "ci", "permissions": ["view_test", "change_test", "view_test"], "unknown": 1});
        let answer = app.post(APPLICATIONS, &body).await;
        let (id, key) = (id_of(&answer.ok()), key_of(&answer.ok()));
        let expected = format!(
            "{{\"id\":{id},\"name\":\"ci\",\"permissions\":[\"view_test\",\"change_test\",\"view_test\"],\
             \"api_key\":\"{key}\",\"expires_at\":null,\"last_used_at\":null}}"
        );
        assert_eq!(answer.text(), expected);
        assert_eq!(answer.headers["cache-control"], "no-store");
        let secret = key.strip_prefix("to_").unwrap();
        let is_spelt_well = secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        assert!(key.len() == 46 && is_spelt_well, "{key}");
        // It is good for what was asked for, and nothing else.
        assert_eq!(app.as_application(&key, Method::GET, "/v1/test-executions/9", None).await.status, 404);
        let refused = app.as_application(&key, Method::GET, "/v1/artefacts", None).await;
        refused.refused(403, "Insufficient permissions");
    }

    // Both fields may be empty; keys are never the same.
    async fn an_application_may_be_nearly_nothing(app: TestApp) {
        let first = create(&app, &json!({"name": "", "permissions": []})).await;
        let expected = json!({
            "id": id_of(&first), "name": "", "permissions": [], "api_key": key_of(&first),
            "expires_at": null, "last_used_at": null,
        });
        assert_eq!(first, expected);
        let second = create(&app, &json!({"name": " ", "permissions": [], "expires_at": null})).await;
        assert_ne!(key_of(&first), key_of(&second));
        assert_eq!(second["name"], " ");
    }

    // Malformed bodies of POST, each problem in its place, all of them together in the order of the fields.
    async fn malformed_applications_are_not_made(app: TestApp) {
        let name = |value: Value| json!({"name": value, "permissions": []});
        let permissions = |value: Value| json!({"name": "x", "permissions": value});
        let expires_at = |value: Value| json!({"name": "x", "permissions": [], "expires_at": value});
        for (body, expected) in [
            (json!({}), vec![("missing", json!(["body", "name"])), ("missing", json!(["body", "permissions"]))]),
            (json!({"name": "x"}), vec![("missing", json!(["body", "permissions"]))]),
            (name(json!(null)), vec![("string_type", json!(["body", "name"]))]),
            (name(json!(5)), vec![("string_type", json!(["body", "name"]))]),
            (name(json!("é".repeat(501))), vec![("string_too_long", json!(["body", "name"]))]),
            (name(json!("a\u{0}")), vec![("value_error", json!(["body", "name"]))]),
            (permissions(json!(null)), vec![("list_type", json!(["body", "permissions"]))]),
            (permissions(json!("view_test")), vec![("list_type", json!(["body", "permissions"]))]),
            (permissions(json!(["view_test", "fly", "View_Test"])),
             vec![("enum", json!(["body", "permissions", 1])), ("enum", json!(["body", "permissions", 2]))]),
            (expires_at(json!("soon")), vec![("datetime_from_date_parsing", json!(["body", "expires_at"]))]),
            (expires_at(json!(true)), vec![("datetime_type", json!(["body", "expires_at"]))]),
            (json!({"expires_at": [], "permissions": 5, "name": {}}), vec![
                ("string_type", json!(["body", "name"])),
                ("list_type", json!(["body", "permissions"])),
                ("datetime_type", json!(["body", "expires_at"])),
            ]),
            (json!([]), vec![("model_attributes_type", json!(["body"]))]),
            (json!(null), vec![("missing", json!(["body"]))]),
        ] {
            assert_eq!(app.post(APPLICATIONS, &body).await.problems(), problems(&expected), "{body}");
        }
        assert_eq!(app.raw.number(NUMBER_OF_APPLICATIONS).await, 1);
        create(&app, &name(json!("é".repeat(500)))).await;
    }

    // A name that is taken: 409, and nothing is stored. Upper and lower case are apart.
    async fn a_name_belongs_to_one_application(app: TestApp) {
        let first = create(&app, &json!({"name": "it's", "permissions": ["view_test"]})).await;
        let again = app.post(APPLICATIONS, &json!({"name": "it's", "permissions": []})).await;
        again.refused(409, "Application with name 'it's' already exists");
        assert_eq!(app.raw.number(NUMBER_OF_APPLICATIONS).await, 2);
        assert_eq!(app.get(&path_of(id_of(&first))).await.ok(), redacted(&first));
        create(&app, &json!({"name": "It's", "permissions": []})).await;
    }

    // Of creations under one name at the same time one succeeds, and its key works.
    async fn one_of_many_equal_creations_succeeds(app: TestApp) {
        let body = json!({"name": "ci", "permissions": ["view_permission"]});
        let answers = join_all((0..20).map(|_| app.post(APPLICATIONS, &body))).await;
        let (made, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == StatusCode::OK);
        assert_eq!((made.len(), refused.len()), (1, 19));
        for answer in refused {
            answer.refused(409, "Application with name 'ci' already exists");
        }
        app.as_application(&key_of(&made[0].json()), Method::GET, "/v1/permissions", None).await.ok();
    }

    // The list has all applications by id, and of each key the first characters.
    async fn applications_are_listed_by_id_without_their_keys(app: TestApp) {
        let mut expected = vec![redacted(&app.get(OWN).await.ok())];
        for name in ["z", "a", "m"] {
            expected.push(redacted(&create(&app, &json!({"name": name, "permissions": ["view_test"]})).await));
        }
        // A change must not move a row to the end.
        let path = path_of(id_of(&expected[1]));
        app.patch(&path, &json!({"permissions": ["view_user"]})).await.ok();
        expected[1]["permissions"] = json!(["view_user"]);
        let list = app.get(APPLICATIONS).await;
        assert_eq!(list.ok(), json!(expected));
        assert_eq!(app.get("/v1/applications?limit=1&offset=1").await.ok(), json!(expected));
        for application in &expected {
            assert_eq!(application["api_key"].as_str().unwrap().chars().count(), 8);
            assert_eq!(&app.get(&path_of(id_of(application))).await.ok(), application);
        }
        // Characters that are not ASCII are written as they are.
        assert!(list.text().contains('…'));
    }

    // What does not exist: each call in its own words; removing it succeeds.
    async fn unknown_applications_are_not_found(app: TestApp) {
        for id in ["999", "0", "-1", "4294967296", "99999999999999999999"] {
            let path = format!("{APPLICATIONS}/{id}");
            // Beyond 64 bits there are no ids.
            let shown = id.parse::<i64>().unwrap_or(i64::MAX);
            app.get(&path).await.refused(404, &format!("Application with id {shown} not found"));
            app.patch(&path, &json!({})).await.refused(404, &format!("Application {shown} doesn't exist"));
            let rotated = app.post(&format!("{path}/rotate"), &Value::Null).await;
            rotated.refused(404, &format!("Application with id {shown} not found"));
            let removed = app.delete(&path).await;
            assert_eq!((removed.status.as_u16(), removed.bytes.len()), (204, 0), "{id}");
        }
        let expected = problems(&[("int_parsing", json!(["path", "application_id"]))]);
        for id in ["x", "7.5", "you"] {
            let path = format!("{APPLICATIONS}/{id}");
            assert_eq!(app.get(&path).await.problems(), expected);
            assert_eq!(app.patch(&path, &json!({})).await.problems(), expected);
            assert_eq!(app.delete(&path).await.problems(), expected);
            assert_eq!(app.post(&format!("{path}/rotate"), &Value::Null).await.problems(), expected);
        }
    }

    // Ids in the spellings of integers.
    async fn ids_have_many_spellings(app: TestApp) {
        let expected = redacted(&app.get(OWN).await.ok());
        let id = id_of(&expected);
        for spelling in [format!("{id}"), format!("+{id}"), format!("0{id}"), format!("%20{id}"), format!("{id}.0")] {
            assert_eq!(app.get(&format!("{APPLICATIONS}/{spelling}")).await.ok(), expected, "{spelling}");
        }
    }

    // PATCH: absent stays; null permissions stay, an empty list clears; null takes the end away; others are ignored.
    async fn a_change_leaves_what_it_does_not_name(app: TestApp) {
        let made = create(&app, &json!({"name": "ci", "permissions": ["view_test", "view_user"]})).await;
        let mut expected = redacted(&made);
        let path = path_of(id_of(&made));
        for (patch, changes) in [
            (json!({}), json!({})),
            (json!({"permissions": null}), json!({})),
            (json!({"permissions": ["change_test", "view_test", "change_test"]}),
             json!({"permissions": ["change_test", "view_test", "change_test"]})),
            (json!({"name": "other", "id": 7, "api_key": "to_mine", "last_used_at": "2031-01-01"}), json!({})),
            (json!({"expires_at": "2099-01-22T10:00:00+01:00"}), json!({"expires_at": "2099-01-22T09:00:00"})),
            (json!({"permissions": []}), json!({"permissions": []})),
            (json!({"permissions": ["view_test"], "expires_at": "2099-02-01"}),
             json!({"permissions": ["view_test"], "expires_at": "2099-02-01T00:00:00"})),
            (json!({"expires_at": null}), json!({"expires_at": null})),
        ] {
            expected = with(expected, &changes);
            assert_eq!(app.patch(&path, &patch).await.ok(), expected, "{patch}");
            assert_eq!(app.get(&path).await.ok(), expected, "{patch}");
        }
        // The key is the same all the while.
        assert_eq!(app.as_application(&key_of(&made), Method::GET, "/v1/test-executions/9", None).await.status, 404);
    }

    // Malformed changes are refused and change nothing.
    async fn malformed_changes_are_refused(app: TestApp) {
        let made = create(&app, &json!({"name": "ci", "permissions": ["view_test"]})).await;
        let path = path_of(id_of(&made));
        for (body, expected) in [
            (json!({"permissions": "view_test"}), vec![("list_type", json!(["body", "permissions"]))]),
            (json!({"permissions": ["view_user", "fly"]}), vec![("enum", json!(["body", "permissions", 1]))]),
            (json!({"permissions": [], "expires_at": "soon"}),
             vec![("datetime_from_date_parsing", json!(["body", "expires_at"]))]),
            (json!({"expires_at": false, "permissions": {}}),
             vec![("list_type", json!(["body", "permissions"])), ("datetime_type", json!(["body", "expires_at"]))]),
            (json!(5), vec![("model_attributes_type", json!(["body"]))]),
        ] {
            assert_eq!(app.patch(&path, &body).await.problems(), problems(&expected), "{body}");
        }
        assert_eq!(app.get(&path).await.ok(), redacted(&made));
    }

    // Permissions count from the next request on.
    async fn a_change_of_permissions_counts_at_once(app: TestApp) {
        let made = create(&app, &json!({"name": "ci", "permissions": []})).await;
        let (path, key) = (path_of(id_of(&made)), key_of(&made));
        let [nothing, right, wrong] = [json!([]), json!(["view_permission"]), json!(["view_user"])];
        for (permissions, expected) in [(nothing, 403), (right, 200), (wrong, 403)] {
            app.patch(&path, &json!({"permissions": permissions})).await.ok();
            let answer = app.as_application(&key, Method::GET, "/v1/permissions", None).await;
            assert_eq!(answer.status, expected, "{permissions}");
        }
    }

    // Removal: no content, the key is nobody at once, again the same answer, and the name is free.
    async fn a_removed_application_is_nobody(app: TestApp) {
        let made = create(&app, &json!({"name": "ci", "permissions": ["view_permission"]})).await;
        let (path, key) = (path_of(id_of(&made)), key_of(&made));
        app.as_application(&key, Method::GET, "/v1/permissions", None).await.ok();
        for _ in 0..2 {
            let removed = app.delete(&path).await;
            assert_eq!((removed.status.as_u16(), removed.bytes.len()), (204, 0));
            let answer = app.as_application(&key, Method::GET, "/v1/permissions", None).await;
            answer.refused(403, "Insufficient permissions");
            assert_eq!(app.as_application(&key, Method::GET, OWN, None).await.ok(), Value::Null);
            app.get(&path).await.refused(404, &format!("Application with id {} not found", made["id"]));
        }
        let second = create(&app, &json!({"name": "ci", "permissions": []})).await;
        assert_ne!((id_of(&second), key_of(&second)), (id_of(&made), key));
    }

    // Who calls: an application sees itself with its whole key, everybody else null, or 401 where somebody has to be.
    async fn an_application_sees_itself(app: TestApp) {
        let made = create(&app, &json!({"name": "ci", "permissions": []})).await;
        let bearer = format!("Bearer {}", key_of(&made));
        let session = app.session(app.add_admin("root").await).await;
        let application = ("authorization", bearer.as_str());
        let unknown = ("authorization", "Bearer to_nobody");
        let (cookie, csrf) = (("cookie", session.as_str()), ("x-csrf-token", "1"));
        let mut app = app;
        for required in [false, true] {
            app = app.with_settings(|settings| settings.require_authentication = required);
            for (headers, is_application) in [
                (vec![application], true),
                (vec![application, cookie, csrf], true),
                (vec![], false),
                (vec![unknown], false),
                (vec![cookie, csrf], false),
                (vec![unknown, cookie, csrf], false),
            ] {
                let answer = ask_who(&app, Method::GET, OWN, &headers).await;
                match (is_application, required) {
                    (true, _) => assert_eq!(answer.ok(), made, "{headers:?}"),
                    (false, false) => assert_eq!(answer.text(), "null", "{headers:?}"),
                    (false, true) => answer.refused(401, "Not authenticated"),
                }
                assert!(!answer.headers.contains_key("www-authenticate"));
                assert_eq!(answer.status.is_success(), answer.headers.contains_key("cache-control"), "{headers:?}");
                if !is_application {
                    // A new key needs an application, whatever the operator requires.
                    ask_who(&app, Method::POST, ROTATE_OWN, &headers).await.refused(401, "Not authenticated");
                }
            }
        }
    }

    // The fixed word comes before the id, and is no integer for the methods that only ids have.
    async fn the_path_of_oneself_is_no_id(app: TestApp) {
        let viewer = app.add_application(&[Permission::ViewApplication]).await;
        assert_eq!(app.as_application(&viewer, Method::GET, OWN, None).await.ok()["api_key"], viewer);
        let expected = problems(&[("int_parsing", json!(["path", "application_id"]))]);
        for method in [Method::PATCH, Method::DELETE] {
            let answer = app.as_application(&app.key, method.clone(), OWN, Some(&json!({}))).await;
            assert_eq!(answer.problems(), expected, "{method}");
            let answer = app.as_application(&viewer, method, OWN, Some(&json!({}))).await;
            answer.refused(403, "Insufficient permissions");
        }
    }

    // Every call asks for its permission, before anything else of the request is looked at; none stands for another.
    async fn every_call_asks_for_its_permission(app: TestApp) {
        let made = create(&app, &json!({"name": "ci", "permissions": []})).await;
        let (path, unknown) = (path_of(id_of(&made)), path_of(999));
        let nonsense = format!("{APPLICATIONS}/x");
        let paths = |end: &str| [&path, &unknown, &nonsense].map(|path| format!("{path}{end}")).to_vec();
        for (method, paths, permission) in [
            (Method::POST, vec![APPLICATIONS.to_owned()], Permission::AddApplication),
            (Method::GET, vec![APPLICATIONS.to_owned()], Permission::ViewApplication),
            (Method::GET, paths(""), Permission::ViewApplication),
            (Method::PATCH, paths(""), Permission::ChangeApplication),
            (Method::DELETE, paths(""), Permission::ChangeApplication),
            (Method::POST, paths("/rotate"), Permission::ChangeApplication),
        ] {
            let others: Vec<_> = Permission::ALL.iter().copied().filter(|other| *other != permission).collect();
            let key = app.add_application(&others).await;
            for path in &paths {
                for body in [&json!({"name": "new", "permissions": []}), &json!({}), &json!([])] {
                    let answer = app.anonymous(method.clone(), path, Some(body)).await;
                    answer.refused(403, "Insufficient permissions");
                    let answer = app.as_application(&key, method.clone(), path, Some(body)).await;
                    answer.refused(403, "Insufficient permissions");
                }
            }
        }
        assert_eq!(app.get(&path_of(id_of(&made))).await.ok(), redacted(&made));
        for (method, path, permission) in [
            (Method::POST, APPLICATIONS.to_owned(), Permission::AddApplication),
            (Method::GET, path.clone(), Permission::ViewApplication),
            (Method::PATCH, path.clone(), Permission::ChangeApplication),
            (Method::POST, format!("{path}/rotate"), Permission::ChangeApplication),
            (Method::DELETE, path, Permission::ChangeApplication),
        ] {
            let allowed = app.add_application(&[permission]).await;
            let body = json!({"name": "new", "permissions": []});
            let answer = app.as_application(&allowed, method.clone(), &path, Some(&body)).await;
            assert!(answer.status.is_success(), "{method} {path}: {}", answer.text());
        }
    }

    // Requests take a fixed number of statements, however many applications there are.
    async fn requests_take_a_fixed_number_of_statements(app: TestApp) {
        let mut counts = Vec::new();
        for size in [1, 40] {
            for n in 1..size {
                create(&app, &json!({"name": format!("{size} {n}"), "permissions": ["view_test"]})).await;
            }
            let body = json!({"name": format!("size {size}"), "permissions": ["view_test"]});
            let making = statements(&app, &app.key, Method::POST, APPLICATIONS, Some(&body)).await;
            let path = path_of(app.raw.number("SELECT MAX(id) FROM application").await);
            let own = app.add_application(&[]).await;
            let change = json!({"permissions": [], "expires_at": "2099-01-01"});
            counts.push([
                making,
                statements(&app, &app.key, Method::GET, APPLICATIONS, None).await,
                statements(&app, &app.key, Method::GET, &path, None).await,
                statements(&app, &app.key, Method::PATCH, &path, Some(&change)).await,
                statements(&app, &app.key, Method::POST, &format!("{path}/rotate"), None).await,
                statements(&app, &app.key, Method::DELETE, &path, None).await,
                statements(&app, &own, Method::GET, OWN, None).await,
                statements(&app, &own, Method::POST, ROTATE_OWN, None).await,
            ]);
        }
        assert_eq!(counts[0], counts[1]);
        // One of each is the look-up of the caller; of a change one notes it down.
        assert!(counts[0].iter().all(|count| *count <= 7), "{counts:?}");
    }
}

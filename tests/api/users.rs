//! `/v1/users`: who you are, find, look, make an administrator, remove.

use app::api::Permission;
use axum::http::{Method, StatusCode};
use chrono::{DateTime, Utc};
use futures::future::join_all;
use serde_json::{Value, json};
use test_observer::clock::Clock;

use crate::support::{Answer, TestApp, both, snap};

const USERS: &str = "/v1/users";
const ME: &str = "/v1/users/me";
const REFUSAL: &str = "Insufficient permissions";
const WRITTEN: &str = "SELECT CAST(updated_at AS TEXT) FROM app_user ORDER BY id";

fn path_of(user: i64) -> String {
    format!("{USERS}/{user}")
}

fn not_found(user: &str) -> String {
    format!("User with id {user} not found")
}

fn problems(expected: &[(&str, Value)]) -> Vec<(String, Value)> {
    expected.iter().map(|(kind, loc)| ((*kind).to_owned(), loc.clone())).collect()
}

/// Adds a person; no handle is none.
async fn add(app: &TestApp, email: &str, name: &str, handle: Option<&str>) -> i64 {
    let handle = handle.map_or_else(|| "NULL".to_owned(), |handle| format!("'{handle}'"));
    let now = "2031-01-01T00:00:00+00:00";
    let sql = format!(
        "INSERT INTO app_user (email, name, launchpad_handle, created_at, updated_at)
         VALUES ('{email}', '{name}', {handle}, '{now}', '{now}') RETURNING id"
    );
    app.raw.number(&sql).await
}

/// A user as shown: nothing but a name and the mail address that goes with it, except for some fields.
fn shown(id: i64, name: &str, changes: &Value) -> Value {
    let mut user = json!({
        "id": id, "email": format!("{name}@example.org"), "name": name, "launchpad_handle": null, "teams": [],
        "is_admin": false,
    });
    for (field, value) in changes.as_object().unwrap() {
        user[field] = value.clone();
    }
    user
}

async fn list(app: &TestApp, query: &str) -> Value {
    app.get(&format!("{USERS}{query}")).await.ok()
}

fn ids(page: &Value) -> Vec<i64> {
    page["users"].as_array().unwrap().iter().map(|user| user["id"].as_i64().unwrap()).collect()
}

/// The page's numbers: count, limit, offset.
fn numbers(page: &Value) -> [i64; 3] {
    ["count", "limit", "offset"].map(|name| page[name].as_i64().unwrap())
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn all_but(missing: Permission) -> Vec<Permission> {
    Permission::ALL.iter().copied().filter(|permission| *permission != missing).collect()
}

/// How many statements a request takes.
async fn statements(app: &TestApp, method: Method, path: &str, body: Option<&Value>) -> u64 {
    let before = app.service.db.statements();
    let answer = app.as_application(&app.key, method, path, body).await;
    assert!(answer.status.is_success(), "{}", answer.text());
    app.service.db.statements() - before
}

fn cookie(value: &str) -> (&'static str, &str) {
    ("cookie", value)
}

/// Asks who one is, with these headers.
async fn ask(app: &TestApp, headers: &[(&str, &str)]) -> Answer {
    app.request(Method::GET, ME, headers, "").await
}

both! {
    // The object: six keys in order; the three of each team, by id.
    async fn a_user_is_shown_with_every_key(app: TestApp) {
        let user = add(&app, "Ana@example.org", "Ana \u{c9}lan", Some("ana-e")).await;
        let later = app.add_team("b-team", &[Permission::ViewTest, Permission::ViewUser], &[user]).await;
        app.add_team("of others", &[], &[]).await;
        let last = app.add_team("a-team", &[], &[user]).await;
        let expected = format!(
            "{{\"id\":{user},\"email\":\"Ana@example.org\",\"name\":\"Ana \u{c9}lan\",\"launchpad_handle\":\"ana-e\",\
             \"teams\":[{{\"id\":{later},\"name\":\"b-team\",\"permissions\":[\"view_test\",\"view_user\"]}},\
             {{\"id\":{last},\"name\":\"a-team\",\"permissions\":[]}}],\"is_admin\":false}}"
        );
        assert_eq!(app.get(&path_of(user)).await.text(), expected);
        assert_eq!(app.get(USERS).await.text(), format!(
            "{{\"users\":[{expected}],\"count\":1,\"limit\":50,\"offset\":0}}"
        ));
        let session = app.session(user).await;
        assert_eq!(app.as_user(&session, Method::GET, ME, None).await.text(), expected);
        assert_eq!(app.patch(&path_of(user), &json!({})).await.text(), expected);
        let plain = app.add_user("kim").await;
        assert_eq!(app.get(&path_of(plain)).await.ok(), shown(plain, "kim", &json!({})));
    }

    // Who one is: the user of the session; for everybody else null, or 401 where authentication is required.
    async fn only_a_session_says_who_one_is(app: TestApp) {
        let user = app.add_user("kim").await;
        let admin = app.add_admin("root").await;
        let (session, admin_session) = (app.session(user).await, app.session(admin).await);
        let expired = app.session(user).await;
        app.raw.run("UPDATE user_session SET expires_at = '2020-01-01T00:00:00+00:00'
                     WHERE id = (SELECT MAX(id) FROM user_session)").await;
        let unknown = app.session(user).await;
        app.raw.run("DELETE FROM user_session WHERE id = (SELECT MAX(id) FROM user_session)").await;
        let bearer = format!("Bearer {}", app.key);
        let (csrf, key) = (("x-csrf-token", ""), ("authorization", bearer.as_str()));
        let kim = shown(user, "kim", &json!({}));
        let mut app = app;
        for required in [false, true] {
            app = app.with_settings(|settings| settings.require_authentication = required);
            for (headers, expected) in [
                (vec![cookie(&session), csrf], Some(kim.clone())),
                (vec![cookie(&session), ("x-csrf-token", "1"), key], Some(kim.clone())),
                (vec![cookie(&session), csrf, ("authorization", "Bearer wrong")], Some(kim.clone())),
                (vec![cookie(&admin_session), csrf], Some(shown(admin, "root", &json!({"is_admin": true})))),
                (vec![], None),
                (vec![key], None),
                (vec![cookie(&session)], None),
                (vec![cookie(&session), key], None),
                (vec![cookie(&expired), csrf], None),
                (vec![cookie(&unknown), csrf], None),
                (vec![cookie(&unknown), csrf, key], None),
                (vec![cookie("session=nonsense"), csrf], None),
            ] {
                let answer = ask(&app, &headers).await;
                match expected {
                    Some(user) => assert_eq!(answer.ok(), user, "{headers:?}"),
                    None if required => answer.refused(401, "Not authenticated"),
                    None => assert_eq!((answer.status.as_u16(), answer.text().as_str()), (200, "null"), "{headers:?}"),
                }
            }
        }
    }

    // One's own path is none with an id: other methods find that it is no integer, after the rights.
    async fn me_is_no_id(app: TestApp) {
        let viewer = app.add_application(&all_but(Permission::ChangeUser)).await;
        for method in [Method::PATCH, Method::DELETE] {
            let body = json!({"is_admin": true});
            app.anonymous(method.clone(), ME, Some(&body)).await.refused(403, REFUSAL);
            app.as_application(&viewer, method.clone(), ME, Some(&body)).await.refused(403, REFUSAL);
            let answer = app.as_application(&app.key, method, ME, Some(&body)).await;
            assert_eq!(answer.problems(), problems(&[("int_parsing", json!(["path", "user_id"]))]));
        }
        app.post(ME, &json!({})).await.refused(405, "Method Not Allowed");
        app.post(USERS, &json!({"email": "x@y", "name": "x"})).await.refused(405, "Method Not Allowed");
    }

    // The list: by name, then by id; counted before it is cut.
    async fn users_are_listed_by_name_in_pages(app: TestApp) {
        assert_eq!(list(&app, "").await, json!({"users": [], "count": 0, "limit": 50, "offset": 0}));
        let mut named = Vec::new();
        for (email, name) in [("1@x", "kim"), ("2@x", "ada"), ("3@x", "kim"), ("4@x", "Zoe"), ("5@x", "ada")] {
            named.push(add(&app, email, name, None).await);
        }
        let sorted = [named[3], named[1], named[4], named[0], named[2]];
        for (query, expected, [count, limit, offset]) in [
            ("", &sorted[..], [5, 50, 0]),
            ("?limit=2", &sorted[..2], [5, 2, 0]),
            ("?limit=2&offset=1", &sorted[1..3], [5, 2, 1]),
            ("?limit=1000&offset=4", &sorted[4..], [5, 1000, 4]),
            ("?offset=5", &sorted[5..], [5, 50, 5]),
            ("?offset=9223372036854775807", &sorted[5..], [5, 50, i64::MAX]),
            ("?limit=7&limit=+02&offset=1.0", &sorted[1..3], [5, 2, 1]),
            ("?q=kim&limit=1&offset=1", &sorted[4..], [2, 1, 1]),
            ("?q=kim&offset=2", &sorted[5..], [2, 50, 2]),
            ("?other=x", &sorted[..], [5, 50, 0]),
        ] {
            let page = list(&app, query).await;
            assert_eq!((ids(&page).as_slice(), numbers(&page)), (expected, [count, limit, offset]), "{query}");
        }
    }

    // The search: each word in mail address, name or Launchpad name, whatever its case; a number also as an id.
    async fn every_word_is_found_somewhere(app: TestApp) {
        let ana = add(&app, "ana@example.org", "Ana Maria Lopez", Some("anama")).await;
        let bo = add(&app, "Bo.Lind@Example.com", "Bo", None).await;
        let joe = add(&app, "joe_7@example.org", "100% Joe", Some("x-joe")).await;
        let eve = add(&app, r"e\ve@example.org", "\u{c9}ve", Some("eve")).await;
        let all = vec![joe, ana, bo, eve];
        for (q, expected) in [
            ("", all.clone()),
            (" \t\u{a0}\n", all.clone()),
            ("ANA", vec![ana]),
            ("lopez", vec![ana]),
            ("ANAMA", vec![ana]),
            ("bo.lind@example.COM", vec![bo]),
            ("example", all.clone()),
            ("example.org", vec![joe, ana, eve]),
            // Each in another field, in any order, with any blanks between.
            ("x-joe joe_7", vec![joe]),
            ("  lopez\u{3000}ANAMA  example ", vec![ana]),
            ("ana ana ana", vec![ana]),
            ("ana bo", vec![]),
            // A word does not reach from one field into another, nor over a blank.
            ("organa", vec![]),
            ("mariaanama", vec![]),
            ("nobody", vec![]),
            // What was typed stands for itself.
            ("%", vec![joe]),
            ("100%", vec![joe]),
            ("_", vec![joe]),
            ("a_a", vec![]),
            ("%an%", vec![]),
            (r"\", vec![eve]),
            (r"E\V", vec![eve]),
            ("\u{c9}ve", vec![eve]),
            ("'", vec![]),
            // A field that is not there is not found.
            ("null", vec![]),
        ] {
            let page = list(&app, &format!("?q={}", encoded(q))).await;
            let count = i64::try_from(expected.len()).unwrap();
            assert_eq!((ids(&page), numbers(&page)), (expected, [count, 50, 0]), "{q:?}");
        }
        // The last of several counts.
        assert_eq!(ids(&list(&app, "?q=ana&q=bo.lind").await), [bo]);
    }

    // A word of digits is an id or part of a text; one that can be no id only the latter.
    async fn a_number_is_also_an_id(app: TestApp) {
        for (id, name) in [(7, "seven"), (70, "seventy"), (12, "joe-7"), (2_147_483_648_i64, "large")] {
            app.raw
                .run(&format!(
                    "INSERT INTO app_user (id, email, name, created_at, updated_at) VALUES ({id}, '{name}@x', '{name}',
                         '2031-01-01T00:00:00+00:00', '2031-01-01T00:00:00+00:00')"
                ))
                .await;
        }
        for (q, expected) in [
            ("7", vec![12, 7]),
            ("007", vec![7]),
            ("70", vec![70]),
            ("07 seven", vec![7]),
            ("7 joe", vec![12]),
            ("7 70", vec![]),
            ("12", vec![12]),
            ("2147483648", vec![2_147_483_648]),
            ("0", vec![]),
            ("-7", vec![12]),
            ("7%", vec![]),
            ("%7", vec![]),
            ("+7", vec![]),
            ("7.0", vec![]),
            ("7x", vec![]),
            ("\u{b2}", vec![]),
            ("\u{667}", vec![]),
            ("4294967296", vec![]),
            ("99999999999999999999999999999999999999999", vec![]),
        ] {
            assert_eq!(ids(&list(&app, &format!("?q={}", encoded(q))).await), expected, "{q:?}");
        }
    }

    // Malformed queries, each problem in its place.
    async fn malformed_queries_are_refused(app: TestApp) {
        for (query, expected) in [
            ("?limit=0", vec![("greater_than_equal", json!(["query", "limit"]))]),
            ("?limit=1001", vec![("less_than_equal", json!(["query", "limit"]))]),
            ("?limit=", vec![("int_parsing", json!(["query", "limit"]))]),
            ("?offset=-1", vec![("greater_than_equal", json!(["query", "offset"]))]),
            ("?offset=7.5", vec![("int_parsing", json!(["query", "offset"]))]),
            ("?q=a%00", vec![("value_error", json!(["query", "q"]))]),
            ("?q=%00&offset=x&limit=y", vec![
                ("int_parsing", json!(["query", "limit"])),
                ("int_parsing", json!(["query", "offset"])),
                ("value_error", json!(["query", "q"])),
            ]),
        ] {
            assert_eq!(app.get(&format!("{USERS}{query}")).await.problems(), problems(&expected), "{query}");
        }
        for (length, expected) in [(500, 200), (501, 422), (60_000, 422)] {
            let answer = app.get(&format!("{USERS}?q={}", "q".repeat(length))).await;
            assert_eq!(answer.status, expected, "{length}");
        }
        // As many words as fit.
        assert_eq!(numbers(&list(&app, &format!("?q={}", "a+".repeat(250))).await), [0, 50, 0]);
    }

    // An unknown user is not found, however large the number.
    async fn unknown_users_are_not_found(app: TestApp) {
        app.add_user("kim").await;
        for id in ["999", "0", "-1", "4294967296", "9223372036854775807"] {
            app.get(&format!("{USERS}/{id}")).await.refused(404, &not_found(id));
            for body in [json!({}), json!({"is_admin": true})] {
                app.patch(&format!("{USERS}/{id}"), &body).await.refused(404, &not_found(id));
            }
        }
        assert_eq!(app.get(&format!("{USERS}/99999999999999999999999")).await.status, 404);
        for id in ["x", "7.5", "%20"] {
            let expected = problems(&[("int_parsing", json!(["path", "user_id"]))]);
            let path = format!("{USERS}/{id}");
            assert_eq!(app.get(&path).await.problems(), expected, "{id}");
            assert_eq!(app.patch(&path, &json!({})).await.problems(), expected, "{id}");
            assert_eq!(app.delete(&path).await.problems(), expected, "{id}");
        }
    }

    // An id has several spellings.
    async fn an_id_has_several_spellings(app: TestApp) {
        let user = app.add_user("kim").await;
        for spelling in [format!("+{user}"), format!("0{user}"), format!("%20{user}%20"), format!("{user}.0")] {
            assert_eq!(app.get(&format!("{USERS}/{spelling}")).await.ok()["id"], user, "{spelling}");
        }
    }

    // PATCH: absent and null leave it, other keys are ignored, and only a change is written.
    async fn being_an_administrator_is_all_that_changes(app: TestApp) {
        let now: DateTime<Utc> = "2031-05-04T03:02:01.5Z".parse().unwrap();
        let app = app.with_clock(Clock::from_fn(move || now));
        let user = app.add_user("kim").await;
        let other = app.add_user("ada").await;
        app.add_admin("root").await;
        let team = app.add_team("crew", &[Permission::ViewTest], &[user]).await;
        let teams = json!([{"id": team, "name": "crew", "permissions": ["view_test"]}]);
        for (patch, expected, is_written) in [
            (json!({}), false, false),
            (json!({"is_admin": null}), false, false),
            (json!({"is_admin": false}), false, false),
            (json!({"name": "x", "email": "x@y", "teams": [], "id": 9, "launchpad_handle": "x"}), false, false),
            (json!({"is_admin": true}), true, true),
            (json!({"is_admin": "yes"}), true, false),
            (json!({"is_admin": null}), true, false),
            (json!({"is_admin": "off"}), false, true),
            (json!({"is_admin": 1}), true, true),
        ] {
            app.raw.run("UPDATE app_user SET updated_at = '2031-01-01T00:00:00+00:00'").await;
            let before = app.raw.texts(WRITTEN).await;
            let user_now = app.patch(&path_of(user), &patch).await.ok();
            assert_eq!(user_now, shown(user, "kim", &json!({"teams": teams, "is_admin": expected})), "{patch}");
            assert_eq!(app.get(&path_of(user)).await.ok(), user_now, "{patch}");
            let after = app.raw.texts(WRITTEN).await;
            assert_eq!((after[0] != before[0], after[1] != before[1]), (is_written, false), "{patch}");
        }
        assert_eq!(app.get(&path_of(other)).await.ok(), shown(other, "ada", &json!({})));
    }

    // Malformed bodies change nothing.
    async fn malformed_changes_are_refused(app: TestApp) {
        let user = app.add_user("kim").await;
        for (body, expected) in [
            (json!({"is_admin": "maybe"}), ("bool_parsing", json!(["body", "is_admin"]))),
            (json!({"is_admin": 2}), ("bool_parsing", json!(["body", "is_admin"]))),
            (json!({"is_admin": [true]}), ("bool_type", json!(["body", "is_admin"]))),
            (json!([]), ("model_attributes_type", json!(["body"]))),
            (json!(null), ("missing", json!(["body"]))),
        ] {
            assert_eq!(app.patch(&path_of(user), &body).await.problems(), problems(&[expected]), "{body}");
        }
        let without_body = app.as_application(&app.key, Method::PATCH, &path_of(user), None).await;
        assert_eq!(without_body.problems(), problems(&[("missing", json!(["body"]))]));
        let both = app.patch(&format!("{USERS}/x"), &json!({"is_admin": "maybe"})).await.problems();
        let expected =
            [("int_parsing", json!(["path", "user_id"])), ("bool_parsing", json!(["body", "is_admin"]))];
        assert_eq!(both, problems(&expected));
        assert_eq!(app.get(&path_of(user)).await.ok(), shown(user, "kim", &json!({})));
    }

    // Who holds change_user may make anybody an administrator, themselves included; it holds from the next request on.
    async fn an_administrator_may_everything_at_once(app: TestApp) {
        let user = app.add_user("kim").await;
        app.add_admin("root").await;
        app.add_team("deputies", &[Permission::ChangeUser], &[user]).await;
        let session = app.session(user).await;
        app.as_user(&session, Method::GET, USERS, None).await.refused(403, REFUSAL);
        let body = json!({"is_admin": true});
        assert_eq!(app.as_user(&session, Method::PATCH, &path_of(user), Some(&body)).await.ok()["is_admin"], true);
        app.as_user(&session, Method::GET, USERS, None).await.ok();
        let body = json!({"is_admin": false});
        app.as_user(&session, Method::PATCH, &path_of(user), Some(&body)).await.ok();
        app.as_user(&session, Method::GET, USERS, None).await.refused(403, REFUSAL);
    }

    // DELETE: no content, also when there is no such user; whatever hangs on the user goes too, and nothing else.
    async fn a_removed_user_leaves_nothing_behind(app: TestApp) {
        let user = app.add_user("kim").await;
        let other = app.add_user("ada").await;
        let team = app.add_team("crew", &[], &[user]).await;
        app.add_rule("snap", &json!({}), &[], &[team]).await;
        let artefact = app.artefact_of(app.start(&snap(&json!({"needs_assignment": true}))).await).await;
        app.raw.run(&format!("INSERT INTO team_users_association (user_id, team_id) VALUES ({other}, {team})")).await;
        let (session, kept) = (app.session(user).await, app.session(other).await);
        let hanging = [
            "SELECT COUNT(*) FROM user_session", "SELECT COUNT(*) FROM team_users_association",
            "SELECT COUNT(*) FROM notification", "SELECT COUNT(*) FROM artefact_reviewers_association",
            "SELECT COUNT(*) FROM environment_review_reviewers_association",
        ];
        for (query, before) in hanging.iter().zip([2, 2, 1, 1, 1]) {
            assert_eq!(app.raw.number(query).await, before, "{query}");
        }
        for _ in 0..2 {
            let answer = app.delete(&path_of(user)).await;
            assert_eq!((answer.status.as_u16(), answer.bytes.len()), (204, 0));
        }
        for (query, after) in hanging.iter().zip([1, 1, 0, 0, 0]) {
            assert_eq!(app.raw.number(query).await, after, "{query}");
        }
        app.get(&path_of(user)).await.refused(404, &not_found(&user.to_string()));
        assert_eq!(app.as_user(&session, Method::GET, ME, None).await.ok(), Value::Null);
        assert_eq!(app.as_user(&kept, Method::GET, ME, None).await.ok()["id"], other);
        assert_eq!(app.artefact(artefact).await["reviewers"], json!([]));
        assert_eq!(ids(&list(&app, "").await), [other]);
        for id in ["999", "0", "-1", "4294967296", "99999999999999999999999"] {
            assert_eq!(app.delete(&format!("{USERS}/{id}")).await.status, StatusCode::NO_CONTENT, "{id}");
        }
    }

    // A removal and additions to a team at the same time: each sees the other done or not begun.
    async fn a_removal_does_not_trip_over_additions(app: TestApp) {
        let mut teams = Vec::new();
        for n in 0..6 {
            teams.push(app.add_team(&format!("team {n}"), &[], &[]).await);
        }
        for n in 0..5 {
            let user = app.add_user(&format!("user {n}")).await;
            let path = path_of(user);
            let additions = teams.iter().map(|team| {
                let (app, path) = (&app, format!("/v1/teams/{team}/members/{user}"));
                async move { app.post(&path, &json!({})).await }
            });
            let (added, removed) = futures::join!(join_all(additions), app.delete(&path));
            assert_eq!(removed.status, StatusCode::NO_CONTENT, "{}", removed.text());
            for answer in added {
                if answer.status != StatusCode::OK {
                    answer.refused(404, &format!("User {user} doesn't exist"));
                }
            }
        }
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM team_users_association").await, 0);
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM app_user").await, 0);
    }

    // Every method asks for its permission, before anything else of the request is looked at.
    async fn every_method_asks_for_its_permission(app: TestApp) {
        let user = app.add_user("kim").await;
        let path = path_of(user);
        let session = app.session(app.add_user("ada").await).await;
        for (method, paths, permission) in [
            (Method::GET, vec![USERS, "/v1/users?limit=0&q=%00"], Permission::ViewUser),
            (Method::GET, vec![path.as_str(), "/v1/users/999", "/v1/users/x"], Permission::ViewUser),
            (Method::PATCH, vec![path.as_str(), "/v1/users/999", "/v1/users/x"], Permission::ChangeUser),
            (Method::DELETE, vec!["/v1/users/x", "/v1/users/999", path.as_str()], Permission::ChangeUser),
        ] {
            let key = app.add_application(&all_but(permission)).await;
            let allowed = app.add_application(&[permission]).await;
            for path in paths {
                for body in [json!({"is_admin": true}), json!([])] {
                    app.anonymous(method.clone(), path, Some(&body)).await.refused(403, REFUSAL);
                    app.as_user(&session, method.clone(), path, Some(&body)).await.refused(403, REFUSAL);
                    app.as_application(&key, method.clone(), path, Some(&body)).await.refused(403, REFUSAL);
                }
                let answer = app.as_application(&allowed, method.clone(), path, Some(&json!({}))).await;
                assert_ne!(answer.status, StatusCode::FORBIDDEN, "{method} {path}");
            }
        }
    }

    // Requests take a fixed number of statements, however many users and teams there are.
    async fn requests_take_a_fixed_number_of_statements(app: TestApp) {
        let mut counts = Vec::new();
        app.add_admin("root").await;
        for size in [1, 20] {
            let mut users = Vec::new();
            for n in 0..size {
                users.push(app.add_user(&format!("user {size} {n}")).await);
            }
            for n in 0..size {
                app.add_team(&format!("team {size} {n}"), &[], &users).await;
            }
            let session = app.session(users[0]).await;
            let before = app.service.db.statements();
            let own = app.as_user(&session, Method::GET, ME, None).await.ok();
            assert_eq!(own["teams"].as_array().unwrap().len(), size);
            counts.push([
                app.service.db.statements() - before,
                statements(&app, Method::GET, USERS, None).await,
                statements(&app, Method::GET, &format!("{USERS}?q=user+x"), None).await,
                statements(&app, Method::GET, &path_of(users[0]), None).await,
                statements(&app, Method::PATCH, &path_of(users[0]), Some(&json!({"is_admin": true}))).await,
                statements(&app, Method::DELETE, &path_of(users[0]), None).await,
            ]);
        }
        assert_eq!(counts[0], counts[1]);
        // One of each is the look-up of the caller. Of a change one notes it down; of a removal two look who it was, and one whether others
        // are administrators.
        assert_eq!(counts[0], [3, 4, 4, 3, 5, 8]);
    }
}

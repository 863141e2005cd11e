//! `/v1/users/me/notifications` and `/v1/users/{user_id}/notifications`: read, count, dismiss.

use app::api::Permission;
use axum::http::{Method, StatusCode};
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use serde_json::{Value, json};
use test_observer::clock::Clock;

use crate::support::{Answer, TestApp, both};

const OWN: &str = "/v1/users/me/notifications";
const OWN_COUNT: &str = "/v1/users/me/notifications/count";

/// A notification of the user, written on a day of January 2031, and dismissed on another one unless that is 0.
async fn notify(app: &TestApp, user: i64, day: u8, dismissed: u8) -> i64 {
    let dismissed = if dismissed == 0 { "NULL".to_owned() } else { format!("'2031-01-{dismissed:02}T00:00:00+00:00'") };
    let sql = format!(
        "INSERT INTO notification (user_id, notification_type, target_url, created_at, updated_at, dismissed_at)
         VALUES ({user}, 'USER_ASSIGNED_ARTEFACT_REVIEW', 'http://x/snaps/{day}', '2031-01-{day:02}T00:00:00+00:00',
                 '2031-01-{day:02}T00:00:00+00:00', {dismissed}) RETURNING id"
    );
    app.raw.number(&sql).await
}

fn path_of(user: i64) -> String {
    format!("/v1/users/{user}/notifications")
}

/// A user's notification, as it is shown.
async fn find(app: &TestApp, user: i64, id: i64) -> Value {
    let list = app.get(&path_of(user)).await.ok();
    list["notifications"].as_array().unwrap().iter().find(|notification| notification["id"] == id).unwrap().clone()
}

fn ids(list: &Value) -> Vec<i64> {
    list["notifications"].as_array().unwrap().iter().map(|notification| notification["id"].as_i64().unwrap()).collect()
}

/// The page's numbers: count, limit, offset.
fn numbers(list: &Value) -> [i64; 3] {
    ["count", "limit", "offset"].map(|name| list[name].as_i64().unwrap())
}

/// Who calls.
#[derive(Clone, Copy, Debug)]
enum Who {
    Nobody,
    Application,
    User,
    /// In one request.
    UserAndApplication,
    /// A cookie without the header that no foreign page can send along.
    Cookie,
    /// A cookie that nobody signed, with that header.
    Forged,
}

/// The same calls by different callers.
struct Callers {
    session: String,
    key: String,
}

impl Callers {
    async fn call(&self, app: &TestApp, who: Who, method: Method, path: &str) -> Answer {
        let bearer = format!("Bearer {}", self.key);
        let cookie = ("cookie", self.session.as_str());
        let (application, csrf) = (("authorization", bearer.as_str()), ("x-csrf-token", "1"));
        let headers = match who {
            Who::Nobody => vec![],
            Who::Application => vec![application],
            Who::User => vec![cookie, csrf],
            Who::UserAndApplication => vec![application, cookie, csrf],
            Who::Cookie => vec![cookie],
            Who::Forged => vec![("cookie", "session=eyJpZCI6IDF9.aWABCQ.AAAA"), csrf],
        };
        app.request(method, path, &headers, "").await
    }
}

both! {
    // Own notifications, by caller and by whether authentication is required: the whole table.
    async fn own_notifications_depend_on_who_calls(app: TestApp) {
        let user = app.add_user("kim").await;
        let callers = Callers { session: app.session(user).await, key: app.key.clone() };
        let read = notify(&app, user, 1, 2).await;
        let unread = notify(&app, user, 3, 0).await;
        notify(&app, app.add_user("ada").await, 4, 0).await;
        let dismissal = format!("{OWN}/{read}/dismiss");
        let page = format!("{OWN}?limit=7&offset=0");
        let mut app = app;
        for (required, who, refusal_to_read, refusal_to_dismiss) in [
            (false, Who::User, None, None),
            (false, Who::UserAndApplication, None, None),
            (false, Who::Nobody, None, Some((401, "Not authenticated"))),
            (false, Who::Cookie, None, Some((401, "Not authenticated"))),
            (false, Who::Forged, None, Some((401, "Not authenticated"))),
            (false, Who::Application, None, Some((403, "Forbidden"))),
            (true, Who::User, None, None),
            (true, Who::UserAndApplication, None, None),
            (true, Who::Nobody, Some((401, "Not authenticated")), Some((401, "Not authenticated"))),
            (true, Who::Cookie, Some((401, "Not authenticated")), Some((401, "Not authenticated"))),
            (true, Who::Forged, Some((401, "Not authenticated")), Some((401, "Not authenticated"))),
            (true, Who::Application, Some((403, "Forbidden")), Some((403, "Forbidden"))),
        ] {
            app = app.with_settings(|settings| settings.require_authentication = required);
            let list = callers.call(&app, who, Method::GET, &page).await;
            let count = callers.call(&app, who, Method::GET, OWN_COUNT).await;
            let dismissed = callers.call(&app, who, Method::POST, &dismissal).await;
            if let Some((status, detail)) = refusal_to_read {
                list.refused(status, detail);
                count.refused(status, detail);
            } else {
                let own = if refusal_to_dismiss.is_none() { vec![unread, read] } else { vec![] };
                assert_eq!(count.ok(), own.len(), "{who:?}");
                assert_eq!(numbers(&list.ok()), [count.ok().as_i64().unwrap(), 7, 0], "{who:?}");
                assert_eq!(ids(&list.ok()), own, "{who:?}");
            }
            match refusal_to_dismiss {
                Some((status, detail)) => dismissed.refused(status, detail),
                None => assert_eq!(dismissed.ok()["id"], read, "{who:?}"),
            }
        }
    }

    // Callers who are nobody get the page they asked for, empty.
    async fn an_empty_page_repeats_what_was_asked_for(app: TestApp) {
        for (query, limit, offset) in [("", 50, 0), ("?limit=1000&offset=3&unread_only=true", 1000, 3)] {
            let list = app.anonymous(Method::GET, &format!("{OWN}{query}"), None).await.ok();
            assert_eq!(list, json!({"notifications": [], "count": 0, "limit": limit, "offset": offset}));
        }
        assert_eq!(app.anonymous(Method::GET, OWN_COUNT, None).await.text(), "0");
    }

    // The object's keys in order, the count as a bare number.
    async fn a_notification_is_shown_with_every_key(app: TestApp) {
        let user = app.add_user("kim").await;
        let session = app.session(user).await;
        let older = notify(&app, user, 1, 9).await;
        let newer = notify(&app, user, 2, 0).await;
        let sql = format!(
            "UPDATE notification SET notification_type = 'USER_ASSIGNED_ENVIRONMENT_REVIEW', target_url = NULL,
                 created_at = '2031-01-02T08:30:00.120+00:00' WHERE id = {newer}"
        );
        app.raw.run(&sql).await;
        let expected = format!(
            "{{\"notifications\":[\
             {{\"id\":{newer},\"user_id\":{user},\"notification_type\":\"USER_ASSIGNED_ENVIRONMENT_REVIEW\",\
             \"target_url\":null,\"created_at\":\"2031-01-02T08:30:00.120000\",\"dismissed_at\":null}},\
             {{\"id\":{older},\"user_id\":{user},\"notification_type\":\"USER_ASSIGNED_ARTEFACT_REVIEW\",\
             \"target_url\":\"http://x/snaps/1\",\"created_at\":\"2031-01-01T00:00:00\",\
             \"dismissed_at\":\"2031-01-09T00:00:00\"}}],\"count\":2,\"limit\":50,\"offset\":0}}"
        );
        assert_eq!(app.as_user(&session, Method::GET, OWN, None).await.text(), expected);
        assert_eq!(app.get(&path_of(user)).await.text(), expected);
        assert_eq!(app.as_user(&session, Method::GET, OWN_COUNT, None).await.text(), "2");
        assert_eq!(app.get(&format!("{}/count", path_of(user))).await.text(), "2");
    }

    // Newest first, then the greater id; unread ones alone; paging over five; counts before paging.
    async fn lists_are_ordered_filtered_and_paged(app: TestApp) {
        let user = app.add_user("kim").await;
        let session = app.session(user).await;
        notify(&app, app.add_user("ada").await, 9, 0).await;
        let second = notify(&app, user, 2, 0).await;
        let fifth = notify(&app, user, 5, 6).await;
        let second_again = notify(&app, user, 2, 0).await;
        let fourth = notify(&app, user, 4, 4).await;
        let first = notify(&app, user, 1, 0).await;
        for (query, expected, [count, limit, offset]) in [
            ("", vec![fifth, fourth, second_again, second, first], [5, 50, 0]),
            ("?limit=2", vec![fifth, fourth], [5, 2, 0]),
            ("?limit=10&offset=3", vec![second, first], [5, 10, 3]),
            ("?limit=1&offset=2", vec![second_again], [5, 1, 2]),
            ("?offset=5", vec![], [5, 50, 5]),
            ("?offset=9223372036854775807", vec![], [5, 50, i64::MAX]),
            ("?unread_only=true", vec![second_again, second, first], [3, 50, 0]),
            ("?unread_only=1&limit=1&offset=1", vec![second], [3, 1, 1]),
            ("?unread_only=No&limit=1", vec![fifth], [5, 1, 0]),
            ("?limit=1&limit=1_000&unread_only=on&other=x", vec![second_again, second, first], [3, 1000, 0]),
        ] {
            let own = app.as_user(&session, Method::GET, &format!("{OWN}{query}"), None).await.ok();
            assert_eq!((ids(&own), numbers(&own)), (expected, [count, limit, offset]), "{query}");
            assert_eq!(app.get(&format!("{}{query}", path_of(user))).await.ok(), own, "{query}");
        }
        for (query, expected) in [("", 5), ("?unread_only=true", 3), ("?unread_only=f", 5), ("?limit=x&offset=-1", 5)] {
            let own = app.as_user(&session, Method::GET, &format!("{OWN_COUNT}{query}"), None).await;
            assert_eq!(own.ok(), expected, "{query}");
            assert_eq!(app.get(&format!("{}/count{query}", path_of(user))).await.ok(), expected, "{query}");
        }
    }

    // Malformed parameters come before the question who calls, all of them together.
    async fn malformed_parameters_are_told_first(app: TestApp) {
        let user = app.add_user("kim").await;
        let session = app.session(user).await;
        let app = app.with_settings(|settings| settings.require_authentication = true);
        for (query, expected) in [
            ("?limit=0", vec![("greater_than_equal", "limit")]),
            ("?limit=1001", vec![("less_than_equal", "limit")]),
            ("?limit=", vec![("int_parsing", "limit")]),
            ("?offset=-1", vec![("greater_than_equal", "offset")]),
            ("?unread_only=maybe", vec![("bool_parsing", "unread_only")]),
            ("?unread_only=x&offset=y&limit=z", vec![
                ("int_parsing", "limit"),
                ("int_parsing", "offset"),
                ("bool_parsing", "unread_only"),
            ]),
        ] {
            let expected: Vec<_> =
                expected.into_iter().map(|(kind, name)| (kind.to_owned(), json!(["query", name]))).collect();
            let path = format!("{OWN}{query}");
            assert_eq!(app.anonymous(Method::GET, &path, None).await.problems(), expected, "{query}");
            assert_eq!(app.as_user(&session, Method::GET, &path, None).await.problems(), expected, "{query}");
            assert_eq!(app.get(&path).await.problems(), expected, "{query}");
            assert_eq!(app.get(&format!("{}{query}", path_of(user))).await.problems(), expected, "{query}");
            // The path comes first.
            let both = app.get(&format!("/v1/users/x/notifications{query}")).await.problems();
            assert_eq!(both[0], ("int_parsing".to_owned(), json!(["path", "user_id"])));
            assert_eq!(both[1..], expected);
        }
        let count = app.anonymous(Method::GET, &format!("{OWN_COUNT}?unread_only="), None).await.problems();
        assert_eq!(count, [("bool_parsing".to_owned(), json!(["query", "unread_only"]))]);
        let dismissal = app.anonymous(Method::POST, &format!("{OWN}/x/dismiss"), None).await.problems();
        assert_eq!(dismissal, [("int_parsing".to_owned(), json!(["path", "notification_id"]))]);
    }

    // Dismissing sets the time, once and for all, and takes it from the unread ones.
    async fn the_first_dismissal_counts(app: TestApp) {
        let now: DateTime<Utc> = "2031-01-22T08:30:00.5Z".parse().unwrap();
        let app = app.with_clock(Clock::from_fn(move || now));
        let user = app.add_user("kim").await;
        let session = app.session(user).await;
        let first = notify(&app, user, 1, 0).await;
        let second = notify(&app, user, 2, 0).await;
        let third = notify(&app, user, 3, 4).await;
        let own = |id: i64| format!("{OWN}/{id}/dismiss");
        let of_user = |id: i64| format!("{}/{id}/dismiss", path_of(user));
        for (id, dismissed_at) in [
            (first, "2031-01-22T08:30:00.500000"),
            (second, "2031-01-22T08:30:00.500000"),
            (third, "2031-01-04T00:00:00"),
        ] {
            let answer = if id == second {
                app.post(&of_user(id), &Value::Null).await
            } else {
                app.as_user(&session, Method::POST, &own(id), None).await
            };
            let dismissed = answer.ok();
            assert_eq!((&dismissed["id"], &dismissed["dismissed_at"]), (&json!(id), &json!(dismissed_at)));
            assert_eq!(find(&app, user, id).await, dismissed);
        }
        assert_eq!(app.as_user(&session, Method::GET, &format!("{OWN_COUNT}?unread_only=true"), None).await.ok(), 0);
        let app = app.with_clock(Clock::from_fn(move || now + TimeDelta::hours(1)));
        for id in [first, second, third] {
            let before = find(&app, user, id).await;
            assert_eq!(app.as_user(&session, Method::POST, &own(id), None).await.ok(), before);
            assert_eq!(app.post(&of_user(id), &json!({})).await.ok(), before);
        }
    }

    // Dismissals at the same time agree on the time.
    async fn dismissals_at_the_same_time_agree(app: TestApp) {
        let user = app.add_user("kim").await;
        let id = notify(&app, user, 1, 0).await;
        let path = format!("{}/{id}/dismiss", path_of(user));
        let answers = join_all((0..10).map(|_| app.post(&path, &Value::Null))).await;
        let first = answers[0].ok();
        assert!(first["dismissed_at"].is_string());
        assert!(answers.iter().all(|answer| answer.ok() == first), "{answers:?}");
    }

    // A notification that does not exist, or is somebody else's, is not found; and it stays as it is.
    async fn foreign_notifications_are_not_found(app: TestApp) {
        let user = app.add_user("kim").await;
        let session = app.session(user).await;
        let other = app.add_user("ada").await;
        let foreign = notify(&app, other, 1, 0).await;
        for id in [foreign, 999, -1, i64::MAX] {
            let own = app.as_user(&session, Method::POST, &format!("{OWN}/{id}/dismiss"), None).await;
            own.refused(404, "Notification not found");
            let answer = app.post(&format!("{}/{id}/dismiss", path_of(user)), &Value::Null).await;
            answer.refused(404, "Notification not found");
        }
        assert_eq!(find(&app, other, foreign).await["dismissed_at"], Value::Null);
    }

    // An unknown user is told before an unknown notification.
    async fn unknown_users_are_not_found(app: TestApp) {
        let known = notify(&app, app.add_user("kim").await, 1, 0).await;
        for user in ["999", "-1", "4294967296"] {
            let path = format!("/v1/users/{user}/notifications");
            app.get(&path).await.refused(404, "User not found");
            app.get(&format!("{path}/count")).await.refused(404, "User not found");
            for id in [known, 999] {
                let answer = app.post(&format!("{path}/{id}/dismiss"), &Value::Null).await;
                answer.refused(404, "User not found");
            }
        }
    }

    // Those of another user need a permission, and so do one's own under one's own id.
    async fn those_of_others_need_a_permission(app: TestApp) {
        let user = app.add_user("kim").await;
        let id = notify(&app, user, 1, 0).await;
        let viewer = app.add_user("ada").await;
        app.add_team("viewers", &[Permission::ViewNotification], &[viewer]).await;
        let changer = app.add_user("eve").await;
        app.add_team("changers", &[Permission::ChangeNotification], &[changer]).await;
        let admin = app.add_admin("root").await;
        let sessions = [app.session(user).await, app.session(viewer).await, app.session(changer).await];
        let admin = app.session(admin).await;
        let path = path_of(user);
        for (method, path, permission, may) in [
            (Method::GET, path.clone(), Permission::ViewNotification, [false, true, false]),
            (Method::GET, format!("{path}/count"), Permission::ViewNotification, [false, true, false]),
            (Method::POST, format!("{path}/{id}/dismiss"), Permission::ChangeNotification, [false, false, true]),
        ] {
            for (session, may) in sessions.iter().zip(may) {
                let answer = app.as_user(session, method.clone(), &path, None).await;
                if may { drop(answer.ok()) } else { answer.refused(403, "Insufficient permissions") }
            }
            app.as_user(&admin, method.clone(), &path, None).await.ok();
            let others: Vec<_> = Permission::ALL.iter().copied().filter(|other| *other != permission).collect();
            let (with, without) = (app.add_application(&[permission]).await, app.add_application(&others).await);
            app.as_application(&with, method.clone(), &path, None).await.ok();
            // The permission comes before everything that is wrong, and before who exists.
            let unknown = path.replace(&format!("/users/{user}/"), "/users/999/");
            let malformed = path.replace(&format!("/users/{user}/"), "/users/x/") + "?limit=0&unread_only=x";
            for path in [&path, &unknown, &malformed] {
                let answer = app.as_application(&without, method.clone(), path, None).await;
                answer.refused(403, "Insufficient permissions");
                app.anonymous(method.clone(), path, None).await.refused(403, "Insufficient permissions");
            }
            let status = app.as_application(&with, method, &malformed, None).await.status;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{malformed}");
        }
    }

    // Lists take a fixed number of statements, however many notifications there are.
    async fn lists_take_a_fixed_number_of_statements(app: TestApp) {
        let user = app.add_user("kim").await;
        let session = app.session(user).await;
        let mut counts = Vec::new();
        for size in [1, 30] {
            for day in 1..=size {
                notify(&app, user, day, 0).await;
            }
            let before = app.service.db.statements();
            app.as_user(&session, Method::GET, OWN, None).await.ok();
            let own = app.service.db.statements() - before;
            app.get(&path_of(user)).await.ok();
            counts.push((own, app.service.db.statements() - before - own));
        }
        assert_eq!(counts[0], counts[1]);
        // The caller, the user, the number, the page.
        assert!(counts[0].0 <= 3 && counts[0].1 <= 4, "{counts:?}");
    }
}

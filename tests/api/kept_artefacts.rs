//! `/v1/artefacts/{artefact_id}/keep`: artefacts that somebody keeps.

use app::api::Permission;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::event_streams::{event, follow_all, mark};
use crate::support::{TestApp, both, deb, snap};

const NUMBER_OF_KEPT: &str = "SELECT COUNT(*) FROM kept_artefact";
const REFUSED: &str = "Insufficient permissions";
const WRITES: [Method; 2] = [Method::PUT, Method::DELETE];

fn at(artefact: i64) -> String {
    format!("/v1/artefacts/{artefact}/keep")
}

async fn add_artefact(app: &TestApp, body: &Value) -> i64 {
    app.artefact_of(app.start(body).await).await
}

async fn is_kept(app: &TestApp, artefact: i64) -> Value {
    app.get(&at(artefact)).await.ok()
}

/// Keeps an artefact, or keeps it no longer, with the key that may everything.
async fn write(app: &TestApp, method: &Method, artefact: i64) {
    let answer = app.as_application(&app.key, method.clone(), &at(artefact), None).await;
    assert_eq!((answer.status, answer.bytes.len()), (StatusCode::NO_CONTENT, 0), "{method}: {}", answer.text());
}

both! {
    async fn an_artefact_is_kept_until_somebody_releases_it(app: TestApp) {
        let (one, other) = (add_artefact(&app, &snap(&json!({}))).await, add_artefact(&app, &deb(&json!({}))).await);
        assert_eq!(is_kept(&app, one).await, json!({"kept": false}));
        for (method, expected) in [(Method::PUT, true), (Method::DELETE, false)] {
            // Again it changes nothing.
            for _ in 0..2 {
                write(&app, &method, one).await;
                assert_eq!(is_kept(&app, one).await, json!({"kept": expected}));
                assert_eq!(app.raw.number(NUMBER_OF_KEPT).await, i64::from(expected));
            }
            assert_eq!(is_kept(&app, other).await, json!({"kept": false}));
        }
    }

    async fn an_artefact_that_is_gone_is_kept_no_longer(app: TestApp) {
        let artefact = add_artefact(&app, &snap(&json!({}))).await;
        write(&app, &Method::PUT, artefact).await;
        app.service.delete_artefact(artefact).await.unwrap();
        assert_eq!(app.raw.number(NUMBER_OF_KEPT).await, 0);
    }

    // What there is not, and what is no id, comes before rights, as with every change of an artefact.
    async fn an_artefact_that_is_not_there_is_not_found(app: TestApp) {
        let not_found = "Artefact with id 99 not found";
        app.get(&at(99)).await.refused(404, not_found);
        for method in WRITES {
            app.as_application(&app.key, method.clone(), &at(99), None).await.refused(404, not_found);
            app.anonymous(method.clone(), &at(99), None).await.refused(404, not_found);
            let answer = app.anonymous(method, "/v1/artefacts/x/keep", None).await;
            assert_eq!(answer.problems(), [("int_parsing".to_owned(), json!(["path", "artefact_id"]))]);
        }
        assert_eq!(app.raw.number(NUMBER_OF_KEPT).await, 0);
    }

    async fn who_may_change_an_artefact_may_keep_it(app: TestApp) {
        let (own, other) = (add_artefact(&app, &snap(&json!({}))).await, add_artefact(&app, &deb(&json!({}))).await);
        let others: Vec<Permission> =
            Permission::ALL.iter().copied().filter(|it| *it != Permission::ChangeArtefact).collect();
        let (without, with) =
            (app.add_application(&others).await, app.add_application(&[Permission::ChangeArtefact]).await);
        let kim = app.add_user("kim").await;
        let team = app.add_team("kernel", &[], &[kim]).await;
        app.add_rule("snap", &json!({}), &[Permission::ChangeArtefact], &[team]).await;
        let session = app.session(kim).await;
        for method in WRITES {
            let before = is_kept(&app, own).await;
            app.anonymous(method.clone(), &at(own), None).await.refused(403, REFUSED);
            app.as_application(&without, method.clone(), &at(own), None).await.refused(403, REFUSED);
            app.as_user(&session, method.clone(), &at(other), None).await.refused(403, REFUSED);
            assert_eq!(is_kept(&app, own).await, before);
            // A matching rule of one's own team grants it.
            let granted = app.as_user(&session, method.clone(), &at(own), None).await;
            assert_eq!(granted.status, StatusCode::NO_CONTENT, "{}", granted.text());
            assert_ne!(is_kept(&app, own).await, before);
            let allowed = app.as_application(&with, method, &at(other), None).await;
            assert_eq!(allowed.status, StatusCode::NO_CONTENT, "{}", allowed.text());
        }
        let viewer = app.add_application(&[Permission::ViewArtefact]).await;
        app.as_application(&viewer, Method::GET, &at(own), None).await.ok();
        app.anonymous(Method::GET, &at(own), None).await.refused(403, REFUSED);
    }

    async fn keeping_is_noted_and_announced_once(app: TestApp) {
        let artefact = add_artefact(&app, &snap(&json!({}))).await;
        let mut stream = follow_all(&app, "?kinds=artefact&kinds=issue").await;
        let mut marker = 0;
        for (method, before) in [(Method::PUT, false), (Method::DELETE, true)] {
            for is_first in [true, false] {
                let entries = app.raw.number("SELECT COUNT(*) FROM audit_log WHERE subject_kind = 'artefact'").await;
                write(&app, &method, artefact).await;
                marker += 1;
                let announced = stream.until_issue(mark(&app, marker).await).await;
                let of_artefact = event("artefact", json!({"artefact_id": artefact, "family": "snap"}));
                assert_eq!(announced, if is_first { vec![of_artefact] } else { vec![] }, "{method}");
                let log = app.get("/v1/audit-log?subject_kind=artefact").await.ok();
                let noted = i64::try_from(log["entries"].as_array().unwrap().len()).unwrap();
                assert_eq!(noted, entries + i64::from(is_first), "{method}");
                let newest = &log["entries"][0];
                let told = json!([newest["action"], newest["subject_id"], newest["before"], newest["after"]]);
                assert_eq!(told, json!(["update", artefact, {"kept": before}, {"kept": !before}]));
            }
        }
    }
}

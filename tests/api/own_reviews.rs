//! `/v1/users/me/reviews`: what waits for the caller.

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{TestApp, both, snap};

const OWN: &str = "/v1/users/me/reviews";

async fn start(app: &TestApp, name: &str, environment: &str) -> i64 {
    let execution = app.start(&snap(&json!({"name": name, "environment": environment}))).await;
    app.artefact_of(execution).await
}

async fn assign(app: &TestApp, artefact: i64, user: i64) {
    app.patch(&format!("/v1/artefacts/{artefact}"), &json!({"reviewer_ids": [user]})).await.ok();
}

/// Name, whether it is the user's to decide, and how many of the user's environments are decided.
fn summary(answer: &Value) -> Vec<(String, bool, i64, i64)> {
    let of = |own: &Value| {
        let count = |name: &str| own[name].as_i64().unwrap();
        let name = own["artefact"]["name"].as_str().unwrap().to_owned();
        (name, own["is_reviewer"].as_bool().unwrap(), count("assigned_count"), count("completed_count"))
    };
    answer.as_array().unwrap().iter().map(of).collect()
}

both! {
    async fn undecided_artefacts_of_ones_own_are_listed_what_is_due_first(app: TestApp) {
        let kim = app.add_user("kim").await;
        let session = app.session(kim).await;
        let later = start(&app, "later", "a").await;
        let sooner = start(&app, "sooner", "a").await;
        start(&app, "sooner", "b").await;
        let undated = start(&app, "undated", "a").await;
        let approved = start(&app, "approved", "a").await;
        let archived = start(&app, "archived", "a").await;
        start(&app, "of-others", "a").await;
        for artefact in [later, sooner, undated, approved, archived] {
            app.raw.run(&format!("DELETE FROM artefact_reviewers_association WHERE artefact_id = {artefact}")).await;
            assign(&app, artefact, kim).await;
        }
        app.raw.run(&format!("UPDATE artefact SET due_date = '2031-02-01' WHERE id = {later}")).await;
        app.raw.run(&format!("UPDATE artefact SET due_date = '2031-01-01' WHERE id = {sooner}")).await;
        app.raw.run(&format!("UPDATE artefact SET due_date = NULL WHERE id = {undated}")).await;
        app.raw.run(&format!("UPDATE artefact SET status = 'APPROVED' WHERE id = {approved}")).await;
        app.patch(&format!("/v1/artefacts/{archived}"), &json!({"archived": true})).await.ok();
        app.raw.run("DELETE FROM environment_review_reviewers_association").await;
        app.raw.run(&format!(
            "INSERT INTO environment_review_reviewers_association (environment_review_id, user_id, position)
             SELECT review.id, {kim}, 0 FROM artefact_build_environment_review AS review
             JOIN artefact_build AS build ON build.id = review.artefact_build_id WHERE build.artefact_id = {sooner}"
        )).await;
        app.raw.run(&format!(
            "UPDATE artefact_build_environment_review SET review_decision = '[\"REJECTED\"]' WHERE id = (
                 SELECT MIN(review.id) FROM artefact_build_environment_review AS review
                 JOIN artefact_build AS build ON build.id = review.artefact_build_id WHERE build.artefact_id = {sooner}
             )"
        )).await;
        let own = app.as_user(&session, Method::GET, OWN, None).await.ok();
        let named = |name: &str, assigned, completed| (name.to_owned(), true, assigned, completed);
        assert_eq!(summary(&own), [named("sooner", 2, 1), named("later", 0, 0), named("undated", 0, 0)]);
    }

    async fn an_environment_alone_is_a_part_too(app: TestApp) {
        let kim = app.add_user("kim").await;
        let session = app.session(kim).await;
        start(&app, "environment-only", "a").await;
        app.raw.run("DELETE FROM artefact_reviewers_association").await;
        app.raw.run("DELETE FROM environment_review_reviewers_association").await;
        app.raw.run(&format!(
            "INSERT INTO environment_review_reviewers_association (environment_review_id, user_id, position)
             SELECT id, {kim}, 0 FROM artefact_build_environment_review"
        )).await;
        let own = app.as_user(&session, Method::GET, OWN, None).await.ok();
        assert_eq!(summary(&own), [("environment-only".to_owned(), false, 1, 0)]);
    }

    async fn nothing_waits_for_a_caller_without_a_session(app: TestApp) {
        start(&app, "somebodys", "a").await;
        assert_eq!(app.anonymous(Method::GET, OWN, None).await.ok(), json!([]));
        let app = app.with_settings(|settings| settings.require_authentication = true);
        assert_eq!(app.anonymous(Method::GET, OWN, None).await.status, 401);
    }
}

//! Cards in Jira for people who review an artefact from now on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use axum::http::Method;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use serde_json::{Value, json};
use test_observer::integrations::jira::JiraSettings;
use test_observer::service::jobs::JobOutcome;

use crate::log::Log;
use crate::receiver::{Heard, Receiver, Reply, with_hands};
use crate::support::{TestApp, both, deb, snap};

const ORDERED: &str = "SELECT COUNT(*) FROM outbox_message";
const ERRORS: &str = "SELECT error FROM outbox_message ORDER BY id";

/// A Jira that knows everybody but `nobody`, and makes every card.
async fn start_jira() -> Receiver {
    Receiver::start(|heard| match heard.target.split_once("/user/search?query=") {
        Some((_, "nobody")) => Reply::With(200, "[]".to_owned()),
        Some((_, handle)) => {
            let found = json!([{"accountId": format!("account-{handle}"), "displayName": "x"}, {"accountId": "other"}]);
            Reply::With(200, found.to_string())
        }
        None => Reply::With(201, json!({"id": "10", "key": "ABC-13"}).to_string()),
    })
    .await
}

fn with_jira(app: TestApp, jira: &Receiver) -> TestApp {
    let settings = JiraSettings {
        base: format!("{}/ex/jira/cloud", jira.url),
        email: "bot@example.org".to_owned(),
        token: "hunter2".to_owned(),
    };
    app.with_settings(|all| all.jira = Some(settings))
}

async fn add_reviewer(app: &TestApp, name: &str, handle: Option<&str>) -> i64 {
    let user = app.add_user(name).await;
    if let Some(handle) = handle {
        app.raw.run(&format!("UPDATE app_user SET launchpad_handle = '{handle}' WHERE id = {user}")).await;
    }
    user
}

/// An artefact that belongs to an issue.
async fn add_artefact(app: &TestApp) -> i64 {
    let execution = app.start(&deb(&json!({}))).await;
    let artefact = app.artefact_of(execution).await;
    change(app, artefact, &json!({"jira_issue": "ABC-12"})).await;
    artefact
}

async fn change(app: &TestApp, artefact: i64, body: &Value) {
    app.patch(&format!("/v1/artefacts/{artefact}"), body).await.ok();
}

async fn deliver(app: &TestApp) -> JobOutcome {
    app.service.deliver_messages().await.unwrap()
}

fn targets(heard: &[Heard]) -> Vec<String> {
    heard.iter().map(|heard| format!("{} {}", heard.method, heard.target)).collect()
}

fn search(handle: &str) -> String {
    format!("GET /ex/jira/cloud/rest/api/3/user/search?query={handle}")
}

const CREATE: &str = "POST /ex/jira/cloud/rest/api/3/issue";

both! {
    // One search and one card, with exactly these fields.
    async fn a_card_is_made_as_jira_wants_it(app: TestApp) {
        let jira = start_jira().await;
        let app = with_jira(app, &jira);
        let kim = add_reviewer(&app, "Kim", Some("kim&lp")).await;
        let artefact = add_artefact(&app).await;
        change(&app, artefact, &json!({"reviewer_ids": [kim]})).await;
        assert_eq!(jira.take().len(), 0, "the request itself calls nobody");
        assert_eq!(deliver(&app).await, JobOutcome { done: 1, ..JobOutcome::default() });
        let heard = jira.take();
        assert_eq!(targets(&heard), [search("kim%26lp"), CREATE.to_owned()]);
        for heard in &heard {
            let credentials = STANDARD.encode("bot@example.org:hunter2");
            assert_eq!(heard.header("authorization"), format!("Basic {credentials}"));
            assert_eq!(heard.header("accept"), "application/json");
        }
        assert_eq!(heard[1].header("content-type"), "application/json");
        let text = format!(
            "Review artefact and test environments for artefact hello version 2.10-3\n\n\
             Artefact page: http://localhost:30001/debs/{artefact}"
        );
        let paragraph = json!({"type": "paragraph", "content": [{"type": "text", "text": text}]});
        let expected = json!({"fields": {
            "project": {"key": "ABC"},
            "summary": "Review hello version 2.10-3 - Kim",
            "issuetype": {"name": "Task"},
            "description": {"type": "doc", "version": 1, "content": [paragraph]},
            "parent": {"key": "ABC-12"},
            "assignee": {"accountId": "account-kim%26lp"},
        }});
        assert_eq!(heard[1].json(), expected);
        assert_eq!(deliver(&app).await, JobOutcome::default());
    }

    // Only who is new gets a card, and what the same request says about the issue counts.
    async fn each_new_reviewer_gets_one(app: TestApp) {
        let jira = start_jira().await;
        let app = with_jira(app, &jira);
        let (kim, ada) = (add_reviewer(&app, "Kim", Some("kim")).await, add_reviewer(&app, "Ada", Some("ada")).await);
        let execution = app.start(&snap(&json!({}))).await;
        let artefact = app.artefact_of(execution).await;
        for (body, expected) in [
            (json!({"reviewer_ids": [kim]}), vec![]),
            (json!({"jira_issue": ""}), vec![]),
            (json!({"reviewer_ids": []}), vec![]),
            (json!({"reviewer_ids": [kim]}), vec![]),
            (json!({"reviewer_ids": [kim, ada], "jira_issue": "ABC-12"}), vec![search("ada"), CREATE.to_owned()]),
            (json!({"reviewer_ids": [ada, kim]}), vec![]),
            (json!({"reviewer_ids": [ada], "comment": "x"}), vec![]),
            (json!({"jira_issue": null, "reviewer_ids": [kim]}), vec![]),
        ] {
            change(&app, artefact, &body).await;
            deliver(&app).await;
            assert_eq!(targets(&jira.take()), expected, "{body}");
        }
    }

    // However many environments follow, and never for an environment.
    async fn who_is_assigned_when_a_run_starts_gets_one_card(app: TestApp) {
        let jira = start_jira().await;
        let app = with_jira(app, &jira);
        let kim = add_reviewer(&app, "Kim", Some("kim")).await;
        let team = app.add_team("debs", &[], &[kim]).await;
        app.add_rule("deb", &json!({}), &[], &[team]).await;
        add_artefact(&app).await;
        for environment in ["a", "a", "b", "c"] {
            app.start(&deb(&json!({"needs_assignment": true, "environment": environment}))).await;
            deliver(&app).await;
        }
        assert_eq!(targets(&jira.take()), [search("kim"), CREATE.to_owned()]);
    }

    // Whoever cannot get one does not keep others from theirs.
    async fn who_cannot_get_a_card_is_left_out(app: TestApp) {
        let jira = start_jira().await;
        let app = with_jira(app, &jira);
        let nobody = add_reviewer(&app, "Nobody", Some("nobody")).await;
        let bare = add_reviewer(&app, "Bare", None).await;
        let gone = add_reviewer(&app, "Gone", Some("gone")).await;
        let kim = add_reviewer(&app, "Kim", Some("kim")).await;
        let artefact = add_artefact(&app).await;
        change(&app, artefact, &json!({"reviewer_ids": [nobody, bare, gone, kim]})).await;
        change(&app, artefact, &json!({"reviewer_ids": [nobody, bare, kim]})).await;
        let log = Log::capture();
        assert_eq!(deliver(&app).await, JobOutcome { done: 1, failed: 3, waiting: 0 });
        assert_eq!(targets(&jira.take()), [search("nobody"), search("kim"), CREATE.to_owned()]);
        let errors = [
            format!("Cannot assign Jira issue to reviewer {nobody} because no Jira account ID was found for that user."),
            format!("Reviewer {bare} does not have a launchpad handle. Cannot assign Jira issue to reviewer."),
            format!("Artefact {artefact} reviewers do not include user {gone}. Cannot create review cards for non-reviewer."),
            String::new(),
        ];
        assert_eq!(app.raw.texts(ERRORS).await, errors);
        let told = log.take();
        assert!(errors.iter().all(|error| told.contains(error)), "{told}");
    }

    // Without an account there nothing is written, and one line in the log says so.
    async fn where_there_is_no_jira_nothing_is_written(app: TestApp) {
        let artefact = add_artefact(&app).await;
        let kim = add_reviewer(&app, "Kim", Some("kim")).await;
        let log = Log::capture();
        for reviewers in [json!([kim]), json!([]), json!([kim])] {
            change(&app, artefact, &json!({"reviewer_ids": reviewers})).await;
        }
        assert_eq!(app.raw.number(ORDERED).await, 0);
        log.assert_tells(&["JIRA_API_TOKEN"], &[]);
    }

    // What Jira refuses for now is tried again; where nobody knows whether there is a card there is no second one.
    async fn a_card_is_tried_again_unless_there_may_be_one(app: TestApp) {
        let status = Arc::new(AtomicU16::new(0));
        let told = status.clone();
        let jira = Receiver::start(move |heard| match heard.method.as_str() {
            "GET" => Reply::With(200, json!([{"accountId": "x"}]).to_string()),
            _ => Reply::With(told.load(Ordering::Relaxed), "no".to_owned()),
        })
        .await;
        let (app, hands) = with_hands(with_jira(app, &jira));
        let kim = add_reviewer(&app, "kim", Some("kim")).await;
        for (answered, waits, calls) in [(503, true, 4), (401, true, 4), (504, false, 2), (400, false, 2), (201, false, 2)] {
            status.store(answered, Ordering::Relaxed);
            let execution = app.start(&deb(&json!({"version": format!("{answered}")}))).await;
            let artefact = app.artefact_of(execution).await;
            change(&app, artefact, &json!({"reviewer_ids": [kim], "jira_issue": "ABC-1"})).await;
            let expected = JobOutcome { done: 0, failed: u64::from(!waits), waiting: u64::from(waits) };
            assert_eq!(deliver(&app).await, expected, "{answered}");
            hands.go_on(TimeDelta::seconds(10));
            deliver(&app).await;
            // Each attempt looks for the account, and makes a card or tries to.
            assert_eq!(jira.take().len(), calls, "{answered}");
            app.raw.run("DELETE FROM outbox_message").await;
        }
    }

    // Looking for somebody does no harm, however often.
    async fn a_search_that_fails_is_repeated(app: TestApp) {
        let jira = Receiver::refusing(504, "no").await;
        let (app, hands) = with_hands(with_jira(app, &jira));
        let kim = add_reviewer(&app, "kim", Some("kim")).await;
        let artefact = add_artefact(&app).await;
        change(&app, artefact, &json!({"reviewer_ids": [kim]})).await;
        for _ in 0..2 {
            assert_eq!(deliver(&app).await, JobOutcome { waiting: 1, ..JobOutcome::default() });
            hands.go_on(TimeDelta::seconds(30));
        }
        assert_eq!(targets(&jira.take()), [search("kim"), search("kim")]);
    }

    // Both ways to name reviewers, also for a person.
    async fn whoever_assigns_the_reviewer_a_card_is_made(app: TestApp) {
        let jira = start_jira().await;
        let app = with_jira(app, &jira);
        let kim = add_reviewer(&app, "kim", Some("kim")).await;
        let artefact = add_artefact(&app).await;
        let session = app.session(app.add_admin("root").await).await;
        let body = json!({"reviewer_emails": ["kim@example.org"]});
        app.as_user(&session, Method::PATCH, &format!("/v1/artefacts/{artefact}"), Some(&body)).await.ok();
        assert_eq!(app.artefact(artefact).await["reviewers"][0]["id"], kim);
        deliver(&app).await;
        assert_eq!(targets(&jira.take()), [search("kim"), CREATE.to_owned()]);
    }
}

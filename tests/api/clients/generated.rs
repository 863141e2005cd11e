//! Clients that a generator made from the API's document: a chat's bot and a test runner's plugin. They read every
//! required field of an answer and fail where one is missing or of another type.

use app::api::Permission;
use chrono::{NaiveDate, NaiveDateTime};
use serde_json::{Value, json};

use super::{Client, READS, at, items, open_to_all, read};
use crate::support::{both, charm, deb, image, snap, solution};

/// Reads an artefact as the generated model does.
fn parse_artefact(artefact: &Value) {
    let texts = "name version track store branch series repo source os release owner sha256 image_url stage family \
                 comment bug_link";
    for field in texts.split(' ') {
        assert!(artefact[field].is_string(), "{field}: {artefact}");
    }
    for field in ["id", "all_environment_reviews_count", "completed_environment_reviews_count"] {
        assert!(artefact[field].is_i64(), "{field}: {artefact}");
    }
    let status = artefact["status"].as_str().unwrap();
    assert!(["APPROVED", "MARKED_AS_FAILED", "UNDECIDED"].contains(&status), "{status}");
    assert!(artefact["archived"].is_boolean());
    artefact["created_at"].as_str().unwrap().parse::<NaiveDateTime>().unwrap();
    if let Some(due_date) = artefact["due_date"].as_str() {
        due_date.parse::<NaiveDate>().unwrap();
    }
    // There, even where they hold nothing.
    for field in ["due_date", "jira_issue", "assignee"] {
        assert!(artefact.get(field).is_some(), "{field}: {artefact}");
    }
    items(&artefact["reviewers"]).iter().for_each(parse_reviewer);
    if !artefact["assignee"].is_null() {
        parse_reviewer(&artefact["assignee"]);
    }
}

fn parse_reviewer(reviewer: &Value) {
    assert!(reviewer["id"].is_i64(), "{reviewer}");
    for field in ["email", "launchpad_email", "name"] {
        assert!(reviewer[field].is_string(), "{field}: {reviewer}");
    }
}

both! {
    // Artefacts of all families without paging, and one archived with a comment.
    async fn a_bot_reads_every_artefact_and_archives_one(app: TestApp) {
        let kim = app.add_user("kim").await;
        for body in [snap(&json!({})), deb(&json!({})), charm(&json!({})), image(&json!({})), solution(&json!({}))] {
            let id = app.start(&body).await;
            let artefact = app.artefact_of(id).await;
            app.patch(&format!("/v1/artefacts/{artefact}"), &json!({"reviewer_ids": [kim]})).await.ok();
        }
        app.raw.run("UPDATE artefact SET due_date = '2031-02-01' WHERE family = 'snap'").await;
        let key = app.add_application(&[Permission::ViewArtefact, Permission::ChangeArtefact]).await;
        let bot = Client::httpx(&app).with_key(&key);
        let artefacts = bot.get("/v1/artefacts").await.ok();
        items(&artefacts).iter().for_each(parse_artefact);
        let places = [
            "/family", "/stage", "/status", "/due_date", "/reviewers/0/launchpad_email",
            "/all_environment_reviews_count", "/completed_environment_reviews_count",
        ];
        let row = |family: &str, stage: &str, due_date: Value| {
            json!([family, stage, "UNDECIDED", due_date, "kim@example.org", 1, 0])
        };
        let expected = json!([
            row("snap", "beta", json!("2031-02-01")),
            row("deb", "proposed", Value::Null),
            row("charm", "candidate", Value::Null),
            row("image", "pending", Value::Null),
            row("solution", "edge", Value::Null),
        ]);
        assert_eq!(read(&artefacts, &places), expected);
        let body = r#"{"archived": true, "comment": "Superseded, as @kim said in the channel"}"#;
        let archived = bot.patch(&format!("/v1/artefacts/{}", artefacts[1]["id"]), body).await.ok();
        parse_artefact(&archived);
        let comment = "Superseded, as @kim said in the channel";
        assert_eq!((&archived["archived"], &archived["comment"]), (&json!(true), &json!(comment)));
        assert_eq!(archived["reviewers"], artefacts[1]["reviewers"], "what is not said stays");
        let left = bot.get("/v1/artefacts").await.ok();
        let families = json!([["snap"], ["charm"], ["image"], ["solution"]]);
        assert_eq!(read(&left, &["/family"]), families);
    }

    // The model of a 422.
    async fn a_bot_reads_what_was_malformed(app: TestApp) {
        let key = app.add_application(&[Permission::ViewArtefact, Permission::ChangeArtefact]).await;
        let bot = Client::httpx(&app).with_key(&key);
        let id = app.start(&snap(&json!({}))).await;
        let artefact = app.artefact_of(id).await;
        let body = r#"{"archived": "perhaps", "status": "GOOD"}"#;
        let refused = bot.patch(&format!("/v1/artefacts/{artefact}"), body).await;
        let mut problems = refused.problems();
        problems.sort_by_key(|(kind, _)| kind.clone());
        let expected = [("bool_parsing", json!(["body", "archived"])), ("enum", json!(["body", "status"]))];
        assert_eq!(problems, expected.map(|(kind, loc)| (kind.to_owned(), loc)));
        assert!(items(&refused.json()["detail"]).iter().all(|problem| problem["msg"].is_string()));
    }

    // Results one at a time, events appended, a status of its own.
    async fn a_plugin_reports_each_test_as_it_ends(app: TestApp) {
        let app = open_to_all(app, &[Permission::ChangeTest]);
        let plugin = Client::httpx(&app);
        let start = r#"{"family": "snap", "name": "openstack", "version": "2024.1", "arch": "amd64", "environment": "sunbeam-lab", "test_plan": "acceptance", "revision": 615, "track": "2024.1", "store": "ubuntu", "execution_stage": "edge", "initial_status": "IN_PROGRESS", "relevant_links": [{"label": "Runner", "url": "https://github.com/o/r/actions/runs/1"}]}"#;
        for (results, last) in [
            (vec![("test_a", "PASSED"), ("test_b", "PASSED")], "PASSED"),
            (vec![("test_a", "PASSED"), ("test_b", "FAILED")], "FAILED"),
            // A run that was spooled when it broke off, and uploaded later.
            (vec![("test_a", "SKIPPED")], "ENDED_PREMATURELY"),
        ] {
            let id = plugin.start(start).await;
            let event = |name: &str, time: &str| {
                format!(r#"{{"events": [{{"event_name": "{name}", "timestamp": "{time}", "detail": ""}}]}}"#)
            };
            let updates = format!("{}/status_update", at(id));
            plugin.post(&updates, &event("session_start", "2031-01-22T08:30:00.123456+00:00")).await.ok();
            for (name, status) in &results {
                let result = format!(r#""name": "{name}", "status": "{status}", "comment": "", "io_log": "log of {name}""#);
                let body = format!("[{{{result}}}]");
                assert_eq!(plugin.post(&format!("{}/test-results", at(id)), &body).await.ok(), Value::Null);
            }
            plugin.post(&updates, &event("session_end", "2031-01-22T08:31:00+00:00")).await.ok();
            let ended = plugin.patch(&at(id), &format!(r#"{{"status": "{last}"}}"#)).await.ok();
            assert_eq!((&ended["id"], &ended["status"]), (&json!(id), &json!(last)));
            assert_eq!(read(&ended["relevant_links"], &["/label"]), json!([["Runner"]]));
            let stored = app.get(&format!("{}/test-results", at(id))).await.ok();
            assert_eq!(read(&stored, &["/name", "/status"]), json!(results));
            let events = app.get(&updates).await.ok();
            assert_eq!(read(&events, &["/event_name"]), json!([["session_start"], ["session_end"]]));
        }
    }

    // Reads without a key where they are public, and 403 where not.
    async fn a_reader_of_the_model_without_a_key_sees_what_is_public(app: TestApp) {
        app.start(&snap(&json!({}))).await;
        Client::httpx(&app).get("/v1/artefacts").await.refused(403, "Insufficient permissions");
        let app = open_to_all(app, READS);
        let artefacts = Client::httpx(&app).get("/v1/artefacts").await.ok();
        items(&artefacts).iter().for_each(parse_artefact);
        assert_eq!(items(&artefacts).len(), 1);
    }
}

//! `/v1/audit-log`: who changed what, when and from where.

use app::api::Permission;
use axum::http::{Method, StatusCode};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use test_observer::clock::Clock;
use test_observer::store::users::NewUser;

use crate::oidc_issuer::cookie;
use crate::support::{TestApp, both, deb, snap, solution};

const LOG: &str = "/v1/audit-log";
const NEWEST: &str = "SELECT COALESCE(MAX(id), 0) FROM audit_log";
const RADIO: &str = "https://github.com/acme/radio/issues/71";
const WRONG_PASSWORD: &str = "E-mail or password is wrong";
const APPROVED: &str = "APPROVED_ALL_TESTS_PASS";

/// A write, and what the log says of it, each entry as [`said`] tells it: in the order in which it was done, with null for
/// the id of what the table made last. `NEW` in a path is that id, too.
type Write = (Method, String, Value, Value);

/// What an entry says was done: action, kind and id of the subject, before, after.
fn said(entry: &Value) -> Value {
    json!([entry["action"], entry["subject_kind"], entry["subject_id"], entry["before"], entry["after"]])
}

async fn entries(app: &TestApp, query: &str) -> Vec<Value> {
    let log = app.get(&format!("{LOG}?limit=1000&{query}")).await.ok();
    log["entries"].as_array().unwrap().clone()
}

/// What was done since an entry, in the order in which it was done.
async fn since(app: &TestApp, entry: i64) -> Value {
    let all = entries(app, "").await;
    all.iter().rev().filter(|it| it["id"].as_i64() > Some(entry)).map(said).collect()
}

/// Makes the writes one after the other, and looks into the log after each.
async fn check(app: &TestApp, writes: Vec<Write>) {
    let mut made = Value::Null;
    for (method, path, body, mut expected) in writes {
        let before = app.raw.number(NEWEST).await;
        let path = path.replace("NEW", &made.to_string());
        let body = (!body.is_null()).then_some(body);
        let answer = app.as_application(&app.key, method.clone(), &path, body.as_ref()).await;
        assert!(answer.status.is_success(), "{method} {path}: {}", answer.text());
        let expected_entries = expected.as_array_mut().unwrap();
        if expected_entries[0][0] == "create" {
            made = answer.json()["id"].clone();
        }
        for entry in expected_entries.iter_mut().filter(|entry| entry[2].is_null()) {
            entry[2] = made.clone();
        }
        assert_eq!(since(app, before).await, expected, "{method} {path}");
    }
}

/// A clock that stands still.
fn standing_at(time: &str) -> Clock {
    let now: DateTime<Utc> = time.parse().unwrap();
    Clock::from_fn(move || now)
}

fn new_user(name: &str) -> NewUser {
    NewUser { email: format!("{name}@x.org"), name: name.to_owned(), launchpad_handle: None }
}

/// A snap with that many environments; its id and the ids of its reviews.
async fn reviewed(app: &TestApp, version: &str, environments: usize) -> (i64, Vec<i64>) {
    let mut execution = 0;
    for n in 0..environments {
        execution = app.start(&snap(&json!({"version": version, "environment": format!("e{n}")}))).await;
    }
    let artefact = app.artefact_of(execution).await;
    let reviews = app.get(&format!("/v1/artefacts/{artefact}/environment-reviews")).await.ok();
    (artefact, reviews.as_array().unwrap().iter().map(|review| review["id"].as_i64().unwrap()).collect())
}

/// Results of a snap that failed; their ids.
async fn failed(app: &TestApp, count: usize) -> Vec<i64> {
    let execution = app.start(&snap(&json!({}))).await;
    let path = format!("/v1/test-executions/{execution}/test-results");
    let batch: Value = (0..count).map(|n| json!({"name": format!("case {n}"), "status": "FAILED"})).collect();
    app.post(&path, &batch).await.ok();
    let results = app.get(&path).await.ok();
    let mut ids: Vec<i64> = results.as_array().unwrap().iter().map(|result| result["id"].as_i64().unwrap()).collect();
    ids.sort_unstable();
    ids
}

/// The issue at an address, made known.
async fn add_issue(app: &TestApp) -> i64 {
    app.put("/v1/issues", &json!({"url": RADIO})).await.ok()["id"].as_i64().unwrap()
}

/// Known problems as they are reported, one of each kind.
fn reports() -> [(&'static str, &'static str, Value); 2] {
    let of_case = json!({"template_id": "radio", "case_name": "wifi", "description": "drops out", "url": RADIO});
    let of_environment =
        json!({"environment_name": "rpi4", "description": "gets hot", "url": RADIO, "is_confirmed": true});
    [
        ("/v1/test-cases/reported-issues", "test_case_reported_issue", of_case),
        ("/v1/environments/reported-issues", "environment_reported_issue", of_environment),
    ]
}

both! {
    // Reviews, one and many: each that changed has its own entry.
    async fn changes_of_reviews_are_noted(app: TestApp) {
        let (artefact, r) = reviewed(&app, "1", 3).await;
        let path = format!("/v1/artefacts/{artefact}/environment-reviews");
        let kind = "environment_review";
        check(&app, vec![
            (Method::PATCH, format!("{path}/{}", r[0]),
                json!({"review_decision": ["REJECTED"], "review_comment": "no wifi"}),
                json!([["update", kind, r[0], {"review_decision": [], "review_comment": ""},
                    {"review_decision": ["REJECTED"], "review_comment": "no wifi"}]])),
            (Method::PATCH, path.clone(),
                json!([
                    {"id": r[1], "review_comment": "first"}, {"id": r[0], "review_decision": [APPROVED]},
                    {"id": r[2], "review_comment": ""}, {"id": r[1], "review_comment": "last"},
                    {"id": 9999, "review_comment": "nowhere"},
                ]),
                json!([
                    ["update", kind, r[0], {"review_decision": ["REJECTED"]}, {"review_decision": [APPROVED]}],
                    ["update", kind, r[1], {"review_comment": ""}, {"review_comment": "last"}],
                ])),
        ]).await;
    }

    // Artefacts: only the fields that are different after the change.
    async fn changes_of_artefacts_are_noted(app: TestApp) {
        let (artefact, reviews) = reviewed(&app, "1", 1).await;
        let build = app.raw.number("SELECT id FROM artefact_build").await;
        let bundle = app.artefact_of(app.start(&solution(&json!({}))).await).await;
        let (kim, ada) = (app.add_user("kim").await, app.add_user("ada").await);
        let path = format!("/v1/artefacts/{artefact}");
        app.patch(&format!("{path}/environment-reviews/{}", reviews[0]), &json!({"review_decision": ["REJECTED"]}))
            .await.ok();
        let mut writes: Vec<Write> = Vec::new();
        for (body, before, after) in [
            (json!({"comment": "x", "stage": "beta"}), json!({"comment": ""}), json!({"comment": "x"})),
            (json!({"stage": "stable", "archived": true}), json!({"stage": "beta", "archived": false}),
                json!({"stage": "stable", "archived": true})),
            (json!({"jira_issue": "TO-1"}), json!({"jira_issue": null}), json!({"jira_issue": "TO-1"})),
            (json!({"jira_issue": null}), json!({"jira_issue": "TO-1"}), json!({"jira_issue": null})),
            (json!({"reviewer_ids": [kim]}), json!({"reviewer_ids": []}), json!({"reviewer_ids": [kim]})),
            (json!({"reviewer_emails": ["ada@example.org", "kim@example.org"], "comment": "y"}),
                json!({"reviewer_ids": [kim], "comment": "x"}), json!({"reviewer_ids": [ada, kim], "comment": "y"})),
            (json!({"status": "MARKED_AS_FAILED"}), json!({"status": "UNDECIDED"}),
                json!({"status": "MARKED_AS_FAILED"})),
        ] {
            let expected = json!([["update", "artefact", artefact, before, after]]);
            writes.push((Method::PATCH, path.clone(), body, expected));
        }
        for (body, before, after) in [
            (json!([build]), json!([]), json!([build])),
            (json!(null), json!([build]), json!([])),
        ] {
            let (before, after) = (json!({"bundled_builds": before}), json!({"bundled_builds": after}));
            let expected = json!([["update", "artefact", bundle, before, after]]);
            writes.push((Method::PATCH, format!("/v1/artefacts/{bundle}"), json!({"bundled_builds": body}), expected));
        }
        check(&app, writes).await;
    }

    // Matching rules, with their teams.
    async fn changes_of_matching_rules_are_noted(app: TestApp) {
        let (crew, lab) = (app.add_team("crew", &[], &[]).await, app.add_team("lab", &[], &[]).await);
        let (of_crew, of_lab) = (json!([{"id": crew, "name": "crew"}]), json!([{"id": lab, "name": "lab"}]));
        let grants = json!(["change_rerun"]);
        let (path, kind) = ("/v1/artefact-matching-rules", "matching_rule");
        check(&app, vec![
            (Method::POST, path.to_owned(),
                json!({"family": "snap", "name": "core22", "grant_permissions": grants, "team_ids": [crew]}),
                json!([["create", kind, null, null,
                    {"family": "snap", "name": "core22", "grant_permissions": grants, "teams": of_crew}]])),
            (Method::PATCH, format!("{path}/NEW"), json!({"name": "", "team_ids": [lab], "family": "snap"}),
                json!([["update", kind, null, {"name": "core22", "teams": of_crew}, {"name": null, "teams": of_lab}]])),
            (Method::DELETE, format!("{path}/NEW"), json!(null),
                json!([["delete", kind, null, {"family": "snap", "grant_permissions": grants, "teams": of_lab}, null]])),
        ]).await;
    }

    // Issues, and what they are attached to.
    async fn changes_of_issues_are_noted(app: TestApp) {
        let results = failed(&app, 3).await;
        let chosen = |ids: &[i64]| json!({"test_results_count": ids.len(), "test_result_ids": ids});
        let path = "/v1/issues";
        check(&app, vec![
            (Method::PUT, path.to_owned(), json!({"url": RADIO, "title": "drops out"}),
                json!([["create", "issue", null, null, {
                    "source": "github", "project": "acme/radio", "key": "71", "url": RADIO, "title": "drops out",
                    "status": "unknown", "auto_rerun_enabled": false,
                }]])),
            (Method::PUT, path.to_owned(), json!({"url": RADIO, "title": "drops out", "status": "open"}),
                json!([["update", "issue", null, {"status": "unknown"}, {"status": "open"}]])),
            (Method::PATCH, format!("{path}/NEW"), json!({"auto_rerun_enabled": true, "title": "gone"}),
                json!([["update", "issue", null, {"auto_rerun_enabled": false, "title": "drops out"},
                    {"auto_rerun_enabled": true, "title": "gone"}]])),
            (Method::POST, format!("{path}/NEW/attach"), json!({"test_results": [results[1], results[0]]}),
                json!([["attach", "issue", null, null, chosen(&results[..2])]])),
            // Only what was not attached before.
            (Method::POST, format!("{path}/NEW/attach"), json!({"test_results_filters": {"families": ["snap"]}}),
                json!([["attach", "issue", null, null, chosen(&results[2..])]])),
            (Method::POST, format!("{path}/NEW/detach"), json!({"test_results": [results[0], 9999]}),
                json!([["detach", "issue", null, chosen(&results[..1]), null]])),
            (Method::POST, format!("{path}/NEW/detach"), json!({"test_results_filters": {"families": ["snap"]}}),
                json!([["detach", "issue", null, chosen(&results[1..]), null]])),
        ]).await;
    }

    // Attachment rules, and what they did to the results there were.
    async fn changes_of_attachment_rules_are_noted(app: TestApp) {
        let results = failed(&app, 2).await;
        let issue = add_issue(&app).await;
        let (path, kind) = (format!("/v1/issues/{issue}/attachment-rules"), "attachment_rule");
        let all = json!({"test_results_count": 2, "test_result_ids": results});
        let rule = |enabled: bool| json!({
            "issue_id": issue, "enabled": enabled, "families": ["snap"], "test_result_statuses": ["FAILED"],
        });
        let body = json!({"families": ["snap"], "test_result_statuses": ["FAILED"], "apply_to_existing": true});
        check(&app, vec![
            (Method::POST, path.clone(), body,
                json!([["create", kind, null, null, rule(true)], ["apply", kind, null, null, all]])),
            (Method::PATCH, format!("{path}/NEW"), json!({"enabled": false}),
                json!([["update", kind, null, {"enabled": true}, {"enabled": false}]])),
            (Method::DELETE, format!("{path}/NEW/existing-results"), json!(null),
                json!([["undo", kind, null, all, null]])),
            (Method::PUT, format!("{path}/NEW/existing-results"), json!(null),
                json!([["apply", kind, null, null, all]])),
            (Method::DELETE, format!("{path}/NEW"), json!(null), json!([["delete", kind, null, rule(false), null]])),
        ]).await;
    }

    // Reported issues, of either kind.
    async fn changes_of_reported_issues_are_noted(app: TestApp) {
        for (path, kind, report) in reports() {
            let mut other = report.clone();
            other["description"] = json!("is fine");
            let (was, became) = (json!({"description": report["description"]}), json!({"description": "is fine"}));
            check(&app, vec![
                (Method::POST, path.to_owned(), report.clone(), json!([["create", kind, null, null, report]])),
                (Method::PUT, format!("{path}/NEW"), other.clone(), json!([["update", kind, null, was, became]])),
                (Method::DELETE, format!("{path}/NEW"), json!(null), json!([["delete", kind, null, other, null]])),
            ]).await;
        }
    }

    // Applications, users and teams.
    async fn changes_of_access_are_noted(app: TestApp) {
        let (kim, ada) = (app.add_user("kim").await, app.add_user("ada").await);
        app.add_admin("root").await;
        let crew = app.add_team("crew", &[Permission::ViewTest], &[kim]).await;
        let of_crew = json!([{"id": crew, "name": "crew", "permissions": ["view_test"]}]);
        let (applications, users, teams) = ("/v1/applications", "/v1/users", "/v1/teams");
        let end = "2099-01-01T00:00:00";
        check(&app, vec![
            (Method::POST, applications.to_owned(), json!({"name": "ci", "permissions": ["view_test"]}),
                json!([["create", "application", null, null, {"name": "ci", "permissions": ["view_test"]}]])),
            (Method::PATCH, format!("{applications}/NEW"), json!({"permissions": [], "expires_at": end}),
                json!([["update", "application", null, {"permissions": ["view_test"], "expires_at": null},
                    {"permissions": [], "expires_at": end}]])),
            (Method::POST, format!("{applications}/NEW/rotate"), json!(null),
                json!([["rotate_key", "application", null, null, null]])),
            (Method::DELETE, format!("{applications}/NEW"), json!(null),
                json!([["delete", "application", null, {"name": "ci", "expires_at": end}, null]])),
            (Method::PATCH, format!("{users}/{kim}"), json!({"is_admin": true}),
                json!([["update", "user", kim, {"is_admin": false}, {"is_admin": true}]])),
            (Method::DELETE, format!("{users}/{kim}"), json!(null),
                json!([["delete", "user", kim,
                    {"email": "kim@example.org", "name": "kim", "is_admin": true, "teams": of_crew}, null]])),
            (Method::POST, teams.to_owned(), json!({"name": "lab", "permissions": ["view_team"]}),
                json!([["create", "team", null, null, {"name": "lab", "permissions": ["view_team"]}]])),
            (Method::PATCH, format!("{teams}/NEW"), json!({"permissions": ["view_user"]}),
                json!([["update", "team", null, {"permissions": ["view_team"]}, {"permissions": ["view_user"]}]])),
            (Method::POST, format!("{teams}/NEW/members/{ada}"), json!(null),
                json!([["add_member", "team", null, null, {"user_id": ada}]])),
            (Method::DELETE, format!("{teams}/NEW/members/{ada}"), json!(null),
                json!([["remove_member", "team", null, {"user_id": ada}, null]])),
        ]).await;
    }

    // Rules of teams are part of the team, with what they grant; and each rule that is another one afterwards has its own entry.
    async fn rules_of_teams_are_noted_with_the_team(app: TestApp) {
        let newest = app.raw.number(NEWEST).await;
        let lab = app.add_team("lab", &[], &[]).await;
        let shared = app.add_rule("snap", &json!({"name": "core22"}), &[], &[lab]).await;
        let of_lab = json!({"id": lab, "name": "lab"});
        let body = json!({"name": "crew", "artefact_matching_rules": [{"family": "deb"}]});
        let crew = app.post("/v1/teams", &body).await.json();
        let (own, of_crew) = (crew["artefact_matching_rules"][0]["id"].clone(), json!({"id": crew["id"], "name": "crew"}));
        let shown = json!({"name": "crew", "artefact_matching_rules": crew["artefact_matching_rules"]});
        assert_eq!(since(&app, newest).await, json!([
            ["create", "team", crew["id"], null, shown],
            ["create", "matching_rule", own, null, {"family": "deb", "teams": [of_crew]}],
        ]));
        // A rule that is somebody's gets another team and another grant; the team's own one is gone.
        let path = format!("/v1/teams/{}", crew["id"]);
        let wider = json!({"artefact_matching_rules": [
            {"family": "snap", "name": "core22", "grant_permissions": ["change_rerun"]},
        ]});
        let newest = app.raw.number(NEWEST).await;
        let changed = app.patch(&path, &wider).await.ok();
        let rules = |team: &Value| json!({"artefact_matching_rules": team["artefact_matching_rules"]});
        let mut expected = vec![
            json!(["update", "team", crew["id"], rules(&crew), rules(&changed)]),
            json!(["update", "matching_rule", shared, {"teams": [of_lab], "grant_permissions": []},
                {"teams": [of_lab, of_crew], "grant_permissions": ["change_rerun"]}]),
            json!(["delete", "matching_rule", own, {"family": "deb", "teams": [of_crew]}, null]),
        ];
        let mut found = since(&app, newest).await.as_array().unwrap().clone();
        let by_text = |value: &Value| value.to_string();
        found.sort_by_key(by_text);
        expected.sort_by_key(by_text);
        assert_eq!(found, expected);
        // It loses the team again, and keeps the grant.
        let newest = app.raw.number(NEWEST).await;
        let cleared = app.patch(&path, &json!({"artefact_matching_rules": []})).await.ok();
        assert_eq!(since(&app, newest).await, json!([
            ["update", "team", crew["id"], rules(&changed), rules(&cleared)],
            ["update", "matching_rule", shared, {"teams": [of_lab, of_crew]}, {"teams": [of_lab]}],
        ]));
    }

    // Who came, how, and who went: as themselves, from where they are. Of what they showed nothing is noted.
    async fn sessions_are_noted_as_their_users(app: TestApp) {
        let app = app.with_settings(|settings| settings.local_accounts = true);
        let kim = app.add_user("kim").await;
        app.service.set_password("kim@example.org", "correct horse battery".to_owned()).await.unwrap();
        let token = app.service.make_sign_in_link("kim@example.org").await.unwrap();
        let newest = app.raw.number(NEWEST).await;
        let relayed = ("x-forwarded-for", "10.0.0.7");
        let body = json!({"email": "kim@example.org", "password": "correct horse battery"}).to_string();
        let by_password = app.request(Method::POST, "/v1/auth/local/login", &[relayed], body.clone()).await;
        let link = format!("/v1/auth/local/link/{token}");
        let by_link = app.request(Method::GET, &link, &[relayed], "").await;
        let sessions = [by_password, by_link].map(|answer| cookie(&answer, "session").unwrap());
        // Signed out twice by the dashboard, and once by the way of SAML, which nobody has set up.
        for _ in 0..2 {
            let headers = [relayed, ("cookie", sessions[0].as_str()), ("x-csrf-token", "1")];
            app.request(Method::POST, "/v1/auth/logout", &headers, "").await;
        }
        app.request(Method::GET, "/v1/auth/saml/logout", &[relayed, ("cookie", sessions[1].as_str())], "").await;
        // What fails is none.
        let wrong = body.replace("battery", "staple");
        app.request(Method::POST, "/v1/auth/local/login", &[relayed], wrong).await.refused(401, WRONG_PASSWORD);
        app.request(Method::GET, &link, &[relayed], "").await;
        assert_eq!(since(&app, newest).await, json!([
            ["sign_in", "user", kim, null, {"means": "password"}],
            ["sign_in", "user", kim, null, {"means": "link"}],
            ["sign_out", "user", kim, null, null],
            ["sign_out", "user", kim, null, null],
        ]));
        for entry in entries(&app, "actor_kind=user").await {
            let actor = [&entry["actor_kind"], &entry["actor_id"], &entry["actor_name"], &entry["client_address"]];
            assert_eq!(json!(actor), json!(["user", kim, "kim", "10.0.0.7"]));
        }
        let text = app.get(&format!("{LOG}?limit=1000")).await.text();
        let numbers = app.raw.texts("SELECT token_hash FROM sign_in_link").await;
        for secret in [token, "correct horse".to_owned(), "argon2".to_owned()].iter().chain(&numbers) {
            assert!(!text.contains(secret.as_str()), "{secret}: {text}");
        }
    }

    // What an operator does to let somebody in.
    async fn passwords_and_links_are_noted_as_the_operators(app: TestApp) {
        let app = app.with_settings(|settings| settings.local_accounts = true);
        let newest = app.raw.number(NEWEST).await;
        app.service.make_first_administrator().await.unwrap().unwrap();
        assert_eq!(app.service.make_first_administrator().await.unwrap(), None);
        let admin = app.raw.number("SELECT id FROM app_user").await;
        app.service.make_sign_in_link("admin@localhost").await.unwrap();
        app.service.set_password("admin@localhost", "correct horse battery".to_owned()).await.unwrap();
        app.service.set_password("admin@localhost", "short".to_owned()).await.unwrap_err();
        assert_eq!(since(&app, newest).await, json!([
            ["create", "user", admin, null, {"email": "admin@localhost", "name": "Administrator", "is_admin": true}],
            ["make_link", "user", admin, null, null],
            ["make_link", "user", admin, null, null],
            ["set_password", "user", admin, null, null],
        ]));
        for entry in &entries(&app, "").await[..4] {
            assert_eq!((&entry["actor_kind"], &entry["client_address"]), (&json!("operator"), &json!("")));
        }
    }

    // What operators do on the command line.
    async fn commands_are_noted_as_the_operators(app: TestApp) {
        let artefact = app.artefact_of(app.start(&snap(&json!({}))).await).await;
        app.add_team("crew", &[], &[]).await;
        let newest = app.raw.number(NEWEST).await;
        let (kim, _) = app.service.add_user(&new_user("kim")).await.unwrap();
        for _ in 0..2 {
            app.service.add_user(&new_user("kim")).await.unwrap();
            app.service.promote_user("kim@x.org").await.unwrap();
            app.service.add_member_by_name("crew", "kim@x.org").await.unwrap();
            app.service.change_assignee(artefact, kim).await.unwrap();
        }
        for _ in 0..2 {
            app.service.delete_member_by_name("crew", "kim@x.org").await.unwrap();
            app.service.delete_artefact(artefact).await.unwrap();
        }
        let crew = app.raw.number("SELECT id FROM team").await;
        assert_eq!(since(&app, newest).await, json!([
            ["create", "user", kim, null, {"email": "kim@x.org", "name": "kim"}],
            ["update", "user", kim, {"is_admin": false}, {"is_admin": true}],
            ["add_member", "team", crew, null, {"user_id": kim}],
            ["update", "artefact", artefact, {"reviewer_ids": []}, {"reviewer_ids": [kim]}],
            ["remove_member", "team", crew, {"user_id": kim}, null],
            ["delete", "artefact", artefact, {
                "family": "snap", "name": "core22", "version": "20230531", "stage": "beta", "status": "UNDECIDED",
            }, null],
        ]));
        for entry in &entries(&app, "").await[..6] {
            let actor = [&entry["actor_kind"], &entry["actor_id"], &entry["actor_name"], &entry["client_address"]];
            assert_eq!(json!(actor), json!(["operator", null, "", ""]));
        }
    }

    // Who: the person before the application; nobody in particular where the permission is asked of nobody. From where: as
    // the proxy on this machine says.
    async fn an_entry_says_who_and_from_where(app: TestApp) {
        let app = app.with_settings(|settings| settings.ignored_permissions = [Permission::ChangeArtefact].into());
        let app = app.with_clock(standing_at("2031-05-04T03:02:01.5Z"));
        let path = format!("/v1/artefacts/{}", app.artefact_of(app.start(&snap(&json!({}))).await).await);
        let kim = app.add_user("kim").await;
        let session = app.session(kim).await;
        let key = app.service.add_application("ci", &[]).await.unwrap();
        let ci = app.raw.number("SELECT id FROM application WHERE name = 'ci'").await;
        let bearer = format!("Bearer {key}");
        let of_kim = [("cookie", session.as_str()), ("x-csrf-token", "1")];
        let of_ci = ("authorization", bearer.as_str());
        let relayed = ("x-forwarded-for", "10.0.0.7");
        for (n, (headers, expected)) in [
            (vec![of_kim[0], of_kim[1]], json!(["user", kim, "kim", "127.0.0.1"])),
            (vec![of_kim[0], of_kim[1], of_ci, relayed], json!(["user", kim, "kim", "10.0.0.7"])),
            (vec![of_ci], json!(["application", ci, "ci", "127.0.0.1"])),
            (vec![of_ci, ("x-forwarded-for", "nonsense")], json!(["application", ci, "ci", ""])),
            (vec![of_ci, ("idempotency-key", "k")], json!(["application", ci, "ci", "127.0.0.1"])),
            (vec![relayed], json!(["anonymous", null, "", "10.0.0.7"])),
            // Without the header that no foreign page can send, a cookie is nobody.
            (vec![of_kim[0]], json!(["anonymous", null, "", "127.0.0.1"])),
        ].into_iter().enumerate() {
            app.request(Method::PATCH, &path, &headers, json!({"comment": format!("{n}")}).to_string()).await.ok();
            let entry = entries(&app, "").await[0].clone();
            let actor = [&entry["actor_kind"], &entry["actor_id"], &entry["actor_name"], &entry["client_address"]];
            assert_eq!(json!(actor), expected, "{headers:?}");
            assert_eq!(entry["after"], json!({"comment": format!("{n}")}));
            assert_eq!(entry["created_at"], "2031-05-04T03:02:01.500000");
        }
        // Entries outlive who made them.
        let before = entries(&app, "").await;
        assert_eq!(app.delete(&format!("/v1/users/{kim}")).await.status, StatusCode::NO_CONTENT);
        assert_eq!(app.delete(&format!("/v1/applications/{ci}")).await.status, StatusCode::NO_CONTENT);
        assert_eq!(entries(&app, "").await[2..], before);
    }

    // Runners' reports, and requests that change nothing, leave no entry.
    async fn what_changes_nothing_is_not_noted(app: TestApp) {
        let results = failed(&app, 1).await;
        let artefact = app.newest_artefact().await;
        let review = app.raw.number("SELECT id FROM artefact_build_environment_review").await;
        let (kim, ada) = (app.add_user("kim").await, app.add_user("ada").await);
        let crew = app.add_team("crew", &[Permission::ViewTest], &[kim]).await;
        let matching = app.add_rule("snap", &json!({"name": "core22"}), &[], &[crew]).await;
        let issue = add_issue(&app).await;
        let issue_path = format!("/v1/issues/{issue}");
        let rules = format!("{issue_path}/attachment-rules");
        let rule = app.post(&rules, &json!({"families": ["deb"]})).await.ok()["id"].clone();
        let attaching = json!({"test_results": results});
        app.post(&format!("{issue_path}/attach"), &attaching).await.ok();
        let artefact_path = format!("/v1/artefacts/{artefact}");
        let replacing = json!({"reviewer_ids": [ada], "jira_issue": "TO-1"});
        app.patch(&artefact_path, &replacing).await.ok();
        let application = app.raw.number("SELECT MAX(id) FROM application").await;
        let execution = app.raw.number("SELECT id FROM test_execution").await;
        let mut writes = vec![
            (Method::PATCH, artefact_path.clone(), json!({"comment": "", "archived": false, "bundled_builds": []})),
            (Method::PATCH, artefact_path.clone(), replacing),
            (Method::PATCH, format!("{artefact_path}/environment-reviews/{review}"), json!({"review_comment": ""})),
            (Method::PATCH, format!("{artefact_path}/environment-reviews"), json!([
                {"id": review, "review_comment": "x"}, {"id": review, "review_comment": ""},
            ])),
            (Method::PATCH, format!("/v1/artefact-matching-rules/{matching}"),
                json!({"name": "core22", "team_ids": [crew]})),
            (Method::PUT, "/v1/issues".to_owned(), json!({"url": RADIO})),
            (Method::PATCH, issue_path.clone(), json!({"status": "unknown"})),
            (Method::POST, format!("{issue_path}/attach"), attaching),
            (Method::POST, format!("{issue_path}/detach"), json!({"test_results": [9999]})),
            (Method::PATCH, format!("{rules}/{rule}"), json!({"enabled": true})),
            (Method::PUT, format!("{rules}/{rule}/existing-results"), Value::Null),
            (Method::DELETE, format!("{rules}/{rule}/existing-results"), Value::Null),
            (Method::DELETE, format!("{rules}/9999"), Value::Null),
            (Method::POST, format!("{rules}/preview"), json!({"families": ["snap"]})),
            (Method::PATCH, format!("/v1/applications/{application}"), json!({"expires_at": null})),
            (Method::DELETE, "/v1/applications/9999".to_owned(), Value::Null),
            (Method::PATCH, format!("/v1/users/{kim}"), json!({"is_admin": false})),
            (Method::DELETE, "/v1/users/9999".to_owned(), Value::Null),
            (Method::PATCH, format!("/v1/teams/{crew}"), json!({
                "permissions": ["view_test"], "artefact_matching_rules": [{"family": "snap", "name": "core22"}],
            })),
            (Method::POST, format!("/v1/teams/{crew}/members/{kim}"), Value::Null),
            (Method::DELETE, format!("/v1/teams/{crew}/members/{ada}"), Value::Null),
            // What runners report.
            (Method::PUT, "/v1/test-executions/start-test".to_owned(), deb(&json!({}))),
            (Method::POST, format!("/v1/test-executions/{execution}/test-results"),
                json!([{"name": "a", "status": "PASSED"}])),
            (Method::PATCH, format!("/v1/test-executions/{execution}"), json!({"status": "COMPLETED"})),
        ];
        for (path, _, report) in reports() {
            let id = app.post(path, &report).await.ok()["id"].clone();
            writes.push((Method::PUT, format!("{path}/{id}"), report));
        }
        let newest = app.raw.number(NEWEST).await;
        for (method, path, body) in writes {
            let body = (!body.is_null()).then_some(body);
            let answer = app.as_application(&app.key, method.clone(), &path, body.as_ref()).await;
            assert!(answer.status.is_success(), "{method} {path}: {}", answer.text());
            assert_eq!(since(&app, newest).await, json!([]), "{method} {path}");
        }
    }

    // Refused requests leave no entry, whatever they are refused for.
    async fn what_is_refused_is_not_noted(app: TestApp) {
        let (artefact, reviews) = reviewed(&app, "1", 1).await;
        let crew = app.add_team("crew", &[], &[]).await;
        let path = format!("/v1/artefacts/{artefact}");
        let stale = [("if-match", "\"stale\""), ("content-type", "application/json")];
        let bearer = format!("Bearer {}", app.key);
        let powerless = format!("Bearer {}", app.add_application(&[]).await);
        let newest = app.raw.number(NEWEST).await;
        for (status, authorization, method, path, body) in [
            (403, powerless.as_str(), Method::PATCH, path.clone(), json!({"comment": "x"})),
            (403, "Bearer to_nobody", Method::POST, "/v1/teams".to_owned(), json!({"name": "x"})),
            (412, bearer.as_str(), Method::PATCH, path.clone(), json!({"comment": "x"})),
            (412, bearer.as_str(), Method::PATCH, format!("{path}/environment-reviews/{}", reviews[0]),
                json!({"review_comment": "x"})),
            (400, bearer.as_str(), Method::PATCH, path.clone(), json!({"status": "APPROVED"})),
            (404, bearer.as_str(), Method::PATCH, "/v1/artefacts/9999".to_owned(), json!({"comment": "x"})),
            (404, bearer.as_str(), Method::DELETE, "/v1/artefact-matching-rules/9999".to_owned(), json!(null)),
            (404, bearer.as_str(), Method::DELETE, format!("{}/9999", reports()[0].0), json!(null)),
            (404, bearer.as_str(), Method::PUT, format!("{}/9999", reports()[1].0), reports()[1].2.clone()),
            (404, bearer.as_str(), Method::POST, format!("/v1/teams/{crew}/members/9999"), json!(null)),
            (404, bearer.as_str(), Method::POST, "/v1/applications/9999/rotate".to_owned(), json!(null)),
            (409, bearer.as_str(), Method::POST, "/v1/teams".to_owned(), json!({"name": "crew"})),
            (422, bearer.as_str(), Method::PUT, "/v1/issues".to_owned(), json!({"url": "https://example.org/1"})),
            (422, bearer.as_str(), Method::PATCH, format!("/v1/teams/{crew}"), json!({"permissions": ["fly"]})),
        ] {
            let mut headers = vec![("authorization", authorization)];
            if status == 412 {
                headers.extend(stale);
            }
            let answer = app.request(method.clone(), &path, &headers, body.to_string()).await;
            assert_eq!(answer.status.as_u16(), status, "{method} {path}: {}", answer.text());
        }
        assert_eq!(since(&app, newest).await, json!([]));
    }

    // A change and its entry are there together, or neither is.
    async fn what_cannot_be_noted_is_not_done(app: TestApp) {
        let (artefact, reviews) = reviewed(&app, "1", 1).await;
        let path = format!("/v1/artefacts/{artefact}");
        let review = format!("{path}/environment-reviews/{}", reviews[0]);
        let before = (app.artefact(artefact).await, app.get(&review).await.ok());
        app.raw.run("DROP TABLE audit_log").await;
        for (path, body) in [(&path, json!({"comment": "x"})), (&review, json!({"review_comment": "x"}))] {
            assert_eq!(app.patch(path, &body).await.status, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
        }
        assert_eq!((app.artefact(artefact).await, app.get(&review).await.ok()), before);
        // What is not noted needs no log.
        app.start(&snap(&json!({"version": "2"}))).await;
    }

    // A write that is sent again under its key is noted once.
    async fn a_repetition_is_noted_once(app: TestApp) {
        let bearer = format!("Bearer {}", app.key);
        let headers = [
            ("authorization", bearer.as_str()), ("content-type", "application/json"), ("idempotency-key", "k"),
        ];
        let newest = app.raw.number(NEWEST).await;
        for _ in 0..3 {
            let answer = app.request(Method::POST, "/v1/teams", &headers, json!({"name": "crew"}).to_string()).await;
            assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
        }
        assert_eq!(since(&app, newest).await.as_array().unwrap().len(), 1);
    }

    // Of a key nothing is noted but that it was replaced: neither it, nor its beginning, nor its hash.
    async fn no_key_is_in_the_log(app: TestApp) {
        let app = app.with_settings(|settings| {
            settings.shows_onboarding_key = true;
            settings.key_grace_seconds = 3600;
        });
        let mut keys = vec![app.key.clone()];
        let newest = app.raw.number(NEWEST).await;
        let made = app.post("/v1/applications", &json!({"name": "ci", "permissions": []})).await.ok();
        let path = format!("/v1/applications/{}", made["id"]);
        let rotated = app.post(&format!("{path}/rotate"), &Value::Null).await.ok();
        let newer = rotated["api_key"].as_str().unwrap();
        let own = app.as_application(newer, Method::POST, "/v1/applications/me/rotate", None).await.ok();
        keys.push(app.service.rotate_key_by_name("ci").await.unwrap());
        let host = [("host", "127.0.0.1:30000")];
        let shown = app.request(Method::GET, "/v1/getting-started", &host, "").await.ok();
        app.patch(&path, &json!({"permissions": ["view_test"]})).await.ok();
        for answer in [&made, &rotated, &own, &shown] {
            keys.push(answer["api_key"].as_str().unwrap().to_owned());
        }
        assert_eq!(app.delete(&path).await.status, StatusCode::NO_CONTENT);
        let log = since(&app, newest).await;
        let actions: Vec<&str> = log.as_array().unwrap().iter().map(|entry| entry[0].as_str().unwrap()).collect();
        assert_eq!(actions, ["create", "rotate_key", "rotate_key", "rotate_key", "create", "update", "delete"]);
        let first = entries(&app, "action=create&subject_kind=application").await[0].clone();
        let expected = json!(["anonymous", "127.0.0.1", "getting-started"]);
        assert_eq!(json!([first["actor_kind"], first["client_address"], first["after"]["name"]]), expected);
        let text = app.get(&format!("{LOG}?limit=1000")).await.text();
        for key in &keys {
            let digest = test_observer::domain::api_key::KeyDigest::of(key);
            for secret in [key, &digest.prefix, &digest.hash] {
                assert!(!text.contains(secret.as_str()), "{secret}: {text}");
            }
        }
    }

    // Filters: all must hold; both ends of a time belong to it; the page begins with the newest.
    async fn the_log_is_filtered(app: TestApp) {
        let mut app = app;
        let day = |app: TestApp, n: u32| app.with_clock(standing_at(&format!("2031-01-0{n}T00:00:00Z")));
        app = day(app, 1);
        let (kim, _) = app.service.add_user(&new_user("kim")).await.unwrap();
        app = day(app, 2);
        app.patch(&format!("/v1/users/{kim}"), &json!({"is_admin": true})).await.ok();
        app = day(app, 3);
        let crew = app.post("/v1/teams", &json!({"name": "crew"})).await.json()["id"].clone();
        app = day(app, 4);
        let session = app.session(kim).await;
        app.as_user(&session, Method::POST, &format!("/v1/teams/{crew}/members/{kim}"), None).await.ok();
        app = day(app, 5);
        app.service.add_user(&new_user("ada")).await.unwrap();
        let tests = app.raw.number("SELECT id FROM application WHERE name = 'tests'").await;
        for (query, expected) in [
            (String::new(), vec![5, 4, 3, 2, 1]),
            ("actor_kind=operator".to_owned(), vec![5, 1]),
            (format!("actor_kind=application&actor_id={tests}"), vec![3, 2]),
            ("actor_kind=application&actor_id=9999".to_owned(), vec![]),
            (format!("actor_kind=user&actor_id={kim}"), vec![4]),
            ("actor_id=99999999999999999999".to_owned(), vec![]),
            ("subject_kind=user".to_owned(), vec![5, 2, 1]),
            (format!("subject_kind=user&subject_id={kim}"), vec![2, 1]),
            (format!("subject_kind=team&subject_id={crew}"), vec![4, 3]),
            ("action=create".to_owned(), vec![5, 3, 1]),
            ("action=create&subject_kind=team".to_owned(), vec![3]),
            ("action=create&subject_kind=team&actor_kind=user".to_owned(), vec![]),
            ("from_date=2031-01-03".to_owned(), vec![5, 4, 3]),
            ("until_date=2031-01-02T12:00:00Z".to_owned(), vec![2, 1]),
            ("from_date=2031-01-02&until_date=2031-01-04".to_owned(), vec![4, 3, 2]),
            ("until_date=2031-01-03T23:59:59%2B02:00&action=create".to_owned(), vec![3, 1]),
        ] {
            // The key of the tests was made before, today.
            let found = entries(&app, &format!("from_date=2031-01-01&{query}")).await;
            let days: Vec<u32> =
                found.iter().map(|entry| entry["created_at"].as_str().unwrap()[8..10].parse().unwrap()).collect();
            assert_eq!(days, expected, "{query}");
        }
    }

    // Paging: each entry once, also of the same moment, and new ones do not move the pages.
    async fn pages_follow_each_other(app: TestApp) {
        let app = app.with_clock(standing_at("2031-01-01T00:00:00Z"));
        for n in 0..6 {
            app.service.add_user(&new_user(&format!("u{n}"))).await.unwrap();
        }
        let chosen = "actor_kind=operator&subject_kind=user";
        let all = entries(&app, chosen).await;
        assert_eq!(all.len(), 6);
        for limit in [1, 2, 3, 4, 6, 1000] {
            let mut seen = Vec::new();
            let mut next = String::new();
            loop {
                let page = app.get(&format!("{LOG}?{chosen}&limit={limit}{next}")).await.ok();
                let found = page["entries"].as_array().unwrap();
                assert!(found.len() <= limit && page["limit"] == limit, "{page}");
                seen.extend(found.iter().cloned());
                let Some(cursor) = page["next_cursor"].as_str() else { break };
                next = format!("&cursor={cursor}");
                app.service.add_user(&new_user(&format!("{limit} {}", seen.len()))).await.unwrap();
            }
            // What was there when the first page was read.
            let newer = seen.iter().position(|entry| *entry == all[0]).unwrap();
            assert_eq!(seen[newer..], all, "{limit}");
            assert_eq!(seen.len() - newer, 6);
        }
        // Without a limit fifty.
        for n in 0..50 {
            app.service.add_user(&new_user(&format!("v{n}"))).await.unwrap();
        }
        let page = app.get(LOG).await.ok();
        assert_eq!((page["entries"].as_array().unwrap().len(), &page["limit"]), (50, &json!(50)));
        assert!(page["next_cursor"].is_string());
    }

    // Malformed parameters are named; unknown ones do not matter.
    async fn malformed_parameters_are_named(app: TestApp) {
        for (query, kind, name) in [
            ("limit=0", "greater_than_equal", "limit"),
            ("limit=1001", "less_than_equal", "limit"),
            ("limit=x", "int_parsing", "limit"),
            ("actor_kind=robot", "enum", "actor_kind"),
            ("actor_id=x", "int_parsing", "actor_id"),
            ("subject_kind=robot", "enum", "subject_kind"),
            ("subject_id=1.5", "int_parsing", "subject_id"),
            ("action=fly", "enum", "action"),
            ("from_date=yesterday", "datetime_from_date_parsing", "from_date"),
            ("until_date=2031-13-01", "datetime_from_date_parsing", "until_date"),
            ("cursor=7", "value_error", "cursor"),
        ] {
            let answer = app.get(&format!("{LOG}?{query}")).await;
            assert_eq!(answer.problems(), [(kind.to_owned(), json!(["query", name]))], "{query}");
        }
        app.get(&format!("{LOG}?whatever=1")).await.ok();
    }

    // A permission of its own, which comes before all that is wrong; and nobody writes there.
    async fn looking_takes_a_permission_of_its_own(app: TestApp) {
        let view = Permission::ViewAuditLog;
        let others: Vec<Permission> = Permission::ALL.iter().copied().filter(|it| *it != view).collect();
        let (able, powerless) = (app.add_application(&[view]).await, app.add_application(&others).await);
        for path in [LOG.to_owned(), format!("{LOG}?limit=x")] {
            app.anonymous(Method::GET, &path, None).await.refused(403, "Insufficient permissions");
            let answer = app.as_application(&powerless, Method::GET, &path, None).await;
            answer.refused(403, "Insufficient permissions");
        }
        app.as_application(&able, Method::GET, LOG, None).await.ok();
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let answer = app.as_application(&app.key, method, LOG, None).await;
            answer.refused(405, "Method Not Allowed");
        }
    }

    // Writing takes one statement more for any number of entries; reading takes the same for any number.
    async fn the_log_takes_a_fixed_number_of_statements(app: TestApp) {
        let mut counts = Vec::new();
        for size in [1, 40] {
            let (artefact, reviews) = reviewed(&app, &format!("{size}"), size).await;
            let newest = app.raw.number(NEWEST).await;
            let path = format!("/v1/artefacts/{artefact}/environment-reviews");
            let changes = |comment: &str| -> Value {
                reviews.iter().map(|id| json!({"id": id, "review_comment": comment})).collect()
            };
            let before = app.service.db.statements();
            app.patch(&path, &changes("x")).await.ok();
            let written = app.service.db.statements();
            assert_eq!(since(&app, newest).await.as_array().unwrap().len(), size);
            let read = app.service.db.statements();
            counts.push([written - before, read - written]);
        }
        assert_eq!(counts[0], counts[1]);
        // The look-up of the caller, and the page.
        assert_eq!(counts[0][1], 2);
    }

    // Of very many results as many are named as a person reads.
    async fn of_many_results_a_hundred_are_named(app: TestApp) {
        let results = failed(&app, 130).await;
        let issue = add_issue(&app).await;
        let all = json!({"test_results_filters": {"families": ["snap"]}});
        let newest = app.raw.number(NEWEST).await;
        for path in ["attach", "detach"] {
            app.post(&format!("/v1/issues/{issue}/{path}"), &all).await.ok();
        }
        let named = json!({"test_results_count": 130, "test_result_ids": results[..100]});
        let expected = json!([["attach", "issue", issue, null, named], ["detach", "issue", issue, named, null]]);
        assert_eq!(since(&app, newest).await, expected);
    }
}

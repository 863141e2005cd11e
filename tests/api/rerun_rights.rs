//! Who may ask for reruns and revoke them: permissions, bulk, and rules that grant them for some artefacts.

use app::api::Permission;
use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, both, charm, deb, image, rerun_of, snap};

const RERUNS: &str = "/v1/test-executions/reruns";

const SILENTLY: &str = "/v1/test-executions/reruns?silent=true";

const WAITING: &str = "SELECT COUNT(*) FROM test_execution_rerun_request";

const REFUSAL: &str = "Insufficient permissions";

const NOBODY: &str = "Didn't find test executions with provided ids";

/// The three ways to change the queue.
fn ways() -> [(Method, &'static str); 3] {
    [(Method::POST, RERUNS), (Method::POST, SILENTLY), (Method::DELETE, RERUNS)]
}

fn of(executions: &[i64]) -> Value {
    json!({"test_execution_ids": executions})
}

/// Sends a request as somebody and through an application at once.
async fn as_both(app: &TestApp, session: &str, key: &str, method: Method, path: &str, body: &Value) -> Answer {
    let bearer = format!("Bearer {key}");
    let headers = [
        ("cookie", session),
        ("x-csrf-token", "1"),
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    app.request(method, path, &headers, body.to_string()).await
}

/// Whether somebody may ask for a rerun of an execution, aloud and in silence, and revoke it: all three or none.
///
/// What is refused has no effect, and what is allowed has its own.
async fn may(app: &TestApp, session: &str, execution: i64) -> bool {
    let mut allowed = Vec::new();
    for (method, path) in ways() {
        app.raw.run("DELETE FROM test_execution_rerun_request").await;
        let revokes = method == Method::DELETE;
        if revokes {
            app.raw.run(&rerun_of(execution, 0)).await;
        }
        let answer = app.as_user(session, method.clone(), path, Some(&of(&[execution]))).await;
        let has_effect = app.raw.number(WAITING).await == i64::from(!revokes);
        match answer.status.as_u16() {
            200 => assert!(has_effect, "{method} {path}"),
            403 => {
                answer.refused(403, REFUSAL);
                assert!(!has_effect, "{method} {path}");
            }
            other => panic!("{method} {path}: {other} {}", answer.text()),
        }
        allowed.push(has_effect);
    }
    assert!(allowed.iter().all(|it| *it == allowed[0]), "{allowed:?}");
    allowed[0]
}

/// Removes all rules, so that the same criteria may be set again.
async fn forget_rules(app: &TestApp) {
    app.raw.run("DELETE FROM artefact_matching_rule_team_association; DELETE FROM artefact_matching_rule").await;
}

both! {
    // Reading the queue takes `view_rerun` and comes before the query; a rule cannot grant it.
    async fn the_queue_is_for_who_may_view_it(app: TestApp) {
        let id = app.start(&snap(&json!({}))).await;
        let others: Vec<Permission> =
            Permission::ALL.iter().copied().filter(|permission| *permission != Permission::ViewRerun).collect();
        let (may_not, may) = (app.add_application(&others).await, app.add_application(&[Permission::ViewRerun]).await);
        let user = app.add_user("ann").await;
        let team = app.add_team("lab", &others, &[user]).await;
        app.add_rule("snap", &json!({}), &[Permission::ViewRerun], &[team]).await;
        let session = app.session(user).await;
        app.raw.run(&rerun_of(id, 0)).await;
        for path in [RERUNS.to_owned(), format!("{RERUNS}?family=x&limit=-1")] {
            app.anonymous(Method::GET, &path, None).await.refused(403, REFUSAL);
            app.as_application(&may_not, Method::GET, &path, None).await.refused(403, REFUSAL);
            app.as_user(&session, Method::GET, &path, None).await.refused(403, REFUSAL);
        }
        let shown = app.as_application(&may, Method::GET, RERUNS, None).await.ok();
        assert_eq!(shown.as_array().unwrap().len(), 1);
    }

    // Anonymous callers and applications need `change_rerun` itself, whatever is there and whatever else they hold.
    async fn without_the_permission_nobody_changes_the_queue(app: TestApp) {
        let id = app.start(&snap(&json!({}))).await;
        let others: Vec<Permission> =
            Permission::ALL.iter().copied().filter(|permission| *permission != Permission::ChangeRerun).collect();
        let may_not = app.add_application(&others).await;
        let may = app.add_application(&[Permission::ChangeRerun]).await;
        let team = app.add_team("lab", &[], &[]).await;
        app.add_rule("snap", &json!({}), &[Permission::ChangeRerun], &[team]).await;
        for (method, path) in ways() {
            for body in [json!({}), of(&[id]), of(&[99]), json!({"test_results_filters": {"families": ["snap"]}})] {
                app.anonymous(method.clone(), path, Some(&body)).await.refused(403, REFUSAL);
                let answer = app.as_application(&may_not, method.clone(), path, Some(&body)).await;
                answer.refused(403, REFUSAL);
            }
            assert_eq!(app.raw.number(WAITING).await, 0);
            app.as_application(&may, method, path, Some(&of(&[id]))).await.ok();
            app.raw.run("DELETE FROM test_execution_rerun_request").await;
        }
        app.as_application(&may, Method::POST, RERUNS, Some(&of(&[99]))).await.refused(404, NOBODY);
    }

    // More than one distinct id is bulk, and so is a filter, even an empty one; a single id, however often, is not.
    async fn bulk_needs_its_own_permission(app: TestApp) {
        let first = app.start(&snap(&json!({}))).await;
        let second = app.start(&deb(&json!({}))).await;
        let single = app.add_application(&[Permission::ChangeRerun]).await;
        let only_bulk = app.add_application(&[Permission::ChangeRerunBulk]).await;
        let bulk = app.add_application(&[Permission::ChangeRerun, Permission::ChangeRerunBulk]).await;
        for (method, path) in ways() {
            for (body, is_bulk) in [
                (json!({}), false),
                (of(&[first]), false),
                (of(&[first, first]), false),
                (json!({"test_execution_ids": [first, first.to_string()], "test_results_filters": null}), false),
                (of(&[first, second]), true),
                (of(&[first, 99]), true),
                (of(&[98, 99]), true),
                (json!({"test_executions_filters": {"families": ["snap"]}}), true),
                (json!({"test_results_filters": {"families": ["snap"]}}), true),
                (json!({"test_executions_filters": {}}), true),
                (json!({"test_execution_ids": [first], "test_results_filters": {}}), true),
            ] {
                let answer = app.as_application(&single, method.clone(), path, Some(&body)).await;
                assert_eq!(answer.status == 403, is_bulk, "{method} {path} {body}");
                let answer = app.as_application(&only_bulk, method.clone(), path, Some(&body)).await;
                answer.refused(403, REFUSAL);
                let answer = app.as_application(&bulk, method.clone(), path, Some(&body)).await;
                assert_ne!(answer.status, 403, "{method} {path} {body}");
            }
        }
        // Nothing of a refused request is stored.
        app.raw.run("DELETE FROM test_execution_rerun_request").await;
        app.as_application(&single, Method::POST, SILENTLY, Some(&of(&[first, second]))).await.refused(403, REFUSAL);
        assert_eq!(app.raw.number(WAITING).await, 0);
    }

    // What a person may do through teams and what an application may do add up, for one request and for bulk.
    async fn rights_of_person_and_application_add_up(app: TestApp) {
        let first = app.start(&snap(&json!({}))).await;
        let second = app.start(&deb(&json!({}))).await;
        let (change, bulk) = (Permission::ChangeRerun, Permission::ChangeRerunBulk);
        for (of_team, of_application, one, many) in [
            (vec![], vec![], false, false),
            (vec![change], vec![], true, false),
            (vec![bulk], vec![], false, false),
            (vec![change], vec![bulk], true, true),
            (vec![bulk], vec![change], true, true),
            (vec![], vec![change, bulk], true, true),
            (vec![change, bulk], vec![], true, true),
        ] {
            let name = format!("{of_team:?} {of_application:?}");
            let user = app.add_user(&name).await;
            app.add_team(&name, &of_team, &[user]).await;
            let (session, key) = (app.session(user).await, app.add_application(&of_application).await);
            for (method, path) in ways() {
                for (body, allowed) in [(of(&[first]), one), (of(&[first, second]), many)] {
                    let answer = as_both(&app, &session, &key, method.clone(), path, &body).await;
                    let expected = if allowed { 200 } else { 403 };
                    assert_eq!(answer.status.as_u16(), expected, "{name} {method} {path} {body}");
                }
            }
        }
    }

    // Administrators may do everything, and what is ignored is asked of nobody.
    async fn administrators_and_ignored_permissions_pass(app: TestApp) {
        let first = app.start(&snap(&json!({}))).await;
        let second = app.start(&deb(&json!({}))).await;
        let admin = app.add_admin("root").await;
        let team = app.add_team("lab", &[], &[admin]).await;
        let session = app.session(admin).await;
        assert!(may(&app, &session, first).await, "without any rule");
        app.add_rule("snap", &json!({}), &[Permission::ChangeArtefact], &[team]).await;
        assert!(may(&app, &session, first).await, "with one that grants something else");
        for (method, path) in ways() {
            app.as_user(&session, method, path, Some(&of(&[first, second]))).await.ok();
        }
        let app = app.with_settings(|settings| settings.ignored_permissions = [Permission::ChangeRerun].into());
        for (method, path) in ways() {
            app.anonymous(method.clone(), path, Some(&of(&[first]))).await.ok();
            app.anonymous(method, path, Some(&of(&[first, second]))).await.refused(403, REFUSAL);
        }
        let ignored = [Permission::ChangeRerun, Permission::ChangeRerunBulk];
        let app = app.with_settings(|settings| settings.ignored_permissions = ignored.into());
        for (method, path) in ways() {
            app.anonymous(method, path, Some(&of(&[first, second]))).await.ok();
        }
        app.anonymous(Method::GET, RERUNS, None).await.refused(403, REFUSAL);
    }

    // A rule grants to its teams, what it lists, for the artefacts it matches; and to nobody else.
    async fn a_rule_grants_to_its_teams_what_it_lists(app: TestApp) {
        let id = app.start(&snap(&json!({}))).await;
        let (member, stranger, loner) =
            (app.add_user("ann").await, app.add_user("bob").await, app.add_user("eve").await);
        let team = app.add_team("lab", &[], &[member]).await;
        let other_team = app.add_team("desk", &[], &[stranger]).await;
        let idle_team = app.add_team("idle", &[], &[member]).await;
        let change = Permission::ChangeRerun;
        let session = app.session(member).await;
        assert!(!may(&app, &session, id).await, "no rule");
        for (family, criteria, grants, teams, expected) in [
            ("snap", json!({}), vec![change], vec![team], true),
            ("snap", json!({}), vec![Permission::ViewRerun, change], vec![other_team, team], true),
            ("snap", json!({"stage": "beta"}), vec![change], vec![team], true),
            ("snap", json!({"stage": "edge"}), vec![change], vec![team], false),
            ("snap", json!({}), vec![Permission::ChangeArtefact], vec![team], false),
            ("snap", json!({}), vec![Permission::ChangeRerunBulk], vec![team], false),
            ("snap", json!({}), vec![], vec![team], false),
            ("snap", json!({}), vec![change], vec![], false),
            ("snap", json!({}), vec![change], vec![other_team], false),
            ("deb", json!({}), vec![change], vec![team], false),
        ] {
            forget_rules(&app).await;
            app.add_rule(family, &criteria, &grants, &teams).await;
            assert_eq!(may(&app, &session, id).await, expected, "{family} {criteria} {grants:?} {teams:?}");
        }
        forget_rules(&app).await;
        app.add_rule("snap", &json!({}), &[change], &[team]).await;
        for (user, expected) in [(member, true), (stranger, false), (loner, false)] {
            let session = app.session(user).await;
            assert_eq!(may(&app, &session, id).await, expected, "{user}");
        }
        // A more specific rule of others takes nothing away, nor does one of one's own that grants nothing.
        app.add_rule("snap", &json!({"name": "core22", "track": "22"}), &[change], &[other_team]).await;
        app.add_rule("snap", &json!({"name": "core22"}), &[], &[idle_team]).await;
        assert!(may(&app, &session, id).await, "beside more specific rules");
        // Without the header that browsers do not send on their own, the cookie is nobody's.
        let headers = [("cookie", session.as_str()), ("content-type", "application/json")];
        for (method, path) in ways() {
            app.request(method, path, &headers, of(&[id]).to_string()).await.refused(403, REFUSAL);
        }
    }

    // Each of the nine criteria must be empty or equal, letter by letter.
    async fn a_rule_matches_by_each_of_its_criteria(app: TestApp) {
        let user = app.add_user("ann").await;
        let team = app.add_team("lab", &[], &[user]).await;
        let session = app.session(user).await;
        let of_snap = app.start(&snap(&json!({"branch": "fix"}))).await;
        let of_deb = app.start(&deb(&json!({}))).await;
        let of_charm = app.start(&charm(&json!({}))).await;
        let of_image = app.start(&image(&json!({}))).await;
        for (family, id, criterion, value) in [
            ("snap", of_snap, "name", "core22"),
            ("snap", of_snap, "stage", "beta"),
            ("snap", of_snap, "track", "22"),
            ("snap", of_snap, "branch", "fix"),
            ("snap", of_snap, "store", "ubuntu"),
            ("deb", of_deb, "series", "noble"),
            ("charm", of_charm, "track", "14"),
            ("image", of_image, "os", "ubuntu"),
            ("image", of_image, "release", "noble"),
            ("image", of_image, "owner", "foundations"),
        ] {
            for (value, expected) in [
                (value.to_owned(), true),
                (format!("{value}x"), false),
                (value[..1].to_owned(), false),
                (format!(" {value}"), false),
                ("%".to_owned(), false),
            ] {
                forget_rules(&app).await;
                app.add_rule(family, &json!({criterion: value}), &[Permission::ChangeRerun], &[team]).await;
                assert_eq!(may(&app, &session, id).await, expected, "{family} {criterion} {value:?}");
            }
        }
        let half = json!({"name": "core22", "stage": "edge"});
        for criteria in [json!({"name": "Core22"}), half, json!({"os": "ubuntu"})] {
            forget_rules(&app).await;
            app.add_rule("snap", &criteria, &[Permission::ChangeRerun], &[team]).await;
            assert!(!may(&app, &session, of_snap).await, "{criteria}");
        }
        forget_rules(&app).await;
        let all = json!({"name": "core22", "stage": "beta", "track": "22", "branch": "fix", "store": "ubuntu"});
        app.add_rule("snap", &all, &[Permission::ChangeRerun], &[team]).await;
        assert!(may(&app, &session, of_snap).await);
    }

    // Every affected artefact needs a rule, be it one of another team of theirs; a single one without refuses the lot.
    async fn every_affected_artefact_needs_a_rule(app: TestApp) {
        let beta = app.start(&snap(&json!({}))).await;
        let same = app.start(&snap(&json!({"test_plan": "full"}))).await;
        let edge = app.start(&snap(&json!({"version": "2", "execution_stage": "edge"}))).await;
        let of_deb = app.start(&deb(&json!({}))).await;
        for id in [beta, edge, of_deb] {
            app.report(id, &[("wifi", "FAILED")]).await;
        }
        let user = app.add_user("ann").await;
        let lab = app.add_team("lab", &[Permission::ChangeRerunBulk], &[user]).await;
        let desk = app.add_team("desk", &[], &[user]).await;
        let strangers = app.add_team("strangers", &[], &[]).await;
        let session = app.session(user).await;
        app.add_rule("snap", &json!({"stage": "beta"}), &[Permission::ChangeRerun], &[lab]).await;
        app.add_rule("deb", &json!({}), &[Permission::ChangeRerun], &[desk]).await;
        app.add_rule("snap", &json!({"stage": "edge"}), &[Permission::ChangeRerun], &[strangers]).await;
        let families = |families: &[&str]| json!({"families": families});
        for (body, allowed) in [
            (of(&[beta, same]), true),
            (of(&[beta, of_deb]), true),
            (of(&[beta, edge]), false),
            (of(&[beta, same, of_deb, edge]), false),
            (of(&[beta, 99]), true),
            (json!({"test_executions_filters": families(&["deb"])}), true),
            (json!({"test_results_filters": families(&["deb"])}), true),
            (json!({"test_executions_filters": families(&["snap"])}), false),
            (json!({"test_results_filters": families(&["snap"])}), false),
            (json!({"test_execution_ids": [beta], "test_results_filters": families(&["snap"])}), false),
            (json!({"test_execution_ids": [edge], "test_results_filters": families(&["deb"])}), false),
            (json!({"test_execution_ids": [beta], "test_executions_filters": families(&["deb"])}), true),
            (json!({"test_executions_filters": {"families": ["snap"], "artefact_stages": ["beta"]}}), true),
            (json!({"test_executions_filters": {"families": ["snap"], "artefacts": ["nothing"]}}), true),
        ] {
            for (method, path) in [(Method::POST, SILENTLY), (Method::DELETE, RERUNS)] {
                app.raw.run("DELETE FROM test_execution_rerun_request").await;
                app.raw.run(&rerun_of(edge, 0)).await;
                let answer = app.as_user(&session, method.clone(), path, Some(&body)).await;
                if allowed {
                    assert_eq!(answer.ok(), Value::Null, "{method} {body}");
                } else {
                    answer.refused(403, REFUSAL);
                    assert_eq!(app.raw.number(WAITING).await, 1, "{method} {body}");
                }
            }
        }
        let answer = app.as_user(&session, Method::POST, RERUNS, Some(&of(&[of_deb, beta]))).await.ok();
        assert_eq!(answer.as_array().unwrap().len(), 2);
        app.as_user(&session, Method::POST, RERUNS, Some(&of(&[beta, edge]))).await.refused(403, REFUSAL);
        assert_eq!(app.as_user(&session, Method::POST, RERUNS, Some(&of(&[beta, 99]))).await.status, 207);
    }

    // Where no artefact is affected there is nothing to protect: any signed-in person passes, and finds nothing.
    async fn who_affects_no_artefact_needs_no_rule(app: TestApp) {
        let id = app.start(&snap(&json!({}))).await;
        let user = app.add_user("ann").await;
        let session = app.session(user).await;
        for body in [json!({}), of(&[]), of(&[99]), json!({"test_executions_filters": null, "priority": 1})] {
            app.as_user(&session, Method::POST, RERUNS, Some(&body)).await.refused(404, NOBODY);
            let answer = app.as_user(&session, Method::POST, SILENTLY, Some(&body)).await;
            assert_eq!(answer.ok(), Value::Null);
            assert_eq!(app.as_user(&session, Method::DELETE, RERUNS, Some(&body)).await.ok(), Value::Null);
        }
        // Bulk is asked for all the same.
        for (method, path) in ways() {
            app.as_user(&session, method.clone(), path, Some(&of(&[98, 99]))).await.refused(403, REFUSAL);
            app.as_user(&session, method, path, Some(&of(&[id]))).await.refused(403, REFUSAL);
        }
    }

    // A rule cannot grant bulk; a team or an application that comes along can.
    async fn bulk_comes_from_a_team_or_an_application(app: TestApp) {
        let first = app.start(&snap(&json!({}))).await;
        let second = app.start(&snap(&json!({"version": "2"}))).await;
        let user = app.add_user("ann").await;
        let team = app.add_team("lab", &[], &[user]).await;
        let session = app.session(user).await;
        let grants = [Permission::ChangeRerun, Permission::ChangeRerunBulk];
        app.add_rule("snap", &json!({}), &grants, &[team]).await;
        let bulk = app.add_application(&[Permission::ChangeRerunBulk]).await;
        let powerless = app.add_application(&[]).await;
        let by_filter = json!({"test_executions_filters": {"families": ["snap"]}});
        for (method, path) in ways() {
            let many = of(&[first, second]);
            app.as_user(&session, method.clone(), path, Some(&many)).await.refused(403, REFUSAL);
            app.as_user(&session, method.clone(), path, Some(&by_filter)).await.refused(403, REFUSAL);
            as_both(&app, &session, &powerless, method.clone(), path, &many).await.refused(403, REFUSAL);
            as_both(&app, &session, &bulk, method.clone(), path, &many).await.ok();
            // The application that comes along takes nothing away, and gains nothing by itself.
            as_both(&app, &session, &powerless, method.clone(), path, &of(&[first])).await.ok();
            app.as_application(&bulk, method, path, Some(&many)).await.refused(403, REFUSAL);
        }
        for (method, path) in [(Method::POST, SILENTLY), (Method::DELETE, RERUNS)] {
            as_both(&app, &session, &bulk, method, path, &by_filter).await.ok();
        }
    }

    // Who needs a rule hears of an empty filter before it is known what it affects, and of silence after that.
    async fn filters_are_judged_after_bulk_and_around_the_rules(app: TestApp) {
        app.start(&snap(&json!({}))).await;
        let user = app.add_user("ann").await;
        let team = app.add_team("lab", &[Permission::ChangeRerunBulk], &[user]).await;
        let session = app.session(user).await;
        for kind in ["test_results_filters", "test_executions_filters"] {
            let detail = format!("At least one filter must be provided in {kind}");
            let empty = json!({kind: {}});
            app.as_user(&session, Method::POST, SILENTLY, Some(&empty)).await.refused(422, &detail);
            app.as_user(&session, Method::DELETE, RERUNS, Some(&empty)).await.refused(422, &detail);
        }
        let aloud = "Creating rerun requests from filters must be done silently";
        let by_filter = json!({"test_executions_filters": {"families": ["snap"]}});
        app.as_user(&session, Method::POST, RERUNS, Some(&by_filter)).await.refused(403, REFUSAL);
        app.add_rule("snap", &json!({}), &[Permission::ChangeRerun], &[team]).await;
        app.as_user(&session, Method::POST, RERUNS, Some(&by_filter)).await.refused(422, aloud);
        // An application without the right hears of neither.
        let bulk = app.add_application(&[Permission::ChangeRerunBulk]).await;
        for body in [by_filter, json!({"test_executions_filters": {}})] {
            app.as_application(&bulk, Method::POST, SILENTLY, Some(&body)).await.refused(403, REFUSAL);
        }
    }

    // Rights are looked up in a fixed number of statements, whatever the number of artefacts and rules.
    async fn rules_take_the_same_statements_for_thirty_artefacts_as_for_one(app: TestApp) {
        let user = app.add_user("ann").await;
        let team = app.add_team("lab", &[Permission::ChangeRerunBulk], &[user]).await;
        let session = app.session(user).await;
        let mut counts = Vec::new();
        // Two are bulk as well as thirty.
        for size in [2, 30] {
            let mut ids = Vec::new();
            for n in 0..size {
                let name = format!("pkg {size} {n}");
                ids.push(app.start(&deb(&json!({"name": name}))).await);
                app.add_rule("deb", &json!({"name": name}), &[Permission::ChangeRerun], &[team]).await;
            }
            let mut of_size = Vec::new();
            for (method, path) in ways() {
                let before = app.service.db.statements();
                app.as_user(&session, method, path, Some(&of(&ids))).await.ok();
                of_size.push(app.service.db.statements() - before);
            }
            counts.push(of_size);
        }
        assert_eq!(counts[0], counts[1]);
    }
}

//! `/v1/issues/{issue_id}/attach` and `/detach`: which results an issue is attached to, by whom, and what is refused.

use app::api::Permission;
use axum::http::Method;
use futures::future::join_all;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, both, charm, deb, image, snap};

const REFUSAL: &str = "Insufficient permissions";

pub(crate) const NUMBER_OF_ATTACHMENTS: &str = "SELECT COUNT(*) FROM issue_test_result_attachment";

pub(crate) fn to(issue: i64) -> String {
    format!("/v1/issues/{issue}/attach")
}

pub(crate) fn from(issue: i64) -> String {
    format!("/v1/issues/{issue}/detach")
}

pub(crate) fn by(filters: &Value) -> Value {
    json!({"test_results_filters": filters})
}

/// The issue with that number, made known.
pub(crate) async fn add_issue(app: &TestApp, number: i64) -> i64 {
    let body = json!({"url": format!("https://github.com/acme/radio/issues/{number}")});
    app.put("/v1/issues", &body).await.ok()["id"].as_i64().unwrap()
}

/// A rule of an issue that matches nothing by itself.
async fn add_rule(app: &TestApp, issue: i64) -> i64 {
    let rule = app.post(&format!("/v1/issues/{issue}/attachment-rules"), &json!({"artefacts": ["nothing"]})).await;
    rule.ok()["id"].as_i64().unwrap()
}

/// Four results of three runs, called by a letter: `w` and `d` of a snap, `h` of a deb, `b` of a charm.
///
/// All that filters look at differs between them. The two issues are attached to nothing.
pub(crate) struct World {
    results: Vec<(char, i64)>,
    pub(crate) runs: Vec<i64>,
    pub(crate) issue: i64,
    pub(crate) other: i64,
    pub(crate) ann: i64,
}

impl World {
    pub(crate) async fn new(app: &TestApp) -> Self {
        let mut results = Vec::new();
        let mut runs = Vec::new();
        for (number, body, metadata, reported) in [
            (
                1,
                snap(&json!({})),
                json!({"kernel": ["6.8", "6.7"], "gadget": ["pi"]}),
                vec![
                    ('w', json!({"name": "wifi", "status": "FAILED", "template_id": "net/*"})),
                    ('d', json!({"name": "disk", "status": "PASSED"})),
                ],
            ),
            (
                2,
                deb(&json!({"initial_status": "FAILED"})),
                json!({"kernel": ["6.9"]}),
                vec![('h', json!({"name": "wifi", "status": "PASSED"}))],
            ),
            (
                3,
                charm(&json!({"initial_status": "PASSED"})),
                json!({"gadget": ["pc", "pi"]}),
                vec![('b', json!({"name": "boot", "status": "SKIPPED", "template_id": "base"}))],
            ),
        ] {
            let run = app.start(&body).await;
            let path = format!("/v1/test-executions/{run}");
            app.patch(&path, &json!({"execution_metadata": metadata})).await.ok();
            let batch: Value = reported.iter().map(|(_, result)| result.clone()).collect();
            app.post(&format!("{path}/test-results"), &batch).await.ok();
            let stored = app.get(&format!("{path}/test-results")).await.ok();
            for ((letter, _), result) in reported.iter().zip(stored.as_array().unwrap()) {
                results.push((*letter, result["id"].as_i64().unwrap()));
            }
            let times = format!(
                "UPDATE test_result SET created_at = '2031-02-0{number}T00:00:00+00:00'
                 WHERE test_execution_id = {run}"
            );
            app.raw.run(&times).await;
            runs.push(run);
        }
        let ann = app.add_user("ann").await;
        let artefact = app.artefact_of(runs[0]).await;
        let reviewer = format!(
            "INSERT INTO artefact_reviewers_association (artefact_id, user_id) VALUES ({artefact}, {ann});
             UPDATE artefact SET archived = TRUE WHERE family = 'charm'"
        );
        app.raw.run(&reviewer).await;
        let (issue, other) = (add_issue(app, 1).await, add_issue(app, 2).await);
        Self { results, runs, issue, other, ann }
    }

    pub(crate) fn id(&self, letter: char) -> i64 {
        self.results.iter().find(|(known, _)| *known == letter).unwrap().1
    }

    pub(crate) fn ids(&self, letters: &str) -> Vec<i64> {
        letters.chars().map(|letter| self.id(letter)).collect()
    }

    /// The letters of the results an issue is attached to.
    pub(crate) async fn attached(&self, app: &TestApp, issue: i64) -> String {
        let sql = "SELECT CAST(test_result_id AS TEXT) FROM issue_test_result_attachment WHERE issue_id =";
        let ids = app.raw.texts(&format!("{sql} {issue}")).await;
        self.results.iter().filter(|(_, id)| ids.contains(&id.to_string())).map(|(letter, _)| letter).collect()
    }

    /// The `(issue, rule)` ids that a result shows.
    async fn shown(&self, app: &TestApp, letter: char) -> Vec<(Value, Value)> {
        for run in &self.runs {
            let results = app.get(&format!("/v1/test-executions/{run}/test-results")).await.ok();
            if let Some(result) = results.as_array().unwrap().iter().find(|result| result["id"] == self.id(letter)) {
                let ids = |it: &Value| (it["issue"]["id"].clone(), it["attachment_rule"]["id"].clone());
                return result["issues"].as_array().unwrap().iter().map(ids).collect();
            }
        }
        panic!("no run has the result {letter}");
    }
}

async fn post_as(app: &TestApp, key: &str, path: &str, body: &Value) -> Answer {
    app.as_application(key, Method::POST, path, Some(body)).await
}

both! {
    // Attach by ids: 200 with the full issue; no rule is noted down; ids that repeat and repetitions change nothing.
    async fn an_issue_is_attached_to_the_results_listed(app: TestApp) {
        let world = World::new(&app).await;
        let issue = app.get(&format!("/v1/issues/{}", world.issue)).await;
        let body = json!({"test_results": [world.id('w')]});
        let answer = app.post(&to(world.issue), &body).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (200, issue.text()));
        assert_eq!(world.shown(&app, 'w').await, [(json!(world.issue), Value::Null)]);
        let before = app.raw.texts("SELECT CAST(updated_at AS TEXT) FROM issue_test_result_attachment").await;
        app.post(&to(world.issue), &body).await.ok();
        let twice = json!({"test_results": [world.id('w'), world.id('w').to_string()], "unknown": 1});
        app.post(&to(world.issue), &twice).await.ok();
        let after = app.raw.texts("SELECT CAST(updated_at AS TEXT) FROM issue_test_result_attachment").await;
        assert_eq!(before, after);
        // Several issues may be attached to one result, and an issue to several results.
        app.post(&to(world.other), &json!({"test_results": world.ids("wb")})).await.ok();
        let both = [(json!(world.issue), Value::Null), (json!(world.other), Value::Null)];
        assert_eq!(world.shown(&app, 'w').await, both);
        assert_eq!(world.attached(&app, world.other).await, "wb");
        assert_eq!(app.execution(world.runs[0]).await["is_triaged"], true);
    }

    // A request that names nothing does nothing.
    async fn nothing_is_attached_to_nothing(app: TestApp) {
        let world = World::new(&app).await;
        app.post(&to(world.issue), &json!({"test_results": [world.id('w')]})).await.ok();
        let issue = app.get(&format!("/v1/issues/{}", world.issue)).await.ok();
        for body in [
            json!({}),
            json!({"test_results": []}),
            json!({"test_results": null, "test_results_filters": null, "attachment_rule": null}),
        ] {
            for path in [to(world.issue), from(world.issue)] {
                assert_eq!(app.post(&path, &body).await.ok(), issue, "{body}");
            }
        }
        assert_eq!(world.attached(&app, world.issue).await, "w");
    }

    // Ids and filters together: both are applied, to attach and to detach.
    async fn ids_and_filters_add_up(app: TestApp) {
        let world = World::new(&app).await;
        let body = json!({"test_results": world.ids("dh"), "test_results_filters": {"test_cases": ["wifi"]}});
        app.post(&to(world.issue), &body).await.ok();
        assert_eq!(world.attached(&app, world.issue).await, "wdh");
        let body = json!({"test_results": world.ids("wb"), "test_results_filters": {"families": ["deb"]}});
        app.post(&from(world.issue), &body).await.ok();
        assert_eq!(world.attached(&app, world.issue).await, "d");
    }

    // The rule is noted down with new attachments; those there are keep theirs, or their having none.
    async fn the_rule_of_an_attachment_is_noted_down_once(app: TestApp) {
        let world = World::new(&app).await;
        let (first, second) = (add_rule(&app, world.issue).await, add_rule(&app, world.issue).await);
        app.post(&to(world.issue), &json!({"test_results": [world.id('h')]})).await.ok();
        let body = json!({"test_results_filters": {"families": ["deb", "charm"]}, "attachment_rule": first});
        let shown = app.post(&to(world.issue), &body).await.ok();
        let rules: Vec<&Value> = shown["attachment_rules"].as_array().unwrap().iter().map(|rule| &rule["id"]).collect();
        assert_eq!(rules, [first, second]);
        let body = json!({"test_results": world.ids("wb"), "attachment_rule": second});
        app.post(&to(world.issue), &body).await.ok();
        app.post(&to(world.issue), &json!({"test_results": world.ids("whb")})).await.ok();
        for (letter, rule) in [('h', Value::Null), ('b', json!(first)), ('w', json!(second))] {
            assert_eq!(world.shown(&app, letter).await, [(json!(world.issue), rule)], "{letter}");
        }
        assert_eq!(world.attached(&app, world.issue).await, "whb");
    }

    // Detach: whoever attached it; unknown ids, absent attachments and the rule make no difference; others stay.
    async fn an_issue_is_detached_whoever_attached_it(app: TestApp) {
        let world = World::new(&app).await;
        let (rule, unused) = (add_rule(&app, world.issue).await, add_rule(&app, world.issue).await);
        let foreign = add_rule(&app, world.other).await;
        for (body, left) in [
            (json!({"test_results": [world.id('w')]}), "dh"),
            (json!({"test_results": [world.id('d'), world.id('w'), 998, 0, -1]}), "h"),
            (json!({"test_results": [world.id('b')]}), "wdh"),
            (json!({"test_results": world.ids("wd"), "attachment_rule": unused}), "h"),
            (json!({"test_results": world.ids("wd"), "attachment_rule": foreign}), "h"),
            (json!({"test_results_filters": {"families": ["snap", "charm"]}}), "h"),
            (json!({"attachment_rule": rule}), "wdh"),
        ] {
            app.raw.run("DELETE FROM issue_test_result_attachment").await;
            let by_rule = json!({"test_results": world.ids("w"), "attachment_rule": rule});
            app.post(&to(world.issue), &by_rule).await.ok();
            app.post(&to(world.issue), &json!({"test_results": world.ids("dh")})).await.ok();
            app.post(&to(world.other), &json!({"test_results": world.ids("wdhb")})).await.ok();
            let shown = app.post(&from(world.issue), &body).await.ok();
            assert_eq!(shown, app.get(&format!("/v1/issues/{}", world.issue)).await.ok());
            assert_eq!(world.attached(&app, world.issue).await, left, "{body}");
            assert_eq!(world.attached(&app, world.other).await, "wdhb", "{body}");
        }
    }

    // What is checked, in order: the issue, the rule, the filter, the ids. Nothing is stored.
    async fn what_is_refused_stores_nothing(app: TestApp) {
        let world = World::new(&app).await;
        let foreign = add_rule(&app, world.other).await;
        let good = world.id('w');
        let nothing = json!({});
        let (no_issue, no_rule) = ("Issue not found", "Attachment rule not found");
        let no_filter = "At least one filter must be provided in test_results_filters";
        let body = |ids: Value, filters: &Value, rule: Value| {
            json!({"test_results": ids, "test_results_filters": filters, "attachment_rule": rule})
        };
        for (issue, body, status, detail) in [
            (998, body(json!([good, 997]), &nothing, json!(996)), 404, no_issue),
            (998, json!({}), 404, no_issue),
            (i64::MAX, json!({"test_results": [good]}), 404, no_issue),
            (world.issue, body(json!([good, 997]), &nothing, json!(996)), 404, no_rule),
            (world.issue, json!({"attachment_rule": -1}), 404, no_rule),
            (world.issue, body(json!([good, 997]), &nothing, json!(null)), 422, no_filter),
        ] {
            for path in [to(issue), from(issue)] {
                app.post(&path, &body).await.refused(status, detail);
            }
        }
        // Only who attaches has to name results that exist; the first that does not is named.
        for (ids, unknown) in
            [(json!([good, 997]), 997), (json!([997, good, 996]), 997), (json!([0]), 0), (json!([-5]), -5)]
        {
            let body = body(ids, &json!({"families": ["snap"]}), json!(null));
            app.post(&to(world.issue), &body).await.refused(404, &format!("Test result {unknown} not found"));
        }
        // A rule of another issue has not led to what is attached by hand.
        let body = body(json!([good]), &nothing, json!(foreign));
        app.post(&to(world.issue), &body).await.refused(400, "Attachment rule not attached to given issue");
        assert_eq!(app.raw.number(NUMBER_OF_ATTACHMENTS).await, 0);
    }

    // Malformed bodies, each problem in its place and all of them in the order of the fields.
    async fn malformed_attachments_are_refused(app: TestApp) {
        let world = World::new(&app).await;
        let of_filter = |loc: &[Value]| {
            let mut place = vec![json!("body"), json!("test_results_filters")];
            place.extend(loc.iter().cloned());
            json!(place)
        };
        let (long, longest) = ("x".repeat(201), "x".repeat(200));
        let longest = longest.as_str();
        for (body, kind, loc) in [
            (json!({"test_results": "x"}), "list_type", json!(["body", "test_results"])),
            (json!({"test_results": [world.id('w'), "x"]}), "int_parsing", json!(["body", "test_results", 1])),
            (json!({"test_results": [null]}), "int_type", json!(["body", "test_results", 0])),
            (json!({"test_results": [2_147_483_648_i64]}), "less_than_equal", json!(["body", "test_results", 0])),
            (json!({"attachment_rule": "x"}), "int_parsing", json!(["body", "attachment_rule"])),
            (json!({"attachment_rule": 4_294_967_296_i64}), "less_than_equal", json!(["body", "attachment_rule"])),
            (by(&json!([])), "model_attributes_type", of_filter(&[])),
            (by(&json!({"families": null})), "list_type", of_filter(&[json!("families")])),
            (by(&json!({"families": ["rock"]})), "enum", of_filter(&[json!("families"), json!(0)])),
            (by(&json!({"test_cases": null})), "list_type", of_filter(&[json!("test_cases")])),
            (by(&json!({"test_cases": ["a\u{0}"]})), "value_error", of_filter(&[json!("test_cases"), json!(0)])),
            (by(&json!({"test_result_statuses": ["failed"]})), "enum",
             of_filter(&[json!("test_result_statuses"), json!(0)])),
            (by(&json!({"execution_metadata": {"k": [&long]}})), "string_too_long",
             of_filter(&[json!("execution_metadata"), json!("k"), json!(0)])),
            (by(&json!({"execution_metadata": {"k": [""]}})), "string_too_short",
             of_filter(&[json!("execution_metadata"), json!("k"), json!(0)])),
            (by(&json!({"from_date": "soon"})), "datetime_from_date_parsing", of_filter(&[json!("from_date")])),
            (by(&json!({"families": ["snap"], "limit": -1})), "greater_than_equal", of_filter(&[json!("limit")])),
            (by(&json!({"families": ["snap"], "offset": -1})), "greater_than_equal", of_filter(&[json!("offset")])),
            (json!([]), "model_attributes_type", json!(["body"])),
            (json!(null), "missing", json!(["body"])),
        ] {
            for path in [to(world.issue), from(world.issue)] {
                assert_eq!(app.post(&path, &body).await.problems(), [(kind.to_owned(), loc.clone())], "{body}");
            }
        }
        app.post(&to(world.issue), &by(&json!({"execution_metadata": {longest: [longest]}}))).await.ok();
        let body = json!({"attachment_rule": "x", "test_results_filters": 5, "test_results": {}});
        let answer = app.post("/v1/issues/x/attach", &body).await;
        let places: Vec<Value> = answer.problems().into_iter().map(|(_, loc)| loc).collect();
        assert_eq!(places, [
            json!(["path", "issue_id"]), json!(["body", "test_results"]), json!(["body", "test_results_filters"]),
            json!(["body", "attachment_rule"]),
        ]);
    }

    // `change_issue_attachment` for one result by hand; more than one id, a filter or a rule is bulk.
    async fn bulk_takes_a_permission_of_its_own(app: TestApp) {
        let world = World::new(&app).await;
        let rule = add_rule(&app, world.issue).await;
        let single = app.add_application(&[Permission::ChangeIssueAttachment]).await;
        let only_bulk = app.add_application(&[Permission::ChangeIssueAttachmentBulk]).await;
        let bulk = [Permission::ChangeIssueAttachment, Permission::ChangeIssueAttachmentBulk];
        let bulk = app.add_application(&bulk).await;
        let others: Vec<Permission> =
            Permission::ALL.iter().copied().filter(|it| *it != Permission::ChangeIssueAttachment).collect();
        let others = app.add_application(&others).await;
        let id = world.id('w');
        for (body, is_bulk, status) in [
            (json!({}), false, 200_u16),
            (json!({"test_results": []}), false, 200),
            (json!({"test_results": [id]}), false, 200),
            (json!({"test_results": [id], "test_results_filters": null, "attachment_rule": null}), false, 200),
            (json!({"test_results": world.ids("wd")}), true, 200),
            (json!({"test_results": [id, id]}), true, 200),
            (json!({"test_results_filters": {"families": ["snap"]}}), true, 200),
            (json!({"test_results_filters": {}}), true, 422),
            (json!({"attachment_rule": rule}), true, 200),
            (json!({"test_results": [id], "attachment_rule": 998}), true, 404),
        ] {
            for path in [to(world.issue), from(world.issue)] {
                for key in [&only_bulk, &others] {
                    post_as(&app, key, &path, &body).await.refused(403, REFUSAL);
                }
                app.anonymous(Method::POST, &path, Some(&body)).await.refused(403, REFUSAL);
                assert_eq!(app.raw.number(NUMBER_OF_ATTACHMENTS).await, 0);
                let answer = post_as(&app, &single, &path, &body).await;
                let expected = if is_bulk { 403 } else { status };
                assert_eq!(answer.status, expected, "{body}");
                if is_bulk {
                    answer.refused(403, REFUSAL);
                    assert_eq!(app.raw.number(NUMBER_OF_ATTACHMENTS).await, 0);
                }
                assert_eq!(post_as(&app, &bulk, &path, &body).await.status, status, "{body}");
                app.raw.run("DELETE FROM issue_test_result_attachment").await;
            }
        }
        // The refusal goes before what is not there, and before what is malformed.
        let body = json!({"test_results": [1, 2]});
        post_as(&app, &single, &to(998), &body).await.refused(403, REFUSAL);
        let malformed =
            [(to(world.issue), json!({"test_results": "x"})), ("/v1/issues/x/detach".to_owned(), json!([]))];
        for (path, body) in malformed {
            post_as(&app, &others, &path, &body).await.refused(403, REFUSAL);
            app.anonymous(Method::POST, &path, Some(&body)).await.refused(403, REFUSAL);
            assert_eq!(post_as(&app, &single, &path, &body).await.status, 422);
        }
    }

    // The permissions that nobody is asked for, and those of a person's teams, count as well.
    async fn a_member_of_a_team_attaches(app: TestApp) {
        let app = app.with_settings(|settings| {
            settings.ignored_permissions.insert(Permission::ChangeIssueAttachmentBulk);
        });
        let world = World::new(&app).await;
        let team = [Permission::ChangeIssueAttachment];
        app.add_team("lab", &team, &[world.ann]).await;
        let session = app.session(world.ann).await;
        let body = by(&json!({"families": ["deb"]}));
        app.as_user(&session, Method::POST, &to(world.issue), Some(&body)).await.ok();
        assert_eq!(world.attached(&app, world.issue).await, "h");
        app.anonymous(Method::POST, &to(world.issue), Some(&body)).await.refused(403, REFUSAL);
    }

    // Attaching by hand asks for no rerun, whatever the issue says; a result stored later does.
    async fn attaching_by_hand_asks_for_no_rerun(app: TestApp) {
        let world = World::new(&app).await;
        app.patch(&format!("/v1/issues/{}", world.issue), &json!({"auto_rerun_enabled": true})).await.ok();
        app.post(&to(world.issue), &json!({"test_results": world.ids("wb")})).await.ok();
        app.post(&to(world.issue), &by(&json!({"families": ["deb"]}))).await.ok();
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM test_execution_rerun_request").await, 0);
        app.report(world.runs[0], &[("another", "PASSED")]).await;
        assert_eq!(app.execution(world.runs[0]).await["is_rerun_requested"], true);
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM test_execution_rerun_request").await, 1);
    }

    // A result that is reported again is another one: what was attached by hand to the old one is gone.
    async fn a_result_that_is_reported_again_has_no_issue(app: TestApp) {
        let world = World::new(&app).await;
        app.post(&to(world.issue), &json!({"test_results": world.ids("wd")})).await.ok();
        app.report(world.runs[0], &[("wifi", "FAILED")]).await;
        assert_eq!(world.attached(&app, world.issue).await, "d");
        let gone = world.id('w');
        let answer = app.post(&to(world.issue), &json!({"test_results": [gone]})).await;
        answer.refused(404, &format!("Test result {gone} not found"));
    }

    // A request takes as many statements for thirty results as for one.
    async fn attaching_takes_the_same_statements_for_many_results_as_for_one(app: TestApp) {
        let issue = add_issue(&app, 1).await;
        let rule = add_rule(&app, issue).await;
        let mut counts = Vec::new();
        for size in [1, 30] {
            let execution = app.start(&image(&json!({"environment": format!("env {size}")}))).await;
            let batch: Value = (0..size).map(|n| json!({"name": format!("case {n}"), "status": "FAILED"})).collect();
            let path = format!("/v1/test-executions/{execution}/test-results");
            app.post(&path, &batch).await.ok();
            let results = app.get(&path).await.ok();
            let ids: Value = results.as_array().unwrap().iter().map(|result| result["id"].clone()).collect();
            let mut of_size = Vec::new();
            for (path, body) in [
                (to(issue), json!({"test_results": ids})),
                (from(issue), json!({"test_results": ids})),
                (to(issue), json!({"test_results_filters": {"families": ["image"]}, "attachment_rule": rule})),
                (from(issue), by(&json!({"families": ["image"]}))),
            ] {
                let before = app.service.db.statements();
                app.post(&path, &body).await.ok();
                of_size.push(app.service.db.statements() - before);
            }
            counts.push(of_size);
        }
        assert_eq!(counts[0], counts[1]);
        // One of each is the look-up of the caller, one notes down what was done, one finds the executions that it is announced of,
        // and on PostgreSQL one announces it.
        assert!(counts[0].iter().all(|count| *count <= 10), "{counts:?}");
    }

    // Many clients at once: the same results attached in opposite orders, and detached; all succeed.
    async fn many_attach_and_detach_at_once(app: TestApp) {
        let world = World::new(&app).await;
        let answers = join_all((0..20).map(|n| {
            let body = match n % 4 {
                0 => json!({"test_results": world.ids("wdhb")}),
                1 => json!({"test_results": world.ids("bhdw")}),
                2 => by(&json!({"families": ["snap", "deb", "charm"]})),
                _ => json!({"test_results": world.ids("bw"), "test_results_filters": {"test_cases": ["wifi"]}}),
            };
            let (app, issue) = (&app, world.issue);
            async move {
                let attached = app.post(&to(issue), &body).await;
                let detached = app.post(&from(issue), &json!({"test_results": [n]})).await;
                [attached, detached]
            }
        }))
        .await;
        for answer in answers.iter().flatten() {
            answer.ok();
        }
        // Some of those ids may have been results; whatever is left is attached once.
        app.post(&to(world.issue), &json!({"test_results": world.ids("wdhb")})).await.ok();
        assert_eq!(app.raw.number(NUMBER_OF_ATTACHMENTS).await, 4);
    }

    // While results are replaced an attachment may find that one is gone, or be told to try again; it never fails.
    async fn attaching_while_results_are_replaced_does_not_fail(app: TestApp) {
        let world = World::new(&app).await;
        let path = format!("/v1/test-executions/{}/test-results", world.runs[0]);
        let batch = json!([{"name": "wifi", "status": "FAILED"}, {"name": "disk", "status": "FAILED"}]);
        let statuses = join_all((0..20).map(|n| {
            let (app, path, batch, issue) = (&app, &path, &batch, world.issue);
            let body = match n % 4 {
                0 => json!({"test_results": world.ids("w")}),
                _ => by(&json!({"families": ["snap"]})),
            };
            async move {
                if n % 2 == 0 {
                    app.post(&to(issue), &body).await.status.as_u16()
                } else {
                    app.post(path, batch).await.status.as_u16()
                }
            }
        }))
        .await;
        assert!(statuses.iter().all(|status| [200, 404, 503].contains(status)), "{statuses:?}");
        app.post(&to(world.issue), &by(&json!({"families": ["snap"]}))).await.ok();
        assert_eq!(app.raw.number(NUMBER_OF_ATTACHMENTS).await, 2);
    }
}

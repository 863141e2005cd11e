//! `/v1/test-executions/{id}` and its links.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use test_observer::clock::Clock;

use crate::support::{both, deb, only, rerun_of, snap};

const STATUSES: [&str; 6] = ["NOT_STARTED", "IN_PROGRESS", "PASSED", "FAILED", "NOT_TESTED", "ENDED_PREMATURELY"];

fn at(id: i64) -> String {
    format!("/v1/test-executions/{id}")
}

/// A clock that tells another second each time.
fn ticking() -> Clock {
    let start: DateTime<Utc> = "2031-01-22T08:30:00Z".parse().unwrap();
    let seconds = Arc::new(AtomicI64::new(0));
    Clock::from_fn(move || start + TimeDelta::seconds(seconds.fetch_add(1, Ordering::Relaxed)))
}

both! {
    async fn an_execution_is_shown_with_every_key(app: TestApp) {
        let app = app.with_clock(Clock::from_fn(|| "2031-01-22T08:30:00Z".parse().unwrap()));
        let body = deb(&json!({"ci_link": "http://ci/1", "relevant_links": [{"label": "log", "url": "http://x"}]}));
        let id = app.start(&body).await;
        let patch = json!({"c3_link": "http://c3/1", "execution_metadata": {"lane": ["blue"]}});
        app.patch(&at(id), &patch).await.ok();
        app.raw.run(&rerun_of(id, 7)).await;
        app.report(id, &[("wifi", "FAILED")]).await;
        let shown = app.execution(id).await;
        let expected = json!({
            "id": id, "ci_link": "http://ci/1", "c3_link": "http://c3/1",
            "relevant_links": [{"label": "log", "url": "http://x/", "id": shown["relevant_links"][0]["id"]}],
            "environment": {"id": shown["environment"]["id"], "name": "vf2-lab", "architecture": "riscv64"},
            "status": "IN_PROGRESS", "test_plan": "smoke", "created_at": "2031-01-22T08:30:00",
            "execution_metadata": {"lane": ["blue"]}, "is_triaged": false, "is_rerun_requested": true,
            "rerun_priority": 7,
        });
        assert_eq!(shown, expected);
        assert!(shown["relevant_links"][0]["id"].is_i64() && shown["environment"]["id"].is_i64());
    }

    async fn every_execution_of_a_group_shows_its_rerun_request(app: TestApp) {
        let first = app.start(&snap(&json!({}))).await;
        let second = app.start(&snap(&json!({}))).await;
        let other = app.start(&snap(&json!({"test_plan": "full"}))).await;
        app.raw.run(&rerun_of(first, 0)).await;
        for (id, requested, priority) in
            [(first, true, json!(0)), (second, true, json!(0)), (other, false, Value::Null)]
        {
            let shown = app.execution(id).await;
            assert_eq!((&shown["is_rerun_requested"], &shown["rerun_priority"]), (&json!(requested), &priority));
        }
    }

    async fn ids_have_odd_spellings(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        for spelling in [format!("%20{id}%20"), format!("+{id}"), format!("{id}.0"), format!("00{id}"), format!("0_{id}")] {
            let path = format!("/v1/test-executions/{spelling}");
            assert_eq!(app.get(&path).await.ok()["id"], id, "{spelling}");
            app.patch(&path, &json!({})).await.ok();
        }
    }

    async fn unknown_ids_are_not_found(app: TestApp) {
        let link = json!({"label": "log", "url": "http://x"});
        for id in ["99", "-1", "0", "2147483648", "9223372036854775808", "-99999999999999999999"] {
            let path = format!("/v1/test-executions/{id}");
            let results = format!("{path}/test-results");
            app.get(&path).await.refused(404, "TestExecution not found");
            app.patch(&path, &json!({})).await.refused(404, "TestExecution not found");
            app.patch(&path, &json!({"status": "COMPLETED"})).await.refused(404, "TestExecution not found");
            app.post(&format!("{path}/links"), &link).await.refused(404, "TestExecution not found");
            app.delete(&format!("{path}/links/1")).await.refused(404, "TestExecution not found");
            app.get(&results).await.refused(404, "TestExecution not found");
            app.post(&results, &json!([{"name": "a", "status": "PASSED"}])).await.refused(404, "TestExecution not found");
        }
        // What is wrong with the body comes first.
        let problems = app.patch("/v1/test-executions/99", &json!({"status": "done"})).await.problems();
        assert_eq!(problems, [("enum".to_owned(), json!(["body", "status"]))]);
    }

    async fn ids_that_are_no_integers_are_named(app: TestApp) {
        let expected = [("int_parsing".to_owned(), json!(["path", "id"]))];
        for id in ["abc", "1.5", "1e3", "0x1", "1__0", "_1", "true", "%20", "-"] {
            assert_eq!(app.get(&format!("/v1/test-executions/{id}")).await.problems(), expected, "{id}");
            assert_eq!(app.patch(&format!("/v1/test-executions/{id}"), &json!({})).await.problems(), expected, "{id}");
            assert_eq!(app.get(&format!("/v1/test-executions/{id}/test-results")).await.problems(), expected, "{id}");
        }
        let both = app.delete("/v1/test-executions/a/links/b").await.problems();
        let loc = |name: &str| ("int_parsing".to_owned(), json!(["path", name]));
        assert_eq!(both, [loc("id"), loc("link_id")]);
    }

    async fn any_status_follows_any_other(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        for before in STATUSES {
            for after in STATUSES {
                for status in [before, after] {
                    let shown = app.patch(&at(id), &json!({"status": status})).await.ok();
                    assert_eq!(shown["status"], status, "{before} {after}");
                }
            }
        }
    }

    async fn completion_works_the_status_out_of_the_stored_results(app: TestApp) {
        for (results, expected) in [
            (vec![], "ENDED_PREMATURELY"),
            (vec![("a", "PASSED")], "PASSED"),
            (vec![("a", "SKIPPED"), ("b", "SKIPPED")], "PASSED"),
            (vec![("a", "PASSED"), ("b", "SKIPPED")], "PASSED"),
            (vec![("a", "FAILED")], "FAILED"),
            (vec![("a", "PASSED"), ("b", "FAILED"), ("c", "SKIPPED")], "FAILED"),
        ] {
            for before in STATUSES {
                let id = app.start(&deb(&json!({"initial_status": before}))).await;
                app.report(id, &results).await;
                let shown = app.patch(&at(id), &json!({"status": "COMPLETED"})).await.ok();
                assert_eq!(shown["status"], expected, "{before} {results:?}");
                assert_eq!(app.execution(id).await, shown);
            }
        }
    }

    async fn completion_sees_the_results_of_its_moment_and_its_own_execution(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        let other = app.start(&deb(&json!({}))).await;
        app.report(other, &[("a", "FAILED")]).await;
        let complete = json!({"status": "COMPLETED"});
        assert_eq!(app.patch(&at(id), &complete).await.ok()["status"], "ENDED_PREMATURELY");
        app.report(id, &[("a", "FAILED")]).await;
        assert_eq!(app.execution(id).await["status"], "ENDED_PREMATURELY");
        assert_eq!(app.patch(&at(id), &complete).await.ok()["status"], "FAILED");
        app.report(id, &[("a", "PASSED")]).await;
        assert_eq!(app.patch(&at(id), &complete).await.ok()["status"], "PASSED");
    }

    async fn a_change_may_combine_fields(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        app.report(id, &[("a", "PASSED")]).await;
        let patch = json!({
            "status": "COMPLETED", "ci_link": "https://Jenkins.example:443/job/1", "c3_link": "http://c3",
            "execution_metadata": {"kernel": ["6.9"]},
        });
        let expected = json!({
            "status": "PASSED", "ci_link": "https://jenkins.example/job/1", "c3_link": "http://c3/",
            "execution_metadata": {"kernel": ["6.9"]},
        });
        assert_eq!(only(&app.patch(&at(id), &patch).await.ok(), &expected), expected);
    }

    async fn links_are_normalised(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        for field in ["ci_link", "c3_link"] {
            for (link, expected) in [
                ("HTTP://Foo.COM", "http://foo.com/"),
                ("http://EXAMPLE.com/a b", "http://example.com/a%20b"),
                (" https://x.org:443/?q=\u{e9} ", "https://x.org/?q=%C3%A9"),
                ("http:\\\\x.org\\y", "http://x.org/y"),
                ("http://b\u{fc}cher.example", "http://xn--bcher-kva.example/"),
                ("http://127.0.0.1:8080/job/NAME/7/", "http://127.0.0.1:8080/job/NAME/7/"),
            ] {
                let shown = app.patch(&at(id), &json!({field: link})).await.ok();
                assert_eq!(shown[field], expected);
            }
        }
    }

    async fn links_are_web_addresses_of_limited_length(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        for field in ["ci_link", "c3_link"] {
            for (link, kind) in [
                (json!(""), "url_parsing"),
                (json!("not a url"), "url_parsing"),
                (json!("//x.org"), "url_parsing"),
                (json!("ftp://x.org/"), "url_scheme"),
                (json!("mailto:a@b"), "url_scheme"),
                (json!(5), "url_type"),
                (json!(["http://x"]), "url_type"),
                (json!(format!("http://x/{}", "a".repeat(2_075))), "url_too_long"),
                (json!(format!("http://x/{}", "a".repeat(192))), "string_too_long"),
            ] {
                let problems = app.patch(&at(id), &json!({field: link})).await.problems();
                assert_eq!(problems, [(kind.to_owned(), json!(["body", field]))], "{link}");
            }
            app.patch(&at(id), &json!({field: format!("http://x/{}", "a".repeat(191))})).await.ok();
        }
    }

    async fn what_is_wrong_with_a_link_is_told(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        for (link, reason) in [
            ("", "input is empty"),
            (" ", "input is empty"),
            ("not a url", "relative URL without a base"),
            ("http://", "empty host"),
            ("http://[::1/", "invalid IPv6 address"),
            ("http://x:99999/", "invalid port number"),
        ] {
            let problem = app.patch(&at(id), &json!({"ci_link": link})).await.json()["detail"][0].clone();
            assert_eq!(problem["msg"], format!("Input should be a valid URL, {reason}"), "{link:?}");
        }
    }

    async fn absent_and_null_leave_everything(app: TestApp) {
        let id = app.start(&deb(&json!({"initial_status": "FAILED"}))).await;
        let patch = json!({"ci_link": "http://ci/1", "c3_link": "http://c3/1", "execution_metadata": {"a": ["1"]}});
        let before = app.patch(&at(id), &patch).await.ok();
        for patch in [
            json!({}),
            json!({"ci_link": null, "c3_link": null, "status": null, "execution_metadata": null}),
            json!({"execution_metadata": {}}),
            json!({"execution_metadata": {"a": [], "b": []}}),
            json!({"unknown": 5, "test_plan": "other", "created_at": null, "relevant_links": []}),
        ] {
            assert_eq!(app.patch(&at(id), &patch).await.ok(), before, "{patch}");
        }
    }

    async fn metadata_only_grows(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        let other = app.start(&deb(&json!({}))).await;
        let mut expected = json!({});
        for (added, category, values) in [
            (json!({"kernel": ["6.9", "6.8"]}), "kernel", json!(["6.9", "6.8"])),
            (json!({"kernel": ["6.8"]}), "kernel", json!(["6.9", "6.8"])),
            (json!({"kernel": ["6.10", "6.10", "6.9"]}), "kernel", json!(["6.9", "6.8", "6.10"])),
            (json!({"gadget": ["pi"]}), "gadget", json!(["pi"])),
            (json!({"charm_qa:a": ["x", "X", " "]}), "charm_qa:a", json!(["x", "X", " "])),
        ] {
            expected[category] = values;
            for _ in 0..2 {
                let shown = app.patch(&at(id), &json!({"execution_metadata": added})).await.ok();
                assert_eq!(shown["execution_metadata"], expected);
            }
        }
        assert_eq!(app.execution(other).await["execution_metadata"], json!({}));
        // Values are shown in the order in which they became known at all, not in that of this execution.
        let shown = app.patch(&at(other), &json!({"execution_metadata": {"kernel": ["6.10", "6.9"]}})).await.ok();
        assert_eq!(shown["execution_metadata"], json!({"kernel": ["6.9", "6.10"]}));
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM test_execution_metadata").await, 7);
    }

    async fn metadata_has_limits(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        let (longest, too_long) = ("\u{e9}".repeat(200), "e".repeat(201));
        for (metadata, kind, place) in [
            (json!({"": ["x"]}), "string_too_short", json!(["", "[key]"])),
            (json!({&too_long: ["x"]}), "string_too_long", json!([too_long, "[key]"])),
            (json!({"k": ["x", ""]}), "string_too_short", json!(["k", 1])),
            (json!({"k": [too_long]}), "string_too_long", json!(["k", 0])),
            (json!({"k": ["x", "y", 5]}), "string_type", json!(["k", 2])),
            (json!({"k": [null]}), "string_type", json!(["k", 0])),
            (json!({"k": "x"}), "list_type", json!(["k"])),
            (json!({"k": null}), "list_type", json!(["k"])),
            (json!([]), "dict_type", json!([])),
            (json!("k"), "dict_type", json!([])),
        ] {
            let problems = app.patch(&at(id), &json!({"execution_metadata": metadata})).await.problems();
            let mut loc = vec![json!("body"), json!("execution_metadata")];
            loc.extend(place.as_array().unwrap().clone());
            assert_eq!(problems, [(kind.to_owned(), json!(loc))], "{metadata}");
        }
        let shown = app.patch(&at(id), &json!({"execution_metadata": {&longest: [longest, "x"]}})).await.ok();
        assert_eq!(shown["execution_metadata"][&longest], json!([longest, "x"]));
    }

    async fn metadata_takes_the_same_statements_for_one_value_as_for_a_thousand(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        let mut counts = Vec::new();
        for size in [1, 1_000] {
            let values: Vec<String> = (0..size).map(|n| format!("{size} {n}")).collect();
            let before = app.service.db.statements();
            app.patch(&at(id), &json!({"execution_metadata": {"k": values}})).await.ok();
            counts.push(app.service.db.statements() - before);
        }
        assert_eq!(counts[0], counts[1]);
    }

    async fn all_problems_of_a_change_are_told_and_nothing_is_changed(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        let before = app.execution(id).await;
        let patch = json!({"status": "completed", "ci_link": "x", "c3_link": 5, "execution_metadata": {"k": ["", "v"]}});
        let mut problems = app.patch(&at(id), &patch).await.problems();
        problems.sort_by_key(|(kind, _)| kind.clone());
        let expected = [
            ("enum", json!(["body", "status"])),
            ("string_too_short", json!(["body", "execution_metadata", "k", 0])),
            ("url_parsing", json!(["body", "ci_link"])),
            ("url_type", json!(["body", "c3_link"])),
        ];
        assert_eq!(problems, expected.map(|(kind, loc)| (kind.to_owned(), loc)));
        assert_eq!(app.execution(id).await, before);
    }

    async fn a_status_is_spelt_exactly(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        for status in [json!("completed"), json!("Passed"), json!(""), json!("COMPLETED "), json!(1), json!([])] {
            let problems = app.patch(&at(id), &json!({"status": status})).await.problems();
            assert_eq!(problems, [("enum".to_owned(), json!(["body", "status"]))], "{status}");
        }
    }

    async fn a_ci_link_that_another_execution_has_is_not_taken(app: TestApp) {
        let first = app.start(&deb(&json!({"ci_link": "http://ci/1"}))).await;
        let second = app.start(&deb(&json!({"ci_link": "http://ci/2"}))).await;
        let before = app.execution(second).await;
        let patch = json!({"ci_link": "HTTP://CI/1", "status": "PASSED", "execution_metadata": {"k": ["v"]}});
        let answer = app.patch(&at(second), &patch).await;
        assert_eq!(answer.status, 409);
        assert!(answer.json()["detail"].is_string());
        assert_eq!(app.execution(second).await, before, "nothing of it is stored");
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM test_execution_metadata").await, 0);
        // One's own is nobody else's, and one that was given up is free.
        app.patch(&at(first), &json!({"ci_link": "http://ci/1"})).await.ok();
        app.patch(&at(first), &json!({"ci_link": "http://ci/3"})).await.ok();
        app.patch(&at(second), &json!({"ci_link": "http://ci/1"})).await.ok();
        assert_eq!(app.start(&deb(&json!({"ci_link": "http://ci/1"}))).await, second);
    }

    async fn the_time_of_change_moves_only_when_something_changes(app: TestApp) {
        let app = app.with_clock(ticking());
        let id = app.start(&deb(&json!({}))).await;
        let changed = "SELECT COUNT(*) FROM test_execution WHERE updated_at > created_at";
        let all = json!({"status": "PASSED", "ci_link": "http://ci/1", "c3_link": "http://c3/1"});
        for (patch, moves) in [
            (json!({}), false),
            (json!({"status": "IN_PROGRESS"}), false),
            (json!({"execution_metadata": {"k": ["v"]}}), false),
            (json!({"status": "PASSED"}), true),
            (json!({"ci_link": "http://ci/1"}), true),
            (json!({"c3_link": "http://c3/1"}), true),
            (all, false),
            (json!({"ci_link": "HTTP://CI/1"}), false),
            (json!({"status": null, "ci_link": null}), false),
            (json!({"status": "COMPLETED"}), true),
            (json!({"status": "COMPLETED"}), false),
        ] {
            app.raw.run("UPDATE test_execution SET updated_at = created_at").await;
            app.patch(&at(id), &patch).await.ok();
            assert_eq!(app.raw.number(changed).await, i64::from(moves), "{patch}");
        }
        app.raw.run("UPDATE test_execution SET updated_at = created_at").await;
        let link = app.post(&format!("{}/links", at(id)), &json!({"label": "", "url": "http://x"})).await.ok();
        app.delete(&format!("{}/links/{}", at(id), link["id"])).await;
        app.report(id, &[("a", "FAILED")]).await;
        app.start(&deb(&json!({"ci_link": "http://ci/1", "initial_status": "FAILED"}))).await;
        assert_eq!(app.raw.number(changed).await, 0);
    }

    async fn links_are_added_and_removed(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        let path = format!("{}/links", at(id));
        let mut links = Vec::new();
        for (label, url, stored) in [
            ("log", "HTTP://Logs.example", "http://logs.example/"),
            ("", "https://x.org/a b", "https://x.org/a%20b"),
            ("log", "http://logs.example/", "http://logs.example/"),
        ] {
            let link = app.post(&path, &json!({"label": label, "url": url, "id": 1, "more": []})).await.ok();
            assert_eq!(link, json!({"label": label, "url": stored, "id": link["id"]}));
            assert!(link["id"].is_i64());
            links.push(link);
        }
        assert_eq!(app.execution(id).await["relevant_links"], json!(links));
        let gone = links.remove(1);
        let answer = app.delete(&format!("{path}/{}", gone["id"])).await;
        assert_eq!((answer.status.as_u16(), answer.text().as_str()), (204, ""));
        assert_eq!(app.execution(id).await["relevant_links"], json!(links));
        // It is gone, and others' links are none of this execution's.
        let other = app.start(&deb(&json!({}))).await;
        for path in [
            format!("{path}/{}", gone["id"]),
            format!("{path}/99"),
            format!("{}/links/{}", at(other), links[0]["id"]),
        ] {
            let answer = app.delete(&path).await;
            assert_eq!(answer.status, 404, "{path}");
            assert!(answer.json()["detail"].is_string(), "{path}");
        }
        assert_eq!(app.execution(id).await["relevant_links"], json!(links));
    }

    async fn a_link_has_a_label_and_an_address(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        for (link, kind, place) in [
            (json!({"label": "log"}), "missing", json!(["body", "url"])),
            (json!({"url": "http://x"}), "missing", json!(["body", "label"])),
            (json!({"label": null, "url": "http://x"}), "string_type", json!(["body", "label"])),
            (json!({"label": 5, "url": "http://x"}), "string_type", json!(["body", "label"])),
            (json!({"label": "log", "url": null}), "url_type", json!(["body", "url"])),
            (json!({"label": "log", "url": "x"}), "url_parsing", json!(["body", "url"])),
            (json!({"label": "log", "url": "file:///x"}), "url_scheme", json!(["body", "url"])),
            (json!([]), "model_attributes_type", json!(["body"])),
        ] {
            let problems = app.post(&format!("{}/links", at(id)), &link).await.problems();
            assert_eq!(problems, [(kind.to_owned(), place)], "{link}");
        }
        assert_eq!(app.post(&format!("{}/links", at(id)), &json!({})).await.problems().len(), 2);
        let long = format!("http://x/{}", "a".repeat(2_074));
        app.post(&format!("{}/links", at(id)), &json!({"label": "l".repeat(5_000), "url": long})).await.ok();
    }

    async fn a_ci_job_reports_from_registration_to_completion(app: TestApp) {
        // The calls of a charm's workflow, in its order.
        let id = app.start(&crate::support::charm(&json!({"initial_status": "NOT_STARTED"}))).await;
        app.patch(&at(id), &json!({"status": "IN_PROGRESS", "ci_link": "https://github.com/o/r/actions/runs/1"})).await.ok();
        app.patch(&at(id), &json!({"execution_metadata": {"charm_qa:k": ["v"]}})).await.ok();
        let batch = json!([{"name": "t", "status": "PASSED", "template_id": "c", "category": "s", "comment": "", "io_log": ""}]);
        app.post(&format!("{}/test-results", at(id)), &batch).await.ok();
        app.post(&format!("{}/links", at(id)), &json!({"label": "Logs", "url": "http://logs/1"})).await.ok();
        // Others end it with all fields there are, the unused ones null.
        let last = json!({"status": "COMPLETED", "ci_link": null, "c3_link": null});
        let shown = app.patch(&at(id), &last).await.ok();
        let expected = json!({"status": "PASSED", "ci_link": "https://github.com/o/r/actions/runs/1"});
        assert_eq!(only(&shown, &expected), expected);
    }
}

//! `/v1/test-cases`: the names of test cases with their templates.

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{TestApp, both, deb, image, snap};

/// Adds cases, each a name and a template, that never ran.
async fn add(app: &TestApp, cases: &[(&str, &str)]) {
    let now = "2031-01-01T00:00:00+00:00";
    let rows: Vec<String> =
        cases.iter().map(|(name, template)| format!("('{name}', '', '{template}', '{now}', '{now}')")).collect();
    let sql = "INSERT INTO test_case (name, category, template_id, created_at, updated_at) VALUES";
    app.raw.run(&format!("{sql} {}", rows.join(", "))).await;
}

async fn list(app: &TestApp, query: &str) -> Value {
    app.get(&format!("/v1/test-cases{query}")).await.ok()
}

async fn names(app: &TestApp, query: &str) -> Vec<String> {
    let list = list(app, query).await;
    list["test_cases"].as_array().unwrap().iter().map(|case| case["test_case"].as_str().unwrap().to_owned()).collect()
}

both! {
    // Name lists: the shape of the list of cases, without a count; a case without template has an empty one.
    async fn a_case_is_listed_with_its_template(app: TestApp) {
        assert_eq!(list(&app, "").await, json!({"test_cases": []}));
        let execution = app.start(&snap(&json!({}))).await;
        let batch = json!([
            {"name": "wifi", "status": "PASSED", "template_id": "radio"},
            {"name": "boot", "status": "FAILED", "template_id": ""},
            {"name": "audio", "status": "SKIPPED"},
        ]);
        app.post(&format!("/v1/test-executions/{execution}/test-results"), &batch).await.ok();
        let expected = json!({"test_cases": [
            {"test_case": "audio", "template_id": ""},
            {"test_case": "boot", "template_id": ""},
            {"test_case": "wifi", "template_id": "radio"},
        ]});
        assert_eq!(list(&app, "").await, expected);
    }

    // Name lists: cases ascend by the bytes of their name, whatever their template.
    async fn cases_are_listed_in_the_order_of_their_bytes(app: TestApp) {
        add(&app, &[("b", "1"), ("\u{e9}", "0"), ("B", "9"), ("a", "5"), ("1", "7")]).await;
        assert_eq!(names(&app, "").await, ["1", "B", "a", "b", "\u{e9}"]);
    }

    // Name lists: fifty without a limit, and a page is cut out of the sorted names.
    async fn pages_are_cut_out_of_the_sorted_names(app: TestApp) {
        let all: Vec<String> = (0..60).map(|n| format!("case-{n:02}")).collect();
        let rows: Vec<(&str, &str)> = all.iter().rev().map(|name| (name.as_str(), "")).collect();
        add(&app, &rows).await;
        for (query, page) in [
            ("", &all[..50]),
            ("?limit=5&offset=5", &all[5..10]),
            ("?limit=1000", &all[..]),
            ("?limit=1", &all[..1]),
            ("?offset=60", &all[60..]),
            ("?q=CASE-0&limit=2&offset=1", &all[1..3]),
        ] {
            assert_eq!(names(&app, query).await, page, "{query}");
        }
    }

    // Name lists: a search is a contains-search without case, trimmed, and wildcards stand for themselves.
    async fn cases_are_searched_by_what_their_name_contains(app: TestApp) {
        add(&app, &[("Wifi/connect", "t"), ("usb_wifi", "t"), ("usbxwifi", "t"), ("50%", "t"), (r"a\b", "wifi")]).await;
        for (q, expected) in [
            ("wifi", vec!["Wifi/connect", "usb_wifi", "usbxwifi"]),
            ("+WIFI%2F+", vec!["Wifi/connect"]),
            ("usb_", vec!["usb_wifi"]),
            ("%25", vec!["50%"]),
            ("%5C", vec![r"a\b"]),
            ("bluetooth", vec![]),
            ("%20", vec!["50%", "Wifi/connect", r"a\b", "usb_wifi", "usbxwifi"]),
        ] {
            assert_eq!(names(&app, &format!("?q={q}")).await, expected, "{q}");
        }
    }

    // Name lists: `families` keeps the cases with a result of an artefact of them, archived or not.
    async fn families_choose_what_ran_for_their_artefacts(app: TestApp) {
        add(&app, &[("never-ran", "")]).await;
        let on_snap = app.start(&snap(&json!({}))).await;
        app.report(on_snap, &[("for-snap", "PASSED"), ("shared", "FAILED")]).await;
        let on_deb = app.start(&deb(&json!({}))).await;
        app.report(on_deb, &[("for-deb", "SKIPPED"), ("shared", "PASSED")]).await;
        // An image was started but has no result.
        app.start(&image(&json!({}))).await;
        let archived = app.artefact_of(on_snap).await;
        app.raw.run(&format!("UPDATE artefact SET archived = TRUE WHERE id = {archived}")).await;
        for (query, expected) in [
            ("", vec!["for-deb", "for-snap", "never-ran", "shared"]),
            ("?families=snap", vec!["for-snap", "shared"]),
            ("?families=deb", vec!["for-deb", "shared"]),
            ("?families=deb&families=snap", vec!["for-deb", "for-snap", "shared"]),
            ("?families=image", vec![]),
            ("?families=snap&q=FOR", vec!["for-snap"]),
            ("?families=snap&q=deb", vec![]),
            ("?families=snap&limit=1&offset=1", vec!["shared"]),
        ] {
            assert_eq!(names(&app, query).await, expected, "{query}");
        }
    }

    // Name lists: a limit of 0 or 1001, a negative offset, and what is no family are malformed.
    async fn malformed_queries_are_refused(app: TestApp) {
        for (query, kind, loc) in [
            ("?limit=0", "greater_than_equal", json!(["query", "limit"])),
            ("?limit=1001", "less_than_equal", json!(["query", "limit"])),
            ("?limit=5.5", "int_parsing", json!(["query", "limit"])),
            ("?offset=-1", "greater_than_equal", json!(["query", "offset"])),
            ("?families=snap,deb", "enum", json!(["query", "families", 0])),
            ("?q=%00", "value_error", json!(["query", "q"])),
        ] {
            let problems = app.get(&format!("/v1/test-cases{query}")).await.problems();
            assert_eq!(problems, [(kind.to_owned(), loc)], "{query}");
        }
    }

    // Name lists: rights come before what is wrong with the query.
    async fn rights_come_before_the_query(app: TestApp) {
        for query in ["", "?limit=0", "?families=x"] {
            let answer = app.anonymous(Method::GET, &format!("/v1/test-cases{query}"), None).await;
            answer.refused(403, "Insufficient permissions");
        }
    }

    // Name lists: reading costs the same whatever is there.
    async fn reading_takes_the_same_statements_for_one_case_as_for_thirty(app: TestApp) {
        let execution = app.start(&snap(&json!({}))).await;
        let mut counts = Vec::new();
        for total in [1, 30] {
            let batch: Value = (0..total).map(|n| json!({"name": format!("c{n}"), "status": "PASSED"})).collect();
            app.post(&format!("/v1/test-executions/{execution}/test-results"), &batch).await.ok();
            for query in ["", "?families=snap&q=c"] {
                let before = app.service.db.statements();
                assert_eq!(names(&app, query).await.len(), total);
                counts.push(app.service.db.statements() - before);
            }
        }
        assert_eq!(counts[..2], counts[2..]);
    }
}

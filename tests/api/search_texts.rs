//! `q` of `GET /v1/test-results`: searching names, comments and logs by their words.

use serde_json::{Value, json};

use crate::support::{TestApp, both, deb, snap};

/// Reports results `(name, status, comment, log)`; the execution.
async fn report(app: &TestApp, start: &Value, results: &[(&str, &str, &str, &str)]) -> i64 {
    let execution = app.start(start).await;
    let batch: Vec<Value> = results
        .iter()
        .map(|(name, status, comment, log)| json!({"name": name, "status": status, "comment": comment, "io_log": log}))
        .collect();
    app.post(&format!("/v1/test-executions/{execution}/test-results"), &json!(batch)).await.ok();
    execution
}

async fn radio(app: &TestApp) -> i64 {
    report(
        app,
        &snap(&json!({})),
        &[
            ("wifi/scan", "FAILED", "", "starting\nwlan0: Link is not ready\nno carrier\n"),
            ("wifi/join", "FAILED", "flaky: see LP#12", "no carrier"),
            ("wifi/load", "PASSED", "carrier was slow", "no carrier at first"),
            ("bluetooth", "SKIPPED", "", "h\u{e9}ci0 is not there; 100% of link budget"),
        ],
    )
    .await
}

fn query(q: &str) -> String {
    url::form_urlencoded::Serializer::new("/v1/test-results?".to_owned())
        .append_pair("q", q)
        .finish()
        .replacen('&', "", 1)
}

async fn search(app: &TestApp, q: &str) -> Value {
    app.get(&query(q)).await.ok()
}

/// The names of the tests found, newest first, which is the last reported.
fn names(found: &Value) -> Vec<&str> {
    let results = found["test_results"].as_array().unwrap();
    assert_eq!(found["count"], results.len());
    results.iter().map(|found| found["test_result"]["name"].as_str().unwrap()).collect()
}

both! {
    async fn all_words_are_somewhere_in_name_comment_or_log(app: TestApp) {
        radio(&app).await;
        for (q, expected) in [
            ("carrier", vec!["wifi/join", "wifi/scan"]),
            ("CARRIER no", vec!["wifi/join", "wifi/scan"]),
            ("carrier ready", vec!["wifi/scan"]),
            ("not link", vec!["bluetooth", "wifi/scan"]),
            ("flaky carrier wifi", vec!["wifi/join"]),
            ("lp#12", vec!["wifi/join"]),
            ("carr", vec![]),
            ("carr*", vec!["wifi/join", "wifi/scan"]),
            ("wlan0:", vec!["wifi/scan"]),
            ("h\u{c9}ci0", vec!["bluetooth"]),
            ("heci0", vec![]),
            ("100%", vec!["bluetooth"]),
            ("nobody wrote this", vec![]),
            // Of what passed, the name counts.
            ("slow", vec![]),
            ("load", vec!["wifi/load"]),
            ("WiFi", vec!["wifi/load", "wifi/join", "wifi/scan"]),
            ("ifi", vec![]),
            ("wif*", vec!["wifi/load", "wifi/join", "wifi/scan"]),
            ("wifi/scan", vec!["wifi/scan"]),
            ("", vec!["bluetooth", "wifi/load", "wifi/join", "wifi/scan"]),
            ("  ", vec!["bluetooth", "wifi/load", "wifi/join", "wifi/scan"]),
        ] {
            assert_eq!(names(&search(&app, q).await), expected, "{q:?}");
        }
    }

    async fn a_result_shows_the_line_with_most_of_the_words(app: TestApp) {
        radio(&app).await;
        for (q, expected) in [
            ("ready link scan", json!({"field": "io_log", "line": 2, "text": "wlan0: Link is not ready"})),
            ("flaky", json!({"field": "comment", "line": 1, "text": "flaky: see LP#12"})),
            ("load", json!({"field": "name", "line": 1, "text": "wifi/load"})),
            ("budg*", json!({"field": "io_log", "line": 1, "text": "h\u{e9}ci0 is not there; 100% of link budget"})),
        ] {
            let found = search(&app, q).await;
            assert_eq!(found["test_results"][0]["snippet"], expected, "{q}");
        }
        let all = app.get("/v1/test-results").await.ok();
        assert!(all["test_results"][0].get("snippet").is_none(), "nothing was searched for");
    }

    async fn a_long_line_is_cut(app: TestApp) {
        let log = format!("panic {}", "\u{1f9ea}".repeat(1_000));
        report(&app, &snap(&json!({})), &[("boot", "FAILED", "", &log)]).await;
        let found = search(&app, "panic").await;
        assert_eq!(found["test_results"][0]["snippet"]["text"].as_str().unwrap().chars().count(), 300);
    }

    async fn the_line_is_shown_without_the_log(app: TestApp) {
        radio(&app).await;
        let found = app.get(&format!("{}&fields=name", query("ready"))).await.ok();
        let result = &found["test_results"][0];
        assert_eq!((&result["test_result"]["io_log"], &result["snippet"]["line"]), (&json!(""), &json!(2)));
    }

    async fn words_go_with_other_filters_and_pages(app: TestApp) {
        radio(&app).await;
        report(&app, &deb(&json!({})), &[("wifi/scan", "FAILED", "", "no carrier"), ("carrier/a", "PASSED", "", "")]).await;
        for (more, expected) in [
            ("", vec!["carrier/a", "wifi/scan", "wifi/join", "wifi/scan"]),
            ("&families=deb", vec!["carrier/a", "wifi/scan"]),
            ("&families=deb&test_result_statuses=FAILED", vec!["wifi/scan"]),
            ("&test_result_statuses=PASSED", vec!["carrier/a"]),
            ("&test_cases=wifi/scan", vec!["wifi/scan", "wifi/scan"]),
            ("&issues=any", vec![]),
        ] {
            let found = app.get(&format!("{}{more}", query("carrier"))).await.ok();
            assert_eq!(names(&found), expected, "{more}");
        }
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = app.get(&format!("{}&limit=1{cursor}", query("carrier"))).await.ok();
            assert_eq!(page["count"], 4);
            seen.push(page["test_results"][0]["test_result"]["name"].as_str().unwrap().to_owned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, ["carrier/a", "wifi/scan", "wifi/join", "wifi/scan"]);
    }

    async fn of_very_many_results_it_is_said_that_there_are_more(app: TestApp) {
        let execution = report(&app, &snap(&json!({})), &[("radio/a", "PASSED", "", ""), ("b", "FAILED", "", "radio")]).await;
        app.raw.run(&format!(
            "INSERT INTO test_result (status, test_execution_id, test_case_id, comment, io_log, created_at, updated_at)
             WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
             SELECT 'PASSED', {execution}, id, '', '', '2031-01-01T00:00:00+00:00', '2031-01-01T00:00:00+00:00'
             FROM n CROSS JOIN test_case WHERE name = 'radio/a'"
        )).await;
        let found = app.get(&format!("{}&limit=2", query("radio"))).await.ok();
        assert_eq!((&found["count"], &found["count_is_exact"]), (&json!(10_000), &json!(false)));
        let names: Vec<&Value> = found["test_results"].as_array().unwrap().iter().map(|it| &it["test_result"]["name"]).collect();
        assert_eq!(names.len(), 2);
        let behind = app.get(&format!("{}&limit=10&offset=10000", query("radio"))).await.ok();
        assert_eq!(behind["test_results"].as_array().unwrap().len(), 3, "the last page is there all the same");
        let failed = app.get(&format!("{}&limit=0&test_result_statuses=FAILED", query("radio"))).await.ok();
        assert_eq!((&failed["count"], failed.get("count_is_exact")), (&json!(1), None));
    }

    // Whoever reads logs reads them as they were: the API, the search, the index made anew, and rules.
    async fn a_long_log_is_stored_small_and_read_as_it_was(app: TestApp) {
        let log = format!("{}no carrier on wlan7\n", "kernel: all is well \u{1f9ea}\n".repeat(500));
        let execution = report(&app, &snap(&json!({})), &[("wifi", "FAILED", "", &log), ("short", "FAILED", "", "fine")]).await;
        let packed = "SELECT COUNT(*) FROM test_result WHERE io_log = '' AND LENGTH(io_log_zstd) < 1000";
        assert_eq!(app.raw.number(packed).await, 1);
        let results = app.get(&format!("/v1/test-executions/{execution}/test-results")).await.ok();
        assert!(results[0]["io_log"] == json!(log) && results[1]["io_log"] == "fine");
        app.service.rebuild_text_index().await.unwrap();
        let found = search(&app, "wlan7").await;
        assert_eq!(found["test_results"][0]["snippet"]["line"], 501);
        assert!(found["test_results"][0]["test_result"]["io_log"] == json!(log));
        let issue = app.put("/v1/issues", &json!({"url": "https://github.com/acme/radio/issues/1"})).await.ok();
        let rule = json!({"io_log_pattern": "carrier on wlan\\d$"});
        let preview = app.post(&format!("/v1/issues/{}/attachment-rules/preview", issue["id"]), &rule).await.ok();
        assert_eq!(preview["matched"], 1);
    }

    async fn what_is_replaced_or_removed_is_not_found_any_more(app: TestApp) {
        let execution = radio(&app).await;
        let path = format!("/v1/test-executions/{execution}/test-results");
        let better = json!([{"name": "wifi/scan", "status": "FAILED", "io_log": "out of range"}, {"name": "wifi/join", "status": "PASSED"}]);
        app.post(&path, &better).await.ok();
        assert_eq!(names(&search(&app, "carrier").await), Vec::<&str>::new());
        assert_eq!(names(&search(&app, "range").await), ["wifi/scan"]);
        app.raw.run("DELETE FROM artefact").await;
        assert_eq!(names(&search(&app, "range").await), Vec::<&str>::new());
    }

    async fn the_index_can_be_made_anew(app: TestApp) {
        radio(&app).await;
        app.raw.run("DELETE FROM test_result_words").await;
        assert_eq!(names(&search(&app, "carrier").await), Vec::<&str>::new());
        app.raw.run("UPDATE text_index SET is_complete = FALSE").await;
        app.service.rebuild_text_index().await.unwrap();
        app.service.rebuild_text_index().await.unwrap();
        assert!(app.service.is_text_index_complete().await.unwrap());
        assert_eq!(names(&search(&app, "carrier").await), ["wifi/join", "wifi/scan"]);
    }

    async fn what_has_no_word_in_it_is_refused(app: TestApp) {
        for q in ["***", "\"'%&|!:()", "a ".repeat(21).as_str()] {
            let problems = app.get(&query(q)).await.problems();
            assert_eq!(problems, [("value_error".to_owned(), json!(["query", "q"]))], "{q}");
        }
    }

    // Whatever is typed is words, and no language of the database.
    async fn signs_of_the_databases_languages_mean_nothing(app: TestApp) {
        radio(&app).await;
        for q in ["carrier AND NOT", "carrier:*", "car'rier", "\"carrier", "carrier)", "-carrier", "carrier OR", "NEAR(carrier)", "carrier | x", "!carrier", "^carrier", "words:carrier", "a\\b"] {
            app.get(&query(q)).await.ok();
        }
        assert_eq!(names(&search(&app, "!carrier").await), ["wifi/join", "wifi/scan"]);
    }
}

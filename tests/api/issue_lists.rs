//! `GET /v1/issues`: what a list shows, its order and pages, filters, words, and counts.

use serde_json::{Value, json};

use crate::issues::{ISSUES, RADIO, add, attach, problems, put, results_of};
use crate::support::{both, charm, deb, only, snap};

/// The addresses of a list.
fn urls(list: &Value) -> Vec<&str> {
    list["issues"].as_array().unwrap().iter().map(|issue| issue["url"].as_str().unwrap()).collect()
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

both! {
    // The list of nothing, and what a list shows of an issue: nine keys in order.
    async fn a_list_shows_issues_in_short(app: TestApp) {
        let nothing = "{\"issues\":[],\"count\":0,\"limit\":50,\"offset\":0}";
        assert_eq!(app.get(ISSUES).await.text(), nothing);
        let id = put(&app, &json!({"url": RADIO, "title": "mute", "status": "closed"})).await["id"].clone();
        app.raw.run(r#"UPDATE issue SET labels = '["net"]'"#).await;
        let expected = format!(
            "{{\"issues\":[{{\"id\":{id},\"source\":\"github\",\"project\":\"acme/radio\",\"key\":\"71\",\
             \"title\":\"mute\",\"status\":\"closed\",\"url\":\"{RADIO}\",\"labels\":[\"net\"],\
             \"test_executions_count\":0}}],\"count\":1,\"limit\":50,\"offset\":0}}"
        );
        assert_eq!(app.get(ISSUES).await.text(), expected);
    }

    // Order: jira, github, launchpad; then project; then key, as texts. Pages do not overlap and share the count.
    async fn a_list_is_ordered_and_paged(app: TestApp) {
        let expected = [
            "https://warthogs.atlassian.net/browse/AB-2",
            "https://warthogs.atlassian.net/browse/B-1",
            "https://github.com/a/b/issues/10",
            "https://github.com/a/b/issues/9",
            "https://github.com/b/a/issues/1",
            "https://bugs.launchpad.net/abc/+bug/1",
            "https://bugs.launchpad.net/zeta/+bug/0",
        ];
        for index in [3, 6, 0, 5, 2, 4, 1] {
            add(&app, expected[index]).await;
        }
        for (query, page, limit, offset) in [
            ("", &expected[..], 50, 0),
            ("?limit=3", &expected[..3], 3, 0),
            ("?limit=3&offset=3", &expected[3..6], 3, 3),
            ("?limit=1000&offset=6", &expected[6..], 1000, 6),
            ("?offset=7", &expected[..0], 50, 7),
            ("?offset=9223372036854775807", &expected[..0], 50, i64::MAX),
            ("?unknown=1&limit=1&limit=2", &expected[..2], 2, 0),
        ] {
            let list = app.get(&format!("{ISSUES}{query}")).await.ok();
            assert_eq!(urls(&list), page, "{query}");
            let frame = json!({"count": 7, "limit": limit, "offset": offset});
            assert_eq!(only(&list, &frame), frame, "{query}");
        }
        for (query, kind, parameter) in [
            ("limit=0", "greater_than_equal", json!(["query", "limit"])),
            ("limit=1001", "less_than_equal", json!(["query", "limit"])),
            ("limit=x", "int_parsing", json!(["query", "limit"])),
            ("offset=-1", "greater_than_equal", json!(["query", "offset"])),
            ("offset=9223372036854775808", "less_than_equal", json!(["query", "offset"])),
            ("source=", "enum", json!(["query", "source"])),
            ("source=GITHUB", "enum", json!(["query", "source"])),
            ("status=done", "enum", json!(["query", "status", 0])),
            ("status=open,unknown", "enum", json!(["query", "status", 0])),
            ("status=open&status=", "enum", json!(["query", "status", 1])),
            ("families=snap,deb", "enum", json!(["query", "families", 0])),
            ("q=a%00b", "value_error", json!(["query", "q"])),
            ("project=%00", "value_error", json!(["query", "project"])),
        ] {
            let answer = app.get(&format!("{ISSUES}?{query}")).await;
            assert_eq!(answer.problems(), problems(&[(kind, parameter)]), "{query}");
        }
        let long = format!("{ISSUES}?q={}", "x".repeat(501));
        assert_eq!(app.get(&long).await.problems(), problems(&[("string_too_long", json!(["query", "q"]))]));
    }

    // Filters: values of one are alternatives, several narrow; families are those of results it is attached to.
    async fn a_list_is_filtered(app: TestApp) {
        let issues = [
            ("j", "https://warthogs.atlassian.net/browse/ABC-1", "open"),
            ("g", "https://github.com/acme/radio/issues/1", "open"),
            ("h", "https://github.com/acme/radio/issues/2", "closed"),
            ("l", "https://bugs.launchpad.net/abc/+bug/1", "unknown"),
        ];
        let mut ids = Vec::new();
        for (title, url, status) in issues {
            let issue = put(&app, &json!({"url": url, "title": title, "status": status})).await;
            ids.push(issue["id"].as_i64().unwrap());
        }
        for (body, attached) in [
            (snap(&json!({})), &ids[..2]), (snap(&json!({"version": "2"})), &ids[..1]), (deb(&json!({})), &ids[1..3]),
            (charm(&json!({})), &ids[..0]),
        ] {
            let execution = app.start(&body).await;
            app.report(execution, &[("a", "FAILED"), ("b", "PASSED")]).await;
            for issue in attached {
                attach(&app, *issue, &results_of(&app, execution).await).await;
            }
        }
        for (query, expected) in [
            ("", "jghl"),
            ("source=jira", "j"),
            ("source=github", "gh"),
            ("source=launchpad", "l"),
            ("project=acme/radio", "gh"),
            ("project=Acme/radio", ""),
            ("project=acme", ""),
            ("project=abc", "l"),
            ("project=ABC", "j"),
            ("project=", "jghl"),
            ("status=open", "jg"),
            ("status=open&status=unknown", "jgl"),
            ("families=snap", "jg"),
            ("families=deb", "gh"),
            ("families=deb&families=snap", "jgh"),
            ("families=charm", ""),
            ("families=image&families=solution", ""),
            ("families=deb&status=closed", "h"),
            ("source=github&status=open&families=snap&q=radio", "g"),
            ("source=github&status=unknown", ""),
        ] {
            let list = app.get(&format!("{ISSUES}?{query}")).await.ok();
            let found: String =
                list["issues"].as_array().unwrap().iter().map(|issue| issue["title"].as_str().unwrap()).collect();
            assert_eq!(found, expected, "{query}");
            assert_eq!(list["count"], expected.len(), "{query}");
        }
    }

    // q: each word is in something the issue shows, in any case; wildcards stand for themselves.
    async fn a_list_is_searched(app: TestApp) {
        for (url, title, status) in [
            ("https://warthogs.atlassian.net/browse/ABC-17", "WiFi kernel leak", "open"),
            ("https://github.com/acme/radio/issues/71", "100% of cpu_0 \\ busy", "closed"),
            ("https://bugs.launchpad.net/some-project/+bug/4200", "\u{c4}rger", "unknown"),
        ] {
            put(&app, &json!({"url": url, "title": title, "status": status})).await;
        }
        app.raw.run("UPDATE issue SET id = 555555 WHERE key = '17'").await;
        let (jira, github, launchpad) = (&["ABC"][..], &["acme/radio"][..], &["some-project"][..]);
        let all = &["ABC", "acme/radio", "some-project"][..];
        for (q, expected) in [
            ("", all),
            (" \t\n ", all),
            ("jira kernel leak", jira),
            ("  LEAK \n Jira ", jira),
            ("abc-17", jira),
            ("issues/71", github),
            ("open", jira),
            ("OPEN", jira),
            ("closed", github),
            ("unknown", launchpad),
            ("42", launchpad),
            ("555555", jira),
            ("5555 wifi", jira),
            ("Acme/Radio", github),
            ("https", all),
            ("warthogs.ATLASSIAN.net/browse/abc-17", jira),
            ("bugs.launchpad.net/some-project/+bug/4200", launchpad),
            ("github.com/acme", github),
            ("kernel acme", &all[..0]),
            ("leakopen", &all[..0]),
            ("kernel-leak", &all[..0]),
            ("100%", github),
            ("%", github),
            ("_", github),
            ("cpu_0 % \\", github),
            ("wi_i", &all[..0]),
            ("w%i", &all[..0]),
            ("\u{c4}RGER", launchpad),
            ("'; DROP TABLE issue", &all[..0]),
        ] {
            let list = app.get(&format!("{ISSUES}?q={}", encoded(q))).await.ok();
            let found: Vec<&str> =
                list["issues"].as_array().unwrap().iter().map(|issue| issue["project"].as_str().unwrap()).collect();
            assert_eq!(found, expected, "{q:?}");
            assert_eq!(list["count"], expected.len(), "{q:?}");
        }
        // As many words as fit.
        let words = "a ".repeat(250);
        let answer = app.get(&format!("{ISSUES}?q={}", encoded(words.trim_end()))).await;
        assert_eq!(answer.ok()["count"], 3);
    }

    // The count of executions: each once, whatever the filters of the list say; 0 inside test results.
    async fn a_list_counts_the_executions_an_issue_is_attached_to(app: TestApp) {
        let (known, other) = (add(&app, RADIO).await, add(&app, "https://bugs.launchpad.net/abc/+bug/1").await);
        let mut executions = Vec::new();
        for body in [snap(&json!({})), snap(&json!({})), deb(&json!({}))] {
            let execution = app.start(&body).await;
            app.report(execution, &[("a", "FAILED"), ("b", "PASSED")]).await;
            executions.push(execution);
        }
        for execution in &executions {
            attach(&app, known, &results_of(&app, *execution).await).await;
        }
        attach(&app, other, &results_of(&app, executions[2]).await[..1]).await;
        for query in ["", "?families=deb", "?families=deb&q=http"] {
            let list = app.get(&format!("{ISSUES}{query}")).await.ok();
            let shown = list["issues"].as_array().unwrap();
            let counts: Vec<_> = shown.iter().map(|issue| &issue["test_executions_count"]).collect();
            assert_eq!(counts, [3, 1], "{query}");
        }
        let list = app.get("/v1/issues?families=snap").await.ok();
        assert_eq!(list["issues"][0]["test_executions_count"], 3);
        let results = app.get(&format!("/v1/test-executions/{}/test-results", executions[0])).await.ok();
        assert_eq!(results[0]["issues"][0]["issue"]["test_executions_count"], 0);
    }
}

//! `GET /v1/issues` for lists that people filter: several trackers and projects at once, and which projects there are.

use serde_json::{Value, json};

use crate::support::{TestApp, both};

const ISSUES: &str = "/v1/issues";

async fn add_all(app: &TestApp) {
    for url in [
        "https://github.com/acme/radio/issues/1",
        "https://github.com/acme/radio/issues/2",
        "https://github.com/acme/tuner/issues/1",
        "https://warthogs.atlassian.net/browse/RADIO-7",
        "https://bugs.launchpad.net/radio/+bug/9",
    ] {
        app.put(ISSUES, &json!({"url": url})).await.ok();
    }
}

fn keys(answer: &Value) -> Vec<String> {
    let issues = answer["issues"].as_array().unwrap();
    issues.iter().map(|issue| format!("{} {}", issue["project"], issue["key"]).replace('"', "")).collect()
}

both! {
    async fn several_trackers_and_projects_are_alternatives(app: TestApp) {
        add_all(&app).await;
        for (query, expected) in [
            ("sources=jira&sources=launchpad", vec!["RADIO 7", "radio 9"]),
            ("projects=acme/tuner&projects=radio", vec!["acme/tuner 1", "radio 9"]),
            ("sources=github&projects=acme/tuner&projects=radio", vec!["acme/tuner 1"]),
            ("sources=github&source=jira", vec![]),
        ] {
            let answer = app.get(&format!("{ISSUES}?{query}")).await.ok();
            assert_eq!(keys(&answer), expected, "{query}");
            assert_eq!(answer["count"], expected.len(), "{query}");
        }
        assert_eq!(app.get(&format!("{ISSUES}?sources=gitlab")).await.status, 422);
    }

    async fn projects_are_told_to_those_who_ask_whatever_the_filter(app: TestApp) {
        add_all(&app).await;
        assert_eq!(app.get(&format!("{ISSUES}?limit=1")).await.ok().get("projects"), None);
        let answer = app.get(&format!("{ISSUES}?with_projects=true&limit=1&status=closed")).await.ok();
        let expected = json!([
            {"source": "jira", "project": "RADIO", "issues_count": 1},
            {"source": "github", "project": "acme/radio", "issues_count": 2},
            {"source": "github", "project": "acme/tuner", "issues_count": 1},
            {"source": "launchpad", "project": "radio", "issues_count": 1},
        ]);
        assert_eq!((&answer["projects"], &answer["count"]), (&expected, &json!(0)));
    }
}

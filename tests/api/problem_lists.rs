//! Problems of malformed input together: in which order they come, and what is missing from where.

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{both, deb};

both! {
    async fn the_keys_of_a_problem_are_in_order(app: TestApp) {
        let ranges = app.get("/v1/artefacts/search?limit=0").await;
        assert_eq!((ranges.status.as_u16(), ranges.keys()), (422, "detail type loc msg input ctx ge".to_owned()));
        let missing = app.get("/v1/artefacts/history?family=snap").await;
        assert_eq!((missing.status.as_u16(), missing.keys()), (422, "detail type loc msg input".to_owned()));
    }

    // What is missing is shown with what it is missing from, as far as that helps to find it; from a query nothing is.
    async fn what_is_missing_is_shown_with_what_it_is_missing_from(app: TestApp) {
        let id = app.start(&deb(&json!({}))).await;
        let at = |rest: &str| format!("/v1/test-executions/{id}/{rest}");
        let long = json!({"label": "x".repeat(300), "deep": [{"a": 1}, [2], 3]});
        let shortened = json!({"label": format!("{}…", "x".repeat(200)), "deep": [{}, [], 3]});
        let start = deb(&json!({"series": null}));
        for (method, path, body, loc, input) in [
            (Method::POST, at("links"), json!({"label": "l"}), json!(["url"]), json!({"label": "l"})),
            (Method::POST, at("links"), long, json!(["url"]), shortened),
            (
                Method::POST,
                at("test-results"),
                json!([{"name": "a", "status": "PASSED"}, {"name": "b"}]),
                json!([1, "status"]),
                json!({"name": "b"}),
            ),
            (
                Method::POST,
                "/v1/artefact-matching-rules".to_owned(),
                json!({"family": "snap"}),
                json!(["team_ids"]),
                json!({"family": "snap"}),
            ),
            (
                Method::PUT,
                "/v1/test-executions/start-test".to_owned(),
                start.clone(),
                json!(["deb", "series"]),
                start,
            ),
        ] {
            let answer = app.as_application(&app.key, method, &path, Some(&body)).await;
            let mut place = json!(["body"]);
            place.as_array_mut().unwrap().extend(loc.as_array().unwrap().clone());
            let problem = json!({"type": "missing", "loc": place, "msg": "Field required", "input": input});
            assert_eq!(answer.json(), json!({"detail": [problem]}), "{path} {body}");
        }
        let problem = |name: &str| {
            json!({"type": "missing", "loc": ["query", name], "msg": "Field required", "input": null})
        };
        let answer = app.get("/v1/artefacts/history").await;
        assert_eq!(answer.json(), json!({"detail": [problem("name"), problem("family")]}));
    }

    // What should stay secret is not repeated.
    async fn secrets_are_not_shown_with_what_is_missing(app: TestApp) {
        let answer = app.post("/v1/webhooks", &json!({"secret": "0123456789abcdef", "format": "text"})).await;
        assert_eq!(answer.problems().len(), 2, "{}", answer.text());
        for problem in answer.json()["detail"].as_array().unwrap() {
            assert_eq!(problem["input"], json!({"secret": "…", "format": "text"}));
        }
    }

    // Problems come in the order in which parameters and fields are declared, not in that of the request.
    async fn problems_come_in_the_order_of_the_declaration(app: TestApp) {
        let names = ["q", "families", "limit", "offset"];
        for (path, query, expected) in [
            ("/v1/artefacts/search", "offset=x&limit=0&families=y&q=%00", &names[..]),
            ("/v1/environments", "limit=0&families=y&q=%00&offset=x", &names),
            ("/v1/test-cases", "families=y&offset=x&q=%00&limit=0", &names),
            (
                "/v1/artefacts/history",
                "offset=x&limit=0&stage=y&track=%00",
                &["name", "family", "track", "stage", "limit", "offset"],
            ),
            ("/v1/test-cases/reported-issues", "case_name=%00&template_id=%00", &["template_id", "case_name"]),
        ] {
            let problems = app.get(&format!("{path}?{query}")).await.problems();
            let found: Vec<Value> = problems.iter().map(|(_, loc)| loc[1].clone()).collect();
            assert_eq!(json!(found), json!(expected), "{path}");
        }
        let review = json!({"review_comment": 5, "review_decision": 5, "id": "x"});
        for (method, path, body, expected) in [
            (
                Method::POST,
                "/v1/test-cases/reported-issues",
                json!({"url": 5, "case_name": 5, "template_id": 5}),
                json!([["template_id"], ["case_name"], ["description"], ["url"]]),
            ),
            (
                Method::POST,
                "/v1/environments/reported-issues",
                json!({"is_confirmed": [], "url": 5}),
                json!([["environment_name"], ["description"], ["url"], ["is_confirmed"]]),
            ),
            (
                Method::PATCH,
                "/v1/artefacts/1/environment-reviews/1",
                review.clone(),
                json!([["id"], ["review_decision"], ["review_comment"]]),
            ),
            (
                Method::PATCH,
                "/v1/artefacts/1/environment-reviews",
                json!([{}, review, {"id": "y"}]),
                json!([[1, "id"], [1, "review_decision"], [1, "review_comment"], [2, "id"]]),
            ),
        ] {
            let problems = app.as_application(&app.key, method, path, Some(&body)).await.problems();
            let places: Vec<Value> =
                problems.iter().map(|(_, loc)| json!(loc.as_array().unwrap()[1..].to_vec())).collect();
            assert_eq!(json!(places), expected, "{path}");
        }
    }
}

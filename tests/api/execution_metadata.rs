//! `/v1/execution-metadata`: every category with every value.

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{TestApp, both, deb, snap};

async fn list(app: &TestApp) -> Value {
    app.get("/v1/execution-metadata").await.ok()
}

async fn add(app: &TestApp, execution: i64, metadata: &Value) {
    let patch = json!({"execution_metadata": metadata});
    app.patch(&format!("/v1/test-executions/{execution}"), &patch).await.ok();
}

both! {
    // Metadata: nothing at first; pairs of several executions are merged, each once, in the order they became known.
    async fn pairs_are_merged_over_all_executions(app: TestApp) {
        assert_eq!(list(&app).await, json!({"execution_metadata": {}}));
        let first = app.start(&snap(&json!({}))).await;
        let second = app.start(&deb(&json!({}))).await;
        add(&app, first, &json!({"lane": ["green"], "zone": ["b"]})).await;
        add(&app, second, &json!({"lane": ["blue", "green"], "kernel": ["6.8"]})).await;
        add(&app, first, &json!({"zone": ["a"], "lane": ["amber"]})).await;
        let expected = json!({"kernel": ["6.8"], "lane": ["green", "blue", "amber"], "zone": ["b", "a"]});
        assert_eq!(list(&app).await, json!({"execution_metadata": expected}));
    }

    // Metadata: a pair that no execution carries any longer is still there.
    async fn pairs_nobody_carries_are_listed(app: TestApp) {
        let execution = app.start(&snap(&json!({}))).await;
        add(&app, execution, &json!({"lane": ["green"]})).await;
        app.raw.run("DELETE FROM test_execution_metadata_association_table").await;
        assert_eq!(list(&app).await, json!({"execution_metadata": {"lane": ["green"]}}));
    }

    // Metadata: there are no filters and no pages.
    async fn everything_is_listed_at_once(app: TestApp) {
        let execution = app.start(&snap(&json!({}))).await;
        let values: Vec<String> = (0..200).map(|n| format!("v{n}")).collect();
        add(&app, execution, &json!({"many": values})).await;
        let whole = list(&app).await;
        assert_eq!(whole["execution_metadata"]["many"].as_array().unwrap().len(), 200);
        let asked = app.get("/v1/execution-metadata?limit=0&offset=5&q=x&families=nonsense").await.ok();
        assert_eq!(asked, whole);
    }

    // Metadata: reading costs the same whatever is there.
    async fn reading_takes_the_same_statements_for_one_pair_as_for_thirty(app: TestApp) {
        let execution = app.start(&snap(&json!({}))).await;
        let mut counts = Vec::new();
        for total in [1, 30] {
            for n in 0..total {
                add(&app, execution, &json!({format!("category {n}"): ["value"]})).await;
            }
            let before = app.service.db.statements();
            assert_eq!(list(&app).await["execution_metadata"].as_object().unwrap().len(), total);
            counts.push(app.service.db.statements() - before);
        }
        assert_eq!(counts[0], counts[1]);
    }

    // Metadata: only who may see tests sees it.
    async fn it_takes_a_permission(app: TestApp) {
        let answer = app.anonymous(Method::GET, "/v1/execution-metadata", None).await;
        answer.refused(403, "Insufficient permissions");
    }
}

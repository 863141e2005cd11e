//! Counts that are kept beside what they count.

use serde_json::json;

use crate::support::{both, deb, snap};

/// Executions whose counts say something else than their results.
const WRONG_EXECUTIONS: &str = "SELECT COUNT(*) FROM test_execution AS it WHERE
    passed_count <> (SELECT COUNT(*) FROM test_result WHERE test_execution_id = it.id AND status = 'PASSED')
    OR failed_count <> (SELECT COUNT(*) FROM test_result WHERE test_execution_id = it.id AND status = 'FAILED')
    OR skipped_count <> (SELECT COUNT(*) FROM test_result WHERE test_execution_id = it.id AND status = 'SKIPPED')
    OR has_results <> EXISTS (SELECT 1 FROM test_result WHERE test_execution_id = it.id)";

/// Builds whose counts say something else than their reviews.
const WRONG_BUILDS: &str = "SELECT COUNT(*) FROM artefact_build AS it WHERE
    reviews_count <> (SELECT COUNT(*) FROM artefact_build_environment_review WHERE artefact_build_id = it.id)
    OR completed_reviews_count <> (
        SELECT COUNT(*) FROM artefact_build_environment_review
        WHERE artefact_build_id = it.id AND review_decision <> '[]')";

both! {
    async fn an_execution_knows_how_many_results_it_has(app: TestApp) {
        let (one, other) = (app.start(&snap(&json!({}))).await, app.start(&deb(&json!({}))).await);
        for (what, sql) in [
            ("stored", ""),
            ("replaced", ""),
            ("changed", "UPDATE test_result SET status = 'SKIPPED' WHERE status = 'FAILED'"),
            ("touched", "UPDATE test_result SET comment = 'x'"),
            ("some removed", "DELETE FROM test_result WHERE status = 'PASSED'"),
            ("all removed", "DELETE FROM test_result"),
        ] {
            if sql.is_empty() {
                app.report(one, &[("a", "PASSED"), ("b", "FAILED"), ("c", "SKIPPED"), ("d", "FAILED")]).await;
                app.report(other, &[("a", "FAILED")]).await;
                assert_eq!(app.raw.number("SELECT SUM(failed_count) FROM test_execution").await, 3, "{what}");
            } else {
                app.raw.run(sql).await;
            }
            assert_eq!(app.raw.number(WRONG_EXECUTIONS).await, 0, "{what}");
        }
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM test_execution WHERE has_results").await, 0);
    }

    async fn a_build_knows_how_many_reviews_it_has(app: TestApp) {
        for (arch, environment) in [("arm64", "a"), ("arm64", "b"), ("amd64", "a")] {
            app.start(&snap(&json!({"arch": arch, "environment": environment}))).await;
        }
        let artefact = app.newest_artefact().await;
        let path = format!("/v1/artefacts/{artefact}/environment-reviews");
        let reviews = app.get(&path).await.ok();
        for (decision, number) in [(json!(["REJECTED"]), 0), (json!(["APPROVED_ALL_TESTS_PASS"]), 1), (json!([]), 0)] {
            let id = &reviews[number]["id"];
            app.patch(&format!("{path}/{id}"), &json!({"review_decision": decision})).await.ok();
            assert_eq!(app.raw.number(WRONG_BUILDS).await, 0, "{decision}");
        }
        let shown = app.artefact(artefact).await;
        assert_eq!((&shown["all_environment_reviews_count"], &shown["completed_environment_reviews_count"]), (&json!(3), &json!(1)));
        let of_a = "environment_id IN (SELECT id FROM environment WHERE name = 'a')";
        app.raw.run(&format!("DELETE FROM artefact_build_environment_review WHERE {of_a}")).await;
        assert_eq!(app.raw.number(WRONG_BUILDS).await, 0);
        assert_eq!(app.raw.number("SELECT SUM(reviews_count) FROM artefact_build").await, 1);
    }
}

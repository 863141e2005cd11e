//! What else is read of charms and their neighbours: the program that pulls both reports day by day, with Python's
//! `requests`, and the workflow's questions about known issues, with `curl`.

use app::api::Permission;
use axum::http::Method;
use serde_json::json;

use super::{Client, items, open_to_all, read, standing_at};
use crate::support::{both, charm};

/// The columns that the program reads, in the files' own words; all others have to be there as well.
const RESULTS_HEAD: &str = "Artefact.family,Artefact.id,Artefact.name,Artefact.version,Artefact.status,Artefact.track,Artefact.stage,Artefact.series,Artefact.repo,Artefact.os,Artefact.series,Artefact.created_at,TestExecution.id,TestExecution.status,TestExecution.c3_link,TestExecution.checkbox_version,TestPlan.name,Environment.name,Environment.architecture,TestCase.template_id,TestCase.name,TestCase.category,TestResult.status,TestResult.created_at";
const EXECUTIONS_HEAD: &str = "Artefact.family,Artefact.id,Artefact.name,Artefact.version,Artefact.status,Artefact.track,Artefact.stage,Artefact.series,Artefact.repo,Artefact.os,TestExecution.id,TestExecution.status,TestExecution.ci_link,TestExecution.c3_link,TestExecution.checkbox_version,TestExecution.test_plan,TestExecution.created_at,Environment.name,Environment.architecture,ArtefactBuildEnvironmentReview.review_decision,ArtefactBuildEnvironmentReview.review_comment,TestEvents";

/// What the program makes of a file: a head, and rows of as many cells. It is given no cell with a comma here.
async fn pull(client: &Client<'_>, path: &str, head: &str) -> Vec<Vec<String>> {
    let answer = client.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    assert_eq!(answer.headers["content-type"], "text/csv; charset=utf-8", "{path}");
    // Sent while it is read: nobody knows its length.
    assert!(!answer.headers.contains_key("content-length"), "{path}");
    let text = answer.text();
    let mut lines = text.split_terminator("\r\n");
    assert_eq!(lines.next(), Some(head), "{path}");
    let rows: Vec<Vec<String>> = lines.map(|line| line.split(',').map(str::to_owned).collect()).collect();
    assert!(rows.iter().all(|row| row.len() == head.split(',').count()), "{path}: {text}");
    rows
}

both! {
    // Reports: a day a call, times with an offset, the same heads as ever.
    async fn reports_are_pulled_day_by_day(app: TestApp) {
        let key = app.add_application(&[Permission::ViewReport]).await;
        let mut app = app;
        for day in [20, 21, 22] {
            app = app.with_clock(standing_at(&format!("2031-01-{day}T23:30:00Z")));
            let version = day.to_string();
            let body = charm(&json!({"version": version, "revision": day, "test_plan": format!("plan {day}")}));
            let id = app.start(&body).await;
            app.report(id, &[("test_deploy", "PASSED"), ("test_relate", "FAILED")]).await;
        }
        let client = Client::requests(&app).with_key(&key);
        // A day is one in UTC; an hour further east the last half hour belongs to the next one.
        for (offset, shift) in [("%2B00%3A00", 0), ("%2B01%3A00", 1)] {
            let (mut results, mut executions) = (Vec::new(), Vec::new());
            for day in 19..25 {
                let query = format!(
                    "start_date=2031-01-{day}T00%3A00%3A00{offset}&end_date=2031-01-{day}T23%3A59%3A59.999999{offset}"
                );
                let found = pull(&client, &format!("/v1/reports/test-results?{query}"), RESULTS_HEAD).await;
                results.extend(found.into_iter().map(|row| (day, row[2].clone(), row[3].clone(), row[20].clone())));
                let found = pull(&client, &format!("/v1/reports/test-executions?{query}"), EXECUTIONS_HEAD).await;
                executions.extend(found.into_iter().map(|row| (day, row[3].clone(), row[15].clone(), row[21].clone())));
            }
            let name = "postgresql-k8s".to_owned();
            let expected: Vec<_> = [20, 21, 22]
                .into_iter()
                .flat_map(|day| ["test_deploy", "test_relate"].map(|test| (day, test)))
                .map(|(day, test)| (day + shift, name.clone(), day.to_string(), test.to_owned()))
                .collect();
            assert_eq!(results, expected, "{offset}");
            let expected: Vec<_> = [20, 21, 22]
                .into_iter()
                .map(|day| (day + shift, day.to_string(), format!("plan {day}"), "[]".to_owned()))
                .collect();
            assert_eq!(executions, expected, "{offset}");
        }
        // Unknown parameters are ignored, and nobody else reads them.
        pull(&client, "/v1/reports/test-results?limit=x&family=charm", RESULTS_HEAD).await;
        let refused = Client::requests(&app).get("/v1/reports/test-results").await;
        refused.refused(403, "Insufficient permissions");
    }

    // Issues of a repository page by page, and for each the plan of the newest result it is attached to; without a key.
    async fn known_issues_lead_to_the_plans_they_were_met_in(app: TestApp) {
        let app = open_to_all(app, &[Permission::ViewIssue, Permission::ViewTest]);
        let mut results = Vec::new();
        for plan in ["old plan", "new plan", "other plan"] {
            let id = app.start(&charm(&json!({"test_plan": plan}))).await;
            app.report(id, &[("test_deploy", "FAILED")]).await;
            results.push(app.raw.number(&format!("SELECT id FROM test_result WHERE test_execution_id = {id}")).await);
        }
        for (id, project, found_in) in [
            (7, "acme/operator", vec![results[0], results[1]]),
            (8, "acme/operator", vec![results[2]]),
            (9, "acme/operator", vec![]),
            (10, "acme/other", vec![results[2]]),
        ] {
            let now = "'2031-01-01T00:00:00+00:00'";
            let issue = format!(
                "INSERT INTO issue (id, created_at, updated_at, source, project, key, title, status)
                 VALUES ({id}, {now}, {now}, 'GITHUB', '{project}', '{id}', 'Flaky', 'OPEN')"
            );
            app.raw.run(&issue).await;
            for result in found_in {
                let attachment = format!(
                    "INSERT INTO issue_test_result_attachment (created_at, updated_at, issue_id, test_result_id)
                     VALUES ({now}, {now}, {id}, {result})"
                );
                app.raw.run(&attachment).await;
            }
        }
        let curl = Client::curl(&app);
        let mut issues = Vec::new();
        for offset in [0, 50] {
            let page = curl.get(&format!("/v1/issues?project=acme/operator&limit=50&offset={offset}")).await.ok();
            issues.extend(items(&read(&page["issues"], &["/id", "/key"])).to_vec());
        }
        // By key, as text.
        assert_eq!(issues, [json!([7, "7"]), json!([8, "8"]), json!([9, "9"])]);
        for (issue, expected) in [(7, json!([["new plan"]])), (8, json!([["other plan"]])), (9, json!([]))] {
            let path = format!("/v1/test-results?issues={issue}&limit=1");
            // A body of nothing, though the call says that JSON follows.
            for body in ["", "{}"] {
                let found = curl.send(Method::GET, &path, body).await.ok();
                assert_eq!(read(&found["test_results"], &["/test_execution/test_plan"]), expected, "{issue}");
            }
        }
    }
}

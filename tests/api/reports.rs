//! `/v1/reports`: what stands in the two CSV files, which rows, in which order, and how they are sent.

use app::api::Permission;
use axum::body::{Body, Bytes};
use axum::http::{Method, Request, header};
use axum::response::Response;
use chrono::{DateTime, Utc};
use http_body_util::BodyExt;
use serde_json::json;
use test_observer::clock::Clock;
use tower::ServiceExt;

use crate::support::{Raw, TestApp, both, charm, deb, image, snap};

const RESULTS: &str = "/v1/reports/test-results";
const EXECUTIONS: &str = "/v1/reports/test-executions";

const RESULTS_HEAD: &str = "Artefact.family,Artefact.id,Artefact.name,Artefact.version,Artefact.status,Artefact.track,Artefact.stage,Artefact.series,Artefact.repo,Artefact.os,Artefact.series,Artefact.created_at,TestExecution.id,TestExecution.status,TestExecution.c3_link,TestExecution.checkbox_version,TestPlan.name,Environment.name,Environment.architecture,TestCase.template_id,TestCase.name,TestCase.category,TestResult.status,TestResult.created_at\r\n";
const EXECUTIONS_HEAD: &str = "Artefact.family,Artefact.id,Artefact.name,Artefact.version,Artefact.status,Artefact.track,Artefact.stage,Artefact.series,Artefact.repo,Artefact.os,TestExecution.id,TestExecution.status,TestExecution.ci_link,TestExecution.c3_link,TestExecution.checkbox_version,TestExecution.test_plan,TestExecution.created_at,Environment.name,Environment.architecture,ArtefactBuildEnvironmentReview.review_decision,ArtefactBuildEnvironmentReview.review_comment,TestEvents\r\n";

/// A clock that stands still.
fn standing_at(time: &str) -> Clock {
    let now: DateTime<Utc> = time.parse().unwrap();
    Clock::from_fn(move || now)
}

/// The text of a report.
async fn report(app: &TestApp, path: &str) -> String {
    let answer = app.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    assert_eq!(answer.headers["content-type"], "text/csv; charset=utf-8", "{path}");
    answer.text()
}

/// The rows of a report behind its head.
async fn rows(app: &TestApp, path: &str) -> Vec<String> {
    let text = report(app, path).await;
    text.split_terminator("\r\n").skip(1).map(str::to_owned).collect()
}

/// A column of rows without quotes.
fn column(rows: &[String], place: usize) -> Vec<&str> {
    rows.iter().map(|row| row.split(',').nth(place).unwrap()).collect()
}

/// An answer whose body nobody has read yet.
async fn open(app: &TestApp, path: &str) -> Response {
    let bearer = format!("Bearer {}", app.key);
    let request = Request::get(path).header("authorization", bearer).body(Body::empty()).unwrap();
    let router = test_observer::api::router(app.service.clone(), app.max_body_bytes);
    router.oneshot(request).await.unwrap()
}

/// The next piece of a body.
async fn piece(body: &mut Body) -> Option<Result<Bytes, axum::Error>> {
    let frame = body.frame().await?;
    Some(frame.map(|frame| frame.into_data().unwrap_or_default()))
}

/// An execution with so many results that they are sent in many pieces.
async fn many_results(app: &TestApp) {
    let id = app.start(&snap(&json!({}))).await;
    let batch = json!([{"name": "boot", "status": "PASSED", "category": "c".repeat(300)}]);
    app.post(&format!("/v1/test-executions/{id}/test-results"), &batch).await.ok();
    app.raw
        .run(
            "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 9999)
             INSERT INTO test_result (test_execution_id, test_case_id, status, comment, io_log, created_at, updated_at)
             SELECT test_execution_id, test_case_id, status, '', '', created_at, updated_at
             FROM test_result CROSS JOIN numbers",
        )
        .await;
}

/// Makes the last result unreadable.
async fn damage(app: &TestApp) {
    let never = match &app.raw {
        Raw::Sqlite(_) => "'never'",
        Raw::Postgres(_) => "'infinity'",
    };
    let sql = format!("UPDATE test_result SET created_at = {never} WHERE id = (SELECT MAX(id) FROM test_result)");
    app.raw.run(&sql).await;
}

async fn add_event(app: &TestApp, execution: i64, name: &str, timestamp: &str, detail: &str) {
    let detail = detail.replace('\'', "''");
    let sql = format!(
        "INSERT INTO test_event (created_at, updated_at, event_name, timestamp, detail, test_execution_id)
         VALUES ('{timestamp}', '{timestamp}', '{name}', '{timestamp}', '{detail}', {execution})"
    );
    app.raw.run(&sql).await;
}

both! {
    // The head: exact; without rows it is everything.
    async fn an_empty_report_is_its_head(app: TestApp) {
        assert_eq!(report(&app, RESULTS).await, RESULTS_HEAD);
        assert_eq!(report(&app, EXECUTIONS).await, EXECUTIONS_HEAD);
        assert_eq!((RESULTS_HEAD.split(',').count(), EXECUTIONS_HEAD.split(',').count()), (24, 22));
        // An artefact without results makes no row, and its execution does.
        app.start(&snap(&json!({}))).await;
        assert_eq!(report(&app, RESULTS).await, RESULTS_HEAD);
        assert_eq!(rows(&app, EXECUTIONS).await.len(), 1);
    }

    // Results: every cell, the empty ones included.
    async fn a_result_is_a_row_of_twenty_four_cells(app: TestApp) {
        let app = app.with_clock(standing_at("2031-05-04T03:02:01.5Z"));
        let body = deb(&json!({"initial_status": "FAILED", "ci_link": "http://ci/1"}));
        let full = app.start(&body).await;
        let batch = json!([{"name": "boot", "status": "SKIPPED", "category": "start", "template_id": "t"}]);
        app.post(&format!("/v1/test-executions/{full}/test-results"), &batch).await.ok();
        let sql = "UPDATE test_execution SET c3_link = 'http://c3/1', checkbox_version = '4.0'; \
                   UPDATE artefact SET status = 'APPROVED'";
        app.raw.run(sql).await;
        let bare = app.start(&image(&json!({}))).await;
        app.report(bare, &[("boot", "PASSED")]).await;
        let later = "'2031-05-04T03:02:02+00:00'";
        app.raw.run(&format!("UPDATE test_result SET created_at = {later} WHERE test_execution_id = {bare}")).await;
        let (deb, image) = (app.artefact_of(full).await, app.artefact_of(bare).await);
        let expected = format!(
            "{RESULTS_HEAD}\
             deb,{deb},hello,2.10-3,APPROVED,,proposed,noble,universe,,noble,2031-05-04 03:02:01.500000,\
             {full},FAILED,http://c3/1,4.0,smoke,vf2-lab,riscv64,t,boot,start,SKIPPED,2031-05-04 03:02:01.500000\r\n\
             image,{image},noble-live-desktop-amd64,20240827,UNDECIDED,,pending,,,ubuntu,,2031-05-04 03:02:01.500000,\
             {bare},IN_PROGRESS,,,desktop,xps,amd64,t,boot,start,PASSED,2031-05-04 03:02:02\r\n"
        );
        assert_eq!(report(&app, RESULTS).await, expected);
    }

    // Quotes: only around a comma, a quote, CR or LF.
    async fn cells_are_quoted_where_they_must_be(app: TestApp) {
        let id = app.start(&snap(&json!({}))).await;
        let batch = json!([
            {"name": "a,b", "status": "PASSED", "category": "say \"hi\"", "template_id": "one\r\ntwo"},
            {"name": "it's; \u{e9}", "status": "PASSED", "category": "two words", "template_id": "tab\there"},
        ]);
        app.post(&format!("/v1/test-executions/{id}/test-results"), &batch).await.ok();
        let text = report(&app, RESULTS).await;
        assert!(text.contains(",\"one\r\ntwo\",\"a,b\",\"say \"\"hi\"\"\",PASSED,"), "{text}");
        assert!(text.contains(",tab\there,it's; \u{e9},two words,PASSED,"), "{text}");
        assert!(text.ends_with("\r\n") && !text.starts_with('\u{feff}'), "{text}");
    }

    // Results: chosen by when the artefact was registered, both ends with it, and put in order.
    async fn results_are_those_of_artefacts_registered_in_the_time(app: TestApp) {
        let second = app.start(&snap(&json!({"version": "2"}))).await;
        let first = app.start(&snap(&json!({"version": "1"}))).await;
        let again = app.start(&snap(&json!({"version": "2", "arch": "arm64"}))).await;
        app.report(again, &[("b", "PASSED"), ("a", "FAILED")]).await;
        app.report(second, &[("c", "PASSED")]).await;
        app.report(first, &[("d", "PASSED")]).await;
        for (version, time) in [("1", "2031-01-02T10:00:00+00:00"), ("2", "2031-01-03T10:00:00.500+00:00")] {
            app.raw.run(&format!("UPDATE artefact SET created_at = '{time}' WHERE version = '{version}'")).await;
        }
        // By artefact, execution, result; the second version was registered first.
        for (query, expected) in [
            ("start_date=2031-01-02T10:00:00&end_date=2031-01-03T10:00:00.5", &["c", "b", "a", "d"][..]),
            ("end_date=2099-01-01", &["c", "b", "a", "d"]),
            ("start_date=2031-01-02T10:00:00.000001&end_date=2099-01-01", &["c", "b", "a"]),
            ("end_date=2031-01-03T10:00:00.499999", &["d"]),
            ("end_date=2031-01-02T10:00:00Z", &["d"]),
            ("end_date=2031-01-02T09:59:59.999999", &[]),
            ("start_date=2031-01-02T12:00:00%2B02:00&end_date=2031-01-02T12:00:00%2B02:00", &["d"]),
            ("start_date=2031-01-03&end_date=2031-01-04", &["c", "b", "a"]),
            ("start_date=1925114400&end_date=1925114400", &["d"]),
            ("start_date=2031-01-04&end_date=2031-01-01", &[]),
        ] {
            let rows = rows(&app, &format!("{RESULTS}?{query}")).await;
            assert_eq!(column(&rows, 20), expected, "{query}");
        }
        // Until now, when nothing is said: what is to come is not in it.
        let mut app = app;
        for (now, expected) in [
            ("2031-01-02T09:59:59Z", &[][..]),
            ("2031-01-02T10:00:00Z", &["d"]),
            ("2031-01-03T10:00:00.499999Z", &["d"]),
            ("2031-01-03T10:00:00.5Z", &["c", "b", "a", "d"]),
        ] {
            app = app.with_clock(standing_at(now));
            assert_eq!(column(&rows(&app, RESULTS).await, 20), expected, "{now}");
        }
    }

    // Executions: every cell; the review as a list of members, the events as a list of objects.
    async fn an_execution_is_a_row_of_twenty_two_cells(app: TestApp) {
        let app = app.with_clock(standing_at("2031-05-04T03:02:01Z"));
        let body = charm(&json!({"initial_status": "PASSED", "ci_link": "http://ci/1"}));
        let full = app.start(&body).await;
        app.raw
            .run(
                "UPDATE test_execution SET c3_link = 'http://c3/1', checkbox_version = '4.0';
                 UPDATE artefact_build_environment_review SET review_comment = 'fine, really',
                     review_decision = '[\"APPROVED_UNSTABLE_PHYSICAL_INFRA\", \"APPROVED_FAULTY_HARDWARE\"]'",
            )
            .await;
        let bare = app.start(&deb(&json!({}))).await;
        // As they came, not as they happened.
        add_event(&app, full, "job_end", "2031-05-04T03:02:02+00:00", "it's done").await;
        add_event(&app, full, "job_start", "2031-05-04T03:02:01.123456+00:00", "").await;
        let (charm, deb) = (app.artefact_of(full).await, app.artefact_of(bare).await);
        let expected = format!(
            "{EXECUTIONS_HEAD}\
             charm,{charm},postgresql-k8s,123,UNDECIDED,14,candidate,,,,{full},PASSED,http://ci/1,http://c3/1,4.0,\
             integration,2031-05-04 03:02:01,juju,amd64,\
             \"[<ArtefactBuildEnvironmentReviewDecision.APPROVED_UNSTABLE_PHYSICAL_INFRA: \
             'APPROVED_UNSTABLE_PHYSICAL_INFRA'>, <ArtefactBuildEnvironmentReviewDecision.APPROVED_FAULTY_HARDWARE: \
             'APPROVED_FAULTY_HARDWARE'>]\",\"fine, really\",\
             \"[{{'event_name': 'job_end', 'timestamp': '2031-05-04 03:02:02:000', 'detail': \"\"it's done\"\"}}, \
             {{'event_name': 'job_start', 'timestamp': '2031-05-04 03:02:01:123', 'detail': ''}}]\"\r\n\
             deb,{deb},hello,2.10-3,UNDECIDED,,proposed,noble,universe,,{bare},IN_PROGRESS,,,,\
             smoke,2031-05-04 03:02:01,vf2-lab,riscv64,[],,[]\r\n"
        );
        assert_eq!(report(&app, EXECUTIONS).await, expected);
    }

    // Executions: those that were registered in the time and have a review, each once, in order.
    async fn executions_are_those_registered_in_the_time_with_a_review(app: TestApp) {
        let second = app.start(&snap(&json!({"version": "2"}))).await;
        let first = app.start(&snap(&json!({"version": "1"}))).await;
        let again = app.start(&snap(&json!({"version": "2"}))).await;
        let unreviewed = app.start(&snap(&json!({"version": "3"}))).await;
        let sql = format!(
            "DELETE FROM artefact_build_environment_review
             WHERE artefact_build_id = (SELECT artefact_build_id FROM test_execution WHERE id = {unreviewed})"
        );
        app.raw.run(&sql).await;
        for (id, time) in [
            (first, "2031-01-02T10:00:00+00:00"),
            (second, "2031-01-03T10:00:00.500+00:00"),
            (again, "2031-01-02T10:00:00+00:00"),
            (unreviewed, "2031-01-02T10:00:00+00:00"),
        ] {
            app.raw.run(&format!("UPDATE test_execution SET created_at = '{time}' WHERE id = {id}")).await;
            for name in ["a", "b", "c"] {
                add_event(&app, id, name, time, "").await;
            }
        }
        for (query, expected) in [
            ("start_date=2031-01-02T10:00:00&end_date=2031-01-03T10:00:00.5", &[second, again, first][..]),
            ("end_date=2099-01-01", &[second, again, first]),
            ("start_date=2031-01-02T10:00:00.000001&end_date=2099-01-01", &[second]),
            ("end_date=2031-01-03T10:00:00.499999", &[again, first]),
            ("end_date=2031-01-02T09:59:59.999999", &[]),
            ("start_date=2031-01-02T12:00:00%2B02:00&end_date=2031-01-02T12:00:00%2B02:00", &[again, first]),
            ("start_date=2031-01-03&end_date=2031-01-04", &[second]),
            // Until now.
            ("", &[]),
        ] {
            let rows = rows(&app, &format!("{EXECUTIONS}?{query}")).await;
            let ids: Vec<i64> = column(&rows, 10).into_iter().map(|id| id.parse().unwrap()).collect();
            assert_eq!(ids, expected, "{query}");
            assert!(rows.iter().all(|row| row.matches("'event_name'").count() == 3), "{query}: {rows:?}");
        }
    }

    // Times that are none are malformed input, both of them at once.
    async fn what_is_no_time_is_refused(app: TestApp) {
        for path in [RESULTS, EXECUTIONS] {
            for value in ["", "yesterday", "2031-13-01", "2031-01-01T00:00:00+02:00"] {
                let mut problems = app.get(&format!("{path}?start_date={value}&end_date={value}")).await.problems();
                problems.sort_by_key(|(_, loc)| loc.to_string());
                let expected = ["end_date", "start_date"]
                    .map(|name| ("datetime_from_date_parsing".to_owned(), json!(["query", name])));
                assert_eq!(problems, expected, "{path} {value}");
            }
        }
    }

    // Rights: `view_report` and nothing else, before anything that is wrong; one path, one method.
    async fn reports_need_the_right_to_view_reports(app: TestApp) {
        let others = Permission::ALL.iter().copied().filter(|it| *it != Permission::ViewReport);
        let others = app.add_application(&others.collect::<Vec<_>>()).await;
        let key = app.add_application(&[Permission::ViewReport]).await;
        for path in [RESULTS, EXECUTIONS] {
            for path in [path.to_owned(), format!("{path}?start_date=x")] {
                app.anonymous(Method::GET, &path, None).await.refused(403, "Insufficient permissions");
                app.as_application(&others, Method::GET, &path, None).await.refused(403, "Insufficient permissions");
            }
            assert_eq!(app.as_application(&key, Method::GET, path, None).await.status, 200, "{path}");
            app.get(&format!("{path}/")).await.refused(404, "Not Found");
            for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
                app.anonymous(method, path, None).await.refused(405, "Method Not Allowed");
            }
        }
    }

    // Sent in pieces of moderate size, all of them of the moment at which it began, by one statement.
    async fn a_report_comes_in_pieces_and_is_of_one_moment(app: TestApp) {
        many_results(&app).await;
        let before = app.service.db.statements();
        let response = open(&app, RESULTS).await;
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/csv; charset=utf-8");
        for name in [header::CONTENT_LENGTH, header::CONTENT_DISPOSITION] {
            assert!(!response.headers().contains_key(&name), "{name}");
        }
        let mut body = response.into_body();
        let mut pieces = vec![piece(&mut body).await.unwrap().unwrap()];
        app.raw.run("DELETE FROM test_result").await;
        while let Some(next) = piece(&mut body).await {
            pieces.push(next.unwrap());
        }
        assert!(pieces.len() > 20 && pieces.iter().all(|piece| piece.len() < 70_000), "{}", pieces.len());
        let lines: usize = pieces.iter().map(|piece| String::from_utf8_lossy(piece).matches('\n').count()).sum();
        // Looking for whoever asks takes statements too, but they do not become more with the rows.
        let statements = app.service.db.statements() - before;
        assert!(lines == 10_001 && statements < 5, "{lines} {statements}");
    }

    // Left: whoever goes away in the middle gives the connection to the database back.
    async fn a_report_that_nobody_reads_on_ends(app: TestApp) {
        many_results(&app).await;
        // More of them than there are connections.
        for _ in 0..40 {
            let response = open(&app, RESULTS).await;
            assert_eq!(response.status(), 200);
            assert!(piece(&mut response.into_body()).await.unwrap().is_ok());
        }
        assert_eq!(rows(&app, RESULTS).await.len(), 10_000);
    }

    // Slow: readers of reports leave room for everybody else, and those who would not are told when to come again.
    async fn slow_readers_of_reports_leave_room_for_others(app: TestApp) {
        many_results(&app).await;
        let mut slow = Vec::new();
        for _ in 0..app.service.db.reading_connections() / 2 {
            slow.push(open(&app, RESULTS).await);
        }
        assert!(slow.iter().all(|report| report.status() == 200));
        for path in [RESULTS, EXECUTIONS] {
            let answer = app.get(path).await;
            answer.refused(503, "Too many of these are being read; try again later");
            assert_eq!(answer.headers["retry-after"], "10");
        }
        assert_eq!(app.get("/v1/artefacts").await.status, 200);
        slow.pop();
        assert_eq!(rows(&app, RESULTS).await.len(), 10_000);
    }

    // Broken: a failure before the first piece is an answer; behind it the body has no end.
    async fn a_report_that_fails_is_not_taken_for_a_whole_one(app: TestApp) {
        let id = app.start(&snap(&json!({}))).await;
        app.report(id, &[("a", "PASSED"), ("b", "PASSED")]).await;
        damage(&app).await;
        app.get(RESULTS).await.refused(500, "Internal Server Error");
        app.raw.run("DELETE FROM test_result").await;
        many_results(&app).await;
        damage(&app).await;
        let response = open(&app, RESULTS).await;
        assert_eq!(response.status(), 200);
        let mut body = response.into_body();
        let mut pieces = 0;
        let end = loop {
            match piece(&mut body).await {
                Some(Ok(_)) => pieces += 1,
                end => break end,
            }
        };
        assert!(pieces > 20 && end.is_some_and(|end| end.is_err()), "{pieces}");
        // The other report does not look at results.
        assert!(!rows(&app, EXECUTIONS).await.is_empty());
    }
}

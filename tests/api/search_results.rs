//! `GET /v1/test-results`: finding results by what they say, what they are about, and what is attached to them.

use axum::http::Method;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::search_executions::{NOW, describe};
use crate::support::{TestApp, both, charm, deb, image, rerun_of, snap, solution};

pub(crate) const PATH: &str = "/v1/test-results";

pub(crate) async fn search(app: &TestApp, query: &str) -> Value {
    app.get(&format!("{PATH}?{query}")).await.ok()
}

/// The names of the test cases of the results of an answer.
pub(crate) fn names(answer: &Value) -> Vec<&str> {
    let items = answer["test_results"].as_array().unwrap();
    items.iter().map(|item| item["test_result"]["name"].as_str().unwrap()).collect()
}

/// Checks which results are found, by the names of their test cases, in the order of the answer, whose count agrees.
#[track_caller]
fn check(answer: &Value, expected: &[&str], query: &str) {
    assert_eq!(names(answer), expected, "{query}");
    assert_eq!(answer["count"], expected.len(), "{query}");
}

/// Starts an execution that has one result.
async fn run(app: &TestApp, body: &Value, name: &str) -> i64 {
    let id = app.start(body).await;
    app.report(id, &[(name, "PASSED")]).await;
    id
}

/// The id of the result of a test case.
pub(crate) async fn result_of(app: &TestApp, name: &str) -> i64 {
    let sql = "SELECT test_result.id FROM test_result JOIN test_case ON test_case.id = test_result.test_case_id";
    app.raw.number(&format!("{sql} WHERE test_case.name = '{name}'")).await
}

/// Sets when the result of a test case was stored.
async fn stored_at(app: &TestApp, name: &str, time: &str) {
    let result = result_of(app, name).await;
    app.raw.run(&format!("UPDATE test_result SET created_at = '{time}' WHERE id = {result}")).await;
}

/// Makes issues with these ids.
pub(crate) async fn add_issues(app: &TestApp, ids: &[i64]) {
    for id in ids {
        let sql = format!(
            "INSERT INTO issue (id, created_at, updated_at, source, project, key, title, status)
             VALUES ({id}, {NOW}, {NOW}, 'GITHUB', 'acme/radio', '{id}', 'Mute bug', 'OPEN')"
        );
        app.raw.run(&sql).await;
    }
}

/// Attaches an issue to a result.
pub(crate) async fn attach(app: &TestApp, issue: i64, result: i64) {
    let sql = format!(
        "INSERT INTO issue_test_result_attachment (created_at, updated_at, issue_id, test_result_id)
         VALUES ({NOW}, {NOW}, {issue}, {result})"
    );
    app.raw.run(&sql).await;
}

fn escaped(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The parameter that asks for a pair of metadata.
fn pair(category: &str, value: &str) -> String {
    format!("execution_metadata={}", escaped(&format!("{}:{}", STANDARD.encode(category), STANDARD.encode(value))))
}

both! {
    // Each list of the artefact and environment: exact values, alternatives within one, all parameters together.
    async fn lists_are_alternatives_and_parameters_combine(app: TestApp) {
        run(&app, &snap(&json!({})), "core").await;
        run(&app, &deb(&json!({})), "hello").await;
        run(&app, &charm(&json!({})), "psql").await;
        run(&app, &image(&json!({})), "noble").await;
        run(&app, &solution(&json!({})), "stack").await;
        run(&app, &deb(&json!({"name": "a,b", "version": "9", "execution_stage": null, "source": "ppa"})), "ppa").await;
        for (query, expected) in [
            ("", &["ppa", "stack", "noble", "psql", "hello", "core"][..]),
            ("families=snap", &["core"]),
            ("families=deb", &["ppa", "hello"]),
            ("families=charm", &["psql"]),
            ("families=image", &["noble"]),
            ("families=solution", &["stack"]),
            ("families=snap&families=deb", &["ppa", "hello", "core"]),
            ("artefacts=core22", &["core"]),
            ("artefacts=stack&artefacts=core22", &["stack", "core"]),
            ("artefacts=core", &[]),
            ("artefacts=CORE22", &[]),
            ("artefacts=core%25", &[]),
            // An empty text is a text, and a comma is a letter.
            ("artefacts=", &[]),
            ("artefacts=a,b", &["ppa"]),
            ("artefact_versions=123", &["psql"]),
            ("artefact_versions=123&artefact_versions=2", &["stack", "psql"]),
            ("artefact_versions=2.10", &[]),
            ("artefact_stages=beta", &["core"]),
            ("artefact_stages=pending&artefact_stages=proposed", &["noble", "hello"]),
            ("artefact_stages=", &["ppa"]),
            // Stages are free text here.
            ("artefact_stages=nonsense&artefact_stages=edge", &["stack"]),
            ("artefact_tracks=22", &["core"]),
            ("artefact_tracks=14&artefact_tracks=2", &["stack", "psql"]),
            ("artefact_tracks=", &["ppa", "noble", "hello"]),
            ("environments=rpi4", &["core"]),
            ("environments=RPI4", &[]),
            ("environments=juju&environments=xps", &["noble", "psql"]),
            ("families=snap&artefacts=core22&artefact_tracks=22&artefact_stages=beta&environments=rpi4", &["core"]),
            ("families=snap&artefacts=hello", &[]),
            ("families=snap&families=deb&environments=vf2-lab&environments=juju", &["ppa", "hello"]),
            ("families=image&test_cases=noble&test_result_statuses=PASSED", &["noble"]),
            ("families=image&test_cases=core", &[]),
            // What is not known is ignored.
            ("family=snap&nonsense=1&p=x&artefact_stages=beta", &["core"]),
        ] {
            check(&search(&app, query).await, expected, query);
        }
    }

    // Test cases and template ids: exact; an empty template id is that of cases without one.
    async fn results_are_found_by_test_case_and_template(app: TestApp) {
        let id = app.start(&snap(&json!({}))).await;
        let batch = json!([
            {"name": "wifi/scan", "status": "PASSED", "template_id": "wifi/{n}"},
            {"name": "wifi/join", "status": "FAILED", "template_id": "wifi/{n}"},
            {"name": "Wifi/scan", "status": "PASSED", "template_id": "radio"},
            {"name": "a,b", "status": "PASSED"},
        ]);
        app.post(&format!("/v1/test-executions/{id}/test-results"), &batch).await.ok();
        run(&app, &deb(&json!({})), "a,b").await;
        let template = escaped("wifi/{n}");
        for (query, expected) in [
            ("test_cases=wifi/scan".to_owned(), &["wifi/scan"][..]),
            ("test_cases=wifi/scan&test_cases=a,b".to_owned(), &["a,b", "a,b", "wifi/scan"]),
            ("test_cases=wifi".to_owned(), &[]),
            ("test_cases=".to_owned(), &[]),
            ("test_cases=a&test_cases=b".to_owned(), &[]),
            (format!("template_ids={template}"), &["wifi/join", "wifi/scan"]),
            (format!("template_ids={template}&template_ids=radio"), &["Wifi/scan", "wifi/join", "wifi/scan"]),
            ("template_ids=".to_owned(), &["a,b", "a,b"]),
            ("template_ids=Radio".to_owned(), &[]),
            (format!("template_ids={template}&test_cases=wifi/join"), &["wifi/join"]),
            ("template_ids=radio&test_cases=wifi/join".to_owned(), &[]),
            (format!("template_ids={template}&test_result_statuses=FAILED"), &["wifi/join"]),
            ("test_cases=a,b&families=deb".to_owned(), &["a,b"]),
            ("test_cases=a,b&execution_is_latest=true&artefact_is_archived=false&families=snap".to_owned(), &["a,b"]),
        ] {
            check(&search(&app, &query).await, expected, &query);
        }
    }

    // Archived artefacts: both, unless asked for one kind.
    async fn results_on_archived_artefacts_are_found_unless_asked_otherwise(app: TestApp) {
        run(&app, &snap(&json!({"version": "1"})), "old").await;
        run(&app, &snap(&json!({"version": "2"})), "new").await;
        app.raw.run("UPDATE artefact SET archived = TRUE WHERE version = '1'").await;
        for (query, expected) in [
            ("", &["new", "old"][..]),
            ("artefact_is_archived=true", &["old"]),
            ("artefact_is_archived=false", &["new"]),
            ("artefact_is_archived=Yes", &["old"]),
            ("artefact_is_archived=0&artefacts=core22", &["new"]),
        ] {
            check(&search(&app, query).await, expected, query);
        }
    }

    // Statuses of executions and of results, one by one and together.
    async fn results_are_found_by_status(app: TestApp) {
        let statuses = ["NOT_STARTED", "IN_PROGRESS", "PASSED", "FAILED", "NOT_TESTED", "ENDED_PREMATURELY"];
        for status in statuses {
            run(&app, &deb(&json!({"initial_status": status})), status).await;
        }
        for status in statuses {
            check(&search(&app, &format!("test_execution_statuses={status}")).await, &[status], status);
        }
        let two = "test_execution_statuses=PASSED&test_execution_statuses=FAILED";
        check(&search(&app, two).await, &["FAILED", "PASSED"], two);
        let mixed = app.start(&snap(&json!({"initial_status": "FAILED"}))).await;
        app.report(mixed, &[("good", "PASSED"), ("bad", "FAILED"), ("left out", "SKIPPED")]).await;
        for (query, expected) in [
            ("families=snap&test_result_statuses=PASSED", &["good"][..]),
            ("test_result_statuses=FAILED", &["bad"]),
            ("test_result_statuses=SKIPPED", &["left out"]),
            ("test_result_statuses=FAILED&test_result_statuses=SKIPPED", &["left out", "bad"]),
            ("test_result_statuses=PASSED&test_execution_statuses=FAILED", &["good", "FAILED"]),
            ("test_result_statuses=FAILED&test_execution_statuses=PASSED", &[]),
        ] {
            check(&search(&app, query).await, expected, query);
        }
    }

    // Reviewers are those of the artefact; the old name counts only where the new one is absent.
    async fn results_are_found_by_the_reviewers_of_the_artefact(app: TestApp) {
        let (kim, ada, eve) = (app.add_user("kim").await, app.add_user("ada").await, app.add_user("eve").await);
        for (name, reviewers) in [("one", vec![kim]), ("two", vec![kim, ada]), ("none", vec![])] {
            let id = run(&app, &snap(&json!({"version": name})), name).await;
            let artefact = app.artefact_of(id).await;
            for (position, user) in reviewers.iter().enumerate() {
                let sql = format!(
                    "INSERT INTO artefact_reviewers_association (artefact_id, user_id, position)
                     VALUES ({artefact}, {user}, {position})"
                );
                app.raw.run(&sql).await;
            }
        }
        for name in ["reviewer_ids", "assignee_ids"] {
            for (values, expected) in [
                (vec![kim.to_string()], &["two", "one"][..]),
                (vec![ada.to_string()], &["two"]),
                (vec![eve.to_string()], &[]),
                (vec![ada.to_string(), eve.to_string()], &["two"]),
                (vec!["any".to_owned()], &["two", "one"]),
                (vec!["any".to_owned(), "any".to_owned()], &["two", "one"]),
                (vec!["none".to_owned()], &["none"]),
            ] {
                let query: Vec<String> = values.iter().map(|value| format!("{name}={value}")).collect();
                check(&search(&app, &query.join("&")).await, expected, &query.join("&"));
            }
        }
        for (query, expected) in [
            ("reviewer_ids=none&assignee_ids=any".to_owned(), ["none"]),
            (format!("assignee_ids=none&reviewer_ids={ada}"), ["two"]),
        ] {
            check(&search(&app, &query).await, &expected, &query);
        }
    }

    // A rerun is asked for a whole group, newer executions of it included.
    async fn results_are_found_by_whether_a_rerun_is_wanted(app: TestApp) {
        let first = run(&app, &snap(&json!({})), "first").await;
        run(&app, &snap(&json!({"test_plan": "full"})), "other plan").await;
        app.raw.run(&rerun_of(first, 0)).await;
        // Starting takes the request away; what is asked for afterwards counts for both.
        run(&app, &snap(&json!({})), "second").await;
        check(&search(&app, "rerun_is_requested=true").await, &[], "taken away");
        app.raw.run(&rerun_of(first, 0)).await;
        for (query, expected) in [
            ("", &["second", "other plan", "first"][..]),
            ("rerun_is_requested=true", &["second", "first"]),
            ("rerun_is_requested=false", &["other plan"]),
            ("rerun_is_requested=true&execution_is_latest=true", &["second"]),
        ] {
            check(&search(&app, query).await, expected, query);
        }
    }

    // Latest is the highest id of a plan, build and environment, with results or without.
    async fn the_latest_of_a_group_has_the_highest_id(app: TestApp) {
        run(&app, &snap(&json!({})), "superseded").await;
        let latest = run(&app, &snap(&json!({})), "latest").await;
        for (name, changes) in [
            ("plan", json!({"test_plan": "full"})),
            ("environment", json!({"environment": "rpi3"})),
            ("architecture", json!({"arch": "arm64"})),
            ("revision", json!({"revision": 2})),
            ("version", json!({"version": "2"})),
        ] {
            run(&app, &snap(&changes), name).await;
        }
        let earlier = "'2001-01-01T00:00:00+00:00'";
        app.raw.run(&format!("UPDATE test_execution SET created_at = {earlier} WHERE id = {latest}")).await;
        let alone = ["version", "revision", "architecture", "environment", "plan"];
        let newest: Vec<&str> = alone.into_iter().chain(["latest"]).collect();
        check(&search(&app, "execution_is_latest=true").await, &newest, "latest");
        check(&search(&app, "execution_is_latest=false").await, &["superseded"], "superseded");
        assert_eq!(search(&app, "").await["count"], 7);
        app.start(&snap(&json!({}))).await;
        // One without results supersedes all the same.
        check(&search(&app, "execution_is_latest=false").await, &["latest", "superseded"], "superseded by nothing");
        check(&search(&app, "execution_is_latest=true").await, &alone, "nothing is latest");
    }

    // Issues: by id, by several, any, none.
    async fn results_are_found_by_their_issues(app: TestApp) {
        let id = app.start(&snap(&json!({}))).await;
        app.report(id, &[("none", "PASSED"), ("one", "FAILED"), ("two", "FAILED"), ("both", "SKIPPED")]).await;
        add_issues(&app, &[3, 9, 11]).await;
        for (issue, names) in [(3, ["one", "both"]), (9, ["two", "both"])] {
            for name in names {
                attach(&app, issue, result_of(&app, name).await).await;
            }
        }
        for (query, expected) in [
            ("issues=3", &["both", "one"][..]),
            ("issues=9", &["both", "two"]),
            ("issues=11", &[]),
            ("issues=999", &[]),
            ("issues=3&issues=9", &["both", "two", "one"]),
            ("issues=3&issues=11", &["both", "one"]),
            ("issues=any", &["both", "two", "one"]),
            ("issues=any&issues=any", &["both", "two", "one"]),
            ("issues=none", &["none"]),
            ("issues=none&issues=none", &["none"]),
            ("issues=3&test_result_statuses=FAILED", &["one"]),
            ("issues=any&families=snap&test_result_statuses=FAILED", &["two", "one"]),
            ("issues=any&families=deb", &[]),
            ("issues=none&families=snap", &["none"]),
            ("issues=none&families=snap&execution_is_latest=true", &["none"]),
            ("issues=none&test_cases=none&test_cases=one", &["none"]),
            ("issues=9&test_cases=both", &["both"]),
        ] {
            check(&search(&app, query).await, expected, query);
        }
    }

    // `any` and `none` stand alone: not with ids, not with each other, in lower case.
    async fn special_values_are_not_mixed_with_ids(app: TestApp) {
        for name in ["issues", "reviewer_ids", "assignee_ids"] {
            for values in [
                &["any", "none"][..], &["none", "any"], &["any", "3"], &["3", "any"], &["3", "none"], &["none", "3"],
                &["ANY"], &["None"], &["x"], &[""], &["1.5"], &["3,9"],
            ] {
                let query: Vec<String> = values.iter().map(|value| format!("{name}={value}")).collect();
                let problems = app.get(&format!("{PATH}?{}", query.join("&"))).await.problems();
                assert!(!problems.is_empty(), "{query:?}");
                for (_, loc) in &problems {
                    assert_eq!((&loc[0], &loc[1]), (&json!("query"), &json!(name)), "{query:?}");
                }
            }
        }
    }

    // The span is that of the result, with both ends, in every spelling of a time.
    async fn results_are_found_by_when_they_were_stored(app: TestApp) {
        let id = app.start(&snap(&json!({}))).await;
        app.report(id, &[("first", "PASSED"), ("second", "PASSED")]).await;
        stored_at(&app, "first", "2031-01-02T10:00:00+00:00").await;
        stored_at(&app, "second", "2031-01-03T10:00:00.500+00:00").await;
        for (query, expected) in [
            ("from_date=2031-01-02T10:00:00", &["second", "first"][..]),
            ("from_date=2031-01-02T10:00:00.000001", &["second"]),
            ("from_date=2031-01-03T10:00:00.500000Z", &["second"]),
            ("from_date=2031-01-03T10:00:00.500001", &[]),
            ("from_date=2099-01-01", &[]),
            ("until_date=2031-01-02T10:00:00Z", &["first"]),
            ("until_date=2031-01-02T09:59:59.999999", &[]),
            ("until_date=2031-01-03T10:00:00.500", &["second", "first"]),
            ("from_date=2031-01-02T10:00:00&until_date=2031-01-02T10:00:00", &["first"]),
            ("from_date=2031-01-02&until_date=2031-01-04", &["second", "first"]),
            ("from_date=2031-01-04&until_date=2031-01-02", &[]),
            ("from_date=2031-01-02T12:00:00%2B02:00&until_date=2031-01-02T12:00:00%2B02:00", &["first"]),
            ("from_date=2031-01-03", &["second"]),
            ("until_date=2031-01-03%2000:00", &["first"]),
            ("until_date=2031-01-03_00:00", &["first"]),
            ("from_date=1925114400&until_date=1925114400", &["first"]),
            ("from_date=1925114400000&until_date=1925114400000", &["first"]),
            ("from_date=2031-01-03&families=snap", &["second"]),
            ("from_date=2031-01-03&test_cases=first", &[]),
        ] {
            check(&search(&app, query).await, expected, query);
        }
        for name in ["from_date", "until_date"] {
            for (value, end) in [
                ("", "input is too short"),
                ("2031-1-1", "input is too short"),
                ("2031-13-01", "month value is outside expected range of 1-12"),
                ("2031-01-01T25:00", ""),
                // A raw plus is a space.
                ("2031-01-01T00:00:00+02:00", ""),
            ] {
                let answer = app.get(&format!("{PATH}?{name}={value}")).await;
                let expected = [("datetime_from_date_parsing".to_owned(), json!(["query", name]))];
                assert_eq!(answer.problems(), expected, "{value}");
                let text = answer.json()["detail"][0]["msg"].as_str().unwrap().to_owned();
                let reason = text.strip_prefix("Input should be a valid datetime or date, ");
                assert!(reason.is_some_and(|reason| reason.ends_with(end)), "{text}");
            }
        }
    }

    // Metadata: pairs of one category are alternatives, categories are asked for together.
    async fn results_are_found_by_metadata(app: TestApp) {
        let one = run(&app, &snap(&json!({"version": "1"})), "one").await;
        let two = run(&app, &snap(&json!({"version": "2"})), "two").await;
        run(&app, &snap(&json!({"version": "3"})), "three").await;
        describe(&app, one, &json!({"kernel": ["6.8", "6.9"], "gadget": ["pi"], "a:b": ["c:d"]})).await;
        describe(&app, two, &json!({"kernel": ["6.9"], "gadget": ["pc"], "\u{e9}": ["~?>~?>"]})).await;
        assert_eq!(pair("hw", "nvme"), "execution_metadata=aHc%3D%3AbnZtZQ%3D%3D");
        for (pairs, expected) in [
            (vec![("kernel", "6.9")], &["two", "one"][..]),
            (vec![("kernel", "6.8")], &["one"]),
            (vec![("kernel", "6.8"), ("kernel", "6.9")], &["two", "one"]),
            (vec![("kernel", "6.9"), ("gadget", "pc")], &["two"]),
            (vec![("kernel", "6.8"), ("gadget", "pc")], &[]),
            (vec![("kernel", "6.8"), ("gadget", "pc"), ("gadget", "pi")], &["one"]),
            (vec![("gadget", "6.9")], &[]),
            (vec![("Kernel", "6.9")], &[]),
            (vec![("a:b", "c:d")], &["one"]),
            (vec![("\u{e9}", "~?>~?>")], &["two"]),
        ] {
            let query: Vec<String> = pairs.iter().map(|(category, value)| pair(category, value)).collect();
            check(&search(&app, &query.join("&")).await, expected, &query.join("&"));
        }
        let query = format!("{}&artefact_versions=2", pair("kernel", "6.9"));
        check(&search(&app, &query).await, &["two"], &query);
        // A colon need not be escaped.
        check(&search(&app, "execution_metadata=a2VybmVs:Ni45").await, &["two", "one"], "raw colon");
    }

    // What is wrong with a pair is told with the pair, before everything else but the rights.
    async fn pairs_that_cannot_be_read_are_refused_with_a_text(app: TestApp) {
        let form = "Invalid execution metadata format: 'abc'. Expected base64 encoded 'category:value'.";
        for (item, detail) in [
            ("abc", form),
            ("YQ:YQ", "Invalid base64 encoding in execution metadata: 'YQ:YQ'."),
            ("/w==:YQ==", "Invalid base64 encoding in execution metadata: '/w==:YQ=='."),
            ("YQ==:", "Invalid execution metadata format: 'YQ==:'. Both category and value must be non-empty."),
            (":YQ==", "Invalid execution metadata format: ':YQ=='. Both category and value must be non-empty."),
        ] {
            app.get(&format!("{PATH}?execution_metadata={}", escaped(item))).await.refused(422, detail);
        }
        let query = format!("{}&execution_metadata=abc&families=x&limit=-1", pair("a", "b"));
        app.get(&format!("{PATH}?{query}")).await.refused(422, form);
        let path = format!("{PATH}?execution_metadata=abc");
        app.anonymous(Method::GET, &path, None).await.refused(403, "Insufficient permissions");
        // A pair that nothing can have is no failure.
        let long = "x".repeat(201);
        for (category, value) in [(long.as_str(), "v"), ("c", long.as_str())] {
            check(&search(&app, &pair(category, value)).await, &[], "long");
        }
    }

    // Conditions that are true of almost everything are counted by what they leave out, one by one and together.
    async fn what_is_usual_is_counted_as_what_is_left(app: TestApp) {
        let kim = app.add_user("kim").await;
        let usual = run(&app, &snap(&json!({"version": "usual"})), "usual").await;
        run(&app, &snap(&json!({"version": "unreviewed"})), "unreviewed").await;
        run(&app, &snap(&json!({"version": "archived"})), "archived").await;
        run(&app, &snap(&json!({"version": "superseded"})), "superseded").await;
        app.start(&snap(&json!({"version": "superseded"}))).await;
        let wanted = run(&app, &snap(&json!({"version": "wanted"})), "wanted").await;
        app.raw.run(&rerun_of(wanted, 0)).await;
        run(&app, &snap(&json!({"version": "known"})), "known").await;
        add_issues(&app, &[5]).await;
        attach(&app, 5, result_of(&app, "known").await).await;
        app.raw.run("UPDATE artefact SET archived = TRUE WHERE version = 'archived'").await;
        let sql = format!(
            "INSERT INTO artefact_reviewers_association (artefact_id, user_id, position)
             SELECT id, {kim}, 0 FROM artefact WHERE version <> 'unreviewed'"
        );
        app.raw.run(&sql).await;
        let all = ["known", "wanted", "superseded", "archived", "unreviewed", "usual"];
        let conditions = [
            ("artefact_is_archived=false", "archived"),
            ("rerun_is_requested=false", "wanted"),
            ("execution_is_latest=true", "superseded"),
            ("reviewer_ids=any", "unreviewed"),
            ("issues=none", "known"),
        ];
        // Every set of them.
        for set in 0..(1_u32 << conditions.len()) {
            let is_chosen = |place: &usize| (set >> place) & 1 == 1;
            let chosen: Vec<_> = (0..conditions.len()).filter(is_chosen).map(|place| conditions[place]).collect();
            let query: Vec<&str> = chosen.iter().map(|(condition, _)| *condition).collect();
            let is_left = |name: &&str| !chosen.iter().any(|(_, left_out)| left_out == name);
            let expected: Vec<&str> = all.into_iter().filter(is_left).collect();
            check(&search(&app, &query.join("&")).await, &expected, &query.join("&"));
        }
        assert_eq!(app.execution(usual).await["is_rerun_requested"], false);
    }

    // As many facts as an address can hold are one condition: neither database is asked for thousands.
    async fn any_number_of_categories_can_be_asked_for(app: TestApp) {
        let facts: serde_json::Map<String, Value> = (0..6).map(|n| (format!("c{n}"), json!(["v", "w"]))).collect();
        let execution = app.start(&snap(&json!({}))).await;
        app.patch(&format!("/v1/test-executions/{execution}"), &json!({"execution_metadata": facts})).await.ok();
        app.report(execution, &[("wifi", "PASSED")]).await;
        let encode = |text: &str| STANDARD.encode(text);
        let query = |count: usize, value: &str| -> String {
            let pairs = (0..count).flat_map(|n| [(n, value), (n, "other")]);
            let pairs: Vec<String> = pairs
                .map(|(n, value)| format!("execution_metadata={}:{}", encode(&format!("c{n}")), encode(value)).replace('=', "%3D"))
                .map(|pair| pair.replacen("%3D", "=", 1))
                .collect();
            pairs.join("&")
        };
        for (count, value, expected) in [(4, "v", 1), (5, "v", 1), (6, "w", 1), (6, "x", 0), (7, "v", 0), (600, "v", 0)] {
            for path in ["/v1/test-results", "/v1/test-executions"] {
                let found = app.get(&format!("{path}?{}", query(count, value))).await.ok();
                assert_eq!(found["count"], expected, "{path}: {count} categories with {value}");
            }
        }
    }
}

//! `GET /v1/test-executions`: finding executions by what they ran on, where, how it ended and what was reported.

use axum::http::Method;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::{TestApp, both, charm, deb, image, rerun_of, snap, solution};

pub(crate) const PATH: &str = "/v1/test-executions";
pub(crate) const NOW: &str = "'2031-01-01T00:00:00+00:00'";

pub(crate) async fn search(app: &TestApp, query: &str) -> Value {
    app.get(&format!("{PATH}?{query}")).await.ok()
}

/// The ids of what is found, in the order of the answer, whose count agrees.
pub(crate) async fn found(app: &TestApp, query: &str) -> Vec<i64> {
    let answer = search(app, query).await;
    let ids: Vec<i64> =
        answer["test_executions"].as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()).collect();
    if !query.contains("limit") && !query.contains("offset") {
        assert_eq!(answer["count"], ids.len(), "{query}");
    }
    ids
}

/// The ids of the results that the only item of an answer shows.
pub(crate) fn results_of(answer: &Value) -> Vec<i64> {
    assert_eq!(answer["count"], 1, "{answer}");
    let results = answer["test_executions"][0]["test_results"].as_array().unwrap();
    results.iter().map(|result| result["id"].as_i64().unwrap()).collect()
}

/// Starts an execution that has one result.
pub(crate) async fn run(app: &TestApp, body: &Value) -> i64 {
    let id = app.start(body).await;
    app.report(id, &[("boot", "PASSED")]).await;
    id
}

/// The ids of an execution's results, in the order they were made.
pub(crate) async fn result_ids(app: &TestApp, execution: i64) -> Vec<i64> {
    let results = app.get(&format!("{PATH}/{execution}/test-results")).await.ok();
    results.as_array().unwrap().iter().map(|result| result["id"].as_i64().unwrap()).collect()
}

async fn add_event(app: &TestApp, execution: i64, name: &str) {
    let sql = format!(
        "INSERT INTO test_event (created_at, updated_at, event_name, timestamp, detail, test_execution_id)
         VALUES ({NOW}, {NOW}, '{name}', {NOW}, '', {execution})"
    );
    app.raw.run(&sql).await;
}

/// Sets when an execution was changed.
async fn changed_at(app: &TestApp, execution: i64, time: &str) {
    app.raw.run(&format!("UPDATE test_execution SET updated_at = '{time}' WHERE id = {execution}")).await;
}

pub(crate) async fn describe(app: &TestApp, execution: i64, metadata: &Value) {
    app.patch(&format!("{PATH}/{execution}"), &json!({"execution_metadata": metadata})).await.ok();
}

fn escaped(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The parameter that asks for a pair of metadata.
fn pair(category: &str, value: &str) -> String {
    format!("execution_metadata={}", escaped(&format!("{}:{}", STANDARD.encode(category), STANDARD.encode(value))))
}

both! {
    // Each list parameter: exact values, alternatives within one, all parameters together.
    async fn lists_are_alternatives_and_parameters_combine(app: TestApp) {
        let core = run(&app, &snap(&json!({}))).await;
        let hello = run(&app, &deb(&json!({}))).await;
        let psql = run(&app, &charm(&json!({}))).await;
        let noble = run(&app, &image(&json!({}))).await;
        let stack = run(&app, &solution(&json!({}))).await;
        let ppa = run(&app, &deb(&json!({"name": "a,b", "version": "9", "execution_stage": null, "source": "ppa"}))).await;
        for (query, expected) in [
            ("", vec![ppa, stack, noble, psql, hello, core]),
            ("families=snap", vec![core]),
            ("families=snap&families=deb", vec![ppa, hello, core]),
            ("families=charm&families=image&families=solution", vec![stack, noble, psql]),
            ("artefacts=core22", vec![core]),
            ("artefacts=stack&artefacts=core22", vec![stack, core]),
            ("artefacts=core", vec![]),
            ("artefacts=CORE22", vec![]),
            ("artefacts=core%25", vec![]),
            ("artefacts=", vec![]),
            ("artefacts=a,b", vec![ppa]),
            ("artefact_versions=123", vec![psql]),
            ("artefact_versions=123&artefact_versions=2", vec![stack, psql]),
            ("artefact_versions=2.10", vec![]),
            ("artefact_stages=beta", vec![core]),
            ("artefact_stages=pending&artefact_stages=proposed", vec![noble, hello]),
            ("artefact_stages=", vec![ppa]),
            // Stages are free text here.
            ("artefact_stages=nonsense", vec![]),
            ("artefact_stages=nonsense&artefact_stages=edge", vec![stack]),
            ("artefact_tracks=22", vec![core]),
            ("artefact_tracks=14&artefact_tracks=2", vec![stack, psql]),
            ("artefact_tracks=", vec![ppa, noble, hello]),
            ("environments=rpi4", vec![core]),
            ("environments=RPI4", vec![]),
            ("environments=rpi", vec![]),
            ("environments=juju&environments=xps", vec![noble, psql]),
            ("families=snap&artefacts=core22&artefact_tracks=22&artefact_stages=beta&environments=rpi4", vec![core]),
            ("families=snap&artefacts=hello", vec![]),
            ("families=snap&families=deb&environments=vf2-lab&environments=juju", vec![ppa, hello]),
            ("families=image&environments=xps&artefacts=noble-live-desktop-amd64&artefacts=x&limit=500", vec![noble]),
            // What is not known is ignored.
            ("family=snap&nonsense=1&q=x&artefact_stages=beta", vec![core]),
        ] {
            assert_eq!(found(&app, query).await, expected, "{query}");
        }
    }

    // Archived artefacts: both, unless asked for one kind.
    async fn executions_on_archived_artefacts_are_found_unless_asked_otherwise(app: TestApp) {
        let old = run(&app, &snap(&json!({"version": "1"}))).await;
        let new = run(&app, &snap(&json!({"version": "2"}))).await;
        app.raw.run("UPDATE artefact SET archived = TRUE WHERE version = '1'").await;
        for (query, expected) in [
            ("", vec![new, old]),
            ("artefact_is_archived=true", vec![old]),
            ("artefact_is_archived=false", vec![new]),
            ("artefact_is_archived=Yes", vec![old]),
            ("artefact_is_archived=0", vec![new]),
            // Of a value given twice the last counts.
            ("artefact_is_archived=x&artefact_is_archived=false", vec![new]),
        ] {
            assert_eq!(found(&app, query).await, expected, "{query}");
        }
    }

    // Status of the execution.
    async fn executions_are_found_by_status(app: TestApp) {
        let statuses = ["NOT_STARTED", "IN_PROGRESS", "PASSED", "FAILED", "NOT_TESTED", "ENDED_PREMATURELY"];
        let mut ids = Vec::new();
        for status in statuses {
            ids.push(run(&app, &deb(&json!({"initial_status": status}))).await);
        }
        for (status, id) in statuses.iter().zip(&ids) {
            assert_eq!(found(&app, &format!("test_execution_statuses={status}")).await, [*id], "{status}");
        }
        let two = "test_execution_statuses=PASSED&test_execution_statuses=FAILED";
        assert_eq!(found(&app, two).await, [ids[3], ids[2]]);
    }

    // Reviewers are those of the artefact; the old name counts only where the new one is absent.
    async fn executions_are_found_by_the_reviewers_of_the_artefact(app: TestApp) {
        let (kim, ada, eve) = (app.add_user("kim").await, app.add_user("ada").await, app.add_user("eve").await);
        let mut ids = Vec::new();
        for (version, reviewers) in [("1", vec![kim]), ("2", vec![kim, ada]), ("3", vec![])] {
            let id = run(&app, &snap(&json!({"version": version}))).await;
            let artefact = app.artefact_of(id).await;
            for (position, user) in reviewers.iter().enumerate() {
                let sql = format!(
                    "INSERT INTO artefact_reviewers_association (artefact_id, user_id, position)
                     VALUES ({artefact}, {user}, {position})"
                );
                app.raw.run(&sql).await;
            }
            ids.push(id);
        }
        // Who reviews but an environment reviews no artefact.
        let of_environment = format!(
            "INSERT INTO environment_review_reviewers_association (environment_review_id, user_id)
             SELECT id, {eve} FROM artefact_build_environment_review"
        );
        app.raw.run(&of_environment).await;
        let (one, two, none) = (ids[0], ids[1], ids[2]);
        for name in ["reviewer_ids", "assignee_ids"] {
            for (values, expected) in [
                (vec![format!("{kim}")], vec![two, one]),
                (vec![format!("{ada}")], vec![two]),
                (vec![format!("{eve}")], vec![]),
                (vec![format!("{ada}"), format!("{eve}")], vec![two]),
                (vec![format!("{kim}"), format!("{ada}")], vec![two, one]),
                (vec![format!("0{ada}.0")], vec![two]),
                (vec!["any".into()], vec![two, one]),
                (vec!["any".into(), "any".into()], vec![two, one]),
                (vec!["none".into()], vec![none]),
                (vec!["none".into(), "none".into()], vec![none]),
            ] {
                let query: Vec<String> = values.iter().map(|value| format!("{name}={value}")).collect();
                assert_eq!(found(&app, &query.join("&")).await, expected, "{query:?}");
            }
        }
        assert_eq!(found(&app, "reviewer_ids=none&assignee_ids=any").await, [none]);
        assert_eq!(found(&app, &format!("assignee_ids=none&reviewer_ids={ada}")).await, [two]);
    }

    // A rerun is asked for a whole group.
    async fn executions_are_found_by_whether_a_rerun_is_wanted(app: TestApp) {
        let first = run(&app, &snap(&json!({}))).await;
        let second = run(&app, &snap(&json!({}))).await;
        let other = run(&app, &snap(&json!({"test_plan": "full"}))).await;
        app.raw.run(&rerun_of(first, 0)).await;
        for (query, expected) in [
            ("", vec![other, second, first]),
            ("rerun_is_requested=true", vec![second, first]),
            ("rerun_is_requested=false", vec![other]),
        ] {
            assert_eq!(found(&app, query).await, expected, "{query}");
        }
    }

    // Latest is the highest id of a plan, build and environment, whatever its time, status or results.
    async fn the_latest_of_a_group_has_the_highest_id(app: TestApp) {
        let superseded = run(&app, &snap(&json!({"initial_status": "PASSED"}))).await;
        let latest = run(&app, &snap(&json!({"initial_status": "NOT_STARTED"}))).await;
        let alone = [
            json!({"test_plan": "full"}),
            json!({"environment": "rpi3"}),
            json!({"arch": "arm64"}),
            json!({"revision": 2}),
            json!({"version": "2"}),
        ];
        let mut expected = vec![latest];
        for changes in &alone {
            expected.insert(0, run(&app, &snap(changes)).await);
        }
        let earlier = format!(
            "UPDATE test_execution SET created_at = '2001-01-01T00:00:00+00:00', updated_at = '2001-01-01T00:00:00+00:00'
             WHERE id = {latest}"
        );
        app.raw.run(&earlier).await;
        let mut newest = found(&app, "execution_is_latest=true").await;
        newest.sort_unstable_by(|one, other| other.cmp(one));
        assert_eq!(newest, expected);
        assert_eq!(found(&app, "execution_is_latest=false").await, [superseded]);
        assert_eq!(found(&app, "").await.len(), alone.len() + 2);
        // One that no other filter lets through supersedes all the same.
        let empty = app.start(&snap(&json!({}))).await;
        assert_eq!(found(&app, "execution_is_latest=false").await, [superseded, latest]);
        assert_eq!(found(&app, "execution_is_latest=true&test_result=none").await, [empty]);
        assert!(!found(&app, "execution_is_latest=true").await.contains(&latest));
    }

    // Without a word on results, executions that have none are hidden; ids choose what is shown too.
    async fn results_decide_what_is_found_and_what_is_shown(app: TestApp) {
        let empty = app.start(&snap(&json!({"version": "0"}))).await;
        let first = app.start(&snap(&json!({"version": "1"}))).await;
        app.report(first, &[("a", "PASSED"), ("b", "FAILED"), ("c", "SKIPPED")]).await;
        let second = run(&app, &snap(&json!({"version": "2"}))).await;
        let of_first = result_ids(&app, first).await;
        let of_second = result_ids(&app, second).await;
        for query in ["", "test_result=any", "test_result=any&test_result=any"] {
            let answer = search(&app, query).await;
            assert_eq!(found(&app, query).await, [second, first], "{query}");
            assert_eq!(answer["test_executions"][1]["test_results"].as_array().unwrap().len(), 3, "{query}");
        }
        for query in ["test_result=none", "test_result=none&test_result=none"] {
            assert_eq!(found(&app, query).await, [empty], "{query}");
            assert_eq!(results_of(&search(&app, query).await), [0_i64; 0], "{query}");
        }
        let both = format!("test_result={}&test_result={}", of_first[0], of_second[0]);
        assert_eq!(found(&app, &both).await, [second, first]);
        // One item for an execution however many of its results are named, and only those are shown.
        let two = format!("test_result={}&test_result={}&test_result={}", of_first[0], of_first[2], of_first[0]);
        assert_eq!(results_of(&search(&app, &two).await), [of_first[2], of_first[0]]);
        assert_eq!(results_of(&search(&app, &format!("test_result=%2B{}", of_first[1])).await), [of_first[1]]);
        assert_eq!(found(&app, "test_result=0&test_result=-1").await, [0_i64; 0]);
        let unlike = format!("test_result={}&artefact_versions=2", of_first[0]);
        assert_eq!(found(&app, &unlike).await, [0_i64; 0]);
    }

    // `any` and `none` stand alone: not with ids, not with each other, in lower case.
    async fn special_values_are_not_mixed_with_ids(app: TestApp) {
        run(&app, &snap(&json!({}))).await;
        for name in ["reviewer_ids", "assignee_ids", "test_result"] {
            for values in
                [vec!["any", "none"], vec!["none", "any"], vec!["any", "1"], vec!["1", "none"], vec!["ANY"], vec!["None"],
                 vec!["x"], vec![""], vec!["1.5"], vec!["1,2"], vec!["99999999999999999999"]]
            {
                let query: Vec<String> = values.iter().map(|value| format!("{name}={value}")).collect();
                let problems = app.get(&format!("{PATH}?{}", query.join("&"))).await.problems();
                assert!(!problems.is_empty(), "{query:?}");
                for (_, loc) in &problems {
                    assert_eq!((&loc[0], &loc[1]), (&json!("query"), &json!(name)), "{query:?}");
                }
            }
        }
    }

    // Events: one of the names, any, none; the words are lower case, and the last of them counts.
    async fn executions_are_found_by_their_events(app: TestApp) {
        let quiet = run(&app, &snap(&json!({"version": "0"}))).await;
        let one = run(&app, &snap(&json!({"version": "1"}))).await;
        let two = run(&app, &snap(&json!({"version": "2"}))).await;
        let odd = run(&app, &snap(&json!({"version": "3"}))).await;
        for (id, names) in
            [(one, vec!["job_start"]), (two, vec!["job_start", "job_end", "job_end"]), (odd, vec!["ANY", "any"])]
        {
            for name in names {
                add_event(&app, id, name).await;
            }
        }
        for (query, expected) in [
            ("", vec![odd, two, one, quiet]),
            ("event_names=job_start", vec![two, one]),
            ("event_names=job_end", vec![two]),
            ("event_names=job_end&event_names=ANY", vec![odd, two]),
            ("event_names=job", vec![]),
            ("event_names=JOB_END", vec![]),
            ("event_names=ANY", vec![odd]),
            ("event_names=None", vec![]),
            ("event_names=", vec![]),
            ("event_names=any", vec![odd, two, one]),
            ("event_names=any&event_names=any", vec![odd, two, one]),
            ("event_names=none", vec![quiet]),
            ("event_names=any&event_names=none", vec![quiet]),
            ("event_names=none&event_names=any", vec![odd, two, one]),
        ] {
            assert_eq!(found(&app, query).await, expected, "{query}");
        }
        let mixed = "Cannot combine reserved values 'any'/'none' with specific filter values.";
        for query in [
            "event_names=any&event_names=job_end",
            "event_names=job_end&event_names=none",
            "event_names=any&event_names=none&event_names=job_end",
            "event_names=any&event_names=ANY",
        ] {
            app.get(&format!("{PATH}?{query}")).await.refused(422, mixed);
        }
    }

    // The span is that of the last change, with both ends.
    async fn executions_are_found_by_when_they_changed(app: TestApp) {
        let first = run(&app, &snap(&json!({"version": "1"}))).await;
        let second = run(&app, &snap(&json!({"version": "2"}))).await;
        changed_at(&app, first, "2031-01-02T10:00:00+00:00").await;
        changed_at(&app, second, "2031-01-03T10:00:00.500+00:00").await;
        for (query, expected) in [
            ("from_date=2031-01-02T10:00:00", vec![second, first]),
            ("from_date=2031-01-02T10:00:00.000001", vec![second]),
            ("from_date=2031-01-03T10:00:00.500000Z", vec![second]),
            ("from_date=2031-01-03T10:00:00.500001", vec![]),
            ("from_date=2031-01-03T10:00:00", vec![second]),
            ("until_date=2031-01-02T10:00:00Z", vec![first]),
            ("until_date=2031-01-02T09:59:59.999999", vec![]),
            ("until_date=2031-01-03T10:00:00.500", vec![second, first]),
            ("until_date=2031-01-03T10:00:00.499999", vec![first]),
            ("from_date=2031-01-02T10:00:00&until_date=2031-01-02T10:00:00", vec![first]),
            ("from_date=2031-01-04&until_date=2031-01-02", vec![]),
            // Spellings: an offset, a date alone, a space, Unix time.
            ("from_date=2031-01-02T12:00:00%2B02:00&until_date=2031-01-02T12:00:00%2B02:00", vec![first]),
            ("from_date=2031-01-03", vec![second]),
            ("until_date=2031-01-03", vec![first]),
            ("until_date=2031-01-03%2000:00", vec![first]),
            ("from_date=1925200800&until_date=1925200800", vec![]),
            ("from_date=1925114400&until_date=1925114400", vec![first]),
        ] {
            assert_eq!(found(&app, query).await, expected, "{query}");
        }
        for name in ["from_date", "until_date"] {
            for value in ["", "yesterday", "2031-13-01", "2031-01-01T25:00"] {
                let problems = app.get(&format!("{PATH}?{name}={value}")).await.problems();
                assert_eq!(problems.len(), 1, "{value}");
                assert!(problems[0].0.starts_with("datetime_"), "{value}: {problems:?}");
                assert_eq!(problems[0].1, json!(["query", name]), "{value}");
            }
        }
    }

    // Metadata: pairs of one category are alternatives, categories are asked for together.
    async fn executions_are_found_by_metadata(app: TestApp) {
        let one = run(&app, &snap(&json!({"version": "1"}))).await;
        let two = run(&app, &snap(&json!({"version": "2"}))).await;
        run(&app, &snap(&json!({"version": "3"}))).await;
        describe(&app, one, &json!({"kernel": ["6.8", "6.9"], "gadget": ["pi"], "a:b": ["c:d"]})).await;
        describe(&app, two, &json!({"kernel": ["6.9"], "gadget": ["pc"], "\u{e9}\u{1f9ea}": ["~?>~?>"]})).await;
        assert!(pair("kernel", "6.9").ends_with("a2VybmVs%3ANi45"));
        for (pairs, expected) in [
            (vec![("kernel", "6.9")], vec![two, one]),
            (vec![("kernel", "6.8")], vec![one]),
            (vec![("kernel", "6.8"), ("kernel", "6.9")], vec![two, one]),
            (vec![("kernel", "6.9"), ("kernel", "6.9")], vec![two, one]),
            (vec![("kernel", "6.9"), ("gadget", "pc")], vec![two]),
            (vec![("kernel", "6.8"), ("gadget", "pc")], vec![]),
            (vec![("kernel", "6.8"), ("gadget", "pc"), ("gadget", "pi")], vec![one]),
            // A value counts in its category only, and as it is spelt.
            (vec![("gadget", "6.9")], vec![]),
            (vec![("kernel", "pi")], vec![]),
            (vec![("Kernel", "6.9")], vec![]),
            (vec![("kernel", "6")], vec![]),
            // Colons and letters beyond ASCII are inside the encoded halves.
            (vec![("a:b", "c:d")], vec![one]),
            (vec![("a", "b")], vec![]),
            (vec![("\u{e9}\u{1f9ea}", "~?>~?>")], vec![two]),
        ] {
            let query: Vec<String> = pairs.iter().map(|(category, value)| pair(category, value)).collect();
            assert_eq!(found(&app, &query.join("&")).await, expected, "{pairs:?}");
        }
        let both = format!("{}&artefact_versions=2", pair("kernel", "6.9"));
        assert_eq!(found(&app, &both).await, [two]);
        // A colon need not be escaped.
        assert_eq!(found(&app, "execution_metadata=a2VybmVs:Ni45").await, [two, one]);
    }

    // What is wrong with a pair is told with the pair.
    async fn pairs_that_cannot_be_read_are_refused_with_a_text(app: TestApp) {
        let form = |item: &str| {
            format!("Invalid execution metadata format: '{item}'. Expected base64 encoded 'category:value'.")
        };
        let base64 = |item: &str| format!("Invalid base64 encoding in execution metadata: '{item}'.");
        let empty = |item: &str| {
            format!("Invalid execution metadata format: '{item}'. Both category and value must be non-empty.")
        };
        for (item, detail) in [
            ("", form("")),
            ("kernel", form("kernel")),
            ("a2VybmVs", form("a2VybmVs")),
            ("a2VybmV:Ni45", base64("a2VybmV:Ni45")),
            ("a2VybmVs:Ni4", base64("a2VybmVs:Ni4")),
            ("a2VybmVs:a", base64("a2VybmVs:a")),
            ("/w==:Ni45", base64("/w==:Ni45")),
            ("a2VybmVs:4p8=", base64("a2VybmVs:4p8=")),
            // The alphabet is the standard one, and nothing beside it is skipped.
            ("a2Vy bmVs:Ni45", base64("a2Vy bmVs:Ni45")),
            ("a2VybmVs:Ni4_", base64("a2VybmVs:Ni4_")),
            (":Ni45", empty(":Ni45")),
            ("a2VybmVs:", empty("a2VybmVs:")),
            (":", empty(":")),
        ] {
            app.get(&format!("{PATH}?execution_metadata={}", escaped(item))).await.refused(422, &detail);
        }
        // Before everything else that is wrong, and one that can be read does not help.
        let query = format!("{}&execution_metadata=kernel&families=x&limit=-1", pair("a", "b"));
        app.get(&format!("{PATH}?{query}")).await.refused(422, &form("kernel"));
        // But after the rights.
        let path = format!("{PATH}?execution_metadata=kernel");
        app.anonymous(Method::GET, &path, None).await.refused(403, "Insufficient permissions");
    }

    // Pairs that no execution can have are no failure.
    async fn pairs_beyond_what_is_stored_are_refused_or_match_nothing(app: TestApp) {
        run(&app, &snap(&json!({}))).await;
        let long = "x".repeat(201);
        for (category, value) in [(long.as_str(), "v"), ("c", long.as_str()), ("\0", "v"), ("c", "a\0b")] {
            let answer = app.get(&format!("{PATH}?{}", pair(category, value))).await;
            match answer.status.as_u16() {
                200 => assert_eq!(answer.ok()["count"], 0),
                status => assert_eq!(status, 422, "{}", answer.text()),
            }
        }
        for name in ["artefacts", "artefact_versions", "artefact_stages", "artefact_tracks", "environments", "event_names"] {
            assert_eq!(app.get(&format!("{PATH}?{name}=a%00b")).await.status, 422, "{name}");
            assert_eq!(found(&app, &format!("{name}={}", "x".repeat(3_000))).await, [0_i64; 0], "{name}");
        }
    }
}

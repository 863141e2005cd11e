//! `/v1/artefacts`: the current ones, one of them, its versions and builds.

use serde_json::{Value, json};

use crate::support::{TestApp, both, charm, deb, image, only, rerun_of, snap, solution};

type Make = fn(&Value) -> Value;

/// Starts a run on an artefact, sets the day of January 2031 on which the artefact was made, and returns its id.
async fn made_on(app: &TestApp, day: u8, body: &Value) -> i64 {
    let execution = app.start(body).await;
    let artefact = app.artefact_of(execution).await;
    let sql = format!("UPDATE artefact SET created_at = '2031-01-{day:02}T00:00:00+00:00' WHERE id = {artefact}");
    app.raw.run(&sql).await;
    artefact
}

async fn archive(app: &TestApp, artefact: i64) {
    app.raw.run(&format!("UPDATE artefact SET archived = TRUE WHERE id = {artefact}")).await;
}

async fn listed(app: &TestApp, query: &str) -> Vec<i64> {
    let list = app.get(&format!("/v1/artefacts{query}")).await.ok();
    list.as_array().unwrap().iter().map(|artefact| artefact["id"].as_i64().unwrap()).collect()
}

async fn versions(app: &TestApp, artefact: i64) -> Vec<i64> {
    let list = app.get(&format!("/v1/artefacts/{artefact}/versions")).await.ok();
    list.as_array().unwrap().iter().map(|version| version["artefact_id"].as_i64().unwrap()).collect()
}

async fn builds(app: &TestApp, artefact: i64) -> Value {
    app.get(&format!("/v1/artefacts/{artefact}/builds")).await.ok()
}

/// Two users; the second has no handle.
const USERS: &str = "INSERT INTO app_user (id, created_at, updated_at, email, name, launchpad_handle) VALUES
    (501, '2031-01-01T00:00:00+00:00', '2031-01-01T00:00:00+00:00', 'kim@example.org', 'Kim', 'kim-lp'),
    (502, '2031-01-01T00:00:00+00:00', '2031-01-01T00:00:00+00:00', 'ada@example.org', 'Ada', NULL)";

both! {
    async fn an_artefact_is_shown_with_every_key_and_no_other(app: TestApp) {
        let execution = app.start(&snap(&json!({}))).await;
        let id = app.artefact_of(execution).await;
        app.raw.run("UPDATE artefact SET created_at = '2031-01-22T08:30:00.120+00:00'").await;
        let bare = json!({
            "id": id, "name": "core22", "version": "20230531", "track": "22", "store": "ubuntu", "branch": "",
            "series": "", "repo": "", "source": "", "os": "", "release": "", "owner": "", "sha256": "",
            "image_url": "", "stage": "beta", "family": "snap", "status": "UNDECIDED", "comment": "",
            "archived": false, "reviewers": [], "due_date": null, "created_at": "2031-01-22T08:30:00.120000",
            "bug_link": "", "jira_issue": null, "all_environment_reviews_count": 1,
            "completed_environment_reviews_count": 0, "bundled_builds": [], "assignee": null,
        });
        assert_eq!(app.artefact(id).await, bare);
        assert_eq!(app.get("/v1/artefacts").await.ok(), json!([bare]));
    }

    // Clients of older versions read objects as texts: the keys come in one order.
    async fn the_keys_of_an_artefact_and_what_belongs_to_it_are_in_order(app: TestApp) {
        let links = json!([{"label": "log", "url": "https://ci.example.org"}]);
        let execution = app.start(&snap(&json!({"relevant_links": links}))).await;
        let id = app.artefact_of(execution).await;
        let metadata = json!({"execution_metadata": {"lane": ["blue"]}});
        app.patch(&format!("/v1/test-executions/{execution}"), &metadata).await.ok();
        app.raw
            .run(&format!(
                "{USERS};
                 INSERT INTO artefact_reviewers_association (artefact_id, user_id) VALUES ({id}, 501);
                 INSERT INTO artefact_bundled_builds_association (artefact_id, artefact_build_id)
                 SELECT {id}, id FROM artefact_build;
                 INSERT INTO environment_review_reviewers_association (environment_review_id, user_id)
                 SELECT id, 501 FROM artefact_build_environment_review"
            ))
            .await;
        let person = "id launchpad_handle email launchpad_email name";
        let artefact = format!(
            "id name version track store branch series repo source os release owner sha256 image_url stage family status \
             comment archived reviewers {person} due_date created_at bug_link jira_issue all_environment_reviews_count \
             completed_environment_reviews_count bundled_builds id architecture revision assignee {person}"
        );
        let build = "id architecture revision test_executions id ci_link c3_link relevant_links label url id \
                     environment id name architecture status test_plan created_at execution_metadata lane is_triaged \
                     is_rerun_requested rerun_priority bundled_in id name version family";
        let review = format!(
            "id review_decision review_comment environment id name architecture artefact_build id architecture revision \
             reviewers {person}"
        );
        for (path, expected) in [
            ("/v1/artefacts".to_owned(), artefact.as_str()),
            (format!("/v1/artefacts/{id}"), &artefact),
            (format!("/v1/artefacts/{id}/builds"), build),
            (format!("/v1/artefacts/{id}/environment-reviews"), &review),
        ] {
            let answer = app.get(&path).await;
            assert_eq!((answer.status.as_u16(), answer.keys().as_str()), (200, expected), "{path}");
        }
        let changed = app.patch(&format!("/v1/artefacts/{id}"), &json!({"comment": "x"})).await;
        assert_eq!(changed.keys(), artefact);
    }

    async fn decisions_and_people_are_shown(app: TestApp) {
        let execution = app.start(&snap(&json!({}))).await;
        let id = app.artefact_of(execution).await;
        app.raw
            .run(&format!(
                "{USERS};
                 INSERT INTO artefact_reviewers_association (artefact_id, user_id, position)
                 VALUES ({id}, 501, 1), ({id}, 502, 0);
                 UPDATE artefact SET status = 'APPROVED', bug_link = 'http://bugs/1', due_date = '2031-02-01',
                     comment = 'good', jira_issue = 'TO-1', archived = TRUE"
            ))
            .await;
        let kim = json!({"id": 501, "launchpad_handle": "kim-lp", "email": "kim@example.org",
                         "launchpad_email": "kim@example.org", "name": "Kim"});
        let ada = json!({"id": 502, "launchpad_handle": null, "email": "ada@example.org",
                         "launchpad_email": "ada@example.org", "name": "Ada"});
        let expected = json!({
            "status": "APPROVED", "bug_link": "http://bugs/1", "due_date": "2031-02-01", "comment": "good",
            "jira_issue": "TO-1", "archived": true, "reviewers": [ada, kim], "assignee": ada,
        });
        // In the order of assignment, and an archived one can be asked for.
        assert_eq!(only(&app.artefact(id).await, &expected), expected);
    }

    async fn counters_look_at_the_latest_builds_only(app: TestApp) {
        let execution = app.start(&snap(&json!({"revision": 1, "arch": "amd64"}))).await;
        app.start(&snap(&json!({"revision": 1, "arch": "amd64", "environment": "second"}))).await;
        app.start(&snap(&json!({"revision": 1, "arch": "arm64"}))).await;
        let id = app.artefact_of(execution).await;
        let decide = |decision: &str| format!("UPDATE artefact_build_environment_review SET review_decision = '{decision}'");
        let counters = |all: i64, completed: i64| {
            json!({"all_environment_reviews_count": all, "completed_environment_reviews_count": completed})
        };
        assert_eq!(only(&app.artefact(id).await, &counters(3, 0)), counters(3, 0));
        app.raw.run(&decide(r#"["APPROVED_ALL_TESTS_PASS", "APPROVED_FAULTY_HARDWARE"]"#)).await;
        assert_eq!(only(&app.artefact(id).await, &counters(3, 3)), counters(3, 3));
        app.start(&snap(&json!({"revision": 2, "arch": "amd64"}))).await;
        assert_eq!(only(&app.artefact(id).await, &counters(2, 1)), counters(2, 1));
        app.raw.run(&decide(r#"["REJECTED"]"#)).await;
        assert_eq!(only(&app.artefact(id).await, &counters(2, 2)), counters(2, 2));
        // A build that arrives late and is older stays behind.
        app.start(&snap(&json!({"revision": 0, "arch": "amd64", "environment": "third"}))).await;
        let list = app.get("/v1/artefacts?family=snap").await.ok();
        assert_eq!(only(&list[0], &counters(2, 2)), counters(2, 2));
    }

    async fn unknown_artefacts_are_not_found(app: TestApp) {
        for id in ["99", "0", "-1", "2147483648", "99999999999999999999"] {
            for rest in ["", "/builds", "/versions"] {
                let answer = app.get(&format!("/v1/artefacts/{id}{rest}")).await;
                assert_eq!(answer.status, 404, "{id}{rest}");
                let detail = answer.json()["detail"].as_str().unwrap().to_owned();
                assert!(detail.starts_with("Artefact with id ") && detail.ends_with(" not found"), "{detail}");
            }
        }
        app.get("/v1/artefacts/99").await.refused(404, "Artefact with id 99 not found");
        for rest in ["", "/builds", "/versions"] {
            let problems = app.get(&format!("/v1/artefacts/abc{rest}")).await.problems();
            assert_eq!(problems, [("int_parsing".to_owned(), json!(["path", "artefact_id"]))]);
        }
    }

    async fn ids_have_odd_spellings(app: TestApp) {
        let execution = app.start(&snap(&json!({}))).await;
        let id = app.artefact_of(execution).await;
        for spelling in [format!("+{id}"), format!("{id}.0"), format!("%20{id}"), format!("0_{id}")] {
            assert_eq!(app.get(&format!("/v1/artefacts/{spelling}")).await.ok()["id"], id, "{spelling}");
        }
    }

    async fn the_newest_of_each_group_is_current(app: TestApp) {
        let ppa = json!({"execution_stage": null, "source": "ppa"});
        for (make, of_old, of_new, is_replaced) in [
            (snap as Make, json!({}), json!({"version": "2"}), true),
            (snap, json!({}), json!({"version": "2", "store": "brand"}), true),
            (snap, json!({}), json!({"version": "2", "branch": "fix"}), false),
            (snap, json!({}), json!({"version": "2", "track": "latest"}), false),
            (snap, json!({}), json!({"version": "2", "execution_stage": "stable"}), false),
            (snap, json!({}), json!({"version": "2", "name": "core24"}), false),
            (deb, json!({}), json!({"version": "2"}), true),
            (deb, json!({}), json!({"version": "2", "repo": "main"}), false),
            (deb, json!({}), json!({"version": "2", "series": "jammy"}), false),
            (deb, json!({}), json!({"version": "2", "execution_stage": "updates"}), false),
            (deb, ppa.clone(), json!({"version": "2", "execution_stage": null, "source": "ppa"}), true),
            (deb, ppa, json!({"version": "2", "execution_stage": null, "source": "other"}), false),
            (charm, json!({}), json!({"version": "2"}), false),
            (image, json!({}), json!({"version": "2", "sha256": "def"}), true),
            (image, json!({}), json!({"sha256": "def", "owner": "other", "image_url": "http://x/"}), true),
            (image, json!({}), json!({"sha256": "def", "os": "core"}), false),
            (image, json!({}), json!({"sha256": "def", "release": "jammy"}), false),
            (image, json!({}), json!({"sha256": "def", "execution_stage": "current"}), false),
            (image, json!({}), json!({"sha256": "def", "name": "other"}), false),
            (solution, json!({}), json!({"version": "3"}), true),
            (solution, json!({}), json!({"version": "3", "source": "brand"}), false),
            (solution, json!({}), json!({"version": "3", "track": "3"}), false),
            (solution, json!({}), json!({"version": "3", "execution_stage": "beta"}), false),
        ] {
            app.raw.run("DELETE FROM artefact").await;
            let old = made_on(&app, 1, &make(&of_old)).await;
            let new = made_on(&app, 2, &make(&of_new)).await;
            let mut current = listed(&app, "").await;
            current.sort_unstable();
            let expected = if is_replaced { vec![new] } else { vec![old, new] };
            assert_eq!(current, expected, "{of_new}");
        }
    }

    async fn newest_is_a_matter_of_time_not_of_version_or_id(app: TestApp) {
        let newest = made_on(&app, 3, &snap(&json!({"version": "3"}))).await;
        let older = made_on(&app, 2, &snap(&json!({"version": "9"}))).await;
        assert!(older > newest);
        assert_eq!(listed(&app, "").await, [newest]);
        // Of two made at the same moment one is shown: the later one.
        let twin = made_on(&app, 3, &snap(&json!({"version": "4"}))).await;
        assert_eq!(listed(&app, "").await, [twin]);
    }

    // Of the same name, stage and track in several families each is current, although they are of the same moment.
    async fn the_newest_is_that_of_its_family(app: TestApp) {
        let same = json!({"name": "thing", "track": "1", "source": "", "execution_stage": "edge", "version": "1"});
        let mut ids = Vec::new();
        for make in [snap as Make, charm, solution] {
            ids.push(made_on(&app, 1, &make(&same)).await);
        }
        assert_eq!(listed(&app, "").await, ids);
        // Nor does an archived one of another family hide one.
        archive(&app, ids[2]).await;
        assert_eq!(listed(&app, "").await, ids[..2]);
    }

    async fn archived_artefacts_are_dropped_before_the_newest_is_chosen(app: TestApp) {
        for (make, of_new) in [
            (snap as Make, json!({"version": "2"})),
            (deb, json!({"version": "2"})),
            (charm, json!({"version": "2"})),
            (image, json!({"sha256": "def"})),
            (solution, json!({"version": "3"})),
        ] {
            app.raw.run("DELETE FROM artefact").await;
            let old = made_on(&app, 1, &make(&json!({}))).await;
            let new = made_on(&app, 2, &make(&of_new)).await;
            archive(&app, new).await;
            assert_eq!(listed(&app, "").await, [old], "{of_new}");
            // An archived twin of the same moment changes nothing.
            app.raw.run("UPDATE artefact SET created_at = '2031-01-05T00:00:00+00:00'").await;
            assert_eq!(listed(&app, "").await, [old], "{of_new}");
            archive(&app, old).await;
            assert_eq!(listed(&app, "").await, [0_i64; 0]);
        }
    }

    async fn all_charms_are_current(app: TestApp) {
        let mut expected = Vec::new();
        for (day, version) in [(1, "1"), (2, "2"), (3, "3")] {
            expected.push(made_on(&app, day, &charm(&json!({"version": version}))).await);
        }
        archive(&app, expected.remove(1)).await;
        assert_eq!(listed(&app, "?family=charm").await, expected);
    }

    async fn families_follow_each_other_each_by_name_and_time(app: TestApp) {
        let mut expected = Vec::new();
        let other_stage = json!({"execution_stage": "stable"});
        let mut rows = Vec::new();
        for (make, stage, tag) in [
            (snap as Make, other_stage.clone(), "snap"),
            (deb, json!({"execution_stage": "updates"}), "deb"),
            (charm, other_stage.clone(), "charm"),
            (image, json!({"execution_stage": "current"}), "image"),
            (solution, other_stage, "solution"),
        ] {
            // Upper case comes first: by bytes, in whatever locale the database runs.
            for (name, day, changes) in
                [("Zed", 5, json!({})), ("_x", 4, json!({})), ("alpha", 2, json!({})), ("alpha", 3, stage), ("beta", 1, json!({}))]
            {
                let mut body = make(&changes);
                body["name"] = json!(name);
                body["version"] = json!(format!("{day}"));
                body["sha256"] = json!(format!("{tag}{day}"));
                rows.push((day, body));
            }
        }
        for (day, body) in &rows {
            expected.push(made_on(&app, *day, body).await);
        }
        assert_eq!(listed(&app, "").await, expected);
        for (index, family) in ["snap", "deb", "charm", "image", "solution"].iter().enumerate() {
            let own = &expected[index * 5..(index + 1) * 5];
            assert_eq!(listed(&app, &format!("?family={family}")).await, own, "{family}");
        }
    }

    async fn the_family_filter_is_a_family(app: TestApp) {
        let id = made_on(&app, 1, &snap(&json!({}))).await;
        for (query, expected) in [
            ("?family=snap", vec![id]),
            ("?family=deb", vec![]),
            ("?family=nonsense&family=snap", vec![id]),
            ("?families=deb&limit=0&nonsense", vec![id]),
            ("?family=%73nap", vec![id]),
            ("?", vec![id]),
        ] {
            assert_eq!(listed(&app, query).await, expected, "{query}");
        }
        for query in ["?family=", "?family=Snap", "?family=snap,deb", "?family=snap&family=", "?family=snap%00"] {
            let problems = app.get(&format!("/v1/artefacts{query}")).await.problems();
            assert_eq!(problems, [("enum".to_owned(), json!(["query", "family"]))], "{query}");
        }
    }

    async fn the_list_takes_the_same_statements_for_one_artefact_as_for_many(app: TestApp) {
        let users = [app.add_user("kim").await, app.add_user("ada").await];
        let mut counts = Vec::new();
        for versions in [1, 12] {
            for version in 0..versions {
                let execution = app.start(&charm(&json!({"version": format!("{version}")}))).await;
                let id = app.artefact_of(execution).await;
                let build = app.raw.number(&format!("SELECT id FROM artefact_build WHERE artefact_id = {id}")).await;
                let body = json!({"reviewer_ids": users[..versions.min(2)], "bundled_builds": [build]});
                app.patch(&format!("/v1/artefacts/{id}"), &body).await.ok();
            }
            let before = app.service.db.statements();
            assert_eq!(listed(&app, "").await.len(), versions);
            counts.push(app.service.db.statements() - before);
        }
        assert_eq!(counts[0], counts[1]);
    }

    async fn versions_list_each_other_newest_first(app: TestApp) {
        let first = made_on(&app, 9, &snap(&json!({"version": "1"}))).await;
        let second = made_on(&app, 1, &snap(&json!({"version": "2"}))).await;
        let branch = made_on(&app, 1, &snap(&json!({"version": "3", "branch": "fix"}))).await;
        let expected = json!([{"version": "2", "artefact_id": second}, {"version": "1", "artefact_id": first}]);
        archive(&app, first).await;
        for id in [first, second] {
            assert_eq!(app.get(&format!("/v1/artefacts/{id}/versions")).await.ok(), expected);
        }
        assert_eq!(versions(&app, branch).await, [branch]);
    }

    async fn versions_take_the_same_statements_for_one_as_for_many(app: TestApp) {
        let mut counts = Vec::new();
        for size in [1, 12] {
            let mut id = 0;
            for version in 0..size {
                id = made_on(&app, 1, &snap(&json!({"version": format!("{version}")}))).await;
            }
            let before = app.service.db.statements();
            assert_eq!(versions(&app, id).await.len(), size);
            counts.push(app.service.db.statements() - before);
        }
        assert_eq!(counts[0], counts[1]);
    }

    async fn versions_share_all_but_version_stage_store_and_owner(app: TestApp) {
        let ppa = json!({"execution_stage": null, "source": "ppa"});
        for (make, of_one, of_other, are_versions) in [
            (snap as Make, json!({}), json!({"version": "2", "execution_stage": "stable"}), true),
            (snap, json!({}), json!({"version": "2", "store": "brand"}), true),
            (snap, json!({}), json!({"version": "2", "track": "latest"}), false),
            (snap, json!({}), json!({"version": "2", "name": "core24"}), false),
            (charm, json!({}), json!({"version": "2", "branch": "fix"}), false),
            (deb, json!({}), json!({"version": "2", "series": "jammy"}), false),
            (deb, json!({}), json!({"version": "2", "repo": "main"}), false),
            (deb, json!({}), json!({"version": "2", "execution_stage": "updates"}), true),
            (deb, json!({}), ppa, false),
            (image, json!({}), json!({"sha256": "def", "owner": "other", "version": "2"}), true),
            (image, json!({}), json!({"sha256": "def", "os": "core"}), false),
            (image, json!({}), json!({"sha256": "def", "release": "jammy"}), false),
            (solution, json!({}), json!({"version": "3"}), true),
            (solution, json!({}), json!({"version": "3", "source": "brand"}), false),
        ] {
            app.raw.run("DELETE FROM artefact").await;
            let one = made_on(&app, 1, &make(&of_one)).await;
            let other = made_on(&app, 2, &make(&of_other)).await;
            let expected = if are_versions { vec![other, one] } else { vec![one] };
            assert_eq!(versions(&app, one).await, expected, "{of_other}");
        }
    }

    async fn versions_are_of_one_family_and_one_bundle(app: TestApp) {
        let same = json!({"name": "thing", "track": "latest", "source": "", "execution_stage": "edge"});
        let mut ids = Vec::new();
        for make in [snap as Make, charm, solution] {
            ids.push(made_on(&app, 1, &make(&same)).await);
        }
        for id in &ids {
            assert_eq!(versions(&app, *id).await, [*id]);
        }
        let mut next = solution(&same);
        next["version"] = json!("3");
        let next = made_on(&app, 1, &next).await;
        assert_eq!(versions(&app, next).await, [next, ids[2]]);
        app.raw.run(&format!("UPDATE artefact SET bundled_builds_hash = 'x' WHERE id = {next}")).await;
        assert_eq!(versions(&app, next).await, [next]);
    }

    async fn a_build_is_shown_with_what_ran_on_it(app: TestApp) {
        let links = json!([{"label": "log", "url": "https://ci.example.org"}]);
        let execution = app.start(&snap(&json!({"revision": 7, "relevant_links": links}))).await;
        let artefact = app.artefact_of(execution).await;
        app.patch(&format!("/v1/test-executions/{execution}"), &json!({"execution_metadata": {"lane": ["blue"]}})).await.ok();
        app.raw.run(&rerun_of(execution, 0)).await;
        let bundling = app.start(&solution(&json!({}))).await;
        let bundling = app.artefact_of(bundling).await;
        app.raw
            .run(&format!(
                "INSERT INTO artefact_bundled_builds_association (artefact_id, artefact_build_id)
                 SELECT {bundling}, artefact_build_id FROM test_execution WHERE id = {execution}"
            ))
            .await;
        let shown = builds(&app, artefact).await;
        let build = shown[0]["id"].as_i64().unwrap();
        let expected = json!([{
            "id": build, "architecture": "armhf", "revision": 7,
            "test_executions": [app.execution(execution).await],
            "bundled_in": [{"id": bundling, "name": "stack", "version": "2", "family": "solution"}],
        }]);
        assert_eq!(shown, expected);
        let execution = &shown[0]["test_executions"][0];
        let reruns = json!({
            "is_rerun_requested": true, "rerun_priority": 0, "execution_metadata": {"lane": ["blue"]},
        });
        assert_eq!(only(execution, &reruns), reruns);
        let bundle = json!([{"id": build, "architecture": "armhf", "revision": 7}]);
        assert_eq!(app.artefact(bundling).await["bundled_builds"], bundle);
    }

    async fn bundled_builds_are_in_the_order_of_bundling(app: TestApp) {
        let bundling = app.start(&solution(&json!({}))).await;
        let bundling = app.artefact_of(bundling).await;
        for (arch, position) in [("amd64", 2), ("arm64", 0), ("armhf", 1)] {
            let execution = app.start(&snap(&json!({"arch": arch}))).await;
            app.raw
                .run(&format!(
                    "INSERT INTO artefact_bundled_builds_association (artefact_id, artefact_build_id, position)
                     SELECT {bundling}, artefact_build_id, {position} FROM test_execution WHERE id = {execution}"
                ))
                .await;
        }
        let bundled = app.artefact(bundling).await["bundled_builds"].clone();
        let found: Vec<_> = bundled.as_array().unwrap().iter().map(|build| build["architecture"].clone()).collect();
        assert_eq!(json!(found), json!(["arm64", "armhf", "amd64"]));
    }

    async fn the_latest_build_of_each_architecture_is_shown(app: TestApp) {
        // In the order in which the architectures appeared, whichever build of theirs is the latest.
        let started = [("amd64", 1), ("arm64", 5), ("amd64", 3), ("amd64", 2), ("armhf", -1), ("arm64", 4)];
        let mut artefact = 0;
        for (arch, revision) in started {
            let execution = app.start(&snap(&json!({"arch": arch, "revision": revision}))).await;
            artefact = app.artefact_of(execution).await;
        }
        // No revision counts as 0: more than a negative one, and of equals the older build wins.
        let unnumbered = |arch: &str| {
            format!(
                "INSERT INTO artefact_build (artefact_id, architecture, created_at, updated_at)
                 VALUES ({artefact}, '{arch}', '2031-01-01T00:00:00+00:00', '2031-01-01T00:00:00+00:00')"
            )
        };
        app.raw.run(&unnumbered("armhf")).await;
        app.start(&snap(&json!({"arch": "riscv64", "revision": 0}))).await;
        app.raw.run(&unnumbered("riscv64")).await;
        let found = builds(&app, artefact).await;
        let found: Vec<Value> =
            found.as_array().unwrap().iter().map(|build| json!([build["architecture"], build["revision"]])).collect();
        assert_eq!(json!(found), json!([["amd64", 3], ["arm64", 5], ["armhf", null], ["riscv64", 0]]));
    }

    async fn executions_are_sorted_by_environment_then_by_id(app: TestApp) {
        let mut artefact = 0;
        for (environment, plan) in
            [("e2", "a"), ("e1", "b"), ("\u{e9}", "a"), ("e1", "a"), ("E3", "a"), ("_", "a"), ("e1", "b"), ("e10", "a")]
        {
            let execution = app.start(&snap(&json!({"environment": environment, "test_plan": plan}))).await;
            artefact = app.artefact_of(execution).await;
        }
        let found = builds(&app, artefact).await;
        let executions = found[0]["test_executions"].as_array().unwrap();
        let names: Vec<_> = executions.iter().map(|it| it["environment"]["name"].as_str().unwrap()).collect();
        // By code point; every plan and every repetition is there.
        assert_eq!(names, ["E3", "_", "e1", "e1", "e1", "e10", "e2", "\u{e9}"]);
        assert!(executions[2..5].is_sorted_by_key(|it| it["id"].as_i64().unwrap()));
    }

    async fn builds_of_one_artefact_do_not_mix_with_anothers(app: TestApp) {
        let one = app.start(&snap(&json!({"version": "1"}))).await;
        let other = app.start(&snap(&json!({"version": "2"}))).await;
        for execution in [one, other] {
            let found = builds(&app, app.artefact_of(execution).await).await;
            assert_eq!(found.as_array().unwrap().len(), 1);
            assert_eq!(found[0]["test_executions"], json!([app.execution(execution).await]));
            assert_eq!(found[0]["bundled_in"], json!([]));
        }
    }

    async fn an_artefact_may_have_no_builds(app: TestApp) {
        let execution = app.start(&snap(&json!({}))).await;
        let artefact = app.artefact_of(execution).await;
        app.raw.run("DELETE FROM artefact_build").await;
        assert_eq!(builds(&app, artefact).await, json!([]));
        assert_eq!(app.artefact(artefact).await["all_environment_reviews_count"], 0);
    }

    async fn builds_take_the_same_statements_for_one_execution_as_for_many(app: TestApp) {
        let mut counts = Vec::new();
        let mut artefact = 0;
        for executions in [1, 15] {
            for n in 0..executions {
                let links = json!([{"label": "l", "url": "http://x"}]);
                let changes = json!({
                    "environment": format!("e{n}"), "arch": format!("a{n}"), "relevant_links": links,
                });
                let execution = app.start(&snap(&changes)).await;
                app.report(execution, &[("boot", "FAILED"), ("wifi", "PASSED")]).await;
                let metadata = json!({"execution_metadata": {"lane": [format!("{n}")]}});
                app.patch(&format!("/v1/test-executions/{execution}"), &metadata).await.ok();
                artefact = app.artefact_of(execution).await;
            }
            app.raw
                .run(&format!(
                    "INSERT INTO artefact_bundled_builds_association (artefact_id, artefact_build_id)
                     SELECT artefact_id, id FROM artefact_build WHERE artefact_id = {artefact} ON CONFLICT DO NOTHING"
                ))
                .await;
            let before = app.service.db.statements();
            builds(&app, artefact).await;
            counts.push(app.service.db.statements() - before);
        }
        assert_eq!(counts[0], counts[1]);
    }

    async fn paging_parameters_of_builds_are_ignored(app: TestApp) {
        let execution = app.start(&snap(&json!({}))).await;
        let artefact = app.artefact_of(execution).await;
        let paged = app.get(&format!("/v1/artefacts/{artefact}/builds?limit=0&offset=x")).await.ok();
        assert_eq!(paged, builds(&app, artefact).await);
    }
}

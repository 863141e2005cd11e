//! `PUT /v1/test-executions/start-test`.

use serde_json::{Value, json};

use crate::support::{both, charm, deb, image, only, rerun_of, snap, solution};

const START: &str = "/v1/test-executions/start-test";

type Make = fn(&Value) -> Value;

const FAMILIES: [(&str, Make); 5] =
    [("snap", snap), ("deb", deb), ("charm", charm), ("image", image), ("solution", solution)];

/// A body with a field set, also to null.
fn with(mut body: Value, field: &str, value: impl Into<Value>) -> Value {
    body[field] = value.into();
    body
}

/// How many rows the tables of a run hold.
const ROWS: &str = "SELECT (SELECT COUNT(*) FROM artefact) + (SELECT COUNT(*) FROM artefact_build)
    + (SELECT COUNT(*) FROM environment) + (SELECT COUNT(*) FROM artefact_build_environment_review)
    + (SELECT COUNT(*) FROM test_plan) + (SELECT COUNT(*) FROM test_execution)";

both! {
    async fn each_family_says_its_own_about_the_artefact(app: TestApp) {
        let nothing = json!({
            "track": "", "store": "", "branch": "", "series": "", "repo": "", "source": "", "os": "", "release": "",
            "owner": "", "sha256": "", "image_url": "", "comment": "", "bug_link": "", "jira_issue": null,
            "due_date": null, "status": "UNDECIDED", "archived": false, "reviewers": [], "assignee": null,
            "bundled_builds": [], "all_environment_reviews_count": 1, "completed_environment_reviews_count": 0,
        });
        for (body, own) in [
            (
                snap(&json!({"branch": "fix"})),
                json!({"family": "snap", "name": "core22", "version": "20230531", "track": "22", "store": "ubuntu",
                       "branch": "fix", "stage": "beta"}),
            ),
            (
                deb(&json!({})),
                json!({"family": "deb", "name": "hello", "version": "2.10-3", "series": "noble", "repo": "universe",
                       "stage": "proposed"}),
            ),
            (
                deb(&json!({"execution_stage": null, "source": "ppa:team/next"})),
                json!({"family": "deb", "name": "hello", "version": "2.10-3", "series": "noble", "repo": "universe",
                       "source": "ppa:team/next", "stage": ""}),
            ),
            (
                charm(&json!({"branch": "fix"})),
                json!({"family": "charm", "name": "postgresql-k8s", "version": "123", "track": "14", "branch": "fix",
                       "stage": "candidate"}),
            ),
            (
                image(&json!({})),
                json!({"family": "image", "name": "noble-live-desktop-amd64", "version": "20240827", "os": "ubuntu",
                       "release": "noble", "sha256": "abc123", "owner": "foundations", "stage": "pending",
                       "image_url": "https://cdimage.example.org/noble.iso"}),
            ),
            (
                solution(&json!({})),
                json!({"family": "solution", "name": "stack", "version": "2", "track": "2", "source": "store",
                       "stage": "edge"}),
            ),
        ] {
            let execution = app.start(&body).await;
            let shown = app.artefact(app.artefact_of(execution).await).await;
            let mut expected = nothing.clone();
            expected.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
            assert_eq!(only(&shown, &expected), expected);
        }
    }

    async fn the_answer_is_the_id_alone(app: TestApp) {
        for _ in 0..2 {
            let answer = app.put(START, &snap(&json!({"ci_link": "http://ci/1"}))).await.ok();
            assert_eq!(answer, json!({"id": answer["id"]}));
            assert!(answer["id"].is_i64());
        }
    }

    async fn the_build_and_the_environment_run_the_architecture(app: TestApp) {
        for (make, revision) in
            [(snap as Make, json!(1)), (deb, json!(null)), (charm, json!(123)), (image, json!(null)), (solution, json!(null))]
        {
            let body = make(&json!({"arch": "s390x", "environment": "mainframe"}));
            let execution = app.start(&body).await;
            let artefact = app.artefact_of(execution).await;
            let builds = app.get(&format!("/v1/artefacts/{artefact}/builds")).await.ok();
            assert_eq!(builds.as_array().unwrap().len(), 1);
            assert_eq!((&builds[0]["architecture"], &builds[0]["revision"]), (&json!("s390x"), &revision), "{body}");
            let environment = &app.execution(execution).await["environment"];
            assert_eq!((&environment["name"], &environment["architecture"]), (&json!("mainframe"), &json!("s390x")));
        }
    }

    async fn what_is_left_out_of_the_run_is_empty(app: TestApp) {
        for (family, make) in FAMILIES {
            let body = make(&json!({}));
            let id = app.start(&body).await;
            let shown = app.execution(id).await;
            let expected = json!({
                "id": id, "ci_link": null, "c3_link": null, "relevant_links": [], "environment": shown["environment"],
                "status": "IN_PROGRESS", "test_plan": body["test_plan"], "created_at": shown["created_at"],
                "execution_metadata": {}, "is_triaged": true, "is_rerun_requested": false, "rerun_priority": null,
            });
            assert_eq!(shown, expected, "{family}");
            let empty = format!("SELECT COUNT(*) FROM test_execution WHERE id = {id} AND resource_url = ''");
            assert_eq!(app.raw.number(&empty).await, 1);
        }
    }

    async fn nobody_is_assigned_unless_wanted(app: TestApp) {
        let execution = app.start(&snap(&json!({"needs_assignment": false}))).await;
        let artefact = app.artefact(app.artefact_of(execution).await).await;
        let expected = json!({"reviewers": [], "assignee": null, "due_date": null});
        assert_eq!(only(&artefact, &expected), expected);
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM notification").await, 0);
    }

    async fn each_required_field_is_missed(app: TestApp) {
        let common = ["name", "version", "arch", "environment", "test_plan"];
        for (family, make, own) in [
            ("snap", snap as Make, &["revision", "track", "store", "execution_stage"][..]),
            ("charm", charm, &["revision", "track", "execution_stage"]),
            ("deb", deb, &["series", "repo"]),
            ("solution", solution, &["track", "source", "execution_stage"]),
        ] {
            for field in common.iter().chain(own) {
                let problems = app.put(START, &make(&json!({*field: null}))).await.problems();
                assert_eq!(problems, [("missing".to_owned(), json!(["body", family, field]))]);
            }
        }
        for field in ["environment", "test_plan", "sha256"] {
            let problems = app.put(START, &image(&json!({field: null}))).await.problems();
            assert_eq!(problems, [("missing".to_owned(), json!(["body", "image", field]))]);
        }
        assert_eq!(app.raw.number(ROWS).await, 0);
    }

    async fn every_problem_is_told_at_once(app: TestApp) {
        let body = json!({"family": "charm", "name": 5, "version": "", "revision": "x", "execution_stage": "current"});
        let mut problems = app.put(START, &body).await.problems();
        problems.sort_by_key(|(kind, loc)| (kind.clone(), loc.to_string()));
        let expected = [
            ("enum", "execution_stage"),
            ("int_parsing", "revision"),
            ("missing", "arch"),
            ("missing", "environment"),
            ("missing", "test_plan"),
            ("missing", "track"),
            ("string_type", "name"),
            ("value_error", "version"),
        ];
        assert_eq!(problems, expected.map(|(kind, field)| (kind.to_owned(), json!(["body", "charm", field]))));
    }

    async fn the_family_selects_the_schema(app: TestApp) {
        for (family, make) in FAMILIES {
            let problems = app.put(START, &make(&json!({"family": null}))).await.problems();
            assert_eq!(problems, [("union_tag_not_found".to_owned(), json!(["body"]))], "{family}");
        }
        for family in [json!("flatpak"), json!("Snap"), json!(""), json!(null), json!(5), json!(["snap"])] {
            let problems = app.put(START, &with(snap(&json!({})), "family", family.clone())).await.problems();
            assert_eq!(problems, [("union_tag_invalid".to_owned(), json!(["body"]))], "{family}");
        }
    }

    async fn a_stage_is_one_of_the_familys_own(app: TestApp) {
        let risks = ["edge", "beta", "candidate", "stable"];
        let stages = ["edge", "beta", "candidate", "stable", "proposed", "updates", "pending", "current", "Edge", "?"];
        for (family, make, own) in [
            ("snap", snap as Make, &risks[..]),
            ("charm", charm, &risks),
            ("deb", deb, &["proposed", "updates"]),
            ("image", image, &["pending", "current"]),
            ("solution", solution, &risks),
        ] {
            for stage in stages {
                let answer = app.put(START, &make(&json!({"execution_stage": stage}))).await;
                if own.contains(&stage) {
                    answer.ok();
                } else {
                    let expected = [("enum".to_owned(), json!(["body", family, "execution_stage"]))];
                    assert_eq!(answer.problems(), expected, "{family} {stage}");
                }
            }
            if family != "deb" {
                assert_eq!(app.put(START, &make(&json!({"execution_stage": ""}))).await.problems()[0].0, "enum");
            }
        }
    }

    async fn the_message_lists_the_stages_in_their_order(app: TestApp) {
        for (body, expected) in [
            (snap(&json!({"execution_stage": "x"})), "'edge', 'beta', 'candidate' or 'stable'"),
            (deb(&json!({"execution_stage": "x"})), "'proposed' or 'updates'"),
            (image(&json!({"execution_stage": "x"})), "'pending' or 'current'"),
        ] {
            let problem = app.put(START, &body).await.json()["detail"][0].clone();
            assert_eq!(problem["msg"], format!("Input should be {expected}"));
            assert_eq!((&problem["ctx"]["expected"], &problem["input"]), (&json!(expected), &json!("x")));
        }
    }

    async fn a_deb_comes_from_a_pocket_or_from_a_source(app: TestApp) {
        let none = "Value error, Received no source or execution_stage";
        let two = "Value error, Received both source and execution_stage";
        for (changes, message) in [
            (json!({"execution_stage": null}), Some(none)),
            (json!({"execution_stage": ""}), Some(none)),
            (json!({"execution_stage": "", "source": ""}), Some(none)),
            (json!({"source": "ppa"}), Some(two)),
            (json!({"source": "ppa", "execution_stage": ""}), None),
            (json!({"source": "ppa", "execution_stage": null}), None),
            (json!({"source": "", "execution_stage": "updates"}), None),
        ] {
            let answer = app.put(START, &deb(&changes)).await;
            let Some(message) = message else {
                answer.ok();
                continue;
            };
            assert_eq!(answer.problems(), [("value_error".to_owned(), json!(["body", "deb"]))], "{changes}");
            assert_eq!(answer.json()["detail"][0]["msg"], message, "{changes}");
        }
    }

    async fn an_execution_starts_with_any_status_but_an_instruction(app: TestApp) {
        for status in ["NOT_STARTED", "IN_PROGRESS", "PASSED", "FAILED", "NOT_TESTED", "ENDED_PREMATURELY"] {
            let id = app.start(&deb(&json!({"initial_status": status}))).await;
            assert_eq!(app.execution(id).await["status"], status);
        }
        for status in [json!("COMPLETED"), json!("passed"), json!(""), json!(null), json!(1)] {
            let problems = app.put(START, &with(deb(&json!({})), "initial_status", status.clone())).await.problems();
            assert_eq!(problems, [("enum".to_owned(), json!(["body", "deb", "initial_status"]))], "{status}");
        }
    }

    async fn a_ci_link_names_one_execution(app: TestApp) {
        for (family, make) in FAMILIES {
            let linked = |link: &str| make(&json!({"ci_link": format!("http://ci/{family}/{link}")}));
            let first = app.start(&linked("1")).await;
            assert_eq!(app.start(&linked("1")).await, first, "{family}");
            let before = app.raw.number(ROWS).await;
            let other = app.start(&linked("2")).await;
            assert_ne!(other, first, "{family}");
            assert_eq!(app.raw.number(ROWS).await, before + 1, "{family}: the same build and environment");
            assert_eq!(app.artefact_of(other).await, app.artefact_of(first).await);
        }
    }

    async fn without_a_ci_link_every_start_is_a_new_execution(app: TestApp) {
        for (family, make) in FAMILIES {
            let first = app.start(&make(&json!({}))).await;
            let second = app.start(&make(&json!({}))).await;
            let third = app.start(&with(make(&json!({})), "ci_link", Value::Null)).await;
            assert!(first < second && second < third, "{family}");
        }
    }

    async fn a_ci_link_is_any_text_and_stays_as_it_is(app: TestApp) {
        let mut ids = Vec::new();
        let longest = "l".repeat(200);
        for link in ["", "not a url", "HTTP://CI.example", "http://ci.example", "http://ci.example/", " x ", &longest] {
            let body = deb(&json!({"ci_link": link}));
            let id = app.start(&body).await;
            assert_eq!(app.execution(id).await["ci_link"], link);
            assert_eq!(app.start(&body).await, id, "{link:?}");
            ids.push(id);
        }
        ids.dedup();
        assert_eq!(ids.len(), 7, "none is taken for another");
        for (link, kind) in [(json!(5), "url_type"), (json!(["x"]), "url_type"), (json!("l".repeat(201)), "string_too_long")] {
            let problems = app.put(START, &deb(&json!({"ci_link": link}))).await.problems();
            assert_eq!(problems, [(kind.to_owned(), json!(["body", "deb", "ci_link"]))], "{link}");
        }
    }

    async fn a_known_ci_link_leaves_its_execution_as_it_is_and_still_registers_the_rest(app: TestApp) {
        let id = app.start(&snap(&json!({"ci_link": "http://ci/1"}))).await;
        let before = app.execution(id).await;
        let other = charm(&json!({"ci_link": "http://ci/1", "initial_status": "FAILED", "test_plan": "other"}));
        let rows = app.raw.number(ROWS).await;
        assert_eq!(app.start(&other).await, id);
        assert_eq!(app.execution(id).await, before);
        // Artefact, build, environment, review and plan, but no execution.
        assert_eq!(app.raw.number(ROWS).await, rows + 5);
        let unchanged = "SELECT COUNT(*) FROM test_execution WHERE updated_at = created_at";
        assert_eq!(app.raw.number(unchanged).await, 1);
    }

    async fn what_makes_it_another_artefact(app: TestApp) {
        for (make, changes, is_same) in [
            (snap as Make, json!({"name": "core24"}), false),
            (snap, json!({"version": "2"}), false),
            (snap, json!({"store": "brand"}), false),
            (snap, json!({"track": "latest"}), false),
            (snap, json!({"branch": "fix"}), false),
            (snap, json!({"branch": ""}), true),
            (snap, json!({"execution_stage": "stable"}), true),
            (snap, json!({"revision": 2}), true),
            (snap, json!({"arch": "amd64", "environment": "xps", "test_plan": "full"}), true),
            (charm, json!({"name": "mysql-k8s"}), false),
            (charm, json!({"version": "2"}), false),
            (charm, json!({"track": "latest"}), false),
            (charm, json!({"branch": "fix"}), false),
            (charm, json!({"execution_stage": "stable", "revision": 2}), true),
            (charm, json!({"store": "brand", "source": "x"}), true),
            (deb, json!({"name": "bye"}), false),
            (deb, json!({"version": "2"}), false),
            (deb, json!({"series": "jammy"}), false),
            (deb, json!({"repo": "main"}), false),
            (deb, json!({"execution_stage": null, "source": "ppa"}), false),
            (deb, json!({"execution_stage": "updates"}), true),
            (deb, json!({"track": "x", "store": "x", "branch": "x", "revision": 7}), true),
            (image, json!({"sha256": "def456"}), false),
            (image, json!({"name": "other", "version": "2", "os": "x", "release": "x", "owner": "x"}), true),
            (image, json!({"execution_stage": "current", "image_url": "http://x/"}), true),
            (solution, json!({"name": "other"}), false),
            (solution, json!({"version": "3"}), false),
            (solution, json!({"track": "3"}), false),
            (solution, json!({"source": "brand"}), false),
            (solution, json!({"execution_stage": "beta"}), false),
            (solution, json!({"arch": "arm64", "branch": "x"}), true),
        ] {
            let first = app.start(&make(&json!({}))).await;
            let before = app.artefact_of(first).await;
            let second = app.start(&make(&changes)).await;
            assert_eq!(app.artefact_of(second).await == before, is_same, "{changes}");
        }
    }

    async fn families_do_not_share_artefacts(app: TestApp) {
        let same = json!({
            "name": "thing", "version": "1", "track": "latest", "store": "", "source": "", "execution_stage": "edge",
        });
        let mut artefacts = Vec::new();
        for make in [snap as Make, charm, solution] {
            let execution = app.start(&make(&same)).await;
            artefacts.push(app.artefact_of(execution).await);
        }
        artefacts.dedup();
        assert_eq!(artefacts.len(), 3);
    }

    async fn starting_again_changes_nothing_of_the_artefact(app: TestApp) {
        for (family, make, stage) in [
            ("snap", snap as Make, "stable"),
            ("charm", charm, "stable"),
            ("deb", deb, "updates"),
            ("image", image, "current"),
        ] {
            let execution = app.start(&make(&json!({}))).await;
            let artefact = app.artefact_of(execution).await;
            // An archived artefact is found like any other, and stays archived.
            app.raw.run(&format!("UPDATE artefact SET archived = TRUE, comment = 'no' WHERE id = {artefact}")).await;
            let before = app.artefact(artefact).await;
            let again = app.start(&make(&json!({"execution_stage": stage}))).await;
            assert_eq!(app.artefact_of(again).await, artefact);
            assert_eq!(app.artefact(artefact).await, before, "{family}");
        }
    }

    async fn a_solution_with_bundled_builds_is_no_longer_found(app: TestApp) {
        let part = app.start(&snap(&json!({}))).await;
        let first = app.start(&solution(&json!({}))).await;
        let bundled = app.artefact_of(first).await;
        app.raw
            .run(&format!(
                "INSERT INTO artefact_bundled_builds_association (artefact_id, artefact_build_id)
                 SELECT {bundled}, artefact_build_id FROM test_execution WHERE id = {part};
                 UPDATE artefact SET bundled_builds_hash = 'of that build' WHERE id = {bundled}"
            ))
            .await;
        let second = app.start(&solution(&json!({}))).await;
        let fresh = app.artefact_of(second).await;
        assert_ne!(fresh, bundled);
        assert_eq!(app.artefact(fresh).await["bundled_builds"], json!([]));
        let third = app.start(&solution(&json!({}))).await;
        assert_eq!(app.artefact_of(third).await, fresh);
        let hash = app.raw.texts(&format!("SELECT bundled_builds_hash FROM artefact WHERE id = {fresh}")).await;
        assert_eq!(hash, ["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]);
    }

    async fn a_build_is_an_architecture_and_a_revision(app: TestApp) {
        let builds = "SELECT COUNT(*) FROM artefact_build";
        for (body, count) in [
            (snap(&json!({})), 1),
            (snap(&json!({})), 1),
            (snap(&json!({"revision": 2})), 2),
            (snap(&json!({"arch": "amd64"})), 3),
            (snap(&json!({"environment": "other"})), 3),
            // No revision counts as one value.
            (deb(&json!({})), 4),
            (deb(&json!({})), 4),
            (deb(&json!({"arch": "amd64"})), 5),
        ] {
            app.start(&body).await;
            assert_eq!(app.raw.number(builds).await, count, "{body}");
        }
        let reviews = app.raw.number("SELECT COUNT(*) FROM artefact_build_environment_review").await;
        assert_eq!(reviews, 6, "one for each build and environment");
    }

    async fn environments_and_plans_are_shared_between_families(app: TestApp) {
        let same = json!({"environment": "lab", "arch": "amd64", "test_plan": "all"});
        let mut environments = Vec::new();
        for (_, make) in FAMILIES {
            let id = app.start(&make(&same)).await;
            environments.push(app.execution(id).await["environment"].clone());
        }
        assert!(environments.iter().all(|environment| *environment == environments[0]));
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM test_plan").await, 1);
        let other = app.start(&deb(&json!({"environment": "lab", "arch": "arm64"}))).await;
        assert_ne!(app.execution(other).await["environment"]["id"], environments[0]["id"]);
    }

    async fn a_known_image_needs_only_its_checksum(app: TestApp) {
        let first = app.start(&image(&json!({}))).await;
        let artefact = app.artefact_of(first).await;
        let shown = app.artefact(artefact).await;
        let bare = json!({"family": "image", "sha256": "abc123", "environment": "nuc", "test_plan": "server"});
        let mut nulls = bare.clone();
        for field in ["name", "version", "arch", "os", "release", "owner", "image_url", "execution_stage", "ci_link"] {
            nulls[field] = Value::Null;
        }
        for body in [bare.clone(), nulls, with(bare, "name", "another name")] {
            let id = app.start(&body).await;
            assert_eq!(app.artefact_of(id).await, artefact);
            let execution = app.execution(id).await;
            assert_eq!(execution["environment"]["name"], "nuc");
            assert_eq!(execution["environment"]["architecture"], "amd64", "of its build");
        }
        let builds = app.get(&format!("/v1/artefacts/{artefact}/builds")).await.ok();
        assert_eq!(builds.as_array().unwrap().len(), 1);
        assert_eq!(builds[0]["test_executions"].as_array().unwrap().len(), 4);
        let after = app.artefact(artefact).await;
        assert_eq!((&after["name"], &after["stage"]), (&shown["name"], &shown["stage"]));
    }

    async fn a_known_images_description_is_still_checked(app: TestApp) {
        app.start(&image(&json!({}))).await;
        for (field, value, kind) in [
            ("name", json!(5), "string_type"),
            ("version", json!("null"), "value_error"),
            ("image_url", json!("ftp://x/"), "url_scheme"),
            ("image_url", json!("iso"), "url_parsing"),
            ("image_url", json!(5), "url_type"),
            ("image_url", json!(format!("http://x/{}", "a".repeat(192))), "string_too_long"),
            ("execution_stage", json!("edge"), "enum"),
        ] {
            let problems = app.put(START, &with(image(&json!({})), field, value.clone())).await.problems();
            assert_eq!(problems, [(kind.to_owned(), json!(["body", "image", field]))], "{value}");
        }
    }

    async fn an_unknown_image_has_to_be_described_in_full(app: TestApp) {
        let text = "No image with this sha256 exists yet; provide the full image details to create it.";
        for field in ["name", "version", "os", "release", "owner", "image_url", "execution_stage", "arch"] {
            app.put(START, &image(&json!({field: null}))).await.refused(422, text);
            app.put(START, &with(image(&json!({})), field, Value::Null)).await.refused(422, text);
        }
        assert_eq!(app.raw.number(ROWS).await, 0);
    }

    async fn an_images_architecture_is_that_of_its_builds(app: TestApp) {
        let mismatch = "'arch' must match the existing image build architecture.";
        let underivable = "'arch' is required and could not be derived from the image's builds.";
        let bare = json!({"family": "image", "sha256": "abc123", "environment": "nuc", "test_plan": "server"});
        let first = app.start(&image(&json!({}))).await;
        let artefact = app.artefact_of(first).await;
        let rows = app.raw.number(ROWS).await;
        app.put(START, &with(bare.clone(), "arch", "arm64")).await.refused(422, mismatch);
        app.put(START, &image(&json!({"arch": "AMD64", "environment": "new"}))).await.refused(422, mismatch);
        assert_eq!(app.raw.number(ROWS).await, rows, "nothing is left behind");
        let build = |arch: &str| {
            format!(
                "INSERT INTO artefact_build (artefact_id, architecture, created_at, updated_at)
                 VALUES ({artefact}, '{arch}', '2031-01-01T00:00:00+00:00', '2031-01-01T00:00:00+00:00')"
            )
        };
        app.raw.run(&build("arm64")).await;
        app.put(START, &bare).await.refused(422, underivable);
        assert_eq!(app.raw.number(ROWS).await, rows + 1);
        let id = app.start(&with(bare.clone(), "arch", "arm64")).await;
        assert_eq!(app.execution(id).await["environment"]["architecture"], "arm64");
        app.raw.run(&format!("DELETE FROM artefact_build WHERE artefact_id = {artefact}")).await;
        app.put(START, &bare).await.refused(422, underivable);
    }

    async fn a_run_consumes_the_request_for_its_group_only(app: TestApp) {
        let waiting = "SELECT COUNT(*) FROM test_execution_rerun_request";
        let first = app.start(&snap(&json!({"ci_link": "http://ci/1"}))).await;
        for (changes, consumes) in [
            (json!({"ci_link": "http://ci/2"}), true),
            (json!({}), true),
            (json!({"ci_link": "http://ci/1"}), true),
            (json!({"execution_stage": "stable"}), true),
            (json!({"test_plan": "full"}), false),
            (json!({"revision": 2}), false),
            (json!({"arch": "amd64"}), false),
            (json!({"environment": "rpi3"}), false),
            (json!({"version": "2"}), false),
        ] {
            app.raw.run("DELETE FROM test_execution_rerun_request").await;
            app.raw.run(&rerun_of(first, 3)).await;
            assert_eq!(app.execution(first).await["rerun_priority"], 3);
            app.start(&snap(&changes)).await;
            assert_eq!(app.raw.number(waiting).await, i64::from(!consumes), "{changes}");
            assert_eq!(app.execution(first).await["is_rerun_requested"], !consumes);
        }
    }

    async fn a_known_ci_link_consumes_the_request_of_its_own_group(app: TestApp) {
        let known = app.start(&snap(&json!({"ci_link": "http://ci/1"}))).await;
        let other = app.start(&charm(&json!({}))).await;
        app.raw.run(&rerun_of(known, 0)).await;
        app.raw.run(&rerun_of(other, 0)).await;
        // The words are of the other group; the execution that is returned is not.
        assert_eq!(app.start(&charm(&json!({"ci_link": "http://ci/1"}))).await, known);
        assert_eq!(app.execution(known).await["is_rerun_requested"], false);
        assert_eq!(app.execution(other).await["is_rerun_requested"], true);
    }

    async fn links_are_kept_in_order_and_added_with_every_repetition(app: TestApp) {
        let body = deb(&json!({"ci_link": "http://ci/1", "relevant_links": [
            {"label": "Agent", "url": "HTTP://Agents.example"},
            {"label": "", "url": " https://x.org:443/a b "},
            {"label": "Agent", "url": "http://agents.example/"},
        ]}));
        let expected = [("Agent", "http://agents.example/"), ("", "https://x.org/a%20b"), ("Agent", "http://agents.example/")];
        let id = app.start(&body).await;
        assert_eq!(app.start(&body).await, id);
        let links = app.execution(id).await["relevant_links"].clone();
        let links = links.as_array().unwrap();
        let found: Vec<_> =
            links.iter().map(|link| (link["label"].as_str().unwrap(), link["url"].as_str().unwrap())).collect();
        assert_eq!(found, [expected, expected].concat());
        assert!(links.is_sorted_by_key(|link| link["id"].as_i64().unwrap()));
    }

    async fn each_link_has_a_label_and_an_address(app: TestApp) {
        for (links, kind, place) in [
            (json!(null), "list_type", json!([])),
            (json!({}), "list_type", json!([])),
            (json!(["http://x"]), "model_attributes_type", json!([0])),
            (json!([{"label": "a", "url": "http://x"}, {"label": "a"}]), "missing", json!([1, "url"])),
            (json!([{"url": "http://x"}]), "missing", json!([0, "label"])),
            (json!([{"label": null, "url": "http://x"}]), "string_type", json!([0, "label"])),
            (json!([{"label": "a", "url": null}]), "url_type", json!([0, "url"])),
            (json!([{"label": "a", "url": ""}]), "url_parsing", json!([0, "url"])),
            (json!([{"label": "a", "url": "/logs"}]), "url_parsing", json!([0, "url"])),
            (json!([{"label": "a", "url": "ftp://x/"}]), "url_scheme", json!([0, "url"])),
            (json!([{"label": "a", "url": format!("http://x/{}", "a".repeat(2083))}]), "url_too_long", json!([0, "url"])),
        ] {
            let problems = app.put(START, &with(deb(&json!({})), "relevant_links", links.clone())).await.problems();
            let mut loc = vec![json!("body"), json!("deb"), json!("relevant_links")];
            loc.extend(place.as_array().unwrap().clone());
            assert_eq!(problems, [(kind.to_owned(), json!(loc))], "{links}");
        }
    }

    async fn revisions_have_many_spellings_inside_32_bits(app: TestApp) {
        for (spelling, expected) in [
            (json!(0), Ok(0)),
            (json!(-7), Ok(-7)),
            (json!("12"), Ok(12)),
            (json!(" +5 "), Ok(5)),
            (json!("1_0"), Ok(10)),
            (json!("3.0"), Ok(3)),
            (json!(12.0), Ok(12)),
            (json!(true), Ok(1)),
            (json!(false), Ok(0)),
            (json!(2_147_483_647), Ok(2_147_483_647)),
            (json!(-2_147_483_648_i64), Ok(-2_147_483_648)),
            (json!(2_147_483_648_i64), Err("less_than_equal")),
            (json!(-2_147_483_649_i64), Err("greater_than_equal")),
            (json!("99999999999999999999"), Err("less_than_equal")),
            (json!(1e30), Err("less_than_equal")),
            (json!("r12"), Err("int_parsing")),
            (json!(""), Err("int_parsing")),
            (json!(1.5), Err("int_from_float")),
            (json!([1]), Err("int_type")),
            (json!(null), Err("int_type")),
        ] {
            app.raw.run("DELETE FROM artefact").await;
            let answer = app.put(START, &with(snap(&json!({})), "revision", spelling.clone())).await;
            match expected {
                Ok(revision) => {
                    answer.ok();
                    assert_eq!(app.raw.number("SELECT CAST(revision AS BIGINT) FROM artefact_build").await, revision);
                }
                Err(kind) => {
                    let expected = [(kind.to_owned(), json!(["body", "snap", "revision"]))];
                    assert_eq!(answer.problems(), expected, "{spelling}");
                }
            }
        }
    }

    async fn a_wish_for_reviewers_has_many_spellings(app: TestApp) {
        for (spelling, kind) in [
            (json!(true), None),
            (json!("Yes"), None),
            (json!("off"), None),
            (json!(0), None),
            (json!(1.0), None),
            (json!("maybe"), Some("bool_parsing")),
            (json!(2), Some("bool_parsing")),
            (json!(null), Some("bool_type")),
            (json!([true]), Some("bool_type")),
        ] {
            let answer = app.put(START, &with(deb(&json!({})), "needs_assignment", spelling.clone())).await;
            match kind {
                None => drop(answer.ok()),
                Some(kind) => {
                    let expected = [(kind.to_owned(), json!(["body", "deb", "needs_assignment"]))];
                    assert_eq!(answer.problems(), expected, "{spelling}");
                }
            }
        }
    }

    async fn texts_have_limits_in_characters(app: TestApp) {
        for (make, field, limit) in [
            (snap as Make, "name", 200),
            (snap, "environment", 200),
            (snap, "test_plan", 200),
            (snap, "arch", 100),
            (snap, "branch", 200),
            (snap, "ci_link", 200),
            (charm, "name", 200),
            (charm, "branch", 200),
            (deb, "name", 200),
            (deb, "arch", 100),
            (image, "sha256", 200),
            (image, "name", 200),
            (image, "os", 200),
            (image, "release", 200),
            (image, "owner", 200),
            (image, "arch", 100),
            (solution, "name", 200),
            (solution, "source", 200),
        ] {
            let longest = "\u{e9}".repeat(limit);
            // An image is described anew, so that its architecture may be any.
            let body = with(make(&json!({"sha256": "new"})), field, longest);
            app.raw.run("DELETE FROM artefact WHERE family = 'image'").await;
            app.put(START, &body).await.ok();
            let problems = app.put(START, &with(body, field, "e".repeat(limit + 1))).await.problems();
            let family = make(&json!({}))["family"].clone();
            assert_eq!(problems, [("string_too_long".to_owned(), json!(["body", family, field]))]);
        }
        let source = "s".repeat(201);
        let body = deb(&json!({"execution_stage": null, "source": source}));
        assert_eq!(app.put(START, &body).await.problems()[0].0, "string_too_long");
    }

    async fn texts_are_texts_and_stay_as_they_are(app: TestApp) {
        for field in ["name", "arch", "environment", "test_plan", "track", "store", "branch"] {
            for value in [json!(5), json!(null), json!(true), json!(["x"]), json!({})] {
                let problems = app.put(START, &with(snap(&json!({})), field, value)).await.problems();
                assert_eq!(problems, [("string_type".to_owned(), json!(["body", "snap", field]))]);
            }
            app.put(START, &snap(&json!({field: ""}))).await.ok();
        }
        let id = app.start(&snap(&json!({"name": " Core ", "environment": " lab\t", "test_plan": "\u{1f9ea} "}))).await;
        let shown = app.execution(id).await;
        assert_eq!((&shown["environment"]["name"], &shown["test_plan"]), (&json!(" lab\t"), &json!("\u{1f9ea} ")));
        assert_eq!(app.artefact(app.artefact_of(id).await).await["name"], " Core ");
    }

    async fn a_version_names_something(app: TestApp) {
        for (_, make) in FAMILIES {
            for version in ["", "null"] {
                let answer = app.put(START, &make(&json!({"version": version}))).await;
                let family = make(&json!({}))["family"].clone();
                assert_eq!(answer.problems(), [("value_error".to_owned(), json!(["body", family, "version"]))]);
                let message = format!("Value error, Invalid version value '{version}'");
                assert_eq!(answer.json()["detail"][0]["msg"], message);
            }
            for version in ["Null", " ", "none"] {
                app.put(START, &make(&json!({"version": version, "sha256": version}))).await.ok();
            }
        }
    }

    async fn no_text_holds_the_character_nul(app: TestApp) {
        for field in ["name", "version", "arch", "environment", "test_plan", "track", "store", "branch", "ci_link"] {
            let problems = app.put(START, &snap(&json!({field: "a\0b"}))).await.problems();
            assert_eq!(problems.len(), 1);
            assert_eq!(problems[0].1.as_array().unwrap().last(), Some(&json!(field)));
        }
        let links = json!({"relevant_links": [{"label": "\0", "url": "http://x/"}]});
        let problems = app.put(START, &deb(&links)).await.problems();
        assert_eq!(problems[0].1.as_array().unwrap().last(), Some(&json!("label")));
        assert_eq!(app.raw.number(ROWS).await, 0);
        // A backslash before the letters is not that character.
        app.put(START, &deb(&json!({"name": "a\\u0000b"}))).await.ok();
    }

    async fn unknown_fields_and_those_of_other_families_are_ignored(app: TestApp) {
        for (make, foreign) in [
            (snap as Make, &["source", "series", "repo", "os", "sha256", "image_url"][..]),
            (charm, &["store", "source", "series", "sha256"]),
            (deb, &["revision", "track", "store", "branch", "sha256"]),
            (image, &["revision", "track", "store", "branch", "series", "repo", "source"]),
            (solution, &["revision", "store", "branch", "series", "sha256"]),
        ] {
            let mut body = make(&json!({"no_such_field": {"a": [1]}, "status": "PASSED"}));
            for field in foreign {
                body[*field] = json!(["nonsense"]);
            }
            app.start(&body).await;
        }
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM artefact_build WHERE revision IS NULL").await, 3);
    }

    async fn times_are_shown_in_utc_with_a_fraction_only_when_there_is_one(app: TestApp) {
        let mut app = app;
        for (now, expected) in [
            ("2031-01-22T08:30:00.120Z", "2031-01-22T08:30:00.120000"),
            ("2031-01-22T08:30:00.000001999Z", "2031-01-22T08:30:00.000001"),
            ("2031-01-22T08:30:00Z", "2031-01-22T08:30:00"),
        ] {
            let now: chrono::DateTime<chrono::Utc> = now.parse().unwrap();
            app = app.with_clock(test_observer::clock::Clock::from_fn(move || now));
            let id = app.start(&deb(&json!({"version": expected}))).await;
            assert_eq!(app.execution(id).await["created_at"], expected);
            assert_eq!(app.artefact(app.artefact_of(id).await).await["created_at"], expected);
        }
    }
}

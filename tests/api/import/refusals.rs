//! What is not copied: nothing changes then.

use std::str::FromStr;

use test_observer::service::import::ImportOptions;
use test_observer::store::DbUrl;

use super::{COPY, DRY, Installation, SCHEMA, Silence, TABLES, count, emptied, import, imported, plan, with_key};
use crate::support::{TestApp, both};

const LONG_NAMES: ImportOptions = ImportOptions { long_names: true, ..COPY };

/// Refuses, for these values: `(table, column, rows, ids)`.
async fn does_not_fit(app: &TestApp, old: &Installation, expected: &[(&str, &str, u64, &[i64])]) {
    for options in [DRY, COPY] {
        let report = import(app, old, options).await.unwrap();
        assert!(report.is_refused());
        let found: Vec<(&str, &str, u64, &[i64])> = report
            .misfits
            .iter()
            .map(|misfit| (misfit.table, misfit.column, misfit.rows, misfit.examples.as_slice()))
            .collect();
        assert_eq!(found, expected);
    }
    for table in TABLES.iter().chain(&["import_progress"]) {
        assert_eq!(count(app, table).await, 0, "{table}");
    }
}

both! {
    async fn what_does_not_fit_is_listed(app: TestApp) {
        let (app, old) = (emptied(app).await, Installation::filled().await);
        old.run(
            "ALTER TABLE team ALTER COLUMN permissions TYPE TEXT[] USING permissions::TEXT[];
             UPDATE team SET permissions = '{view_user,fly}' WHERE id = 4;
             ALTER TABLE test_plan ALTER COLUMN name TYPE TEXT; UPDATE test_plan SET name = repeat('p', 201);
             UPDATE artefact SET due_date = 'infinity' WHERE id = 22;
             UPDATE test_event SET timestamp = '-infinity' WHERE id = 2; UPDATE issue SET labels = '{a,NULL}' WHERE id = 113;
             ALTER TABLE test_result ALTER COLUMN status TYPE TEXT; UPDATE test_result SET status = 'FLAKY' WHERE id > 101;
             ALTER TABLE test_case_issue ALTER COLUMN url DROP NOT NULL; UPDATE test_case_issue SET url = NULL WHERE id = 2",
        )
        .await;
        let expected: &[(&str, &str, u64, &[i64])] = &[
            ("team", "permissions", 1, &[4]),
            ("artefact", "due_date", 1, &[22]),
            ("test_plan", "name", 1, &[61]),
            ("test_event", "timestamp", 1, &[2]),
            ("test_result", "status", 3, &[102, 103, 104]),
            ("test_case_issue", "url", 1, &[2]),
            ("issue", "labels", 1, &[113]),
        ];
        does_not_fit(&app, &old, expected).await;
    }

    async fn names_the_api_does_not_take_come_when_asked_to(app: TestApp) {
        let (app, old) = (emptied(app).await, Installation::filled().await);
        old.run("UPDATE test_case SET name = repeat('ñ', 501) WHERE id = 93").await;
        does_not_fit(&app, &old, &[("test_case", "name", 1, &[93])]).await;
        imported(&app, &old, LONG_NAMES).await;
        let app = with_key(app).await;
        let results = app.get("/v1/test-executions/71/test-results").await.ok();
        assert_eq!(results[2]["name"], "ñ".repeat(501));
    }

    async fn a_database_with_rows_of_its_own_is_left_alone(app: TestApp) {
        let (app, old) = (emptied(app).await, Installation::filled().await);
        // Neither the id nor anything else is taken there.
        app.add_team("ours", &[], &[]).await;
        app.raw.run("UPDATE team SET id = 1000").await;
        let report = import(&app, &old, COPY).await.unwrap();
        assert!(report.is_refused());
        let team = plan(&report, "team");
        assert_eq!((team.own, team.collisions, team.examples.as_slice()), (1, 0, [[1000, 0]].as_slice()));
        app.raw.run("UPDATE team SET id = 9").await;
        let report = import(&app, &old, COPY).await.unwrap();
        let team = plan(&report, "team");
        assert!(report.is_refused() && (team.own, team.collisions) == (0, 1), "{team:?}");
        assert_eq!((count(&app, "team").await, count(&app, "app_user").await), (1, 0));
        assert_eq!(app.raw.texts("SELECT name FROM team").await, ["ours"]);
    }

    // Once the new one is in use, the old one has nothing to say any more.
    async fn what_was_made_or_changed_here_is_not_overwritten(app: TestApp) {
        let (app, old) = (emptied(app).await, Installation::filled().await);
        imported(&app, &old, COPY).await;
        old.run(
            "INSERT INTO team (id, created_at, updated_at, name) VALUES (50, '2023-01-01', '2023-01-01', 'theirs');
             UPDATE artefact SET comment = 'theirs' WHERE id = 21",
        )
        .await;
        let app = with_key(app).await;
        let id = app.add_team("ours", &[], &[]).await;
        app.patch("/v1/artefacts/21", &serde_json::json!({"comment": "ours"})).await.ok();
        let report = import(&app, &old, COPY).await.unwrap();
        assert!(report.is_refused());
        assert_eq!((plan(&report, "artefact").collisions, plan(&report, "artefact").examples[0]), (1, [21, 0]));
        assert_eq!((plan(&report, "team").own, plan(&report, "team").examples[0]), (1, [id, 0]));
        // The application the tests come with.
        assert_eq!(plan(&report, "application").own, 1);
        assert_eq!(app.artefact(21).await["comment"], "ours");
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM team WHERE name = 'theirs'").await, 0);
    }

    async fn other_databases_are_told_apart(app: TestApp) {
        let app = emptied(app).await;
        let told = async |old: &Installation| import(&app, old, COPY).await.unwrap_err().to_string();
        let empty = Installation::with("SELECT 1").await;
        let text = told(&empty).await;
        let expected = "artefact, artefact_build, environment, test_plan, test_execution, test_case, test_result";
        assert_eq!(text, format!("the database to copy is not that of an installation: it has no {expected}"));
        let old = Installation::with(SCHEMA).await;
        old.run("ALTER TABLE test_result DROP COLUMN io_log; ALTER TABLE application DROP COLUMN api_key").await;
        let text = told(&old).await;
        assert!(text.ends_with("it has no application.api_key, test_result.io_log"), "{text}");
        old.run("CREATE TABLE _sqlx_migrations (version BIGINT)").await;
        assert_eq!(told(&old).await, "the database to copy is one of ours already");
        for (url, expected) in [
            ("sqlite:data/test.db", "--from has to name a PostgreSQL database"),
            ("postgres://u:hidden@127.0.0.1:1/nowhere", "reading the database to copy"),
        ] {
            let url = DbUrl::from_str(url).unwrap();
            let error = app.service.import(&url, COPY, &mut Silence).await.unwrap_err().to_string();
            assert!(error.starts_with(expected) && !error.contains("hidden"), "{error}");
        }
        assert_eq!(count(&app, "import_progress").await, 0);
    }
}

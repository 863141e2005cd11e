//! What the tables themselves hold: what there may be once only, and what goes when something is removed.

use serde_json::{Value, json};

use crate::support::{TestApp, both, rerun_of, snap, solution};

const NOW: &str = "'2031-01-01T00:00:00+00:00'";

/// What a table keeps apart.
struct Key<'a> {
    table: &'a str,
    /// Columns that together are there once: name, a value, another value.
    columns: Vec<(&'a str, String, String)>,
    /// Columns that make no difference, likewise.
    rest: Vec<(&'a str, String, String)>,
}

fn text(name: &str) -> (&str, String, String) {
    (name, "'a'".to_owned(), "'A'".to_owned())
}

fn fixed<'a>(name: &'a str, value: &str) -> (&'a str, String, String) {
    (name, value.to_owned(), value.to_owned())
}

fn between(name: &str, one: i64, other: i64) -> (&str, String, String) {
    (name, one.to_string(), other.to_string())
}

fn key<'a>(table: &'a str, columns: Vec<(&'a str, String, String)>, rest: Vec<(&'a str, String, String)>) -> Key<'a> {
    Key { table, columns, rest }
}

impl Key<'_> {
    /// Writes a row with the values, but for one column the other one; whether the table takes it.
    async fn insert(&self, app: &TestApp, differing: Option<&str>) -> bool {
        let all = || self.columns.iter().chain(&self.rest);
        let names: String = all().map(|(name, ..)| format!("{name}, ")).collect();
        let value = |(name, one, other): &(&str, String, String)| {
            format!("{}, ", if Some(*name) == differing { other } else { one })
        };
        let values: String = all().map(value).collect();
        let sql = format!("INSERT INTO {} ({names}created_at, updated_at) VALUES ({values}{NOW}, {NOW})", self.table);
        app.raw.try_run(&sql).await.is_ok()
    }
}

/// Keys of what is tested, by family.
fn artefact_keys() -> Vec<Key<'static>> {
    let of = |family: &str, columns: Vec<(&'static str, String, String)>, rest: &[&'static str]| {
        let all = ["name", "version", "stage"].into_iter();
        let free = all.filter(|name| !columns.iter().any(|(other, ..)| other == name)).chain(rest.iter().copied());
        let mut rest: Vec<_> = free.map(text).collect();
        rest.push(fixed("family", &format!("'{family}'")));
        key("artefact", columns, rest)
    };
    let texts = |names: &[&'static str]| names.iter().copied().map(text).collect::<Vec<_>>();
    vec![
        of("snap", texts(&["name", "version", "store", "track", "branch"]), &["source"]),
        of("charm", texts(&["name", "version", "track", "branch"]), &["store"]),
        of("deb", texts(&["name", "version", "series", "repo", "source"]), &["track"]),
        of("image", texts(&["sha256"]), &["os", "release", "owner"]),
        of("solution", texts(&["name", "source", "version", "track", "stage", "bundled_builds_hash"]), &["branch"]),
    ]
}

/// Keys that refer to nothing.
fn plain_keys() -> Vec<Key<'static>> {
    let criteria = ["name", "stage", "track", "branch", "store", "series", "os", "release", "owner"];
    let mut rule: Vec<_> = criteria.into_iter().map(|name| (name, "''".to_owned(), "'a'".to_owned())).collect();
    rule.push(("family", "'snap'".to_owned(), "'deb'".to_owned()));
    let source = ("source", "'JIRA'".to_owned(), "'GITHUB'".to_owned());
    vec![
        key("app_user", vec![text("email")], vec![text("name")]),
        key("team", vec![text("name")], vec![("permissions", "'[]'".to_owned(), "'[\"view_test\"]'".to_owned())]),
        key(
            "artefact_matching_rule",
            rule,
            vec![("grant_permissions", "'[]'".to_owned(), "'[\"view_test\"]'".to_owned())],
        ),
        key("environment", vec![text("name"), text("architecture")], vec![]),
        key("test_plan", vec![text("name")], vec![]),
        key("test_execution_metadata", vec![text("category"), text("value")], vec![]),
        key("test_case", vec![text("name")], vec![text("category"), text("template_id")]),
        key("issue", vec![text("project"), source, text("key")], vec![text("title")]),
    ]
}

/// A run, and what it belongs to.
struct Run {
    id: i64,
    artefact: i64,
    build: i64,
    environment: i64,
    plan: i64,
}

impl Run {
    async fn start(app: &TestApp, body: &Value) -> Self {
        let id = app.start(body).await;
        let number =
            async |column: &str| app.raw.number(&format!("SELECT {column} FROM test_execution WHERE id = {id}")).await;
        let (build, environment) = (number("artefact_build_id").await, number("environment_id").await);
        Self { id, artefact: app.artefact_of(id).await, build, environment, plan: number("test_plan_id").await }
    }
}

/// A run with everything that may hang on it, each with the condition that finds it.
struct World {
    run: Run,
    rows: Vec<(&'static str, String)>,
}

const TREE: [&str; 9] = [
    "test_execution",
    "test_execution_metadata_association_table",
    "test_execution_relevant_link",
    "test_event",
    "test_result",
    "issue_test_result_attachment",
    "test_execution_rerun_request",
    "artefact_build_environment_review",
    "environment_review_reviewers_association",
];

impl World {
    async fn new(app: &TestApp, n: usize) -> Self {
        let run = Run::start(
            app,
            &snap(&json!({
                "name": format!("snap {n}"), "environment": format!("env {n}"), "test_plan": format!("plan {n}"),
                "relevant_links": [{"label": "l", "url": "http://x"}],
            })),
        )
        .await;
        let at = |rest: &str| format!("/v1/test-executions/{}{rest}", run.id);
        let case = format!("case {n}");
        app.report(run.id, &[(case.as_str(), "FAILED")]).await;
        app.patch(&at(""), &json!({"execution_metadata": {"k": [format!("v{n}")]}})).await.ok();
        let event = json!({"event_name": "e", "timestamp": "2031-01-22T08:30:00Z", "detail": ""});
        app.post(&at("/status_update"), &json!({"events": [event]})).await.ok();
        app.raw.run(&rerun_of(run.id, 1)).await;
        let mut world = Self { run, rows: Vec::new() };
        world.note_run(app).await;
        world.add_people(app, n).await;
        world.add_issue(app, n).await;
        world
    }

    fn note(&mut self, table: &'static str, condition: String) {
        self.rows.push((table, condition));
    }

    async fn note_run(&mut self, app: &TestApp) {
        let Run { id, artefact, build, environment, plan } = self.run;
        let number = async |sql: String| app.raw.number(&sql).await;
        let of_run = |column: &str, table: &str| format!("SELECT {column} FROM {table} WHERE test_execution_id = {id}");
        let pair = number(of_run("test_execution_metadata_id", "test_execution_metadata_association_table")).await;
        let case = number(of_run("test_case_id", "test_result")).await;
        self.note("artefact", format!("id = {artefact}"));
        self.note("artefact_build", format!("id = {build}"));
        self.note("environment", format!("id = {environment}"));
        self.note("artefact_build_environment_review", format!("artefact_build_id = {build}"));
        self.note("test_plan", format!("id = {plan}"));
        self.note("test_execution", format!("id = {id}"));
        self.note("test_execution_rerun_request", format!("artefact_build_id = {build}"));
        self.note("test_execution_metadata", format!("id = {pair}"));
        self.note("test_case", format!("id = {case}"));
        for table in
            ["test_execution_metadata_association_table", "test_execution_relevant_link", "test_event", "test_result"]
        {
            self.note(table, format!("test_execution_id = {id}"));
        }
    }

    async fn add_people(&mut self, app: &TestApp, n: usize) {
        let user = app.add_user(&format!("user{n}")).await;
        app.session(user).await;
        let team = app.add_team(&format!("team {n}"), &[], &[user]).await;
        let rule = app.add_rule("snap", &json!({"name": format!("snap {n}")}), &[], &[team]).await;
        let (artefact, build) = (self.run.artefact, self.run.build);
        app.patch(&format!("/v1/artefacts/{artefact}"), &json!({"reviewer_ids": [user]})).await.ok();
        app.raw
            .run(&format!(
                "INSERT INTO environment_review_reviewers_association (environment_review_id, user_id)
                 SELECT id, {user} FROM artefact_build_environment_review WHERE artefact_build_id = {build}"
            ))
            .await;
        let bundling = app.start(&solution(&json!({"name": format!("solution {n}")}))).await;
        let bundling = app.artefact_of(bundling).await;
        app.patch(&format!("/v1/artefacts/{bundling}"), &json!({"bundled_builds": [build]})).await.ok();
        self.note("app_user", format!("id = {user}"));
        self.note("team", format!("id = {team}"));
        self.note("artefact_matching_rule", format!("id = {rule}"));
        self.note("artefact_bundled_builds_association", format!("artefact_build_id = {build}"));
        self.note("artefact_matching_rule_team_association", format!("team_id = {team}"));
        for table in [
            "user_session",
            "notification",
            "team_users_association",
            "artefact_reviewers_association",
            "environment_review_reviewers_association",
        ] {
            self.note(table, format!("user_id = {user}"));
        }
    }

    async fn add_issue(&mut self, app: &TestApp, n: usize) {
        let body = json!({"url": format!("https://github.com/acme/radio/issues/{}", n + 1)});
        let issue = app.put("/v1/issues", &body).await.ok()["id"].as_i64().unwrap();
        let rule = json!({"enabled": false, "execution_metadata": {"k": ["v"]}});
        let rule = app.post(&format!("/v1/issues/{issue}/attachment-rules"), &rule).await.ok()["id"].as_i64().unwrap();
        app.raw
            .run(&format!(
                "INSERT INTO issue_test_result_attachment
                     (issue_id, test_result_id, attachment_rule_id, created_at, updated_at)
                 SELECT {issue}, id, {rule}, {NOW}, {NOW} FROM test_result WHERE test_execution_id = {}",
                self.run.id
            ))
            .await;
        self.note("issue", format!("id = {issue}"));
        self.note("issue_test_result_attachment", format!("issue_id = {issue}"));
        self.note("issue_test_result_attachment_rule", format!("id = {rule}"));
        let metadata = "issue_test_result_attachment_rule_execution_metadata";
        self.note(metadata, format!("attachment_rule_id = {rule}"));
    }

    /// Removes this world's row of a table; whether the database lets it go.
    async fn delete(&self, app: &TestApp, table: &str) -> bool {
        let (_, condition) = self.rows.iter().find(|(name, _)| *name == table).unwrap();
        app.raw.try_run(&format!("DELETE FROM {table} WHERE {condition}")).await.is_ok()
    }

    /// The tables that have their row no longer.
    async fn gone(&self, app: &TestApp) -> Vec<&'static str> {
        let mut gone = Vec::new();
        for (table, condition) in &self.rows {
            match app.raw.number(&format!("SELECT COUNT(*) FROM {table} WHERE {condition}")).await {
                0 => gone.push(*table),
                count => assert_eq!(count, 1, "{table}"),
            }
        }
        gone.sort_unstable();
        gone
    }
}

both! {
    // What is there once only: another one is refused whatever else differs, and taken where any part of the key does.
    async fn keys_are_there_once(app: TestApp) {
        for key in plain_keys().into_iter().chain(artefact_keys()) {
            check(&app, &key).await;
        }
        let mut runs = Vec::new();
        for n in 0..3 {
            let (name, environment, plan) = (format!("n{n}"), format!("e{n}"), format!("p{n}"));
            let changes = json!({"name": name, "environment": environment, "test_plan": plan});
            runs.push(Run::start(&app, &snap(&changes)).await);
        }
        let [one, two, three] = &runs[..] else { panic!() };
        let build = between("artefact_build_id", one.build, three.build);
        let environment = between("environment_id", two.environment, three.environment);
        let plan = between("test_plan_id", one.plan, three.plan);
        let artefact = between("artefact_id", one.artefact, two.artefact);
        let priority = between("priority", 1, 2);
        let ci_link = ("ci_link", "'http://ci/1'".to_owned(), "NULL".to_owned());
        let review = vec![build.clone(), environment.clone()];
        let group = vec![plan.clone(), build.clone(), environment.clone()];
        for key in [
            key("artefact_build_environment_review", review, vec![text("review_comment")]),
            key("test_execution_rerun_request", group, vec![priority]),
            key("test_execution", vec![ci_link], vec![build, environment, plan]),
            // Without a revision there is one for an architecture; with one, each.
            key("artefact_build", vec![artefact.clone(), text("architecture")], vec![]),
            key("artefact_build", vec![artefact, text("architecture"), between("revision", 7, 8)], vec![]),
        ] {
            check(&app, &key).await;
        }
    }

    // Any number of executions has no link, and the same link may stand beside an execution more than once.
    async fn what_is_absent_does_not_collide(app: TestApp) {
        let links = json!([{"label": "l", "url": "http://x"}, {"label": "l", "url": "http://x"}]);
        for _ in 0..2 {
            app.start(&snap(&json!({"relevant_links": links}))).await;
        }
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM test_execution WHERE ci_link IS NULL").await, 2);
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM test_execution_relevant_link").await, 4);
    }

    // A removal takes along what belongs to what is removed, and nothing that others have too.
    async fn a_removal_takes_along_what_belongs_to_it(app: TestApp) {
        let execution = &TREE[..6];
        let build = [&TREE[..], &["artefact_build", "artefact_bundled_builds_association"]].concat();
        let artefact = [&build[..], &["artefact", "artefact_reviewers_association"]].concat();
        let issue = [
            "issue",
            "issue_test_result_attachment",
            "issue_test_result_attachment_rule",
            "issue_test_result_attachment_rule_execution_metadata",
        ];
        for (n, (removed, expected)) in [
            ("artefact", artefact),
            ("artefact_build", build),
            ("test_execution", execution.to_vec()),
            ("test_plan", [execution, &["test_plan", "test_execution_rerun_request"]].concat()),
            ("test_case", vec!["test_case", "test_result", "issue_test_result_attachment"]),
            ("test_result", vec!["test_result", "issue_test_result_attachment"]),
            ("test_execution_metadata", vec!["test_execution_metadata", "test_execution_metadata_association_table"]),
            ("issue", issue.to_vec()),
            ("issue_test_result_attachment_rule", vec![issue[2], issue[3]]),
            ("artefact_matching_rule", vec!["artefact_matching_rule", "artefact_matching_rule_team_association"]),
        ]
        .into_iter()
        .enumerate()
        {
            let world = World::new(&app, n).await;
            assert!(world.gone(&app).await.is_empty(), "{removed}");
            assert!(world.delete(&app, removed).await, "{removed}");
            let mut expected = expected;
            expected.sort_unstable();
            assert_eq!(world.gone(&app).await, expected, "{removed}");
        }
        // The attachments of the rule that went have none any longer.
        let by_nobody = "SELECT COUNT(*) FROM issue_test_result_attachment WHERE attachment_rule_id IS NULL";
        assert_eq!(app.raw.number(by_nobody).await, 1);
    }

    // What others refer to stays, until they do no longer.
    async fn what_is_in_use_is_not_removed(app: TestApp) {
        let reviewing = ["artefact_reviewers_association", "environment_review_reviewers_association"];
        for (n, (removed, in_the_way, expected)) in [
            ("environment", vec!["test_execution"], [
                &TREE[..],
                &["environment"],
            ].concat()),
            ("app_user", vec!["team_users_association"], [
                &reviewing[..],
                &["app_user", "user_session", "notification", "team_users_association"],
            ].concat()),
            ("team", vec!["team_users_association", "artefact_matching_rule_team_association"], vec![
                "team", "team_users_association", "artefact_matching_rule_team_association",
            ]),
        ]
        .into_iter()
        .enumerate()
        {
            let world = World::new(&app, n).await;
            for first in in_the_way {
                assert!(!world.delete(&app, removed).await, "{removed} before {first}");
                assert!(world.delete(&app, first).await, "{first}");
            }
            assert!(world.delete(&app, removed).await, "{removed}");
            let mut expected = expected;
            expected.sort_unstable();
            assert_eq!(world.gone(&app).await, expected, "{removed}");
        }
    }

    // Nothing is there at first: neither people nor plans, whatever the schema brings along.
    async fn a_new_database_is_empty(app: TestApp) {
        for path in ["/v1/users", "/v1/teams", "/v1/artefacts", "/v1/artefact-matching-rules", "/v1/issues"] {
            let answer = app.get(path).await.ok();
            let is_empty = answer.as_array().is_some_and(Vec::is_empty) || answer["count"] == 0;
            assert!(is_empty, "{path}: {answer}");
        }
        // But for the application of the tests.
        for (table, rows) in [
            ("application", 1), ("app_user", 0), ("team", 0), ("user_session", 0), ("notification", 0), ("artefact", 0),
            ("environment", 0), ("test_plan", 0), ("test_case", 0), ("issue", 0), ("test_execution_metadata", 0),
            ("artefact_matching_rule", 0), ("test_case_issue", 0), ("environment_issue", 0),
        ] {
            assert_eq!(app.raw.number(&format!("SELECT COUNT(*) FROM {table}")).await, rows, "{table}");
        }
    }
}

async fn check(app: &TestApp, key: &Key<'_>) {
    assert!(key.insert(app, None).await, "{}", key.table);
    assert!(!key.insert(app, None).await, "{} twice", key.table);
    for (name, ..) in &key.rest {
        assert!(!key.insert(app, Some(*name)).await, "{} with another {name}", key.table);
    }
    for (name, ..) in &key.columns {
        assert!(key.insert(app, Some(*name)).await, "{} with another {name}", key.table);
    }
}

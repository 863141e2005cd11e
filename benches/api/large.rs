//! A large installation: 1,000 artefacts in 50 environments each, with a million results on PostgreSQL and 300,000 on SQLite,
//! and how long everything that can be read from it takes.

use std::time::Instant;

use anyhow::Context;

use test_observer::clock::Clock;
use test_observer::service::{Service, Settings};

use super::logs::make_log;
use super::{Bench, Limit, Raw, Times};

const ARTEFACTS: usize = 1_000;
const ENVIRONMENTS: usize = 50;
const EXECUTIONS: usize = ARTEFACTS * ENVIRONMENTS;
const CASES: usize = 2_000;
/// Different logs, before each gets its number.
const LOGS: usize = 500;

/// The numbers below a limit, as `n.i`.
fn numbers(below: usize) -> String {
    format!("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {below})")
}

impl Raw {
    /// A moment so many seconds after the beginning of 2031.
    fn moment(&self, seconds: &str) -> String {
        match self {
            Self::Sqlite(_) => {
                format!("strftime('%Y-%m-%dT%H:%M:%f+00:00', '2031-01-01', '+' || ({seconds}) || ' seconds')")
            }
            Self::Postgres(_) => format!("TIMESTAMPTZ '2031-01-01 00:00:00+00' + ({seconds}) * INTERVAL '1 second'"),
        }
    }

    fn results_of_an_execution(&self) -> usize {
        match self {
            Self::Sqlite(_) => 300_000 / EXECUTIONS,
            Self::Postgres(_) => 1_000_000 / EXECUTIONS,
        }
    }

    /// Fills an empty database, past the application: over the API it would take an hour.
    async fn fill(&mut self) -> anyhow::Result<()> {
        for sql in self.rows_of_artefacts().into_iter().chain(self.rows_of_tests()) {
            self.execute(sql).await?;
        }
        self.execute("ANALYZE".to_owned()).await
    }

    fn rows_of_artefacts(&self) -> Vec<String> {
        let now = self.moment("0");
        let later = self.moment("i * 60");
        let hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let (artefacts, users, reviews) = (numbers(ARTEFACTS), numbers(40), numbers(EXECUTIONS));
        vec![
            format!("INSERT INTO app_user (email, name, created_at, updated_at)
                {users} SELECT 'user' || i || '@example.org', 'User ' || i, {now}, {now} FROM n"),
            format!("INSERT INTO team (name, created_at, updated_at)
                {} SELECT 'team ' || i, {now}, {now} FROM n", numbers(5)),
            format!("INSERT INTO artefact_matching_rule (family, name, created_at, updated_at)
                {} SELECT 'deb', 'artefact-' || i, {now}, {now} FROM n", numbers(100)),
            "INSERT INTO artefact_matching_rule_team_association (artefact_matching_rule_id, team_id)
                SELECT id, 1 + id % 5 FROM artefact_matching_rule".to_owned(),
            format!("INSERT INTO artefact (family, name, version, stage, track, sha256, bundled_builds_hash, created_at, updated_at)
                {artefacts} SELECT CASE i % 5 WHEN 0 THEN 'snap' WHEN 1 THEN 'deb' WHEN 2 THEN 'charm' WHEN 3 THEN 'image'
                    ELSE 'solution' END, 'artefact-' || i, '1.' || i, CASE i % 5 WHEN 1 THEN 'proposed' WHEN 3 THEN 'pending'
                    ELSE 'beta' END, CASE WHEN i % 5 IN (1, 3) THEN '' ELSE 'latest' END,
                    CASE i % 5 WHEN 3 THEN 'sha' || i ELSE '' END, CASE i % 5 WHEN 4 THEN '{hash}' END, {later}, {later} FROM n"),
            format!("INSERT INTO artefact_build (artefact_id, architecture, created_at, updated_at)
                {artefacts} SELECT i + 1, 'amd64', {later}, {later} FROM n"),
            format!("INSERT INTO environment (name, architecture, created_at, updated_at)
                {} SELECT 'environment-' || i, 'amd64', {now}, {now} FROM n", numbers(ENVIRONMENTS)),
            format!("INSERT INTO artefact_build_environment_review
                    (artefact_build_id, environment_id, review_decision, created_at, updated_at)
                {reviews} SELECT 1 + i / {ENVIRONMENTS}, 1 + i % {ENVIRONMENTS},
                    CASE WHEN i % 3 = 0 THEN '[\"APPROVED_ALL_TESTS_PASS\"]' ELSE '[]' END{}, {now}, {now} FROM n",
                if matches!(self, Self::Postgres(_)) { "::jsonb" } else { "" }),
            "INSERT INTO environment_review_reviewers_association (environment_review_id, user_id)
                SELECT id, 1 + id % 40 FROM artefact_build_environment_review".to_owned(),
            "INSERT INTO artefact_reviewers_association (artefact_id, user_id) SELECT id, 1 + id % 40 FROM artefact".to_owned(),
            format!("INSERT INTO notification (user_id, notification_type, target_url, created_at, updated_at)
                {} SELECT 1, 'USER_ASSIGNED_ARTEFACT_REVIEW', 'http://localhost/snaps/' || i, {later}, {later} FROM n",
                numbers(10_000)),
            format!("INSERT INTO environment_issue (environment_name, description, is_confirmed, created_at, updated_at)
                {} SELECT 'environment-' || i, 'slow', FALSE, {now}, {now} FROM n", numbers(200)),
            format!("INSERT INTO test_case_issue (case_name, template_id, url, description, created_at, updated_at)
                {} SELECT 'case/' || i, '', 'https://github.com/a/b/issues/1', 'flaky', {now}, {now} FROM n", numbers(200)),
        ]
    }

    fn rows_of_tests(&self) -> Vec<String> {
        let now = self.moment("0");
        let later = self.moment("i * 60");
        let per_execution = self.results_of_an_execution();
        let logs: Vec<String> = (0..LOGS)
            .map(|number| format!("({number}, '{}')", make_log(u64::try_from(number).unwrap_or_default(), 380)))
            .collect();
        vec![
            "CREATE TEMPORARY TABLE bench_log (number INTEGER PRIMARY KEY, log TEXT NOT NULL)".to_owned(),
            format!("INSERT INTO bench_log (number, log) VALUES {}", logs.join(", ")),
            format!("INSERT INTO test_plan (name, created_at, updated_at) VALUES ('smoke', {now}, {now})"),
            format!("INSERT INTO test_case (name, category, template_id, created_at, updated_at)
                {} SELECT 'case/' || i, 'bench', 'template/' || (i / 10), {now}, {now} FROM n", numbers(CASES)),
            format!("INSERT INTO test_execution
                    (artefact_build_id, environment_id, test_plan_id, status, ci_link, created_at, updated_at)
                {} SELECT 1 + i / {ENVIRONMENTS}, 1 + i % {ENVIRONMENTS}, 1,
                    CASE i % 10 WHEN 0 THEN 'FAILED' ELSE 'PASSED' END, 'https://ci.example/' || i, {later}, {later} FROM n",
                numbers(EXECUTIONS)),
            format!("INSERT INTO test_result (status, test_execution_id, test_case_id, comment, io_log, created_at, updated_at)
                {} SELECT CASE i % 20 WHEN 0 THEN 'FAILED' ELSE 'PASSED' END, 1 + i / {per_execution}, 1 + (i * 7) % {CASES}, '',
                    (SELECT log FROM bench_log WHERE number = i % {LOGS}) || 'waiting for carrier, serial ' || i, {}, {now}
                FROM n", numbers(EXECUTIONS * per_execution), self.moment("i * 2")),
            format!("INSERT INTO issue (source, project, key, created_at, updated_at)
                {} SELECT 'GITHUB', 'acme/radio', '' || i, {now}, {now} FROM n", numbers(100)),
            format!("INSERT INTO issue_test_result_attachment (issue_id, test_result_id, created_at, updated_at)
                SELECT 1 + id % 100, id, {now}, {now} FROM test_result WHERE status = 'FAILED' AND id % 3 = 0"),
            format!("INSERT INTO test_execution_metadata (category, value, created_at, updated_at)
                {} SELECT 'kernel', '6.' || i, {now}, {now} FROM n", numbers(100)),
            "INSERT INTO test_execution_metadata_association_table (test_execution_id, test_execution_metadata_id)
                SELECT id, 1 + id % 100 FROM test_execution".to_owned(),
            format!("INSERT INTO test_execution_relevant_link (test_execution_id, label, url, created_at, updated_at)
                SELECT id, 'log', 'https://logs.example/', {now}, {now} FROM test_execution"),
            format!("INSERT INTO test_event (test_execution_id, event_name, timestamp, detail, created_at, updated_at)
                SELECT id, CASE id % 50 WHEN 0 THEN 'provision_fail' ELSE 'job_start' END, {now}, '', {now}, {now}
                FROM test_execution"),
            format!("INSERT INTO test_execution_rerun_request
                    (test_plan_id, artefact_build_id, environment_id, priority, created_at, updated_at)
                SELECT 1, artefact_build_id, environment_id, id % 7, created_at, {now} FROM test_execution WHERE id % 100 = 0"),
        ]
    }
}

/// A read, its limit in milliseconds, and what its rows take when they are read alone.
type Case = (&'static str, f64, &'static str, &'static str);

const NEWEST: &str = "SELECT id FROM test_execution WHERE has_results ORDER BY created_at DESC LIMIT 50";

#[rustfmt::skip]
const READS: &[Case] = &[
    ("list of artefacts", 50.0, "/v1/artefacts", "SELECT * FROM artefact WHERE NOT archived ORDER BY name"),
    ("list of a family", 50.0, "/v1/artefacts?family=deb", "SELECT * FROM artefact WHERE NOT archived AND family = 'deb' ORDER BY name"),
    ("artefact", 50.0, "/v1/artefacts/500", "SELECT * FROM artefact WHERE id = 500"),
    ("versions", 50.0, "/v1/artefacts/500/versions", "SELECT id, version FROM artefact WHERE name = 'artefact-499'"),
    ("builds", 50.0, "/v1/artefacts/500/builds", "SELECT * FROM test_execution WHERE artefact_build_id = 500"),
    ("environment reviews", 50.0, "/v1/artefacts/500/environment-reviews", "SELECT * FROM artefact_build_environment_review WHERE artefact_build_id = 500"),
    ("artefact names", 50.0, "/v1/artefacts/search?q=fact-9", "SELECT DISTINCT name FROM artefact WHERE lower(name) LIKE '%fact-9%' ORDER BY name LIMIT 50"),
    ("history", 50.0, "/v1/artefacts/history?family=deb&name=artefact-1&track=", "SELECT * FROM artefact WHERE family = 'deb' AND name = 'artefact-1'"),
    ("execution", 50.0, "/v1/test-executions/25000", "SELECT * FROM test_execution WHERE id = 25000"),
    ("results of an execution", 50.0, "/v1/test-executions/25000/test-results", "SELECT * FROM test_result WHERE test_execution_id = 25000"),
    ("events", 50.0, "/v1/test-executions/25000/status_update", "SELECT * FROM test_event WHERE test_execution_id = 25000"),
    ("pending reruns", 50.0, "/v1/test-executions/reruns?limit=50", "SELECT * FROM test_execution_rerun_request ORDER BY priority DESC, created_at LIMIT 50"),
    ("environments", 50.0, "/v1/environments?q=ment-4", "SELECT DISTINCT name FROM environment WHERE lower(name) LIKE '%ment-4%'"),
    ("environments of a family", 50.0, "/v1/environments?families=image", "SELECT DISTINCT name FROM environment"),
    ("test cases", 50.0, "/v1/test-cases?q=se/19", "SELECT name FROM test_case WHERE lower(name) LIKE '%se/19%' ORDER BY name LIMIT 50"),
    ("test cases of a family", 50.0, "/v1/test-cases?families=image", "SELECT name FROM test_case ORDER BY name LIMIT 50"),
    ("execution metadata", 50.0, "/v1/execution-metadata", "SELECT * FROM test_execution_metadata ORDER BY id"),
    ("matching rules", 50.0, "/v1/artefact-matching-rules", "SELECT * FROM artefact_matching_rule ORDER BY id"),
    ("notifications", 50.0, "/v1/users/1/notifications", "SELECT * FROM notification WHERE user_id = 1 ORDER BY created_at DESC LIMIT 50"),
    ("unread notifications", 50.0, "/v1/users/1/notifications/count?unread_only=true", "SELECT COUNT(*) FROM notification WHERE user_id = 1"),
    ("reported issues", 50.0, "/v1/test-cases/reported-issues", "SELECT * FROM test_case_issue ORDER BY id"),
    ("search", 150.0, "/v1/test-executions", NEWEST),
    ("search: family", 150.0, "/v1/test-executions?families=deb", NEWEST),
    ("search: artefact", 150.0, "/v1/test-executions?artefacts=artefact-77", NEWEST),
    ("search: version", 150.0, "/v1/test-executions?artefact_versions=1.77", NEWEST),
    ("search: stage", 150.0, "/v1/test-executions?artefact_stages=beta", NEWEST),
    ("search: track", 150.0, "/v1/test-executions?artefact_tracks=latest", NEWEST),
    ("search: archived", 150.0, "/v1/test-executions?artefact_is_archived=true", NEWEST),
    ("search: environment", 150.0, "/v1/test-executions?environments=environment-7", NEWEST),
    ("search: metadata", 150.0, "/v1/test-executions?execution_metadata=a2VybmVs:Ni45", NEWEST),
    ("search: status", 150.0, "/v1/test-executions?test_execution_statuses=FAILED", NEWEST),
    ("search: reviewer", 150.0, "/v1/test-executions?reviewer_ids=7", NEWEST),
    ("search: nobody reviews", 150.0, "/v1/test-executions?reviewer_ids=none", NEWEST),
    ("search: rerun requested", 150.0, "/v1/test-executions?rerun_is_requested=true", NEWEST),
    ("search: latest", 150.0, "/v1/test-executions?execution_is_latest=true", NEWEST),
    ("search: superseded", 150.0, "/v1/test-executions?execution_is_latest=false", NEWEST),
    ("search: result", 150.0, "/v1/test-executions?test_result=1234", NEWEST),
    ("search: no results", 150.0, "/v1/test-executions?test_result=none", NEWEST),
    ("search: event", 150.0, "/v1/test-executions?event_names=provision_fail", NEWEST),
    ("search: no event", 150.0, "/v1/test-executions?event_names=none", NEWEST),
    ("search: changed since", 150.0, "/v1/test-executions?from_date=2031-01-20", NEWEST),
];

const NEWEST_RESULTS: &str = "SELECT id FROM test_result ORDER BY created_at DESC, id DESC LIMIT 50";

/// Searches for results; nothing, or one thing, is asked of them.
#[rustfmt::skip]
const RESULT_SEARCHES: &[(&str, &str)] = &[
    ("all", ""),
    ("family", "families=deb"),
    ("every family", "families=snap&families=deb&families=charm&families=image&families=solution"),
    ("artefact", "artefacts=artefact-77"),
    ("version", "artefact_versions=1.77"),
    ("stage", "artefact_stages=beta"),
    ("track", "artefact_tracks=latest"),
    ("archived", "artefact_is_archived=true"),
    ("environment", "environments=environment-7"),
    ("test case", "test_cases=case/77"),
    ("template", "template_ids=template/7"),
    ("metadata", "execution_metadata=a2VybmVs:Ni45"),
    ("issue", "issues=7"),
    ("any issue", "issues=any"),
    ("no issue", "issues=none"),
    ("failed", "test_result_statuses=FAILED"),
    ("passed", "test_result_statuses=PASSED"),
    ("status of the execution", "test_execution_statuses=FAILED"),
    ("reviewer", "reviewer_ids=7"),
    ("nobody reviews", "reviewer_ids=none"),
    ("rerun requested", "rerun_is_requested=true"),
    ("latest", "execution_is_latest=true"),
    ("superseded", "execution_is_latest=false"),
    ("stored since", "from_date=2031-01-05"),
    ("stored until", "until_date=2031-01-02"),
    ("only the count", "limit=0"),
    ("without texts", "fields=name,status"),
    ("a word in every log", "q=carrier"),
    ("words of one log", "q=serial+123440"),
    ("a word in every name", "q=case"),
    ("a beginning", "q=carr*"),
    ("a word of nobody", "q=unheard"),
    ("words and family", "q=carrier&families=deb"),
];

/// Rules that are switched on while results are reported.
const RULES: usize = 200;

impl Bench {
    /// Searches for results in the large database, then goes through many of them by cursor.
    async fn search_results(&mut self) -> anyhow::Result<()> {
        for (name, query) in RESULT_SEARCHES {
            let limit = if query.starts_with("q=") { 300.0 } else { 150.0 };
            let path = format!("/v1/test-results?{query}");
            self.read(&format!("results: {name}"), limit, &path, NEWEST_RESULTS).await?;
        }
        let mut cursor = String::new();
        for _ in 0..50 {
            let page =
                self.send(reqwest::Method::GET, &format!("/v1/test-results?limit=1000{cursor}"), Vec::new()).await?;
            let page: serde_json::Value = serde_json::from_slice(&page)?;
            cursor = format!("&cursor={}", page["next_cursor"].as_str().context("no more pages")?);
        }
        let path = format!("/v1/test-results?limit=50{cursor}");
        self.read("results: behind 50,000 others", 150.0, &path, NEWEST_RESULTS).await
    }

    /// How long a report lets its reader wait, and how long all of it takes.
    async fn reports(&mut self) -> anyhow::Result<()> {
        for report in ["test-results", "test-executions"] {
            let mut times = Times::default();
            for turn in 0..6 {
                let request = self
                    .client
                    .get(format!("{}/v1/reports/{report}?end_date=2040-01-01", self.url))
                    .bearer_auth(&self.key);
                let begin = Instant::now();
                let mut answer = request.send().await?.error_for_status()?;
                answer.chunk().await?.context("an empty report")?;
                let first = begin.elapsed();
                while answer.chunk().await?.is_some() {}
                if turn > 0 {
                    times.request.push(first);
                    times.raw.push(begin.elapsed());
                }
            }
            let name = format!("report of all {report}, first byte (raw: last byte)");
            times.print_with_limit(&self.name, &name, Some(Limit { percentile: 95, ms: 200.0 }));
        }
        Ok(())
    }

    /// Rules of every kind: most say which tests they mean, a few look into logs. Of the results that are reported they match about
    /// one in a hundred.
    async fn add_rules(&mut self) -> anyhow::Result<()> {
        for number in 0..RULES {
            let rule = match number % 4 {
                0 => serde_json::json!({"families": ["deb"], "test_case_names": [format!("case/{}", number * 50)]}),
                1 => {
                    serde_json::json!({"template_ids": [format!("template/{number}")], "test_result_statuses": ["FAILED"]})
                }
                2 => serde_json::json!({"artefacts": [format!("package-{number}")], "artefact_stages": ["proposed"]}),
                _ => serde_json::json!({"io_log_pattern": format!("error {number}: .* timed out")}),
            };
            let path = format!("/v1/issues/{}/attachment-rules", 1 + number % 100);
            self.send(reqwest::Method::POST, &path, serde_json::to_vec(&rule)?).await?;
        }
        Ok(())
    }

    async fn read(&mut self, name: &str, limit: f64, path: &str, raw: &'static str) -> anyhow::Result<()> {
        let mut times = Times::default();
        for turn in 0..43 {
            let begin = Instant::now();
            let answer = self.send(reqwest::Method::GET, path, Vec::new()).await?;
            let request = begin.elapsed();
            anyhow::ensure!(!answer.is_empty(), "{path} answers nothing");
            let begin = Instant::now();
            self.raw.select(raw).await?;
            // The first turns prepare the statements of each connection.
            if turn >= 3 {
                times.request.push(request);
                times.raw.push(begin.elapsed());
            }
        }
        times.print_with_limit(&self.name, name, Some(Limit { percentile: 95, ms: limit }));
        Ok(())
    }

    /// Fills the database, and reads from it whatever can be read.
    pub(super) async fn large(&mut self) -> anyhow::Result<()> {
        let begin = Instant::now();
        self.raw.fill().await.context("cannot fill the database")?;
        println!("{}: filled in {:.0} s", self.name, begin.elapsed().as_secs_f64());
        let begin = Instant::now();
        Service::new(self.db.clone(), Clock::system(), Settings::default()).rebuild_text_index().await?;
        self.raw.execute("ANALYZE".to_owned()).await?;
        println!(
            "{}: words of {} failed results in {:.0} s",
            self.name,
            EXECUTIONS * self.raw.results_of_an_execution() / 20,
            begin.elapsed().as_secs_f64()
        );
        for (name, limit, path, raw) in READS {
            self.read(name, *limit, path, raw).await?;
        }
        self.search_results().await?;
        self.reports().await?;
        self.report(1_000, 40, Some(Limit { percentile: 50, ms: 60.0 })).await?;
        self.add_rules().await?;
        self.name += ", 200 rules";
        self.report(1_000, 40, Some(Limit { percentile: 50, ms: 80.0 })).await
    }
}

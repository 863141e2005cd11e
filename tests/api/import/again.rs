//! Further copies: only what is new or changed comes, also after one that was interrupted.

use std::sync::Arc;

use test_observer::service::import::Progress;
use tokio::sync::Notify;

use super::{COPY, Installation, PRUNE, TABLES, count, emptied, import, imported, needed, plan, with_key};
use crate::support::both;

/// Asks to be stopped when so many results have been read.
struct StopAt {
    rows: u64,
    is_counting: bool,
    stop: Arc<Notify>,
}

impl Progress for StopAt {
    fn begin(&mut self, step: &str, _: u64) {
        self.is_counting = step == "copying test_result";
    }

    fn advance(&mut self, rows: u64) {
        if self.is_counting {
            self.rows = self.rows.saturating_sub(rows);
            if self.rows == 0 {
                self.stop.notify_one();
            }
        }
    }
}

const MANY_RESULTS: &str = "
    INSERT INTO test_result (id, created_at, updated_at, status, comment, io_log, test_execution_id, test_case_id)
    SELECT 1000 + n, '2023-06-01', '2023-06-01', 'PASSED', '', 'log ' || n, 72 + n % 4, 91 FROM generate_series(1, 40000) AS n";

both! {
    async fn nothing_comes_twice(app: TestApp) {
        let (app, old) = (emptied(app).await, Installation::filled().await);
        imported(&app, &old, COPY).await;
        let report = imported(&app, &old, COPY).await;
        for table in TABLES {
            assert_eq!(needed(&report, table), (0, 0, 0), "{table}");
        }
    }

    // The old one goes on while it is copied: among new rows are some whose ids were taken before those of rows that came.
    async fn what_is_new_or_changed_comes(app: TestApp) {
        let (app, old) = (emptied(app).await, Installation::filled().await);
        imported(&app, &old, COPY).await;
        old.run(
            "INSERT INTO test_result (id, created_at, updated_at, status, comment, io_log, test_execution_id, test_case_id) VALUES
                 (90, '2023-05-01', '2023-05-01', 'FAILED', 'latecomer', '', 72, 91),
                 (200, '2023-05-01', '2023-05-01', 'SKIPPED', '', 'newcomer', 72, 92);
             UPDATE artefact SET status = 'MARKED_AS_FAILED', updated_at = '2031-01-01' WHERE id = 21;
             -- By hand, without the time of change.
             UPDATE team SET name = 'staff' WHERE id = 9;
             UPDATE test_result SET comment = 'revised', updated_at = '2031-01-01' WHERE id = 102;
             INSERT INTO team_users_association VALUES (8, 9)",
        )
        .await;
        let report = imported(&app, &old, COPY).await;
        assert_eq!(needed(&report, "test_result"), (2, 1, 0));
        assert_eq!(needed(&report, "artefact"), (0, 1, 0));
        assert_eq!(needed(&report, "team"), (0, 1, 0));
        assert_eq!(needed(&report, "team_users_association"), (1, 0, 0));
        assert_eq!(needed(&report, "test_execution"), (0, 0, 0));
        let app = with_key(app).await;
        assert_eq!(app.artefact(21).await["status"], "MARKED_AS_FAILED");
        for word in ["latecomer", "newcomer", "flaky"] {
            assert_eq!(app.get(&format!("/v1/test-results?q={word}")).await.ok()["count"], 1, "{word}");
        }
        let counts = "SELECT COUNT(*) FROM test_execution WHERE id = 72 AND failed_count = 1 AND skipped_count = 1 AND has_results";
        assert_eq!(app.raw.number(counts).await, 1);
    }

    // Results are replaced there when they are reported again; people leave teams; issues are detached and attached again.
    async fn what_is_gone_goes_when_asked_to(app: TestApp) {
        let (app, old) = (emptied(app).await, Installation::filled().await);
        imported(&app, &old, COPY).await;
        old.run(
            "DELETE FROM test_result WHERE id = 101;
             INSERT INTO test_result (id, created_at, updated_at, status, comment, io_log, test_execution_id, test_case_id)
                 VALUES (105, '2023-05-01', '2023-05-01', 'FAILED', 'again', '', 71, 91);
             DELETE FROM team_users_association WHERE user_id = 3 AND team_id = 9;
             DELETE FROM issue_test_result_attachment_rule WHERE id = 121",
        )
        .await;
        let report = imported(&app, &old, COPY).await;
        assert_eq!((needed(&report, "test_result"), needed(&report, "team_users_association")), ((1, 0, 1), (0, 0, 1)));
        assert_eq!((count(&app, "test_result").await, count(&app, "team_users_association").await), (5, 3));
        let extra: u64 = report.checks.iter().map(|check| check.extra).sum();
        assert_eq!(extra, 6, "{report:#?}");
        imported(&app, &old, PRUNE).await;
        for table in TABLES {
            assert_eq!(count(&app, table).await, old.number(&format!("SELECT COUNT(*) FROM {table}")).await, "{table}");
        }
        let app = with_key(app).await;
        for (word, found) in [("again", 1), ("quoted", 0)] {
            assert_eq!(app.get(&format!("/v1/test-results?q={word}")).await.ok()["count"], found, "{word}");
        }
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM test_execution WHERE id = 71 AND failed_count = 1").await, 1);
    }

    // What is new takes what a row has that is gone there.
    async fn a_row_in_the_way_is_named(app: TestApp) {
        let (app, old) = (emptied(app).await, Installation::filled().await);
        imported(&app, &old, COPY).await;
        old.run(
            "DELETE FROM issue_test_result_attachment WHERE id = 132;
             INSERT INTO issue_test_result_attachment (id, created_at, updated_at, issue_id, test_result_id)
                 VALUES (140, '2023-05-02', '2023-05-02', 112, 101)",
        )
        .await;
        let error = import(&app, &old, COPY).await.unwrap_err().to_string();
        assert!(error.contains("issue_test_result_attachment") && error.contains("--prune"), "{error}");
        imported(&app, &old, PRUNE).await;
        assert_eq!(app.raw.number("SELECT MAX(id) FROM issue_test_result_attachment").await, 140);
    }

    async fn a_copy_that_was_interrupted_goes_on(app: TestApp) {
        let (app, old) = (emptied(app).await, Installation::filled().await);
        old.run(MANY_RESULTS).await;
        let stop = Arc::new(Notify::new());
        let mut progress = StopAt { rows: 15_000, is_counting: false, stop: stop.clone() };
        tokio::select! {
            biased;
            () = stop.notified() => {}
            report = app.service.import(&old.url, COPY, &mut progress) => panic!("it was not stopped: {report:#?}"),
        }
        let there_already = count(&app, "test_result").await;
        assert!(there_already > 0 && there_already < 40_004, "{there_already} results were copied");
        let report = imported(&app, &old, COPY).await;
        assert_eq!(needed(&report, "test_result"), (40_004 - there_already.cast_unsigned(), 0, 0));
        assert_eq!(needed(&report, "artefact"), (0, 0, 0));
        let counts = "SELECT COUNT(*) FROM test_execution WHERE id BETWEEN 72 AND 75 AND passed_count >= 10000";
        assert_eq!(app.raw.number(counts).await, 4);
    }

    // Whoever looks around before the move has a session here, which is no reason to refuse, and stays.
    async fn sessions_of_those_who_look_around_stay(app: TestApp) {
        let (app, old) = (emptied(app).await, Installation::filled().await);
        imported(&app, &old, COPY).await;
        app.raw
            .run(
                "INSERT INTO user_session (id, user_id, expires_at, created_at, updated_at) VALUES (4503599627370497, 3,
                     '2099-01-01T00:00:00+00:00', '2031-01-01T00:00:00+00:00', '2031-01-01T00:00:00+00:00')",
            )
            .await;
        old.run("DELETE FROM user_session WHERE id = 6").await;
        let report = imported(&app, &old, PRUNE).await;
        assert_eq!(plan(&report, "user_session").own, 0);
        assert_eq!(needed(&report, "user_session"), (0, 0, 1));
        let left = app.raw.texts("SELECT CAST(id AS TEXT) FROM user_session ORDER BY user_session.id").await;
        assert_eq!(left, ["5", "4503599627370497"]);
    }
}

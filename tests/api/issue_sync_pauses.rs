//! Trackers are asked politely: nothing is sent twice that has not changed, and who wants a pause gets one.

use chrono::Utc;
use serde_json::json;
use test_observer::domain::issue_sync::Priority;
use test_observer::service::jobs::JobOutcome;

use crate::issue_sync::{add, add_github, forget_synced};
use crate::support::{TestApp, both};
use crate::trackers::{Reply, TrackerServer, github_line};

async fn run(app: &TestApp) -> (u64, u64, u64) {
    let JobOutcome { done, failed, waiting } = app.service.synchronise_issues(Priority::High).await.unwrap();
    (done, failed, waiting)
}

fn found(title: &str) -> Reply {
    Reply::new(200, json!({"title": title, "state": "open", "labels": []}))
}

both! {
    async fn what_has_not_changed_is_not_sent_again(app: TestApp) {
        let server = TrackerServer::start().await;
        let app = server.serve(app);
        let id = add_github(&app, 1).await;
        let unchanged = Reply::new(304, json!(null));
        server.show(&github_line(1), &[found("theirs").with("etag", "W/\"1\""), unchanged]);
        assert_eq!(run(&app).await, (1, 0, 0));
        app.patch(&format!("/v1/issues/{id}"), &json!({"title": "mine"})).await.ok();
        forget_synced(&app).await;
        server.take_asked();
        assert_eq!(run(&app).await, (1, 0, 0));
        let asked = server.take_asked();
        let tags: Vec<_> = asked.iter().filter_map(|asked| asked.header("if-none-match")).collect();
        assert_eq!(tags, ["W/\"1\""]);
        // What the tracker said last is still what counts.
        assert_eq!(app.get(&format!("/v1/issues/{id}")).await.ok()["title"], "theirs");
    }

    async fn what_fails_for_a_moment_is_asked_again(app: TestApp) {
        let server = TrackerServer::start().await;
        let app = server.serve(app);
        for number in 1..=4 {
            add_github(&app, number).await;
        }
        let failure = || Reply::new(502, json!({}));
        server.show(&github_line(1), &[failure(), failure(), found("late")]);
        server.show(&github_line(2), &[Reply::new(429, json!({})).with("retry-after", "0"), found("polite")]);
        server.show(&github_line(3), &[Reply::new(503, json!({})).with("retry-after", "0"), found("polite")]);
        server.show(&github_line(4), &[failure(), failure(), failure(), found("too late")]);
        assert_eq!(run(&app).await, (3, 1, 0));
        assert_eq!(server.take_lines().len(), 3 + 2 + 2 + 3);
    }

    // Until the time that GitHub names nobody asks it again, also not in the next run; others are asked all the same.
    async fn who_wants_a_long_pause_gets_it(app: TestApp) {
        let server = TrackerServer::start().await;
        let app = server.serve(app);
        for number in 1..=20 {
            add_github(&app, number).await;
        }
        add(&app, "https://bugs.launchpad.net/snapd/+bug/99").await;
        server.show_launchpad(99, "it hangs", &[], &[]);
        #[expect(clippy::disallowed_methods, reason = "the server's clock is the machine's here, too")]
        let reset = (Utc::now().timestamp() + 1_800).to_string();
        for number in 1..=20 {
            let limited = Reply::new(403, json!({"message": "API rate limit exceeded"}));
            let limited = limited.with("x-ratelimit-remaining", "0").with("x-ratelimit-reset", &reset);
            server.show(&github_line(number), &[limited]);
        }
        assert_eq!(run(&app).await, (1, 0, 20));
        let asked = server.take_lines().len();
        assert!(asked <= 2 + 4, "{asked}");
        for number in 1..=20 {
            server.show_github(number, "t", "open", &[]);
        }
        assert_eq!(run(&app).await, (0, 0, 20));
        assert!(server.take_asked().is_empty());
    }

    // A tracker that is down is not asked for every issue, each several times.
    async fn a_tracker_that_is_down_is_given_up_for_this_run(app: TestApp) {
        let server = TrackerServer::start().await;
        let app = server.serve(app);
        for number in 1..=30 {
            add_github(&app, number).await;
            server.show(&github_line(number), &[Reply::new(500, json!({}))]);
        }
        let (done, failed, waiting) = run(&app).await;
        assert_eq!((done, failed + waiting), (0, 30));
        assert!((5..=8).contains(&failed), "{failed}");
        // The next run tries again.
        for number in 1..=30 {
            server.show_github(number, "t", "open", &[]);
        }
        assert_eq!(run(&app).await, (30, 0, 0));
    }
}

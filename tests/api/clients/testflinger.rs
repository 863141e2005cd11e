//! The server of a lab that passes on what its agents report: one try and one retry of three seconds, no redirects, and
//! every time the whole list of events so far.

use app::api::Permission;
use futures::future::join_all;
use serde_json::{Value, json};

use super::{Client, at, items, open_to_all, read};
use crate::support::{both, deb};

/// One event: its name, the second it happened, and its detail.
type Event = (&'static str, u32, &'static str);

const RUN: [Event; 9] = [
    ("job_start", 0, "https://agents.example/agents/rpi4-07"),
    ("setup_start", 1, ""),
    ("setup_success", 2, ""),
    ("provision_start", 3, ""),
    ("provision_success", 4, ""),
    ("test_start", 5, ""),
    ("test_fail", 6, "exit code 1"),
    ("cleanup_start", 7, ""),
    ("job_end", 8, "normal_exit"),
];

/// What `requests.put(webhook, json=…)` sends: the times as Python's `isoformat()` writes them.
fn update(events: &[Event]) -> String {
    let events: Vec<String> = events
        .iter()
        .map(|(name, second, detail)| {
            let time = format!("2031-01-22T08:30:{second:02}.000{second:03}+00:00");
            format!(r#"{{"event_name": "{name}", "timestamp": "{time}", "detail": "{detail}"}}"#)
        })
        .collect();
    format!(r#"{{"agent_id": "rpi4-07", "job_queue": "rpi4", "events": [{}]}}"#, events.join(", "))
}

/// The events as they are shown.
fn shown(events: &[Event]) -> Value {
    let show = |(name, second, detail): &Event| {
        let time = format!("2031-01-22T08:30:{second:02}.000{second:03}");
        json!([name, time, detail])
    };
    events.iter().map(show).collect()
}

both! {
    // Whole lists, sent twice; the address of the agent is kept.
    async fn the_list_so_far_replaces_the_one_before(app: TestApp) {
        let app = open_to_all(app, &[Permission::ChangeTest, Permission::ViewTest]);
        let id = app.start(&deb(&json!({}))).await;
        let path = format!("{}/status_update", at(id));
        let server = Client::requests(&app);
        for length in 1..=RUN.len() {
            // Whether the first try arrived or not, there is a second one.
            for _ in 0..2 {
                let answer = server.put(&path, &update(&RUN[..length])).await;
                assert_eq!((answer.ok(), answer.headers.get("location")), (Value::Null, None));
            }
            // Events of second 0 and microsecond 0 are shown without a fraction.
            let mut expected = shown(&RUN[..length]);
            expected[0][1] = json!("2031-01-22T08:30:00");
            let events = app.get(&path).await.ok();
            assert_eq!(read(&events, &["/event_name", "/timestamp", "/detail"]), expected);
        }
        let agents = app.raw.texts("SELECT resource_url FROM test_execution").await;
        assert_eq!(agents, ["https://agents.example/agents/rpi4-07"]);
    }

    // A last `job_end` ends the run prematurely, unless it has its result.
    async fn the_end_of_the_job_ends_a_run_that_nobody_completed(app: TestApp) {
        let key = app.add_application(&[Permission::ChangeTest]).await;
        for (before, completes, expected) in [
            ("NOT_STARTED", false, "ENDED_PREMATURELY"),
            ("IN_PROGRESS", false, "ENDED_PREMATURELY"),
            ("IN_PROGRESS", true, "PASSED"),
        ] {
            let id = app.start(&deb(&json!({"initial_status": before}))).await;
            let path = format!("{}/status_update", at(id));
            let server = Client::requests(&app).with_key(&key);
            server.put(&path, &update(&RUN[..8])).await.ok();
            assert_eq!(app.execution(id).await["status"], before);
            if completes {
                app.report(id, &[("boot", "PASSED")]).await;
                app.patch(&at(id), &json!({"status": "COMPLETED"})).await.ok();
            }
            server.put(&path, &update(&RUN)).await.ok();
            assert_eq!(app.execution(id).await["status"], expected, "{before} {completes}");
        }
    }

    // All names that agents use.
    async fn every_name_of_an_agent_is_kept(app: TestApp) {
        let app = open_to_all(app, &[Permission::ChangeTest]);
        let phases = ["setup", "provision", "firmware_update", "test", "allocate", "reserve", "cleanup"];
        let mut names: Vec<String> = Vec::new();
        for phase in phases {
            names.extend(["start", "success", "fail"].map(|ending| format!("{phase}_{ending}")));
        }
        let others = ["cancelled", "global_timeout", "output_timeout", "recovery_fail", "normal_exit", "job_start"];
        names.extend(others.map(str::to_owned));
        let events: Vec<String> = names
            .iter()
            .map(|name| {
                format!(r#"{{"event_name": "{name}", "timestamp": "2031-01-22T08:30:00+00:00", "detail": "{name}"}}"#)
            })
            .collect();
        let body = format!(r#"{{"agent_id": "a", "job_queue": "q", "events": [{}]}}"#, events.join(", "));
        let id = app.start(&deb(&json!({}))).await;
        let path = format!("{}/status_update", at(id));
        Client::requests(&app).put(&path, &body).await.ok();
        // They all happened at one moment, and are shown in the order in which they were sent.
        let expected: Value = names.iter().map(|name| json!([name, name])).collect();
        assert_eq!(read(&app.get(&path).await.ok(), &["/event_name", "/detail"]), expected);
        assert_eq!(app.execution(id).await["status"], "IN_PROGRESS");
    }

    // The retry comes after three seconds, answered or not.
    async fn a_retry_that_overtakes_the_first_try_doubles_nothing(app: TestApp) {
        let app = open_to_all(app, &[Permission::ChangeTest]);
        let id = app.start(&deb(&json!({}))).await;
        let path = format!("{}/status_update", at(id));
        let (server, body) = (Client::requests(&app), update(&RUN));
        for answer in join_all((0..8).map(|_| server.put(&path, &body))).await {
            answer.ok();
        }
        assert_eq!(items(&app.get(&path).await.ok()).len(), RUN.len());
        assert_eq!(app.execution(id).await["status"], "ENDED_PREMATURELY");
    }
}

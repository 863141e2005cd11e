//! The kernels' trackers: due dates and links of artefacts that have an open one.

use std::time::Duration;

use serde_json::{Map, Value, json};
use test_observer::service::jobs::{JobError, JobOutcome};

use crate::event_streams::{event, follow_all, mark};
use crate::support::{TestApp, both, charm, deb, only, snap};
use crate::upstream::Upstream;

const STATUS: &str = "/status.json";
const BUGS: &str = "https://bugs.launchpad.net/kernel-sru-workflow/+bug";

fn outcome(done: u64, failed: u64) -> JobOutcome {
    JobOutcome { done, failed, waiting: 0 }
}

/// A tracker as its document has it.
fn tracker(section: &Value, status: &str) -> Value {
    json!({
        "test-observer": section, "summary": "noble/linux: 6.8.0-51.52 -proposed tracker",
        "task": {"kernel-sru-workflow": {"status": status}, "certification-testing": {"status": "In Progress"}},
    })
}

/// Runs the job over a document with these trackers.
async fn follow(app: &TestApp, upstream: &Upstream, trackers: &[(&str, Value)]) -> JobOutcome {
    let trackers: Map<String, Value> = trackers.iter().map(|(bug, it)| ((*bug).to_owned(), it.clone())).collect();
    upstream.set(STATUS, 200, json!({"trackers": trackers}).to_string());
    app.service.follow_kernel_tracker().await.unwrap()
}

/// Adds a snap and a deb; their ids.
async fn add_kernels(app: &TestApp) -> (i64, i64) {
    let pi = app.artefact_of(app.start(&snap(&json!({"name": "pi-kernel"}))).await).await;
    let generic = app.artefact_of(app.start(&deb(&json!({"name": "linux-generic"}))).await).await;
    (pi, generic)
}

#[track_caller]
fn says(artefact: &Value, due_date: &Value, bug_link: &str) {
    let expected = json!({"due_date": due_date, "bug_link": bug_link});
    assert_eq!(only(artefact, &expected), expected);
}

both! {
    async fn artefacts_get_the_date_and_the_link_of_their_tracker(app: TestApp) {
        let (app, upstream) = Upstream::start(app).await;
        let (pi, generic) = add_kernels(&app).await;
        let other = app.artefact_of(app.start(&charm(&json!({}))).await).await;
        let (before, untouched) = (app.artefact(pi).await, app.artefact(other).await);
        let done = follow(&app, &upstream, &[
            ("2200011", tracker(&json!({"beta": pi, "due-date": "2031-03-09"}), "In Progress")),
            ("2200012", tracker(&json!({"proposed": generic, "due-date": "2031-04-10"}), "New")),
            ("2200013", tracker(&json!({"edge": 9_999_999_999_i64, "due-date": "2031-04-10"}), "New")),
            // A charm is no kernel, whatever a tracker says.
            ("2200014", tracker(&json!({"edge": other, "due-date": "2031-04-10"}), "New")),
        ]).await;
        assert_eq!(done, outcome(2, 0));
        let mut after = app.artefact(pi).await;
        says(&after, &json!("2031-03-09"), &format!("{BUGS}/2200011"));
        says(&app.artefact(generic).await, &json!("2031-04-10"), &format!("{BUGS}/2200012"));
        assert_eq!(app.artefact(other).await, untouched);
        for field in ["due_date", "bug_link"] {
            after[field] = before[field].clone();
        }
        assert_eq!(after, before);
        assert_eq!(upstream.take_asked(), [STATUS]);
    }

    // A date is not lost: neither by a tracker without one nor by one that is closed or gone.
    async fn what_trackers_do_not_say_stays(app: TestApp) {
        let (app, upstream) = Upstream::start(app).await;
        let (pi, generic) = add_kernels(&app).await;
        app.raw.run(&format!("UPDATE artefact SET due_date = '2031-02-01', archived = TRUE WHERE id = {pi}")).await;
        let undated = [
            ("1", tracker(&json!({"beta": pi}), "New")), ("2", tracker(&json!({"proposed": generic, "due-date": ""}), "New")),
        ];
        assert_eq!(follow(&app, &upstream, &undated).await, outcome(2, 0));
        says(&app.artefact(pi).await, &json!("2031-02-01"), &format!("{BUGS}/1"));
        says(&app.artefact(generic).await, &Value::Null, &format!("{BUGS}/2"));
        let closed = tracker(&json!({"beta": pi, "due-date": "2031-05-05"}), "Fix Released");
        for trackers in [&[("3", closed)][..], &[]] {
            assert_eq!(follow(&app, &upstream, trackers).await, outcome(0, 0));
            says(&app.artefact(pi).await, &json!("2031-02-01"), &format!("{BUGS}/1"));
        }
    }

    async fn a_tracker_that_makes_no_sense_is_left_out(app: TestApp) {
        let (app, upstream) = Upstream::start(app).await;
        let (pi, generic) = add_kernels(&app).await;
        for section in [json!({"beta": pi, "due-date": "2031-02-30"}), json!({"beta": "x"})] {
            let done = follow(&app, &upstream, &[
                ("1", tracker(&section, "New")),
                ("2", tracker(&json!({"proposed": generic, "due-date": "2031-04-10"}), "New")),
            ]).await;
            assert_eq!(done, outcome(1, 1), "{section}");
            says(&app.artefact(pi).await, &Value::Null, "");
            says(&app.artefact(generic).await, &json!("2031-04-10"), &format!("{BUGS}/2"));
        }
    }

    async fn no_document_changes_nothing(app: TestApp) {
        let (app, upstream) = Upstream::start(app).await;
        let (pi, generic) = add_kernels(&app).await;
        follow(&app, &upstream, &[("1", tracker(&json!({"beta": pi, "due-date": "2031-02-01"}), "New"))]).await;
        let before = (app.artefact(pi).await, app.artefact(generic).await);
        let good = json!({"trackers": {"2": tracker(&json!({"beta": generic}), "New")}}).to_string();
        let good = good.as_str();
        for (status, body) in
            [(404, good), (500, good), (301, good), (200, "<html>"), (200, "{}"), (200, &good[..good.len() - 1])]
        {
            upstream.set(STATUS, status, body);
            let error = app.service.follow_kernel_tracker().await.unwrap_err();
            assert!(matches!(&error, JobError::Remote(reason) if reason.contains(STATUS)), "{status} {body}: {error}");
            assert_eq!((app.artefact(pi).await, app.artefact(generic).await), before, "{status} {body}");
        }
    }

    // While the document is on its way others write, and what they write stays.
    async fn nothing_is_held_while_the_document_comes(app: TestApp) {
        let (app, upstream) = Upstream::start(app).await;
        let (pi, _) = add_kernels(&app).await;
        let document = json!({"trackers": {"1": tracker(&json!({"beta": pi, "due-date": "2031-02-01"}), "New")}});
        upstream.set(STATUS, 200, document.to_string());
        let held = upstream.hold().await;
        let service = app.service.clone();
        let run = tokio::spawn(async move { service.follow_kernel_tracker().await });
        upstream.wait_for_questions(1).await;
        let (path, body) = (format!("/v1/artefacts/{pi}"), json!({"comment": "looks good"}));
        let change = tokio::time::timeout(Duration::from_secs(20), app.patch(&path, &body));
        change.await.expect("a transaction waits for the document").ok();
        drop(held);
        assert_eq!(run.await.unwrap().unwrap(), outcome(1, 0));
        let after = app.artefact(pi).await;
        says(&after, &json!("2031-02-01"), &format!("{BUGS}/1"));
        assert_eq!(after["comment"], "looks good");
    }

    // Many at once, for the price of one; and a second time nothing is said.
    async fn changes_are_noted_and_announced_once(app: TestApp) {
        let (app, upstream) = Upstream::start(app).await;
        let (pi, generic) = add_kernels(&app).await;
        let one = [("1", tracker(&json!({"beta": pi, "due-date": "2031-02-01"}), "New"))];
        let before = app.service.db.statements();
        follow(&app, &upstream, &one).await;
        let cost = app.service.db.statements() - before;
        let two = [
            ("1", tracker(&json!({"beta": pi, "due-date": "2031-02-02"}), "New")),
            ("2", tracker(&json!({"proposed": generic}), "New")),
        ];
        let mut stream = follow_all(&app, "").await;
        for expected in [cost, 1] {
            let before = app.service.db.statements();
            follow(&app, &upstream, &two).await;
            assert_eq!(app.service.db.statements() - before, expected);
        }
        let log = app.get("/v1/audit-log?subject_kind=artefact").await.ok();
        let said: Vec<Value> = log["entries"].as_array().unwrap().iter().map(|entry| {
            json!([entry["actor_kind"], entry["action"], entry["subject_id"], entry["before"], entry["after"]])
        }).collect();
        let link = |bug: &str| format!("{BUGS}/{bug}");
        assert_eq!(said, [
            json!(["operator", "update", generic, {"bug_link": ""}, {"bug_link": link("2")}]),
            json!(["operator", "update", pi, {"due_date": "2031-02-01"}, {"due_date": "2031-02-02"}]),
            json!(["operator", "update", pi, {"due_date": null, "bug_link": ""},
                {"due_date": "2031-02-01", "bug_link": link("1")}]),
        ]);
        let marker = mark(&app, 1).await;
        let of = |id: i64, family: &str| event("artefact", json!({"artefact_id": id, "family": family}));
        assert_eq!(stream.until_issue(marker).await, [of(pi, "snap"), of(generic, "deb")]);
    }
}

//! Jobs: one process runs them, each in its interval; and how they went is shown.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use app::api::Permission;
use axum::http::Method;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use test_observer::clock::Clock;
use test_observer::service::Service;
use test_observer::service::jobs::{Job, JobError, JobOutcome};
use tokio::task::JoinHandle;

use crate::support::{TestApp, both, only};
use crate::trackers::TrackerServer;

const JOBS: &str = "/v1/jobs";
const SHORT: Duration = Duration::from_millis(20);
/// As long as something is waited for that is to happen.
const PATIENCE: Duration = Duration::from_secs(20);
/// As long as it is waited whether something happens that is not to.
const A_WHILE: Duration = Duration::from_millis(300);

/// A scheduler; ended with the test.
struct Scheduler(JoinHandle<()>);

impl Drop for Scheduler {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn start(service: &Service, jobs: Vec<Job>) -> Scheduler {
    let service = service.clone();
    Scheduler(tokio::spawn(async move { service.run_jobs(&jobs).await }))
}

/// A job that counts its runs.
fn counting(name: &'static str, interval: Duration) -> (Job, Arc<AtomicUsize>) {
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = runs.clone();
    let job = Job::new(name, interval, move |_| {
        let run = counted.fetch_add(1, Ordering::SeqCst);
        async move { Ok(JobOutcome { done: u64::try_from(run).unwrap() + 1, ..JobOutcome::default() }) }
    });
    (job, runs)
}

async fn wait_for(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let patience = tokio::time::Instant::now() + PATIENCE;
    while !is_so().await {
        assert!(tokio::time::Instant::now() < patience, "{what} did not happen");
        tokio::time::sleep(SHORT).await;
    }
}

/// The job of that name as the API shows it.
async fn shown(app: &TestApp, name: &str) -> Value {
    let jobs = app.get(JOBS).await.ok();
    jobs["jobs"].as_array().unwrap().iter().find(|job| job["name"] == name).unwrap().clone()
}

fn at(moment: &str) -> Clock {
    let moment: DateTime<Utc> = moment.parse().unwrap();
    Clock::from_fn(move || moment)
}

both! {
    // Each run is written down.
    async fn a_job_runs_again_and_again(app: TestApp) {
        let before = shown(&app, "expired").await;
        let expected = json!({
            "name": "expired", "interval_seconds": 600, "last_started_at": null, "last_ended_at": null,
            "duration_milliseconds": null, "done": 0, "failed": 0, "waiting": 0, "error": null, "next_due_at": null,
        });
        assert_eq!(before, expected);
        let (job, runs) = counting("expired", Duration::from_millis(400));
        let _scheduler = start(&app.service, vec![job]);
        wait_for("that the job is known", async || shown(&app, "expired").await["next_due_at"] != Value::Null).await;
        wait_for("the third run", async || shown(&app, "expired").await["done"].as_u64() >= Some(3)).await;
        assert!(runs.load(Ordering::SeqCst) >= 3);
        let job = shown(&app, "expired").await;
        let expected = json!({"failed": 0, "waiting": 0, "error": null});
        assert_eq!(only(&job, &expected), expected);
        assert!(job["duration_milliseconds"].as_i64().unwrap() >= 0);
        assert!(job["last_started_at"].as_str() <= job["last_ended_at"].as_str());
        assert!(job["last_ended_at"].as_str() < job["next_due_at"].as_str(), "{job}");
    }

    // A panic and an error end neither the job nor others.
    async fn a_panic_ends_nothing(app: TestApp) {
        let number = Arc::new(AtomicUsize::new(0));
        let troubled = Job::new("expired", SHORT, move |_| {
            let number = number.fetch_add(1, Ordering::SeqCst);
            async move {
                match number {
                    0 => panic!("out of luck"),
                    1 => Err(JobError::Remote("nobody there".to_owned())),
                    _ => Ok(JobOutcome { done: 5, failed: 1, waiting: 2 }),
                }
            }
        });
        let (other, runs) = counting("other", SHORT);
        let _scheduler = start(&app.service, vec![troubled, other]);
        wait_for("a good run", async || shown(&app, "expired").await["done"] == 5).await;
        let expected = json!({"failed": 1, "waiting": 2, "error": null});
        assert_eq!(only(&shown(&app, "expired").await, &expected), expected);
        wait_for("another run of the other", async || runs.load(Ordering::SeqCst) > 1).await;
    }

    // What went wrong is shown until the next run.
    async fn a_panic_and_an_error_are_what_came_of_a_run(app: TestApp) {
        let number = Arc::new(AtomicUsize::new(0));
        let job = Job::new("expired", Duration::from_mins(10), move |_| {
            let number = number.fetch_add(1, Ordering::SeqCst);
            async move {
                assert!(number > 0, "out of luck: {number}");
                Err(JobError::Remote("no\0body there".to_owned()))
            }
        });
        let _scheduler = start(&app.service, vec![job]);
        for expected in ["it panicked: out of luck: 0", "nobody there"] {
            app.service.wake_job("expired");
            wait_for(expected, async || shown(&app, "expired").await["error"] == expected).await;
            let job = shown(&app, "expired").await;
            assert!(job["last_ended_at"].is_string() && job["done"] == 0, "{job}");
        }
    }

    async fn a_run_waits_for_the_one_before(app: TestApp) {
        let (under_way, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (counted, highest) = (under_way.clone(), most.clone());
        let runs = Arc::new(AtomicUsize::new(0));
        let number = runs.clone();
        let job = Job::new("expired", Duration::from_millis(1), move |_| {
            let (counted, highest, number) = (counted.clone(), highest.clone(), number.clone());
            async move {
                highest.fetch_max(counted.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(SHORT).await;
                counted.fetch_sub(1, Ordering::SeqCst);
                number.fetch_add(1, Ordering::SeqCst);
                Ok(JobOutcome::default())
            }
        });
        let _scheduler = start(&app.service, vec![job]);
        wait_for("the tenth run", async || runs.load(Ordering::SeqCst) >= 10).await;
        assert_eq!(most.load(Ordering::SeqCst), 1);
    }

    // Of two schedulers on one database one runs the jobs; when it is gone the other one does, within seconds.
    async fn one_scheduler_runs_the_jobs(app: TestApp) {
        let ran = Arc::new(Mutex::new(Vec::new()));
        let job = |who: &'static str| {
            let ran = ran.clone();
            Job::new("expired", SHORT, move |_| {
                ran.lock().unwrap().push(who);
                async { Ok(JobOutcome::default()) }
            })
        };
        let first = start(&app.service, vec![job("first")]);
        wait_for("a run", async || !ran.lock().unwrap().is_empty()).await;
        let _second = start(&app.service, vec![job("second")]);
        tokio::time::sleep(3 * A_WHILE).await;
        assert!(ran.lock().unwrap().iter().all(|who| *who == "first"));
        drop(first);
        wait_for("that the second takes over", async || ran.lock().unwrap().contains(&"second")).await;
    }

    // What ran before a restart is not run again before it is time, and what is overdue runs at once.
    async fn a_restart_knows_when_a_job_is_due(app: TestApp) {
        let app = app.with_clock(at("2031-05-04T12:00:00Z"));
        for (name, started, ended, error) in [
            ("early", "11:01", "'2031-05-04T11:02:00+00:00'", "NULL"),
            ("due", "10:59", "'2031-05-04T11:02:00+00:00'", "NULL"),
            // These are made up for sooner.
            ("failed", "11:45", "'2031-05-04T11:46:00+00:00'", "'no'"),
            ("cut_off", "11:45", "NULL", "NULL"),
            ("cut_off_just_now", "11:55", "NULL", "NULL"),
        ] {
            let sql = format!(
                "INSERT INTO job (name, created_at, updated_at, started_at, ended_at, error) VALUES ('{name}',
                     '2031-01-01T00:00:00+00:00', '2031-01-01T00:00:00+00:00', '2031-05-04T{started}:00+00:00',
                     {ended}, {error})"
            );
            app.raw.run(&sql).await;
        }
        let names = ["early", "due", "failed", "cut_off", "cut_off_just_now", "new"];
        let jobs = names.map(|name| counting(name, Duration::from_hours(1)));
        let (jobs, runs): (Vec<_>, Vec<_>) = jobs.into_iter().unzip();
        let _scheduler = start(&app.service, jobs);
        let counts = || -> Vec<usize> { runs.iter().map(|runs| runs.load(Ordering::SeqCst)).collect() };
        wait_for("that what is due ran", async || counts().iter().sum::<usize>() >= 3).await;
        tokio::time::sleep(A_WHILE).await;
        assert_eq!(counts(), [0, 1, 1, 1, 0, 0]);
    }

    async fn a_job_can_be_woken(app: TestApp) {
        let (job, runs) = counting("expired", Duration::from_hours(1));
        let _scheduler = start(&app.service, vec![job]);
        wait_for("that the job is known", async || shown(&app, "expired").await["next_due_at"] != Value::Null).await;
        tokio::time::sleep(A_WHILE).await;
        assert_eq!(runs.load(Ordering::SeqCst), 0);
        for expected in 1..=2 {
            app.service.wake_job("expired");
            wait_for("a run", async || shown(&app, "expired").await["done"] == expected).await;
        }
        app.service.wake_job("unknown");
    }

    // The job that clears away: sessions and answers whose time is over, and nothing else.
    async fn what_is_over_is_cleared_away_by_a_job(app: TestApp) {
        let kim = app.add_user("kim").await;
        app.session(kim).await;
        for (key, expires) in [("old", "2031-05-04T11:59:59+00:00"), ("new", "2031-05-04T12:00:01+00:00")] {
            let sql = format!(
                "INSERT INTO user_session (user_id, expires_at, created_at, updated_at)
                     VALUES ({kim}, '{expires}', '{expires}', '{expires}');
                 INSERT INTO idempotency_key (principal, key, fingerprint, expires_at, created_at, updated_at)
                     VALUES ('x', '{key}', 'x', '{expires}', '{expires}', '{expires}')"
            );
            app.raw.run(&sql).await;
        }
        let app = app.with_clock(at("2031-05-04T12:00:00Z"));
        let _scheduler = start(&app.service, app.service.jobs());
        wait_for("that the job is known", async || shown(&app, "expired").await["next_due_at"] != Value::Null).await;
        app.service.wake_job("expired");
        wait_for("the run", async || shown(&app, "expired").await["done"] == 2).await;
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM user_session").await, 2);
        assert_eq!(app.raw.texts("SELECT key FROM idempotency_key").await, ["new"]);
    }

    async fn jobs_are_listed_as_they_are_configured(app: TestApp) {
        let names = |jobs: &Value| -> Vec<String> {
            let jobs = jobs["jobs"].as_array().unwrap().iter();
            jobs.map(|job| format!("{} {}", job["name"].as_str().unwrap(), job["interval_seconds"])).collect()
        };
        let always = ["expired 600", "messages 2", "promotion 600", "kernel_tracker 300"];
        assert_eq!(names(&app.get(JOBS).await.ok()), always);
        let server = TrackerServer::start().await;
        let app = server.serve(app);
        let jobs = app.get(JOBS).await.ok();
        let sync = ["issue_sync_high 3600", "issue_sync_medium 21600", "issue_sync_low 604800"];
        assert_eq!(names(&jobs), [&always[..], &sync].concat());
        assert_eq!(jobs["is_enabled"], true);
        // A server that runs none tells what others did, but not when they do it again.
        let (job, _) = counting("expired", Duration::from_hours(1));
        let _scheduler = start(&app.service, vec![job]);
        wait_for("that the job is known", async || shown(&app, "expired").await["next_due_at"] != Value::Null).await;
        let app = app.with_settings(|settings| settings.periodic_tasks = false);
        let jobs = app.get(JOBS).await.ok();
        assert_eq!((&jobs["is_enabled"], &jobs["jobs"][0]["next_due_at"]), (&json!(false), &Value::Null));
    }

    async fn looking_at_jobs_takes_a_permission_of_its_own(app: TestApp) {
        let view = Permission::ViewJobs;
        let others: Vec<Permission> = Permission::ALL.iter().copied().filter(|it| *it != view).collect();
        let (able, powerless) = (app.add_application(&[view]).await, app.add_application(&others).await);
        app.anonymous(Method::GET, JOBS, None).await.refused(403, "Insufficient permissions");
        app.as_application(&powerless, Method::GET, JOBS, None).await.refused(403, "Insufficient permissions");
        app.as_application(&able, Method::GET, JOBS, None).await.ok();
        app.post(JOBS, &json!({})).await.refused(405, "Method Not Allowed");
        assert!(!view.is_read());
    }
}

// A connection that ends takes the lock with it: the jobs pause, and go on when there is another one.
#[tokio::test]
async fn a_lost_connection_is_a_lost_lock() {
    let app = TestApp::on_postgres().await;
    let (job, runs) = counting("expired", SHORT);
    let _scheduler = start(&app.service, vec![job]);
    wait_for("a run", async || runs.load(Ordering::SeqCst) > 0).await;
    let holders = "FROM pg_locks WHERE locktype = 'advisory' AND granted
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let holder = app.raw.number(&format!("SELECT CAST(pid AS BIGINT) {holders}")).await;
    app.raw.run(&format!("SELECT pg_terminate_backend({holder})")).await;
    let number = async || app.raw.number(&format!("SELECT COALESCE(MAX(CAST(pid AS BIGINT)), 0) {holders}")).await;
    wait_for("another lock", async || ![0, holder].contains(&number().await)).await;
    let before = runs.load(Ordering::SeqCst);
    wait_for("another run", async || runs.load(Ordering::SeqCst) > before).await;
}

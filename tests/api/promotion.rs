//! Promotion: snaps and debs follow what the store and the archive say.

use std::io::Write;
use std::time::Duration;

use axum::http::header;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use test_observer::service::jobs::JobOutcome;

use crate::event_streams::{event, follow_all, mark};
use crate::log::Log;
use crate::support::{Raw, TestApp, both, charm, deb, image, only, snap};
use crate::upstream::Upstream;

const NUMBER_OF_ENTRIES: &str = "SELECT COUNT(*) FROM audit_log WHERE subject_kind = 'artefact'";
/// When an index was changed.
const DATE: &str = "Sun, 09 Mar 2031 01:02:03 GMT";
/// Transactions of this database that are open and do nothing.
const IDLE_TRANSACTIONS: &str = "SELECT COUNT(*) FROM pg_stat_activity
     WHERE datname = current_database() AND state LIKE 'idle in transaction%'";

fn outcome(done: u64, failed: u64) -> JobOutcome {
    JobOutcome { done, failed, waiting: 0 }
}

/// Runs the job.
async fn promote(app: &TestApp) -> JobOutcome {
    app.service.promote_artefacts().await.unwrap()
}

/// A channel with a version of the snap of the tests.
fn channel(risk: &str) -> Value {
    json!({
        "channel": {"architecture": "armhf", "name": risk, "released-at": "2031-03-09T01:02:03+00:00", "risk": risk,
            "track": "22"},
        "created-at": "2031-03-09T01:02:03+00:00", "revision": 1_033, "type": "base", "version": "20230531",
    })
}

/// Lets the store have the snap of the tests under a name in these stages.
fn release(upstream: &Upstream, name: &str, risks: &[&str]) {
    let channels: Vec<Value> = risks.iter().map(|risk| channel(risk)).collect();
    let body = json!({"channel-map": channels, "default-track": null, "name": name, "snap-id": "x"});
    upstream.set(&format!("/v2/snaps/info/{name}"), 200, body.to_string());
}

fn packed(text: &str) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(text.as_bytes()).unwrap();
    packer.finish().unwrap()
}

/// Lets an index have these packages, each `(name, version)`.
fn publish(upstream: &Upstream, index: &str, packages: &[(&str, &str)]) {
    let paragraphs: Vec<String> = packages
        .iter()
        .map(|(name, version)| {
            format!("Package: {name}\nArchitecture: amd64\nVersion: {version}\nPriority: optional\n")
        })
        .collect();
    upstream.set(&format!("/{index}/Packages.gz"), 200, packed(&paragraphs.join("\n")));
}

/// Adds a snap under a name in a stage; its id.
async fn add_snap(app: &TestApp, name: &str, stage: &str) -> i64 {
    app.artefact_of(app.start(&snap(&json!({"name": name, "execution_stage": stage}))).await).await
}

/// Adds a deb for amd64 in kinetic's main, proposed; its id.
async fn add_deb(app: &TestApp, name: &str, version: &str) -> i64 {
    let body = deb(&json!({"name": name, "version": version, "arch": "amd64", "series": "kinetic", "repo": "main"}));
    app.artefact_of(app.start(&body).await).await
}

#[track_caller]
fn is_at(artefact: &Value, stage: &str, archived: bool) {
    let expected = json!({"stage": stage, "archived": archived});
    assert_eq!(only(artefact, &expected), expected, "{}", artefact["name"]);
}

both! {
    async fn snaps_are_where_the_store_has_them(app: TestApp) {
        let (app, upstream) = Upstream::start(app).await;
        let mut expected = Vec::new();
        for (name, stage, risks, found, archived) in [
            ("one-higher", "edge", Some(&["beta"][..]), "beta", false),
            ("gone", "edge", Some(&[][..]), "edge", true),
            ("unknown", "edge", None, "edge", false),
            ("two-higher", "beta", Some(&["stable"][..]), "stable", false),
            ("in-two", "edge", Some(&["edge", "beta"][..]), "beta", false),
            ("lower", "stable", Some(&["candidate"][..]), "candidate", false),
            ("as-is", "candidate", Some(&["candidate"][..]), "candidate", false),
        ] {
            expected.push((add_snap(&app, name, stage).await, found, archived));
            if let Some(risks) = risks {
                release(&upstream, name, risks);
            }
        }
        let before = app.artefact(expected[0].0).await;
        assert_eq!(promote(&app).await, outcome(6, 1));
        for (id, stage, archived) in &expected {
            is_at(&app.artefact(*id).await, stage, *archived);
        }
        let mut after = app.artefact(expected[0].0).await;
        after["stage"] = json!("edge");
        assert_eq!(after, before);
        let asked = upstream.take_asked();
        assert_eq!(asked.len(), 7);
        assert_eq!(asked[0], "/v2/snaps/info/as-is 16 ubuntu");
        // Nobody asks again for what is archived.
        assert_eq!(promote(&app).await, outcome(5, 1));
        assert_eq!(upstream.take_asked().len(), 6);
    }

    async fn debs_are_where_the_archive_has_them(app: TestApp) {
        let (app, upstream) = Upstream::start(app).await;
        let dist = |pocket: &str| format!("archive/kinetic-{pocket}/main/binary-amd64");
        publish(&upstream, &dist("proposed"), &[("stays", "1"), ("old", "3"), ("tool-1.2-x", "7"), ("moves", "1")]);
        publish(&upstream, &dist("updates"), &[("moves", "1"), ("tool-1.2-x", "7"), ("stays", "0"), ("moves", "0")]);
        let mut expected = Vec::new();
        for (name, version, stage, archived) in [
            ("moves", "1", "updates", false),
            ("tool-1_2-x", "7", "updates", false),
            ("stays", "1", "proposed", false),
            ("old", "2", "proposed", true),
            ("custom", "1", "proposed", false),
        ] {
            expected.push((add_deb(&app, name, version).await, stage, archived));
        }
        assert_eq!(promote(&app).await, outcome(5, 0));
        for (id, stage, archived) in expected {
            is_at(&app.artefact(id).await, stage, archived);
        }
        // However many ask for it.
        let asked = ["proposed", "updates"].map(|pocket| format!("/{}/Packages.gz", dist(pocket)));
        assert_eq!(upstream.take_asked(), asked);
    }

    async fn ports_are_asked_for_at_their_own_mirror(app: TestApp) {
        let (app, upstream) = Upstream::start(app).await;
        let mut run = 0;
        for architecture in ["amd64", "arm64", "riscv64"] {
            run = app.start(&deb(&json!({"arch": architecture}))).await;
        }
        let package = app.artefact_of(run).await;
        let mut asked = Vec::new();
        for (base, architecture) in [("archive", "amd64"), ("ports", "arm64"), ("ports", "riscv64")] {
            for pocket in ["proposed", "updates"] {
                let index = format!("{base}/noble-{pocket}/universe/binary-{architecture}");
                // One of the architectures is ahead.
                let version = if (pocket, architecture) == ("updates", "riscv64") { "2.10-3" } else { "2.10-2" };
                publish(&upstream, &index, &[("hello", version)]);
                asked.push(format!("/{index}/Packages.gz"));
            }
        }
        assert_eq!(promote(&app).await, outcome(1, 0));
        is_at(&app.artefact(package).await, "updates", false);
        asked.sort_unstable();
        assert_eq!(upstream.take_asked(), asked);
    }

    // Whatever goes wrong for one artefact, it stays as it is, and the others do not notice.
    async fn what_fails_leaves_one_artefact_alone(app: TestApp) {
        let (app, upstream) = Upstream::start(app).await;
        let info = |name: &str| format!("/v2/snaps/info/{name}");
        let mut alone = Vec::new();
        for (name, status, body) in [
            ("unwell", 500, json!({"error-list": [{"message": "unwell"}]}).to_string()),
            ("moved", 301, json!({"channel-map": [channel("stable")]}).to_string()),
            ("strange", 200, json!({"channel-map": [channel("stable"), channel("insane")]}).to_string()),
            ("page", 200, "<html>".to_owned()),
        ] {
            alone.push(add_snap(&app, name, "edge").await);
            upstream.set(&info(name), status, body);
        }
        let nowhere = add_snap(&app, "nowhere", "edge").await;
        app.raw.run(&format!("UPDATE artefact SET store = '' WHERE id = {nowhere}")).await;
        release(&upstream, "nowhere", &["stable"]);
        alone.push(nowhere);
        // An index that is missing could have been the one; other indexes of the same package answered.
        let half = packed("Package: hello\nVersion: 2.10-3\n");
        for (series, proposed, updates) in [
            ("jammy", None, Some(half.clone())),
            ("noble", Some(half.clone()), None),
            ("plucky", Some(half[..half.len() - 4].to_vec()), Some(half.clone())),
            ("zesty", Some(b"Package: hello".to_vec()), Some(half.clone())),
        ] {
            let run = app.start(&deb(&json!({"series": series, "arch": "amd64"}))).await;
            alone.push(app.artefact_of(run).await);
            for (pocket, body) in [("proposed", proposed), ("updates", updates)] {
                let path = format!("/archive/{series}-{pocket}/universe/binary-amd64/Packages.gz");
                if let Some(body) = body {
                    upstream.set(&path, 200, body);
                }
            }
        }
        let good = add_snap(&app, "good", "edge").await;
        release(&upstream, "good", &["stable"]);
        let mut before = Vec::new();
        for id in &alone {
            before.push(app.artefact(*id).await);
        }
        assert_eq!(promote(&app).await, outcome(1, 9));
        for (id, before) in alone.iter().zip(before) {
            assert_eq!(app.artefact(*id).await, before);
        }
        is_at(&app.artefact(good).await, "stable", false);
        assert!(upstream.take_asked().iter().all(|question| !question.contains("nowhere")));
    }

    // Who looks after the server reads which artefact is meant and what the store said, and how the run went.
    async fn the_log_names_what_failed_and_why(app: TestApp) {
        let (app, upstream) = Upstream::start(app).await;
        add_snap(&app, "unknown", "edge").await;
        add_deb(&app, "tool", "7").await;
        add_snap(&app, "known", "edge").await;
        release(&upstream, "known", &["beta"]);
        let log = Log::capture();
        assert_eq!(promote(&app).await, outcome(1, 2));
        let told = log.take();
        for words in [
            &["ERROR", "snap - unknown - 20230531", "Nothing is called that"][..],
            &["ERROR", "deb - tool - 7", "kinetic-proposed", "404"],
            &["INFO", "done=1", "failed=2"],
        ] {
            let tells = |line: &&str| words.iter().all(|word| line.contains(*word));
            assert_eq!(told.lines().filter(tells).count(), 1, "{words:?}: {told}");
        }
    }

    // What cannot be written is told as one failure; what others know of their artefacts is written all the same.
    async fn a_write_that_fails_leaves_the_others_alone(app: TestApp) {
        let (app, upstream) = Upstream::start(app).await;
        let mut ids = Vec::new();
        for name in ["a", "stuck", "z"] {
            ids.push(add_snap(&app, name, "edge").await);
            release(&upstream, name, &["beta"]);
        }
        let refusal = match app.raw {
            Raw::Sqlite(_) => {
                "CREATE TRIGGER stuck BEFORE UPDATE ON artefact WHEN NEW.name = 'stuck'
                 BEGIN SELECT RAISE(ABORT, 'it is stuck'); END"
            }
            Raw::Postgres(_) => {
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'it is stuck'; END $$;
                 CREATE TRIGGER stuck BEFORE UPDATE ON artefact FOR EACH ROW WHEN (NEW.name = 'stuck')
                 EXECUTE FUNCTION refuse()"
            }
        };
        app.raw.run(refusal).await;
        let log = Log::capture();
        assert_eq!(promote(&app).await, outcome(2, 1));
        log.assert_tells(&["ERROR", "snap - stuck - 20230531", "it is stuck"], &[]);
        for (id, stage) in ids.into_iter().zip(["beta", "edge", "beta"]) {
            is_at(&app.artefact(id).await, stage, false);
        }
    }

    // Where a snap is does not depend on its branch or the number of its build.
    async fn neither_branch_nor_revision_is_looked_at(app: TestApp) {
        let (app, upstream) = Upstream::start(app).await;
        let changes = json!({"name": "x", "branch": "fix", "revision": 5, "execution_stage": "edge"});
        let artefact = app.artefact_of(app.start(&snap(&changes)).await).await;
        release(&upstream, "x", &["candidate"]);
        assert_eq!(promote(&app).await, outcome(1, 0));
        is_at(&app.artefact(artefact).await, "candidate", false);
    }

    async fn nobody_asks_for_what_is_not_current_or_not_published(app: TestApp) {
        let (app, upstream) = Upstream::start(app).await;
        assert_eq!(promote(&app).await, outcome(0, 0));
        let old = app.artefact_of(app.start(&snap(&json!({"name": "x", "version": "1"}))).await).await;
        app.start(&snap(&json!({"name": "x"}))).await;
        release(&upstream, "x", &["beta"]);
        let archived = add_snap(&app, "y", "beta").await;
        app.patch(&format!("/v1/artefacts/{archived}"), &json!({"archived": true})).await.ok();
        app.start(&charm(&json!({}))).await;
        app.start(&image(&json!({}))).await;
        let built = json!({"execution_stage": null, "source": "ppa:x/y"});
        let source = app.artefact_of(app.start(&deb(&built)).await).await;
        assert_eq!(app.artefact(source).await["stage"], "");
        assert_eq!(promote(&app).await, outcome(2, 0));
        assert_eq!(upstream.take_asked(), ["/v2/snaps/info/x 16 ubuntu"]);
        is_at(&app.artefact(old).await, "beta", false);
        is_at(&app.artefact(archived).await, "beta", true);
        is_at(&app.artefact(source).await, "", false);
        // Without builds there is nowhere to look for a deb, and no channel has the snap.
        add_deb(&app, "d", "1").await;
        app.raw.run("DELETE FROM artefact_build").await;
        assert_eq!(promote(&app).await, outcome(3, 0));
        assert_eq!(upstream.take_asked(), ["/v2/snaps/info/x 16 ubuntu"]);
        let names = app.raw.texts("SELECT name FROM artefact WHERE archived ORDER BY name").await;
        assert_eq!(names, ["x", "y"]);
    }

    // Who moves an artefact is corrected all the same.
    async fn what_has_not_changed_is_not_sent_again(app: TestApp) {
        let (app, upstream) = Upstream::start(app).await;
        let (snap, package) = (add_snap(&app, "x", "edge").await, add_deb(&app, "d", "1").await);
        let info = "/v2/snaps/info/x";
        let [proposed, updates] =
            ["proposed", "updates"].map(|pocket| format!("archive/kinetic-{pocket}/main/binary-amd64"));
        let [in_proposed, in_updates] = [&proposed, &updates].map(|index| format!("/{index}/Packages.gz"));
        release(&upstream, "x", &["beta"]);
        upstream.mark(info, header::ETAG, "\"one\"");
        publish(&upstream, &proposed, &[("d", "1")]);
        upstream.mark(&in_proposed, header::ETAG, "\"one\"");
        publish(&upstream, &updates, &[("d", "1")]);
        upstream.mark(&in_updates, header::LAST_MODIFIED, DATE);
        assert_eq!(promote(&app).await, outcome(2, 0));
        let plain = [in_proposed.clone(), in_updates.clone(), format!("{info} 16 ubuntu")];
        assert_eq!(upstream.take_asked(), plain);

        for (id, stage) in [(snap, "edge"), (package, "proposed")] {
            app.patch(&format!("/v1/artefacts/{id}"), &json!({"stage": stage})).await.ok();
        }
        assert_eq!(promote(&app).await, outcome(2, 0));
        is_at(&app.artefact(snap).await, "beta", false);
        is_at(&app.artefact(package).await, "updates", false);
        let conditional = [
            format!("{in_proposed} unless \"one\""),
            format!("{in_updates} since {DATE}"),
            format!("{info} 16 ubuntu unless \"one\""),
        ];
        assert_eq!(upstream.take_asked(), conditional);

        release(&upstream, "x", &["stable"]);
        upstream.mark(info, header::ETAG, "\"two\"");
        publish(&upstream, &updates, &[("d", "2")]);
        publish(&upstream, &proposed, &[("d", "2")]);
        assert_eq!(promote(&app).await, outcome(2, 0));
        is_at(&app.artefact(snap).await, "stable", false);
        is_at(&app.artefact(package).await, "updates", true);
        assert_eq!(upstream.take_asked(), conditional);
        // The archived one is not asked for, and what had no mark any longer is forgotten.
        assert_eq!(promote(&app).await, outcome(1, 0));
        assert_eq!(upstream.take_asked(), [format!("{info} 16 ubuntu unless \"two\"")]);
        app.patch(&format!("/v1/artefacts/{package}"), &json!({"archived": false})).await.ok();
        promote(&app).await;
        assert_eq!(upstream.take_asked()[..2], plain[..2]);
    }

    async fn an_index_is_read_again_for_a_package_that_is_new(app: TestApp) {
        let (app, upstream) = Upstream::start(app).await;
        add_deb(&app, "old", "1").await;
        let mut plain = Vec::new();
        for pocket in ["proposed", "updates"] {
            let index = format!("archive/kinetic-{pocket}/main/binary-amd64");
            publish(&upstream, &index, &[("old", "1"), ("new", "1")]);
            let path = format!("/{index}/Packages.gz");
            upstream.mark(&path, header::ETAG, "\"one\"");
            plain.push(path);
        }
        promote(&app).await;
        assert_eq!(upstream.take_asked(), plain);
        let new = add_deb(&app, "new", "1").await;
        assert_eq!(promote(&app).await, outcome(2, 0));
        is_at(&app.artefact(new).await, "updates", false);
        assert_eq!(upstream.take_asked(), plain);
        // Fewer are found in what is known of more.
        app.patch(&format!("/v1/artefacts/{new}"), &json!({"archived": true})).await.ok();
        assert_eq!(promote(&app).await, outcome(1, 0));
        let conditional: Vec<String> = plain.iter().map(|path| format!("{path} unless \"one\"")).collect();
        assert_eq!(upstream.take_asked(), conditional);
    }

    // A failure is no answer: what was known before is asked about again.
    async fn a_failure_does_not_forget_what_was_known(app: TestApp) {
        let (app, upstream) = Upstream::start(app).await;
        let id = add_snap(&app, "x", "edge").await;
        let info = "/v2/snaps/info/x";
        let known = || {
            release(&upstream, "x", &["beta"]);
            upstream.mark(info, header::ETAG, "\"one\"");
        };
        known();
        assert_eq!(promote(&app).await, outcome(1, 0));
        upstream.set(info, 503, "");
        assert_eq!(promote(&app).await, outcome(0, 1));
        known();
        upstream.take_asked();
        assert_eq!(promote(&app).await, outcome(1, 0));
        assert_eq!(upstream.take_asked(), [format!("{info} 16 ubuntu unless \"one\"")]);
        is_at(&app.artefact(id).await, "beta", false);
        // Who says that nothing is new without having been asked says nothing.
        let other = add_snap(&app, "y", "edge").await;
        upstream.set("/v2/snaps/info/y", 304, "");
        assert_eq!(promote(&app).await, outcome(1, 1));
        is_at(&app.artefact(other).await, "edge", false);
    }

    // The same name is asked for once in each store.
    async fn a_question_is_asked_once(app: TestApp) {
        let (app, upstream) = Upstream::start(app).await;
        for (track, store) in [("22", "ubuntu"), ("24", "ubuntu"), ("26", "brand")] {
            app.start(&snap(&json!({"name": "x", "track": track, "store": store}))).await;
        }
        release(&upstream, "x", &["candidate"]);
        assert_eq!(promote(&app).await, outcome(3, 0));
        assert_eq!(upstream.take_asked(), ["/v2/snaps/info/x 16 brand", "/v2/snaps/info/x 16 ubuntu"]);
        let tracks = app.raw.texts("SELECT track FROM artefact WHERE archived ORDER BY track").await;
        assert_eq!(tracks, ["24", "26"]);
    }

    async fn a_few_questions_are_on_the_way_at_a_time(app: TestApp) {
        let (app, upstream) = Upstream::start(app).await;
        for n in 0..10 {
            add_snap(&app, &format!("x{n}"), "edge").await;
        }
        let held = upstream.hold().await;
        let service = app.service.clone();
        let run = tokio::spawn(async move { service.promote_artefacts().await });
        upstream.wait_for_questions(4).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(upstream.take_asked().len(), 4);
        drop(held);
        assert_eq!(run.await.unwrap().unwrap(), outcome(0, 10));
        assert_eq!(upstream.take_asked().len(), 6);
    }

    // What somebody decides while the store is asked stays, and nothing of the database is held meanwhile.
    async fn who_edits_meanwhile_wins(app: TestApp) {
        let (app, upstream) = Upstream::start(app).await;
        let mut ids = Vec::new();
        for name in ["moved", "archived", "commented"] {
            ids.push(add_snap(&app, name, "edge").await);
            release(&upstream, name, &["beta"]);
        }
        let entries = app.raw.number(NUMBER_OF_ENTRIES).await;
        let held = upstream.hold().await;
        let service = app.service.clone();
        let run = tokio::spawn(async move { service.promote_artefacts().await });
        upstream.wait_for_questions(3).await;
        if matches!(app.raw, Raw::Postgres(_)) {
            let none_is_open = async { while app.raw.number(IDLE_TRANSACTIONS).await > 0 {} };
            tokio::time::timeout(Duration::from_secs(20), none_is_open).await.expect("a transaction waits for the store");
        }
        for (id, change) in ids.iter().zip([
            json!({"stage": "candidate"}), json!({"archived": true}), json!({"comment": "looks good"}),
        ]) {
            app.patch(&format!("/v1/artefacts/{id}"), &change).await.ok();
        }
        // Another run of theirs: a build that is new does no harm.
        app.start(&snap(&json!({"name": "commented", "execution_stage": "edge", "arch": "amd64"}))).await;
        drop(held);
        assert_eq!(run.await.unwrap().unwrap(), outcome(3, 0));
        is_at(&app.artefact(ids[0]).await, "candidate", false);
        is_at(&app.artefact(ids[1]).await, "edge", true);
        let commented = app.artefact(ids[2]).await;
        is_at(&commented, "beta", false);
        assert_eq!(commented["comment"], "looks good");
        // Three of people, one of the run.
        assert_eq!(app.raw.number(NUMBER_OF_ENTRIES).await, entries + 4);
    }

    async fn a_move_is_noted_and_announced(app: TestApp) {
        let (app, upstream) = Upstream::start(app).await;
        let (moved, gone) = (add_snap(&app, "moved", "edge").await, add_snap(&app, "gone", "edge").await);
        release(&upstream, "moved", &["beta"]);
        release(&upstream, "gone", &[]);
        let mut stream = follow_all(&app, "").await;
        for _ in 0..2 {
            promote(&app).await;
        }
        let log = app.get("/v1/audit-log?subject_kind=artefact").await.ok();
        let said: Vec<Value> = log["entries"].as_array().unwrap().iter().map(|entry| {
            json!([entry["actor_kind"], entry["action"], entry["subject_id"], entry["before"], entry["after"]])
        }).collect();
        let of_moved = json!(["operator", "update", moved, {"stage": "edge"}, {"stage": "beta"}]);
        let of_gone = json!(["operator", "update", gone, {"archived": false}, {"archived": true}]);
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(said.contains(&of_moved) && said.contains(&of_gone), "{said:?}");
        let marker = mark(&app, 1).await;
        let mut told = stream.until_issue(marker).await;
        told.sort_by_key(|(_, data)| data["artefact_id"].as_i64());
        let of = |id: i64| event("artefact", json!({"artefact_id": id, "family": "snap"}));
        assert_eq!(told, [of(moved), of(gone)]);
    }

    async fn artefacts_that_stay_cost_no_statements_each(app: TestApp) {
        let (app, upstream) = Upstream::start(app).await;
        let mut costs = Vec::new();
        for count in [2, 6] {
            for n in 0..count {
                let name = format!("x{count}-{n}");
                add_snap(&app, &name, "beta").await;
                release(&upstream, &name, &["beta"]);
                add_deb(&app, &name, "1").await;
            }
            for pocket in ["proposed", "updates"] {
                publish(&upstream, &format!("archive/kinetic-{pocket}/main/binary-amd64"), &[]);
            }
            let before = app.service.db.statements();
            assert_eq!(promote(&app).await.failed, 0);
            costs.push(app.service.db.statements() - before);
        }
        assert_eq!(costs[0], costs[1]);
    }
}

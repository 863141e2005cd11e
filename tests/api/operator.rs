//! What operators do from the command line: users, teams' members, assignees, and artefacts that should not be there.

use axum::http::Method;
use chrono::{DateTime, Utc};
use futures::future::join_all;
use serde_json::{Value, json};
use test_observer::clock::Clock;
use test_observer::service::ServiceResult;
use test_observer::store::users::NewUser;

use crate::support::{TestApp, both, deb, rerun_of, snap, solution};

const NUMBER_OF_NOTIFICATIONS: &str = "SELECT COUNT(*) FROM notification";

fn new_user(email: &str, name: &str, handle: Option<&str>) -> NewUser {
    NewUser { email: email.to_owned(), name: name.to_owned(), launchpad_handle: handle.map(str::to_owned) }
}

#[track_caller]
fn refused<T: std::fmt::Debug>(outcome: ServiceResult<T>, text: &str) {
    assert_eq!(outcome.unwrap_err().to_string(), text);
}

async fn user(app: &TestApp, id: i64) -> Value {
    app.get(&format!("/v1/users/{id}")).await.ok()
}

/// The names of a team's members.
async fn members(app: &TestApp, team: i64) -> Vec<String> {
    let team = app.get(&format!("/v1/teams/{team}")).await.ok();
    team["members"].as_array().unwrap().iter().map(|member| member["name"].as_str().unwrap().to_owned()).collect()
}

/// The ids of an artefact's reviewers; the first is the assignee.
async fn reviewers(app: &TestApp, artefact: i64) -> Vec<i64> {
    let artefact = app.artefact(artefact).await;
    artefact["reviewers"].as_array().unwrap().iter().map(|reviewer| reviewer["id"].as_i64().unwrap()).collect()
}

both! {
    // A user who is added has no teams and no rights; one whose mail address is known stays as is.
    async fn a_user_is_added_once(app: TestApp) {
        let now: DateTime<Utc> = "2031-05-04T03:02:01.5Z".parse().unwrap();
        let app = app.with_clock(Clock::from_fn(move || now));
        let (ana, is_new) = app.service.add_user(&new_user("Ana@x.org", "Ana", Some("ana-e"))).await.unwrap();
        assert!(is_new);
        let shown = user(&app, ana).await;
        let expected = json!({
            "id": ana, "email": "Ana@x.org", "name": "Ana", "launchpad_handle": "ana-e", "teams": [], "is_admin": false,
        });
        assert_eq!(shown, expected);
        let again = app.service.add_user(&new_user("Ana@x.org", "Other", None)).await.unwrap();
        assert_eq!(again, (ana, false));
        assert_eq!(user(&app, ana).await, expected);
        // Upper and lower case are different addresses.
        let (other, is_new) = app.service.add_user(&new_user("ana@x.org", "Ana", None)).await.unwrap();
        assert!(is_new && other != ana);
        assert_eq!(user(&app, other).await["launchpad_handle"], Value::Null);
    }

    async fn a_user_who_is_added_twice_at_once_is_one(app: TestApp) {
        let new = new_user("ana@x.org", "Ana", None);
        let added = join_all((0..10).map(|_| app.service.add_user(&new))).await;
        let added: Vec<(i64, bool)> = added.into_iter().map(Result::unwrap).collect();
        assert!(added.iter().all(|(id, _)| *id == added[0].0), "{added:?}");
        assert_eq!(added.iter().filter(|(_, is_new)| *is_new).count(), 1);
    }

    // Promotion: by mail address, again it changes nothing, and it is refused with the address that is not known.
    async fn a_user_is_promoted_by_mail_address(app: TestApp) {
        let kim = app.add_user("kim").await;
        let ada = app.add_user("ada").await;
        let session = app.session(kim).await;
        app.as_user(&session, Method::GET, "/v1/users", None).await.refused(403, "Insufficient permissions");
        for _ in 0..2 {
            app.service.promote_user("kim@example.org").await.unwrap();
            assert_eq!(user(&app, kim).await["is_admin"], true);
            app.as_user(&session, Method::GET, "/v1/users", None).await.ok();
        }
        refused(app.service.promote_user("x@example.org").await, "User with email x@example.org not found");
        refused(app.service.promote_user("KIM@example.org").await, "User with email KIM@example.org not found");
        assert_eq!(user(&app, ada).await["is_admin"], false);
    }

    // Members by names: again it changes nothing; unknown teams are told before unknown users.
    async fn members_are_named_by_team_and_mail_address(app: TestApp) {
        let team = app.add_team("crew", &[], &[]).await;
        app.add_user("kim").await;
        app.add_user("ada").await;
        let nobody: [&str; 0] = [];
        for _ in 0..2 {
            app.service.add_member_by_name("crew", "kim@example.org").await.unwrap();
            assert_eq!(members(&app, team).await, ["kim"]);
        }
        app.service.add_member_by_name("crew", "ada@example.org").await.unwrap();
        assert_eq!(members(&app, team).await, ["ada", "kim"]);
        for _ in 0..2 {
            app.service.delete_member_by_name("crew", "kim@example.org").await.unwrap();
            assert_eq!(members(&app, team).await, ["ada"]);
        }
        for (team, email, text) in [
            ("crow", "nobody@x", "Team with name 'crow' not found"),
            ("crew", "nobody@x", "User with email nobody@x not found"),
        ] {
            refused(app.service.add_member_by_name(team, email).await, text);
            refused(app.service.delete_member_by_name(team, email).await, text);
        }
        app.service.delete_member_by_name("crew", "ada@example.org").await.unwrap();
        assert_eq!(members(&app, team).await, nobody);
    }

    // Another assignee: the only reviewer, whoever was; nobody is told, and nothing else changes.
    async fn an_assignee_takes_the_place_of_all_reviewers(app: TestApp) {
        let (kim, ada, eve) = (app.add_user("kim").await, app.add_user("ada").await, app.add_user("eve").await);
        let team = app.add_team("crew", &[], &[kim]).await;
        app.add_rule("snap", &json!({}), &[], &[team]).await;
        let artefact = app.artefact_of(app.start(&snap(&json!({"needs_assignment": true}))).await).await;
        let path = format!("/v1/artefacts/{artefact}");
        app.patch(&path, &json!({"reviewer_ids": [kim, ada]})).await.ok();
        let told = app.raw.number(NUMBER_OF_NOTIFICATIONS).await;
        let before = app.artefact(artefact).await;
        let reviews = app.get(&format!("{path}/environment-reviews")).await.ok();
        for _ in 0..2 {
            app.service.change_assignee(artefact, eve).await.unwrap();
            assert_eq!(reviewers(&app, artefact).await, [eve]);
        }
        app.service.change_assignee(artefact, ada).await.unwrap();
        assert_eq!(reviewers(&app, artefact).await, [ada]);
        let mut after = app.artefact(artefact).await;
        for field in ["reviewers", "assignee"] {
            after[field] = before[field].clone();
        }
        assert_eq!(after, before);
        assert_eq!(app.get(&format!("{path}/environment-reviews")).await.ok(), reviews);
        assert_eq!(app.raw.number(NUMBER_OF_NOTIFICATIONS).await, told);
        // The artefact is looked for first.
        for (artefact, user, text) in [
            (999, eve, "No artefact with id 999 found"),
            (999, 998, "No artefact with id 999 found"),
            (artefact, 998, "No user with id 998 found"),
            (artefact, -1, "No user with id -1 found"),
        ] {
            refused(app.service.change_assignee(artefact, user).await, text);
        }
        assert_eq!(reviewers(&app, artefact).await, [ada]);
    }

    // An artefact goes with everything that hangs on it, and with nothing that others have too; again it is no mistake.
    async fn an_artefact_goes_with_all_that_hangs_on_it(app: TestApp) {
        let kim = app.add_user("kim").await;
        let doomed_run = app.start(&snap(&json!({"relevant_links": [{"label": "l", "url": "http://x"}]}))).await;
        let kept_run = app.start(&deb(&json!({}))).await;
        for run in [doomed_run, kept_run] {
            app.report(run, &[("a", "PASSED"), ("b", "FAILED")]).await;
            let metadata = json!({"execution_metadata": {"lab": ["north"]}});
            app.patch(&format!("/v1/test-executions/{run}"), &metadata).await.ok();
            app.raw.run(&rerun_of(run, 1)).await;
        }
        let (doomed, kept) = (app.artefact_of(doomed_run).await, app.artefact_of(kept_run).await);
        app.service.change_assignee(doomed, kim).await.unwrap();
        let bundle = app.artefact_of(app.start(&solution(&json!({}))).await).await;
        let builds = app.get(&format!("/v1/artefacts/{doomed}/builds")).await.ok();
        let bundled = json!({"bundled_builds": [builds[0]["id"]]});
        app.patch(&format!("/v1/artefacts/{bundle}"), &bundled).await.ok();
        let kept_before = (app.artefact(kept).await, app.execution(kept_run).await);
        for _ in 0..2 {
            app.service.delete_artefact(doomed).await.unwrap();
        }
        app.service.delete_artefact(999).await.unwrap();
        app.get(&format!("/v1/artefacts/{doomed}")).await.refused(404, &format!("Artefact with id {doomed} not found"));
        let gone = app.get(&format!("/v1/test-executions/{doomed_run}")).await;
        gone.refused(404, "TestExecution not found");
        for (table, rows) in [
            ("artefact", 2), ("artefact_build", 2), ("test_execution", 2), ("test_result", 2),
            ("test_execution_rerun_request", 1), ("artefact_build_environment_review", 2),
            ("artefact_reviewers_association", 0), ("artefact_bundled_builds_association", 0),
            ("test_execution_relevant_link", 0), ("test_execution_metadata_association_table", 1),
            // What is shared stays.
            ("test_case", 2), ("test_execution_metadata", 1), ("app_user", 1),
        ] {
            assert_eq!(app.raw.number(&format!("SELECT COUNT(*) FROM {table}")).await, rows, "{table}");
        }
        assert_eq!((app.artefact(kept).await, app.execution(kept_run).await), kept_before);
    }
}

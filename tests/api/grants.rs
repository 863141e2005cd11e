//! Who hands out permissions: nobody hands out what they do not hold. And somebody always holds them all.

use app::api::Permission::{
    self, AddApplication, ChangeApplication, ChangeArtefact, ChangeRerun, ChangeTeam, ChangeUser, ViewTeam, ViewTest,
};
use axum::http::{Method, StatusCode};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, both};

const REFUSAL: &str = "Insufficient permissions";
const TEAMS: &str = "/v1/teams";
const RULES: &str = "/v1/artefact-matching-rules";
const APPLICATIONS: &str = "/v1/applications";
const ADMINISTRATORS: &str = "SELECT COUNT(*) FROM app_user WHERE is_admin";

/// A request that hands something out, and whether somebody who may change reruns, but no artefacts, gets away with it.
type Grant = (Method, String, Value, bool);

/// Sends each of the requests as an application with these permissions.
async fn check(app: &TestApp, held: &[Permission], grants: Vec<Grant>) {
    let key = app.add_application(held).await;
    for (method, path, body, is_done) in grants {
        let before = app.raw.number("SELECT MAX(id) FROM audit_log").await;
        let body = (!body.is_null()).then_some(body);
        let answer = app.as_application(&key, method.clone(), &path, body.as_ref()).await;
        if is_done {
            assert!(answer.status.is_success(), "{method} {path} {body:?}: {}", answer.text());
        } else {
            answer.refused(403, REFUSAL);
            let after = app.raw.number("SELECT MAX(id) FROM audit_log").await;
            assert_eq!(before, after, "{method} {path} {body:?}");
        }
    }
}

async fn demote(app: &TestApp, user: i64) -> Answer {
    app.patch(&format!("/v1/users/{user}"), &json!({"is_admin": false})).await
}

fn last(user: i64) -> String {
    format!("User with id {user} is the last administrator; make somebody else one first")
}

both! {
    // By the permissions of a team, new or old. What it has already it keeps, whoever changes it.
    async fn teams_get_what_the_giver_holds(app: TestApp) {
        let strong = format!("{TEAMS}/{}", app.add_team("strong", &[ChangeArtefact, ViewTest], &[]).await);
        let grants = vec![
            (Method::POST, TEAMS.to_owned(), json!({"name": "a", "permissions": ["change_rerun", "change_team"]}), true),
            (Method::POST, TEAMS.to_owned(), json!({"name": "b", "permissions": ["change_artefact"]}), false),
            (Method::POST, TEAMS.to_owned(), json!({"name": "c", "permissions": Permission::ALL}), false),
            (Method::PATCH, strong.clone(), json!({"permissions": ["view_test", "change_artefact", "change_rerun"]}), true),
            (Method::PATCH, strong.clone(), json!({"permissions": ["change_artefact", "view_team"]}), false),
            (Method::PATCH, strong.clone(), json!({"permissions": ["view_test"]}), true),
            (Method::PATCH, strong, json!({"permissions": ["view_test", "change_artefact"]}), false),
        ];
        check(&app, &[ChangeTeam, ChangeRerun], grants).await;
    }

    // By rules of teams: also by one that is there already, which the team only joins.
    async fn rules_of_teams_grant_what_the_giver_holds(app: TestApp) {
        let owner = app.add_team("owner", &[], &[]).await;
        app.add_rule("snap", &json!({"name": "strong"}), &[ChangeArtefact], &[owner]).await;
        let crew = format!("{TEAMS}/{}", app.add_team("crew", &[], &[]).await);
        let rules = |rules: Value| json!({"artefact_matching_rules": rules});
        let named = |name: &str, rules: Value| json!({"name": name, "artefact_matching_rules": rules});
        let grants = vec![
            (Method::PATCH, crew.clone(), rules(json!([{"family": "deb", "grant_permissions": ["change_rerun"]}])), true),
            (Method::PATCH, crew.clone(), rules(json!([{"family": "deb", "grant_permissions": ["change_artefact"]}])), false),
            (Method::PATCH, crew, rules(json!([{"family": "snap", "name": "strong"}])), false),
            (Method::POST, TEAMS.to_owned(), named("a", json!([{"family": "snap", "name": "strong"}])), false),
            (Method::POST, TEAMS.to_owned(),
             named("b", json!([{"family": "charm", "grant_permissions": ["change_artefact"]}])), false),
            (Method::POST, TEAMS.to_owned(), named("c", json!([{"family": "deb"}])), true),
            // The team's own rule may stay.
            (Method::PATCH, format!("{TEAMS}/{owner}"),
             rules(json!([{"family": "snap", "name": "strong"}, {"family": "image"}])), true),
        ];
        check(&app, &[ChangeTeam, ChangeRerun], grants).await;
    }

    // By rules themselves: more of it, for another team, or for other artefacts.
    async fn rules_grant_what_the_giver_holds(app: TestApp) {
        let (owner, crew) = (app.add_team("owner", &[], &[]).await, app.add_team("crew", &[], &[]).await);
        let strong = app.add_rule("snap", &json!({"name": "x"}), &[ChangeArtefact], &[owner]).await;
        let strong = format!("{RULES}/{strong}");
        let making = |grants: Value| json!({"family": "deb", "team_ids": [crew], "grant_permissions": grants});
        let grants = vec![
            (Method::POST, RULES.to_owned(), making(json!(["change_artefact"])), false),
            (Method::POST, RULES.to_owned(), making(json!(["change_rerun"])), true),
            (Method::PATCH, strong.clone(), json!({"grant_permissions": ["change_artefact", "change_rerun"]}), true),
            (Method::PATCH, strong.clone(), json!({"grant_permissions": ["change_artefact", "view_test"]}), false),
            (Method::PATCH, strong.clone(), json!({"team_ids": [owner, crew]}), false),
            (Method::PATCH, strong.clone(), json!({"name": ""}), false),
            (Method::PATCH, strong.clone(), json!({"family": "deb", "track": "1"}), false),
            (Method::PATCH, strong.clone(), json!({"team_ids": [owner]}), true),
            (Method::PATCH, strong.clone(), json!({"grant_permissions": []}), true),
            (Method::PATCH, strong.clone(), json!({"team_ids": [owner, crew], "name": ""}), true),
            (Method::DELETE, strong, Value::Null, true),
        ];
        check(&app, &[ChangeTeam, ChangeRerun], grants).await;
    }

    // By membership: whoever is added can do what the team can. Who is in it already gets nothing new.
    async fn members_get_what_the_giver_holds(app: TestApp) {
        let (kim, ada) = (app.add_user("kim").await, app.add_user("ada").await);
        let strong = app.add_team("strong", &[ChangeArtefact], &[kim]).await;
        let ruling = app.add_team("ruling", &[], &[]).await;
        app.add_rule("snap", &json!({}), &[ChangeArtefact], &[ruling]).await;
        let weak = app.add_team("weak", &[ChangeRerun], &[]).await;
        let member = |team: i64, user: i64| format!("{TEAMS}/{team}/members/{user}");
        let grants = vec![
            (Method::POST, member(strong, ada), Value::Null, false),
            (Method::POST, member(strong, kim), Value::Null, true),
            (Method::POST, member(ruling, ada), Value::Null, false),
            (Method::POST, member(weak, ada), Value::Null, true),
            (Method::DELETE, member(strong, kim), Value::Null, true),
            (Method::POST, member(strong, kim), Value::Null, false),
        ];
        check(&app, &[ChangeTeam, ChangeRerun], grants).await;
        assert_eq!(app.raw.number("SELECT COUNT(*) FROM team_users_association").await, 1);
    }

    // By applications: made, widened, or taken over by a new key.
    async fn applications_get_what_the_giver_holds(app: TestApp) {
        let add = async |name: &str, permissions: &[Permission]| {
            app.service.add_application(name, permissions).await.unwrap();
            let id = app.raw.number(&format!("SELECT id FROM application WHERE name = '{name}'")).await;
            format!("{APPLICATIONS}/{id}")
        };
        let (strong, weak) = (add("strong", &[ChangeArtefact, ViewTest]).await, add("weak", &[ChangeRerun]).await);
        let making = |name: &str, permissions: Value| json!({"name": name, "permissions": permissions});
        let grants = vec![
            (Method::POST, APPLICATIONS.to_owned(), making("a", json!(["change_artefact"])), false),
            (Method::POST, APPLICATIONS.to_owned(), making("b", json!(["change_rerun", "add_application"])), true),
            (Method::PATCH, weak.clone(), json!({"permissions": ["change_rerun", "view_test"]}), false),
            (Method::PATCH, weak.clone(), json!({"permissions": ["change_rerun", "change_application"]}), true),
            (Method::POST, format!("{weak}/rotate"), Value::Null, true),
            (Method::POST, format!("{strong}/rotate"), Value::Null, false),
            (Method::PATCH, strong.clone(), json!({"permissions": ["change_artefact"], "expires_at": "2099-01-01"}), true),
            (Method::DELETE, strong, Value::Null, true),
        ];
        check(&app, &[AddApplication, ChangeApplication, ChangeRerun], grants).await;
    }

    // An administrator holds everything; a person and an application of one request hold theirs together; and what is asked of
    // nobody everybody holds.
    async fn what_is_held_is_what_passes_the_gate(app: TestApp) {
        let (kim, root) = (app.add_user("kim").await, app.add_admin("root").await);
        app.add_team("leads", &[ChangeTeam], &[kim]).await;
        let (of_kim, of_root) = (app.session(kim).await, app.session(root).await);
        let bearer = format!("Bearer {}", app.add_application(&[ChangeArtefact]).await);
        let of_kim = [("cookie", of_kim.as_str()), ("x-csrf-token", "1")];
        let of_root = [("cookie", of_root.as_str()), ("x-csrf-token", "1")];
        let with_key = [of_kim[0], of_kim[1], ("authorization", bearer.as_str())];
        let mut app = app;
        for (n, (ignored, headers, expected)) in [
            (vec![], of_kim.as_slice(), 403),
            (vec![], with_key.as_slice(), 201),
            (vec![], of_root.as_slice(), 201),
            (vec![ChangeArtefact], of_kim.as_slice(), 201),
        ].into_iter().enumerate() {
            app = app.with_settings(|settings| settings.ignored_permissions = ignored.into_iter().collect());
            let body = json!({"name": format!("team {n}"), "permissions": ["change_artefact"]}).to_string();
            let answer = app.request(Method::POST, TEAMS, headers, body).await;
            assert_eq!(answer.status.as_u16(), expected, "{n}: {}", answer.text());
        }
        // What a rule lets somebody do with some artefacts is not theirs to give.
        let app = app.with_settings(|settings| settings.ignored_permissions.clear());
        let leads = app.raw.number("SELECT id FROM team WHERE name = 'leads'").await;
        app.add_rule("snap", &json!({}), &[ChangeArtefact], &[leads]).await;
        let body = json!({"name": "x", "permissions": ["change_artefact"]}).to_string();
        app.request(Method::POST, TEAMS, &of_kim, body).await.refused(403, REFUSAL);
    }

    // Malformed input, and what does not exist, come before that.
    async fn other_mistakes_are_told_first(app: TestApp) {
        let key = app.add_application(&[ChangeTeam, ChangeApplication, ViewTeam]).await;
        let everything = json!({"permissions": Permission::ALL});
        for (path, detail) in [
            ("/v1/teams/999", "Team 999 doesn't exist"),
            ("/v1/applications/999", "Application 999 doesn't exist"),
        ] {
            app.as_application(&key, Method::PATCH, path, Some(&everything)).await.refused(404, detail);
        }
        let answer = app.as_application(&key, Method::POST, TEAMS, Some(&everything)).await;
        assert_eq!(answer.problems(), [("missing".to_owned(), json!(["body", "name"]))]);
    }

    // Somebody who can give rights to others is always there.
    async fn the_last_administrator_stays(app: TestApp) {
        let (root, kim) = (app.add_admin("root").await, app.add_user("kim").await);
        let session = app.session(root).await;
        let path = format!("/v1/users/{root}");
        for _ in 0..2 {
            demote(&app, root).await.refused(409, &last(root));
            app.delete(&path).await.refused(409, &last(root));
            app.as_user(&session, Method::DELETE, &path, None).await.refused(409, &last(root));
            let error = app.service.demote_user("root@example.org").await.unwrap_err();
            assert_eq!(error.to_string(), last(root));
        }
        // Nobody's rank depends on others who are none.
        demote(&app, kim).await.ok();
        assert_eq!(app.delete(&format!("/v1/users/{}", app.add_user("ada").await)).await.status, StatusCode::NO_CONTENT);
        app.service.promote_user("kim@example.org").await.unwrap();
        demote(&app, root).await.ok();
        demote(&app, root).await.ok();
        demote(&app, kim).await.refused(409, &last(kim));
        assert_eq!(app.delete(&path).await.status, StatusCode::NO_CONTENT);
        app.delete(&format!("/v1/users/{kim}")).await.refused(409, &last(kim));
        assert_eq!(app.raw.number(ADMINISTRATORS).await, 1);
    }

    // Each of many would leave somebody, all of them together nobody.
    async fn of_administrators_who_go_at_once_one_stays(app: TestApp) {
        for round in 0..5 {
            app.raw.run("UPDATE app_user SET is_admin = FALSE").await;
            let mut users = Vec::new();
            for n in 0..6 {
                users.push(app.add_admin(&format!("root{round}{n}")).await);
            }
            let going = users.iter().enumerate().map(|(n, user)| {
                let (app, path) = (&app, format!("/v1/users/{user}"));
                async move { if n.is_multiple_of(2) { demote(app, *user).await } else { app.delete(&path).await } }
            });
            let answers = join_all(going).await;
            let refused: Vec<&Answer> = answers.iter().filter(|answer| !answer.status.is_success()).collect();
            let [refused] = refused[..] else { panic!("{refused:?}") };
            assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text());
            assert_eq!(app.raw.number(ADMINISTRATORS).await, 1);
        }
    }

    // As clients of this API expect it: whoever may change users may make administrators. So that permission is worth all.
    async fn who_may_change_users_makes_administrators(app: TestApp) {
        let kim = app.add_user("kim").await;
        let key = app.add_application(&[ChangeUser]).await;
        let body = json!({"is_admin": true});
        let path = format!("/v1/users/{kim}");
        assert_eq!(app.as_application(&key, Method::PATCH, &path, Some(&body)).await.ok()["is_admin"], true);
    }
}

//! `/v1/teams`: make, look, change, and who is in them. Their rules have a file of their own.

use app::api::Permission;
use axum::http::{Method, StatusCode};
use chrono::{DateTime, Utc};
use futures::future::join_all;
use serde_json::{Value, json};
use test_observer::clock::Clock;

use crate::support::{Answer, TestApp, both};

const TEAMS: &str = "/v1/teams";
const REFUSAL: &str = "Insufficient permissions";
const NUMBER_OF_TEAMS: &str = "SELECT COUNT(*) FROM team";
const NUMBER_OF_RULES: &str = "SELECT COUNT(*) FROM artefact_matching_rule";
const NUMBER_OF_MEMBERS: &str = "SELECT COUNT(*) FROM team_users_association";

fn path_of(team: i64) -> String {
    format!("{TEAMS}/{team}")
}

fn member(team: i64, user: i64) -> String {
    format!("{TEAMS}/{team}/members/{user}")
}

fn unknown(team: &str) -> String {
    format!("Team {team} doesn't exist")
}

/// An object with some fields set.
fn with(mut object: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        object[name] = value.clone();
    }
    object
}

/// A team as it is shown: nothing but a name, except for some fields.
fn shown(id: i64, name: &str, changes: &Value) -> Value {
    with(json!({"id": id, "name": name, "permissions": [], "members": [], "artefact_matching_rules": []}), changes)
}

/// A member as it is shown.
fn shown_member(id: i64, name: &str) -> Value {
    json!({"id": id, "launchpad_handle": null, "email": format!("{name}@example.org"), "name": name, "is_admin": false})
}

/// Makes a team and returns what was answered.
async fn create(app: &TestApp, body: &Value) -> Value {
    let answer = app.post(TEAMS, body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    answer.json()
}

fn id_of(team: &Value) -> i64 {
    team["id"].as_i64().unwrap()
}

fn problems(expected: &[(&str, Value)]) -> Vec<(String, Value)> {
    expected.iter().map(|(kind, loc)| ((*kind).to_owned(), loc.clone())).collect()
}

fn all_but(missing: Permission) -> Vec<Permission> {
    Permission::ALL.iter().copied().filter(|permission| *permission != missing).collect()
}

/// Sends a request without a body.
async fn bare(app: &TestApp, method: Method, path: &str) -> Answer {
    app.as_application(&app.key, method, path, None).await
}

/// How many statements a request takes.
async fn statements(app: &TestApp, method: Method, path: &str, body: Option<&Value>) -> u64 {
    let before = app.service.db.statements();
    let answer = app.as_application(&app.key, method, path, body).await;
    assert!(answer.status.is_success(), "{}", answer.text());
    app.service.db.statements() - before
}

both! {
    // The object: five keys in order, those of members and rules in theirs.
    async fn a_team_is_shown_with_every_key(app: TestApp) {
        let ana = app.add_admin("ana").await;
        app.raw.run("UPDATE app_user SET launchpad_handle = 'ana-e'").await;
        let body = json!({
            "name": "kernel-crew", "permissions": ["view_test"],
            "artefact_matching_rules": [{"family": "deb", "series": "noble", "grant_permissions": ["change_rerun"]}],
        });
        let team = id_of(&create(&app, &body).await);
        let added = bare(&app, Method::POST, &member(team, ana)).await;
        let rule = added.ok()["artefact_matching_rules"][0]["id"].clone();
        let expected = format!(
            "{{\"id\":{team},\"name\":\"kernel-crew\",\"permissions\":[\"view_test\"],\"members\":[{{\"id\":{ana},\
             \"launchpad_handle\":\"ana-e\",\"email\":\"ana@example.org\",\"name\":\"ana\",\"is_admin\":true}}],\
             \"artefact_matching_rules\":[{{\"id\":{rule},\"name\":null,\"family\":\"deb\",\"stage\":null,\
             \"track\":null,\"branch\":null,\"store\":null,\"series\":\"noble\",\"os\":null,\"release\":null,\
             \"owner\":null,\"grant_permissions\":[\"change_rerun\"]}}]}}"
        );
        assert_eq!(added.text(), expected);
        assert_eq!(app.get(&path_of(team)).await.text(), expected);
        assert_eq!(app.patch(&path_of(team), &json!({})).await.text(), expected);
        assert_eq!(app.get(TEAMS).await.text(), format!("[{expected}]"));
    }

    // Creation: 201; permissions and rules are none when absent; a name is any text; permissions stay as given.
    async fn a_team_is_made(app: TestApp) {
        let longest = "\u{e9}".repeat(500);
        let mut teams = Vec::new();
        for (body, changes) in [
            (json!({"name": "zeta"}), json!({})),
            (json!({"name": ""}), json!({})),
            (json!({"name": " it's \u{e9} "}), json!({})),
            (json!({"name": "Zeta", "permissions": [], "artefact_matching_rules": []}), json!({})),
            (json!({"name": "x", "members": [1], "id": 9, "unknown": 1}), json!({})),
            (json!({"name": "b", "permissions": ["view_user", "change_test", "view_user"]}),
             json!({"permissions": ["view_user", "change_test", "view_user"]})),
            (json!({"name": "all", "permissions": Permission::ALL}), json!({"permissions": Permission::ALL})),
            (json!({"name": longest}), json!({})),
        ] {
            let team = create(&app, &body).await;
            assert_eq!(team, shown(id_of(&team), body["name"].as_str().unwrap(), &changes));
            assert_eq!(app.get(&path_of(id_of(&team))).await.ok(), team);
            teams.push(team);
        }
        // The list is by id.
        assert_eq!(app.get(TEAMS).await.ok(), json!(teams));
        assert_eq!(app.get("/v1/teams?limit=1&offset=1&q=x").await.ok(), json!(teams));
    }

    async fn no_teams_are_an_empty_list(app: TestApp) {
        assert_eq!(app.get(TEAMS).await.text(), "[]");
    }

    // A name that is taken: 409, and nothing is stored, rules included.
    async fn names_are_unique(app: TestApp) {
        let team = create(&app, &json!({"name": "al'pha", "permissions": ["view_test"]})).await;
        for body in [
            json!({"name": "al'pha"}),
            json!({"name": "al'pha", "permissions": ["view_user"], "artefact_matching_rules": [{"family": "snap"}]}),
        ] {
            app.post(TEAMS, &body).await.refused(409, "Team with name 'al'pha' already exists");
        }
        assert_eq!(app.raw.number(NUMBER_OF_RULES).await, 0);
        assert_eq!(app.get(TEAMS).await.ok(), json!([team]));
        create(&app, &json!({"name": "Al'pha"})).await;
        create(&app, &json!({"name": "al'pha "})).await;
    }

    // Malformed bodies of POST, each problem in its place; nothing is stored.
    async fn malformed_teams_are_not_made(app: TestApp) {
        let rules = |rules: Value| json!({"name": "x", "artefact_matching_rules": rules});
        let of_rule = |index: usize, field: &str| json!(["body", "artefact_matching_rules", index, field]);
        for (body, expected) in [
            (json!({}), vec![("missing", json!(["body", "name"]))]),
            (json!({"name": null}), vec![("string_type", json!(["body", "name"]))]),
            (json!({"name": 5}), vec![("string_type", json!(["body", "name"]))]),
            (json!({"name": "x".repeat(501)}), vec![("string_too_long", json!(["body", "name"]))]),
            (json!({"name": "a\u{0}"}), vec![("value_error", json!(["body", "name"]))]),
            (json!({"name": "x", "permissions": null}), vec![("list_type", json!(["body", "permissions"]))]),
            (json!({"name": "x", "permissions": "view_test"}), vec![("list_type", json!(["body", "permissions"]))]),
            (json!({"name": "x", "permissions": ["view_test", "fly"]}),
             vec![("enum", json!(["body", "permissions", 1]))]),
            (rules(json!(null)), vec![("list_type", json!(["body", "artefact_matching_rules"]))]),
            (rules(json!({})), vec![("list_type", json!(["body", "artefact_matching_rules"]))]),
            (rules(json!([5])), vec![("model_attributes_type", json!(["body", "artefact_matching_rules", 0]))]),
            (rules(json!([{}])), vec![("missing", of_rule(0, "family"))]),
            (rules(json!([{"family": "snap"}, {"family": null}])), vec![("enum", of_rule(1, "family"))]),
            (rules(json!([{"family": "rock"}])), vec![("enum", of_rule(0, "family"))]),
            (rules(json!([{"family": "snap", "track": null}])), vec![("string_type", of_rule(0, "track"))]),
            (rules(json!([{"family": "snap", "stage": "x".repeat(101)}])),
             vec![("string_too_long", of_rule(0, "stage"))]),
            (rules(json!([{"family": "snap", "name": "x".repeat(201)}])),
             vec![("string_too_long", of_rule(0, "name"))]),
            (rules(json!([{"family": "snap", "grant_permissions": null}])),
             vec![("list_type", of_rule(0, "grant_permissions"))]),
            (rules(json!([{"family": "snap", "grant_permissions": ["fly"]}])),
             vec![("enum", json!(["body", "artefact_matching_rules", 0, "grant_permissions", 0]))]),
            (json!([]), vec![("model_attributes_type", json!(["body"]))]),
            (json!(null), vec![("missing", json!(["body"]))]),
        ] {
            assert_eq!(app.post(TEAMS, &body).await.problems(), problems(&expected), "{body}");
        }
        assert_eq!(app.raw.number(NUMBER_OF_TEAMS).await, 0);
        assert_eq!(app.raw.number(NUMBER_OF_RULES).await, 0);
    }

    // Every problem at once, in the order of the fields, of POST and PATCH.
    async fn problems_are_told_in_the_order_of_the_fields(app: TestApp) {
        let team = id_of(&create(&app, &json!({"name": "crew"})).await);
        let body = json!({
            "permissions": ["fly", "walk"],
            "artefact_matching_rules": [
                {"branch": 5, "family": "rock", "os": 5, "owner": 5, "name": 5, "grant_permissions": ["fly"]},
                {"track": 5, "branch": 5},
            ],
        });
        let rule = |index: usize, field: &str| json!(["body", "artefact_matching_rules", index, field]);
        let mut expected = vec![
            ("enum", json!(["body", "permissions", 0])),
            ("enum", json!(["body", "permissions", 1])),
            ("string_type", rule(0, "name")),
            ("enum", rule(0, "family")),
            ("string_type", rule(0, "branch")),
            ("string_type", rule(0, "os")),
            ("string_type", rule(0, "owner")),
            ("enum", json!(["body", "artefact_matching_rules", 0, "grant_permissions", 0])),
            ("missing", rule(1, "family")),
            ("string_type", rule(1, "track")),
            ("string_type", rule(1, "branch")),
        ];
        assert_eq!(app.patch(&path_of(team), &body).await.problems(), problems(&expected));
        expected.insert(0, ("missing", json!(["body", "name"])));
        assert_eq!(app.post(TEAMS, &body).await.problems(), problems(&expected));
        expected[0] = ("int_parsing", json!(["path", "team_id"]));
        assert_eq!(app.patch(&format!("{TEAMS}/x"), &body).await.problems(), problems(&expected));
    }

    // An unknown team is not found, before its user is looked for.
    async fn unknown_teams_and_users_are_not_found(app: TestApp) {
        let team = app.add_team("crew", &[], &[]).await;
        let user = app.add_user("kim").await;
        for id in ["999", "0", "-1", "4294967296", "9223372036854775807"] {
            let path = format!("{TEAMS}/{id}");
            app.get(&path).await.refused(404, &unknown(id));
            let body = json!({"permissions": ["view_test"], "artefact_matching_rules": [{"family": "snap"}]});
            for body in [json!({}), body] {
                app.patch(&path, &body).await.refused(404, &unknown(id));
            }
            for method in [Method::POST, Method::DELETE] {
                for user in [user, 999] {
                    let path = format!("{path}/members/{user}");
                    bare(&app, method.clone(), &path).await.refused(404, &unknown(id));
                }
                let path = format!("{TEAMS}/{team}/members/{id}");
                bare(&app, method, &path).await.refused(404, &format!("User {id} doesn't exist"));
            }
        }
        assert_eq!(app.raw.number(NUMBER_OF_RULES).await, 0);
        assert_eq!(app.raw.number(NUMBER_OF_MEMBERS).await, 0);
        assert_eq!(app.get("/v1/teams/99999999999999999999999").await.status, StatusCode::NOT_FOUND);
        let expected = problems(&[("int_parsing", json!(["path", "team_id"]))]);
        assert_eq!(app.get(&format!("{TEAMS}/x")).await.problems(), expected);
        let expected =
            problems(&[("int_parsing", json!(["path", "team_id"])), ("int_parsing", json!(["path", "user_id"]))]);
        for method in [Method::POST, Method::DELETE] {
            assert_eq!(bare(&app, method, "/v1/teams/x/members/7.5").await.problems(), expected);
        }
    }

    // PATCH: absent and null leave, [] clears, the name cannot be changed.
    async fn a_change_leaves_what_it_does_not_name(app: TestApp) {
        let user = app.add_user("kim").await;
        let rules = json!([{"family": "snap"}]);
        let body = json!({"name": "crew", "permissions": ["view_test"], "artefact_matching_rules": rules});
        let team = id_of(&create(&app, &body).await);
        let mut expected = bare(&app, Method::POST, &member(team, user)).await.ok();
        for (patch, changes) in [
            (json!({}), json!({})),
            (json!({"permissions": null, "artefact_matching_rules": null}), json!({})),
            (json!({"name": "other", "members": [], "id": 9}), json!({})),
            (json!({"name": 5}), json!({})),
            (json!({"permissions": ["view_user", "change_test", "view_user"]}),
             json!({"permissions": ["view_user", "change_test", "view_user"]})),
            (json!({"artefact_matching_rules": []}), json!({"artefact_matching_rules": []})),
            (json!({"permissions": []}), json!({"permissions": []})),
        ] {
            expected = with(expected, &changes);
            assert_eq!(app.patch(&path_of(team), &patch).await.ok(), expected, "{patch}");
            assert_eq!(app.get(&path_of(team)).await.ok(), expected, "{patch}");
        }
    }

    // PATCH is refused whole.
    async fn malformed_changes_are_refused(app: TestApp) {
        let rules = json!([{"family": "snap"}]);
        let body = json!({"name": "crew", "permissions": ["view_test"], "artefact_matching_rules": rules});
        let team = create(&app, &body).await;
        let path = path_of(id_of(&team));
        for (body, expected) in [
            (json!({"permissions": [], "artefact_matching_rules": [{"name": "x"}]}),
             ("missing", json!(["body", "artefact_matching_rules", 0, "family"]))),
            (json!({"permissions": ["fly"], "artefact_matching_rules": []}),
             ("enum", json!(["body", "permissions", 0]))),
            (json!({"permissions": {}}), ("list_type", json!(["body", "permissions"]))),
            (json!([]), ("model_attributes_type", json!(["body"]))),
            (json!(null), ("missing", json!(["body"]))),
        ] {
            assert_eq!(app.patch(&path, &body).await.problems(), problems(&[expected]), "{body}");
        }
        let without_body = bare(&app, Method::PATCH, &path).await;
        assert_eq!(without_body.problems(), problems(&[("missing", json!(["body"]))]));
        assert_eq!(app.get(&path).await.ok(), team);
    }

    // Only a change of a team's own columns is a change of the team.
    async fn only_what_changes_is_written(app: TestApp) {
        let now: DateTime<Utc> = "2031-05-04T03:02:01.5Z".parse().unwrap();
        let app = app.with_clock(Clock::from_fn(move || now));
        let user = app.add_user("kim").await;
        let team = app.add_team("crew", &[Permission::ViewTest], &[]).await;
        let written = "SELECT CAST(updated_at AS TEXT) FROM team";
        let before = app.raw.texts(written).await;
        app.patch(&path_of(team), &json!({"permissions": ["view_test"]})).await.ok();
        app.patch(&path_of(team), &json!({"artefact_matching_rules": [{"family": "snap"}]})).await.ok();
        bare(&app, Method::POST, &member(team, user)).await.ok();
        assert_eq!(app.raw.texts(written).await, before);
        app.patch(&path_of(team), &json!({"permissions": []})).await.ok();
        assert_ne!(app.raw.texts(written).await, before);
    }

    // There is no way to remove or rename a team.
    async fn a_team_stays(app: TestApp) {
        let team = app.add_team("crew", &[], &[]).await;
        app.delete(&path_of(team)).await.refused(405, "Method Not Allowed");
        app.put(&path_of(team), &json!({"name": "x"})).await.refused(405, "Method Not Allowed");
        app.delete(TEAMS).await.refused(405, "Method Not Allowed");
        app.get(&member(team, 1)).await.refused(405, "Method Not Allowed");
        assert_eq!(app.get(TEAMS).await.ok(), json!([shown(team, "crew", &json!({}))]));
    }

    // Members are added and taken out, by name in the answer; again it changes nothing, and bodies do not matter.
    async fn members_come_and_go(app: TestApp) {
        let team = app.add_team("crew", &[], &[]).await;
        let other = app.add_team("other", &[], &[]).await;
        let (zoe, kim, ada) = (app.add_user("zoe").await, app.add_user("kim").await, app.add_user("ada").await);
        let [zoe_shown, kim_shown, ada_shown] =
            [(zoe, "zoe"), (kim, "kim"), (ada, "ada")].map(|(id, name)| shown_member(id, name));
        bare(&app, Method::POST, &member(other, kim)).await.ok();
        for (method, user, expected) in [
            (Method::POST, zoe, json!([zoe_shown])),
            (Method::POST, zoe, json!([zoe_shown])),
            (Method::DELETE, kim, json!([zoe_shown])),
            (Method::POST, kim, json!([kim_shown, zoe_shown])),
            (Method::POST, ada, json!([ada_shown, kim_shown, zoe_shown])),
            (Method::DELETE, kim, json!([ada_shown, zoe_shown])),
            (Method::DELETE, kim, json!([ada_shown, zoe_shown])),
            (Method::DELETE, ada, json!([zoe_shown])),
            (Method::DELETE, zoe, json!([])),
        ] {
            let expected = shown(team, "crew", &json!({"members": expected}));
            assert_eq!(bare(&app, method.clone(), &member(team, user)).await.ok(), expected, "{method} {user}");
            assert_eq!(app.get(&path_of(team)).await.ok(), expected, "{method} {user}");
            for body in [json!(null), json!({"user_id": 5}), json!([])] {
                let answer = app.as_application(&app.key, method.clone(), &member(team, user), Some(&body)).await;
                assert_eq!(answer.ok(), expected, "{method} {user} {body}");
            }
        }
        assert_eq!(app.get(&path_of(other)).await.ok()["members"], json!([kim_shown]));
        let namesake = app.raw.number(
            "INSERT INTO app_user (email, name, created_at, updated_at) VALUES ('2@x', 'kim',
                 '2031-01-01T00:00:00+00:00', '2031-01-01T00:00:00+00:00') RETURNING id",
        ).await;
        let members = bare(&app, Method::POST, &member(other, namesake)).await.ok()["members"].clone();
        assert_eq!((&members[0]["id"], &members[1]["id"]), (&json!(kim), &json!(namesake)));
    }

    // What a team may do its members may from the next request on, as long as they are in it and it may.
    async fn membership_counts_at_once(app: TestApp) {
        let user = app.add_user("kim").await;
        let session = app.session(user).await;
        let team = id_of(&create(&app, &json!({"name": "crew", "permissions": ["view_team"]})).await);
        let look = async || app.as_user(&session, Method::GET, TEAMS, None).await;
        look().await.refused(403, REFUSAL);
        bare(&app, Method::POST, &member(team, user)).await.ok();
        look().await.ok();
        app.patch(&path_of(team), &json!({"permissions": ["view_user"]})).await.ok();
        look().await.refused(403, REFUSAL);
        app.patch(&path_of(team), &json!({"permissions": ["view_user", "view_team"]})).await.ok();
        look().await.ok();
        bare(&app, Method::DELETE, &member(team, user)).await.ok();
        look().await.refused(403, REFUSAL);
    }

    // Every method asks for its permission, before anything else of the request is looked at.
    async fn every_method_asks_for_its_permission(app: TestApp) {
        let user = app.add_user("kim").await;
        let session = app.session(user).await;
        let team = app.add_team("crew", &[], &[user]).await;
        let (path, member) = (path_of(team), member(team, user));
        let (path, member) = (path.as_str(), member.as_str());
        for (method, paths, permission) in [
            (Method::GET, vec![TEAMS, path, "/v1/teams/999", "/v1/teams/x"], Permission::ViewTeam),
            (Method::POST, vec![TEAMS], Permission::ChangeTeam),
            (Method::PATCH, vec![path, "/v1/teams/999", "/v1/teams/x"], Permission::ChangeTeam),
            (Method::POST, vec![member, "/v1/teams/999/members/999", "/v1/teams/x/members/x"], Permission::ChangeTeam),
            (Method::DELETE, vec![member, "/v1/teams/999/members/999", "/v1/teams/x/members/x"],
             Permission::ChangeTeam),
        ] {
            let key = app.add_application(&all_but(permission)).await;
            let allowed = app.add_application(&[permission]).await;
            for path in paths {
                for body in [json!({"name": "x"}), json!({}), json!([])] {
                    app.anonymous(method.clone(), path, Some(&body)).await.refused(403, REFUSAL);
                    app.as_user(&session, method.clone(), path, Some(&body)).await.refused(403, REFUSAL);
                    app.as_application(&key, method.clone(), path, Some(&body)).await.refused(403, REFUSAL);
                }
                let answer = app.as_application(&allowed, method.clone(), path, Some(&json!([]))).await;
                assert_ne!(answer.status, StatusCode::FORBIDDEN, "{method} {path}");
            }
        }
        assert_eq!(app.raw.number(NUMBER_OF_TEAMS).await, 1);
    }

    // Of creations of the same name at the same time one succeeds, and the others say why they do not.
    async fn one_of_many_equal_creations_succeeds(app: TestApp) {
        let body = json!({"name": "crew", "artefact_matching_rules": [{"family": "snap"}, {"family": "deb"}]});
        let answers = join_all((0..20).map(|_| app.post(TEAMS, &body))).await;
        let (made, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == StatusCode::CREATED);
        assert_eq!((made.len(), refused.len()), (1, 19));
        for answer in refused {
            answer.refused(409, "Team with name 'crew' already exists");
        }
        assert_eq!(app.get(TEAMS).await.ok(), json!([made[0].json()]));
        assert_eq!(app.raw.number(NUMBER_OF_RULES).await, 2);
    }

    // Requests take a fixed number of statements, however many teams, members and rules there are.
    async fn requests_take_a_fixed_number_of_statements(app: TestApp) {
        let mut counts = Vec::new();
        for size in [1, 20] {
            let mut users = Vec::new();
            for n in 0..size {
                users.push(app.add_user(&format!("user {size} {n}")).await);
            }
            let rules = |name: &str| -> Value {
                (0..size).map(|n| json!({"family": "snap", "name": name, "track": format!("{size} {n}")})).collect()
            };
            for n in 1..size {
                let team = app.add_team(&format!("team {n}"), &[], &users).await;
                app.patch(&path_of(team), &json!({"artefact_matching_rules": rules("shared")})).await.ok();
            }
            let body = json!({"name": format!("size {size}"), "artefact_matching_rules": rules("own")});
            let making = statements(&app, Method::POST, TEAMS, Some(&body)).await;
            let team = app.raw.number("SELECT MAX(id) FROM team").await;
            let change = json!({"permissions": ["view_test"], "artefact_matching_rules": rules("shared")});
            counts.push([
                making,
                statements(&app, Method::PATCH, &path_of(team), Some(&change)).await,
                statements(&app, Method::GET, TEAMS, None).await,
                statements(&app, Method::GET, &path_of(team), None).await,
                statements(&app, Method::POST, &member(team, users[0]), None).await,
                statements(&app, Method::DELETE, &member(team, users[0]), None).await,
            ]);
        }
        assert_eq!(counts[0], counts[1]);
        // One of each is the look-up of the caller; two show the members and the rules. Of a change one notes it down, and two
        // show the team before it where it may change in more than one way. Three look at the rules before and after.
        assert_eq!(counts[0], [14, 17, 4, 4, 7, 7]);
    }
}

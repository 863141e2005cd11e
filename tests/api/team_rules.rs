//! The matching rules of teams: shared with other teams, widened, replaced, and removed with their last team.

use std::collections::BTreeSet;

use app::api::Permission;
use axum::http::{Method, StatusCode};
use chrono::{DateTime, Utc};
use futures::future::join_all;
use serde_json::{Value, json};
use test_observer::clock::Clock;

use crate::support::{TestApp, both, snap};

const TEAMS: &str = "/v1/teams";
const RULES: &str = "/v1/artefact-matching-rules";
const CRITERIA: [&str; 9] = ["name", "stage", "track", "branch", "store", "series", "os", "release", "owner"];
const NUMBER_OF_RULES: &str = "SELECT COUNT(*) FROM artefact_matching_rule";
const NUMBER_OF_LINKS: &str = "SELECT COUNT(*) FROM artefact_matching_rule_team_association";
/// Rules that no team has.
const ORPHANS: &str = "SELECT COUNT(*) FROM artefact_matching_rule WHERE id NOT IN (
                           SELECT artefact_matching_rule_id FROM artefact_matching_rule_team_association)";

fn path_of(team: i64) -> String {
    format!("{TEAMS}/{team}")
}

fn rule_path(rule: i64) -> String {
    format!("{RULES}/{rule}")
}

/// An object with some fields set.
fn with(mut object: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        object[name] = value.clone();
    }
    object
}

/// A rule as its team shows it: any snap, but for some fields.
fn shown(id: i64, changes: &Value) -> Value {
    let any = json!({
        "id": id, "name": null, "family": "snap", "stage": null, "track": null, "branch": null, "store": null,
        "series": null, "os": null, "release": null, "owner": null, "grant_permissions": [],
    });
    with(any, changes)
}

/// Makes a team with these rules; its id.
async fn create(app: &TestApp, name: &str, rules: &Value) -> i64 {
    let answer = app.post(TEAMS, &json!({"name": name, "artefact_matching_rules": rules})).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    answer.json()["id"].as_i64().unwrap()
}

/// Gives a team these rules; what it shows afterwards, as the answer and a later look agree.
async fn replace(app: &TestApp, team: i64, rules: &Value) -> Value {
    let shown = app.patch(&path_of(team), &json!({"artefact_matching_rules": rules})).await.ok();
    assert_eq!(app.get(&path_of(team)).await.ok(), shown, "{rules}");
    shown["artefact_matching_rules"].clone()
}

/// The rules a team shows.
async fn rules_of(app: &TestApp, team: i64) -> Value {
    app.get(&path_of(team)).await.ok()["artefact_matching_rules"].clone()
}

fn ids(list: &Value) -> Vec<i64> {
    list.as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()).collect()
}

/// What the only rule of a team grants.
async fn grants_of(app: &TestApp, team: i64) -> Value {
    let rules = rules_of(app, team).await;
    assert_eq!(rules.as_array().unwrap().len(), 1, "{rules}");
    rules[0]["grant_permissions"].clone()
}

async fn is_gone(app: &TestApp, rule: i64) -> bool {
    let answer = app.get(&rule_path(rule)).await;
    if answer.status == StatusCode::OK {
        return false;
    }
    answer.refused(404, &format!("Artefact matching rule {rule} doesn't exist"));
    true
}

both! {
    // A rule of a team is a rule like every other one; what is empty is shown as null.
    async fn rules_are_made_with_their_team(app: TestApp) {
        let every: Value = CRITERIA.iter().map(|name| ((*name).to_owned(), json!(format!("a {name}")))).collect();
        let grants = json!(["view_user", "change_rerun", "view_user"]);
        let team = create(&app, "crew", &json!([
            {"family": "snap", "name": "z"},
            {"family": "snap", "name": "a", "track": "", "unknown": 1},
            with(every.clone(), &json!({"family": "image", "grant_permissions": grants})),
            {"family": "deb", "stage": "no such stage", "owner": " "},
            {"family": "snap"},
        ])).await;
        let rules = rules_of(&app, team).await;
        let made = ids(&rules);
        // In the order in which they were asked for, as their ids are.
        assert_eq!(rules, json!([
            shown(made[0], &json!({"name": "z"})),
            shown(made[1], &json!({"name": "a"})),
            shown(made[2], &with(every, &json!({"family": "image", "grant_permissions": grants}))),
            shown(made[3], &json!({"family": "deb", "stage": "no such stage", "owner": " "})),
            shown(made[4], &json!({})),
        ]));
        let teams = json!([{"id": team, "name": "crew"}]);
        for rule in rules.as_array().unwrap() {
            let alone = app.get(&rule_path(rule["id"].as_i64().unwrap())).await.ok();
            assert_eq!(alone, with(rule.clone(), &json!({"teams": teams})));
        }
        assert_eq!(app.get(RULES).await.ok().as_array().unwrap().len(), 5);
        // A rule that is made by itself is shown by its teams.
        let body = json!({"family": "charm", "team_ids": [team], "grant_permissions": ["change_rerun"]});
        app.post(RULES, &body).await;
        let rules = rules_of(&app, team).await;
        let expected = json!({"family": "charm", "grant_permissions": ["change_rerun"]});
        assert_eq!(rules[5], shown(ids(&rules)[5], &expected));
    }

    // Teams that ask for the same criteria have one rule together.
    async fn the_same_criteria_are_one_rule(app: TestApp) {
        let rule = json!({"family": "snap", "name": "core22", "track": "22"});
        let first = create(&app, "first", &json!([rule])).await;
        let second = create(&app, "second", &json!([rule])).await;
        let third = app.add_team("third", &[], &[]).await;
        replace(&app, third, &json!([with(rule.clone(), &json!({"os": ""}))])).await;
        let shared = ids(&rules_of(&app, first).await);
        for team in [second, third] {
            assert_eq!(ids(&rules_of(&app, team).await), shared);
        }
        let teams = app.get(&rule_path(shared[0])).await.ok()["teams"].clone();
        assert_eq!(teams, json!([
            {"id": first, "name": "first"}, {"id": second, "name": "second"}, {"id": third, "name": "third"},
        ]));
        assert_eq!(app.raw.number(NUMBER_OF_RULES).await, 1);
        // Each criterion makes another one, and so do the family and upper case.
        let mut others = vec![with(rule.clone(), &json!({"family": "charm"}))];
        for name in CRITERIA {
            others.push(with(rule.clone(), &json!({name: "another"})));
        }
        others.push(with(rule, &json!({"name": "Core22"})));
        let made = ids(&replace(&app, third, &json!(others)).await);
        assert_eq!(made.len(), 11);
        assert!(!made.contains(&shared[0]));
        assert_eq!(app.raw.number(NUMBER_OF_RULES).await, 12);
    }

    // A rule that a team made by itself is used as well.
    async fn a_rule_of_nobody_in_particular_is_taken_too(app: TestApp) {
        let rule = app.add_rule("snap", &json!({"name": "core22"}), &[Permission::ChangeRerun], &[]).await;
        let team = create(&app, "crew", &json!([{"family": "snap", "name": "core22"}])).await;
        assert_eq!(rules_of(&app, team).await, json!([
            shown(rule, &json!({"name": "core22", "grant_permissions": ["change_rerun"]})),
        ]));
    }

    // Of elements with the same family and criteria the first counts; the grants of the others are lost.
    async fn repetitions_are_dropped(app: TestApp) {
        let rules = json!([
            {"family": "snap", "name": "a", "grant_permissions": ["change_rerun"]},
            {"family": "snap", "name": "b"},
            {"family": "snap", "name": "a", "stage": "", "grant_permissions": ["change_artefact"]},
            {"family": "snap", "name": "a"},
        ]);
        let team = create(&app, "crew", &rules).await;
        let made = ids(&rules_of(&app, team).await);
        let expected = json!([
            shown(made[0], &json!({"name": "a", "grant_permissions": ["change_rerun"]})),
            shown(made[1], &json!({"name": "b"})),
        ]);
        assert_eq!(rules_of(&app, team).await, expected);
        // Of a rule that is there, too.
        assert_eq!(replace(&app, team, &rules).await, expected);
    }

    // What a shared rule grants is what it granted and what is asked for; asking for less takes nothing away.
    async fn grants_are_widened_for_every_team(app: TestApp) {
        let now: DateTime<Utc> = "2031-05-04T03:02:01.5Z".parse().unwrap();
        let app = app.with_clock(Clock::from_fn(move || now));
        let asking = |grants: Value| json!([{"family": "snap", "grant_permissions": grants}]);
        let first = create(&app, "first", &asking(json!(["view_user", "change_rerun", "view_user"]))).await;
        let second = app.add_team("second", &[], &[]).await;
        let kept = "SELECT CAST(updated_at AS TEXT) FROM artefact_matching_rule";
        for (grants, expected, is_written) in [
            (json!([]), json!(["view_user", "change_rerun", "view_user"]), false),
            (json!(["change_rerun"]), json!(["view_user", "change_rerun", "view_user"]), false),
            (json!(["view_user", "change_rerun"]), json!(["view_user", "change_rerun", "view_user"]), false),
            (json!(["view_test", "view_user", "change_artefact", "view_test"]),
             json!(["view_user", "change_rerun", "view_user", "view_test", "change_artefact"]), true),
            (json!([]), json!(["view_user", "change_rerun", "view_user", "view_test", "change_artefact"]), false),
        ] {
            app.raw.run("UPDATE artefact_matching_rule SET updated_at = '2031-01-01T00:00:00+00:00'").await;
            let before = app.raw.texts(kept).await;
            assert_eq!(replace(&app, second, &asking(grants.clone())).await[0]["grant_permissions"], expected);
            assert_eq!(grants_of(&app, first).await, expected, "{grants}");
            assert_eq!(app.raw.texts(kept).await != before, is_written, "{grants}");
        }
        // So does a new team; to take something away is for the rule's own endpoint.
        create(&app, "third", &asking(json!(["view_team"]))).await;
        let widest = json!(["view_user", "change_rerun", "view_user", "view_test", "change_artefact", "view_team"]);
        assert_eq!(grants_of(&app, first).await, widest);
        let rule = ids(&rules_of(&app, first).await)[0];
        app.patch(&rule_path(rule), &json!({"grant_permissions": ["change_rerun"]})).await.ok();
        assert_eq!(grants_of(&app, second).await, json!(["change_rerun"]));
        // Made anew, it grants what is asked for and nothing else.
        for team in ids(&app.get(TEAMS).await.ok()) {
            replace(&app, team, &json!([])).await;
        }
        replace(&app, first, &asking(json!(["view_test"]))).await;
        assert_eq!(grants_of(&app, first).await, json!(["view_test"]));
    }

    // Rules that no team has any longer are removed, shared ones stay; [] clears, and kept ones keep their ids.
    async fn replaced_rules_go_with_their_last_team(app: TestApp) {
        let rule = |name: &str| json!({"family": "snap", "name": name});
        let first = create(&app, "first", &json!([rule("own"), rule("shared"), rule("kept")])).await;
        let second = create(&app, "second", &json!([rule("shared")])).await;
        let [own, shared, kept] = <[i64; 3]>::try_from(ids(&rules_of(&app, first).await)).unwrap();
        let unrelated = app.add_rule("snap", &json!({"name": "of nobody"}), &[], &[]).await;
        let after = ids(&replace(&app, first, &json!([rule("new"), rule("kept")])).await);
        assert_eq!(after[0], kept);
        assert!(is_gone(&app, own).await && !is_gone(&app, shared).await);
        assert_eq!(ids(&rules_of(&app, second).await), [shared]);
        assert_eq!(app.get(&rule_path(shared)).await.ok()["teams"], json!([{"id": second, "name": "second"}]));
        // The same again changes nothing, in another order neither.
        assert_eq!(ids(&replace(&app, first, &json!([rule("kept"), rule("new")])).await), after);
        assert_eq!(replace(&app, first, &json!([])).await, json!([]));
        assert!(is_gone(&app, kept).await && is_gone(&app, after[1]).await && !is_gone(&app, shared).await);
        assert_eq!(replace(&app, second, &json!([])).await, json!([]));
        assert!(is_gone(&app, shared).await);
        // One that is no concern of theirs stays, though it has no team.
        assert!(!is_gone(&app, unrelated).await);
        assert_eq!(app.raw.number(NUMBER_OF_LINKS).await, 0);
    }

    // Permissions do not change with rules, nor rules with permissions or a refused creation.
    async fn rules_and_permissions_are_changed_apart(app: TestApp) {
        let rules = json!([{"family": "snap", "grant_permissions": ["change_rerun"]}]);
        let body = json!({"name": "crew", "permissions": ["view_test"], "artefact_matching_rules": rules});
        let team = app.post(TEAMS, &body).await.json();
        let path = path_of(team["id"].as_i64().unwrap());
        let changed = app.patch(&path, &json!({"permissions": ["view_user"]})).await.ok();
        assert_eq!(changed, with(team.clone(), &json!({"permissions": ["view_user"]})));
        let cleared = app.patch(&path, &json!({"artefact_matching_rules": []})).await.ok();
        assert_eq!(cleared, with(changed, &json!({"artefact_matching_rules": []})));
        let again = app.patch(&path, &json!({"artefact_matching_rules": rules, "permissions": []})).await.ok();
        assert_eq!(again["permissions"], json!([]));
        assert_eq!(again["artefact_matching_rules"][0]["grant_permissions"], json!(["change_rerun"]));
        let other = json!([{"family": "snap", "grant_permissions": ["change_artefact"]}, {"family": "deb"}]);
        let answer = app.post(TEAMS, &json!({"name": "crew", "artefact_matching_rules": other})).await;
        answer.refused(409, "Team with name 'crew' already exists");
        assert_eq!(app.get(&path).await.ok(), again);
        assert_eq!(app.raw.number(NUMBER_OF_RULES).await, 1);
    }

    // The members of a team with a rule are granted what it grants, and review what it matches.
    async fn a_teams_rule_counts_for_its_members(app: TestApp) {
        let user = app.add_user("kim").await;
        let session = app.session(user).await;
        let rule = json!([{"family": "snap", "name": "core22", "grant_permissions": ["change_artefact"]}]);
        let team = create(&app, "crew", &rule).await;
        app.post(&format!("{}/members/{user}", path_of(team)), &json!({})).await.ok();
        let artefact = app.artefact_of(app.start(&snap(&json!({"needs_assignment": true}))).await).await;
        assert_eq!(app.artefact(artefact).await["assignee"]["id"], user);
        let path = format!("/v1/artefacts/{artefact}");
        let body = json!({"comment": "x"});
        app.as_user(&session, Method::PATCH, &path, Some(&body)).await.ok();
        replace(&app, team, &json!([])).await;
        app.as_user(&session, Method::PATCH, &path, Some(&body)).await.refused(403, "Insufficient permissions");
    }

    // Many teams that bring the same new rule at the same time all get it, and none is told that its name is taken.
    async fn the_same_new_rule_of_many_new_teams_is_one(app: TestApp) {
        for round in 0..3 {
            let asked: Vec<Value> = (0..20).map(|n| {
                let permission = Permission::ALL[n];
                json!({"name": format!("team {round} {n}"), "artefact_matching_rules": [
                    {"family": "snap", "name": format!("round {round}"), "grant_permissions": [permission]},
                ]})
            }).collect();
            let answers = join_all(asked.iter().map(|body| app.post(TEAMS, body))).await;
            let mut shared = Vec::new();
            for answer in &answers {
                assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
                shared.extend(ids(&answer.json()["artefact_matching_rules"]));
            }
            assert_eq!(shared.len(), 20);
            assert!(shared.iter().all(|rule| *rule == shared[0]), "{shared:?}");
            let rule = app.get(&rule_path(shared[0])).await.ok();
            // Nobody's grant is lost.
            let mut granted: Vec<&str> =
                rule["grant_permissions"].as_array().unwrap().iter().map(|grant| grant.as_str().unwrap()).collect();
            let mut expected: Vec<&str> = Permission::ALL[..20].iter().map(|grant| grant.as_str()).collect();
            granted.sort_unstable();
            expected.sort_unstable();
            assert_eq!(granted, expected);
            assert_eq!(rule["teams"].as_array().unwrap().len(), 20);
        }
        assert_eq!(app.raw.number(NUMBER_OF_RULES).await, 3);
    }

    // Teams that take and leave the same rules at the same time do not hinder each other; no rule is lost or left over.
    async fn rules_pass_between_teams_at_the_same_time(app: TestApp) {
        let rule = |n: usize| json!({"family": "snap", "name": format!("rule {n}")});
        let mut teams = Vec::new();
        for n in 0..8 {
            teams.push(create(&app, &format!("team {n}"), &json!([rule(n), rule(n + 1)])).await);
        }
        for round in 1..6 {
            let wanted: Vec<Value> = (0..8_usize).map(|n| {
                let (one, other) = ((n + round) % 8, (n * 3 + round) % 8);
                // Each in an order of its own.
                if n.is_multiple_of(2) { json!([rule(one), rule(other)]) } else { json!([rule(other), rule(one)]) }
            }).collect();
            let changes = teams.iter().zip(&wanted).map(|(team, rules)| {
                let (app, body) = (&app, json!({"artefact_matching_rules": rules}));
                async move { app.patch(&path_of(*team), &body).await }
            });
            let body = json!({
                "name": format!("round {round}"), "artefact_matching_rules": [rule(3), rule(100 + round)],
            });
            let (answers, made) = futures::join!(join_all(changes), app.post(TEAMS, &body));
            assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
            for (answer, wanted) in answers.iter().zip(&wanted) {
                let names = |rules: &Value| {
                    let rules = rules.as_array().unwrap();
                    rules.iter().map(|rule| rule["name"].to_string()).collect::<BTreeSet<_>>()
                };
                assert_eq!(names(&answer.ok()["artefact_matching_rules"]), names(wanted));
            }
            for (team, answer) in teams.iter().zip(&answers) {
                assert_eq!(ids(&rules_of(&app, *team).await), ids(&answer.json()["artefact_matching_rules"]));
            }
            assert_eq!(app.raw.number(ORPHANS).await, 0);
        }
    }

    // A rule that gets another team while its own one leaves it: whatever comes first, nothing is half done.
    async fn a_rule_is_not_lost_while_it_gets_another_team(app: TestApp) {
        let rules = json!([{"family": "snap"}]);
        let giver = create(&app, "giver", &rules).await;
        let taker = app.add_team("taker", &[], &[]).await;
        for _ in 0..10 {
            let rule = ids(&replace(&app, giver, &rules).await)[0];
            let (giver_path, rule_path) = (path_of(giver), rule_path(rule));
            let (leave, give) = (json!({"artefact_matching_rules": []}), json!({"team_ids": [taker]}));
            let (leaving, giving) = futures::join!(app.patch(&giver_path, &leave), app.patch(&rule_path, &give));
            leaving.ok();
            if giving.status == StatusCode::OK {
                assert_eq!(ids(&rules_of(&app, taker).await), [rule]);
                replace(&app, taker, &json!([])).await;
            } else {
                giving.refused(404, &format!("Artefact matching rule {rule} doesn't exist"));
            }
            assert_eq!(app.raw.number(NUMBER_OF_RULES).await, 0);
        }
    }
}

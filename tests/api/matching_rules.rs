//! `/v1/artefact-matching-rules`: make, look, change, remove; and what rules let the members of their teams do.

use app::api::Permission;
use axum::http::{Method, StatusCode};
use futures::future::join_all;
use serde_json::{Value, json};
use test_observer::store::matching_rules;

use crate::support::{Answer, TestApp, both, snap};

const RULES: &str = "/v1/artefact-matching-rules";
const CRITERIA: [&str; 9] = ["name", "stage", "track", "branch", "store", "series", "os", "release", "owner"];

fn path_of(rule: i64) -> String {
    format!("{RULES}/{rule}")
}

/// An object with some fields set.
fn with(mut object: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        object[name] = value.clone();
    }
    object
}

/// A value for each of these criteria.
fn criteria(names: &[&str], value: impl Fn(&str) -> Value) -> Value {
    names.iter().map(|name| ((*name).to_owned(), value(name))).collect::<serde_json::Map<_, _>>().into()
}

/// A rule as it is shown: any snap, but for some fields.
fn shown(id: i64, changes: &Value) -> Value {
    let any = json!({
        "id": id, "name": null, "family": "snap", "stage": null, "track": null, "branch": null, "store": null,
        "series": null, "os": null, "release": null, "owner": null, "teams": [], "grant_permissions": [],
    });
    with(any, changes)
}

async fn post(app: &TestApp, body: &Value) -> Answer {
    app.post(RULES, body).await
}

/// Makes a rule and returns what was answered.
async fn create(app: &TestApp, body: &Value) -> Value {
    let answer = post(app, body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    answer.json()
}

fn id_of(rule: &Value) -> i64 {
    rule["id"].as_i64().unwrap()
}

fn problems(expected: &[(&str, Value)]) -> Vec<(String, Value)> {
    expected.iter().map(|(kind, loc)| ((*kind).to_owned(), loc.clone())).collect()
}

/// How many statements a request takes.
async fn statements(app: &TestApp, method: Method, path: &str, body: Option<&Value>) -> u64 {
    let before = app.service.db.statements();
    let answer = app.as_application(&app.key, method, path, body).await;
    assert!(answer.status.is_success(), "{}", answer.text());
    app.service.db.statements() - before
}

const NUMBER_OF_RULES: &str = "SELECT COUNT(*) FROM artefact_matching_rule";
const NUMBER_OF_LINKS: &str = "SELECT COUNT(*) FROM artefact_matching_rule_team_association";

both! {
    // Creation: any subset of criteria is echoed, and the others are null.
    async fn a_rule_shows_its_criteria_and_null_for_the_others(app: TestApp) {
        let team = app.add_team("crew", &[], &[]).await;
        let teams = json!([{"id": team, "name": "crew"}]);
        let mut subsets: Vec<Vec<&str>> = CRITERIA.iter().map(|name| vec![*name]).collect();
        subsets.extend([vec![], vec!["name", "stage"], vec!["track", "os", "owner"], CRITERIA.to_vec()]);
        for family in ["snap", "deb", "charm", "image", "solution"] {
            for subset in &subsets {
                let wanted = criteria(subset, |name| json!(format!("a {name}")));
                let rule = create(&app, &with(json!({"family": family, "team_ids": [team]}), &wanted)).await;
                let expected = shown(id_of(&rule), &with(wanted, &json!({"family": family, "teams": teams})));
                assert_eq!(rule, expected);
                assert_eq!(app.get(&path_of(id_of(&rule))).await.ok(), expected);
            }
        }
    }

    // The order of the keys of a rule.
    async fn the_keys_of_a_rule_are_in_order(app: TestApp) {
        let team = app.add_team("kernel-crew", &[], &[]).await;
        let body = json!({"family": "deb", "stage": "proposed", "series": "noble", "team_ids": [team],
                          "grant_permissions": ["change_artefact"]});
        let answer = post(&app, &body).await;
        let id = id_of(&answer.json());
        let expected = format!(
            "{{\"id\":{id},\"name\":null,\"family\":\"deb\",\"stage\":\"proposed\",\"track\":null,\"branch\":null,\
             \"store\":null,\"series\":\"noble\",\"os\":null,\"release\":null,\"owner\":null,\
             \"teams\":[{{\"id\":{team},\"name\":\"kernel-crew\"}}],\"grant_permissions\":[\"change_artefact\"]}}"
        );
        assert_eq!(answer.text(), expected);
        assert_eq!(app.get(&path_of(id)).await.text(), expected);
    }

    // Values are kept as they are; grants keep their order and duplicates; teams stand by id, each once.
    async fn values_are_kept_as_they_are(app: TestApp) {
        let first = app.add_team("first", &[], &[]).await;
        let second = app.add_team("second", &[], &[]).await;
        let teams = json!([{"id": first, "name": "first"}, {"id": second, "name": "second"}]);
        let grants = json!(["view_user", "change_rerun", "change_artefact", "change_rerun"]);
        let body = json!({
            "family": "charm", "name": " Spaced ", "stage": "no such stage", "os": "of no charm", "owner": " ",
            "team_ids": [second, first, second, first.to_string()], "grant_permissions": grants, "unknown": 1,
        });
        let rule = create(&app, &body).await;
        let expected = shown(id_of(&rule), &json!({
            "family": "charm", "name": " Spaced ", "stage": "no such stage", "os": "of no charm", "owner": " ",
            "teams": teams, "grant_permissions": grants,
        }));
        assert_eq!(rule, expected);
        assert_eq!(app.get(&path_of(id_of(&rule))).await.ok(), expected);
        assert_eq!(app.raw.number(NUMBER_OF_LINKS).await, 2);
    }

    // Creation is refused, in this order: no team, first unknown team, same family and criteria. Nothing is stored.
    async fn creation_is_refused_in_order(app: TestApp) {
        let team = app.add_team("crew", &[], &[]).await;
        let other = app.add_team("other", &[], &[]).await;
        let known = with(json!({"family": "snap", "name": "core22", "track": "22"}), &json!({"team_ids": [team]}));
        let rule = create(&app, &known).await;
        for (changes, status, detail) in [
            (json!({"team_ids": []}), 400, "At least one team is required to create a matching rule"),
            (json!({"team_ids": [], "name": "new"}), 400, "At least one team is required to create a matching rule"),
            (json!({"team_ids": [team, 998, 997]}), 404, "Team 998 doesn't exist"),
            (json!({"team_ids": [-1], "name": "new"}), 404, "Team -1 doesn't exist"),
            (json!({}), 409, "Artefact matching rule with these values already exists"),
            // Teams and grants make no difference.
            (json!({"team_ids": [other], "grant_permissions": ["change_rerun"]}), 409,
             "Artefact matching rule with these values already exists"),
        ] {
            post(&app, &with(known.clone(), &changes)).await.refused(status, detail);
        }
        assert_eq!(app.raw.number(NUMBER_OF_RULES).await, 1);
        assert_eq!(app.get(RULES).await.ok(), json!([rule]));
        // Each criterion does make one.
        for name in CRITERIA {
            create(&app, &with(known.clone(), &json!({name: "another"}))).await;
        }
        create(&app, &with(known.clone(), &json!({"family": "charm"}))).await;
        create(&app, &with(known, &json!({"name": "Core22"}))).await;
    }

    // Malformed bodies of POST, each problem in its place.
    async fn malformed_rules_are_not_made(app: TestApp) {
        let team = app.add_team("crew", &[], &[]).await;
        let body = json!({"family": "snap", "team_ids": [team]});
        for (body, expected) in [
            (json!({}), vec![("missing", json!(["body", "family"])), ("missing", json!(["body", "team_ids"]))]),
            (json!({"family": "snap"}), vec![("missing", json!(["body", "team_ids"]))]),
            (with(body.clone(), &json!({"family": "rock"})), vec![("enum", json!(["body", "family"]))]),
            (with(body.clone(), &json!({"family": null})), vec![("enum", json!(["body", "family"]))]),
            (with(body.clone(), &json!({"team_ids": null})), vec![("list_type", json!(["body", "team_ids"]))]),
            (with(body.clone(), &json!({"team_ids": [team, "x"]})),
             vec![("int_parsing", json!(["body", "team_ids", 1]))]),
            (with(body.clone(), &json!({"team_ids": [1.5]})),
             vec![("int_from_float", json!(["body", "team_ids", 0]))]),
            (with(body.clone(), &json!({"team_ids": [4_294_967_296_i64]})),
             vec![("less_than_equal", json!(["body", "team_ids", 0]))]),
            (with(body.clone(), &json!({"grant_permissions": null})),
             vec![("list_type", json!(["body", "grant_permissions"]))]),
            (with(body.clone(), &json!({"grant_permissions": ["view_team", "fly"]})),
             vec![("enum", json!(["body", "grant_permissions", 1]))]),
            (json!([]), vec![("model_attributes_type", json!(["body"]))]),
        ] {
            assert_eq!(post(&app, &body).await.problems(), problems(&expected), "{body}");
        }
        for name in CRITERIA {
            for (value, kind) in [
                (json!(null), "string_type"),
                (json!(5), "string_type"),
                (json!("x".repeat(201)), "string_too_long"),
            ] {
                let answer = post(&app, &with(body.clone(), &json!({name: value}))).await;
                assert_eq!(answer.problems(), problems(&[(kind, json!(["body", name]))]), "{name} {value}");
            }
        }
        let answer = post(&app, &with(body.clone(), &json!({"family": "rock"}))).await;
        assert_eq!(answer.json()["detail"][0]["ctx"]["expected"], "'snap', 'deb', 'charm', 'image' or 'solution'");
        assert_eq!(app.raw.number(NUMBER_OF_RULES).await, 0);
    }

    // Every problem at once, in the order of the fields, for POST and PATCH.
    async fn problems_are_told_in_the_order_of_the_fields(app: TestApp) {
        let team = app.add_team("crew", &[], &[]).await;
        let rule = create(&app, &json!({"family": "snap", "team_ids": [team]})).await;
        let mut body = criteria(&CRITERIA, |_| json!(5));
        body = with(body, &json!({"family": "rock", "grant_permissions": ["fly", "walk"], "team_ids": ["x", 1.5]}));
        let mut expected = vec![("string_type", json!(["body", "name"])), ("enum", json!(["body", "family"]))];
        expected.extend(CRITERIA[1..].iter().map(|name| ("string_type", json!(["body", name]))));
        expected.extend([
            ("enum", json!(["body", "grant_permissions", 0])),
            ("enum", json!(["body", "grant_permissions", 1])),
            ("int_parsing", json!(["body", "team_ids", 0])),
            ("int_from_float", json!(["body", "team_ids", 1])),
        ]);
        assert_eq!(post(&app, &body).await.problems(), problems(&expected));
        assert_eq!(app.patch(&path_of(id_of(&rule)), &body).await.problems(), problems(&expected));
        expected.insert(0, ("int_parsing", json!(["path", "rule_id"])));
        assert_eq!(app.patch(&format!("{RULES}/x"), &body).await.problems(), problems(&expected));
        // A missing field has its place among the others.
        body.as_object_mut().unwrap().remove("family");
        expected.remove(0);
        expected[1] = ("missing", json!(["body", "family"]));
        assert_eq!(post(&app, &body).await.problems(), problems(&expected));
    }

    // Criteria are as long as their columns, counted in characters.
    async fn criteria_are_as_long_as_their_columns(app: TestApp) {
        let team = app.add_team("crew", &[], &[]).await;
        let rule = create(&app, &json!({"family": "snap", "name": "to change", "team_ids": [team]})).await;
        for name in CRITERIA {
            let longest = if name == "stage" { 100 } else { 200 };
            let fits = json!({name: "é".repeat(longest)});
            let longer = json!({name: "é".repeat(longest + 1)});
            let made = create(&app, &with(json!({"family": "snap", "team_ids": [team]}), &fits)).await;
            assert_eq!(made[name], fits[name]);
            let expected = problems(&[("string_too_long", json!(["body", name]))]);
            let answer = post(&app, &with(json!({"family": "snap", "team_ids": [team]}), &longer)).await;
            assert_eq!(answer.problems(), expected);
            assert_eq!(answer.json()["detail"][0]["ctx"], json!({"max_length": longest}));
            assert_eq!(app.patch(&path_of(id_of(&rule)), &longer).await.problems(), expected);
        }
    }

    // The list has all rules by id, or those of a family; none is an empty list.
    async fn rules_are_listed_by_id_and_family(app: TestApp) {
        assert_eq!(app.get(RULES).await.ok(), json!([]));
        let first = app.add_team("first", &[], &[]).await;
        let second = app.add_team("second", &[], &[]).await;
        let mut rules = Vec::new();
        for (family, name, teams) in [
            ("snap", "z", vec![first]),
            ("deb", "y", vec![second, first]),
            ("snap", "", vec![second]),
        ] {
            rules.push(create(&app, &json!({"family": family, "name": name, "team_ids": teams})).await);
        }
        assert_eq!(rules[1]["teams"], json!([{"id": first, "name": "first"}, {"id": second, "name": "second"}]));
        for (query, expected) in [
            ("", json!(rules)),
            ("?family=snap", json!([rules[0], rules[2]])),
            ("?family=deb", json!([rules[1]])),
            ("?family=deb&family=snap", json!([rules[0], rules[2]])),
            ("?family=image", json!([])),
            ("?limit=1&offset=1", json!(rules)),
        ] {
            assert_eq!(app.get(&format!("{RULES}{query}")).await.ok(), expected, "{query}");
        }
        for query in ["?family=rock", "?family=", "?family=Snap"] {
            let problem = app.get(&format!("{RULES}{query}")).await.problems();
            assert_eq!(problem, problems(&[("enum", json!(["query", "family"]))]), "{query}");
        }
    }

    // An unknown rule is not found, whatever is asked of it.
    async fn unknown_rules_are_not_found(app: TestApp) {
        let nobody = json!({"team_ids": [999]});
        for id in ["999", "0", "-1", "4294967296"] {
            let detail = format!("Artefact matching rule {id} doesn't exist");
            app.get(&format!("{RULES}/{id}")).await.refused(404, &detail);
            app.patch(&format!("{RULES}/{id}"), &json!({})).await.refused(404, &detail);
            // Before its teams are looked at.
            app.patch(&format!("{RULES}/{id}"), &nobody).await.refused(404, &detail);
            app.patch(&format!("{RULES}/{id}"), &json!({"team_ids": []})).await.refused(404, &detail);
            app.delete(&format!("{RULES}/{id}")).await.refused(404, &detail);
        }
        let expected = problems(&[("int_parsing", json!(["path", "rule_id"]))]);
        assert_eq!(app.get(&format!("{RULES}/x")).await.problems(), expected);
        assert_eq!(app.delete(&format!("{RULES}/x")).await.problems(), expected);
    }

    // PATCH: what is absent or null stays, "" makes a criterion a wildcard, teams and grants are replaced.
    async fn a_change_leaves_what_it_does_not_name(app: TestApp) {
        let first = app.add_team("first", &[], &[]).await;
        let second = app.add_team("second", &[], &[]).await;
        let body = json!({"family": "snap", "name": "core22", "stage": "beta", "track": "22", "team_ids": [first],
                          "grant_permissions": ["change_rerun"]});
        let mut expected = create(&app, &body).await;
        let path = path_of(id_of(&expected));
        let nothing = criteria(&CRITERIA, |_| Value::Null);
        let nothing = with(nothing, &json!({"family": null, "team_ids": null, "grant_permissions": null}));
        let of_second = json!([{"id": second, "name": "second"}]);
        let of_both = json!([{"id": first, "name": "first"}, {"id": second, "name": "second"}]);
        for (patch, changes) in [
            (json!({}), json!({})),
            (nothing, json!({})),
            (json!({"track": "24", "stage": "no such stage"}), json!({"track": "24", "stage": "no such stage"})),
            (json!({"stage": ""}), json!({"stage": null})),
            (json!({"family": "deb", "series": "noble"}), json!({"family": "deb", "series": "noble"})),
            (json!({"team_ids": [second, second]}), json!({"teams": of_second})),
            (json!({"team_ids": [second, first]}), json!({"teams": of_both})),
            (json!({"team_ids": [second], "owner": "x"}), json!({"teams": of_second, "owner": "x"})),
            (json!({"grant_permissions": ["view_user", "change_artefact", "view_user"]}),
             json!({"grant_permissions": ["view_user", "change_artefact", "view_user"]})),
            (json!({"name": "x", "unknown": 1}), json!({"name": "x"})),
            (json!({"grant_permissions": []}), json!({"grant_permissions": []})),
            (json!({"name": "", "track": "", "series": "", "owner": ""}),
             json!({"name": null, "track": null, "series": null, "owner": null})),
        ] {
            expected = with(expected, &changes);
            assert_eq!(app.patch(&path, &patch).await.ok(), expected, "{patch}");
            assert_eq!(app.get(&path).await.ok(), expected, "{patch}");
        }
    }

    // PATCH is refused, in this order: teams, then another rule with the same values. Nothing changes.
    async fn a_change_is_refused_whole(app: TestApp) {
        let team = app.add_team("crew", &[], &[]).await;
        let other = app.add_team("other", &[], &[]).await;
        let taken = json!({"family": "snap", "name": "core22", "team_ids": [team]});
        create(&app, &taken).await;
        let body = json!({"family": "deb", "name": "core22", "track": "22", "team_ids": [team],
                          "grant_permissions": ["change_rerun"]});
        let rule = create(&app, &body).await;
        let path = path_of(id_of(&rule));
        let collision = json!({"family": "snap", "track": "", "grant_permissions": []});
        for (changes, status, detail) in [
            (json!({"team_ids": [other, 998, 997]}), 404, "Team 998 doesn't exist"),
            (json!({"team_ids": []}), 400, "At least one team is required for a matching rule"),
            (json!({"team_ids": [other]}), 409, "Another artefact matching rule with these values already exists"),
            (json!({}), 409, "Another artefact matching rule with these values already exists"),
        ] {
            app.patch(&path, &with(collision.clone(), &changes)).await.refused(status, detail);
            assert_eq!(app.get(&path).await.ok(), rule, "{changes}");
        }
        // Its own values are no others.
        let same = json!({"family": "deb", "name": "core22", "track": "22", "grant_permissions": []});
        assert_eq!(app.patch(&path, &same).await.ok(), with(rule, &json!({"grant_permissions": []})));
    }

    // Unknown families and permissions are refused in PATCH as in POST.
    async fn malformed_changes_are_refused(app: TestApp) {
        let team = app.add_team("crew", &[], &[]).await;
        let rule = create(&app, &json!({"family": "snap", "team_ids": [team]})).await;
        let path = path_of(id_of(&rule));
        for (body, expected) in [
            (json!({"family": "rock"}), ("enum", json!(["body", "family"]))),
            (json!({"grant_permissions": ["fly"]}), ("enum", json!(["body", "grant_permissions", 0]))),
            (json!({"grant_permissions": "view_team"}), ("list_type", json!(["body", "grant_permissions"]))),
            (json!({"team_ids": team}), ("list_type", json!(["body", "team_ids"]))),
            (json!({"name": 5}), ("string_type", json!(["body", "name"]))),
            (json!(null), ("missing", json!(["body"]))),
        ] {
            assert_eq!(app.patch(&path, &body).await.problems(), problems(&[expected]), "{body}");
        }
        assert_eq!(app.get(&path).await.ok(), rule);
    }

    // Removal: no content, links go, teams and reviewers stay, a second time there is nothing.
    async fn a_removed_rule_leaves_teams_and_reviewers(app: TestApp) {
        let user = app.add_user("kim").await;
        let team = app.add_team("crew", &[], &[user]).await;
        let rule = create(&app, &json!({"family": "snap", "team_ids": [team]})).await;
        let execution = app.start(&snap(&json!({"needs_assignment": true}))).await;
        let artefact = app.artefact_of(execution).await;
        assert_eq!(app.artefact(artefact).await["assignee"]["id"], user);
        let path = path_of(id_of(&rule));
        let shown_by_team = async || {
            let team = app.get(&format!("/v1/teams/{team}")).await.ok();
            let rules = team["artefact_matching_rules"].as_array().unwrap();
            json!(rules.iter().map(|rule| json!([rule["id"], rule["grant_permissions"]])).collect::<Vec<_>>())
        };
        assert_eq!(shown_by_team().await, json!([[rule["id"], []]]));
        let answer = app.delete(&path).await;
        assert_eq!((answer.status.as_u16(), answer.bytes.len()), (204, 0));
        let detail = format!("Artefact matching rule {} doesn't exist", rule["id"]);
        app.get(&path).await.refused(404, &detail);
        app.delete(&path).await.refused(404, &detail);
        assert_eq!(app.raw.number(NUMBER_OF_LINKS).await, 0);
        assert_eq!(shown_by_team().await, json!([]));
        assert_eq!(app.raw.texts("SELECT name FROM team").await, ["crew"]);
        assert_eq!(app.artefact(artefact).await["assignee"]["id"], user);
        create(&app, &json!({"family": "snap", "team_ids": [team]})).await;
    }

    // Every method asks for its permission, before anything else of the request is looked at.
    async fn every_method_asks_for_its_permission(app: TestApp) {
        let team = app.add_team("crew", &[], &[]).await;
        let path = path_of(id_of(&create(&app, &json!({"family": "snap", "team_ids": [team]})).await));
        let good = json!({"family": "deb", "team_ids": [team]});
        let unknown = path_of(999);
        let nonsense = format!("{RULES}/x");
        let filtered = format!("{RULES}?family=rock");
        let (path, unknown, nonsense) = (path.as_str(), unknown.as_str(), nonsense.as_str());
        for (method, paths, permission) in [
            (Method::POST, vec![RULES], Permission::ChangeTeam),
            (Method::GET, vec![RULES, filtered.as_str(), path, unknown, nonsense], Permission::ViewTeam),
            (Method::PATCH, vec![path, unknown, nonsense], Permission::ChangeTeam),
            (Method::DELETE, vec![path, unknown, nonsense], Permission::ChangeTeam),
        ] {
            let others: Vec<_> = Permission::ALL.iter().copied().filter(|other| *other != permission).collect();
            let key = app.add_application(&others).await;
            let allowed = app.add_application(&[permission]).await;
            for path in paths {
                for body in [&good, &json!({}), &json!([])] {
                    let answer = app.anonymous(method.clone(), path, Some(body)).await;
                    answer.refused(403, "Insufficient permissions");
                    let answer = app.as_application(&key, method.clone(), path, Some(body)).await;
                    answer.refused(403, "Insufficient permissions");
                }
                let answer = app.as_application(&allowed, method.clone(), path, Some(&json!([]))).await;
                assert_ne!(answer.status, StatusCode::FORBIDDEN, "{method} {path}");
            }
        }
    }

    // Of creations of the same rule at the same time one succeeds, and no team is lost or doubled.
    async fn one_of_many_equal_creations_succeeds(app: TestApp) {
        let team = app.add_team("crew", &[], &[]).await;
        let body = json!({"family": "snap", "name": "core22", "team_ids": [team]});
        let answers = join_all((0..20).map(|_| post(&app, &body))).await;
        let (made, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == StatusCode::CREATED);
        assert_eq!((made.len(), refused.len()), (1, 19));
        for answer in refused {
            answer.refused(409, "Artefact matching rule with these values already exists");
        }
        assert_eq!(app.raw.number(NUMBER_OF_LINKS).await, 1);
        assert_eq!(app.get(RULES).await.ok(), json!([made[0].json()]));
    }

    // Of changes to the same values at the same time one succeeds.
    async fn one_of_many_changes_to_the_same_values_succeeds(app: TestApp) {
        let team = app.add_team("crew", &[], &[]).await;
        let mut paths = Vec::new();
        for n in 0..10 {
            let body = json!({"family": "snap", "name": format!("name {n}"), "team_ids": [team]});
            paths.push(path_of(id_of(&create(&app, &body).await)));
        }
        let same = json!({"name": "same"});
        let answers = join_all(paths.iter().map(|path| app.patch(path, &same))).await;
        let (changed, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == StatusCode::OK);
        assert_eq!((changed.len(), refused.len()), (1, 9));
        for answer in refused {
            answer.refused(409, "Another artefact matching rule with these values already exists");
        }
    }

    // Two rules that take each other's values at the same time both find them taken.
    async fn rules_do_not_swap_their_values(app: TestApp) {
        let team = app.add_team("crew", &[], &[]).await;
        let rules = [
            create(&app, &json!({"family": "snap", "name": "a", "team_ids": [team]})).await,
            create(&app, &json!({"family": "snap", "name": "b", "team_ids": [team]})).await,
        ];
        let paths = rules.each_ref().map(|rule| path_of(id_of(rule)));
        let (to_a, to_b) = (json!({"name": "a"}), json!({"name": "b"}));
        for _ in 0..10 {
            let answers = join_all([app.patch(&paths[0], &to_b), app.patch(&paths[1], &to_a)]).await;
            for answer in answers {
                answer.refused(409, "Another artefact matching rule with these values already exists");
            }
        }
        assert_eq!(app.get(RULES).await.ok(), json!(rules));
    }

    // Requests take a fixed number of statements, however many rules and teams there are.
    async fn requests_take_a_fixed_number_of_statements(app: TestApp) {
        let mut teams = Vec::new();
        for n in 0..30 {
            teams.push(app.add_team(&format!("team {n}"), &[], &[]).await);
        }
        let mut counts = Vec::new();
        for size in [1, 30] {
            let some = &teams[..size];
            for n in 1..size {
                create(&app, &json!({"family": "snap", "name": format!("name {n}"), "team_ids": some})).await;
            }
            let body = json!({"family": "snap", "name": format!("size {size}"), "team_ids": some});
            let making = statements(&app, Method::POST, RULES, Some(&body)).await;
            let path = path_of(app.raw.number("SELECT MAX(id) FROM artefact_matching_rule").await);
            let change = json!({"name": format!("changed {size}"), "team_ids": some});
            assert_eq!(app.get(RULES).await.ok().as_array().unwrap().len(), if size == 1 { 1 } else { 31 });
            counts.push([
                making,
                statements(&app, Method::GET, RULES, None).await,
                statements(&app, Method::GET, &path, None).await,
                statements(&app, Method::PATCH, &path, Some(&change)).await,
                statements(&app, Method::DELETE, &path, None).await,
            ]);
            if size == 1 {
                create(&app, &body).await;
            }
        }
        assert_eq!(counts[0], counts[1]);
        // One of each is the look-up of the caller; of a change one looks up the teams there were and one notes it down.
        assert!(counts[0].iter().all(|count| *count <= 8), "{counts:?}");
    }

    // A rule grants to the members of its teams what it lists, on what it matches; how specific it is does not matter.
    async fn a_rule_grants_to_its_teams_what_it_lists(app: TestApp) {
        let user = app.add_user("kim").await;
        let stranger = app.add_user("ada").await;
        let loner = app.add_user("solo").await;
        let admin = app.add_admin("root").await;
        let team = app.add_team("crew", &[], &[user, admin]).await;
        let other = app.add_team("other", &[], &[stranger, user]).await;
        let artefact = app.artefact_of(app.start(&snap(&json!({}))).await).await;
        let columns: Vec<String> = CRITERIA.iter().map(|name| format!("{name} = 'a {name}'")).collect();
        app.raw.run(&format!("UPDATE artefact SET {}", columns.join(", "))).await;
        let granted = async |user| {
            let mut tx = app.service.db.read().await.unwrap();
            matching_rules::is_granted(&mut tx, user, &[artefact], Permission::ChangeArtefact).await.unwrap()
        };
        let change = [Permission::ChangeArtefact];
        let mut rules = vec![
            (json!({}), "snap", change.to_vec(), true),
            (json!({}), "charm", change.to_vec(), false),
            (json!({}), "snap", vec![Permission::ViewUser, Permission::ChangeArtefact], true),
            (json!({}), "snap", vec![Permission::ChangeRerun, Permission::ViewArtefact], false),
            (json!({}), "snap", vec![], false),
        ];
        for name in CRITERIA {
            rules.push((json!({name: format!("a {name}")}), "snap", change.to_vec(), true));
            rules.push((json!({name: format!("A {name}")}), "snap", change.to_vec(), false));
            rules.push((json!({name: "a"}), "snap", change.to_vec(), false));
        }
        for (criteria, family, grants, expected) in rules {
            let rule = app.add_rule(family, &criteria, &grants, &[team]).await;
            assert_eq!(granted(user).await, expected, "{family} {criteria} {grants:?}");
            // To nobody but the members of its teams; being an administrator neither helps nor hinders.
            assert_eq!(granted(admin).await, expected);
            assert!(!granted(stranger).await && !granted(loner).await && !granted(999).await);
            app.delete(&path_of(rule)).await;
        }
        // A more specific rule of another team, or one that grants nothing, takes nothing away.
        app.add_rule("snap", &json!({}), &change, &[team]).await;
        app.add_rule("snap", &json!({"name": "a name"}), &[], &[team]).await;
        app.add_rule("snap", &json!({"name": "a name", "stage": "a stage"}), &change, &[other]).await;
        assert!(granted(user).await && granted(stranger).await && !granted(loner).await);
    }

    // Every artefact needs a rule, whichever; one without is enough to refuse; none at all needs nothing.
    async fn every_artefact_needs_a_granting_rule(app: TestApp) {
        let user = app.add_user("kim").await;
        let first = app.add_team("first", &[], &[user]).await;
        let second = app.add_team("second", &[], &[user]).await;
        let mut artefacts = Vec::new();
        for name in ["a", "b", "c"] {
            let execution = app.start(&snap(&json!({"name": name}))).await;
            artefacts.push(app.artefact_of(execution).await);
        }
        app.add_rule("snap", &json!({"name": "a"}), &[Permission::ChangeRerun], &[first, second]).await;
        app.add_rule("snap", &json!({"name": "b"}), &[Permission::ChangeRerun], &[second]).await;
        app.add_rule("snap", &json!({"name": "c"}), &[Permission::ChangeRerunBulk], &[second]).await;
        let [a, b, c] = [artefacts[0], artefacts[1], artefacts[2]];
        for (asked, expected, statements) in [
            (vec![], true, 0),
            (vec![a], true, 1),
            (vec![b, a, b], true, 1),
            (vec![c], false, 1),
            (vec![a, c, b], false, 1),
        ] {
            let mut tx = app.service.db.read().await.unwrap();
            let before = app.service.db.statements();
            let granted = matching_rules::is_granted(&mut tx, user, &asked, Permission::ChangeRerun).await.unwrap();
            assert_eq!((granted, app.service.db.statements() - before), (expected, statements), "{asked:?}");
        }
    }
}

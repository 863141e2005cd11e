//! Who may `PATCH /v1/artefacts/{id}`: `change_artefact` in general, or for this artefact through a matching rule.

use app::api::Permission;
use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, both, charm, deb, image, snap, solution};

const CHANGE: &[Permission] = &[Permission::ChangeArtefact];
const REFUSED: &str = "Insufficient permissions";

async fn start(app: &TestApp, body: &Value) -> i64 {
    let execution = app.start(body).await;
    app.artefact_of(execution).await
}

fn at(artefact: i64) -> String {
    format!("/v1/artefacts/{artefact}")
}

/// Changes the comment as a person.
async fn comment_as(app: &TestApp, session: &str, artefact: i64) -> Answer {
    app.as_user(session, Method::PATCH, &at(artefact), Some(&json!({"comment": session}))).await
}

/// Whether a person may change the artefact; that it changes, or does not, is checked on the way.
async fn may(app: &TestApp, session: &str, artefact: i64) -> bool {
    let before = app.artefact(artefact).await;
    app.raw.run(&format!("UPDATE artefact SET comment = 'before' WHERE id = {artefact}")).await;
    let answer = comment_as(app, session, artefact).await;
    let is_allowed = answer.status == 200;
    if !is_allowed {
        answer.refused(403, REFUSED);
    }
    let expected = if is_allowed { session } else { "before" };
    assert_eq!(app.artefact(artefact).await["comment"], expected);
    assert_eq!(app.artefact(artefact).await["status"], before["status"]);
    is_allowed
}

async fn forget_rules(app: &TestApp) {
    app.raw.run("DELETE FROM artefact_matching_rule").await;
}

both! {
    // Through rules: the rule matches, grants the permission, and belongs to a team of the user's.
    async fn a_rule_of_ones_own_team_grants_the_change(app: TestApp) {
        let artefact = start(&app, &snap(&json!({}))).await;
        let kim = app.add_user("kim").await;
        let session = app.session(kim).await;
        let own = app.add_team("own", &[], &[kim]).await;
        let others = app.add_team("others", &[], &[]).await;
        assert!(!may(&app, &session, artefact).await, "without a rule");
        let similar: &[Permission] = &[Permission::ViewArtefact, Permission::ChangeEnvironmentReview];
        for (reason, criteria, grants, teams, expected) in [
            ("in a team of a matching rule that grants", json!({}), CHANGE, vec![own], true),
            ("of two teams one", json!({"name": "core22"}), CHANGE, vec![others, own], true),
            ("one of several permissions", json!({}), &[Permission::ViewTest, Permission::ChangeArtefact], vec![own], true),
            ("in another team", json!({}), CHANGE, vec![others], false),
            ("a rule of no team", json!({}), CHANGE, vec![], false),
            ("for another stage", json!({"stage": "edge"}), CHANGE, vec![own], false),
            ("another permission", json!({}), &[Permission::ChangeRerun], vec![own], false),
            ("similar permissions", json!({}), similar, vec![own], false),
            ("no permission", json!({}), &[], vec![own], false),
        ] {
            forget_rules(&app).await;
            app.add_rule("snap", &criteria, grants, &teams).await;
            assert_eq!(may(&app, &session, artefact).await, expected, "{reason}");
        }
    }

    // Through rules: who is in no team, or is nobody, or is an application, has none.
    async fn rules_grant_nothing_to_those_without_a_team(app: TestApp) {
        let artefact = start(&app, &snap(&json!({}))).await;
        let (kim, ada) = (app.add_user("kim").await, app.add_user("ada").await);
        let team = app.add_team("team", &[], &[kim]).await;
        app.add_rule("snap", &json!({}), CHANGE, &[team]).await;
        assert!(may(&app, &app.session(kim).await, artefact).await);
        assert!(!may(&app, &app.session(ada).await, artefact).await);
        let body = json!({"comment": "x"});
        app.anonymous(Method::PATCH, &at(artefact), Some(&body)).await.refused(403, REFUSED);
        let others: Vec<Permission> =
            Permission::ALL.iter().copied().filter(|it| *it != Permission::ChangeArtefact).collect();
        let key = app.add_application(&others).await;
        app.as_application(&key, Method::PATCH, &at(artefact), Some(&body)).await.refused(403, REFUSED);
        // A session without the header that proves it is nobody's.
        let headers = [("cookie", app.session(kim).await), ("content-type", "application/json".into())];
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        app.request(Method::PATCH, &at(artefact), &headers, body.to_string()).await.refused(403, REFUSED);
    }

    // In general: administrators, whatever rules say.
    async fn administrators_need_no_rule(app: TestApp) {
        let artefact = start(&app, &snap(&json!({}))).await;
        let admin = app.add_admin("admin").await;
        let session = app.session(admin).await;
        assert!(may(&app, &session, artefact).await, "without a rule");
        let team = app.add_team("team", &[], &[admin]).await;
        app.add_rule("snap", &json!({}), &[], &[team]).await;
        assert!(may(&app, &session, artefact).await, "with a rule that grants nothing");
    }

    // In general: a team that has the permission, an application that has it, or nobody asking for it.
    async fn the_permission_itself_needs_no_rule(app: TestApp) {
        let artefact = start(&app, &snap(&json!({}))).await;
        let (kim, ada) = (app.add_user("kim").await, app.add_user("ada").await);
        app.add_team("able", CHANGE, &[kim]).await;
        let other = app.add_team("other", &[Permission::ChangeTest], &[kim, ada]).await;
        assert!(may(&app, &app.session(kim).await, artefact).await);
        let powerless = app.session(ada).await;
        assert!(!may(&app, &powerless, artefact).await);
        let key = app.add_application(CHANGE).await;
        let patch = json!({"comment": "by an application"});
        let answer = app.as_application(&key, Method::PATCH, &at(artefact), Some(&patch)).await.ok();
        assert_eq!(answer["comment"], "by an application");
        // Rules that do not match change nothing.
        app.add_rule("deb", &json!({"name": "other"}), CHANGE, &[other]).await;
        assert!(!may(&app, &powerless, artefact).await);
        app.as_application(&key, Method::PATCH, &at(artefact), Some(&patch)).await.ok();
        let app = app.with_settings(|settings| settings.ignored_permissions = [Permission::ChangeArtefact].into());
        assert!(may(&app, &powerless, artefact).await, "asked of nobody");
        app.anonymous(Method::PATCH, &at(artefact), Some(&patch)).await.ok();
    }

    // Every criterion is either empty or exactly what the artefact has.
    async fn each_criterion_must_fit(app: TestApp) {
        let kim = app.add_user("kim").await;
        let session = app.session(kim).await;
        let team = app.add_team("team", &[], &[kim]).await;
        let snap = start(&app, &snap(&json!({"branch": "fix"}))).await;
        let deb = start(&app, &deb(&json!({}))).await;
        let charm = start(&app, &charm(&json!({}))).await;
        let image = start(&app, &image(&json!({}))).await;
        let solution = start(&app, &solution(&json!({}))).await;
        for (artefact, family, criteria, expected) in [
            (snap, "snap", json!({"name": "core22"}), true),
            (snap, "snap", json!({"name": "Core22"}), false),
            (snap, "snap", json!({"name": "core"}), false),
            (snap, "snap", json!({"stage": "beta"}), true),
            (snap, "snap", json!({"stage": "BETA"}), false),
            (snap, "snap", json!({"track": "22"}), true),
            (snap, "snap", json!({"track": "latest"}), false),
            (snap, "snap", json!({"branch": "fix"}), true),
            (snap, "snap", json!({"branch": "other"}), false),
            (snap, "snap", json!({"store": "ubuntu"}), true),
            (snap, "snap", json!({"store": "brand"}), false),
            (snap, "snap", json!({"name": "core22", "stage": "beta", "track": "22", "store": "ubuntu"}), true),
            (snap, "snap", json!({"name": "core22", "stage": "beta", "track": "22", "store": "brand"}), false),
            // What the family does not have fits no value.
            (snap, "snap", json!({"os": "ubuntu"}), false),
            (snap, "deb", json!({}), false),
            (deb, "deb", json!({"series": "noble"}), true),
            (deb, "deb", json!({"series": "jammy"}), false),
            (deb, "snap", json!({}), false),
            (charm, "charm", json!({"stage": "candidate", "track": "14"}), true),
            (charm, "charm", json!({"stage": "candidate", "track": "15"}), false),
            (image, "image", json!({"os": "ubuntu", "release": "noble", "owner": "foundations"}), true),
            (image, "image", json!({"os": "core"}), false),
            (image, "image", json!({"release": "jammy"}), false),
            (image, "image", json!({"owner": "other"}), false),
            (solution, "solution", json!({"track": "2"}), true),
            (solution, "charm", json!({"track": "2"}), false),
        ] {
            forget_rules(&app).await;
            app.add_rule(family, &criteria, CHANGE, &[team]).await;
            assert_eq!(may(&app, &session, artefact).await, expected, "{family} {criteria}");
        }
    }

    // One rule has to do it all: match, grant, and be of one's team.
    async fn rules_do_not_complete_each_other(app: TestApp) {
        let artefact = start(&app, &snap(&json!({}))).await;
        let kim = app.add_user("kim").await;
        let session = app.session(kim).await;
        let own = app.add_team("own", &[], &[kim]).await;
        let others = app.add_team("others", &[], &[]).await;
        app.add_rule("snap", &json!({}), &[], &[own]).await;
        app.add_rule("snap", &json!({"name": "core22"}), CHANGE, &[others]).await;
        app.add_rule("snap", &json!({"name": "core24"}), CHANGE, &[own]).await;
        assert!(!may(&app, &session, artefact).await);
        // But a more specific rule of another team takes nothing away.
        forget_rules(&app).await;
        app.add_rule("snap", &json!({}), CHANGE, &[own]).await;
        app.add_rule("snap", &json!({"name": "core22", "stage": "beta", "track": "22"}), &[], &[others]).await;
        assert!(may(&app, &session, artefact).await);
    }

    // A user and an application in one request: what either may do is allowed.
    async fn user_and_application_are_taken_together(app: TestApp) {
        let artefact = start(&app, &snap(&json!({}))).await;
        let (kim, ada) = (app.add_user("kim").await, app.add_user("ada").await);
        let team = app.add_team("team", &[], &[kim]).await;
        app.add_rule("snap", &json!({}), CHANGE, &[team]).await;
        let powerless = format!("Bearer {}", app.add_application(&[]).await);
        let able = format!("Bearer {}", app.add_application(CHANGE).await);
        for (user, bearer, status) in
            [(kim, &powerless, 200), (ada, &able, 200), (kim, &able, 200), (ada, &powerless, 403)]
        {
            let session = app.session(user).await;
            let headers = [
                ("cookie", session.as_str()),
                ("x-csrf-token", "1"),
                ("authorization", bearer.as_str()),
                ("content-type", "application/json"),
            ];
            let answer = app.request(Method::PATCH, &at(artefact), &headers, r#"{"comment": "x"}"#).await;
            assert_eq!(answer.status, status, "{user}: {}", answer.text());
        }
    }

    // Rights are those on the artefact before the change: it may be moved out of one's reach.
    async fn rights_are_judged_on_the_artefact_as_it_was(app: TestApp) {
        let artefact = start(&app, &snap(&json!({"execution_stage": "candidate"}))).await;
        let kim = app.add_user("kim").await;
        let session = app.session(kim).await;
        let team = app.add_team("team", &[], &[kim]).await;
        app.add_rule("snap", &json!({"stage": "candidate"}), CHANGE, &[team]).await;
        let promote = json!({"stage": "stable"});
        let answer = app.as_user(&session, Method::PATCH, &at(artefact), Some(&promote)).await.ok();
        assert_eq!(answer["stage"], "stable");
        let back = json!({"stage": "candidate"});
        app.as_user(&session, Method::PATCH, &at(artefact), Some(&back)).await.refused(403, REFUSED);
    }

    // Rules open this one door: other permissions in them have no effect, nor has this one elsewhere.
    async fn rules_grant_nothing_else(app: TestApp) {
        let execution = app.start(&snap(&json!({}))).await;
        let artefact = app.artefact_of(execution).await;
        let review = app.raw.number("SELECT id FROM artefact_build_environment_review").await;
        let kim = app.add_user("kim").await;
        let session = app.session(kim).await;
        let team = app.add_team("team", &[], &[kim]).await;
        app.add_rule("snap", &json!({}), Permission::ALL, &[team]).await;
        assert!(may(&app, &session, artefact).await);
        let reviews = format!("{}/environment-reviews", at(artefact));
        for (method, path, body) in [
            (Method::GET, at(artefact), None),
            (Method::GET, format!("{}/builds", at(artefact)), None),
            (Method::GET, reviews.clone(), None),
            (Method::PATCH, reviews.clone(), Some(json!([{"id": review, "review_comment": "x"}]))),
            (Method::GET, format!("{reviews}/{review}"), None),
            (Method::PATCH, format!("{reviews}/{review}"), Some(json!({"review_comment": "x"}))),
            (Method::GET, format!("/v1/test-executions/{execution}"), None),
            (Method::PATCH, format!("/v1/test-executions/{execution}"), Some(json!({"c3_link": null}))),
        ] {
            let answer = app.as_user(&session, method.clone(), &path, body.as_ref()).await;
            assert_eq!((answer.status.as_u16(), answer.json()), (403, json!({"detail": REFUSED})), "{method} {path}");
        }
    }

    // For all of that, what is wrong with the request is told first.
    async fn the_powerless_hear_what_is_wrong_first(app: TestApp) {
        let artefact = start(&app, &snap(&json!({}))).await;
        let session = app.session(app.add_user("kim").await).await;
        let wrong = json!({"stage": "nonsense"});
        let answer = app.as_user(&session, Method::PATCH, &at(artefact), Some(&wrong)).await;
        assert_eq!(answer.problems(), [("enum".to_owned(), json!(["body", "stage"]))]);
        let unknown = app.as_user(&session, Method::PATCH, &at(9_999), Some(&wrong)).await;
        unknown.refused(404, "Artefact with id 9999 not found");
        let against_the_rules = json!({"stage": "current", "reviewer_ids": [9999]});
        app.as_user(&session, Method::PATCH, &at(artefact), Some(&against_the_rules)).await.refused(403, REFUSED);
    }
}

//! Teams of those who sign in by SAML: by an attribute of the identity provider, and by what Launchpad knows.

use app::api::Permission;
use serde_json::{Value, json};

use crate::log::Log;
use crate::saml::{sign_in, user_of, with_idp};
use crate::saml_idp::{Said, attribute, name_id, serve};
use crate::support::{TestApp, both};

const NUMBER_OF_TEAMS: &str = "SELECT COUNT(*) FROM team";

/// The names of the teams of whoever an answer lets in.
async fn teams(app: &TestApp, change: impl FnOnce(&mut Said)) -> Vec<String> {
    let user = user_of(app, &sign_in(app, change).await).await;
    let mut names: Vec<String> =
        user["teams"].as_array().unwrap().iter().map(|team| team["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

/// An attribute with several values, as they stand in the XML.
fn list(name: &str, values: &[&str]) -> String {
    let values: String =
        values.iter().map(|value| format!("<saml:AttributeValue>{value}</saml:AttributeValue>")).collect();
    format!("<saml:Attribute Name=\"{name}\">{values}</saml:Attribute>")
}

/// Ana, who is in these groups.
fn with_groups(said: &mut Said, groups: &str) {
    said.attributes = [attribute("fullname", "Ana"), groups.to_owned()].concat();
}

/// Launchpad, which knows of Ana that she is in these teams.
async fn launchpad(teams: &'static [&'static str]) -> String {
    let base = serve(move |uri| {
        let entries: Vec<Value> = teams.iter().map(|name| json!({"name": name})).collect();
        let person = json!({"name": "ana-e", "display_name": "Ana of Launchpad"});
        (200, if uri.path() == "/devel/people" { person } else { json!({"entries": entries}) }.to_string())
    })
    .await;
    format!("{base}/devel")
}

both! {
    // As with OpenID Connect: groups become teams that exist, or that the operator lists.
    async fn groups_become_teams_that_exist_or_are_listed(app: TestApp) {
        let (app, _idp) = with_idp(app).await;
        let app = app.with_settings(|settings| {
            settings.saml.groups_attribute = Some("groups".to_owned());
            settings.saml.teams = ["listed".to_owned()].into();
        });
        app.add_team("crew", &[Permission::ViewTest], &[]).await;
        app.add_team("a &amp; b", &[], &[]).await;
        app.add_team("a & b", &[], &[]).await;
        app.add_team("others", &[], &[]).await;
        for (groups, expected) in [
            (list("groups", &["listed", "strangers", "crew", "crew", " ", "a &amp; b", "others "]),
             vec!["a & b", "crew", "listed"]),
            // What is left is not left here, and what is no text is no group.
            (list("groups", &["others", "cr<x></x>ew"]), vec!["a & b", "crew", "listed", "others"]),
            (list("teams", &["a &amp;amp; b"]), vec!["a & b", "crew", "listed", "others"]),
            ([list("groups", &[]), list("groups", &["a &amp;amp; b"])].concat(),
             vec!["a & b", "a &amp; b", "crew", "listed", "others"]),
        ] {
            assert_eq!(teams(&app, |said| with_groups(said, &groups)).await, expected, "{groups}");
        }
        // Nobody's word but the provider's makes a team.
        assert_eq!(app.raw.number(NUMBER_OF_TEAMS).await, 5);
    }

    // Who does not ask for groups gets none.
    async fn without_an_attribute_there_are_no_groups(app: TestApp) {
        let (app, _idp) = with_idp(app).await;
        let app = app.with_settings(|settings| settings.saml.teams = ["listed".to_owned()].into());
        app.add_team("crew", &[], &[]).await;
        let nothing: [&str; 0] = [];
        assert_eq!(teams(&app, |said| with_groups(said, &list("groups", &["crew", "listed"]))).await, nothing);
        assert_eq!(app.raw.number(NUMBER_OF_TEAMS).await, 1);
    }

    // Somebody at Launchpad can be in hundreds of teams: of these become teams what is there, and what the operator lists.
    async fn of_launchpads_teams_some_are_taken_over(app: TestApp) {
        let (app, _idp) = with_idp(app).await;
        let url = launchpad(&["crew", "kernel", "everybody", "qa"]).await;
        let mut app = app.with_settings(|settings| {
            settings.launchpad_api_url = Some(url);
            settings.launchpad_teams = Some([].into());
        });
        app.add_team("crew", &[], &[]).await;
        for (listed, expected) in [
            (Some(vec![]), vec!["crew"]),
            (Some(vec!["qa", "nobody"]), vec!["crew", "qa"]),
            (None, vec!["crew", "everybody", "kernel", "qa"]),
        ] {
            let listed = listed.map(|names| names.into_iter().map(str::to_owned).collect());
            app = app.with_settings(|settings| settings.launchpad_teams = listed);
            assert_eq!(teams(&app, |_| {}).await, expected);
            let made = i64::try_from(expected.len()).unwrap();
            assert_eq!(app.raw.number(NUMBER_OF_TEAMS).await, made);
        }
    }

    // Both add up.
    async fn groups_and_launchpad_add_up(app: TestApp) {
        let (app, _idp) = with_idp(app).await;
        let url = launchpad(&["qa"]).await;
        let app = app.with_settings(|settings| {
            settings.launchpad_api_url = Some(url);
            settings.saml.groups_attribute = Some("groups".to_owned());
            settings.saml.teams = ["crew".to_owned()].into();
        });
        assert_eq!(teams(&app, |said| with_groups(said, &list("groups", &["crew"]))).await, ["crew", "qa"]);
    }

    // Where Launchpad has no say nobody asks it, which the log says: an operator may have forgotten it.
    async fn the_log_says_that_launchpad_is_not_asked(app: TestApp) {
        let (app, _idp) = with_idp(app).await;
        let log = Log::capture();
        sign_in(&app, |_| {}).await.ok();
        log.assert_tells(&["WARN", "Launchpad is not asked who signs in", "USE_LOCAL_LOGIN"], &["ana@"]);
    }

    async fn launchpad_tells_handle_and_teams(app: TestApp) {
        let (app, _idp) = with_idp(app).await;
        let launchpad = serve(|uri| match (uri.path(), uri.query().unwrap_or_default()) {
            ("/devel/people", "ws.op=getByEmail&email=ana%40example.org") => {
                (200, json!({"name": "ana-e", "display_name": "Ana of Launchpad"}).to_string())
            }
            ("/devel/people", _) => (200, "null".to_owned()),
            ("/devel/~ana-e/super_teams", "ws.size=300") => (200, json!({
                "total_size": 3, "entries": [{"name": "qa"}, {"name": "kernel"}],
                "next_collection_link": "http://eve.example/next",
            }).to_string()),
            _ => (500, String::new()),
        })
        .await;
        let app = app.with_settings(|settings| settings.launchpad_api_url = Some(format!("{launchpad}/devel")));
        let kernel = app.add_team("kernel", &[], &[]).await;
        let ana = user_of(&app, &sign_in(&app, |_| {}).await).await;
        let teams: Vec<&Value> = ana["teams"].as_array().unwrap().iter().map(|team| &team["name"]).collect();
        assert_eq!((&ana["name"], &ana["launchpad_handle"]), (&json!("Ana Example"), &json!("ana-e")));
        assert_eq!(teams, [&json!("kernel"), &json!("qa")]);
        assert_eq!(ana["teams"][0]["id"], kernel);
        // Memberships that were given by hand stay.
        app.add_team("by-hand", &[], &[ana["id"].as_i64().unwrap()]).await;
        let again = user_of(&app, &sign_in(&app, |_| {}).await).await;
        assert_eq!(again["teams"].as_array().unwrap().len(), 3);
        let kim = user_of(&app, &sign_in(&app, |said| said.subject = name_id("kim@example.org")).await).await;
        assert_eq!((&kim["launchpad_handle"], &kim["teams"]), (&Value::Null, &json!([])));
        let odd = user_of(&app, &sign_in(&app, |said| said.subject = name_id("no address")).await).await;
        assert_eq!(odd["email"], "no address");
    }
}

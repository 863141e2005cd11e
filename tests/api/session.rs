//! `/v1/session`: who is calling, what the caller may do, and how one signs in.

use app::api::{FamilyName, Permission};
use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{TestApp, both, snap};

const SESSION: &str = "/v1/session";

async fn permissions_at(app: &TestApp, session: &str, path: &str) -> Value {
    app.as_user(session, Method::GET, path, None).await.ok()["permissions"].clone()
}

both! {
    async fn strangers_see_what_is_asked_of_nobody_and_how_one_signs_in(app: TestApp) {
        let app = app.with_settings(|settings| {
            settings.ignored_permissions = [Permission::ViewTest, Permission::ViewArtefact].into();
            settings.local_accounts = true;
            settings.require_authentication = true;
            settings.tabs = vec![FamilyName::Deb, FamilyName::Snap];
        });
        let expected = json!({
            "user": null, "permissions": ["view_test", "view_artefact"], "unread_notifications": 0,
            "sign_in_methods": ["local"], "require_authentication": true, "tabs": ["deb", "snap"],
        });
        assert_eq!(app.anonymous(Method::GET, SESSION, None).await.ok(), expected);
    }

    async fn people_and_applications_see_what_they_may_do(app: TestApp) {
        let kim = app.add_user("kim").await;
        app.add_team("reviewers", &[Permission::ChangeArtefact, Permission::ViewIssue], &[kim]).await;
        let session = app.session(kim).await;
        let own = app.as_user(&session, Method::GET, SESSION, None).await.ok();
        assert_eq!(own["user"]["name"], "kim");
        assert_eq!(own["permissions"], json!(["view_issue", "change_artefact"]));
        let root = app.add_admin("root").await;
        let all = permissions_at(&app, &app.session(root).await, SESSION).await;
        assert_eq!(all.as_array().unwrap().len(), Permission::ALL.len());
        let key = app.add_application(&[Permission::ChangeTest]).await;
        let application = app.as_application(&key, Method::GET, SESSION, None).await.ok();
        assert_eq!(application["permissions"], json!(["change_test"]));
        assert_eq!(application["user"], Value::Null);
    }

    async fn what_a_matching_rule_grants_counts_for_its_artefacts(app: TestApp) {
        let execution = app.start(&snap(&json!({}))).await;
        let artefact = app.artefact_of(execution).await;
        let kim = app.add_user("kim").await;
        let session = app.session(kim).await;
        let crew = app.add_team("crew", &[], &[kim]).await;
        app.add_rule("snap", &json!({}), &[Permission::ChangeRerun], &[crew]).await;
        assert_eq!(permissions_at(&app, &session, SESSION).await, json!([]));
        let about = format!("{SESSION}?artefact_id={artefact}");
        assert_eq!(permissions_at(&app, &session, &about).await, json!(["change_rerun"]));
        assert_eq!(app.get(&format!("{SESSION}?artefact_id=x")).await.status, 422);
    }
}

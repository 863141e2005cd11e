//! Changes of the artefact that overtake each other: who changed what in the meantime, and what can go on all the same.

use leptos::prelude::*;
use serde_json::Value;

use super::state::PageState;
use crate::{
    api::{ArtefactResponse, AuditLogResponse, AuditSubjectKind, Permission},
    client::{Change, Client, ClientError},
    components::{session::Permit, status::artefact_status_label},
};

const SOMEBODY: &str = "Somebody else";

/// What of an artefact a change with a field is about. A decision is about everything it was based on.
fn concerns(field: &str) -> &'static [&'static str] {
    match field {
        "status" => &["status", "comment", "all_environment_reviews_count", "completed_environment_reviews_count"],
        "comment" => &["comment"],
        "reviewer_ids" => &["reviewers"],
        "archived" => &["archived"],
        "jira_issue" => &["jira_issue"],
        "stage" => &["stage"],
        _ => &[],
    }
}

/// Whether what a change is about has itself changed since somebody looked.
fn is_overtaken(body: &Value, seen: &ArtefactResponse, now: &ArtefactResponse) -> bool {
    let (Ok(seen), Ok(now)) = (serde_json::to_value(seen), serde_json::to_value(now)) else { return true };
    let fields = body.as_object().into_iter().flat_map(|body| body.keys());
    fields.flat_map(|field| concerns(field)).any(|field| seen.get(field) != now.get(field))
}

/// Whether somebody has changed the artefact, and not only reviews of it.
fn is_changed_itself(seen: &ArtefactResponse, now: &ArtefactResponse) -> bool {
    let with_same_counts = ArtefactResponse {
        all_environment_reviews_count: seen.all_environment_reviews_count,
        completed_environment_reviews_count: seen.completed_environment_reviews_count,
        ..now.clone()
    };
    *seen != with_same_counts
}

/// What is different, for people.
fn differences(seen: &ArtefactResponse, now: &ArtefactResponse) -> Vec<String> {
    let mut said = Vec::new();
    if seen.status != now.status {
        said.push(format!("the decision is {} now", artefact_status_label(now.status)));
    }
    if seen.comment != now.comment {
        said.push(if now.comment.is_empty() {
            "the comment is gone".to_owned()
        } else {
            format!("the comment is “{}” now", now.comment)
        });
    }
    if seen.reviewers != now.reviewers {
        let names: Vec<&str> = now.reviewers.iter().map(|reviewer| reviewer.name.as_str()).collect();
        said.push(format!(
            "the reviewers are {} now",
            if names.is_empty() { "none".to_owned() } else { names.join(", ") }
        ));
    }
    let counts = |artefact: &ArtefactResponse| {
        (artefact.completed_environment_reviews_count, artefact.all_environment_reviews_count)
    };
    if counts(seen) != counts(now) {
        let (done, all) = counts(now);
        said.push(format!("{done} of {all} environments are reviewed now"));
    }
    if seen.stage != now.stage {
        said.push(format!("the stage is {} now", now.stage));
    }
    if seen.archived != now.archived || seen.jira_issue != now.jira_issue {
        said.push("other facts are different now".to_owned());
    }
    said
}

/// Who changed something last, as far as the visitor may know.
pub(super) async fn last_change(client: &Client, page: PageState, kind: AuditSubjectKind, id: i64) -> String {
    if page.permit(Permission::ViewAuditLog) != Permit::Granted {
        return SOMEBODY.to_owned();
    }
    let path = format!("/v1/audit-log?subject_kind={kind}&subject_id={id}&limit=1");
    let log = client.get::<AuditLogResponse>(&path).await;
    let name = log.ok().and_then(|log| log.entries.into_iter().next()).map(|entry| entry.actor_name);
    name.filter(|name| !name.is_empty()).unwrap_or_else(|| SOMEBODY.to_owned())
}

/// Changes the artefact if what the change is about is still as the page shows it. What others have changed beside it does
/// not matter.
pub(super) async fn patch_artefact(
    client: Client,
    page: PageState,
    body: Value,
) -> Result<(ArtefactResponse, Option<String>), ClientError> {
    let path = format!("/v1/artefacts/{}", page.id);
    let (seen, tag) = (page.artefact.get_untracked(), page.tag());
    let change = |tag| Change::patch(path.clone()).json(&body).if_match(tag);
    match client.send_tagged(change(tag)).await {
        Err(ClientError::Outdated(_)) => {}
        other => return other,
    }
    let (now, tag) = client.get_tagged::<ArtefactResponse>(&path).await?;
    if is_overtaken(&body, &seen, &now) {
        let who = if is_changed_itself(&seen, &now) {
            last_change(&client, page, AuditSubjectKind::Artefact, page.id).await
        } else {
            SOMEBODY.to_owned()
        };
        let text = format!("{who} was faster: {}. Nothing was saved.", differences(&seen, &now).join(", "));
        return Err(ClientError::Outdated(text));
    }
    client.send_tagged(change(tag)).await
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{differences, is_overtaken};
    use crate::api::ArtefactResponse;

    fn artefact(changes: &Value) -> ArtefactResponse {
        let mut artefact = json!({
            "id": 1, "name": "a", "version": "1", "track": "", "store": "", "branch": "", "series": "", "repo": "",
            "source": "", "os": "", "release": "", "owner": "", "sha256": "", "image_url": "", "stage": "beta",
            "family": "snap", "status": "UNDECIDED", "comment": "", "archived": false, "reviewers": [], "due_date": null,
            "created_at": "2031-05-04T03:02:01", "bug_link": "", "jira_issue": null, "all_environment_reviews_count": 3,
            "completed_environment_reviews_count": 1, "bundled_builds": [], "assignee": null,
        });
        for (field, value) in changes.as_object().unwrap() {
            artefact[field] = value.clone();
        }
        serde_json::from_value(artefact).unwrap()
    }

    #[test]
    fn a_change_is_overtaken_only_by_what_it_is_about() {
        let seen = artefact(&json!({}));
        for (body, now, expected) in [
            (json!({"comment": "x"}), json!({"completed_environment_reviews_count": 2}), false),
            (json!({"comment": "x"}), json!({"comment": "y"}), true),
            (json!({"status": "APPROVED"}), json!({"completed_environment_reviews_count": 2}), true),
            (json!({"status": "APPROVED"}), json!({"jira_issue": "A-1"}), false),
            (json!({"archived": true, "stage": "stable"}), json!({"stage": "candidate"}), true),
        ] {
            assert_eq!(is_overtaken(&body, &seen, &artefact(&now)), expected, "{body} {now}");
        }
    }

    #[test]
    fn what_is_different_is_said_in_words() {
        let now = artefact(&json!({"status": "APPROVED", "completed_environment_reviews_count": 3}));
        assert_eq!(
            differences(&artefact(&json!({})), &now),
            ["the decision is Approved now", "3 of 3 environments are reviewed now"]
        );
    }
}

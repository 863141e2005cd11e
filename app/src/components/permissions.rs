//! Permissions: what each allows, in words, and boxes to give them.

use leptos::{prelude::*, task::spawn_local};

use super::session::{Permit, use_session};
use crate::erase::Erase;
use crate::{api::Permission, client::Client};

/// As many are named where there is room for a line.
const NAMED: usize = 2;

/// What belongs together, with what each allows.
type Group = (&'static str, &'static [(Permission, &'static str)]);

const GROUPS: [Group; 6] = [
    (
        "Artefacts and reviews",
        &[
            (Permission::ViewArtefact, "See artefacts and their builds."),
            (Permission::ChangeArtefact, "Approve and reject artefacts; change reviewers, stage and comment."),
            (Permission::ViewEnvironmentReview, "See what reviewers decided about environments."),
            (Permission::ChangeEnvironmentReview, "Decide about environments."),
            (Permission::ViewReport, "Download reports."),
        ],
    ),
    (
        "Tests",
        &[
            (Permission::ViewTest, "See executions and results, and search them."),
            (Permission::ChangeTest, "Start and end executions, send results: what runners need."),
            (Permission::ViewRerun, "See which reruns wait: what laboratories need."),
            (Permission::ChangeRerun, "Ask for reruns, and take them back."),
            (Permission::ChangeRerunBulk, "The same for many executions at once."),
        ],
    ),
    (
        "Issues",
        &[
            (Permission::ViewIssue, "See issues and what they are attached to."),
            (Permission::ChangeIssue, "Add issues, and change them."),
            (Permission::ChangeIssueAttachment, "Attach issues to results, and detach them."),
            (Permission::ChangeIssueAttachmentBulk, "The same for many results at once."),
            (Permission::ChangeAttachmentRule, "Make and change rules that attach issues to new results."),
            (Permission::ChangeAutoRerun, "Have results with an issue run again by themselves."),
            (Permission::ViewTestCaseReportedIssue, "See what was reported of test cases."),
            (Permission::ChangeTestCaseReportedIssue, "Report something of test cases, and change reports."),
            (Permission::ViewEnvironmentReportedIssue, "See what was reported of environments."),
            (Permission::ChangeEnvironmentReportedIssue, "Report something of environments, and change reports."),
        ],
    ),
    (
        "People and teams",
        &[
            (Permission::ViewUser, "See users and their teams."),
            (Permission::ChangeUser, "Make users administrators, who may do everything; remove users."),
            (Permission::ViewTeam, "See teams, their members and the matching rules."),
            (Permission::ChangeTeam, "Change teams, their members and the matching rules."),
            (Permission::ViewNotification, "See the notifications of other people."),
            (Permission::ChangeNotification, "Dismiss the notifications of other people."),
        ],
    ),
    (
        "Applications",
        &[
            (Permission::ViewApplication, "See applications, without their keys."),
            (Permission::AddApplication, "Create applications."),
            (Permission::ChangeApplication, "Change and delete applications, and give them new keys."),
        ],
    ),
    (
        "Installation",
        &[
            (Permission::ViewPermission, "List the permissions there are."),
            (Permission::ViewAuditLog, "See who changed what."),
            (Permission::ViewJobs, "See what the server does by itself, and how that went."),
            (Permission::ViewWebhook, "See webhooks, their addresses, and what became of messages to them."),
            (Permission::ChangeWebhook, "Make and change webhooks, and have messages sent again."),
            (Permission::ViewSentryDebug, "Fail on purpose, to try out whether errors are reported."),
        ],
    ),
];

/// Permissions in a line: "all", "none", a few by name, or how many there are.
pub(crate) fn summary(permissions: &[Permission]) -> String {
    if Permission::ALL.iter().all(|permission| permissions.contains(permission)) {
        return "all".to_owned();
    }
    match permissions.len() {
        0 => "none".to_owned(),
        1..=NAMED => permissions.iter().map(|permission| permission.as_str()).collect::<Vec<_>>().join(", "),
        count => format!("{count} permissions"),
    }
}

/// Boxes for what there is to allow, in groups. Nobody gives what they do not hold; what is given already may be taken away.
#[component]
pub(crate) fn PermissionChoice(
    /// What is given, in the order it was.
    chosen: RwSignal<Vec<Permission>>,
) -> impl IntoView {
    let session = use_session();
    let offered = RwSignal::new(Permission::ALL.to_vec());
    let answer = Client::current().get::<Vec<String>>("/v1/permissions");
    spawn_local(async move {
        // Who may not list them sees those that this page knows.
        if let Ok(names) = answer.await {
            offered.try_set(names.iter().filter_map(|name| name.parse().ok()).collect());
        }
    });
    let given = chosen.get_untracked();
    let may_give = move |permission: Permission| session.permit(permission) == Permit::Granted;
    let holds_all = move || Permission::ALL.iter().all(|permission| may_give(*permission));
    let groups = GROUPS.map(|(heading, members)| {
        let boxes = members.iter().map(|&(permission, words)| {
            let is_given = given.contains(&permission);
            view! {
                <PermissionBox
                    permission
                    words
                    chosen
                    hidden=Signal::derive(move || !offered.with(|offered| offered.contains(&permission)))
                    disabled=Signal::derive(move || !is_given && !may_give(permission))
                />
            }
        });
        view! {
            <fieldset class="filter permission-group">
                <legend>{heading}</legend>
                {boxes.collect_view()}
            </fieldset>
        }
    });
    view! {
        <fieldset class="rule-fields">
            <legend>"Permissions"</legend>
            <p class="quiet" hidden=holds_all>
                "You can give what you hold yourself."
            </p>
            <div class="permission-groups">{groups.collect_view()}</div>
        </fieldset>
    }
    .erase()
}

/// A permission to give.
#[component]
pub(crate) fn PermissionBox(
    /// Which.
    permission: Permission,
    /// What it allows.
    words: &'static str,
    /// What is given, in the order it was.
    chosen: RwSignal<Vec<Permission>>,
    /// Whether it is not offered.
    #[prop(optional, into)]
    hidden: Signal<bool>,
    /// Whether it cannot be given.
    #[prop(into)]
    disabled: Signal<bool>,
) -> impl IntoView {
    let is_chosen = move || chosen.with(|chosen| chosen.contains(&permission));
    let toggle = move |event| {
        let is_ticked = event_target_checked(&event);
        chosen.update(|chosen| set(chosen, permission, is_ticked));
    };
    view! {
        <label class="checkbox" hidden=hidden>
            <input type="checkbox" prop:checked=is_chosen prop:disabled=disabled on:change=toggle/>
            <span>
                <code>{permission.as_str()}</code>
                " "
                <span class="quiet">{words}</span>
            </span>
        </label>
    }
    .erase()
}

/// What is new comes last; what stays keeps its place.
fn set(chosen: &mut Vec<Permission>, permission: Permission, is_wanted: bool) {
    if !is_wanted {
        chosen.retain(|other| *other != permission);
    } else if !chosen.contains(&permission) {
        chosen.push(permission);
    }
}

#[cfg(test)]
mod tests {
    use super::{GROUPS, set, summary};
    use crate::api::Permission;

    #[test]
    fn every_permission_is_explained_once() {
        let mut explained: Vec<Permission> =
            GROUPS.iter().flat_map(|(_, members)| members.iter().map(|(permission, _)| *permission)).collect();
        explained.sort();
        let mut all = Permission::ALL.to_vec();
        all.sort();
        assert_eq!(explained, all);
    }

    #[test]
    fn many_permissions_are_told_in_a_line() {
        let some = &Permission::ALL[..5];
        for (permissions, expected) in [
            (&[][..], "none"),
            (&some[..2], "view_user, change_user"),
            (some, "5 permissions"),
            (Permission::ALL, "all"),
        ] {
            assert_eq!(summary(permissions), expected);
        }
    }

    #[test]
    fn a_change_keeps_the_order() {
        let mut chosen = vec![Permission::ViewTest, Permission::ChangeTest, Permission::ViewTest];
        set(&mut chosen, Permission::ViewUser, true);
        set(&mut chosen, Permission::ViewUser, true);
        set(&mut chosen, Permission::ViewTest, false);
        assert_eq!(chosen, [Permission::ChangeTest, Permission::ViewUser]);
    }
}

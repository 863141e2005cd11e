//! Users, teams, and the rules that say who reviews what.

use app::api::{Permission, TeamCreate};
use serde_json::{Value, json};

use super::seeder::{Seeder, read};
use crate::domain::access::Granter;
use crate::store::users::NewUser;

/// What reviewers may do.
pub(super) const REVIEWER_PERMISSIONS: &[Permission] = &[
    Permission::ViewUser,
    Permission::ViewTeam,
    Permission::ViewIssue,
    Permission::ChangeIssue,
    Permission::ChangeIssueAttachment,
    Permission::ChangeIssueAttachmentBulk,
    Permission::ChangeAttachmentRule,
    Permission::ViewTest,
    Permission::ViewRerun,
    Permission::ChangeRerun,
    Permission::ChangeRerunBulk,
    Permission::ViewArtefact,
    Permission::ChangeArtefact,
    Permission::ViewEnvironmentReview,
    Permission::ChangeEnvironmentReview,
    Permission::ViewReport,
    Permission::ViewTestCaseReportedIssue,
    Permission::ChangeTestCaseReportedIssue,
    Permission::ViewEnvironmentReportedIssue,
    Permission::ChangeEnvironmentReportedIssue,
    Permission::ViewNotification,
];

/// Who holds every permission.
pub(super) const ADMINISTRATOR: &str = "casey.morgan@example.com";

/// Mail address and name; the name at Launchpad is the first part of the address, with a dash.
const USERS: &[(&str, &str)] = &[
    (ADMINISTRATOR, "Casey Morgan"),
    ("mira.halvorsen@example.com", "Mira Halvorsen"),
    ("tomas.okafor@example.com", "Tomas Okafor"),
    ("lin.abara@example.com", "Lin Abara"),
    ("jonas.feld@example.com", "Jonas Feld"),
    ("priya.nandan@example.com", "Priya Nandan"),
    ("ruth.castell@example.com", "Ruth Castell"),
    ("dag.ekman@example.com", "Dag Ekman"),
    ("olive.tran@example.com", "Olive Tran"),
    // Reviews nothing, and is unknown at Launchpad.
    ("lab-robot@example.com", "Lab Robot"),
];

/// A team: its name, its members, and what it is responsible for.
struct Team {
    name: &'static str,
    members: &'static [&'static str],
    rules: fn() -> Value,
}

const TEAMS: &[Team] = &[
    Team {
        name: "Kernel",
        members: &["mira.halvorsen@example.com", "jonas.feld@example.com"],
        rules: || {
            json!([
                {"family": "deb", "name": "linux-meadow", "grant_permissions": ["change_artefact", "change_rerun"]},
                {"family": "deb", "name": "linux-meadow-lowlatency"},
                {"family": "snap", "name": "pebble-kernel"},
            ])
        },
    },
    Team {
        name: "Snaps",
        members: &["tomas.okafor@example.com", "lin.abara@example.com", "mira.halvorsen@example.com"],
        rules: || json!([{"family": "snap"}, {"family": "snap", "name": "meadow-core", "track": "24"}]),
    },
    Team {
        name: "Archive",
        members: &["lin.abara@example.com", "ruth.castell@example.com"],
        rules: || json!([{"family": "deb", "grant_permissions": ["change_rerun"]}]),
    },
    Team {
        name: "Charms and solutions",
        members: &["priya.nandan@example.com", "dag.ekman@example.com"],
        rules: || json!([{"family": "charm"}, {"family": "solution"}]),
    },
    Team {
        name: "Images",
        members: &["olive.tran@example.com", "ruth.castell@example.com"],
        rules: || json!([{"family": "image", "os": "meadow"}]),
    },
    Team { name: "Guests", members: &[], rules: || json!([]) },
];

impl Seeder {
    /// Makes the users and teams; those who are known by their mail address or name stay as they are.
    pub(super) async fn add_people(&mut self) -> anyhow::Result<()> {
        let service = self.at(self.day(399, 480));
        for (email, name) in USERS {
            let handle = email.split_once('@').map(|(handle, _)| handle.replace('.', "-"));
            let launchpad_handle = handle.filter(|handle| handle != "lab-robot");
            let new = NewUser { email: (*email).to_owned(), name: (*name).to_owned(), launchpad_handle };
            service.add_user(&new).await?;
            self.made.users += 1;
        }
        service.promote_user(ADMINISTRATOR).await?;
        let known = service.list_teams().await?;
        for team in TEAMS.iter().filter(|team| known.iter().all(|other| other.name != team.name)) {
            let permissions =
                if team.members.is_empty() { &[Permission::ViewArtefact][..] } else { REVIEWER_PERMISSIONS };
            let body =
                json!({"name": team.name, "permissions": permissions, "artefact_matching_rules": (team.rules)()});
            service.create_team(Granter::Operator, read::<TeamCreate>(body)?).await?;
            for member in team.members {
                service.add_member_by_name(team.name, member).await?;
            }
            self.made.teams += 1;
        }
        Ok(())
    }
}

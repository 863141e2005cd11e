//! Who is in a team: each change is made at once, and who was removed can be added again as long as the dialog is open.

use leptos::prelude::*;

use super::TeamRow;
use crate::components::each::Each;
use crate::erase::Erase;
use crate::{
    api::{Permission, TeamResponse, UserMinimalResponse},
    client::Change,
    components::{
        button::{ActionButton, Weight},
        combobox::{Combobox, users},
        filters::Choice,
        rows::Rows,
        sending::{Sending, SendingError},
        session::{Permit, Session, use_session},
    },
};

/// What the section knows.
#[derive(Clone, Copy)]
struct Membership {
    team: i64,
    /// Everybody who is in the team, or was while the dialog was open.
    known: RwSignal<Vec<UserMinimalResponse>>,
    /// Ids of those who are.
    present: RwSignal<Vec<i64>>,
    rows: Rows<TeamRow>,
    sending: Sending,
    /// What happened last, for those who do not see it.
    said: RwSignal<String>,
    session: Session,
}

impl Membership {
    fn is_present(self, id: i64) -> bool {
        self.present.with(|present| present.contains(&id))
    }

    fn change(self, id: i64, belongs: bool) {
        let path = format!("/v1/teams/{}/members/{id}", self.team);
        let change = if belongs { Change::post(path) } else { Change::delete(path) };
        self.sending.send(change, move |team: TeamResponse| {
            self.take(&team.members);
            let name = self.known.try_with_untracked(|known| name_of(known, id)).unwrap_or_default();
            self.said.try_set(if belongs { format!("{name} is in the team.") } else { format!("{name} is removed.") });
            self.rows.store(team.into());
            self.session.refresh();
        });
    }

    fn take(self, members: &[UserMinimalResponse]) {
        self.known.try_update(|known| add_missing(known, members));
        self.present.try_set(members.iter().map(|member| member.id).collect());
    }
}

/// Who is new comes last, so that nobody moves while somebody reads.
fn add_missing(known: &mut Vec<UserMinimalResponse>, members: &[UserMinimalResponse]) {
    for member in members {
        if !known.iter().any(|other| other.id == member.id) {
            known.push(member.clone());
        }
    }
}

fn name_of(known: &[UserMinimalResponse], id: i64) -> String {
    known.iter().find(|user| user.id == id).map(|user| user.name.clone()).unwrap_or_default()
}

/// The members, and the way to add one.
#[component]
pub(super) fn Members(team: i64, members: Vec<UserMinimalResponse>, rows: Rows<TeamRow>) -> impl IntoView {
    let session = use_session();
    let membership = Membership {
        team,
        present: RwSignal::new(members.iter().map(|member| member.id).collect()),
        known: RwSignal::new(members),
        rows,
        sending: Sending::new(),
        said: RwSignal::new(String::new()),
        session,
    };
    let heading = move || format!("Members ({})", membership.present.with(Vec::len));
    view! {
        <section class="rule-fields" aria-label="Members">
            <h3>{heading}</h3>
            <ul class="plain-list member-list">
                <Each each=move || membership.known.get() key=|member| member.id let(member)>
                    <Member member membership/>
                </Each>
            </ul>
            <p class="quiet" hidden=move || membership.known.with(|known| !known.is_empty())>
                "Nobody is in this team."
            </p>
            <AddMember membership/>
            <SendingError sending=membership.sending/>
            <p class="visually-hidden" role="status">
                {membership.said}
            </p>
        </section>
    }
    .erase_unsent()
}

#[component]
fn Member(member: UserMinimalResponse, membership: Membership) -> impl IntoView {
    let UserMinimalResponse { id, name, email, .. } = member;
    let is_present = move || membership.is_present(id);
    let spoken = {
        let name = name.clone();
        Signal::derive(move || if is_present() { format!("Remove {name}") } else { format!("Add {name} again") })
    };
    let label = move || if is_present() { "remove" } else { "add again" }.to_owned();
    view! {
        <li class="member" class:member-gone=move || !is_present()>
            <span>
                <a href=format!("/users?user={id}")>{name}</a>
                " "
                <span class="quiet">{email}</span>
            </span>
            <ActionButton
                label=Signal::derive(label)
                name=spoken
                permit=membership.session.permit_signal(Permission::ChangeTeam)
                busy=Signal::derive(move || membership.sending.is_busy())
                weight=Weight::Small
                on_press=move |()| membership.change(id, !untrack(is_present))
            />
        </li>
    }
    .erase_unsent()
}

/// A field to look for people in, for those who may see them and change the team.
#[component]
fn AddMember(membership: Membership) -> impl IntoView {
    let session = membership.session;
    let missing = move || {
        let needed = [Permission::ChangeTeam, Permission::ViewUser];
        needed.into_iter().find(|permission| session.permit(*permission) != Permit::Granted)
    };
    let chosen = Signal::derive(move || {
        membership.present.with(|present| present.iter().map(i64::to_string).collect::<Vec<_>>())
    });
    let pick = move |choice: Choice| {
        if let Ok(id) = choice.value.parse() {
            membership.change(id, true);
        }
    };
    move || match missing() {
        Some(permission) => {
            view! { <p class="quiet">{format!("To add members you need the permission {permission}.")}</p> }
                .erase_unsent()
        }
        None => {
            view! { <Combobox id="add-member" label="Add a member" source=users() chosen on_pick=pick/> }.erase_unsent()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{add_missing, name_of};
    use crate::api::UserMinimalResponse;

    fn user(id: i64, name: &str) -> UserMinimalResponse {
        UserMinimalResponse { id, launchpad_handle: None, email: String::new(), name: name.to_owned(), is_admin: false }
    }

    #[test]
    fn who_left_keeps_a_place_and_who_is_new_comes_last() {
        let mut known = vec![user(2, "Bo"), user(3, "Cy")];
        add_missing(&mut known, &[user(1, "Al"), user(3, "Cy")]);
        assert_eq!(known.iter().map(|user| user.id).collect::<Vec<_>>(), [2, 3, 1]);
        assert_eq!((name_of(&known, 1), name_of(&known, 9)), ("Al".to_owned(), String::new()));
    }
}

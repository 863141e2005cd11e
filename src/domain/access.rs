//! Who a request comes from, and what it may do.

use std::collections::BTreeSet;

use app::api::Permission;

/// An application that proved itself with its key.
#[derive(Clone, Debug)]
pub struct Application {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// What it may do.
    pub permissions: Vec<Permission>,
}

/// A person with a session.
#[derive(Clone, Debug)]
pub struct User {
    /// Its id.
    pub id: i64,
    /// What people call the person.
    pub name: String,
    /// Whether every permission is held.
    pub is_admin: bool,
    /// What the teams of the user may do.
    pub permissions: Vec<Permission>,
}

/// Who a request comes from: a person, an application, both, or nobody in particular.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// The person whose session the request carries.
    pub user: Option<User>,
    /// The application whose key the request carries.
    pub application: Option<Application>,
}

impl Caller {
    /// Whether the caller holds every permission that is not asked of anybody anyway. What the person and the
    /// application hold adds up; an administrator holds everything.
    pub fn may(&self, required: &[Permission], ignored: &BTreeSet<Permission>) -> bool {
        let of_user = self.user.as_ref().map_or(&[][..], |user| &user.permissions);
        let of_application = self.application.as_ref().map_or(&[][..], |application| &application.permissions);
        self.user.as_ref().is_some_and(|user| user.is_admin)
            || required.iter().all(|permission| {
                ignored.contains(permission) || of_user.contains(permission) || of_application.contains(permission)
            })
    }

    /// Whether the caller is somebody.
    pub fn is_authenticated(&self) -> bool {
        self.user.is_some() || self.application.is_some()
    }

    /// A short name of the caller that no other caller has: who a promise to it was made to. Those who are nobody are told
    /// apart by their address.
    pub fn principal(&self, address: &str) -> String {
        match (&self.user, &self.application) {
            (Some(user), _) => format!("user {}", user.id),
            (None, Some(application)) => format!("application {}", application.id),
            (None, None) => format!("somebody at {address}"),
        }
    }
}

/// Who hands out permissions: nobody hands out what they do not hold, or whoever may change a team could do everything.
#[derive(Clone, Copy, Debug)]
pub enum Granter<'a> {
    /// Whoever runs commands on the server: everything.
    Operator,
    /// Who sent a request: what they hold themselves. What a matching rule lets them do with some artefacts is not theirs to give.
    Caller(&'a Caller),
}

impl Granter<'_> {
    /// Whether these permissions may be handed out.
    pub fn may_grant(self, permissions: &[Permission], ignored: &BTreeSet<Permission>) -> bool {
        match self {
            Self::Operator => true,
            Self::Caller(caller) => caller.may(permissions, ignored),
        }
    }
}

/// Those of the permissions that were not held before.
pub fn added(before: &[Permission], after: &[Permission]) -> Vec<Permission> {
    after.iter().copied().filter(|permission| !before.contains(permission)).collect()
}

/// What a request shows of who sends it.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// The `Authorization` header.
    pub authorization: Option<String>,
    /// The value of the session cookie; only where the request has the header that no foreign page can send along.
    pub session_cookie: Option<String>,
}

impl Credentials {
    /// The key that the request shows.
    pub fn key(&self) -> Option<&str> {
        self.authorization.as_deref().and_then(bearer_key)
    }
}

/// The key of an `Authorization` header: two words, the first exactly `Bearer`. Anything else is no key, not an error.
pub fn bearer_key(header: &str) -> Option<&str> {
    let mut words = header.split_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some("Bearer"), Some(key), None) => Some(key),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use app::api::Permission::{ChangeArtefact, ChangeTest, ViewTest};

    use super::*;

    #[test]
    fn a_key_is_the_second_of_two_words() {
        for (header, expected) in [
            ("Bearer x", Some("x")),
            ("Bearer   x", Some("x")),
            ("Bearer\tx", Some("x")),
            ("bearer x", None),
            ("Bearer", None),
            ("Bearer a b", None),
            ("Basic x", None),
            ("", None),
        ] {
            assert_eq!(bearer_key(header), expected, "{header}");
        }
    }

    #[test]
    fn nobody_hands_out_what_they_do_not_hold() {
        let application = Application { id: 1, name: "ci".to_owned(), permissions: vec![ChangeTest] };
        let caller = Caller { application: Some(application), user: None };
        let ignored = [ViewTest].into();
        for (granter, permissions, expected) in [
            (Granter::Operator, vec![ChangeArtefact], true),
            (Granter::Caller(&caller), vec![ChangeTest, ViewTest], true),
            (Granter::Caller(&caller), vec![ChangeTest, ChangeArtefact], false),
            (Granter::Caller(&Caller::default()), vec![ChangeTest], false),
            (Granter::Caller(&Caller::default()), vec![], true),
        ] {
            assert_eq!(granter.may_grant(&permissions, &ignored), expected, "{granter:?} {permissions:?}");
        }
        assert_eq!(added(&[ViewTest], &[ChangeTest, ViewTest, ChangeTest]), [ChangeTest, ChangeTest]);
    }

    #[test]
    fn permissions_are_held_or_ignored() {
        let application = Application { id: 1, name: "ci".to_owned(), permissions: vec![ChangeTest] };
        let known = Caller { application: Some(application), user: None };
        let member = |is_admin| Caller {
            user: Some(User { id: 1, name: "Kim".to_owned(), is_admin, permissions: vec![ViewTest] }),
            application: known.application.clone(),
        };
        let ignored = |permissions: &[Permission]| permissions.iter().copied().collect::<BTreeSet<_>>();
        for (caller, required, ignored, expected) in [
            (&known, vec![ChangeTest], ignored(&[]), true),
            (&known, vec![ViewTest], ignored(&[]), false),
            (&known, vec![ChangeTest, ViewTest], ignored(&[ViewTest]), true),
            (&Caller::default(), vec![ViewTest], ignored(&[ViewTest]), true),
            (&Caller::default(), vec![ViewTest], ignored(&[]), false),
            (&Caller::default(), vec![], ignored(&[]), true),
            (&member(false), vec![ChangeTest, ViewTest], ignored(&[]), true),
            (&member(false), vec![ChangeArtefact], ignored(&[]), false),
            (&member(true), vec![ChangeArtefact], ignored(&[]), true),
        ] {
            assert_eq!(caller.may(&required, &ignored), expected, "{required:?}");
        }
    }
}

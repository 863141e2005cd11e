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

/// Who a request comes from; nobody in particular when it carries no valid key.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// The application whose key the request carries.
    pub application: Option<Application>,
}

impl Caller {
    /// Whether the caller holds every permission that is not asked of anybody anyway.
    pub fn may(&self, required: &[Permission], ignored: &BTreeSet<Permission>) -> bool {
        let held = self.application.as_ref().map_or(&[][..], |application| &application.permissions);
        required.iter().all(|permission| ignored.contains(permission) || held.contains(permission))
    }

    /// Whether the caller is somebody.
    pub fn is_authenticated(&self) -> bool {
        self.application.is_some()
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
    use app::api::Permission::{ChangeTest, ViewTest};

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
    fn permissions_are_held_or_ignored() {
        let application = Application { id: 1, name: "ci".to_owned(), permissions: vec![ChangeTest] };
        let known = Caller { application: Some(application) };
        let ignored = |permissions: &[Permission]| permissions.iter().copied().collect::<BTreeSet<_>>();
        for (caller, required, ignored, expected) in [
            (&known, vec![ChangeTest], ignored(&[]), true),
            (&known, vec![ViewTest], ignored(&[]), false),
            (&known, vec![ChangeTest, ViewTest], ignored(&[ViewTest]), true),
            (&Caller::default(), vec![ViewTest], ignored(&[ViewTest]), true),
            (&Caller::default(), vec![ViewTest], ignored(&[]), false),
            (&Caller::default(), vec![], ignored(&[]), true),
        ] {
            assert_eq!(caller.may(&required, &ignored), expected, "{required:?}");
        }
    }
}

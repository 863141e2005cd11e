//! What a provider says about a person.

use std::collections::HashMap;

use openidconnect::core::CoreGenderClaim;
use openidconnect::{AdditionalClaims, EndUserName, EndUserUsername, IdTokenClaims, LocalizedClaim, UserInfoClaims};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::names::{LONGEST, clean, is_name};

/// Claims that are not the standard's own.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct OtherClaims {
    #[serde(flatten)]
    all: HashMap<String, Value>,
}

impl AdditionalClaims for OtherClaims {}

pub(super) type IdClaims = IdTokenClaims<OtherClaims, CoreGenderClaim>;
pub(super) type InfoClaims = UserInfoClaims<OtherClaims, CoreGenderClaim>;

/// A person, as far as the provider told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// The mail address.
    pub email: Option<String>,
    /// Whether the provider knows that the address is the person's; nothing when it does not say.
    pub is_email_verified: Option<bool>,
    /// What to call the person.
    pub name: Option<String>,
    /// The groups the person is in; nothing when the provider does not say.
    pub groups: Option<Vec<String>>,
}

impl Person {
    pub(super) fn of_token(claims: &IdClaims, groups_claim: Option<&str>) -> Self {
        Self {
            email: claims.email().and_then(|email| check_email(email)),
            is_email_verified: claims.email_verified(),
            name: choose_name(claims.name(), claims.preferred_username()),
            groups: groups_claim.and_then(|claim| read_groups(claims.additional_claims().all.get(claim)?)),
        }
    }

    pub(super) fn of_info(claims: &InfoClaims, groups_claim: Option<&str>) -> Self {
        Self {
            email: claims.email().and_then(|email| check_email(email)),
            is_email_verified: claims.email_verified(),
            name: choose_name(claims.name(), claims.preferred_username()),
            groups: groups_claim.and_then(|claim| read_groups(claims.additional_claims().all.get(claim)?)),
        }
    }

    /// Whether there is nothing left to ask for.
    pub(super) fn is_whole(&self, groups_claim: Option<&str>) -> bool {
        let has_groups = groups_claim.is_none() || self.groups.is_some();
        self.email.is_some() && self.is_email_verified.is_some() && self.name.is_some() && has_groups
    }

    /// What this one says, and where it says nothing what the other one does. Whether an address is verified is a word
    /// about that very address; where one of them doubts it, it is in doubt.
    pub(super) fn or(self, other: Self) -> Self {
        let is_same = self.email.is_none() || other.email.is_none() || self.email == other.email;
        let is_email_verified = match (self.is_email_verified, other.is_email_verified) {
            (Some(own), Some(others)) if is_same => Some(own && others),
            (None, others) if is_same => others,
            (own, _) => own,
        };
        Self {
            email: self.email.or(other.email),
            is_email_verified,
            name: self.name.or(other.name),
            groups: self.groups.or(other.groups),
        }
    }
}

/// A mail address as it came, if it can be one: it is stored and looked for exactly so.
fn check_email(email: &str) -> Option<String> {
    let is_address = email.contains('@') && !email.contains(|c: char| c.is_whitespace() || c.is_control());
    (is_address && email.chars().count() <= LONGEST).then(|| email.to_owned())
}

fn choose_name(name: Option<&LocalizedClaim<EndUserName>>, username: Option<&EndUserUsername>) -> Option<String> {
    let name = name.and_then(|name| name.get(None)).and_then(|name| clean(name));
    name.or_else(|| username.and_then(|username| clean(username)))
}

/// A list of names, or one name alone. Names that no team can have are left out.
fn read_groups(claim: &Value) -> Option<Vec<String>> {
    let names: Vec<&str> = match claim {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => return None,
    };
    Some(names.into_iter().filter(|name| is_name(name)).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Person, check_email, read_groups};

    #[test]
    fn a_mail_address_is_taken_as_it_is_or_not_at_all() {
        for (text, is_good) in [
            ("Ana@example.org", true),
            ("ana", false),
            (" ana@example.org", false),
            ("ana@example.org\0", false),
            ("", false),
        ] {
            assert_eq!(check_email(text).as_deref(), is_good.then_some(text), "{text:?}");
        }
        assert_eq!(check_email(&format!("{}@x", "a".repeat(500))), None);
    }

    #[test]
    fn groups_are_a_list_or_a_name() {
        for (claim, expected) in [
            (json!(["a", "b c", 7, "", " d", "e\0"]), Some(vec!["a", "b c"])),
            (json!("a"), Some(vec!["a"])),
            (json!([]), Some(vec![])),
            (json!({"a": true}), None),
            (json!(null), None),
        ] {
            let expected = expected.map(|names| names.into_iter().map(str::to_owned).collect());
            assert_eq!(read_groups(&claim), expected, "{claim}");
        }
    }

    #[test]
    fn an_address_is_verified_when_nobody_doubts_it() {
        let person = |email: Option<&str>, is_email_verified| Person {
            email: email.map(str::to_owned),
            is_email_verified,
            ..Person::default()
        };
        let (ana, kim) = (Some("ana@x"), Some("kim@x"));
        for (first, second, expected) in [
            (person(ana, Some(true)), person(ana, Some(true)), person(ana, Some(true))),
            (person(ana, Some(true)), person(ana, Some(false)), person(ana, Some(false))),
            (person(ana, Some(false)), person(ana, Some(true)), person(ana, Some(false))),
            (person(ana, None), person(ana, Some(true)), person(ana, Some(true))),
            (person(ana, None), person(kim, Some(true)), person(ana, None)),
            (person(ana, Some(false)), person(kim, Some(true)), person(ana, Some(false))),
            (person(None, None), person(kim, Some(true)), person(kim, Some(true))),
            (person(None, Some(false)), person(kim, Some(true)), person(kim, Some(false))),
            (person(ana, None), person(None, None), person(ana, None)),
        ] {
            assert_eq!(first.clone().or(second.clone()), expected, "{first:?} {second:?}");
        }
    }
}

//! Which state of an object somebody has seen, so that nobody overwrites what they have not.

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{ServiceError, ServiceResult};

/// A short text that differs whenever the object reads differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntityTag(pub String);

impl EntityTag {
    /// The tag of an object as the API shows it.
    pub fn of(shown: &impl Serialize) -> Self {
        // What the API shows can always be written as JSON.
        Self::of_text(&serde_json::to_vec(shown).unwrap_or_default())
    }

    /// The tag of the text of an object.
    pub fn of_text(text: &[u8]) -> Self {
        use base64::Engine;
        let digest = Sha256::digest(text);
        Self(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&digest[..18]))
    }
}

/// In which state a change may be made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Precondition {
    /// In every state: whoever comes last wins.
    #[default]
    None,
    /// In one of these.
    OneOf(Vec<EntityTag>),
}

impl Precondition {
    /// Refuses a change of an object that has changed since the caller looked.
    pub fn check(&self, shown: &impl Serialize) -> ServiceResult<()> {
        match self {
            Self::OneOf(tags) if !tags.contains(&EntityTag::of(shown)) => Err(ServiceError::Stale),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{EntityTag, Precondition};

    #[test]
    fn only_who_saw_the_present_state_may_change_it() {
        let seen = EntityTag::of(&"old");
        for (precondition, is_allowed) in [
            (Precondition::None, true),
            (Precondition::OneOf(vec![seen.clone()]), false),
            (Precondition::OneOf(vec![seen, EntityTag::of(&"new")]), true),
        ] {
            assert_eq!(precondition.check(&"new").is_ok(), is_allowed, "{precondition:?}");
        }
    }
}

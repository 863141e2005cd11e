//! API keys: how one is spelt, what is kept of it, and how it is recognised.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// As many characters of a key are kept in clear: `to_` and four more. They find it among the others and tell people
/// which one it is; 232 of its 256 bits stay unknown.
const PREFIX_LENGTH: usize = 7;

/// A new key: `to_` and 32 random bytes in URL-safe base64 without padding, 46 characters.
pub fn spell_key(random: [u8; 32]) -> String {
    format!("to_{}", URL_SAFE_NO_PAD.encode(random))
}

/// What is kept of a key: enough to recognise it, not to use it. A key is random through and through, so its hash needs
/// neither salt nor stretching.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyDigest {
    /// The characters it begins with.
    pub prefix: String,
    /// Its SHA-256 in URL-safe base64 without padding.
    pub hash: String,
}

impl KeyDigest {
    /// What is kept of that key.
    pub fn of(key: &str) -> Self {
        let digest = Sha256::digest(key.as_bytes());
        Self { prefix: key.chars().take(PREFIX_LENGTH).collect(), hash: URL_SAFE_NO_PAD.encode(&digest[..]) }
    }

    /// Whether a hash that was kept is this one; takes the same time wherever they differ.
    pub fn has_hash(&self, kept: &str) -> bool {
        self.hash.as_bytes().ct_eq(kept.as_bytes()).into()
    }
}

/// A key as it is shown to those who have no business with the rest: `to_abcd…`.
pub fn redact(prefix: &str) -> String {
    format!("{prefix}…")
}

#[cfg(test)]
mod tests {
    use super::{KeyDigest, redact, spell_key};

    #[test]
    fn a_key_has_46_characters_of_its_bytes() {
        let first = spell_key([0; 32]);
        assert_eq!(first, format!("to_{}", "A".repeat(43)));
        let second = spell_key([255; 32]);
        assert_eq!((second.len(), second.as_str().get(..7)), (46, Some("to_____")));
    }

    #[test]
    fn a_key_is_known_by_its_hash_alone() {
        let digest = KeyDigest::of("to_abcdefgh");
        assert_eq!(digest.prefix, "to_abcd");
        // The digest as `printf to_abcdefgh | openssl dgst -sha256 -binary | basenc --base64url` writes it.
        assert_eq!(digest.hash, "wUK8xDixOp5a_XkPyg4p9brm2dQSdslJzypVkDwgJOs");
        for (other, expected) in [("to_abcdefgh", true), ("to_abcdefgi", false), ("to_abcd", false), ("", false)] {
            assert_eq!(digest.has_hash(&KeyDigest::of(other).hash), expected, "{other}");
        }
        assert!(!digest.has_hash(""));
    }

    #[test]
    fn what_is_shown_ends_where_the_secret_begins() {
        for (key, shown) in [("to_abcdefgh", "to_abcd…"), ("to_ab", "to_ab…"), ("", "…")] {
            assert_eq!(redact(&KeyDigest::of(key).prefix), shown);
        }
    }
}

//! Passwords, hashed slowly: whoever reads the database still has to guess each one.

use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier};

/// The shortest password that is taken, in characters.
pub const SHORTEST: usize = 12;
/// The longest, in characters.
pub const LONGEST: usize = 1000;

/// A hash that no password has, as costly to compare with as any other: of the right form, its salt and digest all zero.
const DECOY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The hash of a password, with the parameters and the salt it was made with; takes tens of milliseconds.
pub fn hash_password(password: &str, salt: [u8; 16]) -> Option<String> {
    let hash: PasswordHash = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt).ok()?;
    Some(hash.to_string())
}

/// Whether the hash, if there is one, is that of the password. Takes as long when there is none, so that nobody learns
/// who has a password.
pub fn verify_password(password: &str, hash: Option<&str>) -> bool {
    let is_right = Argon2::default().verify_password(password.as_bytes(), hash.unwrap_or(DECOY)).is_ok();
    is_right && hash.is_some()
}

#[cfg(test)]
mod tests {
    use super::{DECOY, hash_password, verify_password};

    #[test]
    fn a_password_is_known_by_its_hash() {
        let hash = hash_password("correct horse", [7; 16]).unwrap();
        for (password, expected) in
            [("correct horse", true), ("Correct horse", false), ("correct horse ", false), ("", false)]
        {
            assert_eq!(verify_password(password, Some(&hash)), expected, "{password}");
        }
        assert_ne!(hash_password("correct horse", [8; 16]), Some(hash), "the salt makes no difference");
    }

    #[test]
    fn what_is_no_hash_is_nobodys() {
        for hash in [None, Some(""), Some("correct horse"), Some(DECOY)] {
            assert!(!verify_password("correct horse", hash), "{hash:?}");
        }
    }

    // Comparing with the decoy takes as long as with a real one: both have the same parameters, salt and length.
    #[test]
    fn the_decoy_costs_what_a_hash_costs() {
        let hash = hash_password("x", [0; 16]).unwrap();
        assert_eq!(hash.rsplit_once('$').unwrap().0, DECOY.rsplit_once('$').unwrap().0);
        assert_eq!(hash.len(), DECOY.len());
    }
}

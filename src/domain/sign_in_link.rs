//! Links that sign somebody in, once: how one is spelt, and what is kept of it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// Where the server looks for the token of a link.
pub const PATH: &str = "/v1/auth/local/link/";

/// The token of a link: 32 random bytes in URL-safe base64 without padding, 43 characters.
pub fn spell_token(random: [u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode(random)
}

/// What is kept of a token. It is random through and through, so its hash needs neither salt nor stretching.
pub fn hash_token(token: &str) -> String {
    let digest = Sha256::digest(token.as_bytes());
    URL_SAFE_NO_PAD.encode(&digest[..])
}

/// The link with that token at a server, with or without a slash at the end of its address.
pub fn spell_link(server_url: &str, token: &str) -> String {
    format!("{}{PATH}{token}", server_url.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::{hash_token, spell_link, spell_token};

    #[test]
    fn a_link_ends_in_its_token() {
        let token = spell_token([255; 32]);
        assert_eq!(token, format!("{}8", "_".repeat(42)));
        for server in ["https://to.example", "https://to.example/"] {
            assert_eq!(spell_link(server, "x"), "https://to.example/v1/auth/local/link/x");
        }
    }

    #[test]
    fn a_token_is_known_by_its_hash_alone() {
        // As `printf abc | openssl dgst -sha256 -binary | basenc --base64url` writes it.
        assert_eq!(hash_token("abc"), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
        assert_ne!(hash_token("abd"), hash_token("abc"));
    }
}

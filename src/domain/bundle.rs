//! What identifies the set of builds a solution consists of.

use sha2::{Digest, Sha256};

/// The hexadecimal SHA-256 of the builds' ids, ascending, in decimal, joined by commas; so the order of bundling does
/// not matter, and no builds at all have a hash too.
pub fn bundle_hash(build_ids: &[i64]) -> String {
    let mut sorted = build_ids.to_vec();
    sorted.sort_unstable();
    let text = sorted.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
    Sha256::digest(text.as_bytes()).iter().fold(String::new(), |mut hash, byte| {
        hash.extend([byte >> 4, byte & 0xf].map(|digit| char::from_digit(digit.into(), 16).unwrap_or_default()));
        hash
    })
}

#[cfg(test)]
mod tests {
    use super::bundle_hash;

    #[test]
    fn hash_ignores_the_order_of_bundling() {
        for (ids, expected) in [
            (vec![12, 7], "49c11943dc5b88d723add19ca56e0a634750413725f69aaae154d7d3a5ee2b59"),
            (vec![7, 12], "49c11943dc5b88d723add19ca56e0a634750413725f69aaae154d7d3a5ee2b59"),
            (vec![], "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ] {
            assert_eq!(bundle_hash(&ids), expected);
        }
    }
}

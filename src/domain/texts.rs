//! Long texts: how much of one is looked at, and what stands for one.

use sha2::{Digest, Sha256};

/// As much of a text is looked at, from its end, in bytes: that is where a failing test says why.
pub(crate) const WINDOW_BYTES: usize = 1024 * 1024;

/// The end of a text that is looked at.
pub(crate) fn end_of(text: &str) -> &str {
    let start = text.len().saturating_sub(WINDOW_BYTES);
    let start = (start..=text.len()).find(|place| text.is_char_boundary(*place)).unwrap_or(start);
    text.get(start..).unwrap_or(text)
}

/// Sixteen characters that stand for a text: others of its kind have others.
pub(crate) fn checksum(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    format!("{:016x}", digest.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes)))
}

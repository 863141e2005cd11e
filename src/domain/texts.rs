//! Long texts: how much of one is looked at.

/// As much of a text is looked at, from its end, in bytes: that is where a failing test says why.
pub(crate) const WINDOW_BYTES: usize = 1024 * 1024;

/// The end of a text that is looked at.
pub(crate) fn end_of(text: &str) -> &str {
    end_within(text, WINDOW_BYTES)
}

/// The end of a text that has so many bytes, or a few less where that would cut a character in two.
pub(crate) fn end_within(text: &str, bytes: usize) -> &str {
    let start = text.len().saturating_sub(bytes);
    let start = (start..=text.len()).find(|place| text.is_char_boundary(*place)).unwrap_or(start);
    text.get(start..).unwrap_or(text)
}

/// How much of each text's end can be looked at when it may be so many bytes in all: short texts leave to long ones what they do not
/// need.
pub(crate) fn shared_window(lengths: impl Iterator<Item = usize>, in_all: usize) -> usize {
    let mut lengths: Vec<usize> = lengths.map(|length| length.min(WINDOW_BYTES)).collect();
    lengths.sort_unstable();
    let mut left = in_all;
    for (place, length) in lengths.iter().enumerate() {
        let share = left / (lengths.len() - place);
        if *length > share {
            return share;
        }
        left -= length;
    }
    WINDOW_BYTES
}

#[cfg(test)]
mod tests {
    use super::{WINDOW_BYTES, end_within, shared_window};

    #[test]
    fn long_texts_share_what_short_ones_leave() {
        for (lengths, in_all, expected) in [
            (&[][..], 0, WINDOW_BYTES),
            (&[5, 5], 10, WINDOW_BYTES),
            (&[5, 5], 9, 4),
            (&[100, 2, 50], 62, 30),
            (&[100, 2, 20], 62, 40),
            (&[2 * WINDOW_BYTES], WINDOW_BYTES, WINDOW_BYTES),
        ] {
            assert_eq!(shared_window(lengths.iter().copied(), in_all), expected, "{lengths:?}");
            let looked_at: usize = lengths.iter().map(|length| (*length).min(expected)).sum();
            assert!(looked_at <= in_all, "{lengths:?}");
        }
    }

    #[test]
    fn no_character_is_cut_in_two() {
        assert_eq!((end_within("aä", 3), end_within("aä", 2), end_within("aä", 1)), ("aä", "ä", ""));
    }
}

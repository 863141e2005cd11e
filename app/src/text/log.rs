//! Logs: cutting them to what a page can hold without freezing, their lines, their colours.

pub(crate) mod ansi;
pub(crate) mod lines;

/// Lines of a log that a page shows at once.
pub(crate) const SHOWN_LINES: usize = 2_000;
/// Bytes of a log that a page shows at once, for logs that are one long line.
pub(crate) const SHOWN_BYTES: usize = 200_000;

/// The beginning of a log, cut at the end of a line where there is one.
pub(crate) fn beginning(log: &str, max_lines: usize, max_bytes: usize) -> &str {
    let by_lines = log.match_indices('\n').nth(max_lines.saturating_sub(1)).map_or(log.len(), |(at, _)| at);
    if by_lines <= max_bytes {
        return log.get(..by_lines).unwrap_or(log);
    }
    let mut end = max_bytes;
    while !log.is_char_boundary(end) {
        end -= 1;
    }
    let head = log.get(..end).unwrap_or_default();
    head.rfind('\n').and_then(|line| head.get(..line)).unwrap_or(head)
}

/// How many lines a log has; a line break at the end starts none.
pub(crate) fn count_lines(log: &str) -> usize {
    log.lines().count()
}

/// `1` to `lines`, one a line: the column beside the log.
pub(crate) fn line_numbers(lines: usize) -> String {
    let mut numbers = String::new();
    for number in 1..=lines {
        if number > 1 {
            numbers.push('\n');
        }
        numbers.push_str(&number.to_string());
    }
    numbers
}

/// A size for people: `812 bytes`, `9.4 kB`, `10.0 MB`.
pub(crate) fn size_in_words(bytes: usize) -> String {
    let tenths = |unit: usize| {
        let tenths = bytes.saturating_add(unit / 20) * 10 / unit;
        format!("{}.{}", tenths / 10, tenths % 10)
    };
    match bytes {
        1 => "1 byte".to_owned(),
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", tenths(1_000)),
        _ => format!("{} MB", tenths(1_000_000)),
    }
}

#[cfg(test)]
mod tests {
    use super::{beginning, count_lines, line_numbers, size_in_words};

    #[test]
    fn a_log_is_cut_between_lines() {
        for (log, lines, bytes, expected) in [
            ("a\nb\nc", 2, 100, "a\nb"),
            ("a\nb\nc", 3, 100, "a\nb\nc"),
            ("a\nb\n", 9, 100, "a\nb\n"),
            ("aaaa\nbbbb", 9, 6, "aaaa"),
            ("äääää", 9, 5, "ää"),
            ("", 9, 5, ""),
        ] {
            assert_eq!(beginning(log, lines, bytes), expected, "{log:?}");
        }
    }

    #[test]
    fn lines_are_counted_and_numbered() {
        assert_eq!((count_lines(""), count_lines("a"), count_lines("a\nb\n")), (0, 1, 2));
        assert_eq!(line_numbers(3), "1\n2\n3");
    }

    #[test]
    fn sizes_read_well() {
        for (bytes, words) in
            [(0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (9_400, "9.4 kB"), (10_000_000, "10.0 MB")]
        {
            assert_eq!(size_in_words(bytes), words);
        }
    }
}

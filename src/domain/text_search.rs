//! What people type into a search field, as a pattern of SQL.

/// The `LIKE` pattern of every text that contains what was typed; none where nothing was, which finds everything.
///
/// Wildcards stand for themselves, with `ESCAPE '\'`. Upper and lower case are the statement's affair.
pub fn contains_pattern(q: &str) -> Option<String> {
    let typed = q.trim();
    if typed.is_empty() {
        return None;
    }
    let mut pattern = String::with_capacity(typed.len() + 2);
    pattern.push('%');
    for c in typed.chars() {
        if matches!(c, '\\' | '%' | '_') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    Some(pattern)
}

#[cfg(test)]
mod tests {
    use super::contains_pattern;

    #[test]
    fn what_was_typed_is_trimmed_and_stands_for_itself() {
        for (typed, expected) in [
            ("", None),
            (" \t\n\u{a0}", None),
            ("rpi", Some("%rpi%")),
            ("  Rpi 4 ", Some("%Rpi 4%")),
            ("100%", Some(r"%100\%%")),
            ("a_b", Some(r"%a\_b%")),
            (r"c:\d", Some(r"%c:\\d%")),
            ("\u{c9}t\u{e9}", Some("%\u{c9}t\u{e9}%")),
        ] {
            assert_eq!(contains_pattern(typed).as_deref(), expected, "{typed:?}");
        }
    }
}

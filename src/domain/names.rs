//! Names as other systems tell them: of people, and of groups that may be teams here.

/// The longest name that is taken, in characters.
pub(crate) const LONGEST: usize = 500;

/// A text without what nobody can see at its ends or anywhere in it; nothing if nothing is left.
pub(crate) fn clean(text: &str) -> Option<String> {
    let visible: String = text.trim().chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    (!visible.is_empty()).then_some(visible)
}

/// Whether a text can be the name of a team as it stands.
pub(crate) fn is_name(text: &str) -> bool {
    clean(text).as_deref() == Some(text)
}

#[cfg(test)]
mod tests {
    use super::{clean, is_name};

    #[test]
    fn names_hold_what_can_be_seen() {
        for (text, expected) in [(" Ana\0 L\n", Some("Ana L")), ("\u{c9}lan", Some("\u{c9}lan")), (" \t", None)] {
            assert_eq!(clean(text).as_deref(), expected, "{text:?}");
            assert_eq!(is_name(text), text == "\u{c9}lan", "{text:?}");
        }
        assert!(is_name(&"x".repeat(500)) && !is_name(&"x".repeat(501)));
    }
}

//! The order people expect of versions: `1.9` before `1.10`.

use std::{cmp::Ordering, iter::Peekable, str::Chars};

/// Compares digits as numbers and everything else by code point, ignoring case; the raw texts break a tie.
pub(crate) fn compare(left: &str, right: &str) -> Ordering {
    let (mut a, mut b) = (left.chars().peekable(), right.chars().peekable());
    loop {
        let order = match (a.peek().copied(), b.peek().copied()) {
            (None, None) => return left.cmp(right),
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(x), Some(y)) if x.is_ascii_digit() && y.is_ascii_digit() => {
                compare_numbers(&take_number(&mut a), &take_number(&mut b))
            }
            (Some(x), Some(y)) => {
                a.next();
                b.next();
                x.to_lowercase().cmp(y.to_lowercase())
            }
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// The digits from here on without leading zeros. Versions hold dates and hashes, so a number may exceed every integer type.
fn take_number(chars: &mut Peekable<Chars<'_>>) -> String {
    let mut digits = String::new();
    while let Some(digit) = chars.next_if(char::is_ascii_digit) {
        if !(digits.is_empty() && digit == '0') {
            digits.push(digit);
        }
    }
    digits
}

fn compare_numbers(left: &str, right: &str) -> Ordering {
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

#[cfg(test)]
mod tests {
    use super::compare;

    #[test]
    fn numbers_inside_versions_count() {
        for ordered in [
            ["1.9", "1.10", "1.10.1"],
            ["2.0", "2.0-rc1", "2.1"],
            ["20240101", "20240102", "20240110"],
            ["6.8.0-31.31", "6.8.0-31.32", "6.8.0-101.1"],
            ["", "a", "B"],
            ["v01", "v1", "v2"],
        ] {
            let mut sorted = ordered;
            sorted.reverse();
            sorted.sort_by(|a, b| compare(a, b));
            assert_eq!(sorted, ordered);
        }
    }
}

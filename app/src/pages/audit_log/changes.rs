//! What is different after a change, in as few words as it takes.

use serde_json::{Map, Value};

use super::words;
use crate::order;

/// As many characters of a value are shown.
const LONGEST: usize = 200;
/// As many items of a list are shown.
const ITEMS: usize = 8;

/// A field that is different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FieldChange {
    /// Its name, in words.
    pub(super) field: String,
    /// What it was, or what is not in it any more; nothing where there was nothing.
    pub(super) was: Option<String>,
    /// What it became, or what came to it; nothing where there is nothing any more.
    pub(super) became: Option<String>,
}

/// A value in words, and whether something had to be left out.
struct Told {
    text: String,
    is_cut: bool,
}

/// The fields that are different, and whether something of them was left out.
pub(super) fn changes(before: Option<&Value>, after: Option<&Value>) -> (Vec<FieldChange>, bool) {
    let (before, after) = (fields_of(before), fields_of(after));
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    order::sort(&mut names);
    names.dedup();
    let mut is_cut = false;
    let changes = names.into_iter().map(|name| {
        let (was, became) = only_what_differs(before.get(name), after.get(name));
        let mut told = |value: Option<Value>| {
            let words = value.as_ref().and_then(tell)?;
            is_cut |= words.is_cut;
            Some(words.text)
        };
        FieldChange { field: name.replace('_', " "), was: told(was), became: told(became) }
    });
    (changes.collect(), is_cut)
}

fn fields_of(value: Option<&Value>) -> Map<String, Value> {
    value.and_then(Value::as_object).cloned().unwrap_or_default()
}

/// Of two lists what only one of them has; of two objects the parts that are not equal; other values whole.
fn only_what_differs(was: Option<&Value>, became: Option<&Value>) -> (Option<Value>, Option<Value>) {
    match (was, became) {
        (Some(Value::Array(was)), Some(Value::Array(became))) => {
            let without = |items: &[Value], other: &[Value]| {
                Value::Array(items.iter().filter(|item| !other.contains(item)).cloned().collect())
            };
            (Some(without(was, became)), Some(without(became, was)))
        }
        (Some(Value::Object(was)), Some(Value::Object(became))) => {
            let without = |fields: &Map<String, Value>, other: &Map<String, Value>| {
                let differing = fields.iter().filter(|(name, value)| other.get(name.as_str()) != Some(*value));
                Value::Object(differing.map(|(name, value)| (name.clone(), value.clone())).collect())
            };
            (Some(without(was, became)), Some(without(became, was)))
        }
        (was, became) => (was.cloned(), became.cloned()),
    }
}

/// Nothing for what is empty.
fn tell(value: &Value) -> Option<Told> {
    let mut is_cut = false;
    let text = match value {
        Value::Null => return None,
        Value::Bool(value) => if *value { "yes" } else { "no" }.to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => words::value(text).to_owned(),
        Value::Array(items) => {
            let told: Vec<Told> = items.iter().take(ITEMS).filter_map(tell).collect();
            is_cut = items.len() > ITEMS || told.iter().any(|words| words.is_cut);
            let mut text = told.into_iter().map(|words| words.text).collect::<Vec<_>>().join(", ");
            if items.len() > ITEMS {
                text.extend([" and ", &(items.len() - ITEMS).to_string(), " more"]);
            }
            text
        }
        Value::Object(fields) => {
            let pairs = fields.iter().filter_map(|(name, value)| {
                let words = tell(value)?;
                is_cut |= words.is_cut;
                Some(format!("{} {}", name.replace('_', " "), words.text))
            });
            let pairs: Vec<String> = pairs.collect();
            if pairs.is_empty() { String::new() } else { format!("({})", pairs.join("; ")) }
        }
    };
    if text.is_empty() {
        return None;
    }
    if text.chars().count() > LONGEST {
        let text = text.chars().take(LONGEST).chain(['…']).collect();
        return Some(Told { text, is_cut: true });
    }
    Some(Told { text, is_cut })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::changes;

    /// The fields as `(field, was, became)`, and whether something was left out.
    fn told(before: &Value, after: &Value) -> (Vec<(String, String, String)>, bool) {
        let object = |value: &Value| value.is_object().then(|| value.clone());
        let (changes, is_cut) = changes(object(before).as_ref(), object(after).as_ref());
        let words = |text: Option<String>| text.unwrap_or_default();
        (changes.into_iter().map(|change| (change.field, words(change.was), words(change.became))).collect(), is_cut)
    }

    fn field(name: &str, was: &str, became: &str) -> (String, String, String) {
        (name.to_owned(), was.to_owned(), became.to_owned())
    }

    #[test]
    fn values_are_told_in_words() {
        let before = json!({"status": "UNDECIDED", "is_admin": false, "due_date": null, "priority": 3});
        let after = json!({"status": "APPROVED", "is_admin": true, "due_date": "2031-05-04", "priority": null});
        let expected = [
            field("due date", "", "2031-05-04"),
            field("is admin", "no", "yes"),
            field("priority", "3", ""),
            field("status", "Undecided", "Approved"),
        ];
        assert_eq!(told(&before, &after), (expected.to_vec(), false));
    }

    #[test]
    fn of_lists_only_what_came_and_went_is_told() {
        let before = json!({"permissions": ["view_test", "change_test"]});
        let after = json!({"permissions": ["view_test", "view_user"]});
        assert_eq!(told(&before, &after).0, [field("permissions", "change_test", "view_user")]);
    }

    #[test]
    fn what_was_made_or_removed_is_told_whole() {
        let rule = json!({"family": "deb", "teams": [{"id": 2, "name": "kernel"}], "name": null});
        let expected = [field("family", "", "deb"), field("name", "", ""), field("teams", "", "(id 2; name kernel)")];
        assert_eq!(told(&json!(null), &rule).0, expected);
        assert_eq!(told(&json!({"name": "old"}), &json!(null)).0, [field("name", "old", "")]);
    }

    #[test]
    fn what_is_long_is_cut_and_said_to_be() {
        let ids: Vec<i64> = (1..=10).collect();
        let (changes, is_cut) = told(&json!(null), &json!({"test_result_ids": ids}));
        assert_eq!((changes, is_cut), (vec![field("test result ids", "", "1, 2, 3, 4, 5, 6, 7, 8 and 2 more")], true));
        let (changes, is_cut) = told(&json!({"comment": "x".repeat(500)}), &json!({"comment": ""}));
        assert_eq!((changes[0].1.chars().count(), is_cut), (201, true));
    }
}

//! What the audit log says: who did what to what, and what was different after it.

use app::api::{AuditAction, AuditActorKind, AuditSubjectKind};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::access::Caller;

/// As many results are named by an entry that is about more.
const NAMED_RESULTS: usize = 100;
/// What entries leave out: they have the subject's id and the time themselves.
const LEFT_OUT: [&str; 3] = ["id", "created_at", "updated_at"];

/// Who makes a request, or runs a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// What kind of somebody.
    pub kind: AuditActorKind,
    /// The id of a user or application.
    pub id: Option<i64>,
    /// The name of a user or application; `""` for others.
    pub name: String,
    /// Where the request comes from; `""` where nobody can say.
    pub address: String,
}

impl Actor {
    /// Whoever runs a command on the server.
    pub fn operator() -> Self {
        Self { kind: AuditActorKind::Operator, id: None, name: String::new(), address: String::new() }
    }

    /// Whoever calls: the person, where a request carries a session and a key.
    pub fn of(caller: &Caller, address: String) -> Self {
        let (kind, id, name) = match (&caller.user, &caller.application) {
            (Some(user), _) => (AuditActorKind::User, Some(user.id), user.name.clone()),
            (None, Some(application)) => (AuditActorKind::Application, Some(application.id), application.name.clone()),
            (None, None) => (AuditActorKind::Anonymous, None, String::new()),
        };
        Self { kind, id, name, address }
    }
}

/// What was done to something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What was done.
    pub action: AuditAction,
    /// What kind of thing it was done to.
    pub subject_kind: AuditSubjectKind,
    /// The id of that thing.
    pub subject_id: i64,
    /// The fields that are different after it, as they were.
    pub before: Option<Value>,
    /// The fields that are different after it, as they became.
    pub after: Option<Value>,
}

impl Entry {
    /// Something was done of which there is nothing to show.
    pub fn done(action: AuditAction, subject_kind: AuditSubjectKind, subject_id: i64) -> Self {
        Self { action, subject_kind, subject_id, before: None, after: None }
    }

    /// Something was made. Fields that are empty are left out.
    pub fn created(subject_kind: AuditSubjectKind, subject_id: i64, after: &impl Serialize) -> Self {
        let after = Some(Value::Object(drop_empty(fields_of(after))));
        Self { after, ..Self::done(AuditAction::Create, subject_kind, subject_id) }
    }

    /// Something was removed. Fields that were empty are left out.
    pub fn deleted(subject_kind: AuditSubjectKind, subject_id: i64, before: &impl Serialize) -> Self {
        let before = Some(Value::Object(drop_empty(fields_of(before))));
        Self { before, ..Self::done(AuditAction::Delete, subject_kind, subject_id) }
    }

    /// Something was changed; nothing where it is as it was.
    pub fn updated<T: Serialize>(
        subject_kind: AuditSubjectKind,
        subject_id: i64,
        before: &T,
        after: &T,
    ) -> Option<Self> {
        let (before, after) = (fields_of(before), fields_of(after));
        let (was, became) = (difference(&before, &after), difference(&after, &before));
        (!was.is_empty() || !became.is_empty()).then(|| Self {
            before: Some(Value::Object(was)),
            after: Some(Value::Object(became)),
            ..Self::done(AuditAction::Update, subject_kind, subject_id)
        })
    }

    /// An issue came to results: how many, and the first of them by id; nothing where there were none.
    pub fn attached(
        action: AuditAction,
        subject_kind: AuditSubjectKind,
        subject_id: i64,
        result_ids: Vec<i64>,
    ) -> Option<Self> {
        let after = Some(show_results(result_ids)?);
        Some(Self { after, ..Self::done(action, subject_kind, subject_id) })
    }

    /// An issue was taken from results, likewise.
    pub fn detached(
        action: AuditAction,
        subject_kind: AuditSubjectKind,
        subject_id: i64,
        result_ids: Vec<i64>,
    ) -> Option<Self> {
        let before = Some(show_results(result_ids)?);
        Some(Self { before, ..Self::done(action, subject_kind, subject_id) })
    }
}

fn fields_of(shown: &impl Serialize) -> Map<String, Value> {
    // What is shown can always be written as JSON, and is an object.
    let Ok(Value::Object(mut fields)) = serde_json::to_value(shown) else { return Map::new() };
    fields.retain(|name, _| !LEFT_OUT.contains(&name.as_str()));
    fields
}

fn drop_empty(mut fields: Map<String, Value>) -> Map<String, Value> {
    fields.retain(|_, value| match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    });
    fields
}

/// The fields that the other one has not, or has with another value.
fn difference(fields: &Map<String, Value>, other: &Map<String, Value>) -> Map<String, Value> {
    let differing = fields.iter().filter(|(name, value)| other.get(name.as_str()) != Some(*value));
    differing.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn show_results(mut ids: Vec<i64>) -> Option<Value> {
    if ids.is_empty() {
        return None;
    }
    let count = ids.len();
    // Databases name them in any order.
    ids.sort_unstable();
    ids.truncate(NAMED_RESULTS);
    Some(json!({"test_results_count": count, "test_result_ids": ids}))
}

#[cfg(test)]
mod tests {
    use app::api::{AuditAction, AuditActorKind, AuditSubjectKind};
    use serde_json::{Value, json};

    use super::{Actor, Entry};
    use crate::domain::access::{Application, Caller, User};

    const TEAM: AuditSubjectKind = AuditSubjectKind::Team;

    #[test]
    fn a_change_shows_the_fields_that_differ() {
        for (before, after, expected) in [
            (json!({}), json!({}), None),
            (json!({"a": 1, "b": [1]}), json!({"b": [1], "a": 1}), None),
            (json!({"a": 1, "b": 2}), json!({"a": 1, "b": 3}), Some((json!({"b": 2}), json!({"b": 3})))),
            (json!({"a": null}), json!({"a": ""}), Some((json!({"a": null}), json!({"a": ""})))),
            (json!({"a": [1, 2]}), json!({"a": [2, 1]}), Some((json!({"a": [1, 2]}), json!({"a": [2, 1]})))),
            (json!({"a": 1}), json!({"b": 1}), Some((json!({"a": 1}), json!({"b": 1})))),
            (json!({"id": 1, "updated_at": 1, "created_at": 1}), json!({"id": 2, "updated_at": 2}), None),
        ] {
            let entry = Entry::updated(TEAM, 7, &before, &after);
            let shown = entry.map(|entry| (entry.before.unwrap(), entry.after.unwrap()));
            assert_eq!(shown, expected, "{before} {after}");
        }
    }

    #[test]
    fn what_is_made_or_removed_shows_the_fields_that_say_something() {
        let whole = json!({
            "id": 7, "name": "x", "none": null, "text": "", "list": [], "object": {}, "no": false, "zero": 0,
            "items": [null],
        });
        let said = json!({"name": "x", "no": false, "zero": 0, "items": [null]});
        let created = Entry::created(TEAM, 7, &whole);
        assert_eq!((created.before, created.after), (None, Some(said.clone())));
        let deleted = Entry::deleted(TEAM, 7, &whole);
        assert_eq!((deleted.before, deleted.after), (Some(said), None));
    }

    #[test]
    fn of_many_results_the_first_hundred_are_named() {
        let shown =
            |ids: Vec<i64>| Entry::attached(AuditAction::Attach, TEAM, 7, ids).map(|entry| entry.after.unwrap());
        assert_eq!(shown(Vec::new()), None);
        assert_eq!(shown(vec![9, 3, 5]), Some(json!({"test_results_count": 3, "test_result_ids": [3, 5, 9]})));
        let first: Vec<i64> = (1..=100).collect();
        let expected = json!({"test_results_count": 101, "test_result_ids": first});
        assert_eq!(shown((1..=101).rev().collect()), Some(expected));
        let detached = Entry::detached(AuditAction::Undo, TEAM, 7, vec![2]).unwrap();
        let expected = json!({"test_results_count": 1, "test_result_ids": [2]});
        assert_eq!((detached.before, detached.after), (Some(expected), None::<Value>));
    }

    #[test]
    fn an_actor_is_the_person_before_the_application() {
        let user = User { id: 1, name: "Kim".to_owned(), is_admin: false, permissions: Vec::new() };
        let application = Application { id: 2, name: "ci".to_owned(), permissions: Vec::new() };
        for (user, application, kind, id, name) in [
            (Some(user.clone()), None, AuditActorKind::User, Some(1), "Kim"),
            (Some(user), Some(application.clone()), AuditActorKind::User, Some(1), "Kim"),
            (None, Some(application), AuditActorKind::Application, Some(2), "ci"),
            (None, None, AuditActorKind::Anonymous, None, ""),
        ] {
            let actor = Actor::of(&Caller { user, application }, "10.0.0.1".to_owned());
            let expected = Actor { kind, id, name: name.to_owned(), address: "10.0.0.1".to_owned() };
            assert_eq!(actor, expected);
        }
    }
}

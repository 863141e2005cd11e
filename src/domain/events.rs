//! Events: what they say, whom they concern, and how many of them are few enough.

use std::collections::{BTreeSet, HashSet};

use app::api::{EventKind, EventResponse, FamilyName};
use serde::{Deserialize, Serialize};

/// As many events of one transaction are told apart. Of more it is said which artefacts they are about, and of more of
/// these only that there are some.
const MOST: usize = 100;

/// That something changed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Event {
    /// What kind of thing.
    pub kind: EventKind,
    /// Which one. Nobody but the user that is named here may hear of a notification.
    #[serde(flatten)]
    pub about: EventResponse,
}

impl Event {
    /// Something about an artefact changed.
    pub fn of_artefact(kind: EventKind, artefact_id: i64, family: FamilyName) -> Self {
        let about = EventResponse { artefact_id: Some(artefact_id), family: Some(family), ..EventResponse::default() };
        Self { kind, about }
    }

    /// Something about an execution changed.
    pub fn of_execution(kind: EventKind, artefact_id: i64, family: FamilyName, test_execution_id: i64) -> Self {
        let mut event = Self::of_artefact(kind, artefact_id, family);
        event.about.test_execution_id = Some(test_execution_id);
        event
    }

    /// A review changed.
    pub fn of_review(artefact_id: i64, family: FamilyName, environment_review_id: i64) -> Self {
        let mut event = Self::of_artefact(EventKind::EnvironmentReview, artefact_id, family);
        event.about.environment_review_id = Some(environment_review_id);
        event
    }

    /// An issue changed, or what it is attached to.
    pub fn of_issue(issue_id: i64) -> Self {
        let about = EventResponse { issue_id: Some(issue_id), ..EventResponse::default() };
        Self { kind: EventKind::Issue, about }
    }

    /// A user's notifications changed.
    pub fn of_notification(user_id: i64) -> Self {
        let about = EventResponse { user_id: Some(user_id), ..EventResponse::default() };
        Self { kind: EventKind::Notification, about }
    }
}

/// The events of one transaction, each once, in their order; in less detail when there are too many.
pub fn coalesce(events: Vec<Event>) -> Vec<Event> {
    let without_parts = |about: EventResponse| EventResponse {
        artefact_id: about.artefact_id,
        family: about.family,
        issue_id: about.issue_id,
        user_id: about.user_id,
        ..EventResponse::default()
    };
    // Whose a notification is decides who may hear of it.
    let without_ids = |about: EventResponse| EventResponse {
        family: about.family,
        user_id: about.user_id,
        ..EventResponse::default()
    };
    let mut events = each_once(events);
    for reduce in [without_parts, without_ids] {
        if events.len() <= MOST {
            break;
        }
        events = each_once(events.into_iter().map(|event| Event { about: reduce(event.about), ..event }).collect());
    }
    events
}

fn each_once(events: Vec<Event>) -> Vec<Event> {
    let mut seen = HashSet::new();
    events.into_iter().filter(|event| seen.insert(event.clone())).collect()
}

/// Which events somebody follows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Of these kinds.
    pub kinds: BTreeSet<EventKind>,
    /// About this artefact.
    pub artefact_id: Option<i64>,
    /// About artefacts of this family.
    pub family: Option<FamilyName>,
    /// Whose notifications.
    pub user_id: Option<i64>,
}

impl EventFilter {
    /// Whether the event may concern whoever follows. One that names no artefact may be about any.
    pub fn admits(&self, event: &Event) -> bool {
        let about = &event.about;
        let is_own = event.kind != EventKind::Notification || about.user_id.is_some() && about.user_id == self.user_id;
        self.kinds.contains(&event.kind)
            && is_own
            && may_be(about.artefact_id, self.artefact_id)
            && may_be(about.family, self.family)
    }
}

fn may_be<T: Copy + PartialEq>(found: Option<T>, wanted: Option<T>) -> bool {
    found.is_none() || wanted.is_none() || found == wanted
}

#[cfg(test)]
mod tests {
    use app::api::EventKind::{Artefact, Issue, Notification, TestResult};
    use app::api::FamilyName::{Deb, Snap};

    use super::*;

    fn results(artefact: i64, execution: i64) -> Event {
        Event::of_execution(TestResult, artefact, Snap, execution)
    }

    #[test]
    fn an_event_is_a_kind_and_ids() {
        let text = serde_json::to_string(&results(12, 34)).unwrap();
        assert_eq!(text, r#"{"kind":"test_result","artefact_id":12,"family":"snap","test_execution_id":34}"#);
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), results(12, 34));
    }

    #[test]
    fn few_events_are_told_each_once() {
        let events = vec![results(1, 1), Event::of_issue(7), results(1, 1), results(1, 2)];
        assert_eq!(coalesce(events), [results(1, 1), Event::of_issue(7), results(1, 2)]);
    }

    #[test]
    fn many_events_are_told_in_less_detail_and_never_to_somebody_else() {
        let users: Vec<Event> = (0..150).map(Event::of_notification).collect();
        for (count, artefacts, expected) in [
            (100, 100, (0..100).map(|id| results(id, id)).collect()),
            (1_000, 2, vec![Event::of_artefact(TestResult, 0, Snap), Event::of_artefact(TestResult, 1, Snap)]),
            (
                1_000,
                1_000,
                vec![Event {
                    kind: TestResult,
                    about: EventResponse { family: Some(Snap), ..EventResponse::default() },
                }],
            ),
        ] {
            let events: Vec<Event> = (0..count).map(|id| results(id % artefacts, id)).collect();
            assert_eq!(coalesce(events), expected, "{count}");
        }
        assert_eq!(coalesce(users.clone()), users);
        let issues = coalesce((0..150).map(Event::of_issue).collect());
        assert_eq!(issues, [Event { kind: Issue, about: EventResponse::default() }]);
    }

    #[test]
    fn a_filter_admits_what_may_concern_it() {
        let kinds: BTreeSet<EventKind> = [Artefact, TestResult, Notification].into();
        let broad = Event { kind: TestResult, about: EventResponse::default() };
        let nobodys = Event { kind: Notification, about: EventResponse::default() };
        for (artefact_id, family, user_id, event, expected) in [
            (None, None, None, results(1, 2), true),
            (Some(1), Some(Snap), None, results(1, 2), true),
            (Some(2), None, None, results(1, 2), false),
            (None, Some(Deb), None, results(1, 2), false),
            (Some(2), Some(Deb), None, broad, true),
            (None, None, None, Event::of_issue(1), false),
            (None, None, None, Event::of_notification(5), false),
            (None, None, Some(6), Event::of_notification(5), false),
            (Some(1), Some(Deb), Some(5), Event::of_notification(5), true),
            (None, None, None, nobodys.clone(), false),
            (None, None, Some(5), nobodys, false),
        ] {
            let filter = EventFilter { kinds: kinds.clone(), artefact_id, family, user_id };
            assert_eq!(filter.admits(&event), expected, "{filter:?} {event:?}");
        }
    }
}

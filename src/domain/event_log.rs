//! The last events of a process, so that whoever was away for a moment hears what they missed.

use std::collections::VecDeque;

use super::events::Event;

/// As many events are kept.
const KEPT: usize = 1_024;

/// The last events in their order. A reader has a place in it: how many events there were before.
#[derive(Debug)]
pub struct EventLog {
    kept: VecDeque<KeptEvent>,
    /// How many there were before the first that is kept.
    forgotten: u64,
    /// The name of the place before the first that is kept.
    start: String,
    is_over: bool,
}

/// An event with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptEvent {
    /// The name, which no other event has.
    pub id: String,
    /// The event.
    pub event: Event,
    /// The user whose doing it is.
    pub by: Option<i64>,
}

/// What a reader finds.
#[derive(Debug, PartialEq, Eq)]
pub enum Reading<'a> {
    /// The next event.
    Next(&'a KeptEvent),
    /// Nothing new.
    UpToDate,
    /// There were events that nobody can tell any longer.
    Missed,
}

impl EventLog {
    /// Nothing has happened yet; the name is that of this moment.
    pub fn new(start: String) -> Self {
        Self { kept: VecDeque::new(), forgotten: 0, start, is_over: false }
    }

    /// Keeps an event. The oldest is forgotten when there are too many.
    pub fn push(&mut self, event: KeptEvent) {
        self.kept.push_back(event);
        if self.kept.len() > KEPT
            && let Some(oldest) = self.kept.pop_front()
        {
            self.forgotten += 1;
            self.start = oldest.id;
        }
    }

    /// Notes that events may have been lost: every reader has missed something. The name is that of this moment.
    pub fn interrupt(&mut self, start: String) {
        // One more than there were, so that also those who had read everything are behind.
        self.forgotten = self.end() + 1;
        self.kept.clear();
        self.start = start;
    }

    /// Nothing happens any more.
    pub fn finish(&mut self) {
        self.is_over = true;
    }

    /// Whether nothing happens any more.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// The place behind the last event.
    pub fn end(&self) -> u64 {
        self.forgotten + u64::try_from(self.kept.len()).unwrap_or(u64::MAX)
    }

    /// The name of the place behind the last event.
    pub fn end_id(&self) -> &str {
        self.kept.back().map_or(&self.start, |last| &last.id)
    }

    /// The place behind what is called so; nothing when that is not known.
    pub fn find(&self, id: &str) -> Option<u64> {
        if id == self.start {
            return Some(self.forgotten);
        }
        let index = self.kept.iter().rposition(|kept| kept.id == id)?;
        Some(self.forgotten + u64::try_from(index).ok()? + 1)
    }

    /// What stands at a place.
    pub fn read(&self, place: u64) -> Reading<'_> {
        let Some(index) = place.checked_sub(self.forgotten) else { return Reading::Missed };
        let next = usize::try_from(index).ok().and_then(|index| self.kept.get(index));
        next.map_or(Reading::UpToDate, Reading::Next)
    }
}

#[cfg(test)]
mod tests {
    use super::{Event, EventLog, KEPT, KeptEvent, Reading};

    fn add(log: &mut EventLog, numbers: std::ops::Range<usize>) {
        for number in numbers {
            log.push(KeptEvent { id: number.to_string(), event: Event::of_issue(1), by: None });
        }
    }

    /// The names of what a reader finds from a place on, and whether something was missed.
    fn read(log: &EventLog, mut place: u64) -> (Vec<&str>, bool) {
        let mut ids = Vec::new();
        loop {
            match log.read(place) {
                Reading::Next(kept) => ids.push(kept.id.as_str()),
                Reading::UpToDate => return (ids, false),
                Reading::Missed => return (ids, true),
            }
            place += 1;
        }
    }

    #[test]
    fn whoever_knows_a_name_hears_what_came_behind_it() {
        let mut log = EventLog::new("start".to_owned());
        assert_eq!((log.end_id(), log.find("start")), ("start", Some(log.end())));
        add(&mut log, 0..3);
        for (id, expected) in [("start", vec!["0", "1", "2"]), ("0", vec!["1", "2"]), ("2", vec![])] {
            assert_eq!(read(&log, log.find(id).unwrap()), (expected, false), "{id}");
        }
        assert_eq!((log.end_id(), log.find("3"), log.find("")), ("2", None, None));
    }

    #[test]
    fn the_oldest_are_forgotten_and_a_slow_reader_has_missed_something() {
        let mut log = EventLog::new("start".to_owned());
        let slow = log.end();
        add(&mut log, 0..KEPT);
        assert_eq!(read(&log, slow).0.len(), KEPT);
        add(&mut log, KEPT..KEPT + 2);
        assert_eq!(read(&log, slow), (vec![], true));
        assert_eq!((log.find("start"), log.find("0")), (None, None));
        // The name of the last that was forgotten is where the rest begins.
        assert_eq!(read(&log, log.find("1").unwrap()).0.len(), KEPT);
        assert_eq!(log.kept.len(), KEPT);
    }

    #[test]
    fn an_interruption_leaves_everybody_behind() {
        let mut log = EventLog::new("start".to_owned());
        add(&mut log, 0..2);
        let up_to_date = log.end();
        log.interrupt("again".to_owned());
        assert_eq!((read(&log, up_to_date), log.find("1")), ((vec![], true), None));
        add(&mut log, 2..3);
        assert_eq!(read(&log, log.find("again").unwrap()), (vec!["2"], false));
    }
}

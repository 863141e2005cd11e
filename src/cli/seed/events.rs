//! The events of a run, as the agent of its machine reports them.

use app::api::{Instant, StatusUpdateRequest, TestEventRequest};
use chrono::TimeDelta;

use super::executions::{Ending, Run};
use super::seeder::Seeder;
use crate::store::Moment;

const BEGINNING: &[(&str, i64, &str)] =
    &[("setup_start", 8, ""), ("setup_end", 21, ""), ("provision_start", 22, "Writing the image to the disk")];
const MIDDLE: &[(&str, i64, &str)] = &[("provision_end", 540, ""), ("test_start", 545, "")];
const END: &[(&str, i64, &str)] =
    &[("test_end", 3_100, ""), ("cleanup_end", 3_140, ""), ("job_end", 3_150, "complete")];
const FAILURE: &[(&str, i64, &str)] = &[
    ("provision_fail", 1_260, "The machine did not come back within 20 minutes"),
    ("recovery_start", 1_265, "Power is cut and given again"),
    ("recovery_fail", 1_900, "No answer on the serial console"),
    ("job_end", 1_905, "recovery_fail"),
];

impl Seeder {
    /// What the agent reports of a run that began then; nothing where none has begun.
    pub(super) fn events_of(&self, run: &Run, begin: Moment) -> StatusUpdateRequest {
        let parts: &[&[(&str, i64, &str)]] = match run.ending {
            Ending::NotStarted | Ending::NotTested => return StatusUpdateRequest { events: Vec::new() },
            Ending::Begun => &[BEGINNING],
            Ending::HalfWay => &[BEGINNING, MIDDLE],
            Ending::Premature => &[BEGINNING, FAILURE],
            Ending::Complete | Ending::AtOnce => &[BEGINNING, MIDDLE, END],
        };
        let mut chance = self.chance(&["events", &run.words()]);
        let job = format!("https://agents.example.com/{}/jobs/{:08x}", run.machine.name, chance.below(4_294_967_296));
        let mut events = vec![event("job_start", begin, &job)];
        for (name, seconds, detail) in parts.iter().copied().flatten() {
            let late = i64::try_from(chance.below(6_000)).unwrap_or_default();
            let moment = begin + TimeDelta::seconds(*seconds) + TimeDelta::milliseconds(late);
            events.push(event(name, moment.min(self.plan.now), detail));
        }
        StatusUpdateRequest { events }
    }
}

fn event(name: &str, moment: Moment, detail: &str) -> TestEventRequest {
    TestEventRequest { event_name: name.to_owned(), timestamp: Instant(moment), detail: detail.to_owned() }
}

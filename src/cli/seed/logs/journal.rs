//! Journals of machines, from a page to a hundred thousand lines.

use app::api::TestResultStatus;

use super::super::chance::Chance;
use super::command::append;
use super::phrases::{KERNEL, SERVICES};
use super::{Subject, fill, push, step};

/// Writes what the machine wrote down while the test ran.
pub(super) fn write(subject: &Subject<'_>, chance: &mut Chance) -> String {
    let mut log = String::new();
    let mut moment = subject.moment;
    for _ in 0..subject.lines {
        step(&mut moment, chance, 900_000);
        push(&mut log, format_args!("{} {} ", moment.format("%b %d %H:%M:%S%.3f"), subject.machine));
        if chance.one_in(2) {
            log.push_str("kernel: ");
            let template = chance.pick(KERNEL);
            fill(&mut log, template, chance);
        } else {
            let (service, template) = chance.pick(SERVICES);
            log.push_str(service);
            log.push_str(": ");
            fill(&mut log, template, chance);
        }
    }
    append(&mut log, subject.symptom);
    log
}

/// Lines of one cycle of suspending and resuming.
const LINES_OF_A_CYCLE: u64 = 5;

/// Writes one suspend after the other, as the kernel tells of them.
pub(super) fn write_suspends(subject: &Subject<'_>, chance: &mut Chance) -> String {
    let mut log = format!("$ probe-stress-suspend --machine {}\n", subject.machine);
    let mut micros = 41_000_000;
    for cycle in 1..=subject.lines / LINES_OF_A_CYCLE {
        let (device, other) = (580 + chance.below(40), 700 + chance.below(90));
        for text in [
            format!("pm: suspend entry (deep), cycle {cycle}"),
            format!("pm: 0000:00:14.0 late suspend took {device} us"),
            format!("pm: suspend exit, cycle {cycle}, slept {} ms", 5_000 + chance.below(90)),
            format!("wlan0: associated again after {other} ms"),
            format!("probe: cycle {cycle}: all {} checks passed", 14),
        ] {
            // The clock of this log ticks in milliseconds.
            micros += 1_000 * (1 + chance.below(900));
            push(&mut log, format_args!("[{:>8}.{:06}] {text}\n", micros / 1_000_000, micros % 1_000_000));
        }
    }
    if subject.status == TestResultStatus::Passed {
        log.push_str("PASS every cycle came back\n");
    }
    append(&mut log, subject.symptom);
    log
}

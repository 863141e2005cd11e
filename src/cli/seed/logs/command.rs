//! Logs of tools on the command line.

use app::api::TestResultStatus;

use super::super::chance::Chance;
use super::phrases::STEPS;
use super::{Subject, fill, push};

/// Writes what a tool prints: the command, what it does, and its verdict, in colours when chance says so.
pub(super) fn write(subject: &Subject<'_>, chance: &mut Chance) -> String {
    let has_colours = chance.one_in(3);
    let paint =
        |code: &str, text: &str| if has_colours { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() };
    let tool = subject.case.replace('/', "-");
    let mut log = format!("$ probe-{tool} --machine {} --verbose\n", subject.machine);
    push(&mut log, format_args!("probe-{tool} {}\n", paint("2", "reads /etc/probe/lab.conf")));
    for _ in 0..24 + chance.below(56) {
        if has_colours && chance.one_in(9) {
            push(&mut log, format_args!("{} ", paint("33", "note")));
        }
        let template = chance.pick(STEPS);
        fill(&mut log, template, chance);
    }
    match subject.status {
        TestResultStatus::Passed => {
            push(&mut log, format_args!("{} after {} s\n", paint("1;32", "PASS"), chance.below(120)));
        }
        _ if subject.symptom.is_empty() => {
            push(&mut log, format_args!("{} the tool was killed by signal 9\n", paint("1;31", "FAIL")));
        }
        _ => append(&mut log, subject.symptom),
    }
    log
}

/// Appends lines as they are.
pub(super) fn append(log: &mut String, lines: &[&str]) {
    for line in lines {
        log.push_str(line);
        log.push('\n');
    }
}

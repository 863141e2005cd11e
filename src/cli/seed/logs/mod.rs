//! Logs of tests, written by chance and as repetitive as real ones.

mod command;
mod framework;
mod journal;
mod phrases;

use std::fmt::Write;

use app::api::TestResultStatus;
use chrono::TimeDelta;

use super::chance::Chance;
use super::test_cases::{Case, LogStyle};
use crate::store::Moment;

/// What a log is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject<'a> {
    /// The case.
    pub(super) case: &'a str,
    /// The machine.
    pub(super) machine: &'a str,
    /// When the test began.
    pub(super) moment: Moment,
    /// How it ended.
    pub(super) status: TestResultStatus,
    /// What the log ends with, where something went wrong.
    pub(super) symptom: &'a [&'a str],
    /// Lines of a journal.
    pub(super) lines: u64,
}

/// Lines of a journal that nobody cares about.
pub(super) const SHORT_JOURNAL: u64 = 90;
/// Lines of the longest log.
pub(super) const LONGEST_LOG: u64 = 100_000;

/// Writes a log in the style of the case.
pub(super) fn write_log(case: Case, subject: &Subject<'_>, chance: &mut Chance) -> String {
    if subject.status == TestResultStatus::Skipped {
        return subject.symptom.join("\n");
    }
    match case.group.style {
        LogStyle::Silent => subject.symptom.join("\n"),
        LogStyle::Command => command::write(subject, chance),
        LogStyle::Framework => framework::write(subject, chance),
        LogStyle::Journal => journal::write(subject, chance),
        LogStyle::Suspend => journal::write_suspends(subject, chance),
    }
}

/// Appends what a format says; nothing can go wrong where it is written into memory.
fn push(log: &mut String, text: std::fmt::Arguments<'_>) {
    log.write_fmt(text).unwrap_or_default();
}

/// Appends a template with chance in the place of its `{words}`.
fn fill(log: &mut String, template: &str, chance: &mut Chance) {
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once('{') {
        log.push_str(before);
        let (word, behind) = behind.split_once('}').unwrap_or((behind, ""));
        log.push_str(&draw_word(word, chance));
        rest = behind;
    }
    log.push_str(rest);
    log.push('\n');
}

fn draw_word(word: &str, chance: &mut Chance) -> String {
    match word {
        "n" => chance.below(40).to_string(),
        "k" => (1_024 + 128 * chance.below(40)).to_string(),
        // A machine has few addresses and numbers, which come again and again.
        "hex" => format!("{:08x}", 0x5a3c_91e7_u64.wrapping_mul(1 + chance.below(24)) & 0xffff_ffff),
        "mac" => format!("02:00:5e:10:7c:{:02x}", 16 * chance.below(6)),
        "ms" => format!("{}.{:03}", chance.below(12), 20 * chance.below(50)),
        "unit" => chance.pick(phrases::UNITS).to_owned(),
        "dev" => chance.pick(phrases::DEVICES).to_owned(),
        _ => word.to_owned(),
    }
}

/// The time of the next line, a little later.
fn step(moment: &mut Moment, chance: &mut Chance, most: u64) {
    let micros = i64::try_from(chance.below(most)).unwrap_or_default();
    *moment += TimeDelta::microseconds(micros);
}

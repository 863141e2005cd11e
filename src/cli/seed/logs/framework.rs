//! Logs of a test framework: a header, a line for each test, and what went wrong in full.

use app::api::TestResultStatus;

use super::super::chance::Chance;
use super::{Subject, fill, push};

const CHECKS: &[&str] = &[
    "deploys",
    "settles",
    "answers",
    "keeps_data",
    "reconnects",
    "refuses_strangers",
    "logs_no_secrets",
    "scales",
    "cleans_up",
];
const PROGRESS: &[&str] = &[
    "model default: {unit}: waiting for its peers ({n} of 100)",
    "unit/{n}: active, idle for {ms} s",
    "unit/{n}: executing, hook {hex}",
    "query {k}: {ms} ms",
    "controller: {k} events, {n} of them late",
];

/// Writes a report.
pub(super) fn write(subject: &Subject<'_>, chance: &mut Chance) -> String {
    let module = format!("tests/{}.py", subject.case.replace(['/', '-'], "_"));
    let mut log = format!("{:=^80}\n", " test session starts ");
    push(&mut log, format_args!("machine {}, {} tests collected\n\n", subject.machine, CHECKS.len()));
    let has_failed = subject.status == TestResultStatus::Failed;
    let culprit = chance.below(9);
    for (place, check) in (0_u64..).zip(CHECKS) {
        push(&mut log, format_args!("{module}::test_{check}\n"));
        for _ in 0..2 + chance.below(6) {
            log.push_str("    INFO  ");
            let template = chance.pick(PROGRESS);
            fill(&mut log, template, chance);
        }
        let verdict =
            if has_failed && place == culprit { "\u{1b}[31mFAILED\u{1b}[0m" } else { "\u{1b}[32mPASSED\u{1b}[0m" };
        push(&mut log, format_args!("{module}::test_{check} {verdict} [{:>3}%]\n", (place + 1) * 100 / 9));
    }
    if has_failed {
        push_failure(&mut log, subject, &module, chance);
    }
    let (failed, colour) = if has_failed { (1, 31) } else { (0, 32) };
    let summary =
        format!(" {} passed, {failed} failed in {}.{:02}s ", 9 - failed, chance.below(900), chance.below(100));
    push(&mut log, format_args!("\u{1b}[{colour}m{summary:=^80}\u{1b}[0m\n"));
    log
}

fn push_failure(log: &mut String, subject: &Subject<'_>, module: &str, chance: &mut Chance) {
    push(log, format_args!("{:=^80}\n", " failures "));
    log.push_str("    async def check(model, unit):\n        await model.settle(timeout=900)\n");
    log.push_str("        status = await unit.status()\n");
    if subject.symptom.is_empty() {
        log.push_str(">       assert status.is_settled\nE       AssertionError: still busy after 900 s\n");
    }
    for line in subject.symptom {
        push(log, format_args!(">       \u{1b}[1m{line}\u{1b}[0m\n"));
    }
    push(log, format_args!("\n{module}:{}: error\n", 20 + chance.below(200)));
}

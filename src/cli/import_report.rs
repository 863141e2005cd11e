//! What `test-observer import` says of what it found and did.

use crate::service::import::{ImportReport, Inspection, TableCheck, TablePlan};
use crate::store::import::{Key, Misfit, Table};

/// The report in lines.
pub(super) fn spell(report: &ImportReport) -> String {
    let mut lines = spell_inspection(&report.inspection);
    lines.extend(report.misfits.iter().map(spell_misfit));
    if !report.plans.is_empty() {
        lines.push(format!(
            "{:54} {:>10} {:>10} {:>10} {:>10} {:>10}",
            "table", "there", "here", "new", "changed", "gone"
        ));
        lines.extend(report.plans.iter().map(spell_plan));
    }
    lines.extend(report.plans.iter().flat_map(spell_refusals));
    if !report.checks.is_empty() {
        lines.push(format!(
            "{:54} {:>10} {:>10} {:16} {:16}",
            "checked", "there", "here", "checksum there", "checksum here"
        ));
        lines.extend(report.checks.iter().flat_map(spell_check));
    }
    lines.push(String::new());
    lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
}

fn spell_inspection(inspection: &Inspection) -> Vec<String> {
    let lists = [
        (
            "not there, stays as it is here: table",
            inspection.missing_tables.iter().map(|&name| name.to_owned()).collect(),
        ),
        ("not there, gets what new rows have: column", inspection.missing_columns.clone()),
        ("not known, stays behind: table", inspection.unknown_tables.clone()),
        ("not known, stays behind: column", inspection.unknown_columns.clone()),
    ];
    let lines =
        |(what, names): (&str, Vec<String>)| names.into_iter().map(|name| format!("{what} {name}")).collect::<Vec<_>>();
    lists.into_iter().flat_map(lines).collect()
}

fn spell_misfit(misfit: &Misfit) -> String {
    let ids: Vec<String> = misfit.examples.iter().map(i64::to_string).collect();
    let more = if misfit.rows > misfit.examples.len() as u64 { ", …" } else { "" };
    format!(
        "does not fit: {}.{} {} in {} rows: {}{more}",
        misfit.table,
        misfit.column,
        misfit.reason,
        misfit.rows,
        ids.join(", ")
    )
}

fn spell_plan(plan: &TablePlan) -> String {
    format!(
        "{:54} {:>10} {:>10} {:>10} {:>10} {:>10}",
        plan.table.name, plan.there, plan.here, plan.new, plan.changed, plan.gone
    )
}

fn spell_refusals(plan: &TablePlan) -> Vec<String> {
    let mut lines = Vec::new();
    let rows = spell_keys(plan.table, &plan.examples);
    if plan.own > 0 {
        lines.push(format!(
            "made here: {} rows of {}{rows}; copy into a database of its own",
            plan.own, plan.table.name
        ));
    }
    if plan.collisions > 0 {
        lines.push(format!(
            "made or changed here, and other there: {} rows of {}{rows}",
            plan.collisions, plan.table.name
        ));
    }
    lines
}

fn spell_check(check: &TableCheck) -> Vec<String> {
    let mut lines = vec![format!(
        "{:54} {:>10} {:>10} {:16} {:16}",
        check.table, check.there, check.here, check.checksum_there, check.checksum_here
    )];
    if check.extra > 0 {
        lines.push(format!("here only: {} rows of {}", check.extra, check.table));
    }
    if !check.is_same() {
        let keys: Vec<String> = check.examples.iter().map(|key| format!("{}/{}", key[0], key[1])).collect();
        lines.push(format!("missing or different: {} {}", check.table, keys.join(", ")));
    }
    lines
}

fn spell_keys(table: &Table, keys: &[Key]) -> String {
    let spell = |key: &Key| if table.has_id() { key[0].to_string() } else { format!("{}/{}", key[0], key[1]) };
    let keys: Vec<String> = keys.iter().map(spell).collect();
    if keys.is_empty() { String::new() } else { format!(" ({})", keys.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::spell;
    use crate::service::import::{ImportReport, Inspection, TableCheck};
    use crate::store::import::Misfit;

    #[test]
    fn what_was_found_is_said_in_lines() {
        let check = |checksum: &str, extra: u64| TableCheck {
            table: "team",
            there: 2,
            here: 2,
            extra,
            differing: 0,
            examples: if checksum == "a" { vec![] } else { vec![[7, 0]] },
            checksum_there: "a".to_owned(),
            checksum_here: checksum.to_owned(),
        };
        let report = ImportReport {
            inspection: Inspection {
                missing_tables: vec!["notification"],
                missing_columns: vec!["issue.labels".to_owned()],
                unknown_tables: vec!["extra".to_owned()],
                unknown_columns: vec!["team.colour".to_owned()],
            },
            misfits: vec![Misfit {
                table: "test_case",
                column: "name",
                reason: "has more than 500 characters".to_owned(),
                rows: 3,
                examples: vec![4, 5],
            }],
            plans: vec![],
            checks: vec![check("a", 1), check("b", 0)],
        };
        let text = spell(&report);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[..5],
            [
                "not there, stays as it is here: table notification",
                "not there, gets what new rows have: column issue.labels",
                "not known, stays behind: table extra",
                "not known, stays behind: column team.colour",
                "does not fit: test_case.name has more than 500 characters in 3 rows: 4, 5, …",
            ]
        );
        assert_eq!((lines[7], lines[9]), ("here only: 1 rows of team", "missing or different: team 7/0"));
        assert!(report.is_refused() && !report.is_verified());
    }
}

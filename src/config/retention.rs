//! How long the operator wants to keep what is old.

use std::collections::BTreeMap;

use app::api::FamilyName;

use super::{ConfigError, read_number};
use crate::domain::retention::{Periods, RetentionKind, RetentionSettings};

/// A hundred years.
const MOST_DAYS: u32 = 36_500;
/// What is said of a family that keeps what others do not.
const NEVER: &str = "never";

/// The variables about one kind.
struct Variables {
    all: &'static str,
    families: [(FamilyName, &'static str); 5],
}

const LOGS: Variables = Variables {
    all: "RETENTION_LOGS_DAYS",
    families: [
        (FamilyName::Snap, "RETENTION_LOGS_DAYS_SNAP"),
        (FamilyName::Deb, "RETENTION_LOGS_DAYS_DEB"),
        (FamilyName::Charm, "RETENTION_LOGS_DAYS_CHARM"),
        (FamilyName::Image, "RETENTION_LOGS_DAYS_IMAGE"),
        (FamilyName::Solution, "RETENTION_LOGS_DAYS_SOLUTION"),
    ],
};

const RESULTS: Variables = Variables {
    all: "RETENTION_RESULTS_DAYS",
    families: [
        (FamilyName::Snap, "RETENTION_RESULTS_DAYS_SNAP"),
        (FamilyName::Deb, "RETENTION_RESULTS_DAYS_DEB"),
        (FamilyName::Charm, "RETENTION_RESULTS_DAYS_CHARM"),
        (FamilyName::Image, "RETENTION_RESULTS_DAYS_IMAGE"),
        (FamilyName::Solution, "RETENTION_RESULTS_DAYS_SOLUTION"),
    ],
};

const EXECUTIONS: Variables = Variables {
    all: "RETENTION_EXECUTIONS_DAYS",
    families: [
        (FamilyName::Snap, "RETENTION_EXECUTIONS_DAYS_SNAP"),
        (FamilyName::Deb, "RETENTION_EXECUTIONS_DAYS_DEB"),
        (FamilyName::Charm, "RETENTION_EXECUTIONS_DAYS_CHARM"),
        (FamilyName::Image, "RETENTION_EXECUTIONS_DAYS_IMAGE"),
        (FamilyName::Solution, "RETENTION_EXECUTIONS_DAYS_SOLUTION"),
    ],
};

/// What a variable says: a number of days, or that something is kept for ever.
#[derive(Clone, Copy)]
struct Said {
    variable: &'static str,
    days: Option<u32>,
}

/// Reads the variables; nothing where everything is kept.
pub fn read_retention(
    variable: &impl Fn(&'static str) -> Option<String>,
) -> Result<Option<RetentionSettings>, ConfigError> {
    let (logs, results, executions) =
        (read_kind(variable, &LOGS)?, read_kind(variable, &RESULTS)?, read_kind(variable, &EXECUTIONS)?);
    let mut all = BTreeMap::new();
    for family in FamilyName::ALL {
        let days = |said: &BTreeMap<FamilyName, Said>| said.get(family).and_then(|said| said.days);
        let periods = Periods { logs: days(&logs), results: days(&results), executions: days(&executions) };
        if let Some((inner, outer)) = periods.find_disorder() {
            let said = if inner == RetentionKind::Logs { logs.get(family) } else { results.get(family) };
            let name = said.map_or(LOGS.all, |said| said.variable);
            return Err(ConfigError::new(name, describe_disorder(*family, periods, inner, outer)));
        }
        all.insert(*family, periods);
    }
    let settings = RetentionSettings::new(all);
    Ok(settings.is_on().then_some(settings))
}

fn describe_disorder(family: FamilyName, periods: Periods, inner: RetentionKind, outer: RetentionKind) -> String {
    let days = |kind| periods.of(kind).unwrap_or_default();
    let (inner_days, outer_days) = (days(inner), days(outer));
    let (inner, outer) = (inner.as_str(), outer.as_str());
    let belongs = format!("but the {outer} they belong to for {outer_days}");
    format!("{inner} of the family {family} would be kept for {inner_days} days, {belongs}")
}

/// What is said of each family of which something is said.
fn read_kind(
    variable: &impl Fn(&'static str) -> Option<String>,
    variables: &Variables,
) -> Result<BTreeMap<FamilyName, Said>, ConfigError> {
    let all = read_said(variable, variables.all)?;
    let mut found = BTreeMap::new();
    for (family, name) in variables.families {
        if let Some(said) = read_said(variable, name)?.or(all) {
            found.insert(family, said);
        }
    }
    Ok(found)
}

fn read_said(
    variable: &impl Fn(&'static str) -> Option<String>,
    name: &'static str,
) -> Result<Option<Said>, ConfigError> {
    let Some(text) = variable(name).filter(|text| !text.trim().is_empty()) else { return Ok(None) };
    if text.trim() == NEVER {
        return Ok(Some(Said { variable: name, days: None }));
    }
    let days = read_number(name, &text).ok().filter(|days| *days > 0);
    let problem = || ConfigError::new(name, format!("'{text}' is neither a number of days of 1 or more nor '{NEVER}'"));
    let days = days.ok_or_else(problem)?.min(MOST_DAYS);
    Ok(Some(Said { variable: name, days: Some(days) }))
}

#[cfg(test)]
mod tests {
    use app::api::FamilyName::{Charm, Deb, Image, Snap};

    use super::*;

    fn read(variables: &[(&'static str, &str)]) -> Result<Option<RetentionSettings>, ConfigError> {
        read_retention(&|name| variables.iter().find(|(found, _)| *found == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn everything_is_kept_unless_somebody_decided() {
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&[("RETENTION_LOGS_DAYS", " "), ("RETENTION_RESULTS_DAYS_SNAP", "never")]), Ok(None));
    }

    #[test]
    fn what_is_said_of_a_family_goes_before_what_is_said_of_all() {
        let settings = read(&[
            ("RETENTION_LOGS_DAYS", "30"),
            ("RETENTION_LOGS_DAYS_IMAGE", "7"),
            ("RETENTION_LOGS_DAYS_CHARM", "never"),
            ("RETENTION_RESULTS_DAYS_DEB", " 90 "),
            ("RETENTION_EXECUTIONS_DAYS", "99999999"),
        ]);
        let settings = settings.unwrap().unwrap();
        let executions = Some(MOST_DAYS);
        for (family, logs, results) in
            [(Snap, Some(30), None), (Deb, Some(30), Some(90)), (Charm, None, None), (Image, Some(7), None)]
        {
            assert_eq!(settings.periods(family), Periods { logs, results, executions }, "{family}");
        }
    }

    #[test]
    fn nothing_goes_before_what_belongs_to_it() {
        for (variables, name) in [
            (&[("RETENTION_LOGS_DAYS", "31"), ("RETENTION_RESULTS_DAYS", "30")][..], "RETENTION_LOGS_DAYS: "),
            (&[("RETENTION_RESULTS_DAYS", "31"), ("RETENTION_EXECUTIONS_DAYS", "30")], "RETENTION_RESULTS_DAYS: "),
            (&[("RETENTION_LOGS_DAYS_DEB", "31"), ("RETENTION_RESULTS_DAYS", "30")], "RETENTION_LOGS_DAYS_DEB: "),
            (&[("RETENTION_LOGS_DAYS", "31"), ("RETENTION_RESULTS_DAYS_DEB", "30")], "RETENTION_LOGS_DAYS: "),
        ] {
            let error = read(variables).unwrap_err().to_string();
            assert!(error.starts_with(name) && error.contains("31") && error.contains("30"), "{error}");
            assert_eq!(error.lines().count(), 1, "{error}");
        }
        assert!(read(&[("RETENTION_LOGS_DAYS", "30"), ("RETENTION_RESULTS_DAYS", "30")]).unwrap().is_some());
    }

    #[test]
    fn a_value_that_cannot_be_meant_is_named() {
        for variables in [LOGS, RESULTS, EXECUTIONS] {
            let names = variables.families.map(|(_, name)| name);
            for name in names.into_iter().chain([variables.all]) {
                assert!(name.starts_with(variables.all), "{name}");
                for value in ["0", "-1", "1.5", "30d", "always"] {
                    let error = read(&[(name, value)]).unwrap_err().to_string();
                    assert!(error.starts_with(&format!("{name}: ")) && error.contains(value), "{error}");
                }
            }
        }
    }
}

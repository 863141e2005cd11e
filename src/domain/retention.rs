//! How long logs, results and executions are kept.

use std::collections::BTreeMap;

use app::api::FamilyName;
use chrono::{DateTime, TimeDelta, Utc};

/// What goes when it is old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetentionKind {
    /// The logs of results.
    Logs,
    /// Results, with the logs they still have.
    Results,
    /// Executions of which no result is left.
    Executions,
}

impl RetentionKind {
    /// All of them, in the order in which they go.
    pub const ALL: [Self; 3] = [Self::Logs, Self::Results, Self::Executions];

    /// What people call it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Logs => "logs",
            Self::Results => "results",
            Self::Executions => "executions",
        }
    }
}

/// How long everything of one family is kept, in days; for ever where nothing is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field names what is kept")]
pub struct Periods {
    pub logs: Option<u32>,
    pub results: Option<u32>,
    pub executions: Option<u32>,
}

impl Periods {
    /// How long this is kept, in days.
    pub const fn of(self, kind: RetentionKind) -> Option<u32> {
        match kind {
            RetentionKind::Logs => self.logs,
            RetentionKind::Results => self.results,
            RetentionKind::Executions => self.executions,
        }
    }

    /// What would be kept longer than what it belongs to, with that; nothing where all go in their order.
    pub fn find_disorder(self) -> Option<(RetentionKind, RetentionKind)> {
        let pairs =
            [(RetentionKind::Logs, RetentionKind::Results), (RetentionKind::Results, RetentionKind::Executions)];
        let is_wrong = |(inner, outer): &(RetentionKind, RetentionKind)| {
            self.of(*inner).zip(self.of(*outer)).is_some_and(|(inner, outer)| inner > outer)
        };
        pairs.into_iter().find(is_wrong)
    }
}

/// What the operator decided, for each family.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RetentionSettings(BTreeMap<FamilyName, Periods>);

impl RetentionSettings {
    /// The periods of each family; one that is not there keeps everything.
    pub fn new(periods: BTreeMap<FamilyName, Periods>) -> Self {
        Self(periods)
    }

    /// Whether anything ever goes.
    pub fn is_on(&self) -> bool {
        self.0.values().any(|periods| *periods != Periods::default())
    }

    /// How long everything of a family is kept.
    pub fn periods(&self, family: FamilyName) -> Periods {
        self.0.get(&family).copied().unwrap_or_default()
    }

    /// What was made before these moments is old.
    pub fn cutoffs(&self, kind: RetentionKind, now: DateTime<Utc>) -> Cutoffs {
        let cutoff = |days: u32| now.checked_sub_signed(TimeDelta::days(days.into()));
        let cutoffs = self.0.iter().filter_map(|(family, periods)| Some((*family, cutoff(periods.of(kind)?)?)));
        Cutoffs(cutoffs.collect())
    }
}

/// Moments before which something is old, by family.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cutoffs(BTreeMap<FamilyName, DateTime<Utc>>);

impl Cutoffs {
    /// The moment of a family; none where nothing gets old.
    pub fn of(&self, family: FamilyName) -> Option<DateTime<Utc>> {
        self.0.get(&family).copied()
    }

    /// The latest moment of all families.
    pub fn latest(&self) -> Option<DateTime<Utc>> {
        self.0.values().max().copied()
    }
}

#[cfg(test)]
mod tests {
    use app::api::FamilyName::{Deb, Image, Snap};

    use super::RetentionKind::{Executions, Logs, Results};
    use super::*;

    fn periods(logs: Option<u32>, results: Option<u32>, executions: Option<u32>) -> Periods {
        Periods { logs, results, executions }
    }

    #[test]
    fn what_belongs_to_something_goes_no_later() {
        for (found, expected) in [
            (periods(None, None, None), None),
            (periods(Some(30), None, Some(7)), None),
            (periods(Some(30), Some(30), Some(30)), None),
            (periods(Some(1), Some(2), Some(3)), None),
            (periods(Some(31), Some(30), None), Some((Logs, Results))),
            (periods(Some(2), Some(1), Some(3)), Some((Logs, Results))),
            (periods(Some(1), Some(3), Some(2)), Some((Results, Executions))),
            (periods(None, Some(3), Some(2)), Some((Results, Executions))),
        ] {
            assert_eq!(found.find_disorder(), expected, "{found:?}");
        }
    }

    #[test]
    fn every_family_has_its_own_moment_for_each_kind() {
        let now: DateTime<Utc> = "2031-05-04T03:02:01Z".parse().unwrap();
        let settings = RetentionSettings::new(BTreeMap::from([
            (Snap, periods(Some(1), Some(10), None)),
            (Image, periods(Some(3), None, None)),
            (Deb, Periods::default()),
        ]));
        let logs = settings.cutoffs(Logs, now);
        assert_eq!(logs.of(Snap), Some(now - TimeDelta::days(1)));
        assert_eq!(logs.of(Image), Some(now - TimeDelta::days(3)));
        assert_eq!((logs.of(Deb), logs.latest()), (None, Some(now - TimeDelta::days(1))));
        let results = settings.cutoffs(Results, now);
        assert_eq!((results.of(Snap), results.of(Image)), (Some(now - TimeDelta::days(10)), None));
        assert_eq!(settings.cutoffs(Executions, now), Cutoffs::default());
        assert_eq!(Cutoffs::default().latest(), None);
    }

    #[test]
    fn it_is_on_where_something_goes() {
        assert!(!RetentionSettings::default().is_on());
        assert!(!RetentionSettings::new(BTreeMap::from([(Snap, Periods::default())])).is_on());
        assert!(RetentionSettings::new(BTreeMap::from([(Snap, periods(None, None, Some(1)))])).is_on());
    }
}

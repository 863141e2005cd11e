//! What a family's list can be filtered by: several values of one filter are alternatives, several filters all have to hold.

use leptos_router::params::ParamsMap;

use super::row::Row;
use crate::{
    api::FamilyName, components::filters::Choice, components::status::artefact_status_label, order, text::date::Day,
};

/// What stands in addresses for having no stage; a word of its own, as an empty value could not be told from none.
const NO_STAGE: &str = "empty";
/// What stands in addresses for having no reviewer.
const NO_REVIEWER: &str = "No reviewer";

/// A filter; its name is the parameter of the address, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    Reviewer,
    Status,
    DueDate,
    Risk,
    Series,
    Pocket,
    Os,
    Release,
    Owner,
    Track,
    Source,
    Stage,
}

impl Filter {
    /// The filters of a family, in the order of the panel.
    pub(super) fn of(family: FamilyName) -> &'static [Self] {
        match family {
            FamilyName::Snap | FamilyName::Charm => &[Self::Reviewer, Self::Status, Self::DueDate, Self::Risk],
            FamilyName::Deb => &[Self::Reviewer, Self::Status, Self::DueDate, Self::Series, Self::Pocket],
            FamilyName::Image => &[Self::Os, Self::Release, Self::Owner, Self::Reviewer, Self::Status, Self::DueDate],
            FamilyName::Solution => {
                &[Self::Reviewer, Self::Status, Self::DueDate, Self::Track, Self::Source, Self::Stage]
            }
        }
    }

    /// The parameters of a family's address with their words.
    pub(super) fn names(family: FamilyName) -> Vec<(&'static str, &'static str)> {
        Self::of(family).iter().map(|filter| (filter.name(), filter.name())).collect()
    }

    /// Its heading, and its parameter in the address.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Reviewer => "Reviewer",
            Self::Status => "Status",
            Self::DueDate => "Due date",
            Self::Risk => "Risk",
            Self::Series => "Series",
            Self::Pocket => "Pocket",
            Self::Os => "OS type",
            Self::Release => "Release",
            Self::Owner => "Owner",
            Self::Track => "Track",
            Self::Source => "Source",
            Self::Stage => "Stage",
        }
    }

    /// The values of an artefact; any of them may match.
    fn values(self, row: &Row, today: Day) -> Vec<String> {
        let stage = || if row.stage.is_empty() { NO_STAGE } else { &row.stage };
        let value = match self {
            Self::Reviewer if row.reviewers.is_empty() => NO_REVIEWER,
            Self::Reviewer => return row.reviewers.clone(),
            Self::Status => artefact_status_label(row.status()),
            Self::DueDate => due(row.due, today),
            Self::Risk | Self::Pocket | Self::Stage => stage(),
            Self::Series => &row.series,
            Self::Os => &row.os,
            Self::Release => &row.release,
            Self::Owner => &row.owner,
            Self::Track => &row.track,
            Self::Source => &row.source,
        };
        vec![value.to_owned()]
    }

    /// What there is to choose: every value that occurs, in order.
    pub(super) fn choices(self, rows: &[Row], today: Day) -> Vec<Choice> {
        let mut values: Vec<String> = rows.iter().flat_map(|row| self.values(row, today)).collect();
        order::sort(&mut values);
        values.dedup();
        values.into_iter().map(|value| Choice::new(value.clone(), word(&value))).collect()
    }

    /// What the address chooses; old bookmarks call reviewers assignees.
    fn chosen(self, query: &ParamsMap) -> Vec<String> {
        let mut chosen = query.get_all(self.name()).unwrap_or_default();
        if self == Self::Reviewer {
            chosen.extend(query.get_all("Assignee").unwrap_or_default());
        }
        chosen
    }
}

/// What people read for a value.
pub(super) fn word(value: &str) -> String {
    match value {
        NO_STAGE => "No stage".to_owned(),
        "" => "(none)".to_owned(),
        _ => value.to_owned(),
    }
}

/// When something is due, seen from today; what is due today is not late.
fn due(due: Option<Day>, today: Day) -> &'static str {
    match due.map(|due| due.days_after(today)) {
        None => "No due date",
        Some(..0) => "Overdue",
        Some(0..7) => "Within a week",
        Some(_) => "More than a week",
    }
}

/// The artefacts that the filters of the address leave.
pub(super) fn filter(family: FamilyName, rows: &[Row], query: &ParamsMap, today: Day) -> Vec<Row> {
    let active: Vec<(Filter, Vec<String>)> = Filter::of(family)
        .iter()
        .map(|filter| (*filter, filter.chosen(query)))
        .filter(|(_, chosen)| !chosen.is_empty())
        .collect();
    let stays = |row: &&Row| {
        active.iter().all(|(filter, chosen)| filter.values(row, today).iter().any(|value| chosen.contains(value)))
    };
    rows.iter().filter(stays).cloned().collect()
}

#[cfg(test)]
mod tests {
    use leptos_router::params::ParamsMap;

    use super::{Filter, filter};
    use crate::{api::FamilyName, pages::family::row::Row, text::date::Day};

    fn query(pairs: &[(&str, &str)]) -> ParamsMap {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn today() -> Day {
        Day::parse("2031-05-10").unwrap()
    }

    fn row(id: i64, reviewers: &[&str], due: &str, stage: &str) -> Row {
        let reviewers = reviewers.iter().map(|&name| name.to_owned()).collect();
        Row { id, reviewers, due: Day::parse(due), stage: stage.to_owned(), ..Row::default() }
    }

    fn rows() -> Vec<Row> {
        vec![
            row(1, &["John"], "2031-05-09", "edge"),
            row(2, &["Jane", "John"], "2031-05-10", "beta"),
            row(3, &[], "2031-05-17", ""),
            row(4, &["Kim"], "", "edge"),
            row(5, &["Kim"], "2031-05-16", "edge"),
        ]
    }

    #[test]
    fn values_of_a_filter_are_alternatives_and_filters_add_up() {
        for (pairs, expected) in [
            (&[][..], vec![1, 2, 3, 4, 5]),
            (&[("Reviewer", "John")], vec![1, 2]),
            (&[("Assignee", "Jane")], vec![2]),
            (&[("Reviewer", "Jane"), ("Reviewer", "Kim")], vec![2, 4, 5]),
            (&[("Reviewer", "No reviewer")], vec![3]),
            (&[("Reviewer", "John"), ("Risk", "edge")], vec![1]),
            (&[("Risk", "empty")], vec![3]),
            (&[("Status", "Approved")], vec![]),
            (&[("Due date", "Overdue")], vec![1]),
            (&[("Due date", "Within a week")], vec![2, 5]),
            (&[("Due date", "More than a week")], vec![3]),
            (&[("Due date", "No due date")], vec![4]),
            (&[("Risk", "nonsense")], vec![]),
            (&[("Series", "noble")], vec![1, 2, 3, 4, 5]),
        ] {
            let left = filter(FamilyName::Snap, &rows(), &query(pairs), today());
            assert_eq!(left.iter().map(|row| row.id).collect::<Vec<_>>(), expected, "{pairs:?}");
        }
    }

    #[test]
    fn choices_are_what_occurs_once_and_in_order() {
        let labels = |filter: Filter| -> Vec<String> {
            filter.choices(&rows(), today()).into_iter().map(|choice| choice.label).collect()
        };
        assert_eq!(labels(Filter::Reviewer), ["Jane", "John", "Kim", "No reviewer"]);
        assert_eq!(labels(Filter::Risk), ["beta", "edge", "No stage"]);
    }
}

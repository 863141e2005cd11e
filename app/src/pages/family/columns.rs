//! Which columns a family's list has, what they are called in addresses, and how they sort.

use std::cmp::Ordering;

use super::row::Row;
use crate::{
    api::FamilyName,
    components::status::artefact_status_label,
    order,
    text::{date::Day, natural},
};

/// A column of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Name,
    Version,
    Track,
    Risk,
    Pocket,
    Stage,
    Branch,
    Series,
    Repo,
    Source,
    Os,
    Release,
    Owner,
    DueDate,
    ReviewsRemaining,
    Status,
    Reviewers,
}

impl Column {
    const ALL: [Self; 17] = [
        Self::Name,
        Self::Version,
        Self::Track,
        Self::Risk,
        Self::Pocket,
        Self::Stage,
        Self::Branch,
        Self::Series,
        Self::Repo,
        Self::Source,
        Self::Os,
        Self::Release,
        Self::Owner,
        Self::DueDate,
        Self::ReviewsRemaining,
        Self::Status,
        Self::Reviewers,
    ];

    /// The columns of a family's list, from left to right.
    pub(super) fn of(family: FamilyName) -> Vec<Self> {
        let own: &[Self] = match family {
            FamilyName::Snap | FamilyName::Charm => &[Self::Track, Self::Risk, Self::Branch],
            FamilyName::Deb => &[Self::Series, Self::Repo, Self::Pocket, Self::Source],
            FamilyName::Image => &[Self::Os, Self::Release, Self::Owner],
            FamilyName::Solution => &[Self::Track, Self::Source, Self::Stage],
        };
        let first = [Self::Name, Self::Version];
        let last = [Self::DueDate, Self::ReviewsRemaining, Self::Status, Self::Reviewers];
        [&first, own, &last].concat()
    }

    /// Its heading.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::Version => "Version",
            Self::Track => "Track",
            Self::Risk => "Risk",
            Self::Pocket => "Pocket",
            Self::Stage => "Stage",
            Self::Branch => "Branch",
            Self::Series => "Series",
            Self::Repo => "Repo",
            Self::Source => "Source",
            Self::Os => "OS",
            Self::Release => "Release",
            Self::Owner => "Owner",
            Self::DueDate => "Due date",
            Self::ReviewsRemaining => "Reviews remaining",
            Self::Status => "Status",
            Self::Reviewers => "Reviewers",
        }
    }

    /// Its name in `?sortBy=`.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Version => "version",
            Self::Track => "track",
            Self::Risk => "risk",
            Self::Pocket => "pocket",
            Self::Stage => "stage",
            Self::Branch => "branch",
            Self::Series => "series",
            Self::Repo => "repo",
            Self::Source => "source",
            Self::Os => "os",
            Self::Release => "release",
            Self::Owner => "owner",
            Self::DueDate => "dueDate",
            Self::ReviewsRemaining => "reviewsRemaining",
            Self::Status => "status",
            Self::Reviewers => "reviewer",
        }
    }

    /// The column an address asks to sort by; `assignee` is what old bookmarks say.
    fn from_key(key: &str) -> Option<Self> {
        let key = if key == "assignee" { "reviewer" } else { key };
        Self::ALL.into_iter().find(|column| column.key() == key)
    }

    /// What stands in the column, where that is plain text.
    pub(super) fn text(self, row: &Row) -> String {
        match self {
            Self::Name => row.name.clone(),
            Self::Version => row.version.clone(),
            Self::Track => row.track.clone(),
            Self::Risk | Self::Pocket | Self::Stage => row.stage.clone(),
            Self::Branch => row.branch.clone(),
            Self::Series => row.series.clone(),
            Self::Repo => row.repo.clone(),
            Self::Source => row.source.clone(),
            Self::Os => row.os.clone(),
            Self::Release => row.release.clone(),
            Self::Owner => row.owner.clone(),
            Self::DueDate => row.due.map(Day::to_iso).unwrap_or_default(),
            Self::ReviewsRemaining => row.remaining.to_string(),
            Self::Status => artefact_status_label(row.status()).to_owned(),
            Self::Reviewers => reviewers(row),
        }
    }

    fn compare(self, family: FamilyName, left: &Row, right: &Row) -> Ordering {
        match self {
            Self::Risk | Self::Pocket | Self::Stage => left.stage_rank(family).cmp(&right.stage_rank(family)),
            Self::DueDate => left.due.is_none().cmp(&right.due.is_none()).then(left.due.cmp(&right.due)),
            Self::ReviewsRemaining => left.remaining.cmp(&right.remaining),
            Self::Reviewers => compare_reviewers(left, right),
            _ => natural::compare(&self.text(left), &self.text(right)),
        }
    }
}

/// Nobody last, then few before many, then by the first name.
fn compare_reviewers(left: &Row, right: &Row) -> Ordering {
    let rank = |row: &Row| match row.reviewers.len() {
        0 => usize::MAX,
        count => count,
    };
    rank(left).cmp(&rank(right)).then_with(|| left.reviewers.first().cmp(&right.reviewers.first()))
}

/// The one name, or how many there are.
fn reviewers(row: &Row) -> String {
    match row.reviewers.as_slice() {
        [] => "N/A".to_owned(),
        [name] => name.clone(),
        several => format!("{} reviewers", several.len()),
    }
}

/// How a list is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sort {
    /// `None` is the default: by name, and no heading is marked.
    column: Option<Column>,
    descending: bool,
}

impl Sort {
    /// Reads `?sortBy=` and `?direction=`.
    pub(super) fn from_query(sort_by: Option<&str>, direction: Option<&str>) -> Self {
        Self { column: sort_by.and_then(Column::from_key), descending: direction == Some("desc") }
    }

    /// Which way a column is sorted, if it is: `ascending` or `descending`, as assistive technology calls it.
    pub(super) fn state(self, column: Column) -> Option<&'static str> {
        let state = if self.descending { "descending" } else { "ascending" };
        (self.column == Some(column)).then_some(state)
    }

    /// The direction a click on a heading asks for: ascending first, then the other way round.
    pub(super) fn next_direction(self, column: Column) -> &'static str {
        if self.column == Some(column) && !self.descending { "desc" } else { "asc" }
    }

    /// Sorts by the column, then by name, then newest version first.
    pub(super) fn apply(self, family: FamilyName, rows: &mut Vec<Row>) {
        let column = self.column.unwrap_or(Column::Name);
        order::sort_by(rows, |left, right| {
            let outcome = column.compare(family, left, right);
            let outcome = if self.descending { outcome.reverse() } else { outcome };
            outcome
                .then_with(|| natural::compare(&left.name, &right.name))
                .then_with(|| natural::compare(&right.version, &left.version))
                .then_with(|| left.id.cmp(&right.id))
        });
    }
}

/// The artefacts whose name contains the words, whatever their case.
pub(super) fn search(rows: &[Row], words: &str) -> Vec<Row> {
    let words = words.trim().to_lowercase();
    rows.iter().filter(|row| row.name.to_lowercase().contains(&words)).cloned().collect()
}

/// "12 artefacts", or "3 of 12 artefacts" when the search leaves some out.
pub(super) fn count(shown: usize, all: usize) -> String {
    match (shown, all) {
        (1, 1) => "1 artefact".to_owned(),
        _ if shown == all => format!("{all} artefacts"),
        _ => format!("{shown} of {all} artefacts"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Column, Sort, count, search};
    use crate::{api::FamilyName, pages::family::row::Row, text::date::Day};

    fn sorted(mut rows: Vec<Row>, sort_by: &str, direction: &str) -> Vec<i64> {
        Sort::from_query(Some(sort_by), Some(direction)).apply(FamilyName::Snap, &mut rows);
        rows.into_iter().map(|row| row.id).collect()
    }

    #[test]
    fn versions_sort_naturally_and_risks_in_channel_order() {
        let rows = ["1.10", "1.9", "1.1"].into_iter().zip(1..).map(|(version, id)| Row {
            id,
            version: version.into(),
            ..Row::default()
        });
        let rows: Vec<Row> = rows.collect();
        assert_eq!(sorted(rows.clone(), "version", "asc"), [3, 2, 1]);
        assert_eq!(sorted(rows, "version", "desc"), [1, 2, 3]);

        let stages = ["", "stable", "edge", "candidate", "beta"];
        let rows = stages.into_iter().zip(1..).map(|(stage, id)| Row { id, stage: stage.into(), ..Row::default() });
        assert_eq!(sorted(rows.collect(), "risk", "asc"), [3, 5, 4, 2, 1]);
    }

    #[test]
    fn reviewers_sort_by_name_and_nobody_comes_last() {
        let row = |id, reviewers: &[&str]| Row {
            id,
            reviewers: reviewers.iter().map(|&name| name.into()).collect(),
            ..Row::default()
        };
        let rows = vec![row(1, &["John"]), row(2, &["Jane"]), row(3, &[]), row(4, &["Ada", "Bob"])];
        assert_eq!(sorted(rows.clone(), "reviewer", "asc"), [2, 1, 4, 3]);
        assert_eq!(sorted(rows, "assignee", "desc"), [3, 4, 1, 2]);
    }

    #[test]
    fn without_a_due_date_comes_last_going_up_and_first_going_down() {
        let row = |id, due: &str| Row { id, due: Day::parse(due), ..Row::default() };
        let rows = vec![row(1, ""), row(2, "2031-02-01"), row(3, "2030-12-31")];
        assert_eq!(sorted(rows.clone(), "dueDate", "asc"), [3, 2, 1]);
        assert_eq!(sorted(rows, "dueDate", "desc"), [1, 2, 3]);
    }

    #[test]
    fn unknown_columns_and_directions_mean_the_default() {
        let sort = Sort::from_query(Some("colour"), Some("sideways"));
        assert_eq!(sort, Sort::from_query(None, None));
        assert_eq!((sort.state(Column::Name), sort.next_direction(Column::Name)), (None, "asc"));
        let sort = Sort::from_query(Some("name"), Some("asc"));
        assert_eq!((sort.state(Column::Name), sort.next_direction(Column::Name)), (Some("ascending"), "desc"));
    }

    #[test]
    fn search_looks_into_names_only() {
        let row = |id, name: &str| Row { id, name: name.into(), version: "core".into(), ..Row::default() };
        let rows = [row(1, "core22"), row(2, "pc-kernel"), row(3, "CORE24")];
        assert_eq!(search(&rows, " Core ").iter().map(|row| row.id).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(search(&rows, "").len(), 3);
    }

    #[test]
    fn counts_read_well() {
        assert_eq!(
            (count(1, 1), count(0, 0), count(1, 2)),
            ("1 artefact".into(), "0 artefacts".into(), "1 of 2 artefacts".into())
        );
    }

    #[test]
    fn every_column_has_its_own_key() {
        for column in Column::ALL {
            assert_eq!(Column::from_key(column.key()), Some(column));
        }
    }
}

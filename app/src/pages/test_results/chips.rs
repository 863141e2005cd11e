//! What the search filters by, each with the way to do without.

use leptos::prelude::*;

use super::{
    Search,
    filters::{Field, IdField},
};
use crate::components::each::Each;
use crate::erase::Erase;
use crate::{
    api::{TestExecutionStatus, TestResultStatus},
    components::{filters::Chip, status::Look},
    text::result_filters::{IdChoice, ResultFilters},
};

/// The filters at work.
#[component]
pub(super) fn Chips(search: Search) -> impl IntoView {
    let chips = Memo::new(move |_| search.filters.with(chips));
    let view_chip = |active: Active| {
        let Active { label, words, without } = active;
        view! { <Chip label words without=Signal::stored(without)/> }
    };
    view! {
        <div class="chips" hidden=move || chips.with(Vec::is_empty)>
            <Each each=move || chips.get() key=|chip| chip.clone() children=view_chip/>
            <a class="chip" href="/test-results">
                "Clear all"
            </a>
        </div>
    }
    .erase()
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Active {
    label: &'static str,
    words: String,
    without: String,
}

/// The lists of the filters with their words.
const LISTS: [(&str, Field); 10] = [
    ("Family", |filters| &mut filters.families),
    ("Status", |filters| &mut filters.test_result_statuses),
    ("Artefact", |filters| &mut filters.artefacts),
    ("Version", |filters| &mut filters.artefact_versions),
    ("Stage", |filters| &mut filters.artefact_stages),
    ("Track", |filters| &mut filters.artefact_tracks),
    ("Execution status", |filters| &mut filters.test_execution_statuses),
    ("Environment", |filters| &mut filters.environments),
    ("Test case", |filters| &mut filters.test_cases),
    ("Template ID", |filters| &mut filters.template_ids),
];

fn chips(filters: &ResultFilters) -> Vec<Active> {
    let mut chips = Vec::new();
    let mut add = |label: &'static str, words: String, change: &dyn Fn(&mut ResultFilters)| {
        let mut without = filters.clone();
        change(&mut without);
        chips.push(Active { label, words, without: without.page_address() });
    };
    if !filters.q.is_empty() {
        add("Words", filters.q.clone(), &|without| without.q.clear());
    }
    for (label, field) in LISTS {
        for value in field(&mut filters.clone()).iter() {
            add(label, word(label, value), &|without| field(without).retain(|other| other != value));
        }
    }
    for (category, values) in &filters.execution_metadata {
        for value in values {
            add("Metadata", format!("{category} {value}"), &|without| {
                if let Some(values) = without.execution_metadata.get_mut(category) {
                    values.retain(|other| other != value);
                }
                without.execution_metadata.retain(|_, values| !values.is_empty());
            });
        }
    }
    add_ids(filters, &mut add);
    add_switches(filters, &mut add);
    for (label, date) in [("From", &filters.from_date), ("Until", &filters.until_date)] {
        if let Some(date) = date {
            add(label, date.clone(), &|without| {
                if label == "From" { without.from_date = None } else { without.until_date = None }
            });
        }
    }
    chips
}

/// What people read for a value, as the panel says it.
fn word(label: &str, value: &str) -> String {
    let look = match label {
        "Status" => value.parse::<TestResultStatus>().ok().map(Look::from),
        "Execution status" => value.parse::<TestExecutionStatus>().ok().map(Look::from),
        _ => None,
    };
    look.map_or(value, |look| look.label).to_owned()
}

type Add<'a> = dyn FnMut(&'static str, String, &dyn Fn(&mut ResultFilters)) + 'a;

fn add_ids(filters: &ResultFilters, add: &mut Add<'_>) {
    let fields: [(&str, IdField); 2] =
        [("Issue", |filters| &mut filters.issues), ("Reviewer", |filters| &mut filters.reviewer_ids)];
    for (label, field) in fields {
        match field(&mut filters.clone()) {
            IdChoice::Any => add(label, "any".to_owned(), &|without| *field(without) = IdChoice::default()),
            IdChoice::None => add(label, "none".to_owned(), &|without| *field(without) = IdChoice::default()),
            IdChoice::These(ids) => {
                for id in ids.iter() {
                    add(label, format!("number {id}"), &|without| {
                        if let IdChoice::These(ids) = field(without) {
                            ids.retain(|other| other != id);
                        }
                    });
                }
            }
        }
    }
}

fn add_switches(filters: &ResultFilters, add: &mut Add<'_>) {
    let word = |value: bool| if value { "yes" } else { "no" }.to_owned();
    if let Some(value) = filters.artefact_is_archived {
        add("Archived", word(value), &|without| without.artefact_is_archived = None);
    }
    if let Some(value) = filters.rerun_is_requested {
        add("Rerun requested", word(value), &|without| without.rerun_is_requested = None);
    }
    if let Some(value) = filters.execution_is_latest {
        add("Latest execution", word(value), &|without| without.execution_is_latest = None);
    }
}

#[cfg(test)]
mod tests {
    use super::chips;
    use crate::text::result_filters::{IdChoice, ResultFilters};

    #[test]
    fn every_filter_can_be_done_without() {
        let filters = ResultFilters {
            q: "panic".to_owned(),
            families: vec!["snap".to_owned(), "deb".to_owned()],
            execution_metadata: [("os".to_owned(), vec!["noble".to_owned()])].into(),
            issues: IdChoice::Any,
            reviewer_ids: IdChoice::These(vec![3, 4]),
            execution_is_latest: Some(true),
            from_date: Some("2031-05-04T00:00:00.000Z".to_owned()),
            ..ResultFilters::default()
        };
        let chips = chips(&filters);
        let labels: Vec<&str> = chips.iter().map(|chip| chip.label).collect();
        assert_eq!(
            labels,
            ["Words", "Family", "Family", "Metadata", "Issue", "Reviewer", "Reviewer", "Latest execution", "From"]
        );
        assert!(chips[1].without.contains("families=deb"), "{}", chips[1].without);
        assert!(!chips[0].without.contains("panic"));
    }
}

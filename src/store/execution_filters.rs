//! Choosing executions by what they are about, how they ended, or what they found: the conditions in SQL.

use app::api::{
    Choice, FamilyName, TestExecutionRerunFilters, TestExecutionStatus, TestResultSearchFilters, TestResultStatus,
};

use super::Moment;
use super::statement::Statement;
use crate::domain::words::WordQuery;

/// Up to as many categories of metadata are each a condition of its own, which the planners judge best.
const FEW_CATEGORIES: usize = 4;

/// Somebody reviews the artefact.
const REVIEWED: &str = "(SELECT 1 FROM artefact_reviewers_association AS assigned
                 WHERE assigned.artefact_id = artefact.id)";
/// Something happened in the execution.
const EVENTS: &str = "(SELECT 1 FROM test_event AS event WHERE event.test_execution_id = execution.id)";
/// An issue is attached to the result; what follows has to close it.
const ATTACHED: &str = "(SELECT 1 FROM issue_test_result_attachment AS attachment
             WHERE attachment.test_result_id = result.id";

/// Executions that all of this is true of. An empty list says nothing.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "each field names what it compares")]
pub struct ExecutionFilter {
    pub families: Vec<FamilyName>,
    pub artefacts: Vec<String>,
    pub artefact_versions: Vec<String>,
    pub artefact_stages: Vec<String>,
    pub artefact_tracks: Vec<String>,
    pub artefact_is_archived: Option<bool>,
    pub environments: Vec<String>,
    pub statuses: Vec<TestExecutionStatus>,
    /// Each category must have one of its values.
    pub metadata: Vec<(String, Vec<String>)>,
    /// Who reviews the artefact.
    pub reviewers: Option<Choice<i64>>,
    pub rerun_is_requested: Option<bool>,
    /// Whether no execution with a higher id has the same plan, build and environment.
    pub is_latest: Option<bool>,
    /// Not changed before.
    pub updated_from: Option<Moment>,
    /// Not changed after.
    pub updated_until: Option<Moment>,
    /// What it found.
    pub results: Option<Choice<i64>>,
    /// What happened in it.
    pub events: Option<Choice<String>>,
}

/// Results that all of this is true of. An empty list says nothing.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "each field names what it compares")]
pub struct ResultFilter {
    pub test_cases: Vec<String>,
    pub template_ids: Vec<String>,
    /// Issues attached to it.
    pub issues: Option<Choice<i64>>,
    pub statuses: Vec<TestResultStatus>,
    /// Not stored before.
    pub created_from: Option<Moment>,
    /// Not stored after.
    pub created_until: Option<Moment>,
    /// Words that its test's name, its comment or its log has.
    pub words: Option<WordFilter>,
}

/// Words that are searched for.
#[derive(Clone, Debug)]
pub struct WordFilter {
    /// The words.
    pub query: WordQuery,
    /// The cases whose names have them, once the search has looked these up.
    pub(super) named_cases: Vec<i64>,
}

impl From<WordQuery> for WordFilter {
    fn from(query: WordQuery) -> Self {
        Self { query, named_cases: Vec::new() }
    }
}

/// Executions that a request is about: those listed, those with a result that a filter chooses, and those that a filter
/// chooses themselves.
#[derive(Clone, Debug, Default)]
pub struct ExecutionCriteria {
    /// By id.
    pub ids: Vec<i64>,
    /// By one of their results, which is of an execution like this; `(offset, limit)` cut the executions found.
    pub by_results: Option<(ExecutionFilter, ResultFilter, Option<i64>, Option<i64>)>,
    /// By themselves.
    pub by_executions: Option<ExecutionFilter>,
}

macro_rules! common_filter {
    ($filters:expr) => {
        ExecutionFilter {
            reviewers: $filters.reviewers(),
            families: $filters.families,
            artefacts: $filters.artefacts,
            artefact_versions: $filters.artefact_versions,
            artefact_stages: $filters.artefact_stages,
            artefact_tracks: $filters.artefact_tracks,
            artefact_is_archived: $filters.artefact_is_archived.map(|flag| flag.0),
            environments: $filters.environments,
            statuses: $filters.test_execution_statuses,
            metadata: $filters.execution_metadata.0,
            rerun_is_requested: $filters.rerun_is_requested.map(|flag| flag.0),
            is_latest: $filters.execution_is_latest.map(|flag| flag.0),
            ..ExecutionFilter::default()
        }
    };
}

impl From<TestExecutionRerunFilters> for ExecutionFilter {
    fn from(filters: TestExecutionRerunFilters) -> Self {
        Self {
            updated_from: filters.from_date.map(|date| date.0),
            updated_until: filters.until_date.map(|date| date.0),
            ..common_filter!(filters)
        }
    }
}

impl ExecutionCriteria {
    /// What a request's ids and filters say.
    pub fn new(
        ids: Vec<i64>,
        by_results: Option<TestResultSearchFilters>,
        by_executions: Option<TestExecutionRerunFilters>,
    ) -> Self {
        let by_results = by_results.map(|filters| {
            let results = ResultFilter {
                test_cases: filters.test_cases.clone(),
                template_ids: filters.template_ids.clone(),
                issues: Some(filters.issues.clone()).filter(|issues| *issues != Choice::default()),
                statuses: filters.test_result_statuses.clone(),
                created_from: filters.from_date.map(|date| date.0),
                created_until: filters.until_date.map(|date| date.0),
                words: None,
            };
            let (offset, limit) = (filters.offset.map(|offset| offset.0), filters.limit.map(|limit| limit.0));
            (common_filter!(filters), results, offset, limit)
        });
        Self { ids, by_results, by_executions: by_executions.map(ExecutionFilter::from) }
    }

    /// Adds the condition to a statement that calls the execution `execution`.
    pub(crate) fn push_where(&self, statement: &mut Statement) {
        statement.push(" (").push_in("execution.id", self.ids.as_slice());
        if let Some((execution, result, offset, limit)) = &self.by_results {
            statement.push(
                " OR execution.id IN (SELECT execution.id FROM test_execution AS execution
                 WHERE EXISTS (SELECT 1 FROM test_result AS result
                     JOIN test_case ON test_case.id = result.test_case_id
                     WHERE result.test_execution_id = execution.id",
            );
            result.push_where(statement);
            statement.push(")");
            execution.push_where(statement);
            // An order makes the cut the same each time.
            statement.push(" ORDER BY execution.id LIMIT ").bind(limit.unwrap_or(i64::MAX));
            statement.push(" OFFSET ").bind(offset.unwrap_or_default()).push(")");
        }
        if let Some(execution) = &self.by_executions {
            statement.push(" OR (TRUE");
            execution.push_where(statement);
            statement.push(")");
        }
        statement.push(")");
    }
}

fn names<T: Copy>(members: &[T], name: impl Fn(T) -> &'static str) -> Vec<String> {
    members.iter().map(|member| name(*member).to_owned()).collect()
}

impl ExecutionFilter {
    /// Adds the conditions, each behind an `AND`, to a statement that calls the execution `execution`.
    pub(crate) fn push_where(&self, statement: &mut Statement) {
        self.push_artefact(statement);
        if !self.environments.is_empty() {
            statement.push(" AND execution.environment_id IN (SELECT id FROM environment WHERE ");
            statement.push_in("name", self.environments.as_slice()).push(")");
        }
        if !self.statuses.is_empty() {
            statement.push(" AND ").push_in("execution.status", names(&self.statuses, TestExecutionStatus::as_str));
        }
        if self.metadata.len() > FEW_CATEGORIES {
            self.push_many_categories(statement);
            return self.push_rest(statement);
        }
        for (category, values) in &self.metadata {
            statement.push(
                " AND execution.id IN (SELECT carried.test_execution_id
                     FROM test_execution_metadata_association_table AS carried
                     JOIN test_execution_metadata AS pair ON pair.id = carried.test_execution_metadata_id
                     WHERE pair.category = ",
            );
            statement.bind(category.as_str()).push(" AND ").push_in("pair.value", values.as_slice()).push(")");
        }
        self.push_rest(statement);
    }

    /// The same for any number of categories in one condition: PostgreSQL takes minutes to plan hundreds of them, and SQLite
    /// refuses a thousand.
    fn push_many_categories(&self, statement: &mut Statement) {
        let names: Vec<String> = self.metadata.iter().map(|(category, _)| category.clone()).collect();
        let wanted = i64::try_from(names.len()).unwrap_or(i64::MAX);
        // The length says where the category ends.
        let pair = |category: &str, value: &str| format!("{}:{category}{value}", category.chars().count());
        let pairs: Vec<String> = self
            .metadata
            .iter()
            .flat_map(|(category, values)| values.iter().map(move |value| pair(category, value)))
            .collect();
        statement.push(
            " AND execution.id IN (SELECT carried.test_execution_id
                 FROM test_execution_metadata_association_table AS carried
                 JOIN test_execution_metadata AS pair ON pair.id = carried.test_execution_metadata_id WHERE ",
        );
        statement.push_in("pair.category", names).push(" AND ");
        statement.push_in("CAST(LENGTH(pair.category) AS TEXT) || ':' || pair.category || pair.value", pairs);
        statement.push(" GROUP BY carried.test_execution_id HAVING COUNT(DISTINCT pair.category) = ");
        statement.bind(wanted).push(")");
    }

    fn push_rest(&self, statement: &mut Statement) {
        self.push_group(statement);
        if let Some(from) = self.updated_from {
            statement.push(" AND execution.updated_at >= ").bind(from);
        }
        if let Some(until) = self.updated_until {
            statement.push(" AND execution.updated_at <= ").bind(until);
        }
        self.push_found(statement);
    }

    fn push_artefact(&self, statement: &mut Statement) {
        let families = names(&self.families, FamilyName::as_str);
        let lists = [
            ("artefact.family", &families),
            ("artefact.name", &self.artefacts),
            ("artefact.version", &self.artefact_versions),
            ("artefact.stage", &self.artefact_stages),
            ("artefact.track", &self.artefact_tracks),
        ];
        let says_nothing = lists.iter().all(|(_, list)| list.is_empty())
            && self.artefact_is_archived.is_none()
            && self.reviewers.is_none();
        if says_nothing {
            return;
        }
        statement.push(
            " AND execution.artefact_build_id IN (SELECT build.id FROM artefact_build AS build
                 JOIN artefact ON artefact.id = build.artefact_id WHERE TRUE",
        );
        for (column, list) in lists {
            if !list.is_empty() {
                statement.push(" AND ").push_in(column, list.as_slice());
            }
        }
        if let Some(is_archived) = self.artefact_is_archived {
            statement.push(" AND artefact.archived = ").bind(is_archived);
        }
        if let Some(reviewers) = &self.reviewers {
            match reviewers {
                Choice::Any => statement.push(" AND EXISTS ").push(REVIEWED),
                Choice::None => statement.push(" AND NOT EXISTS ").push(REVIEWED),
                Choice::These(ids) => statement
                    .push(" AND artefact.id IN (SELECT artefact_id FROM artefact_reviewers_association WHERE ")
                    .push_in("user_id", ids.as_slice())
                    .push(")"),
            };
        }
        statement.push(")");
    }

    /// What the other executions of its plan, build and environment say.
    fn push_group(&self, statement: &mut Statement) {
        if let Some(is_requested) = self.rerun_is_requested {
            statement.push(if is_requested { " AND EXISTS" } else { " AND NOT EXISTS" }).push(
                " (SELECT 1 FROM test_execution_rerun_request AS rerun
                     WHERE rerun.test_plan_id = execution.test_plan_id
                     AND rerun.artefact_build_id = execution.artefact_build_id
                     AND rerun.environment_id = execution.environment_id)",
            );
        }
        if let Some(is_latest) = self.is_latest {
            statement.push(if is_latest { " AND NOT EXISTS" } else { " AND EXISTS" }).push(
                " (SELECT 1 FROM test_execution AS later
                     WHERE later.artefact_build_id = execution.artefact_build_id
                     AND later.environment_id = execution.environment_id
                     AND later.test_plan_id = execution.test_plan_id AND later.id > execution.id)",
            );
        }
    }

    /// What was found, and what happened.
    fn push_found(&self, statement: &mut Statement) {
        match &self.results {
            Some(Choice::Any) => {
                statement.push(" AND execution.has_results");
            }
            Some(Choice::None) => {
                statement.push(" AND NOT execution.has_results");
            }
            Some(Choice::These(ids)) => {
                statement.push(" AND execution.id IN (SELECT test_execution_id FROM test_result WHERE ");
                statement.push_in("id", ids.as_slice()).push(")");
            }
            None => {}
        }
        match &self.events {
            Some(Choice::Any) => {
                statement.push(" AND EXISTS ").push(EVENTS);
            }
            Some(Choice::None) => {
                statement.push(" AND NOT EXISTS ").push(EVENTS);
            }
            Some(Choice::These(names)) => {
                statement.push(" AND execution.id IN (SELECT test_execution_id FROM test_event WHERE ");
                statement.push_in("event_name", names.as_slice()).push(")");
            }
            None => {}
        }
    }
}

impl ResultFilter {
    /// Adds the conditions, each behind an `AND`, to a statement that calls the result `result` and its case `test_case`.
    pub(crate) fn push_where(&self, statement: &mut Statement) {
        for (column, list) in [("test_case.name", &self.test_cases), ("test_case.template_id", &self.template_ids)] {
            if !list.is_empty() {
                statement.push(" AND ").push_in(column, list.as_slice());
            }
        }
        if !self.statuses.is_empty() {
            statement.push(" AND ").push_in("result.status", names(&self.statuses, TestResultStatus::as_str));
        }
        match &self.issues {
            Some(Choice::Any) => {
                statement.push(" AND EXISTS ").push(ATTACHED).push(")");
            }
            Some(Choice::None) => {
                statement.push(" AND NOT EXISTS ").push(ATTACHED).push(")");
            }
            Some(Choice::These(ids)) => {
                statement.push(" AND EXISTS ").push(ATTACHED).push(" AND ");
                statement.push_in("attachment.issue_id", ids.as_slice()).push(")");
            }
            None => {}
        }
        if let Some(from) = self.created_from {
            statement.push(" AND result.created_at >= ").bind(from);
        }
        if let Some(until) = self.created_until {
            statement.push(" AND result.created_at <= ").bind(until);
        }
    }
}

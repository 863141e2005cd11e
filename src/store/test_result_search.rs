//! Searching results.
//!
//! A result is chosen by itself and by its execution. How a page is found depends on how many results there are to choose from:
//! a few are collected and sorted; of many, the newest results of all are looked at until the page is full. Left to
//! themselves, both databases take the wrong way for some filter, and then read every result there is.

use app::api::{Choice, Cursor, ResultTexts, TestResultStatus};
use sqlx::types::Json;

use super::execution_filters::{ExecutionFilter, ResultFilter, WordFilter};
use super::paging::cut_page;
use super::test_results::ResultRow;
use super::{Dialect, IdRow, Moment, Statement, StoreResult, Tx, on, on_statement};
use crate::domain::words::WordQuery;

/// Up to as many results of chosen executions are collected and sorted: they lie together.
const FEW_OF_EXECUTIONS: i64 = 30_000;
/// Up to as many results of chosen cases or issues: they lie apart.
const FEW_OF_CASES: i64 = 10_000;

/// Results that all of this is true of.
#[derive(Clone, Debug, Default)]
pub struct ResultSearch {
    /// What is true of the execution.
    pub executions: ExecutionFilter,
    /// What is true of the result.
    pub results: ResultFilter,
}

/// A page, newest first.
#[derive(Clone, Copy, Debug)]
pub struct ResultPage {
    /// As many results.
    pub limit: i64,
    /// Results to leave out before; without a meaning where there is a cursor.
    pub offset: i64,
    /// Behind which place it begins.
    pub after: Option<Cursor>,
}

/// A result that was found.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct FoundResult {
    /// Its id.
    pub id: i64,
    /// Its execution.
    pub test_execution_id: i64,
    /// When it was stored.
    pub created_at: Moment,
}

/// What a search finds.
#[derive(Clone, Debug, Default)]
pub struct FoundPage {
    /// How many results there are on all pages.
    pub count: i64,
    /// Whether there are not more than that.
    pub is_exact: bool,
    /// Those of the page.
    pub results: Vec<FoundResult>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
}

/// A page of the results that are chosen, newest first, and how many there are on all pages.
pub async fn search_results(tx: &mut Tx, search: &ResultSearch, page: ResultPage) -> StoreResult<FoundPage> {
    let mut search = search.clone();
    if let Some(words) = &mut search.results.words {
        words.named_cases = list_named_cases(tx, &words.query).await?;
    }
    let search = &search;
    let few = if search.begins_with_results() { list_few(tx, search).await? } else { None };
    // How many have words that very many have is not worth the wait.
    let is_exact = few.is_some() || search.results.words.is_none();
    let count = match &few {
        Some(ids) => i64::try_from(ids.len()).unwrap_or(i64::MAX),
        None if !is_exact => FEW_OF_CASES,
        None => count_results(tx, search).await?,
    };
    // Where the count says that there is nothing, nothing has to be looked for.
    if page.limit == 0 || (is_exact && (count == 0 || page.after.is_none() && page.offset >= count)) {
        return Ok(FoundPage { count, is_exact, ..FoundPage::default() });
    }
    let statement = match few {
        Some(ids) => collect("result.id", &ids, &ResultFilter::default()),
        None if search.begins_with_executions() && count <= FEW_OF_EXECUTIONS => {
            // With the executions known, PostgreSQL asks for the results of each; otherwise it would read all there are.
            let executions = list_executions(tx, search).await?;
            collect("result.test_execution_id", &executions, &search.results)
        }
        None => walk(search),
    };
    let (results, next) = read_page(tx, statement, page).await?;
    Ok(FoundPage { count, is_exact, results, next })
}

/// The results of those ids, newest first; of their long texts only those that are wanted are read.
pub async fn list_results_by_id(tx: &mut Tx, ids: &[i64], texts: ResultTexts) -> StoreResult<Vec<ResultRow>> {
    let ids = Json(ids);
    on!(tx, |conn, sql| sqlx::query_as(sql.of(
        "SELECT result.id, result.test_execution_id, result.test_case_id, result.created_at, result.status,
             CASE WHEN $2 THEN result.comment ELSE '' END AS comment,
             CASE WHEN $3 THEN result.io_log ELSE '' END AS io_log,
             CASE WHEN $3 THEN result.io_log_zstd END AS io_log_zstd,
             test_case.name, test_case.category, test_case.template_id
         FROM test_result AS result JOIN test_case ON test_case.id = result.test_case_id
         WHERE result.id IN ints($1) ORDER BY result.created_at DESC, result.id DESC",
    ))
    .bind(ids)
    .bind(texts.comment)
    .bind(texts.io_log)
    .fetch_all(conn))
}

/// The cases whose names have the words. Looked up before anything else: of a condition on their names PostgreSQL cannot judge how
/// many results it leaves, and reads them all.
async fn list_named_cases(tx: &mut Tx, words: &WordQuery) -> StoreResult<Vec<i64>> {
    let mut statement = Statement::new("SELECT id, name FROM test_case WHERE TRUE");
    for asked in words.words().iter().filter(|asked| asked.is_plain()) {
        // Words are made of letters and digits: there is no wildcard to escape.
        statement.push(" AND lower(name) LIKE ").bind(format!("%{}%", asked.word));
    }
    let rows: Vec<(i64, String)> = on_statement!(tx, statement, query_as, |query, conn| query.fetch_all(conn))?;
    // A name can hold a word within another one.
    Ok(rows.into_iter().filter(|(_, name)| words.are_all_in(name)).map(|(id, _)| id).collect())
}

/// The ids of the results, if they are few.
async fn list_few(tx: &mut Tx, search: &ResultSearch) -> StoreResult<Option<Vec<i64>>> {
    let mut statement = Statement::new("");
    if let Some(words) = &search.results.words {
        statement.push("SELECT id FROM (");
        if !words.named_cases.is_empty() {
            statement.push("SELECT id FROM (");
            search.push_of_words(&mut statement, words, Place::Names);
            statement.push(" LIMIT ").bind(FEW_OF_CASES + 1).push(") AS in_names UNION ");
        }
        statement.push("SELECT id FROM (");
        search.push_of_words(&mut statement, words, Place::Texts);
        statement.push(" LIMIT ").bind(FEW_OF_CASES + 1).push(") AS in_texts) AS found");
    } else {
        statement.push("SELECT result.id FROM test_result AS result WHERE TRUE");
        search.push_where(&mut statement, Way::Collect);
    }
    statement.push(" LIMIT ").bind(FEW_OF_CASES + 1);
    // Not kept prepared: after a few times PostgreSQL would plan for any words, which it takes for rare ones.
    let rows: Vec<IdRow> =
        on_statement!(tx, statement, query_as, |query, conn| query.persistent(false).fetch_all(conn))?;
    let ids: Vec<i64> = rows.into_iter().map(|row| row.id).collect();
    let is_all = i64::try_from(ids.len()).is_ok_and(|count| count <= FEW_OF_CASES);
    Ok(is_all.then_some(ids))
}

/// How many results are chosen.
async fn count_results(tx: &mut Tx, search: &ResultSearch) -> StoreResult<i64> {
    match search.all_and_others() {
        Some((all, others)) => Ok(count_directly(tx, &all).await? - count_directly(tx, &others).await?),
        None => count_directly(tx, search).await,
    }
}

async fn count_directly(tx: &mut Tx, search: &ResultSearch) -> StoreResult<i64> {
    let statement = count_statement(search);
    let (count,): (i64,) = on_statement!(tx, statement, query_as, |query, conn| query.fetch_one(conn))?;
    Ok(count)
}

fn count_statement(search: &ResultSearch) -> Statement {
    if let Some(issues) = search.asks_for_issues_only() {
        // Attachments know their results: none of these has to be looked at.
        let mut statement = Statement::new(
            "SELECT COUNT(DISTINCT attachment.test_result_id) FROM issue_test_result_attachment AS attachment WHERE TRUE",
        );
        push_issues(issues, &mut statement);
        return statement;
    }
    if !search.begins_with_executions() && !asks_for_status_only(&search.results) {
        let mut statement = Statement::new("SELECT COUNT(*) FROM test_result AS result WHERE TRUE");
        search.push_where(&mut statement, Way::Collect);
        return statement;
    }
    let mut statement = Statement::new("SELECT CAST(COALESCE(SUM(");
    search.push_count_of_execution(&mut statement);
    statement.push("), 0) AS BIGINT) FROM test_execution AS execution WHERE TRUE");
    search.executions.push_where(&mut statement);
    statement
}

/// The executions that have results which are chosen.
async fn list_executions(tx: &mut Tx, search: &ResultSearch) -> StoreResult<Vec<i64>> {
    // Apart, so that results are counted of these executions only.
    let mut statement = Statement::new("WITH counted AS MATERIALIZED (SELECT execution.id, ");
    search.push_count_of_execution(&mut statement);
    statement.push(" AS found FROM test_execution AS execution WHERE TRUE");
    search.executions.push_where(&mut statement);
    statement.push(") SELECT id FROM counted WHERE found > 0");
    let rows: Vec<IdRow> = on_statement!(tx, statement, query_as, |query, conn| query.fetch_all(conn))?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// Results where the column has one of the values, and the filter is true of: all of them, before they are sorted.
fn collect(column: &'static str, values: &[i64], filter: &ResultFilter) -> Statement {
    let mut statement = Statement::new(
        "WITH found AS MATERIALIZED (
             SELECT result.id, result.test_execution_id, result.created_at FROM test_result AS result WHERE ",
    );
    statement.push_in(column, values);
    push_results(filter, &mut statement, Way::Collect);
    statement.push(") SELECT result.id, result.test_execution_id, result.created_at FROM found AS result WHERE TRUE");
    statement
}

/// Results that are chosen, one after the other from the newest.
fn walk(search: &ResultSearch) -> Statement {
    let mut statement = Statement::new(
        "SELECT result.id, result.test_execution_id, result.created_at FROM test_result AS result WHERE TRUE",
    );
    let way = if search.excludes_few_executions() { Way::Ask } else { Way::Walk };
    search.push_where(&mut statement, way);
    statement
}

/// The page of what a statement chooses, and where the next one begins.
async fn read_page(
    tx: &mut Tx,
    mut statement: Statement,
    page: ResultPage,
) -> StoreResult<(Vec<FoundResult>, Option<Cursor>)> {
    if let Some(after) = page.after {
        // The first condition says nothing new; it is the one that both databases find in an index.
        statement.push(" AND result.created_at <= ").bind(after.created_at);
        statement.push(" AND (result.created_at, result.id) < (").bind(after.created_at);
        statement.push(", ").bind(after.id).push(")");
    }
    let offset = if page.after.is_some() { 0 } else { page.offset };
    statement.push(" ORDER BY result.created_at DESC, result.id DESC LIMIT ").bind(page.limit + 1);
    statement.push(" OFFSET ").bind(offset);
    let results: Vec<FoundResult> = on_statement!(tx, statement, query_as, |query, conn| query.fetch_all(conn))?;
    Ok(cut_page(results, page.limit, |result| Cursor { created_at: result.created_at, id: result.id }))
}

/// How a statement comes to its results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// From what is chosen.
    Collect,
    /// From the newest result on. What is chosen is a set that each result is looked up in; the databases do not look into
    /// `COALESCE`, or they would begin with the set.
    Walk,
    /// From the newest result on, where almost every execution is chosen: the one of each result is asked for when it comes by,
    /// which is done before the set of all would be known.
    Ask,
}

impl Way {
    fn begin(self) -> &'static str {
        match self {
            Self::Collect => " AND ",
            Self::Walk | Self::Ask => " AND COALESCE(",
        }
    }

    /// Begins the choice of executions, to which their conditions are added.
    fn begin_executions(self) -> &'static str {
        match self {
            Self::Collect | Self::Walk => {
                "result.test_execution_id IN (SELECT execution.id FROM test_execution AS execution WHERE TRUE"
            }
            // Of `EXISTS` PostgreSQL would make a set again.
            Self::Ask => "(SELECT TRUE FROM test_execution AS execution WHERE execution.id = result.test_execution_id",
        }
    }

    fn end(self) -> &'static str {
        match self {
            Self::Collect => ")",
            Self::Walk | Self::Ask => "), FALSE)",
        }
    }
}

impl ResultSearch {
    /// Whether cases, issues or words say which results to look at.
    fn begins_with_results(&self) -> bool {
        names_cases(&self.results) || names_issues(&self.results) || self.results.words.is_some()
    }

    /// Adds the choice of the results that have the words in one place. Neither database finds a good way to both at once.
    fn push_of_words(&self, statement: &mut Statement, words: &WordFilter, place: Place) {
        let results = ResultFilter { words: None, ..self.results.clone() };
        let (executions, is_all) = (self.executions.clone(), asks_for_nothing(&results));
        match place {
            Place::Names => {
                statement.push("SELECT result.id FROM test_result AS result WHERE ");
                push_named(statement, words);
            }
            // Of the results themselves nothing is asked: PostgreSQL need not look at them.
            Place::Texts if is_all => {
                statement
                    .push("SELECT result.id FROM words_found(")
                    .bind(words.query.clone())
                    .push(") AS result WHERE TRUE");
            }
            Place::Texts => {
                statement.push("SELECT result.id FROM test_result AS result WHERE ");
                push_in_texts(statement, words);
            }
        }
        Self { executions, results }.push_where(statement, Way::Collect);
    }

    /// Whether only executions say which results to look at.
    fn begins_with_executions(&self) -> bool {
        self.names_executions() && !self.begins_with_results()
    }

    fn names_executions(&self) -> bool {
        let mut conditions = Statement::new("");
        self.executions.push_where(&mut conditions);
        !conditions.spelt(Dialect::Sqlite).0.is_empty()
    }

    /// The issues that are asked for, where results are asked for nothing else.
    fn asks_for_issues_only(&self) -> Option<&Choice<i64>> {
        let rest = ResultFilter { issues: None, ..self.results.clone() };
        let is_all = asks_for_nothing(&rest) && !self.names_executions();
        self.results.issues.as_ref().filter(|issues| is_all && **issues != Choice::None)
    }

    /// Where a condition is true of almost every result: the search without it, and with its opposite. The first is counted
    /// faster, and the second has little to count.
    fn all_and_others(&self) -> Option<(Self, Self)> {
        let (mut all, mut others) = (self.clone(), self.clone());
        if self.results.issues == Some(Choice::None) {
            (all.results.issues, others.results.issues) = (None, Some(Choice::Any));
        } else if self.executions.artefact_is_archived == Some(false) {
            (all.executions.artefact_is_archived, others.executions.artefact_is_archived) = (None, Some(true));
        } else if self.executions.rerun_is_requested == Some(false) {
            (all.executions.rerun_is_requested, others.executions.rerun_is_requested) = (None, Some(true));
        } else if self.executions.is_latest == Some(true) {
            (all.executions.is_latest, others.executions.is_latest) = (None, Some(false));
        } else if self.executions.reviewers == Some(Choice::Any) {
            (all.executions.reviewers, others.executions.reviewers) = (None, Some(Choice::None));
        } else {
            return None;
        }
        Some((all, others))
    }

    /// Whether all that is asked of executions is true of almost every one.
    fn excludes_few_executions(&self) -> bool {
        self.names_executions() && self.all_and_others().is_some_and(|(all, _)| !all.names_executions())
    }

    /// Adds how many results of the execution are chosen, in parentheses.
    fn push_count_of_execution(&self, statement: &mut Statement) {
        if asks_for_status_only(&self.results) {
            push_kept_count(&self.results.statuses, statement);
            return;
        }
        statement.push("(SELECT COUNT(*) FROM test_result AS result WHERE result.test_execution_id = execution.id");
        push_results(&self.results, statement, Way::Collect);
        statement.push(")");
    }

    /// Adds the conditions, each behind an `AND`, to a statement that calls the result `result`.
    fn push_where(&self, statement: &mut Statement, way: Way) {
        push_results(&self.results, statement, way);
        if self.names_executions() {
            statement.push(way.begin()).push(way.begin_executions());
            self.executions.push_where(statement);
            statement.push(way.end());
        }
    }
}

/// Where words are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In the names of tests.
    Names,
    /// In name, comment and log of what did not pass.
    Texts,
}

/// Adds the condition that the test's name has the words, in parentheses.
fn push_named(statement: &mut Statement, words: &WordFilter) {
    statement.push("(").push_in("result.test_case_id", words.named_cases.as_slice()).push(")");
}

/// Adds the condition that name, comment and log of a result that did not pass have the words, in parentheses.
fn push_in_texts(statement: &mut Statement, words: &WordFilter) {
    statement.push("(result.id IN words_match(").bind(words.query.clone()).push("))");
}

/// Whether nothing is asked of a result but how its test ended: each execution has that counted.
fn asks_for_status_only(filter: &ResultFilter) -> bool {
    let asks_for_time = filter.created_from.is_some() || filter.created_until.is_some();
    !names_cases(filter) && filter.issues.is_none() && filter.words.is_none() && !asks_for_time
}

/// Whether nothing is asked of a result.
fn asks_for_nothing(filter: &ResultFilter) -> bool {
    asks_for_status_only(filter) && filter.statuses.is_empty()
}

/// Adds how many results of those statuses, or of all, the execution has, in parentheses.
fn push_kept_count(statuses: &[TestResultStatus], statement: &mut Statement) {
    statement.push("(0");
    for (status, column) in [
        (TestResultStatus::Passed, " + execution.passed_count"),
        (TestResultStatus::Failed, " + execution.failed_count"),
        (TestResultStatus::Skipped, " + execution.skipped_count"),
    ] {
        if statuses.is_empty() || statuses.contains(&status) {
            statement.push(column);
        }
    }
    statement.push(")");
}

/// Adds which of its issues an attachment must have, if that matters.
fn push_issues(issues: &Choice<i64>, statement: &mut Statement) {
    if let Choice::These(ids) = issues {
        statement.push(" AND ").push_in("attachment.issue_id", ids.as_slice());
    }
}

fn names_cases(filter: &ResultFilter) -> bool {
    !filter.test_cases.is_empty() || !filter.template_ids.is_empty()
}

fn names_issues(filter: &ResultFilter) -> bool {
    matches!(filter.issues, Some(Choice::Any | Choice::These(_)))
}

fn push_results(filter: &ResultFilter, statement: &mut Statement, way: Way) {
    if names_cases(filter) {
        statement.push(way.begin());
        statement.push("result.test_case_id IN (SELECT test_case.id FROM test_case WHERE TRUE");
        let (test_cases, template_ids) = (filter.test_cases.clone(), filter.template_ids.clone());
        ResultFilter { test_cases, template_ids, ..ResultFilter::default() }.push_where(statement);
        statement.push(way.end());
    }
    if names_issues(filter) {
        statement.push(way.begin());
        statement.push(
            "result.id IN (SELECT attachment.test_result_id FROM issue_test_result_attachment AS attachment WHERE TRUE",
        );
        filter.issues.iter().for_each(|issues| push_issues(issues, statement));
        statement.push(way.end());
    }
    if let Some(words) = &filter.words {
        statement.push(way.begin()).push("(");
        push_named(statement, words);
        statement.push(" OR ");
        push_in_texts(statement, words);
        statement.push(way.end());
    }
    ResultFilter {
        statuses: filter.statuses.clone(),
        issues: filter.issues.clone().filter(|issues| *issues == Choice::None),
        created_from: filter.created_from,
        created_until: filter.created_until,
        ..ResultFilter::default()
    }
    .push_where(statement);
}

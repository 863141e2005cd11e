//! Finding artefacts by name.

use app::api::{FamilyName, StageName};

use super::super::{Moment, Statement, StoreResult, Tx, on_statement};

/// Which names to look for.
#[derive(Clone, Debug, Default)]
pub struct NameFilter {
    /// A pattern that the name is like.
    pub pattern: Option<String>,
    /// Families; none means all.
    pub families: Vec<FamilyName>,
}

/// A version of a name.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(missing_docs, reason = "the columns' names are the field's own words")]
pub struct HistoryRow {
    pub id: i64,
    pub name: String,
    pub version: String,
    pub stage: String,
    pub created_at: Moment,
}

/// Whose history to look at.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the columns' names are the field's own words")]
pub struct HistoryFilter {
    pub family: FamilyName,
    pub name: String,
    pub track: String,
    pub stage: Option<StageName>,
}

impl NameFilter {
    fn push_where(&self, statement: &mut Statement) {
        statement.push(" FROM artefact WHERE NOT archived");
        if let Some(pattern) = &self.pattern {
            // In lower case here, not by the database: PostgreSQL knows more letters in parameters than in the column.
            statement.push(" AND lower(name) LIKE ").bind(pattern.to_ascii_lowercase()).push(" ESCAPE '\\'");
        }
        if !self.families.is_empty() {
            let families: Vec<String> = self.families.iter().map(|family| family.as_str().to_owned()).collect();
            statement.push(" AND ").push_in("family", families);
        }
    }
}

/// A page of the distinct names of artefacts that are not archived, ascending.
pub async fn search_names(tx: &mut Tx, filter: &NameFilter, limit: i64, offset: i64) -> StoreResult<Vec<String>> {
    let mut statement = Statement::new("SELECT DISTINCT name");
    filter.push_where(&mut statement);
    statement.push(" ORDER BY name LIMIT ").bind(limit).push(" OFFSET ").bind(offset);
    let rows: Vec<(String,)> = on_statement!(tx, statement, query_as, |query, conn| query.fetch_all(conn))?;
    Ok(rows.into_iter().map(|(name,)| name).collect())
}

/// How many distinct names there are.
pub async fn count_names(tx: &mut Tx, filter: &NameFilter) -> StoreResult<i64> {
    let mut statement = Statement::new("SELECT COUNT(DISTINCT name)");
    filter.push_where(&mut statement);
    let (count,): (i64,) = on_statement!(tx, statement, query_as, |query, conn| query.fetch_one(conn))?;
    Ok(count)
}

impl HistoryFilter {
    fn push_where(&self, statement: &mut Statement) {
        statement.push(" FROM artefact WHERE family = ").bind(self.family.as_str());
        statement.push(" AND name = ").bind(self.name.as_str()).push(" AND track = ").bind(self.track.as_str());
        if let Some(stage) = self.stage {
            statement.push(" AND stage = ").bind(stage.as_str());
        }
    }
}

/// A page of the versions of a name, the last registered first; archived ones too.
pub async fn list_history(
    tx: &mut Tx,
    filter: &HistoryFilter,
    limit: i64,
    offset: i64,
) -> StoreResult<Vec<HistoryRow>> {
    let mut statement = Statement::new("SELECT id, name, version, stage, created_at");
    filter.push_where(&mut statement);
    statement.push(" ORDER BY id DESC LIMIT ").bind(limit).push(" OFFSET ").bind(offset);
    on_statement!(tx, statement, query_as, |query, conn| query.fetch_all(conn))
}

/// How many versions of a name there are.
pub async fn count_history(tx: &mut Tx, filter: &HistoryFilter) -> StoreResult<i64> {
    let mut statement = Statement::new("SELECT COUNT(*)");
    filter.push_where(&mut statement);
    let (count,): (i64,) = on_statement!(tx, statement, query_as, |query, conn| query.fetch_one(conn))?;
    Ok(count)
}

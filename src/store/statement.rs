//! Statements whose conditions depend on the request: put together from fixed texts, every value a parameter.

use std::borrow::Cow;

use sqlx::AssertSqlSafe;
use sqlx::types::Json;

use super::{Dialect, Moment};
use crate::domain::words::WordQuery;

/// A statement in the making. Its text depends on which conditions there are, never on the length of a list, so that
/// there are few texts and each stays prepared.
#[derive(Clone, Debug)]
pub(crate) struct Statement {
    sql: String,
    pub(crate) parameters: Vec<Parameter>,
}

/// A value of a statement.
#[derive(Clone, Debug)]
pub(crate) enum Parameter {
    Int(i64),
    Bool(bool),
    Text(String),
    Moment(Moment),
    Ints(Json<Vec<i64>>),
    Texts(Json<Vec<String>>),
    Words(WordQuery),
}

impl Statement {
    pub(crate) fn new(sql: &'static str) -> Self {
        Self { sql: sql.to_owned(), parameters: Vec::new() }
    }

    /// Adds a text.
    pub(crate) fn push(&mut self, sql: &'static str) -> &mut Self {
        self.sql.push_str(sql);
        self
    }

    /// Adds a parameter.
    pub(crate) fn bind(&mut self, parameter: impl Into<Parameter>) -> &mut Self {
        self.parameters.push(parameter.into());
        self.sql.push('$');
        self.sql.push_str(&self.parameters.len().to_string());
        self
    }

    /// Adds `column IN (the members of the list)`. Of a list of one member the member itself is compared: PostgreSQL can
    /// judge how many rows have a value, but not how many have one out of a list that it has still to read.
    pub(crate) fn push_in(&mut self, column: &'static str, list: impl Into<Parameter>) -> &mut Self {
        self.push(column);
        match list.into() {
            Parameter::Ints(Json(ids)) if ids.len() == 1 => self.push(" = ").bind(ids[0]),
            Parameter::Texts(Json(texts)) if texts.len() == 1 => self.push(" = ").bind(texts[0].as_str()),
            list @ Parameter::Ints(_) => self.push(" IN ints(").bind(list).push(")"),
            list => self.push(" IN texts(").bind(list).push(")"),
        }
    }

    /// The statement as the database spells it.
    pub(crate) fn spelt(&self, dialect: Dialect) -> AssertSqlSafe<Cow<'static, str>> {
        // Made of texts of this program alone: see `push`.
        AssertSqlSafe(Cow::Owned(dialect.spell(&self.sql).into_owned()))
    }
}

macro_rules! parameter_from {
    ($($from:ty => |$value:ident| $parameter:expr,)+) => {
        $(impl From<$from> for Parameter {
            fn from($value: $from) -> Self {
                $parameter
            }
        })+
    };
}

parameter_from! {
    i64 => |value| Self::Int(value),
    bool => |value| Self::Bool(value),
    &str => |value| Self::Text(value.to_owned()),
    String => |value| Self::Text(value),
    Moment => |value| Self::Moment(value),
    &[i64] => |value| Self::Ints(Json(value.to_vec())),
    &[String] => |value| Self::Texts(Json(value.to_vec())),
    Vec<String> => |value| Self::Texts(Json(value)),
    WordQuery => |value| Self::Words(value),
}

/// Runs a [`Statement`] compiled for the database at hand:
/// `on_statement!(tx, statement, query_as, |query, conn| query.fetch_all(conn))`.
macro_rules! on_statement {
    ($tx:expr, $statement:expr, $query_fn:ident, |$query:ident, $conn:ident| $run:expr) => {
        match $tx.next_statement() {
            $crate::store::Inner::Sqlite(tx) => {
                let $query = $crate::store::bind_parameters!($statement, $query_fn, Sqlite);
                let $conn = &mut **tx;
                $run.await.map_err($crate::store::StoreError::from)
            }
            $crate::store::Inner::Postgres(tx) => {
                let $query = $crate::store::bind_parameters!($statement, $query_fn, Postgres);
                let $conn = &mut **tx;
                $run.await.map_err($crate::store::StoreError::from)
            }
        }
    };
}

macro_rules! bind_parameters {
    ($statement:expr, $query_fn:ident, $database:ident) => {{
        let mut query = sqlx::$query_fn($statement.spelt($crate::store::Dialect::$database));
        for parameter in &$statement.parameters {
            query = match parameter {
                $crate::store::Parameter::Int(value) => query.bind(*value),
                $crate::store::Parameter::Bool(value) => query.bind(*value),
                $crate::store::Parameter::Text(value) => query.bind(value.clone()),
                $crate::store::Parameter::Moment(value) => query.bind(*value),
                $crate::store::Parameter::Ints(value) => query.bind(value.clone()),
                $crate::store::Parameter::Texts(value) => query.bind(value.clone()),
                $crate::store::Parameter::Words(value) => {
                    query.bind($crate::store::result_words::spell($crate::store::Dialect::$database, value))
                }
            };
        }
        query
    }};
}

pub(crate) use {bind_parameters, on_statement};

#[cfg(test)]
mod tests {
    use super::{Dialect, Statement};

    #[test]
    fn parameters_are_numbered_in_the_order_of_the_text() {
        let mut statement = Statement::new("SELECT id FROM t WHERE TRUE");
        let names = ["a", "b"].map(str::to_owned).to_vec();
        statement.push(" AND ").push_in("name", names).push(" AND id > ").bind(5_i64);
        statement.push(" AND ").push_in("kind", vec!["c".to_owned()]);
        let spelt = statement.spelt(Dialect::Sqlite).0;
        assert_eq!(
            spelt,
            "SELECT id FROM t WHERE TRUE AND name IN (SELECT value FROM json_each($1)) AND id > $2 AND kind = $3"
        );
        assert_eq!(statement.parameters.len(), 3);
    }
}

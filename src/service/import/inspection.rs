//! How the tables of an installation differ from those we know: it may be somewhat older or newer.

use super::ImportError;
use crate::store::import::{Source, TABLES};

/// Tables of an installation that hold nothing to copy.
const IGNORED_TABLES: [&str; 1] = ["alembic_version"];
/// The table that only our databases have.
const OUR_TABLE: &str = "_sqlx_migrations";

/// What is different; nothing of it keeps a copy from being made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inspection {
    /// Tables that are not there: they stay as they are here.
    pub missing_tables: Vec<&'static str>,
    /// Columns that are not there, as `table.column`: their rows have what new rows have.
    pub missing_columns: Vec<String>,
    /// Tables we do not know: they are not copied.
    pub unknown_tables: Vec<String>,
    /// Columns we do not know, as `table.column`: they are not copied.
    pub unknown_columns: Vec<String>,
}

/// Looks at what tables and columns there are.
pub(super) fn inspect(source: &Source) -> Result<Inspection, ImportError> {
    if source.has_table(OUR_TABLE) {
        return Err(ImportError::IsOurs);
    }
    let mut inspection = Inspection::default();
    let mut needed = Vec::new();
    for table in TABLES {
        if !source.has_table(table.name) {
            if !table.is_optional {
                needed.push(table.name.to_owned());
            }
            inspection.missing_tables.push(table.name);
            continue;
        }
        for column in table.columns.iter().filter(|column| !source.has_column(table, column)) {
            let place = format!("{}.{}", table.name, column.origin);
            let list = if column.default.is_some() { &mut inspection.missing_columns } else { &mut needed };
            // Two of our columns can be made from the same one.
            if !list.contains(&place) {
                list.push(place);
            }
        }
        let unknown = source.unknown_columns(table).into_iter().map(|column| format!("{}.{column}", table.name));
        inspection.unknown_columns.extend(unknown);
    }
    if !needed.is_empty() {
        return Err(ImportError::NoInstallation(needed.join(", ")));
    }
    let is_unknown = |name: &&str| !IGNORED_TABLES.contains(name) && TABLES.iter().all(|table| table.name != *name);
    inspection.unknown_tables = source.tables().filter(is_unknown).map(str::to_owned).collect();
    Ok(inspection)
}

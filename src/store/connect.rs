//! Opening the database that a URL names.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use log::LevelFilter;
use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::{Db, Pools, StoreResult};

/// How long a request waits for a connection, and a write for another process's write.
const PATIENCE: Duration = Duration::from_secs(30);
/// A statement that takes longer is worth a line in the log, when nobody says anything else.
pub const SLOW_STATEMENT: Duration = Duration::from_secs(1);
/// Readers of one SQLite file.
const SQLITE_READERS: u32 = 8;
/// Connections to PostgreSQL: one of them listens to events.
const POSTGRES_CONNECTIONS: u32 = 21;

/// Where the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DbUrl {
    /// A file of this machine.
    Sqlite(PathBuf),
    /// A PostgreSQL server, by its URL without a driver.
    Postgres(String),
}

/// A text that names no database we know.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{shown}' names no database: give sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/NAME")]
pub struct UnknownDbUrl {
    shown: String,
}

impl FromStr for DbUrl {
    type Err = UnknownDbUrl;

    /// Reads `sqlite:PATH`, `sqlite://PATH`, `postgres://…`, `postgresql://…` and `postgresql+driver://…`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // What stands behind the scheme may hold a password.
        let shown = || text.split_once(':').map_or(text, |(scheme, _)| scheme).to_owned();
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path.contains(":memory:") {
                return Err(UnknownDbUrl { shown: text.to_owned() });
            }
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err(UnknownDbUrl { shown: shown() });
        };
        let scheme = scheme.split_once('+').map_or(scheme, |(scheme, _driver)| scheme);
        let url = format!("postgres://{rest}");
        let is_postgres = matches!(scheme, "postgres" | "postgresql") && PgConnectOptions::from_str(&url).is_ok();
        if !is_postgres || rest.is_empty() {
            return Err(UnknownDbUrl { shown: shown() });
        }
        Ok(Self::Postgres(url))
    }
}

impl Db {
    /// Opens the database; a SQLite file, and the folder it lies in, are made when they are missing.
    pub async fn connect(url: &DbUrl) -> StoreResult<Self> {
        Self::connect_and_watch(url, SLOW_STATEMENT).await
    }

    /// Likewise; statements that take longer than so are written into the log, without what they were about.
    pub async fn connect_and_watch(url: &DbUrl, slow: Duration) -> StoreResult<Self> {
        let pools = match url {
            DbUrl::Sqlite(path) => connect_sqlite(path, slow).await?,
            DbUrl::Postgres(url) => {
                // Compiling a statement takes longer than running any of ours. What a search chooses is looked up in memory;
                // with the server's 4 MB, sets of more than some ten thousand results are gone through one by one.
                let options = PgConnectOptions::from_str(url)?
                    .application_name("test-observer")
                    .options([("jit", "off"), ("work_mem", "16MB")])
                    .log_slow_statements(LevelFilter::Warn, slow);
                let pool = PgPoolOptions::new()
                    .max_connections(POSTGRES_CONNECTIONS)
                    .acquire_timeout(PATIENCE)
                    .connect_with(options)
                    .await?;
                Pools::Postgres(pool)
            }
        };
        Ok(Self { pools, statements: Arc::default(), events: Arc::default() })
    }
}

async fn connect_sqlite(path: &Path, slow: Duration) -> StoreResult<Pools> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(sqlx::Error::Io)?;
    }
    // An answered request survives a power cut: every commit waits for the disk.
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(PATIENCE)
        .pragma("temp_store", "MEMORY")
        // A checkpoint writes every changed page once more, and a large batch changes thousands: with SQLite's own limit
        // each such batch would pay for one.
        .pragma("wal_autocheckpoint", "8000")
        .log_slow_statements(LevelFilter::Warn, slow);
    let writer = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(PATIENCE)
        .idle_timeout(None)
        .max_lifetime(None)
        // In KiB: a batch of results touches a page of an index for nearly every case.
        .connect_with(options.clone().pragma("cache_size", "-16384"))
        .await?;
    let readers = SqlitePoolOptions::new()
        .max_connections(SQLITE_READERS)
        .acquire_timeout(PATIENCE)
        .connect_with(options.read_only(true).create_if_missing(false))
        .await?;
    Ok(Pools::Sqlite { writer, readers })
}

#[cfg(test)]
mod tests {
    use super::DbUrl;

    #[test]
    fn urls_name_a_file_or_a_server() {
        let sqlite = |path: &str| Some(DbUrl::Sqlite(path.into()));
        let postgres = |url: &str| Some(DbUrl::Postgres(url.to_owned()));
        for (text, expected) in [
            ("sqlite:data/to.db", sqlite("data/to.db")),
            ("sqlite:///var/lib/to.db", sqlite("/var/lib/to.db")),
            ("postgres://u:p@h:5432/d", postgres("postgres://u:p@h:5432/d")),
            ("postgresql://u:p@h/d", postgres("postgres://u:p@h/d")),
            ("postgresql+pg8000://u:p@h:5432/d", postgres("postgres://u:p@h:5432/d")),
            ("sqlite:", None),
            ("sqlite::memory:", None),
            ("mysql://u:p@h/d", None),
            ("postgres://", None),
            ("postgres://h:nonsense/d", None),
            ("data.db", None),
        ] {
            assert_eq!(text.parse().ok(), expected, "{text}");
        }
    }

    #[test]
    fn the_message_keeps_the_password() {
        let error = "mysql://user:secret@host/d".parse::<DbUrl>().unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

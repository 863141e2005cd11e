//! Bringing the schema up to date.

use sqlx::{
    ConnectOptions, Connection,
    migrate::{Migrate, MigrateError, Migrator},
};

use super::{Db, Pools, StoreError, StoreResult};

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// Why a database could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// A migration failed, or is not the one that was applied.
    #[error(transparent)]
    Migration(#[from] MigrateError),
    /// The keys that stood in clear could not be hashed.
    #[error(transparent)]
    Keys(#[from] StoreError),
}

impl Db {
    /// Applies the migrations that are missing, and hashes the keys that stand in clear; safe to run from several
    /// processes at once, and again when it was interrupted.
    pub async fn migrate(&self) -> Result<(), SchemaError> {
        // With a connection that tells nothing of slow statements: a migration is one of twenty thousand characters, and is
        // expected to take its time.
        match &self.pools {
            Pools::Sqlite { writer, .. } => {
                let mut conn = quiet(&*writer.connect_options()).await?;
                SQLITE.run(&mut conn).await?;
                conn.close().await.map_err(MigrateError::from)?;
            }
            Pools::Postgres(pool) => {
                let mut conn = quiet(&*pool.connect_options()).await?;
                POSTGRES.run(&mut conn).await?;
                conn.close().await.map_err(MigrateError::from)?;
            }
        }
        self.hash_clear_keys().await?;
        Ok(())
    }

    /// Whether every migration this program knows has been applied.
    pub async fn is_migrated(&self) -> StoreResult<bool> {
        let applied = match &self.pools {
            Pools::Sqlite { writer, .. } => {
                let mut conn = writer.acquire().await?;
                conn.list_applied_migrations(&SQLITE.table_name).await
            }
            Pools::Postgres(pool) => {
                let mut conn = pool.acquire().await?;
                conn.list_applied_migrations(&POSTGRES.table_name).await
            }
        };
        let known = match &self.pools {
            Pools::Sqlite { .. } => &SQLITE,
            Pools::Postgres(_) => &POSTGRES,
        };
        // Without the table of migrations none has been applied.
        let applied = applied.unwrap_or_default();
        Ok(known.iter().all(|migration| applied.iter().any(|done| done.version == migration.version)))
    }
}

async fn quiet<O>(options: &O) -> Result<O::Connection, MigrateError>
where
    O: ConnectOptions,
    O::Connection: Sized,
{
    Ok(options.clone().disable_statement_logging().connect().await?)
}

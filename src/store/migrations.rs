//! Bringing the schema up to date.

use sqlx::migrate::{Migrate, MigrateError, Migrator};

use super::{Db, Pools, StoreResult};

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

impl Db {
    /// Applies the migrations that are missing; safe to run from several processes at once.
    pub async fn migrate(&self) -> Result<(), MigrateError> {
        match &self.pools {
            Pools::Sqlite { writer, .. } => SQLITE.run(writer).await,
            Pools::Postgres(pool) => POSTGRES.run(pool).await,
        }
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

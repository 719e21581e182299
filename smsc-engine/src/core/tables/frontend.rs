//! The table of frontends: a row for each period of being up.

use super::bulk::{self, RowChange};
use super::stored::{Stored, stored};
use crate::BoxFuture;
use crate::core::registry::{FrontendRecord, RegistryStore, RegistryStoreError};
use crate::sql::{Database, Migration, SqlError, Step};

stored! {
    FrontendRecord in "frontends", MIGRATIONS, {
        frontend_name = "frontend_name",
        frontend_type = "frontend_type",
        ip_address = "ip_address",
        hostname = "hostname",
        uptime_seconds = "uptime_seconds",
        configuration = "configuration",
        expires_at = "expires_at",
        last_seen_at = "last_seen_at",
        inserted_at = "inserted_at",
        updated_at = "updated_at",
    }
}

const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "frontends",
    steps: &[Step::All(
        "CREATE TABLE frontends (id {id}, frontend_name TEXT NOT NULL, frontend_type TEXT NOT NULL, ip_address TEXT,
         hostname TEXT, uptime_seconds BIGINT, configuration TEXT, expires_at {time} NOT NULL, last_seen_at {time} NOT NULL,
         inserted_at {time} NOT NULL, updated_at {time} NOT NULL) {table}",
    )],
}];

/// Keeps the records of frontends in a database.
#[derive(Clone, Debug)]
pub struct SqlFrontends {
    database: Database,
}

impl SqlFrontends {
    /// Makes the table if it is not there, and brings an old one up to date.
    ///
    /// # Errors
    /// As [`Database::migrate`].
    pub async fn open(database: &Database) -> Result<Self, SqlError> {
        database.migrate(FrontendRecord::TABLE, MIGRATIONS).await?;
        Ok(SqlFrontends { database: database.clone() })
    }
}

impl RegistryStore for SqlFrontends {
    fn load(&self) -> BoxFuture<'_, Result<Vec<FrontendRecord>, RegistryStoreError>> {
        Box::pin(async { bulk::load(&self.database).await.map_err(failed) })
    }

    fn put(&self, record: FrontendRecord, forgotten: Vec<u64>) -> BoxFuture<'_, Result<(), RegistryStoreError>> {
        Box::pin(async move {
            let forgotten = forgotten.into_iter().map(RowChange::Delete);
            let changes: Vec<_> = std::iter::once(RowChange::Put(&record)).chain(forgotten).collect();
            bulk::save(&self.database, &changes).await.map_err(failed)
        })
    }
}

fn failed(error: SqlError) -> RegistryStoreError {
    RegistryStoreError(error.to_string())
}

//! The table of frontends: a row for each period of being up.

use super::bulk::RowChange;
use super::rows::Rows;
use super::stored::stored;
use crate::BoxFuture;
use crate::core::registry::{FrontendRecord, RegistryChange, RegistryStore, RegistryStoreError, RegistryTurn};
use crate::core::{News, StoreError, Turn};
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
    rows: Rows<FrontendRecord>,
}

impl SqlFrontends {
    /// Makes the table if it is not there, and brings an old one up to date.
    ///
    /// # Errors
    /// As [`Database::migrate`].
    pub async fn open(database: &Database) -> Result<Self, SqlError> {
        Ok(SqlFrontends { rows: Rows::open(database).await? })
    }
}

impl RegistryStore for SqlFrontends {
    fn load(&self) -> BoxFuture<'_, Result<Vec<FrontendRecord>, RegistryStoreError>> {
        Box::pin(async { self.rows.load().await.map_err(failed) })
    }

    fn put(&self, record: FrontendRecord, forgotten: Vec<u64>) -> BoxFuture<'_, Result<(), RegistryStoreError>> {
        Box::pin(async move { self.rows.write(&steps(&(record, forgotten))).await.map_err(failed) })
    }

    fn turn(&self) -> BoxFuture<'_, Result<RegistryTurn<'_>, RegistryStoreError>> {
        Box::pin(async {
            let (turn, news) = self.rows.turn().await.map_err(failed)?;
            let save = |change: RegistryChange| -> BoxFuture<'_, _> {
                Box::pin(async move { turn.save(&steps(&change)).await.map(|()| change).map_err(StoreError::new) })
            };
            Ok(Turn::new(news, Box::new(save)))
        })
    }

    fn news(&self) -> BoxFuture<'_, Result<News<FrontendRecord>, RegistryStoreError>> {
        Box::pin(async { self.rows.news().await.map_err(failed) })
    }
}

fn steps((record, forgotten): &RegistryChange) -> Vec<RowChange<'_, FrontendRecord>> {
    std::iter::once(RowChange::Put(record)).chain(forgotten.iter().copied().map(RowChange::Delete)).collect()
}

fn failed(error: SqlError) -> RegistryStoreError {
    RegistryStoreError(error.to_string())
}

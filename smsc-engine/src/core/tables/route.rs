//! The table of routes.

use super::bulk::{self, RowChange};
use super::stored::{Stored, stored};
use crate::BoxFuture;
use crate::core::StoreError;
use crate::core::route::{RouteChange, RouteStore};
use crate::model::Route;
use crate::sql::{Database, Migration, SqlError, Step};

stored! {
    Route in "routes", MIGRATIONS, {
        calling_prefix = "calling_prefix",
        called_prefix = "called_prefix",
        source_smsc = "source_smsc",
        source_type = "source_type",
        enum_domain = "enum_domain",
        dest_smsc = "dest_smsc",
        auto_reply = "auto_reply",
        auto_reply_message = "auto_reply_message",
        // `drop` is a word of SQL.
        drop = "drop_message",
        charged = "charged",
        weight = "weight",
        priority = "priority",
        description = "description",
        enabled = "enabled",
    }
}

const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "routes",
    steps: &[Step::All(
        "CREATE TABLE routes (id {id}, calling_prefix TEXT, called_prefix TEXT, source_smsc TEXT, source_type VARCHAR(8),
         enum_domain TEXT, dest_smsc TEXT, auto_reply BOOLEAN NOT NULL, auto_reply_message TEXT, drop_message BOOLEAN NOT NULL,
         charged VARCHAR(8) NOT NULL, weight {int} NOT NULL, priority {int} NOT NULL, description TEXT NOT NULL,
         enabled BOOLEAN NOT NULL) {table}",
    )],
}];

/// Keeps the routes of a table in a database.
#[derive(Clone, Debug)]
pub struct SqlRoutes {
    database: Database,
}

impl SqlRoutes {
    /// Makes the table if it is not there, and brings an old one up to date.
    ///
    /// # Errors
    /// As [`Database::migrate`].
    pub async fn open(database: &Database) -> Result<Self, SqlError> {
        database.migrate(Route::TABLE, MIGRATIONS).await?;
        Ok(SqlRoutes { database: database.clone() })
    }
}

impl RouteStore for SqlRoutes {
    fn load(&self) -> BoxFuture<'_, Result<Vec<Route>, StoreError>> {
        Box::pin(async { bulk::load(&self.database).await.map_err(StoreError::new) })
    }

    fn save<'a>(&'a self, changes: &'a [RouteChange]) -> BoxFuture<'a, Result<(), StoreError>> {
        let steps = changes.iter().map(|change| match change {
            RouteChange::Put(route) => RowChange::Put(route),
            RouteChange::Delete(id) => RowChange::Delete(*id),
            RouteChange::Clear => RowChange::Clear,
        });
        let steps: Vec<_> = steps.collect();
        Box::pin(async move { bulk::save(&self.database, &steps).await.map_err(StoreError::new) })
    }
}

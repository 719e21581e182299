//! The table of routes.

use super::bulk::RowChange;
use super::rows::Rows;
use super::stored::stored;
use crate::BoxFuture;
use crate::core::route::{RouteChange, RouteStore};
use crate::core::{News, StoreError, Turn};
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
    rows: Rows<Route>,
}

impl SqlRoutes {
    /// Makes the table if it is not there, and brings an old one up to date.
    ///
    /// # Errors
    /// As [`Database::migrate`].
    pub async fn open(database: &Database) -> Result<Self, SqlError> {
        Ok(SqlRoutes { rows: Rows::open(database).await? })
    }
}

impl RouteStore for SqlRoutes {
    fn load(&self) -> BoxFuture<'_, Result<Vec<Route>, StoreError>> {
        Box::pin(async { self.rows.load().await.map_err(StoreError::new) })
    }

    fn save<'a>(&'a self, changes: &'a [RouteChange]) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move { self.rows.write(&steps(changes)).await.map_err(StoreError::new) })
    }

    fn turn(&self) -> BoxFuture<'_, Result<Turn<'_, Vec<RouteChange>, Route>, StoreError>> {
        Box::pin(async {
            let (turn, news) = self.rows.turn().await.map_err(StoreError::new)?;
            let save = |changes: Vec<RouteChange>| -> BoxFuture<'_, _> {
                Box::pin(async move { turn.save(&steps(&changes)).await.map(|()| changes).map_err(StoreError::new) })
            };
            Ok(Turn::new(news, Box::new(save)))
        })
    }

    fn news(&self) -> BoxFuture<'_, Result<News<Route>, StoreError>> {
        Box::pin(async { self.rows.news().await.map_err(StoreError::new) })
    }
}

fn steps(changes: &[RouteChange]) -> Vec<RowChange<'_, Route>> {
    let steps = changes.iter().map(|change| match change {
        RouteChange::Put(route) => RowChange::Put(route),
        RouteChange::Delete(id) => RowChange::Delete(*id),
        RouteChange::Clear => RowChange::Clear,
    });
    steps.collect()
}

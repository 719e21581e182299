//! The table of routes.

use super::stored::{Stored, select, stored};
use crate::BoxFuture;
use crate::core::StoreError;
use crate::core::route::{RouteChange, RouteStore};
use crate::model::Route;
use crate::sql::{Database, Dialect, Migration, SqlError, Statement, Step, Transaction};

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
///
/// A million of them take some 70 MB of SQLite's file.
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

    /// Reads page by page what one moment of the table held.
    async fn read(&self) -> Result<Vec<Route>, SqlError> {
        let mut transaction = self.database.begin().await?;
        if transaction.dialect() == Dialect::Postgres {
            transaction.execute(Statement::new("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")).await?;
        }
        let mut routes: Vec<Route> = Vec::new();
        loop {
            let after = routes.last().map_or(0, |route| route.id);
            let page = transaction.rows(select::<Route>("id > ? ORDER BY id LIMIT ?").bind(after).bind(PAGE)).await?;
            for row in &page {
                routes.push(Route::read(row)?);
            }
            if page.len() < PAGE {
                break;
            }
        }
        transaction.rollback().await?;
        Ok(routes)
    }

    async fn write(&self, changes: &[RouteChange]) -> Result<(), SqlError> {
        let mut transaction = self.database.begin().await?;
        let mut rest = changes;
        while let Some(first) = rest.first() {
            match first {
                RouteChange::Put(_) => rest = put(&mut transaction, rest).await?,
                RouteChange::Delete(_) => rest = delete(&mut transaction, rest).await?,
                RouteChange::Clear => {
                    transaction.execute(Statement::new("DELETE FROM routes")).await?;
                    rest = rest.split_first().map_or(&[], |(_, rest)| rest);
                }
            }
        }
        transaction.commit().await
    }
}

impl RouteStore for SqlRoutes {
    fn load(&self) -> BoxFuture<'_, Result<Vec<Route>, StoreError>> {
        Box::pin(async { self.read().await.map_err(StoreError::new) })
    }

    fn save<'a>(&'a self, changes: &'a [RouteChange]) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async { self.write(changes).await.map_err(StoreError::new) })
    }
}

/// Stores the routes at the beginning of `changes` with one statement and returns the other changes.
async fn put<'a>(transaction: &mut Transaction, changes: &'a [RouteChange]) -> Result<&'a [RouteChange], SqlError> {
    let mut routes: Vec<&Route> = Vec::new();
    for change in changes.iter().take(ROWS) {
        match change {
            // PostgreSQL writes no row twice in one statement, and nearly always ids grow.
            RouteChange::Put(route) if routes.last().is_none_or(|last| last.id < route.id) => routes.push(route),
            _ => break,
        }
    }
    let columns: Vec<_> = std::iter::once("id").chain(Route::COLUMNS.iter().copied()).collect();
    let rows = routes.iter().map(|route| std::iter::once(route.id.into()).chain(route.values()));
    let replace = transaction.dialect().on_duplicate(&["id"], Route::COLUMNS);
    let insert = Statement::insert(Route::TABLE, &columns, rows, matches!(routes.len(), 1 | ROWS)).push(&replace);
    transaction.execute(insert).await?;
    Ok(changes.get(routes.len()..).unwrap_or_default())
}

/// Deletes the routes at the beginning of `changes` with one statement and returns the other changes.
async fn delete<'a>(transaction: &mut Transaction, changes: &'a [RouteChange]) -> Result<&'a [RouteChange], SqlError> {
    let ids = changes.iter().take(ROWS).map_while(|change| match change {
        RouteChange::Delete(id) => Some(*id),
        _ => None,
    });
    let ids: Vec<u64> = ids.collect();
    let count = ids.len();
    transaction.execute(Statement::new("DELETE FROM routes WHERE id IN ").push_list(ids)).await?;
    Ok(changes.get(count..).unwrap_or_default())
}

/// Rows that are read at a time: some megabytes.
const PAGE: usize = 5000;
/// Rows of one statement: times 15 columns, this is below what any server binds.
const ROWS: usize = 500;

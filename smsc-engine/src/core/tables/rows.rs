//! The rows of a table that is held in memory, here and perhaps in other programs.

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::bulk::{self, RowChange};
use super::stored::{Stored, select};
use super::version;
use crate::core::News;
use crate::sql::{Database, Dialect, SqlError, Statement, Transaction};

/// The rows of a table; copies are the same.
#[derive(Debug)]
pub(super) struct Rows<T> {
    database: Database,
    /// The version that was read last.
    seen: Arc<AtomicU64>,
    rows: PhantomData<fn() -> T>,
}

impl<T> Clone for Rows<T> {
    fn clone(&self) -> Self {
        Rows { database: self.database.clone(), seen: Arc::clone(&self.seen), rows: PhantomData }
    }
}

/// A turn to change the table.
pub(super) struct RowsTurn<T> {
    /// Open, and nobody else's, if the table is shared.
    held: Option<(Transaction, u64)>,
    rows: Rows<T>,
}

impl<T: Stored> Rows<T> {
    /// Makes the table if it is not there, and brings an old one up to date.
    pub(super) async fn open(database: &Database) -> Result<Self, SqlError> {
        database.migrate(T::TABLE, T::MIGRATIONS).await?;
        version::open(database, T::TABLE).await?;
        Ok(Rows { database: database.clone(), seen: Arc::default(), rows: PhantomData })
    }

    /// Reads all rows as they were at one moment.
    pub(super) async fn load(&self) -> Result<Vec<T>, SqlError> {
        let mut transaction = self.database.begin().await?;
        if transaction.dialect() == Dialect::Postgres {
            transaction.execute(Statement::new("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")).await?;
        }
        let version = self.version(&mut transaction).await?;
        let all = bulk::load(&mut transaction).await?;
        transaction.rollback().await?;
        self.note(version);
        Ok(all)
    }

    /// Returns what others changed since the last call of this or of [`Rows::turn`].
    pub(super) async fn news(&self) -> Result<News<T>, SqlError> {
        if !version::is_shared(&self.database) {
            return Ok(News::NONE);
        }
        let version = version::current(&self.database, T::TABLE).await?;
        if version <= self.seen() {
            return Ok(News::NONE);
        }
        let ids = ids(&self.database.rows(version::changed(T::TABLE, self.seen())).await?)?;
        if !version::is_known(&ids, (self.seen(), version)) {
            return self.load().await.map(News::All);
        }
        let rows = self.database.rows(named::<T>(&ids)).await?;
        let news = rows_and_gone(ids, rows.iter().map(T::read).collect::<Result<_, _>>()?);
        self.note(version);
        Ok(news)
    }

    /// Waits for one's turn; with it come the news.
    pub(super) async fn turn(&self) -> Result<(RowsTurn<T>, News<T>), SqlError> {
        let mut turn = RowsTurn { held: None, rows: self.clone() };
        if !version::is_shared(&self.database) {
            return Ok((turn, News::NONE));
        }
        let mut transaction = self.database.begin().await?;
        let version = version::lock(&mut transaction, T::TABLE).await?;
        let mut news = News::NONE;
        if version > self.seen() {
            let ids = ids(&transaction.rows(version::changed(T::TABLE, self.seen())).await?)?;
            news = if version::is_known(&ids, (self.seen(), version)) {
                let rows = transaction.rows(named::<T>(&ids)).await?;
                rows_and_gone(ids, rows.iter().map(T::read).collect::<Result<_, _>>()?)
            } else {
                News::All(bulk::load(&mut transaction).await?)
            };
            self.note(version);
        }
        turn.held = Some((transaction, version));
        Ok((turn, news))
    }

    /// Makes changes whatever others changed before; they come back as news.
    pub(super) async fn write(&self, changes: &[RowChange<'_, T>]) -> Result<(), SqlError> {
        let mut turn = RowsTurn { held: None, rows: Rows { seen: Arc::default(), ..self.clone() } };
        if version::is_shared(&self.database) {
            let mut transaction = self.database.begin().await?;
            let version = version::lock(&mut transaction, T::TABLE).await?;
            turn.held = Some((transaction, version));
        }
        turn.save(changes).await
    }

    async fn version(&self, transaction: &mut Transaction) -> Result<u64, SqlError> {
        if !version::is_shared(&self.database) {
            return Ok(0);
        }
        let question = Statement::new("SELECT version FROM table_versions WHERE name = ?").bind(T::TABLE);
        transaction.rows(question).await?.first().map_or(Ok(0), |row| row.get("version"))
    }

    fn seen(&self) -> u64 {
        self.seen.load(Ordering::Acquire)
    }

    fn note(&self, version: u64) {
        self.seen.fetch_max(version, Ordering::AcqRel);
    }
}

impl<T: Stored> RowsTurn<T> {
    /// Makes changes in their order, all or none, and ends the turn.
    pub(super) async fn save(self, changes: &[RowChange<'_, T>]) -> Result<(), SqlError> {
        let RowsTurn { held, rows } = self;
        let Some((mut transaction, version)) = held else {
            return bulk::save(&rows.database, changes).await;
        };
        if changes.is_empty() {
            return transaction.rollback().await;
        }
        bulk::write(&mut transaction, changes).await?;
        let touched = changes.iter().map(|change| match change {
            RowChange::Put(row) => Some(row.id()),
            RowChange::Delete(id) => Some(*id),
            RowChange::Clear => None,
        });
        let touched: Option<Vec<u64>> = touched.collect();
        let next = version::count(&mut transaction, (T::TABLE, version), touched.as_deref()).await?;
        transaction.commit().await?;
        rows.note(next);
        Ok(())
    }
}

/// Asks for these rows; there is always one number, if only of no row.
fn named<T: Stored>(ids: &[u64]) -> Statement<'static> {
    let ids = ids.iter().copied().chain(ids.is_empty().then_some(0));
    select::<T>("id IN ").push_list(ids)
}

fn ids(rows: &[crate::sql::Row]) -> Result<Vec<u64>, SqlError> {
    rows.iter().map(|row| row.get("row_id")).collect()
}

/// Those that were named and are not there were deleted.
fn rows_and_gone<T: Stored>(mut ids: Vec<u64>, rows: Vec<T>) -> News<T> {
    let present: std::collections::HashSet<u64> = rows.iter().map(T::id).collect();
    ids.retain(|id| !present.contains(id));
    News::Rows(rows, ids)
}

//! Statements that take effect together or not at all.

use std::time::Instant;

use super::backend::Done;
use super::pool::Connection;
use super::{Database, Dialect, Row, SqlError, Statement};

/// Statements that take effect together: with [`Transaction::commit`], or not at all.
///
/// One that is dropped is undone, and its connection is closed, for nobody knows in which state it is.
pub struct Transaction {
    database: Database,
    connection: Connection,
    open: bool,
}

impl Transaction {
    pub(super) async fn begin(database: &Database) -> Result<Self, SqlError> {
        // SQLite: without the lock from the start, a transaction that reads first may be told later that it cannot write.
        let begin = if database.dialect() == Dialect::Sqlite { "BEGIN IMMEDIATE" } else { "BEGIN" };
        Self::begin_with(database, begin).await
    }

    /// Begins with these words, which must begin a transaction.
    pub(super) async fn begin_with(database: &Database, begin: &str) -> Result<Self, SqlError> {
        let connection = database.acquire(true).await?;
        let mut transaction = Transaction { database: database.clone(), connection, open: true };
        transaction.control(begin).await?;
        Ok(transaction)
    }

    /// Returns how its server speaks.
    pub fn dialect(&self) -> Dialect {
        self.database.dialect()
    }

    /// Runs a statement and returns how many rows it changed.
    ///
    /// # Errors
    /// See [`SqlError`]; the transaction is then good for nothing but being dropped.
    pub async fn execute(&mut self, statement: Statement<'_>) -> Result<u64, SqlError> {
        Ok(self.done(&statement).await?.rows)
    }

    /// Inserts one row into a table with an automatic key `id` and returns the key.
    ///
    /// # Errors
    /// As [`Transaction::execute`].
    pub async fn insert(&mut self, statement: Statement<'_>) -> Result<i64, SqlError> {
        if self.dialect() != Dialect::Postgres {
            return Ok(self.done(&statement).await?.key);
        }
        let rows = self.rows(statement.push(" RETURNING id")).await?;
        rows.first().map_or(Ok(0), |row| row.get("id"))
    }

    /// Runs a query and returns all its rows.
    ///
    /// # Errors
    /// As [`Transaction::execute`].
    pub async fn rows(&mut self, statement: Statement<'_>) -> Result<Vec<Row>, SqlError> {
        let start = Instant::now();
        let answer = self.database.in_time(self.connection.rows(&statement)).await;
        self.database.note_answer(start, &answer);
        answer
    }

    /// Makes it all count; resolves when it is durable.
    ///
    /// # Errors
    /// [`SqlError::Unreachable`] says nothing about whether it counts: look before doing it again.
    pub async fn commit(mut self) -> Result<(), SqlError> {
        self.control("COMMIT").await?;
        self.open = false;
        Ok(())
    }

    /// Undoes it all and keeps the connection.
    ///
    /// # Errors
    /// When the server does not answer; it is undone in any case.
    pub async fn rollback(mut self) -> Result<(), SqlError> {
        self.control("ROLLBACK").await?;
        self.open = false;
        Ok(())
    }

    /// Runs a definition, which may take as long as it likes.
    pub(super) async fn define(&mut self, text: &str) -> Result<(), SqlError> {
        Ok(self.connection.raw(text).await?)
    }

    async fn done(&mut self, statement: &Statement<'_>) -> Result<Done, SqlError> {
        let start = Instant::now();
        let answer = self.database.in_time(self.connection.execute(statement)).await;
        self.database.note_answer(start, &answer);
        answer
    }

    async fn control(&mut self, text: &str) -> Result<(), SqlError> {
        let start = Instant::now();
        let answer = self.database.in_time(self.connection.raw(text)).await;
        self.database.note_answer(start, &answer);
        answer
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if self.open {
            self.connection.give_up();
        }
    }
}

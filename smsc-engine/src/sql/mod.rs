//! One small layer over SQLite, PostgreSQL and MariaDB for everything that is kept in tables.
//!
//! Statements are written once, with question marks, and [`Dialect`] says the few things that differ. Below is
//! `sqlx` without macros, with an enum of our own over its three drivers rather than its `Any`: that one
//! reads no times and no decimals and forgets the type of nothing, which PostgreSQL insists on. Rows are copied
//! out as [`Value`]s, so nothing of the driver is seen outside of this module.
//!
//! It does not know what the tables hold, builds no statements from objects and retries nothing: a lost connection
//! is an error, and the next call gets a new one.
//!
//! ```
//! # use smsc_engine::sql::{Database, DatabaseConfig, Migration, Statement, Step};
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! const TABLES: &[Migration] = &[Migration {
//!     version: 1,
//!     name: "peers",
//!     steps: &[Step::All("CREATE TABLE peers (id {key}, name VARCHAR(64) NOT NULL, seen {time}) {table}")],
//! }];
//! # let directory = tempfile::tempdir()?;
//! # let path = directory.path().join("tables.sqlite");
//! let database = Database::open(&DatabaseConfig::sqlite(path)).await?;
//! database.migrate("peers", TABLES).await?;
//!
//! let mut transaction = database.begin().await?;
//! let id = transaction.insert(Statement::new("INSERT INTO peers (name) VALUES (?)").bind("shop")).await?;
//! transaction.commit().await?;
//!
//! let rows = database.rows(Statement::new("SELECT name FROM peers WHERE id = ?").bind(id)).await?;
//! assert_eq!(rows[0].get::<String>("name")?, "shop");
//! # database.close().await;
//! # Ok(()) }
//! ```

mod backend;
mod config;
mod conflict;
mod dialect;
mod durability;
mod error;
mod measure;
mod migrate;
mod pool;
mod row;
mod statement;
mod transaction;
mod value;

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use measure::Durations;
use pool::{Connection, Pool};

pub use config::{DatabaseConfig, VariableError};
#[cfg(feature = "postgres")]
pub(crate) use conflict::MOST_TRIES;
pub(crate) use conflict::past_conflicts;
pub use dialect::Dialect;
pub use error::SqlError;
pub use measure::{BOUNDS, Histogram, PoolMeasures};
pub use migrate::{Migration, Step};
pub use row::Row;
pub use statement::Statement;
pub use transaction::Transaction;
pub use value::{FromValue, List, Value};

/// A database with its connections; clones share them.
#[derive(Clone)]
pub struct Database(Arc<Inner>);

struct Inner {
    dialect: Dialect,
    pool: Pool,
    place: String,
    answer_timeout: Duration,
    /// Somebody has looked whether its commits are durable.
    asked: AtomicBool,
    /// The last call did not reach it.
    is_away: AtomicBool,
    queue_time: Durations,
    query_time: Durations,
}

impl Database {
    /// Opens a file, or gets ready for a server, which need not be there yet.
    ///
    /// # Errors
    /// When a setting is missing, the file cannot be opened or is no database, or this program was built without the server.
    pub async fn open(config: &DatabaseConfig) -> Result<Self, SqlError> {
        let pool = Pool::open(config).await?;
        Ok(Database(Arc::new(Inner {
            dialect: config.adapter,
            pool,
            place: config.to_string(),
            answer_timeout: config.answer_timeout,
            asked: AtomicBool::new(false),
            is_away: AtomicBool::new(false),
            queue_time: Durations::default(),
            query_time: Durations::default(),
        })))
    }

    /// Returns how its server speaks.
    pub fn dialect(&self) -> Dialect {
        self.0.dialect
    }

    /// Runs a query that changes nothing and returns all its rows.
    ///
    /// # Errors
    /// See [`SqlError`].
    pub async fn rows(&self, statement: Statement<'_>) -> Result<Vec<Row>, SqlError> {
        let mut connection = self.acquire(false).await?;
        let start = Instant::now();
        let answer = self.in_time(connection.rows(&statement)).await;
        self.finish(connection, start, answer)
    }

    /// Runs one statement as a transaction of its own and returns how many rows it changed.
    ///
    /// # Errors
    /// See [`SqlError`]; [`SqlError::Unreachable`] says nothing about whether it took effect.
    pub async fn execute(&self, statement: Statement<'_>) -> Result<u64, SqlError> {
        let mut connection = self.acquire(true).await?;
        let start = Instant::now();
        let answer = self.in_time(connection.execute(&statement)).await;
        self.finish(connection, start, answer).map(|done| done.rows)
    }

    /// Begins a transaction.
    ///
    /// # Errors
    /// See [`SqlError`].
    pub async fn begin(&self) -> Result<Transaction, SqlError> {
        Transaction::begin(self).await
    }

    /// Begins a transaction of PostgreSQL for a hot table. It goes by the indexes: a plan that was made while a table was
    /// small is kept, and would read all of it when it has become large. And it is over when its program is gone without
    /// a word, so that what it locked is not lost to others.
    #[cfg(feature = "postgres")]
    pub(crate) async fn begin_hot(&self) -> Result<Transaction, SqlError> {
        let begin = "BEGIN; SET LOCAL enable_seqscan = off; SET LOCAL jit = off; \
                     SET LOCAL idle_in_transaction_session_timeout = '10s'";
        Transaction::begin_with(self, begin).await
    }

    /// Writes a copy of a database in a file, as of now, into a new file, while others go on; not synced.
    ///
    /// # Errors
    /// It is not in a file, or the new file is there already or cannot be written.
    pub async fn copy_to(&self, path: &Path) -> Result<(), SqlError> {
        if self.0.dialect != Dialect::Sqlite {
            return Err(SqlError::NotCopied(self.0.dialect));
        }
        let unreadable = || SqlError::File { path: path.to_owned(), error: std::io::ErrorKind::InvalidFilename.into() };
        let name = path.to_str().ok_or_else(unreadable)?;
        let mut connection = self.acquire(false).await?;
        // However long it takes: it depends on the size, and nobody else waits.
        let copied = connection.execute(&Statement::new("VACUUM INTO ?").bind(name)).await;
        // Given up half-way it may still be at work.
        if copied.is_err() {
            connection.give_up();
        }
        copied.map(drop).map_err(SqlError::from)
    }

    /// Tells how the connections do.
    pub fn measures(&self) -> PoolMeasures {
        PoolMeasures {
            queue_time: self.0.queue_time.histogram(),
            query_time: self.0.query_time.histogram(),
            connected: self.0.pool.connected(),
        }
    }

    /// Waits for the connections in use and closes them all; later calls fail.
    pub async fn close(&self) {
        self.0.pool.close().await;
    }

    async fn acquire(&self, write: bool) -> Result<Connection, SqlError> {
        let start = Instant::now();
        let connection = self.0.pool.acquire(write).await;
        self.0.queue_time.add(start.elapsed());
        connection.map_err(SqlError::from).inspect_err(|error| self.note(Some(error)))
    }

    fn finish<T>(&self, mut connection: Connection, start: Instant, answer: Result<T, SqlError>) -> Result<T, SqlError> {
        self.note_answer(start, &answer);
        if answer.as_ref().is_err_and(SqlError::is_unreachable) {
            connection.give_up();
        }
        answer
    }

    /// Tells the log when the database goes away and when it is back, not of each statement.
    fn note(&self, error: Option<&SqlError>) {
        let error = error.filter(|error| error.is_unreachable());
        if self.0.is_away.swap(error.is_some(), Ordering::Relaxed) == error.is_some() {
            return;
        }
        let database = &self.0.place;
        match error {
            Some(error) => tracing::error!(database, %error, "database error: it does not answer"),
            None => tracing::info!(database, "the database answers again"),
        }
    }

    fn note_answer<T>(&self, start: Instant, answer: &Result<T, SqlError>) {
        self.0.query_time.add(start.elapsed());
        self.note(answer.as_ref().err());
    }

    /// A connection may be lost without a word from the other side: who does not answer in time is not waited for.
    async fn in_time<T>(&self, answer: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, SqlError> {
        match tokio::time::timeout(self.0.answer_timeout, answer).await {
            Ok(answer) => Ok(answer?),
            Err(_) => Err(SqlError::Unreachable(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))),
        }
    }
}

/// Shows where it is, without the password.
impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Database").field(&self.0.place).finish()
    }
}

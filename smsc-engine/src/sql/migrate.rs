//! Tables that grow with the program: numbered steps, each done once in the life of a database.
//!
//! Which steps were done is written in the table `smsc_migrations`. A step and its line in that table are one
//! transaction; MariaDB commits every definition by itself, so there a step that was interrupted is done again and
//! what already exists is passed over. Two programs that start at once do the steps one after the other.

use super::{Database, Dialect, SqlError, Statement, Transaction};
use crate::model::Timestamp;

/// One numbered step of the tables of one component.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Counts from 1 without gaps; a published step is never changed.
    pub version: u32,
    /// What it does, in a few words.
    pub name: &'static str,
    /// How.
    pub steps: &'static [Step],
}

/// One definition of a migration; see [`Dialect::define`] for the words in braces.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// For every server.
    All(&'static str),
    /// For one of them.
    Only(Dialect, &'static str),
}

impl Database {
    /// Does those migrations of `component` that this database has not seen yet, and returns how many.
    ///
    /// # Errors
    /// [`SqlError::Migration`] for a step that fails, [`SqlError::TooNew`] if a newer program was here before,
    /// and whatever a connection can have.
    pub async fn migrate(&self, component: &str, migrations: &[Migration]) -> Result<usize, SqlError> {
        self.warn_of_weak_durability().await?;
        let known = migrations.last().map_or(0, |migration| migration.version);
        // Most starts find everything done: then nobody waits for a lock.
        match self.version(component).await {
            Ok(found) if found == known => return Ok(0),
            Err(error) if error.is_unreachable() => return Err(error),
            // Most likely the table is not there yet.
            _ => self.define_table().await?,
        }
        let mut count = 0;
        for migration in migrations {
            count += usize::from(self.step(component, migration, known).await?);
        }
        Ok(count)
    }

    async fn version(&self, component: &str) -> Result<u32, SqlError> {
        let rows = self.rows(Statement::new(VERSION).bind(component)).await?;
        rows.first().map_or(Ok(0), |row| row.get("version"))
    }

    async fn define_table(&self) -> Result<(), SqlError> {
        let mut last = Ok(());
        // PostgreSQL may refuse `IF NOT EXISTS` when two programs say it at the same moment; then it exists a moment later.
        for _ in 0..3 {
            let mut transaction = self.begin().await?;
            last = transaction.define(&self.dialect().define(TABLE)).await;
            match &last {
                Ok(()) => return transaction.commit().await,
                Err(error) if error.is_unreachable() => break,
                Err(_) => {}
            }
        }
        last
    }

    /// Does one step unless it is done; tells whether it did.
    async fn step(&self, component: &str, migration: &Migration, known: u32) -> Result<bool, SqlError> {
        let failed = |error| SqlError::Migration {
            component: component.to_owned(),
            version: migration.version,
            name: migration.name,
            error: Box::new(error),
        };
        let mut transaction = self.begin().await?;
        lock(&mut transaction).await.map_err(failed)?;
        let rows = transaction.rows(Statement::new(VERSION).bind(component)).await?;
        let found: u32 = rows.first().map_or(Ok(0), |row| row.get("version"))?;
        if found > known {
            return Err(SqlError::TooNew { component: component.to_owned(), found, known });
        }
        let done = found >= migration.version;
        if !done {
            apply(&mut transaction, migration).await.map_err(failed)?;
            let note = Statement::new(NOTE).bind(component).bind(migration.version).bind(migration.name);
            transaction.execute(note.bind(Timestamp::now())).await.map_err(failed)?;
        }
        unlock(&mut transaction).await;
        transaction.commit().await.map_err(failed)?;
        Ok(!done)
    }
}

/// Waits until no other program migrates.
async fn lock(transaction: &mut Transaction) -> Result<(), SqlError> {
    match transaction.dialect() {
        // It has the only lock there is since it began.
        Dialect::Sqlite => Ok(()),
        // A row can be locked in everything that speaks PostgreSQL's protocol.
        Dialect::Postgres => {
            let row = format!("{NOTE}{}", Dialect::Postgres.on_duplicate(&["component", "version"], &[]));
            let row = Statement::new(row).bind("").bind(0).bind("lock").bind(Timestamp(0));
            transaction.execute(row).await?;
            let lock = "SELECT version FROM smsc_migrations WHERE component = '' FOR UPDATE";
            transaction.rows(Statement::new(lock)).await.map(drop)
        }
        // Definitions end transactions and with them the locks of rows.
        Dialect::MySql => transaction.rows(Statement::new("SELECT GET_LOCK('smsc_migrations', 50) AS held")).await.map(drop),
    }
}

async fn unlock(transaction: &mut Transaction) {
    if transaction.dialect() == Dialect::MySql {
        // If it fails, the connection is lost and the lock with it.
        let _ = transaction.rows(Statement::new("SELECT RELEASE_LOCK('smsc_migrations') AS held")).await;
    }
}

async fn apply(transaction: &mut Transaction, migration: &Migration) -> Result<(), SqlError> {
    let dialect = transaction.dialect();
    for step in migration.steps {
        let text = match step {
            Step::All(text) => text,
            Step::Only(only, text) if *only == dialect => text,
            Step::Only(..) => continue,
        };
        match transaction.define(&dialect.define(text)).await {
            Err(error) if !dialect.defines_in_transactions() && exists(&error) => {}
            result => result?,
        }
    }
    Ok(())
}

/// Tells whether MariaDB says that a table (42S01) or an index (1061, of class 42000) is there already.
fn exists(error: &SqlError) -> bool {
    let SqlError::Refused(sqlx::Error::Database(error)) = error else { return false };
    error.code().as_deref() == Some("42S01") || error.message().starts_with("Duplicate key name")
}

const TABLE: &str = "CREATE TABLE IF NOT EXISTS smsc_migrations (
    component VARCHAR(64) NOT NULL,
    version {int} NOT NULL,
    name VARCHAR(255) NOT NULL,
    applied_at {time} NOT NULL,
    PRIMARY KEY (component, version)
) {table}";
const VERSION: &str = "SELECT version FROM smsc_migrations WHERE component = ? ORDER BY version DESC LIMIT 1";
const NOTE: &str = "INSERT INTO smsc_migrations (component, version, name, applied_at) VALUES (?, ?, ?, ?)";

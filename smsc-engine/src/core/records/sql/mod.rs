//! Records in a database: writing, reading, billing and throwing away.

mod billing;
mod keep;
mod query;
mod read;
mod table;
mod write;

use tokio::sync::OnceCell;

use super::SinkError;
use crate::sql::Database;

pub use billing::{Amount, BillingLine, Rate};
pub use query::{QUERIES, Query};

/// Records in the table `cdrs` of a database; several cores, and several clusters, may share it.
///
/// The tables are made when they are first needed, so a core starts and works while its database is down.
pub struct SqlRecords {
    database: Database,
    /// Wants the indexes for large tables, too.
    large: bool,
    ready: OnceCell<()>,
}

impl SqlRecords {
    /// Keeps records in this database.
    pub fn new(database: Database) -> Self {
        SqlRecords { database, large: false, ready: OnceCell::new() }
    }

    /// Adds the composite indexes, and on MariaDB the full-text index, that pay for large tables.
    #[must_use]
    pub fn with_large_indexes(self) -> Self {
        SqlRecords { large: true, ..self }
    }

    /// The database.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Makes the tables unless that was done.
    ///
    /// # Errors
    /// When the database cannot be reached or refuses; the next call tries again.
    pub async fn prepare(&self) -> Result<(), SinkError> {
        let tables = || async {
            self.database.migrate("records", table::TABLES).await?;
            if self.large {
                self.database.migrate("records.large", table::LARGE).await?;
            }
            Ok::<_, SinkError>(())
        };
        self.ready.get_or_try_init(tables).await.map(drop)
    }
}

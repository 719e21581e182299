//! What a centre keeps on disk or in a database, opened and closed together.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::StartError;
use crate::config::{Records, Settings};
use crate::core::events::{SqlEvents, SqlEventsOptions};
use crate::core::queue::{JournalOptions, JournalQueue};
use crate::core::records::{FileFormat, FileOptions, FileSink, RecordSink, SinkError, SqlRecords};
use crate::core::tables::{SqlAccounts, SqlFrontends, SqlLocations, SqlRoutes, SqlTable};
use crate::model::{MmsMessage, Ss7Event};
use crate::sql::{Database, DatabaseConfig, Dialect, SqlError};

/// How to get into a server, out of a section of settings that has the usual keys for it.
macro_rules! server {
    ($keys:expr, $adapter:expr) => {
        DatabaseConfig {
            host: $keys.db_hostname.clone(),
            port: ($keys.db_port > 0).then_some($keys.db_port),
            name: $keys.db_name.clone(),
            user: $keys.db_username.clone(),
            password: Some($keys.db_password.clone()),
            pool_size: $keys.pool_size,
            require_tls: $keys.ssl,
            tls_ca: (!$keys.tls_ca_path.as_os_str().is_empty()).then(|| $keys.tls_ca_path.clone()),
            ..DatabaseConfig::new($adapter)
        }
    };
}

/// The tables in one file beside the journal, or in the shared database.
pub(super) struct Tables {
    database: Database,
    pub(super) routes: SqlRoutes,
    pub(super) locations: SqlLocations,
    pub(super) frontends: SqlFrontends,
    pub(super) accounts: SqlAccounts,
    pub(super) mms: SqlTable<MmsMessage>,
    pub(super) ss7: SqlTable<Ss7Event>,
    pub(super) events: Arc<SqlEvents>,
}

/// Where records go.
pub(super) struct Books {
    pub(super) sinks: Vec<Arc<dyn RecordSink>>,
    database: Option<Database>,
}

impl Tables {
    /// Opens them, and makes what is missing: in the shared database, or in a file of this directory.
    pub(super) async fn open(directory: &Path, (shared, node): (Option<&Database>, &str)) -> Result<Tables, StartError> {
        if let Some(database) = shared {
            return Tables::in_database(database.clone(), node)
                .await
                .map_err(|error| StartError::Shared { place: format!("{database:?}"), error });
        }
        let file = directory.join(TABLES);
        let opened = async { Tables::in_database(Database::open(&DatabaseConfig::sqlite(&file)).await?, "").await };
        opened.await.map_err(|error| StartError::Tables { file, error })
    }

    async fn in_database(database: Database, node: &str) -> Result<Tables, SqlError> {
        Ok(Tables {
            routes: SqlRoutes::open(&database).await?,
            locations: SqlLocations::open(&database).await?,
            frontends: SqlFrontends::open(&database).await?,
            accounts: SqlAccounts::of_node(&database, node).await?,
            mms: SqlTable::open(&database).await?,
            ss7: SqlTable::open(&database).await?,
            events: Arc::new(SqlEvents::open(&database, SqlEventsOptions::default()).await?),
            database,
        })
    }

    /// The file, or the shared database.
    pub(super) fn database(&self) -> &Database {
        &self.database
    }

    /// Writes the events that wait, and closes the file.
    pub(super) async fn close(&self) {
        self.events.close().await;
        self.database.close().await;
    }
}

impl Books {
    /// Opens what records go to; `None` if nobody wants any. A server need not be there: records wait for it.
    pub(super) async fn open(settings: &Settings) -> Result<Option<Books>, StartError> {
        if !settings.records.cdr_enabled {
            return Ok(None);
        }
        Books::open_all(settings).await.map(Some).map_err(StartError::Records)
    }

    async fn open_all(settings: &Settings) -> Result<Books, SinkError> {
        let database = Database::open(&record_database(settings)).await?;
        let mut sinks: Vec<Arc<dyn RecordSink>> = vec![Arc::new(SqlRecords::new(database.clone()))];
        let Records { csv_directory, json_directory, .. } = &settings.records;
        for (directory, format) in [(csv_directory, FileFormat::Csv), (json_directory, FileFormat::JsonLines)] {
            if !directory.as_os_str().is_empty() {
                sinks.push(Arc::new(open_files(directory.clone(), format).await?));
            }
        }
        tokio::spawn(say_if_absent(database.clone()));
        Ok(Books { sinks, database: Some(database) })
    }

    /// The records, for those who ask about them.
    pub(super) fn records(&self) -> Option<SqlRecords> {
        self.database.clone().map(SqlRecords::new)
    }

    /// Closes the database.
    pub(super) async fn close(&self) {
        if let Some(database) = &self.database {
            database.close().await;
        }
    }
}

/// The databases that are files, by the names of these.
pub(super) fn files(tables: &Tables, books: Option<&Books>) -> Vec<(String, Database)> {
    let records = books.and_then(|books| books.database.clone()).map(|database| (RECORDS.to_owned(), database));
    let all = std::iter::once((TABLES.to_owned(), tables.database().clone())).chain(records);
    all.filter(|(_, database)| database.dialect() == Dialect::Sqlite).collect()
}

/// Opens the journal on a thread that may wait for the disk.
pub(super) async fn open_journal(directory: PathBuf, options: JournalOptions) -> Result<JournalQueue, StartError> {
    let place = directory.clone();
    blocking(move || JournalQueue::open(place, options)).await.map_err(|error| StartError::Journal { directory, error })
}

/// Which database records go to.
pub(super) fn record_database(settings: &Settings) -> DatabaseConfig {
    use crate::config::DbAdapter;
    let records = &settings.records;
    let adapter = match records.db_adapter {
        DbAdapter::Sqlite => return DatabaseConfig::sqlite(settings.storage.directory.join(RECORDS)),
        DbAdapter::Mysql | DbAdapter::Mariadb => Dialect::MySql,
        DbAdapter::Postgresql => Dialect::Postgres,
    };
    server!(records, adapter)
}

/// Which database nodes share, if there is one.
pub(super) fn shared_database(settings: &Settings) -> Option<DatabaseConfig> {
    let shared = &settings.storage.shared;
    // A node that cannot reach it stands still: it must know soon.
    let timeouts = DatabaseConfig { answer_timeout: ANSWER, ..server!(shared, Dialect::Postgres) };
    shared.is_given().then_some(timeouts)
}

async fn open_files(directory: PathBuf, format: FileFormat) -> Result<FileSink, SinkError> {
    blocking(move || FileSink::open(directory, FileOptions::new(format))).await
}

/// The recorder would tell only when there is something to write.
async fn say_if_absent(database: Database) {
    if let Err(error) = SqlRecords::new(database).prepare().await {
        tracing::error!(%error, "the record database cannot be used; records wait until it can");
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}

/// A statement that takes longer hangs, or waits for one that does.
const ANSWER: Duration = Duration::from_secs(15);
// The files beside the journal.
const TABLES: &str = "smsc.db";
const RECORDS: &str = "records.db";

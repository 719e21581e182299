//! Connections: how they are opened, and one type over those of the three drivers.

use std::path::Path;
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::pool::PoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqliteSynchronous};

use super::backend::{self, Done};
use super::{DatabaseConfig, Dialect, Row, SqlError, Statement};

/// The connections of one database.
pub(super) enum Pool {
    /// SQLite lets one write at a time: who queues here does not spin on a locked file.
    Sqlite { writer: SqlitePool, readers: SqlitePool },
    #[cfg(feature = "postgres")]
    Postgres(sqlx::PgPool),
    #[cfg(feature = "mysql")]
    MySql(sqlx::MySqlPool),
}

/// One connection, on loan from the pool.
pub(super) enum Connection {
    Sqlite(backend::sqlite::Connection),
    #[cfg(feature = "postgres")]
    Postgres(backend::postgres::Connection),
    #[cfg(feature = "mysql")]
    MySql(backend::mysql::Connection),
}

/// Does the same with every driver's module and connection.
macro_rules! each {
    ($connection:expr, $module:ident, $inner:ident => $body:expr) => {
        match $connection {
            Connection::Sqlite($inner) => {
                use backend::sqlite as $module;
                $body
            }
            #[cfg(feature = "postgres")]
            Connection::Postgres($inner) => {
                use backend::postgres as $module;
                $body
            }
            #[cfg(feature = "mysql")]
            Connection::MySql($inner) => {
                use backend::mysql as $module;
                $body
            }
        }
    };
}

impl Pool {
    /// Makes the pool; a server is connected to when somebody first needs it.
    pub(super) async fn open(config: &DatabaseConfig) -> Result<Pool, SqlError> {
        match config.adapter {
            Dialect::Sqlite => sqlite(config).await,
            #[cfg(feature = "postgres")]
            Dialect::Postgres => postgres(config),
            #[cfg(feature = "mysql")]
            Dialect::MySql => mysql(config),
            #[cfg(not(all(feature = "postgres", feature = "mysql")))]
            adapter => Err(SqlError::NotBuilt(adapter)),
        }
    }

    pub(super) async fn acquire(&self, write: bool) -> Result<Connection, sqlx::Error> {
        match self {
            Pool::Sqlite { writer, readers } => {
                let pool = if write { writer } else { readers };
                pool.acquire().await.map(Connection::Sqlite)
            }
            #[cfg(feature = "postgres")]
            Pool::Postgres(pool) => pool.acquire().await.map(Connection::Postgres),
            #[cfg(feature = "mysql")]
            Pool::MySql(pool) => pool.acquire().await.map(Connection::MySql),
        }
    }

    pub(super) fn connected(&self) -> u32 {
        match self {
            Pool::Sqlite { writer, readers } => writer.size() + readers.size(),
            #[cfg(feature = "postgres")]
            Pool::Postgres(pool) => pool.size(),
            #[cfg(feature = "mysql")]
            Pool::MySql(pool) => pool.size(),
        }
    }

    pub(super) async fn close(&self) {
        match self {
            Pool::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            #[cfg(feature = "postgres")]
            Pool::Postgres(pool) => pool.close().await,
            #[cfg(feature = "mysql")]
            Pool::MySql(pool) => pool.close().await,
        }
    }
}

impl Connection {
    pub(super) fn dialect(&self) -> Dialect {
        match self {
            Connection::Sqlite(_) => Dialect::Sqlite,
            #[cfg(feature = "postgres")]
            Connection::Postgres(_) => Dialect::Postgres,
            #[cfg(feature = "mysql")]
            Connection::MySql(_) => Dialect::MySql,
        }
    }

    pub(super) async fn execute(&mut self, statement: &Statement<'_>) -> Result<Done, sqlx::Error> {
        let text = self.dialect().placeholders(&statement.text).into_owned();
        each!(self, module, inner => module::execute(inner, (text, statement)).await)
    }

    pub(super) async fn rows(&mut self, statement: &Statement<'_>) -> Result<Vec<Row>, sqlx::Error> {
        let text = self.dialect().placeholders(&statement.text).into_owned();
        each!(self, module, inner => module::rows(inner, (text, statement)).await)
    }

    /// Runs text without values that the server need not prepare, such as `BEGIN`.
    pub(super) async fn raw(&mut self, text: &str) -> Result<(), sqlx::Error> {
        each!(self, module, inner => module::raw(inner, text.to_owned()).await)
    }

    /// Makes sure that nobody uses this connection again: the server undoes what was not committed.
    pub(super) fn give_up(&mut self) {
        match self {
            Connection::Sqlite(inner) => inner.close_on_drop(),
            #[cfg(feature = "postgres")]
            Connection::Postgres(inner) => inner.close_on_drop(),
            #[cfg(feature = "mysql")]
            Connection::MySql(inner) => inner.close_on_drop(),
        }
    }
}

fn options<D: sqlx::Database>(config: &DatabaseConfig) -> PoolOptions<D> {
    PoolOptions::new().max_connections(config.pool_size).acquire_timeout(config.connect_timeout)
}

async fn sqlite(config: &DatabaseConfig) -> Result<Pool, SqlError> {
    create_private(&config.path).map_err(|error| SqlError::File { path: config.path.clone(), error })?;
    let file = SqliteConnectOptions::new()
        .filename(&config.path)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .synchronous(SqliteSynchronous::Full)
        .disable_statement_logging();
    // The file is there and nobody can take it away: nothing to look at before each use.
    let writer = options(config).max_connections(1).test_before_acquire(false).idle_timeout(None).max_lifetime(None);
    let writer = writer.connect_with(file.clone().journal_mode(SqliteJournalMode::Wal)).await?;
    let readers = options(config).test_before_acquire(false).connect_lazy_with(file.read_only(true));
    Ok(Pool::Sqlite { writer, readers })
}

/// Makes the file before SQLite does, for nobody else's eyes; its journals get the same rights.
fn create_private(path: &Path) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new();
    file.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    file.open(path).map(drop)
}

#[cfg(feature = "postgres")]
fn postgres(config: &DatabaseConfig) -> Result<Pool, SqlError> {
    use sqlx::postgres::{PgConnectOptions, PgSslMode};

    let server = PgConnectOptions::new_without_pgpass()
        .host(&config.host)
        .port(config.effective_port())
        .database(&config.name)
        .username(&config.user)
        .password(config.needed_password()?)
        .application_name("smsc")
        .disable_statement_logging();
    let server = match (&config.tls_ca, config.require_tls) {
        (Some(authorities), _) => server.ssl_mode(PgSslMode::VerifyFull).ssl_root_cert(authorities),
        (None, true) => server.ssl_mode(PgSslMode::Require),
        (None, false) => server.ssl_mode(PgSslMode::Prefer),
    };
    Ok(Pool::Postgres(options(config).connect_lazy_with(server)))
}

#[cfg(feature = "mysql")]
fn mysql(config: &DatabaseConfig) -> Result<Pool, SqlError> {
    use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};

    let server = MySqlConnectOptions::new()
        .host(&config.host)
        .port(config.effective_port())
        .database(&config.name)
        .username(&config.user)
        .password(config.needed_password()?)
        .charset("utf8mb4")
        .disable_statement_logging();
    let server = match (&config.tls_ca, config.require_tls) {
        (Some(authorities), _) => server.ssl_mode(MySqlSslMode::VerifyIdentity).ssl_ca(authorities),
        (None, true) => server.ssl_mode(MySqlSslMode::Required),
        (None, false) => server.ssl_mode(MySqlSslMode::Preferred),
    };
    Ok(Pool::MySql(options(config).connect_lazy_with(server)))
}

/// How long a statement waits for another program that writes to the same file.
const BUSY: Duration = Duration::from_secs(10);

//! Why a database did not do what it was told.

use std::path::PathBuf;

use super::Dialect;

/// Why a database did not do what it was told; never shows a password or a bound value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SqlError {
    /// A setting is missing.
    #[error("the {} database needs the setting `{setting}`", .dialect.name())]
    Missing {
        /// Which server.
        dialect: Dialect,
        /// Which setting.
        setting: &'static str,
    },
    /// This program was built without this server.
    #[error("this program was built without {}", .0.name())]
    NotBuilt(Dialect),
    /// Only a database in a file can be copied; servers have tools of their own for it.
    #[error("a {} database is not copied from here", .0.name())]
    NotCopied(Dialect),
    /// The file of the database cannot be made.
    #[error("cannot open {}: {error}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// The server cannot be reached, the connection was lost, or nobody gave a connection back in time; trying again may help.
    #[error("no connection to the database: {0}")]
    Unreachable(#[source] sqlx::Error),
    /// The server refuses the statement.
    #[error("the database refuses: {0}")]
    Refused(#[source] sqlx::Error),
    /// A row does not hold what was expected.
    #[error("column `{column}` holds {found}, not {wanted}")]
    Column {
        /// The column asked for.
        column: String,
        /// What it holds.
        found: &'static str,
        /// What was asked for.
        wanted: &'static str,
    },
    /// A migration failed; those before it were applied.
    #[error("migration {version} ({name}) of {component}: {error}")]
    Migration {
        /// Whose tables.
        component: String,
        /// Which one.
        version: u32,
        /// Its name.
        name: &'static str,
        /// What the server says.
        #[source]
        error: Box<SqlError>,
    },
    /// The database was migrated by a newer program than this one.
    #[error("the tables of {component} are of version {found}, this program knows {known}")]
    TooNew {
        /// Whose tables.
        component: String,
        /// What the database has.
        found: u32,
        /// What this program knows.
        known: u32,
    },
}

impl SqlError {
    /// Tells whether it is the connection's fault, so that the same call may succeed later.
    pub fn is_unreachable(&self) -> bool {
        match self {
            SqlError::Unreachable(_) => true,
            SqlError::Migration { error, .. } => error.is_unreachable(),
            _ => false,
        }
    }

    /// The connection was lost before the commit, so nothing counts.
    #[cfg(feature = "postgres")]
    pub(crate) fn lost() -> Self {
        SqlError::Unreachable(sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into()))
    }

    /// Tells whether the transaction got into the way of another one and was undone: it may be done again at once.
    pub(crate) fn is_conflict(&self) -> bool {
        matches!(self.code().as_deref(), Some("40001" | "40P01"))
    }

    /// Tells whether a row with such a key is there already.
    #[cfg(feature = "postgres")]
    pub(crate) fn is_duplicate(&self) -> bool {
        self.code().as_deref() == Some("23505")
    }

    /// Tells whether the server refuses for want of room on the disk; nothing of the transaction was done.
    pub(crate) fn is_out_of_room(&self) -> bool {
        // SQLite's and PostgreSQL's words for it; MariaDB waits for room instead.
        matches!(self.code().as_deref(), Some("13" | "53100"))
    }

    /// What the server calls its refusal.
    fn code(&self) -> Option<std::borrow::Cow<'_, str>> {
        let SqlError::Refused(sqlx::Error::Database(error)) = self else { return None };
        error.code()
    }
}

impl From<sqlx::Error> for SqlError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::BeginFailed => SqlError::Unreachable(error),
            // SQLSTATE class 08 is the connection's, 57P a server that stops or starts, 5 a locked SQLite file.
            sqlx::Error::Database(inner) => match inner.code().as_deref() {
                Some(code) if code.starts_with("08") || code.starts_with("57P") || code == "5" => SqlError::Unreachable(error),
                _ => SqlError::Refused(error),
            },
            _ => SqlError::Refused(error),
        }
    }
}

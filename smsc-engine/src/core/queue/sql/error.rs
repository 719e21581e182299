//! Why a queue in a database cannot be opened, and the lock that keeps others out.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::super::QueueError;
use crate::sql::{Dialect, SqlError};

/// Why a queue in a database cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SqlQueueError {
    /// Queues are kept in SQLite only.
    #[error("a queue cannot be kept in {}, only in sqlite", .0.name())]
    Dialect(Dialect),
    /// Another queue has the file open, or the lock beside it cannot be taken.
    #[error("cannot lock {}: {error}", path.display())]
    Lock {
        /// The lock.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The database cannot be used.
    #[error(transparent)]
    Sql(#[from] SqlError),
    /// A row is no message.
    #[error("message {id}: {fault}")]
    Row {
        /// Its id.
        id: u64,
        /// What is wrong with it.
        fault: &'static str,
    },
    /// The first write failed.
    #[error(transparent)]
    Queue(#[from] QueueError),
}

/// Keeps other queues out of the database in this file as long as the lock is held.
pub(super) fn lock(database: &Path) -> Result<File, SqlQueueError> {
    let mut path = database.as_os_str().to_owned();
    path.push(".lock");
    let path = PathBuf::from(path);
    let locked = OpenOptions::new().create(true).truncate(false).write(true).open(&path).and_then(|file| {
        fs4::FileExt::try_lock(&file)?;
        Ok(file)
    });
    locked.map_err(|error| SqlQueueError::Lock { path, error })
}

//! Why a shared queue cannot be opened, and what the database's errors mean to its callers.

use super::super::QueueError;
use crate::sql::{Dialect, SqlError};

/// Why a shared queue cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SharedQueueError {
    /// Shared queues are kept in PostgreSQL only.
    #[error("a shared queue cannot be kept in {}, only in postgres", .0.name())]
    Dialect(Dialect),
    /// The server does not keep what it has committed.
    #[error("the commits of the database are not durable: {0}")]
    NotDurable(String),
    /// The database cannot be used.
    #[error(transparent)]
    Sql(#[from] SqlError),
    /// What is in it cannot be read.
    #[error(transparent)]
    Queue(#[from] QueueError),
}

/// Says what an error before the commit means: nothing was done.
pub(super) fn refusal(error: &SqlError) -> QueueError {
    if error.is_out_of_room() { QueueError::NoRoom } else { QueueError::Unreachable(error.to_string().into()) }
}

/// Says what an error of a query means.
pub(super) fn unreadable(error: &SqlError) -> QueueError {
    match error {
        SqlError::Column { .. } => QueueError::Corrupt(error.to_string().into()),
        _ => QueueError::Unreachable(error.to_string().into()),
    }
}

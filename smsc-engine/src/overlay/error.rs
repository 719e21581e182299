//! Why a list is not opened or not changed.

use crate::sql::SqlError;

/// Why a list is not opened or not changed; what it held before still holds.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BookError {
    /// An entry is no good.
    #[error("{kind} {key:?}: {reason}")]
    Entry {
        /// What it is.
        kind: &'static str,
        /// Which one.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The file has two with the same key.
    #[error("{kind} {key:?}: there are two of this name")]
    Twice {
        /// What they are.
        kind: &'static str,
        /// Their key.
        key: String,
    },
    /// There is one with this key already.
    #[error("there is {kind} {key:?} already")]
    Exists {
        /// What it is.
        kind: &'static str,
        /// Which one.
        key: String,
    },
    /// There is none with this key.
    #[error("there is no {kind} {key:?}")]
    Unknown {
        /// What it is.
        kind: &'static str,
        /// Which one.
        key: String,
    },
    /// There is nothing to go back to: it is as the file says, or the file does not have it.
    #[error("{kind} {key:?}: there is nothing in the file to go back to")]
    NothingToRevert {
        /// What it is.
        kind: &'static str,
        /// Which one.
        key: String,
    },
    /// There would be too many.
    #[error("there is no room for more than {most} entries of kind {kind}")]
    Full {
        /// Of what.
        kind: &'static str,
        /// The most allowed.
        most: usize,
    },
    /// A row of the table cannot be read.
    #[error("the stored {kind} {key:?} cannot be read: {reason}")]
    Stored {
        /// What it is.
        kind: &'static str,
        /// Which one.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Whoever uses the list does not take it so.
    #[error("the change is refused: {0}")]
    Refused(String),
    /// The database failed.
    #[error("the change is not kept: {0}")]
    Database(#[from] SqlError),
}

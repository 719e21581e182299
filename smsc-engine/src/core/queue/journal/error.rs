//! Why a journal cannot be opened.

use std::io;

use super::super::QueueError;
use super::segment;

/// Why a journal cannot be opened or repaired; nothing was changed on disk.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The options make no sense.
    #[error("journal: {0}")]
    Options(&'static str),
    /// Another process, or another queue of this one, has the journal open.
    #[error("the journal is open elsewhere")]
    Locked,
    /// The disk said no.
    #[error("{file}: {error}")]
    Disk {
        /// Which file.
        file: String,
        /// What the disk said.
        error: io::Error,
    },
    /// What is on disk was once whole and is not any more.
    #[error(
        "{file}, octet {offset}: {what}; nothing was changed: put the file back from a copy, or let `repair` save what is whole into a new directory"
    )]
    Corrupt {
        /// Which file.
        file: String,
        /// Where in it.
        offset: u64,
        /// What is wrong there.
        what: String,
    },
    /// A repaired journal needs an empty directory.
    #[error("there is a journal in the directory for the repaired one")]
    NotEmpty,
    /// A newer program wrote this journal.
    #[error("{file}: format {version} is not known to this program")]
    Version {
        /// Which file.
        file: String,
        /// Its version.
        version: u32,
    },
    /// The journal was read but cannot be written to.
    #[error(transparent)]
    Queue(#[from] QueueError),
}

impl OpenError {
    pub(super) fn corrupt(segment: u32, offset: usize, what: impl Into<String>) -> Self {
        OpenError::Corrupt { file: segment::name(segment), offset: offset as u64, what: what.into() }
    }
}

/// Adds the name of a file to what the disk said.
pub(super) fn on<T>(file: &str, result: io::Result<T>) -> Result<T, OpenError> {
    result.map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock => OpenError::Locked,
        _ => OpenError::Disk { file: file.to_owned(), error },
    })
}

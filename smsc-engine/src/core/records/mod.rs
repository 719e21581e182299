//! Call detail records: what is kept for years of every message that has ended, in databases and files.
//!
//! A [`Recorder`] takes records as messages end, never makes anybody wait, and writes them in batches to every
//! [`RecordSink`] there is. Until all sinks have a record, its message stays in the message queue ([`Ledger`]), so
//! nothing is lost with the memory: after a crash, or when the recorder was full, records are read from there again.
//! They are then *doubtful*, for some may have been written already, and a sink looks before it writes.
//!
//! Who may read what, and for how long records must be kept, is not decided here.

mod column;
mod csv;
mod export;
mod file;
mod privacy;
mod recorder;
#[cfg(feature = "sql")]
mod sql;

use crate::BoxFuture;
use crate::model::{Cdr, MessageId, Status, Timestamp};

pub use column::COLUMNS;
pub use export::{Export, masked};
pub use file::{FileFormat, FileOptions, FileSink};
pub use privacy::Privacy;
pub use recorder::{Recorder, RecorderOptions, Statistics};
#[cfg(feature = "sql")]
pub use sql::{Amount, BillingLine, QUERIES, Query, Rate, SqlRecords};

/// Where records are kept; used as `Arc<dyn RecordSink>`.
pub trait RecordSink: Send + Sync + 'static {
    /// Writes all of the records or none; resolves when they are durable.
    ///
    /// `doubtful` says that some may be here already because the end of an earlier attempt was not seen: those are
    /// passed over. The same record is one with the same message, origin node and submission time.
    ///
    /// # Errors
    /// [`SinkError`]; none of the records may then be relied on, and the next attempt is doubtful.
    fn write<'a>(&'a self, records: &'a [Cdr], doubtful: bool) -> BoxFuture<'a, Result<(), SinkError>>;

    /// What it is, for logs.
    fn name(&self) -> &str;
}

/// What the recorder needs of the message queue.
pub trait Ledger: Send + Sync + 'static {
    /// Returns records of messages that have ended and of which [`Ledger::recorded`] was not told, at most `max`.
    ///
    /// Fewer than `max` means that there are no more.
    fn unrecorded(&self, max: usize) -> BoxFuture<'_, Vec<Cdr>>;

    /// Hears that the records of these messages are kept: the messages may be forgotten.
    fn recorded<'a>(&'a self, ids: &'a [MessageId]) -> BoxFuture<'a, ()>;
}

/// Where records can be looked up.
pub trait RecordStore: Send + Sync + 'static {
    /// Returns a page of records, newest first.
    ///
    /// # Errors
    /// When the database cannot be asked.
    fn records<'a>(&'a self, filter: &'a RecordFilter) -> BoxFuture<'a, Result<Vec<StoredRecord>, SinkError>>;
}

/// Which records to show.
#[derive(Clone, Debug, Default)]
pub struct RecordFilter {
    /// Only those with this calling or called number.
    pub number: Option<String>,
    /// Only those submitted at this time or later.
    pub from: Option<Timestamp>,
    /// Only those submitted before this time.
    pub until: Option<Timestamp>,
    /// Only those that ended so.
    pub status: Option<Status>,
    /// Only those that came from or left through this system.
    pub smsc: Option<String>,
    /// Only those older than the record with this key: the last one of the page before.
    pub beyond: Option<i64>,
    /// At most so many.
    pub max: usize,
}

/// A record and its key in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRecord {
    /// The key; grows with the time of writing.
    pub id: i64,
    /// The record.
    pub cdr: Cdr,
}

/// Why records were not written or not found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SinkError {
    /// A file cannot be written or read.
    #[error("{file}: {error}")]
    Disk {
        /// Which file.
        file: String,
        /// What the disk says.
        error: std::io::Error,
    },
    /// The database says no, or nothing.
    #[cfg(feature = "sql")]
    #[error(transparent)]
    Sql(#[from] crate::sql::SqlError),
    /// The sink stopped in the middle of its work.
    #[error("the sink broke down")]
    Broken,
}

/// What makes two records the same.
type Key = (MessageId, Option<String>, Timestamp);

fn key(cdr: &Cdr) -> Key {
    (cdr.message_id, cdr.origin_node.clone(), cdr.submission_time)
}

//! Records in files that are begun anew every day and when they are large.
//!
//! A batch is written behind what is there and synced. What an attempt that failed may have left is cut off before
//! the next one, and what a crash left behind is cut off when the files are opened, so that a file always ends with
//! a whole record. Whoever collects the files may take all but the newest one away.

mod files;
mod format;

use std::sync::{Arc, Mutex, PoisonError};

use files::Files;

use super::{RecordSink, SinkError};
use crate::BoxFuture;
use crate::core::queue::io::{Io, RealIo};
use crate::model::{Cdr, Timestamp};

pub use format::FileFormat;

/// How records are kept in files.
#[derive(Clone, Copy, Debug)]
pub struct FileOptions {
    /// What a line looks like.
    pub format: FileFormat,
    /// A file that would become longer than so many octets is followed by a new one.
    pub largest_file: u64,
    /// Begins a new file every day, by UTC.
    pub daily: bool,
}

impl FileOptions {
    /// Daily files of 64 MiB at most.
    pub fn new(format: FileFormat) -> Self {
        FileOptions { format, largest_file: 64 << 20, daily: true }
    }
}

/// Records in files `cdrs-YYYYMMDD-NNNN` of one directory.
pub struct FileSink {
    files: Arc<Mutex<Files>>,
    options: FileOptions,
}

impl FileSink {
    /// Opens a directory, which is made if missing, and cuts off what a crash has left; blocks on the disk.
    ///
    /// # Errors
    /// When somebody else writes there, and whatever the disk says.
    pub fn open(directory: impl Into<std::path::PathBuf>, options: FileOptions) -> Result<Self, SinkError> {
        let directory = directory.into();
        let file = directory.display().to_string();
        let io = RealIo::new(directory).map_err(|error| SinkError::Disk { file, error })?;
        Self::open_on(Arc::new(io), options)
    }

    /// Opens a directory of any disk.
    ///
    /// # Errors
    /// As [`FileSink::open`].
    pub fn open_on(io: Arc<dyn Io>, options: FileOptions) -> Result<Self, SinkError> {
        Ok(FileSink { files: Arc::new(Mutex::new(Files::open(io, options)?)), options })
    }
}

impl RecordSink for FileSink {
    fn write<'a>(&'a self, records: &'a [Cdr], doubtful: bool) -> BoxFuture<'a, Result<(), SinkError>> {
        let files = Arc::clone(&self.files);
        let records = records.to_vec();
        // On a thread that may wait for the disk; it ends what it began even if nobody waits for it any more.
        let work = move || {
            let mut files = files.lock().unwrap_or_else(PoisonError::into_inner);
            files.write(&records, doubtful, Timestamp::now())
        };
        Box::pin(async move { tokio::task::spawn_blocking(work).await.unwrap_or(Err(SinkError::Broken)) })
    }

    fn name(&self) -> &str {
        self.options.format.name()
    }
}

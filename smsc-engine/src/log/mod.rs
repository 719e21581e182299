//! The log: on the console, in files that take turns, and in a ring for whoever looks on.
//!
//! Lines are made of `tracing` events. What a line is about, `request_id`, `message_id` and `route_id`, stands before
//! its level, also when the span around it says so. An event with `critical = true` is more than an error.

mod file;
mod layer;
mod level;
mod line;
mod ring;
mod shelf;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tracing::Subscriber;
use tracing::metadata::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Registry, reload};

pub use file::{FileOptions, RotatingFile};
pub use level::{Level, UnknownLevel};
pub use line::{Field, Format, Line};
pub use ring::{Follower, Lines, LogRing, RingLimits};

use layer::Outputs;

/// Where the log goes.
#[derive(Clone, Debug)]
pub struct LogOptions {
    /// Less important lines are left out.
    pub level: Level,
    /// How lines are written.
    pub format: Format,
    /// Writes them into a file.
    pub file: Option<FileOptions>,
    /// Writes them to standard error.
    pub console: bool,
}

impl Default for LogOptions {
    fn default() -> Self {
        LogOptions { level: Level::Info, format: Format::Text, file: None, console: true }
    }
}

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The file cannot be written.
    #[error("the log file {} cannot be opened: {error}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The process has a log already.
    #[error("the process has a log already")]
    Twice,
}

/// The log of this process; cheap to clone, all clones are one.
#[derive(Clone, Debug)]
pub struct Logging {
    outputs: Arc<Outputs>,
    filter: reload::Handle<LevelFilter, Registry>,
}

impl Logging {
    /// Makes this the log of the process; there can be one.
    ///
    /// # Errors
    /// See [`LogError`].
    pub fn start(options: LogOptions) -> Result<Logging, LogError> {
        let (logging, subscriber) = Logging::subscriber(options)?;
        tracing::subscriber::set_global_default(subscriber).map_err(|_| LogError::Twice)?;
        Ok(logging)
    }

    /// Makes a log that is nobody's yet: whoever has the subscriber decides whose.
    ///
    /// # Errors
    /// [`LogError::File`].
    pub fn subscriber(options: LogOptions) -> Result<(Logging, impl Subscriber + Send + Sync), LogError> {
        let LogOptions { level, format, file, console } = options;
        let path = file.as_ref().map(|file| file.path.clone()).unwrap_or_default();
        let file = file.map(RotatingFile::open).transpose().map_err(|error| LogError::File { path, error })?;
        let (level, ring_level) = (AtomicU8::new(level as u8), AtomicU8::new(level as u8));
        let outputs = Arc::new(Outputs { format, console, file, ring: LogRing::default(), level, ring_level });
        let (filter, handle) = reload::Layer::new(wanted(&outputs));
        let subscriber = Registry::default().with(filter).with(layer::Lines(outputs.clone()));
        Ok((Logging { outputs, filter: handle }, subscriber))
    }

    /// The latest lines.
    pub fn ring(&self) -> &LogRing {
        &self.outputs.ring
    }

    /// Returns from which level on lines go to console and file.
    pub fn level(&self) -> Level {
        Level::numbered(self.outputs.level.load(Ordering::Relaxed))
    }

    /// Changes the level of console, file and ring at once.
    pub fn set_level(&self, level: Level) {
        self.outputs.level.store(level as u8, Ordering::Relaxed);
        self.set_ring_level(level);
    }

    /// Changes the level of the ring alone, for whoever looks on.
    pub fn set_ring_level(&self, level: Level) {
        self.outputs.ring_level.store(level as u8, Ordering::Relaxed);
        // It fails only when the subscriber is gone, and with it the log.
        let _ = self.filter.reload(wanted(&self.outputs));
    }

    /// Opens the file under its name again, as after somebody else has put it away; nothing without a file.
    ///
    /// # Errors
    /// It cannot be opened; then the one that is open is written on.
    pub fn reopen(&self) -> io::Result<()> {
        self.outputs.file.as_ref().map_or(Ok(()), RotatingFile::reopen)
    }
}

/// What anybody wants to see.
fn wanted(outputs: &Outputs) -> LevelFilter {
    let level = |level: &AtomicU8| Level::numbered(level.load(Ordering::Relaxed));
    level(&outputs.level).max(level(&outputs.ring_level)).filter()
}

//! Backups of a whole centre while it runs, and their return.
//!
//! A backup is a directory that is named after its time and that only its owner may enter: `journal/` with every
//! message that was answered before it began, `databases/` with those kept in files, `routes.json` as the REST API
//! exports it, `configuration/` with settings, certificates and keys, and `manifest.json`, which says how long each
//! file is and what its checksum is. It appears under its name when it is complete and on disk.
//!
//! Databases on servers are not in it: their own tools do that better.

mod files;
mod manifest;
mod restore;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::Operations;
use crate::calendar;
use crate::core::queue::{JournalOptions, JournalQueue, OpenError, Queue, QueueError};
use crate::model::Timestamp;
use crate::sql::{Database, DatabaseConfig, SqlError};

pub use files::FileError;
pub use manifest::{Manifest, ManifestFile};
pub use restore::{RestoreError, RestoreOptions, RestoreReport, restore};

use files::at;

/// What goes into a backup.
pub struct Sources {
    /// What makes it and of which version.
    pub version: String,
    /// The messages.
    pub queue: Arc<dyn Queue>,
    /// Databases in files, each with the name of its file.
    pub databases: Vec<(String, Database)>,
    /// The routes as a JSON document.
    pub routes: Option<String>,
    /// Settings, certificates and keys.
    pub files: Vec<PathBuf>,
}

/// What was backed up.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct BackupReport {
    /// The directory of this backup.
    pub directory: PathBuf,
    /// How many files it has.
    pub files: usize,
    /// How many octets they have.
    pub octets: u64,
    /// Messages that were pending when it began.
    pub pending: u64,
}

/// Why there is no backup; nothing is left of the attempt.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The messages cannot be copied.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// The journal of a centre that does not run cannot be opened.
    #[error(transparent)]
    Journal(#[from] OpenError),
    /// A database cannot be copied.
    #[error("{name}: {error}")]
    Database {
        /// The name of its file.
        name: String,
        /// What it says.
        error: SqlError,
    },
}

impl Operations {
    /// Everything that a backup of this centre needs.
    pub fn sources(&self) -> Sources {
        let handle = &self.control.handle;
        Sources {
            version: self.program.version(),
            queue: handle.queue().clone(),
            databases: self.databases.clone(),
            routes: handle.routes().map(|routes| routes.export()),
            files: self.program.files(),
        }
    }
}

impl Sources {
    /// The files of a centre that does not run; its directory is locked as long as these live.
    ///
    /// # Errors
    /// The centre runs, or its files cannot be opened.
    pub async fn of_stopped(directory: &Path, journal: JournalOptions) -> Result<Sources, BackupError> {
        let place = directory.to_owned();
        let opened = tokio::task::spawn_blocking(move || JournalQueue::open(place, journal));
        let queue = opened.await.unwrap_or(Err(OpenError::Queue(QueueError::Closed)))?;
        let mut databases = Vec::new();
        for name in files::names(directory)?.into_iter().filter(|name| name.ends_with(DATABASE)) {
            let database = Database::open(&DatabaseConfig::sqlite(directory.join(&name))).await;
            databases.push((name.clone(), database.map_err(|error| BackupError::Database { name, error })?));
        }
        let version = concat!("smsc-engine ", env!("CARGO_PKG_VERSION")).to_owned();
        Ok(Sources { version, queue: Arc::new(queue), databases, routes: None, files: Vec::new() })
    }
}

/// Writes a backup into a new directory in `target`; the centre goes on meanwhile.
///
/// # Errors
/// See [`BackupError`].
pub async fn backup(sources: &Sources, target: &Path) -> Result<BackupReport, BackupError> {
    let created = Timestamp::now();
    let pending = sources.queue.counts().pending;
    let name = format!("{PREFIX}{}", written(created));
    let (draft, directory) = (target.join(format!(".{name}.partial")), target.join(&name));
    at(target, fs::create_dir_all(target))?;
    files::private_directory(&draft)?;
    let done = fill(sources, &draft, (created, pending)).await.and_then(|manifest| {
        at(&directory, fs::rename(&draft, &directory))?;
        files::sync_directory(target)?;
        Ok(manifest)
    });
    if done.is_err() {
        // Nobody shall take it for a backup.
        let _ = fs::remove_dir_all(&draft);
    }
    let files = done?.files;
    let octets = files.iter().map(|file| file.octets).sum();
    Ok(BackupReport { directory, files: files.len(), octets, pending })
}

/// Removes backups in `target` that are older than this, and returns their directories; what is no backup stays.
///
/// # Errors
/// They cannot be listed or removed.
pub fn remove_older(target: &Path, age: Duration, now: Timestamp) -> Result<Vec<PathBuf>, FileError> {
    let mut removed = Vec::new();
    for name in files::names(target)?.into_iter().filter(|name| name.starts_with(PREFIX)) {
        let directory = target.join(name);
        if Manifest::read(&directory).is_ok_and(|manifest| now.since(manifest.created()) > age) {
            at(&directory, fs::remove_dir_all(&directory))?;
            removed.push(directory);
        }
    }
    Ok(removed)
}

async fn fill(sources: &Sources, draft: &Path, (created, pending): (Timestamp, u64)) -> Result<Manifest, BackupError> {
    sources.queue.copy_to(&draft.join(JOURNAL)).await?;
    let databases = draft.join(DATABASES);
    at(&databases, fs::create_dir(&databases))?;
    for (name, database) in &sources.databases {
        let copied = database.copy_to(&databases.join(name)).await;
        copied.map_err(|error| BackupError::Database { name: name.clone(), error })?;
    }
    if let Some(routes) = &sources.routes {
        let file = draft.join(ROUTES);
        at(&file, fs::write(&file, routes))?;
    }
    let origins = files::copy_named(&sources.files, &draft.join(CONFIGURATION))?;
    let (version, draft) = (sources.version.clone(), draft.to_owned());
    let sealing = move || Manifest::seal(&draft, Manifest::new(version, created, pending), &origins);
    let sealed = tokio::task::spawn_blocking(sealing).await;
    Ok(sealed.map_err(|_| QueueError::Closed)??)
}

/// A time as part of a file name.
fn written(time: Timestamp) -> String {
    let written: String = calendar::text(time).replace(' ', "T");
    written.replace([':', '.'], "-") + "Z"
}

const PREFIX: &str = "smsc-";
const JOURNAL: &str = "journal";
const DATABASES: &str = "databases";
const CONFIGURATION: &str = "configuration";
const ROUTES: &str = "routes.json";
/// How the files of databases are named.
const DATABASE: &str = ".sqlite";

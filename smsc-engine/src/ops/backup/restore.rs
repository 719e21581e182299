//! Back from a backup.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::files::{self, FileError, at};
use super::manifest::{Manifest, ManifestFile};
use super::{CONFIGURATION, DATABASES, JOURNAL};
use crate::core::queue::io::{Io, RealIo};
use crate::model::Timestamp;

/// How a backup is restored.
#[derive(Clone, Debug, Default)]
pub struct RestoreOptions {
    /// Moves aside what is there already.
    pub force: bool,
    /// Where settings, certificates and keys go; `None` leaves them in the backup.
    pub configuration: Option<PathBuf>,
}

/// What was restored.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RestoreReport {
    /// How many files.
    pub files: usize,
    /// When the backup was begun, in UTC.
    pub created: String,
    /// Messages that were pending then.
    pub pending: u64,
    /// Where that is now which was there before.
    pub before: Option<PathBuf>,
}

/// Why a backup is not restored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The backup is not as it was made; nothing was changed.
    #[error("the backup is damaged: {file}: {what}")]
    Damaged {
        /// Which of its files.
        file: String,
        /// What is wrong.
        what: String,
    },
    /// A centre runs in the directory; nothing was changed.
    #[error("a centre is running in {}; stop it first", .0.display())]
    InUse(PathBuf),
    /// There is something already; nothing was changed.
    #[error("{} is there already; --force moves it aside", .0.display())]
    Occupied(PathBuf),
}

/// Puts the files of a backup into the directory of a centre that does not run.
///
/// The backup is checked as a whole before anything is changed. The directory itself stays, for it may be a mount or
/// belong to somebody: what was in it goes into `before-restore-…` in there, and new files get the directory's owner.
///
/// # Errors
/// See [`RestoreError`].
pub fn restore(backup: &Path, directory: &Path, options: &RestoreOptions) -> Result<RestoreReport, RestoreError> {
    let manifest = Manifest::read(backup)?;
    check(&manifest, backup)?;
    if !directory.exists() {
        files::private_directory(directory)?;
    }
    let _guard = lock(directory)?;
    let old = left_there(directory)?;
    let targets = targets(&manifest, directory, options);
    let taken = targets.iter().find(|(_, target)| target.exists()).map(|(_, target)| target.clone());
    if let Some(taken) = taken.or(old.first().map(|_| directory.to_owned())).filter(|_| !options.force) {
        return Err(RestoreError::Occupied(taken));
    }
    let aside = format!("{BEFORE}{}", super::written(Timestamp::now()));
    // First what takes long, so that a restore that is cut off has changed nothing yet.
    for (file, target) in &targets {
        stage(&backup.join(&file.path), target)?;
    }
    let before = move_aside(directory, &old, &aside)?;
    for (_, target) in &targets {
        place(target, &aside)?;
    }
    files::sync_directory(directory)?;
    let files = targets.len();
    Ok(RestoreReport { files, created: manifest.created, pending: manifest.pending, before })
}

fn check(manifest: &Manifest, backup: &Path) -> Result<(), RestoreError> {
    let fault = manifest.files.iter().find_map(|file| Some((file.path.clone(), file.fault(backup)?)));
    fault.map_or(Ok(()), |(file, what)| Err(RestoreError::Damaged { file, what }))
}

/// Keeps others out as a running centre would.
fn lock(directory: &Path) -> Result<Box<dyn Send + Sync>, RestoreError> {
    let locked = RealIo::new(directory).and_then(|io| io.lock());
    locked.map_err(|error| match error.kind() {
        ErrorKind::WouldBlock => RestoreError::InUse(directory.to_owned()),
        _ => RestoreError::File(FileError { path: directory.to_owned(), error }),
    })
}

/// What is there but locks, sockets and what was moved aside before.
fn left_there(directory: &Path) -> Result<Vec<String>, FileError> {
    let names = files::names(directory)?.into_iter();
    let is_ours = |name: &String| KEPT.contains(&name.as_str()) || name.starts_with(BEFORE) || name.ends_with(STAGED);
    Ok(names.filter(|name| !is_ours(name)).collect())
}

/// Which file goes where.
fn targets<'a>(manifest: &'a Manifest, directory: &Path, options: &RestoreOptions) -> Vec<(&'a ManifestFile, PathBuf)> {
    let place = |file: &'a ManifestFile| {
        let target = match file.path.split_once('/')? {
            (JOURNAL | DATABASES, name) => directory.join(name),
            (CONFIGURATION, name) => options.configuration.as_ref()?.join(name),
            _ => return None,
        };
        Some((file, target))
    };
    manifest.files.iter().filter_map(place).collect()
}

fn move_aside(directory: &Path, old: &[String], aside: &str) -> Result<Option<PathBuf>, FileError> {
    if old.is_empty() {
        return Ok(None);
    }
    let before = directory.join(aside);
    files::private_directory(&before)?;
    files::give(&before, &at(directory, fs::metadata(directory))?)?;
    for name in old {
        let from = directory.join(name);
        at(&from, fs::rename(&from, before.join(name)))?;
    }
    Ok(Some(before))
}

/// Copies a file next to its place.
fn stage(from: &Path, target: &Path) -> Result<(), FileError> {
    let (parent, staged) = (target.parent().unwrap_or(target), staged(target));
    at(parent, fs::create_dir_all(parent))?;
    if staged.exists() {
        at(&staged, fs::remove_file(&staged))?;
    }
    files::copy(from, &staged)?;
    files::give(&staged, &at(parent, fs::metadata(parent))?)
}

fn place(target: &Path, aside: &str) -> Result<(), FileError> {
    if target.exists() {
        at(target, fs::rename(target, with_suffix(target, &format!(".{aside}"))))?;
    }
    at(target, fs::rename(staged(target), target))
}

fn staged(target: &Path) -> PathBuf {
    with_suffix(target, STAGED)
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// How files are called until all are there.
const STAGED: &str = ".restoring";
const BEFORE: &str = "before-restore-";
/// What is no data: the journal's lock and the socket of commands.
const KEPT: [&str; 2] = ["lock", "control.sock"];

//! The little that backups ask of the file system, with names in the errors and rights for the owner alone.

use std::collections::HashMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// What the file system says, and of which file.
#[derive(Debug, thiserror::Error)]
#[error("{}: {error}", path.display())]
pub struct FileError {
    /// Which file.
    pub path: PathBuf,
    /// What the system says.
    #[source]
    pub error: io::Error,
}

/// Adds the name of a file to what the system said.
pub(super) fn at<T>(path: &Path, result: io::Result<T>) -> Result<T, FileError> {
    result.map_err(|error| FileError { path: path.to_owned(), error })
}

/// Returns the names in a directory, sorted; those that are no UTF-8 are not ours.
pub(super) fn names(directory: &Path) -> Result<Vec<String>, FileError> {
    let mut names = Vec::new();
    for entry in at(directory, fs::read_dir(directory))? {
        names.extend(at(directory, entry)?.file_name().into_string());
    }
    names.sort_unstable();
    Ok(names)
}

/// Makes a directory that only its owner may enter.
pub(super) fn private_directory(path: &Path) -> Result<(), FileError> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    at(path, builder.create(path))
}

/// Copies a file to a new one that only its owner may read, and makes it durable.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), FileError> {
    let mut source = at(from, File::open(from))?;
    let mut options = OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut target = at(to, options.open(to))?;
    at(to, io::copy(&mut source, &mut target).and_then(|_| target.sync_all()))
}

/// Copies files into a new directory and tells where each one came from; two of one name get different ones.
pub(super) fn copy_named(files: &[PathBuf], directory: &Path) -> Result<HashMap<PathBuf, PathBuf>, FileError> {
    private_directory(directory)?;
    let mut origins = HashMap::new();
    for (number, file) in files.iter().enumerate() {
        let name = file.file_name().unwrap_or_default();
        let mut target = directory.join(name);
        if target.exists() {
            target = directory.join(format!("{number}-{}", name.to_string_lossy()));
        }
        copy(file, &target)?;
        origins.insert(target, file.clone());
    }
    Ok(origins)
}

/// Takes all rights but the owner's away and makes the content durable.
pub(super) fn settle(path: &Path) -> Result<(), FileError> {
    let file = at(path, File::open(path))?;
    #[cfg(unix)]
    at(path, file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600)))?;
    at(path, file.sync_all())
}

/// Makes the names in a directory durable.
pub(super) fn sync_directory(path: &Path) -> Result<(), FileError> {
    // Only Unix lets a directory be synced.
    if cfg!(unix) { at(path, File::open(path).and_then(|directory| directory.sync_all())) } else { Ok(()) }
}

/// Returns how long a file is and its CRC-32.
pub(super) fn measure(path: &Path) -> Result<(u64, u32), FileError> {
    let mut file = at(path, File::open(path))?;
    let (mut hasher, mut octets, mut buffer) = (crc32fast::Hasher::new(), 0, vec![0; STEP]);
    loop {
        let read = at(path, file.read(&mut buffer))?;
        if read == 0 {
            return Ok((octets, hasher.finalize()));
        }
        hasher.update(buffer.get(..read).unwrap_or_default());
        octets += read as u64;
    }
}

/// Gives a file to whoever owns `like`, if that is somebody else.
#[cfg(unix)]
pub(super) fn give(path: &Path, like: &fs::Metadata) -> Result<(), FileError> {
    use std::os::unix::fs::{MetadataExt, chown};
    let own = at(path, fs::metadata(path))?;
    if (own.uid(), own.gid()) == (like.uid(), like.gid()) {
        return Ok(());
    }
    at(path, chown(path, Some(like.uid()), Some(like.gid())))
}

#[cfg(not(unix))]
pub(super) fn give(_: &Path, _: &fs::Metadata) -> Result<(), FileError> {
    Ok(())
}

/// Octets that are read in one step.
const STEP: usize = 256 << 10;

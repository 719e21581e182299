//! The list of what is in a backup.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::files::{self, FileError, at};
use crate::calendar;
use crate::model::Timestamp;

/// What is in a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of the backup; counts up with every change of it.
    pub format: u32,
    /// What made it and of which version.
    pub version: String,
    /// When it was begun, in UTC.
    pub created: String,
    /// Messages that were pending then.
    pub pending: u64,
    /// All its files but this list.
    pub files: Vec<ManifestFile>,
}

/// One file of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestFile {
    /// Its place in the backup, parts joined by `/`.
    pub path: String,
    /// How long it is.
    pub octets: u64,
    /// Its CRC-32, in hexadecimal digits.
    pub crc32: String,
    /// Where it was copied from, if that was outside of the centre's directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<PathBuf>,
}

impl Manifest {
    pub(super) fn new(version: String, created: Timestamp, pending: u64) -> Manifest {
        Manifest { format: FORMAT, version, created: calendar::text(created), pending, files: Vec::new() }
    }

    /// Reads the list of a backup.
    ///
    /// # Errors
    /// There is none, or it is of a newer form, or it names files that can be in no backup.
    pub fn read(backup: &Path) -> Result<Manifest, FileError> {
        let path = backup.join(NAME);
        let octets = at(&path, fs::read(&path))?;
        let invalid = |what: String| FileError { path: path.clone(), error: std::io::Error::other(what) };
        let manifest: Manifest = serde_json::from_slice(&octets).map_err(|error| invalid(error.to_string()))?;
        if manifest.format != FORMAT {
            return Err(invalid(format!("format {} is not known to this program", manifest.format)));
        }
        match manifest.files.iter().find(|file| !is_inside(&file.path)) {
            Some(outside) => Err(invalid(format!("{:?} is no file of a backup", outside.path))),
            None => Ok(manifest),
        }
    }

    /// When the backup was begun; the beginning of time if that cannot be read.
    pub fn created(&self) -> Timestamp {
        calendar::parse(&self.created).unwrap_or_default()
    }

    /// Lists everything that lies in `draft`, makes it durable, and writes the list beside it.
    pub(super) fn seal(draft: &Path, mut list: Manifest, origins: &HashMap<PathBuf, PathBuf>) -> Result<Manifest, FileError> {
        for name in files::names(draft)? {
            let path = draft.join(&name);
            if !path.is_dir() {
                list.add(&path, name, origins)?;
                continue;
            }
            for inner in files::names(&path)? {
                list.add(&path.join(&inner), format!("{name}/{inner}"), origins)?;
            }
            files::sync_directory(&path)?;
        }
        let path = draft.join(NAME);
        let text = serde_json::to_string_pretty(&list).unwrap_or_default();
        at(&path, fs::write(&path, text))?;
        files::settle(&path)?;
        files::sync_directory(draft)?;
        Ok(list)
    }

    fn add(&mut self, file: &Path, path: String, origins: &HashMap<PathBuf, PathBuf>) -> Result<(), FileError> {
        files::settle(file)?;
        let (octets, crc32) = files::measure(file)?;
        self.files.push(ManifestFile { path, octets, crc32: digits(crc32), origin: origins.get(file).cloned() });
        Ok(())
    }
}

impl ManifestFile {
    /// Says what is wrong with this file of a backup, if anything.
    pub(super) fn fault(&self, backup: &Path) -> Option<String> {
        match files::measure(&backup.join(&self.path)) {
            Err(error) => Some(error.error.to_string()),
            Ok((octets, _)) if octets != self.octets => Some(format!("{octets} octets instead of {}", self.octets)),
            Ok((_, crc32)) if digits(crc32) != self.crc32 => Some("the checksum is wrong".into()),
            Ok(_) => None,
        }
    }
}

/// Tells whether a path stays in the backup: one or two plain names.
fn is_inside(path: &str) -> bool {
    let is_plain = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(['\\', ':', '\0']);
    path.split('/').count() <= 2 && path.split('/').all(is_plain)
}

fn digits(crc32: u32) -> String {
    format!("{crc32:08x}")
}

const NAME: &str = "manifest.json";
const FORMAT: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_elsewhere_are_in_no_backup() {
        for path in ["routes.json", "journal/journal-0000000001.log"] {
            assert!(is_inside(path), "{path}");
        }
        for path in ["", "/etc/passwd", "../x", "journal/../../x", "journal/", "a/b/c", "C:x", "a\\..\\b"] {
            assert!(!is_inside(path), "{path}");
        }
    }
}

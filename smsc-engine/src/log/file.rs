//! A log file that makes room for itself.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::UNIX_EPOCH;

use super::shelf::Shelf;
use crate::model::Timestamp;

/// Where the log goes, and how much of it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileOptions {
    /// The file that is written; older ones lie beside it, `.1` and then `.2.gz` and so on.
    pub path: PathBuf,
    /// A file this long is put away before its day is over.
    pub max_octets: u64,
    /// So many older files stay.
    pub keep: usize,
}

impl FileOptions {
    /// The usual limits: a file for each day, 30 of them, none above 100 MB.
    pub fn new(path: impl Into<PathBuf>) -> FileOptions {
        FileOptions { path: path.into(), max_octets: 100 << 20, keep: 30 }
    }
}

/// A file that is put away each day (UTC), and earlier when it is long; older ones are compressed, all but the last.
///
/// Every line is in one of the files: whoever writes waits while files change places. What cannot be written, as on a
/// full disk, is counted and told in the file as soon as it can be.
#[derive(Debug)]
pub struct RotatingFile {
    options: FileOptions,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    file: File,
    octets: u64,
    /// Of its lines, counted from 1970.
    day: u64,
    /// Lines that could not be written.
    lost: u64,
    /// The last line lacks its end.
    torn: bool,
    compressing: Option<JoinHandle<()>>,
}

impl RotatingFile {
    /// Opens the file, with its directory if that is missing, and goes on at its end.
    ///
    /// # Errors
    /// It cannot be opened for writing.
    pub fn open(options: FileOptions) -> io::Result<RotatingFile> {
        if let Some(directory) = options.path.parent() {
            fs::create_dir_all(directory)?;
        }
        let (file, octets, day) = open(&options.path)?;
        let state = State { file, octets, day, lost: 0, torn: false, compressing: None };
        Ok(RotatingFile { options, state: Mutex::new(state) })
    }

    /// Writes one line with its end.
    pub fn write(&self, line: &str, now: Timestamp) {
        let mut state = self.lock();
        let today = now.0 / DAY_MILLIS;
        let is_full = state.octets + line.len() as u64 > self.options.max_octets;
        // A clock that goes back is no new day, and what is empty is not put away.
        if state.octets > 0 && (today > state.day || is_full) {
            self.put_away(&mut state);
        }
        state.day = state.day.max(today);
        state.write(line);
    }

    /// Opens the file under its name again, as after somebody else has put it away.
    ///
    /// # Errors
    /// It cannot be opened; then the one that is open is written on.
    pub fn reopen(&self) -> io::Result<()> {
        let mut state = self.lock();
        let (file, octets, _) = open(&self.options.path)?;
        (state.file, state.octets, state.torn) = (file, octets, false);
        Ok(())
    }

    /// Starts a new file; where that fails, goes on in the old one.
    fn put_away(&self, state: &mut State) {
        let shelf = Shelf { path: &self.options.path, keep: self.options.keep };
        if let Some(compressing) = state.compressing.take() {
            // It would find its files under other names.
            let _ = compressing.join();
        }
        let fresh = shelf.make_room().and_then(|()| shelf.put(&self.options.path)).and_then(|()| open(&self.options.path));
        match fresh {
            Ok((file, octets, _)) => {
                (state.file, state.octets, state.torn) = (file, octets, false);
                let (path, keep) = (self.options.path.clone(), self.options.keep);
                // Compressing a large file takes seconds; nobody who logs waits for that.
                state.compressing = Some(std::thread::spawn(move || Shelf { path: &path, keep }.compress()));
            }
            Err(error) => {
                let path = self.options.path.display();
                // The log cannot tell of itself.
                eprintln!("the log file {path} cannot be put away: {error}");
                // Not again at the next line.
                state.octets = 0;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn write(&mut self, line: &str) {
        let mut text = String::new();
        if self.torn {
            text.push('\n');
        }
        if self.lost > 0 {
            text.push_str(&format!("{} lines before this one could not be written\n", self.lost));
        }
        text.push_str(line);
        match self.file.write_all(text.as_bytes()) {
            Ok(()) => {
                self.octets += text.len() as u64;
                (self.lost, self.torn) = (0, false);
            }
            Err(_) => {
                self.lost += 1;
                self.torn = true;
            }
        }
    }
}

impl Drop for RotatingFile {
    fn drop(&mut self) {
        let compressing = self.lock().compressing.take();
        if let Some(compressing) = compressing {
            let _ = compressing.join();
        }
    }
}

/// Opens a file to go on at its end; tells how long it is and of which day.
fn open(path: &Path) -> io::Result<(File, u64, u64)> {
    let is_new = !path.exists();
    let file = OpenOptions::new().append(true).create(true).open(path)?;
    if is_new {
        readable(&file)?;
    }
    let metadata = file.metadata()?;
    let written = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok((file, metadata.len(), written.as_secs() / (DAY_MILLIS / 1000)))
}

/// Lets everybody read and the owner write, whatever the process's mask says.
#[cfg(unix)]
fn readable(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn readable(_: &File) -> io::Result<()> {
    Ok(())
}

const DAY_MILLIS: u64 = 24 * 3600 * 1000;

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;

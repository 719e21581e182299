//! A file that is put aside when it has grown enough.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::PcapLimits;

/// The file that is written to, and those before it as `NAME.1`, `NAME.2` and so on.
pub(super) struct Rotated {
    path: PathBuf,
    limits: PcapLimits,
    file: BufWriter<File>,
    written: u64,
}

impl Rotated {
    /// Begins a new file; what there was under this name is put aside.
    pub(super) fn create(path: &Path, limits: PcapLimits) -> io::Result<Self> {
        if path.exists() {
            put_aside(path, limits.files)?;
        }
        let file = BufWriter::new(File::create(path)?);
        Ok(Rotated { path: path.to_path_buf(), limits, file, written: 0 })
    }

    /// True if the next packet belongs into a new file.
    pub(super) const fn is_full(&self) -> bool {
        self.written >= self.limits.octets
    }

    /// Puts the file aside and begins the next.
    pub(super) fn turn(&mut self) -> io::Result<()> {
        self.file.flush()?;
        put_aside(&self.path, self.limits.files)?;
        self.file = BufWriter::new(File::create(&self.path)?);
        self.written = 0;
        Ok(())
    }

    pub(super) fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        self.written += octets.len() as u64;
        self.file.write_all(octets)
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Every file moves up by one; the last is overwritten.
fn put_aside(path: &Path, files: usize) -> io::Result<()> {
    for number in (1..files).rev() {
        let older = aside(path, number);
        let newer = if number == 1 { path.to_path_buf() } else { aside(path, number - 1) };
        if newer.exists() {
            fs::rename(newer, older)?;
        }
    }
    Ok(())
}

fn aside(path: &Path, number: usize) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(std::format!(".{number}"));
    name.into()
}

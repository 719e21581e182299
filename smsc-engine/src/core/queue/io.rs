//! The little a journal asks of a disk, so that tests can put a faulty one in its place.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One directory of files.
///
/// Names are plain file names. After a crash a new, renamed or deleted name may be there or not until
/// [`Io::sync_names`] has returned.
pub trait Io: Send + Sync + 'static {
    /// Makes sure that nobody else works in this directory for as long as the guard lives.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] when somebody does.
    fn lock(&self) -> io::Result<Box<dyn Send + Sync>>;

    /// Returns the names of all files.
    ///
    /// # Errors
    /// Whatever the disk says.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Makes a new, empty file.
    ///
    /// # Errors
    /// When there is one of this name, and whatever the disk says.
    fn create(&self, name: &str) -> io::Result<Arc<dyn IoFile>>;

    /// Opens a file for reading and writing.
    ///
    /// # Errors
    /// When there is none, and whatever the disk says.
    fn open(&self, name: &str) -> io::Result<Arc<dyn IoFile>>;

    /// Gives a file another name, in place of a file that has it.
    ///
    /// # Errors
    /// Whatever the disk says.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Deletes a file; open handles go on reading it.
    ///
    /// # Errors
    /// Whatever the disk says.
    fn delete(&self, name: &str) -> io::Result<()>;

    /// Makes all names durable as they are.
    ///
    /// # Errors
    /// Whatever the disk says.
    fn sync_names(&self) -> io::Result<()>;

    /// Returns how many octets of the disk nobody has taken; `None` where that cannot be told.
    ///
    /// # Errors
    /// Whatever the disk says.
    fn free(&self) -> io::Result<Option<u64>> {
        Ok(None)
    }
}

/// One open file.
pub trait IoFile: Send + Sync {
    /// Returns how many octets there are.
    ///
    /// # Errors
    /// Whatever the disk says.
    fn size(&self) -> io::Result<u64>;

    /// Reads octets from `offset` on, fewer than asked for only at the end of the file.
    ///
    /// # Errors
    /// Whatever the disk says.
    fn read_at(&self, octets: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes all octets from `offset` on.
    ///
    /// # Errors
    /// Whatever the disk says; some of the octets may then be written.
    fn write_at(&self, octets: &[u8], offset: u64) -> io::Result<()>;

    /// Makes everything written durable, with the size of the file.
    ///
    /// # Errors
    /// Whatever the disk says; what was written is uncertain from then on.
    fn sync(&self) -> io::Result<()>;

    /// Makes the file `size` octets long and keeps room for them.
    ///
    /// # Errors
    /// Whatever the disk says.
    fn preallocate(&self, size: u64) -> io::Result<()>;

    /// Forgets everything from `size` on.
    ///
    /// # Errors
    /// Whatever the disk says.
    fn truncate(&self, size: u64) -> io::Result<()>;
}

/// A real directory.
#[derive(Clone, Debug)]
pub struct RealIo {
    directory: PathBuf,
}

impl RealIo {
    /// Works in this directory, which is made if it is missing.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new(directory: impl Into<PathBuf>) -> io::Result<Self> {
        let directory = directory.into();
        fs::create_dir_all(&directory)?;
        Ok(RealIo { directory })
    }

    /// Returns the directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }
}

impl Io for RealIo {
    fn lock(&self) -> io::Result<Box<dyn Send + Sync>> {
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(self.directory.join(LOCK))?;
        fs4::FileExt::try_lock(&file)?;
        Ok(Box::new(file))
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let entries = fs::read_dir(&self.directory)?;
        entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn IoFile>> {
        let file = OpenOptions::new().create_new(true).read(true).write(true).open(self.directory.join(name))?;
        Ok(Arc::new(file))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn IoFile>> {
        Ok(Arc::new(OpenOptions::new().read(true).write(true).open(self.directory.join(name))?))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.directory.join(from), self.directory.join(to))
    }

    fn delete(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.directory.join(name))
    }

    fn sync_names(&self) -> io::Result<()> {
        // Only Unix lets a directory be synced; elsewhere the file system's own journal keeps the order of names.
        #[cfg(unix)]
        File::open(&self.directory)?.sync_all()?;
        Ok(())
    }

    fn free(&self) -> io::Result<Option<u64>> {
        fs4::available_space(&self.directory).map(Some)
    }
}

impl IoFile for File {
    fn size(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_at(&self, octets: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut done = 0;
        while let Some(rest) = octets.get_mut(done..).filter(|rest| !rest.is_empty()) {
            match platform::read(self, rest, offset + done as u64) {
                Ok(0) => break,
                Ok(more) => done += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    fn write_at(&self, octets: &[u8], offset: u64) -> io::Result<()> {
        platform::write(self, octets, offset)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }

    fn preallocate(&self, size: u64) -> io::Result<()> {
        match fs4::FileExt::allocate(self, size) {
            // Some file systems cannot; then the room is found, or not, with each write.
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {}
            other => other?,
        }
        if self.size()? < size { self.set_len(size) } else { Ok(()) }
    }

    fn truncate(&self, size: u64) -> io::Result<()> {
        self.set_len(size)
    }
}

#[cfg(unix)]
mod platform {
    use std::fs::File;
    use std::io;
    use std::os::unix::fs::FileExt;

    pub(super) fn read(file: &File, octets: &mut [u8], offset: u64) -> io::Result<usize> {
        file.read_at(octets, offset)
    }

    pub(super) fn write(file: &File, octets: &[u8], offset: u64) -> io::Result<()> {
        file.write_all_at(octets, offset)
    }
}

#[cfg(windows)]
mod platform {
    use std::fs::File;
    use std::io;
    use std::os::windows::fs::FileExt;

    pub(super) fn read(file: &File, octets: &mut [u8], offset: u64) -> io::Result<usize> {
        file.seek_read(octets, offset)
    }

    pub(super) fn write(file: &File, mut octets: &[u8], mut offset: u64) -> io::Result<()> {
        while !octets.is_empty() {
            let done = file.seek_write(octets, offset)?;
            let Some(rest) = octets.get(done..).filter(|_| done > 0) else {
                return Err(io::ErrorKind::WriteZero.into());
            };
            octets = rest;
            offset += done as u64;
        }
        Ok(())
    }
}

/// The file that is locked; it is never deleted, for then two could lock two files of this name.
const LOCK: &str = "lock";

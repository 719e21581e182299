//! The older files beside a log file: `.1`, then `.2.gz`, `.3.gz` and so on.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

/// The older files of one log file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shelf<'a> {
    pub(super) path: &'a Path,
    pub(super) keep: usize,
}

impl Shelf<'_> {
    /// Moves every file one place on; the oldest goes.
    pub(super) fn make_room(self) -> io::Result<()> {
        for name in [self.plain(self.keep), self.packed(self.keep)] {
            absent_is_fine(fs::remove_file(name))?;
        }
        for place in (1..self.keep).rev() {
            absent_is_fine(fs::rename(self.packed(place), self.packed(place + 1)))?;
            absent_is_fine(fs::rename(self.plain(place), self.plain(place + 1)))?;
        }
        Ok(())
    }

    /// Puts a file on the first place; without any place it goes.
    pub(super) fn put(self, file: &Path) -> io::Result<()> {
        if self.keep == 0 { fs::remove_file(file) } else { absent_is_fine(fs::rename(file, self.plain(1))) }
    }

    /// Compresses all but the first: whoever still writes into that one is not disturbed. What fails is left as it is.
    pub(super) fn compress(self) {
        for place in 2..=self.keep {
            let plain = self.plain(place);
            if !plain.exists() {
                continue;
            }
            if let Err(error) = pack(&plain, &self.packed(place)) {
                // The log cannot tell of itself.
                eprintln!("the log file {} cannot be compressed: {error}", plain.display());
            }
        }
    }

    fn plain(self, place: usize) -> PathBuf {
        self.named(&format!(".{place}"))
    }

    fn packed(self, place: usize) -> PathBuf {
        self.named(&format!(".{place}.gz"))
    }

    fn named(self, end: &str) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(end);
        name.into()
    }
}

/// The packed file is there as a whole before the plain one goes.
fn pack(plain: &Path, packed: &Path) -> io::Result<()> {
    let unfinished = packed.with_extension("gz.part");
    let mut source = File::open(plain)?;
    let target = File::create(&unfinished)?;
    target.set_permissions(source.metadata()?.permissions())?;
    let mut encoder = GzEncoder::new(target, Compression::default());
    io::copy(&mut source, &mut encoder)?;
    encoder.finish()?.sync_all()?;
    fs::rename(&unfinished, packed)?;
    fs::remove_file(plain)
}

fn absent_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

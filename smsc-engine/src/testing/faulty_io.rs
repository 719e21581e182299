//! A disk in memory that fails the way disks fail.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::core::queue::io::{Io, IoFile};

/// A directory that keeps apart what is written and what is durable.
///
/// At a crash every sector written since the last sync is there or not, each by the throw of a dice, and so is every
/// name that was made, changed or deleted since the last sync of names. The dice are seeded: the same calls in the
/// same order end in the same way.
#[derive(Clone, Debug)]
pub struct FaultyIo {
    disk: Arc<Mutex<Disk>>,
}

#[derive(Debug)]
struct Disk {
    files: Vec<Content>,
    names: BTreeMap<String, usize>,
    durable_names: BTreeMap<String, usize>,
    /// What happened to names since they were synced.
    name_changes: Vec<NameChange>,
    dice: Dice,
    capacity: u64,
    /// Changes until the power fails.
    power: Option<u64>,
    off: bool,
    /// Changes that were made or tried.
    changes: u64,
    failing_sync: Option<String>,
    locked: bool,
    read_only: bool,
    /// The most octets that were taken at a time.
    most_used: u64,
}

/// A name was taken away, and one was given to a file.
type NameChange = (Option<String>, Option<(String, usize)>);

#[derive(Clone, Debug, Default)]
struct Content {
    now: Vec<u8>,
    durable: Vec<u8>,
    /// Sectors written since the last sync.
    dirty: BTreeSet<usize>,
}

/// A small generator of random numbers; good enough for tests, and the same everywhere.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Makes dice that always fall the same way for the same seed.
    pub fn new(seed: u64) -> Self {
        Dice(seed)
    }

    /// Throws a number below `sides`.
    pub fn throw(&mut self, sides: u64) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (value ^ (value >> 31)) % sides.max(1)
    }
}

/// Octets that are written together or not at all.
const SECTOR: usize = 512;

impl FaultyIo {
    /// Makes an empty disk.
    pub fn new(seed: u64) -> Self {
        FaultyIo::of(Disk {
            files: Vec::new(),
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            name_changes: Vec::new(),
            dice: Dice::new(seed),
            capacity: u64::MAX,
            power: None,
            off: false,
            changes: 0,
            failing_sync: None,
            locked: false,
            read_only: false,
            most_used: 0,
        })
    }

    /// Lets the power fail at the change after so many: that one and all later calls return errors.
    pub fn fail_after(&self, changes: u64) {
        self.lock_disk().power = Some(changes);
    }

    /// Returns how many changes were made or tried: writes, syncs, names.
    pub fn changes(&self) -> u64 {
        self.lock_disk().changes
    }

    /// Lets the next sync fail of a file whose name begins so, and forgets what it should have made durable, as some
    /// systems do.
    pub fn fail_next_sync(&self, name: &str) {
        self.lock_disk().failing_sync = Some(name.to_owned());
    }

    /// Bounds the octets of all files together.
    pub fn limit(&self, octets: u64) {
        self.lock_disk().capacity = octets;
    }

    /// Refuses every change, the lock included.
    pub fn read_only(&self, read_only: bool) {
        self.lock_disk().read_only = read_only;
    }

    /// Cuts the power and returns the disk as it is found afterwards; this one is dead.
    pub fn crash(&self) -> FaultyIo {
        let mut disk = self.lock_disk();
        disk.off = true;
        let names = disk.surviving_names();
        let mut files = disk.files.clone();
        for content in &mut files {
            content.lose(&mut disk.dice);
        }
        FaultyIo::of(Disk {
            files,
            durable_names: names.clone(),
            names,
            name_changes: Vec::new(),
            dice: disk.dice.clone(),
            capacity: disk.capacity,
            power: None,
            off: false,
            changes: 0,
            failing_sync: None,
            locked: false,
            read_only: disk.read_only,
            most_used: disk.most_used,
        })
    }

    /// Returns how many octets all files together had at most.
    pub fn most_used(&self) -> u64 {
        self.lock_disk().most_used
    }

    /// Returns what is in a file.
    pub fn content(&self, name: &str) -> Option<Vec<u8>> {
        let disk = self.lock_disk();
        disk.names.get(name).map(|file| disk.files[*file].now.clone())
    }

    /// Puts octets into a file behind everybody's back, durably.
    pub fn overwrite(&self, name: &str, octets: Vec<u8>) {
        let mut disk = self.lock_disk();
        let file = disk.names[name];
        disk.files[file] = Content { now: octets.clone(), durable: octets, dirty: BTreeSet::new() };
    }

    fn of(disk: Disk) -> Self {
        FaultyIo { disk: Arc::new(Mutex::new(disk)) }
    }

    fn lock_disk(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn file(&self, file: usize) -> Arc<dyn IoFile> {
        Arc::new(FaultyFile { io: self.clone(), file })
    }
}

impl Disk {
    fn read(&self) -> io::Result<()> {
        if self.off { Err(io::Error::other("the power is off")) } else { Ok(()) }
    }

    /// Counts a change; the one at which the power fails is still done in part.
    fn change(&mut self) -> io::Result<bool> {
        self.read()?;
        if self.read_only {
            return Err(ErrorKind::ReadOnlyFilesystem.into());
        }
        self.changes += 1;
        if let Some(left) = &mut self.power {
            if *left == 0 {
                self.off = true;
                return Ok(false);
            }
            *left -= 1;
        }
        Ok(true)
    }

    fn rename(&mut self, from: Option<&str>, to: Option<(&str, usize)>) -> io::Result<()> {
        let lives = self.change()?;
        if let Some(from) = from {
            self.names.remove(from);
        }
        if let Some((to, file)) = to {
            self.names.insert(to.to_owned(), file);
        }
        self.name_changes.push((from.map(str::to_owned), to.map(|(to, file)| (to.to_owned(), file))));
        if lives { Ok(()) } else { self.read() }
    }

    /// Each change of a name is there or not; what builds on a lost one is lost.
    fn surviving_names(&mut self) -> BTreeMap<String, usize> {
        let mut names = self.durable_names.clone();
        let mut lost = BTreeSet::new();
        for (from, to) in std::mem::take(&mut self.name_changes) {
            let touched: Vec<_> = from.iter().chain(to.iter().map(|(to, _)| to)).cloned().collect();
            if touched.iter().any(|name| lost.contains(name)) || self.dice.throw(2) == 0 {
                lost.extend(touched);
                continue;
            }
            from.map(|from| names.remove(&from));
            names.extend(to);
        }
        names
    }

    fn used(&self) -> u64 {
        self.names.values().map(|file| self.files[*file].now.len() as u64).sum()
    }

    fn grow(&mut self, file: usize, size: usize) -> io::Result<()> {
        let more = size.saturating_sub(self.files[file].now.len());
        let wanted = self.used() + more as u64;
        // A real disk gives what it has before it says that it is full.
        self.most_used = self.most_used.max(wanted.min(self.capacity));
        if wanted > self.capacity {
            return Err(ErrorKind::StorageFull.into());
        }
        let content = &mut self.files[file];
        let old = content.now.len();
        if size > old {
            content.now.resize(size, 0);
            content.touch(old, size);
        }
        Ok(())
    }
}

impl Content {
    fn touch(&mut self, start: usize, end: usize) {
        self.dirty.extend(start / SECTOR..end.div_ceil(SECTOR));
    }

    fn sync(&mut self) {
        self.save(|_| true);
        self.durable.resize(self.now.len(), 0);
    }

    /// Keeps some of the dirty sectors and forgets the others.
    fn lose(&mut self, dice: &mut Dice) {
        self.save(|_| dice.throw(2) == 0);
        self.now.clone_from(&self.durable);
    }

    /// Makes those dirty sectors durable that `keeps` says.
    fn save(&mut self, mut keeps: impl FnMut(usize) -> bool) {
        for sector in std::mem::take(&mut self.dirty) {
            let (start, end) = (sector * SECTOR, self.now.len().min((sector + 1) * SECTOR));
            if keeps(sector) {
                let kept = self.durable.len().max(end);
                self.durable.resize(kept, 0);
                self.durable[start..end].copy_from_slice(&self.now[start..end]);
            }
        }
    }
}

impl Io for FaultyIo {
    fn lock(&self) -> io::Result<Box<dyn Send + Sync>> {
        let mut disk = self.lock_disk();
        disk.read()?;
        if disk.read_only {
            return Err(ErrorKind::ReadOnlyFilesystem.into());
        }
        if disk.locked {
            return Err(ErrorKind::WouldBlock.into());
        }
        disk.locked = true;
        Ok(Box::new(Unlock(self.clone())))
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let disk = self.lock_disk();
        disk.read()?;
        Ok(disk.names.keys().cloned().collect())
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn IoFile>> {
        let mut disk = self.lock_disk();
        if disk.names.contains_key(name) {
            return Err(ErrorKind::AlreadyExists.into());
        }
        let file = disk.files.len();
        disk.files.push(Content::default());
        disk.rename(None, Some((name, file)))?;
        Ok(self.file(file))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn IoFile>> {
        let disk = self.lock_disk();
        disk.read()?;
        disk.names.get(name).map(|file| self.file(*file)).ok_or(ErrorKind::NotFound.into())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut disk = self.lock_disk();
        let file = *disk.names.get(from).ok_or(ErrorKind::NotFound)?;
        disk.rename(Some(from), Some((to, file)))
    }

    fn delete(&self, name: &str) -> io::Result<()> {
        let mut disk = self.lock_disk();
        if !disk.names.contains_key(name) {
            return Err(ErrorKind::NotFound.into());
        }
        disk.rename(Some(name), None)
    }

    fn sync_names(&self) -> io::Result<()> {
        let mut disk = self.lock_disk();
        if !disk.change()? {
            return disk.read();
        }
        disk.durable_names = disk.names.clone();
        disk.name_changes.clear();
        Ok(())
    }

    fn free(&self) -> io::Result<Option<u64>> {
        let disk = self.lock_disk();
        disk.read()?;
        Ok((disk.capacity < u64::MAX).then(|| disk.capacity.saturating_sub(disk.used())))
    }
}

struct Unlock(FaultyIo);

impl Drop for Unlock {
    fn drop(&mut self) {
        self.0.lock_disk().locked = false;
    }
}

struct FaultyFile {
    io: FaultyIo,
    file: usize,
}

impl IoFile for FaultyFile {
    fn size(&self) -> io::Result<u64> {
        let disk = self.io.lock_disk();
        disk.read()?;
        Ok(disk.files[self.file].now.len() as u64)
    }

    fn read_at(&self, octets: &mut [u8], offset: u64) -> io::Result<usize> {
        let disk = self.io.lock_disk();
        disk.read()?;
        let content = disk.files[self.file].now.get(offset as usize..).unwrap_or_default();
        let len = content.len().min(octets.len());
        octets[..len].copy_from_slice(&content[..len]);
        Ok(len)
    }

    fn write_at(&self, octets: &[u8], offset: u64) -> io::Result<()> {
        let mut disk = self.io.lock_disk();
        let lives = disk.change()?;
        let (start, end) = (offset as usize, offset as usize + octets.len());
        disk.grow(self.file, end)?;
        let content = &mut disk.files[self.file];
        content.now[start..end].copy_from_slice(octets);
        content.touch(start, end);
        if lives { Ok(()) } else { disk.read() }
    }

    fn sync(&self) -> io::Result<()> {
        let mut disk = self.io.lock_disk();
        if !disk.change()? {
            return disk.read();
        }
        let prefix = disk.failing_sync.as_deref();
        let fails = |(name, file): (&String, &usize)| *file == self.file && prefix.is_some_and(|prefix| name.starts_with(prefix));
        if disk.names.iter().any(fails) {
            disk.failing_sync = None;
            // What was dirty counts as clean now and will never be written.
            disk.files[self.file].dirty.clear();
            return Err(io::Error::other("the disk could not sync"));
        }
        disk.files[self.file].sync();
        Ok(())
    }

    fn preallocate(&self, size: u64) -> io::Result<()> {
        let mut disk = self.io.lock_disk();
        let lives = disk.change()?;
        disk.grow(self.file, size as usize)?;
        if lives { Ok(()) } else { disk.read() }
    }

    /// Durable with the next sync.
    fn truncate(&self, size: u64) -> io::Result<()> {
        let mut disk = self.io.lock_disk();
        let lives = disk.change()?;
        let content = &mut disk.files[self.file];
        content.now.truncate(size as usize);
        content.dirty.retain(|sector| sector * SECTOR < size as usize);
        if lives { Ok(()) } else { disk.read() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_synced_survives_and_the_rest_is_up_to_the_dice() {
        let mut seen = BTreeSet::new();
        for seed in 0..64 {
            let io = FaultyIo::new(seed);
            let file = io.create("a").unwrap();
            file.write_at(&[1; SECTOR], 0).unwrap();
            file.sync().unwrap();
            io.sync_names().unwrap();
            file.write_at(&[2; 3 * SECTOR], 0).unwrap();
            io.create("b").unwrap();
            let after = io.crash();
            assert!(file.sync().is_err(), "this disk is dead");
            let content = after.content("a").unwrap();
            let sectors: Vec<_> = content.chunks(SECTOR).map(|sector| sector[0]).collect();
            assert!(content.chunks(SECTOR).all(|sector| sector.iter().all(|octet| *octet == sector[0])));
            assert!([1, 2].contains(&sectors[0]));
            seen.insert((sectors, after.content("b").is_some()));
        }
        assert!(seen.len() >= 12, "all sorts of things happen: {seen:?}");
    }

    #[test]
    fn a_failed_sync_loses_what_it_should_have_saved_for_good() {
        let io = FaultyIo::new(1);
        let file = io.create("a").unwrap();
        io.sync_names().unwrap();
        file.write_at(b"lost", 0).unwrap();
        io.fail_next_sync("a");
        assert!(file.sync().is_err());
        assert_eq!(io.content("a").unwrap(), b"lost");
        assert_eq!(io.crash().content("a").unwrap(), b"");
    }

    #[test]
    fn the_power_fails_when_it_is_told_to_and_the_disk_gets_full() {
        let io = FaultyIo::new(1);
        io.fail_after(2);
        let file = io.create("a").unwrap();
        io.sync_names().unwrap();
        assert!(file.write_at(b"x", 0).is_err());
        assert!(file.size().is_err() && io.list().is_err());
        let io = io.crash();
        io.limit(10);
        let file = io.open("a").unwrap();
        assert_eq!(file.write_at(&[0; 11], 0).unwrap_err().kind(), ErrorKind::StorageFull);
        file.write_at(&[0; 10], 0).unwrap();
    }
}

//! The thread that writes: it takes everything that waits, writes it at once and syncs once.
//!
//! There is no timer: while one group is written, done and answered the next one gathers. After a failed
//! write or sync nobody can say what is on disk, so the journal is poisoned: everybody is refused until a new start has
//! read it.

use std::io::{self, ErrorKind};
use std::mem;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bytes::Bytes;

use super::super::QueueError;
use super::super::index::Effect;
use super::super::io::IoFile;
use super::super::promises;
use super::commit::Written;
use super::draft::Draft;
use super::group::{Group, Stock};
use super::house::{self, DRAFT, Spare};
use super::record::Kind;
use super::segment::{self, HEADER, Segment, SegmentHeader, VERSION};
use super::shared::Shared;
use super::snapshot::{self, Extent};
use crate::model::{MessageId, Timestamp};

/// Where the next group goes.
pub(super) struct Writer {
    pub(super) shared: Arc<Shared>,
    pub(super) salt: u32,
    /// The segment that is written to; `None` before the very first group.
    pub(super) file: Option<Arc<dyn IoFile>>,
    pub(super) segment: u32,
    /// End of the last group in the segment.
    pub(super) end: u64,
    /// Start of the last group in the segment.
    pub(super) last_group: u64,
    /// Number of the next group.
    pub(super) sequence: u64,
    /// Ids from here on were never handed out.
    pub(super) reserved: u64,
    /// Groups that were taken in so far: nobody is the first one each time.
    pub(super) turn: usize,
    pub(super) stock: Stock,
}

/// Why a group could not be written.
enum Failure {
    /// Nothing was written, for there is no room for another segment.
    NoRoom,
    Broken(io::Error),
}

/// How many ids are reserved at a time: a crash skips at most so many.
const RESERVE: u64 = 1 << 16;

impl Writer {
    /// Works until the journal stops, then leaves the files in order; `guard` keeps others out until the very end.
    pub(super) fn run(mut self, helpers: Vec<JoinHandle<()>>, guard: Box<dyn Send + Sync>) {
        let shared = Arc::clone(&self.shared);
        // Set once: there is one writer.
        let _ = shared.writer.set(thread::current());
        while let Some(groups) = self.next_groups() {
            self.write(groups);
        }
        for helper in helpers {
            // A panic in there was reported by its thread; the files are ours again in any case.
            let _ = helper.join();
        }
        self.finish();
        drop(guard);
        shared.closed.send_replace(true);
    }

    /// Reserves the first ids, which also shows that the disk can be written to.
    pub(super) fn start(&mut self) -> Result<(), QueueError> {
        self.write(vec![Group::new(self.salt)]);
        self.shared.open().map(drop)
    }

    /// Waits for something to write; `None` when the journal has stopped and everything is written.
    fn next_groups(&mut self) -> Option<Vec<Group>> {
        loop {
            // Looked for first: whatever has come in before is found then.
            let stopped = self.shared.gate().stop.is_some();
            self.turn += 1;
            let (changes, mut arrivals) = self.shared.gather(self.turn, &mut self.stock);
            self.admit(&mut arrivals);
            let groups: Vec<_> = changes.into_iter().chain(arrivals).collect();
            if !groups.is_empty() {
                return Some(groups);
            }
            if stopped {
                return None;
            }
            // Not if somebody has come in since.
            thread::park();
        }
    }

    /// Promises the new messages, or refuses them.
    fn admit(&self, arrivals: &mut [Group]) {
        let mut gate = self.shared.gate();
        if !gate.must_ask(arrivals) {
            return gate.admit(arrivals, |_| false);
        }
        drop(gate);
        let state = self.shared.lock();
        self.shared.gate().admit(arrivals, |id| state.index.knows(id));
    }

    /// Makes groups durable, does what they do, and answers all who wait for them.
    pub(super) fn write(&mut self, mut groups: Vec<Group>) {
        if let Err(poisoned) = self.poisoned() {
            return refuse(groups, &poisoned);
        }
        let reserved = self.reserved;
        let next_id = self.shared.next_id.load(Ordering::Relaxed);
        if next_id + RESERVE / 2 > reserved {
            self.reserved = next_id + RESERVE;
            let mut reserve = Draft::new(self.salt);
            reserve.put_ids(Kind::Reserved, &[MessageId(self.reserved)]);
            groups.last_mut().into_iter().for_each(|group| group.add(&mut reserve));
        }
        if groups.iter().all(Group::is_empty) {
            // Every call was refused.
            return promises::keep(groups.iter_mut().map(|group| &mut group.promises), |_| ());
        }
        match self.put(&mut groups) {
            Ok(octets) => self.commit(groups, octets),
            Err(Failure::NoRoom) => {
                self.reserved = reserved;
                self.take_back(groups);
            }
            Err(Failure::Broken(error)) => refuse(groups, &self.poison(&error)),
        }
    }

    /// Refuses groups that found no room, and the changes that gather: they may build on the first.
    fn take_back(&self, mut groups: Vec<Group>) {
        let mut state = self.shared.lock();
        let mut gate = self.shared.gate();
        groups.push(mem::replace(&mut gate.group, Group::new(self.salt)));
        let ids = groups.iter().flat_map(|group| &group.promises.effects).map(Effect::id);
        state.index.roll_back(ids, Timestamp::now().after(HELD_BACK));
        gate.arrivals.clear();
        gate.follow(&state.index);
        // Somebody may have made room just now.
        self.shared.full.store(state.spare.is_none(), Ordering::Relaxed);
        drop((gate, state));
        self.shared.make_room();
        self.shared.housework.notify_all();
        refuse(groups, &QueueError::NoRoom);
    }

    /// Writes and syncs groups as one and returns their octets.
    fn put(&mut self, groups: &mut [Group]) -> Result<Vec<Bytes>, Failure> {
        let size = groups.iter().map(|group| group.octets() as u64).sum::<u64>();
        let full = self.end + size > u64::from(self.shared.options.segment_octets) && self.end > HEADER as u64;
        let file = match &self.file {
            Some(file) if !full => Arc::clone(file),
            _ => self.rotate()?,
        };
        let octets = Group::seal(groups, self.segment, self.sequence, Timestamp::now());
        let mut end = self.end;
        for octets in octets.iter().filter(|octets| !octets.is_empty()) {
            file.write_at(octets, end)?;
            end += octets.len() as u64;
        }
        file.sync()?;
        Ok(octets)
    }

    /// Begins the next segment: its file gets its name only when its header is durable.
    fn rotate(&mut self) -> Result<Arc<dyn IoFile>, Failure> {
        let io = Arc::clone(&self.shared.io);
        let spare = self.shared.lock().spare.take();
        let Spare { name, file } = match spare {
            Some(spare) => spare,
            None => {
                let name = format!("next{DRAFT}");
                let file = house::draft(&self.shared, &name);
                let file = file.map_err(|error| if is_full(&error) { Failure::NoRoom } else { error.into() })?;
                Spare { name, file }
            }
        };
        let header = SegmentHeader {
            version: VERSION,
            number: self.segment + 1,
            salt: self.salt,
            previous_len: self.end,
            sequence: self.sequence,
            next_id: MessageId(self.reserved),
        };
        file.write_at(&header.write(), 0)?;
        file.sync()?;
        io.rename(&name, &segment::name(header.number))?;
        io.sync_names()?;
        (self.segment, self.end) = (header.number, HEADER as u64);
        self.file = Some(Arc::clone(&file));
        let (number, used) = (header.number, self.end);
        let segment = Segment { number, version: VERSION, file: Arc::clone(&file), used, live: 0, wiped: false };
        self.shared.lock().segments.push_back(segment);
        self.shared.housework.notify_all();
        Ok(file)
    }

    /// Notes where the next group goes and has this one done and answered.
    fn commit(&mut self, groups: Vec<Group>, octets: Vec<Bytes>) {
        let start = self.end;
        self.last_group = start;
        self.end += octets.iter().map(|octets| octets.len() as u64).sum::<u64>();
        self.sequence += 1;
        let extent = self.extent(self.reserved);
        Written { groups, octets, start: start as u32, extent }.commit(&self.shared, &mut self.stock);
    }

    fn extent(&self, next_id: u64) -> Extent {
        let Writer { salt, segment, last_group, end, sequence, .. } = *self;
        Extent { salt, segment, last_group, end, sequence, next_id }
    }

    fn poisoned(&self) -> Result<(), QueueError> {
        match &self.shared.gate().stop {
            Some(poisoned @ QueueError::Poisoned(_)) => Err(poisoned.clone()),
            _ => Ok(()),
        }
    }

    fn poison(&self, error: &io::Error) -> QueueError {
        let place = segment::name(self.segment);
        let poisoned = QueueError::Poisoned(format!("{place}: {error}").into());
        tracing::error!(critical = true, segment = place, octet = self.end, %error, "the journal cannot be written to");
        self.shared.poison(poisoned.clone());
        poisoned
    }

    /// Leaves a snapshot if one is wanted; with it the ids that were reserved in vain are not lost.
    fn finish(&mut self) {
        if self.poisoned().is_err() || !self.shared.lock().snapshot {
            return;
        }
        let next_id = self.shared.next_id.load(Ordering::Relaxed);
        if let Err(error) = snapshot::save(&self.shared, self.extent(next_id), |_| false) {
            tracing::warn!(%error, "no snapshot was left; the next start reads the whole journal");
        }
    }
}

fn refuse(groups: Vec<Group>, error: &QueueError) {
    groups.into_iter().for_each(|group| group.promises.refuse(error));
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Broken(error)
    }
}

/// Tells whether the disk only wants for room.
pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

/// How long a message stays off its work list whose change found no room: it may have been delivered, and must not go
/// out again and again.
const HELD_BACK: Duration = Duration::from_secs(10);

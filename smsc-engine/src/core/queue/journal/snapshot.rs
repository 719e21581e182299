//! A copy of the index on disk, so that the next start need not read every message.
//!
//! It is written at a clean end and every so often. Meanwhile messages come and go: the copy is taken piece by piece,
//! and each piece shows its messages as they are then. It names a group that was complete before the first piece, and
//! from there on the journal is read as ever. That gives the truth because a record says what a message becomes,
//! whatever it was before. What lies in a segment that was tidied away since has ended and was forgotten, or a later
//! record says where it is now.
//!
//! It is only an optimisation: when it is missing, damaged or does not fit the journal beside it, it is passed over.

use std::io::{self, ErrorKind};
use std::sync::Arc;

use super::super::index::{Facts, Known, LaneNo, Limits, Marks};
use super::super::io::{Io, IoFile};
use super::group::{self, GroupHeader, Position};
use super::house;
use super::record::{self, Kind, PREFIX, put};
use super::recover::{Found, Replay};
use super::shared::{Shared, State};
use crate::model::{FormFault, Lane, MessageId, Part};

/// Which journal, and which part of it, a snapshot describes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) salt: u32,
    pub(super) segment: u32,
    /// Where the last group starts and ends in the segment.
    pub(super) last_group: u64,
    pub(super) end: u64,
    /// Number of the next group.
    pub(super) sequence: u64,
    pub(super) next_id: u64,
}

/// The name of the snapshot.
const NAME: &str = "snapshot";
/// What it is called until it is complete.
const DRAFT: &str = "snapshot.tmp";
/// Counts up with every change of the format.
const VERSION: u32 = 2;
/// Entries per record: what is copied under one lock, some twenty microseconds.
const BLOCK: usize = 500;
/// Octets that are synced in one step: a large sync would hold up those of the writer.
const STEP: u64 = 1 << 20;

/// Writes a snapshot in place of the last one and returns its size, unless `stops` says so meanwhile.
pub(super) fn save(shared: &Shared, extent: Extent, stops: impl Fn(&State) -> bool) -> io::Result<u64> {
    let saved = draft(shared, extent, stops);
    if saved.is_err() {
        // Room that others may need; a name that stays is deleted at the next start.
        let _ = shared.io.delete(DRAFT);
    }
    saved
}

fn draft(shared: &Shared, extent: Extent, stops: impl Fn(&State) -> bool) -> io::Result<u64> {
    let io = shared.io.as_ref();
    let mut writer = Writer { shared, file: io.create(DRAFT)?, offset: 0, synced: 0, buffer: Vec::new() };
    writer.put(|out| extent.put(out))?;
    let (mut lanes, mut beyond, mut last) = (0, None, false);
    while !last {
        let state = shared.lock();
        if stops(&state) {
            return Err(ErrorKind::Interrupted.into());
        }
        let (entries, more) = state.index.known(beyond, BLOCK);
        let names = state.index.lane_names(lanes);
        drop(state);
        lanes += names.len();
        last = more.is_none();
        beyond = more;
        writer.put(|out| put_block(last, &names, &entries, out))?;
    }
    writer.file.sync()?;
    io.rename(DRAFT, NAME)?;
    io.sync_names()?;
    Ok(writer.offset)
}

/// Reads the snapshot if it fits the journal.
pub(super) fn load(io: &dyn Io, found: &[Found], limits: Limits) -> Option<Replay> {
    if !io.list().ok()?.iter().any(|name| name == NAME) {
        return None;
    }
    let file = io.open(NAME).ok()?;
    let (first, _) = found.first()?;
    let mut reader = Reader { salt: first.salt, file, offset: 0 };
    let head = reader.next()?;
    let extent = Extent::take(&mut head.as_slice()).ok().filter(|extent| extent.fits(found))?;
    let mut replay = Replay::new(extent.salt, limits, found);
    let mut last = false;
    while !last {
        let block = reader.next()?;
        last = take_block(&mut block.as_slice(), &mut replay).ok()?;
    }
    replay.start = (extent.segment, extent.end);
    replay.sequence = extent.sequence;
    replay.last_group = extent.last_group;
    replay.reserved = extent.next_id;
    Some(replay)
}

impl Extent {
    /// Tells whether the journal still has the end, and that is the end of the same group.
    fn fits(&self, found: &[Found]) -> bool {
        let Some((segment, file)) = found.iter().find(|(header, _)| header.number == self.segment) else {
            return false;
        };
        let mut octets = [0; group::HEADER];
        let read = file.read_at(&mut octets, self.last_group).is_ok();
        let header = GroupHeader::read(&octets, self.salt, self.segment);
        read && segment.salt == self.salt
            && header.is_some_and(|header| {
                header.sequence + 1 == self.sequence && self.last_group + header.stride() as u64 == self.end
            })
    }

    fn put(&self, out: &mut Vec<u8>) {
        put!(out, VERSION, self.salt, self.segment, self.last_group, self.end, self.sequence, self.next_id);
    }

    fn take(rest: &mut &[u8]) -> Result<Self, FormFault> {
        if u32::take(rest)? != VERSION {
            return Err(FormFault::Value);
        }
        Ok(Extent {
            salt: Part::take(rest)?,
            segment: Part::take(rest)?,
            last_group: Part::take(rest)?,
            end: Part::take(rest)?,
            sequence: Part::take(rest)?,
            next_id: Part::take(rest)?,
        })
    }
}

/// Writes whether this is the last block, lanes that are new, and entries.
fn put_block(last: bool, lanes: &[Lane], entries: &[Known<Position>], out: &mut Vec<u8>) {
    put!(out, last, lanes.len() as u32);
    lanes.iter().for_each(|lane| lane.put(out));
    for Known { id, facts, body, outcome, handing } in entries {
        put!(out, id, facts.lane.0, facts.attempts, body.segment, body.offset, body.len);
        put!(out, facts.due, facts.expires, facts.alike, facts.priority);
        let Marks { billed, recorded, erased, handed: _ } = facts.marks;
        put!(out, billed, recorded, erased, outcome, handing);
    }
}

/// Takes a block in and tells whether it was the last one.
fn take_block(rest: &mut &[u8], replay: &mut Replay) -> Result<bool, FormFault> {
    let last = Part::take(rest)?;
    for _ in 0..u32::take(rest)? {
        replay.index.lane(&Lane::take(rest)?);
    }
    while !rest.is_empty() {
        let known = take_entry(rest)?;
        replay.note_id(known.id);
        replay.index.restore_entry(known).ok_or(FormFault::Value)?;
    }
    Ok(last)
}

fn take_entry(rest: &mut &[u8]) -> Result<Known<Position>, FormFault> {
    let id: MessageId = Part::take(rest)?;
    let lane = LaneNo(Part::take(rest)?);
    let attempts = Part::take(rest)?;
    let body = Position { segment: Part::take(rest)?, offset: Part::take(rest)?, len: Part::take(rest)? };
    let (due, expires, alike, priority) = (Part::take(rest)?, Part::take(rest)?, Part::take(rest)?, Part::take(rest)?);
    let marks = Marks { billed: Part::take(rest)?, recorded: Part::take(rest)?, erased: Part::take(rest)?, handed: false };
    let outcome = Part::take(rest)?;
    let handing: Option<_> = Part::take(rest)?;
    let marks = Marks { handed: handing.is_some(), ..marks };
    let facts = Facts { lane, attempts, due, expires, alike, priority, at_once: false, marks };
    Ok(Known { id, facts, body, outcome, handing })
}

struct Writer<'a> {
    shared: &'a Shared,
    file: Arc<dyn IoFile>,
    offset: u64,
    synced: u64,
    buffer: Vec<u8>,
}

impl Writer<'_> {
    fn put(&mut self, values: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        self.buffer.clear();
        record::write(Kind::Snapshot, self.shared.salt, &mut self.buffer, values);
        let octets = self.buffer.len() as u64;
        let turn = house::room(self.shared, octets)?;
        self.file.write_at(&self.buffer, self.offset)?;
        drop(turn);
        self.offset += octets;
        if self.offset - self.synced >= STEP {
            self.file.sync()?;
            self.synced = self.offset;
        }
        Ok(())
    }
}

struct Reader {
    salt: u32,
    file: Arc<dyn IoFile>,
    offset: u64,
}

impl Reader {
    /// Reads the next record; `None` when there is no whole one.
    fn next(&mut self) -> Option<Vec<u8>> {
        let mut length = [0; 4];
        self.file.read_at(&mut length, self.offset).ok()?;
        let whole = u64::from(u32::from_le_bytes(length)) + PREFIX as u64;
        if whole > self.file.size().ok()?.checked_sub(self.offset)? {
            return None;
        }
        let mut octets = vec![0; usize::try_from(whole).ok()?];
        self.file.read_at(&mut octets, self.offset).ok()?;
        self.offset += whole;
        let body = record::split(self.salt, &mut octets.as_slice())?;
        let (kind, values) = body.split_first()?;
        (*kind == Kind::Snapshot as u8).then(|| values.to_vec())
    }
}

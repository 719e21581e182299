//! A copy of the index on disk, written at a clean shutdown so that the next start need not read every message.
//!
//! It says up to which group it is true; later groups are read from the journal as ever. It is only an
//! optimisation: when it is missing, damaged or does not fit the journal beside it, it is passed over.

use std::io;
use std::sync::Arc;

use super::super::index::{Facts, Index, Known, LaneNo, Limits};
use super::super::io::{Io, IoFile};
use super::group::{self, GroupHeader, Position};
use super::record::{self, Kind, PREFIX};
use super::recover::{Found, Replay};
use crate::model::{FormFault, Lane, Part};

/// Which journal, and which part of it, a snapshot describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) salt: u32,
    pub(super) first_segment: u32,
    pub(super) last_segment: u32,
    /// Where the last group starts and ends in the last segment.
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
const VERSION: u32 = 1;
/// Entries per record, so that one is checked and read at a time.
const BLOCK: usize = 1000;

/// Writes the snapshot in place of the last one.
pub(super) fn save(io: &dyn Io, index: &Index<Position>, extent: Extent) -> io::Result<()> {
    let file = io.create(DRAFT)?;
    let mut writer = Writer { salt: extent.salt, file, offset: 0, buffer: Vec::new() };
    let lanes = index.lane_names();
    let mut entries = index.known().peekable();
    writer.put(|out| {
        extent.put(out);
        (lanes.len() as u32).put(out);
        lanes.iter().for_each(|lane| lane.put(out));
        (index.len() as u64).put(out);
    })?;
    while entries.peek().is_some() {
        writer.put(|out| entries.by_ref().take(BLOCK).for_each(|entry| put_entry(entry, out)))?;
    }
    writer.finish()?;
    io.rename(DRAFT, NAME)?;
    io.sync_names()
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
    let rest = &mut head.as_slice();
    let extent = Extent::take(rest).ok().filter(|extent| extent.fits(found))?;
    let mut replay = Replay::new(extent.salt, limits, found);
    for _ in 0..u32::take(rest).ok()? {
        replay.index.lane(&Lane::take(rest).ok()?);
    }
    let mut missing = u64::take(rest).ok()?;
    while missing > 0 {
        let block = reader.next()?;
        let rest = &mut block.as_slice();
        while !rest.is_empty() {
            replay.index.restore_entry(take_entry(rest).ok()?)?;
            missing = missing.checked_sub(1)?;
        }
    }
    replay.start = (extent.last_segment, extent.end);
    replay.sequence = extent.sequence;
    replay.last_group = extent.last_group;
    replay.reserved = extent.next_id;
    Some(replay)
}

impl Extent {
    /// Tells whether the journal still has everything up to the end, and that is the end of the same group.
    fn fits(&self, found: &[Found]) -> bool {
        let (Some((first, _)), Some((last, file))) =
            (found.first(), found.iter().find(|(header, _)| header.number == self.last_segment))
        else {
            return false;
        };
        let mut octets = [0; group::HEADER];
        let read = file.read_at(&mut octets, self.last_group).is_ok();
        let header = GroupHeader::read(&octets, self.salt, self.last_segment);
        read && first.number == self.first_segment
            && last.salt == self.salt
            && header.is_some_and(|header| {
                header.sequence + 1 == self.sequence && self.last_group + header.stride() as u64 == self.end
            })
    }

    fn put(&self, out: &mut Vec<u8>) {
        VERSION.put(out);
        for number in [self.salt, self.first_segment, self.last_segment] {
            number.put(out);
        }
        for number in [self.last_group, self.end, self.sequence, self.next_id] {
            number.put(out);
        }
    }

    fn take(rest: &mut &[u8]) -> Result<Self, FormFault> {
        if u32::take(rest)? != VERSION {
            return Err(FormFault::Value);
        }
        Ok(Extent {
            salt: Part::take(rest)?,
            first_segment: Part::take(rest)?,
            last_segment: Part::take(rest)?,
            last_group: Part::take(rest)?,
            end: Part::take(rest)?,
            sequence: Part::take(rest)?,
            next_id: Part::take(rest)?,
        })
    }
}

fn put_entry((id, facts, body, outcome): Known<Position>, out: &mut Vec<u8>) {
    id.put(out);
    for number in [facts.lane.0, facts.attempts, body.segment, body.offset, body.len] {
        number.put(out);
    }
    facts.due.put(out);
    facts.expires.put(out);
    facts.alike.put(out);
    facts.priority.put(out);
    outcome.put(out);
}

fn take_entry(rest: &mut &[u8]) -> Result<Known<Position>, FormFault> {
    let id = Part::take(rest)?;
    let lane = LaneNo(Part::take(rest)?);
    let attempts = Part::take(rest)?;
    let body = Position { segment: Part::take(rest)?, offset: Part::take(rest)?, len: Part::take(rest)? };
    let (due, expires, alike, priority) = (Part::take(rest)?, Part::take(rest)?, Part::take(rest)?, Part::take(rest)?);
    Ok((id, Facts { lane, attempts, due, expires, alike, priority, at_once: false }, body, Part::take(rest)?))
}

struct Writer {
    salt: u32,
    file: Arc<dyn IoFile>,
    offset: u64,
    buffer: Vec<u8>,
}

impl Writer {
    fn put(&mut self, values: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        self.buffer.clear();
        record::write(Kind::Snapshot, self.salt, &mut self.buffer, values);
        self.file.write_at(&self.buffer, self.offset)?;
        self.offset += self.buffer.len() as u64;
        Ok(())
    }

    fn finish(self) -> io::Result<()> {
        self.file.sync()
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

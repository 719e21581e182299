//! Records that become durable together: one write, one sync, all or nothing.
//!
//! A group is a header and its records, padded to four octets. It is whole when the header's checksum, every
//! record's checksum and the lengths agree; everything else is no group. The header's checksum covers
//! the number of the segment, so that what an earlier life of a reused file left behind is no group either.

use super::super::index::Effect;
use super::super::promises::Promises;
use super::draft::Draft;
use super::record;
use crate::model::{Part, Timestamp};

/// Where a record is. Inside a group that is not written yet, `segment` is 0 and `offset` counts from the group; inside
/// a draft from the draft.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    pub(super) segment: u32,
    pub(super) offset: u32,
    pub(super) len: u32,
}

/// A group in the making, what it does, and who waits for it.
#[derive(Debug)]
pub(super) struct Group {
    salt: u32,
    octets: Vec<u8>,
    /// Octets of the records that are bodies.
    bodies: u64,
    pub(super) promises: Promises<Position>,
}

/// What the header of a group says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GroupHeader {
    /// Octets of all records.
    pub(super) length: u32,
    /// Groups are numbered through all segments.
    pub(super) sequence: u64,
    pub(super) written: Timestamp,
}

/// Octets of a group's header.
pub(super) const HEADER: usize = 28;
/// Groups start at multiples of this.
pub(super) const ALIGN: usize = 4;
const MAGIC: [u8; 4] = *b"SMGr";

impl Group {
    pub(super) fn new(salt: u32) -> Self {
        Self::reusing(salt, Vec::new(), Promises::default())
    }

    /// Begins one in the room that an earlier one had.
    pub(super) fn reusing(salt: u32, mut octets: Vec<u8>, promises: Promises<Position>) -> Self {
        octets.clear();
        octets.resize(HEADER, 0);
        Group { salt, octets, bodies: 0, promises }
    }

    /// Tells whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.octets.len() <= HEADER
    }

    pub(super) fn octets(&self) -> usize {
        self.octets.len()
    }

    pub(super) fn bodies(&self) -> u64 {
        self.bodies
    }

    /// Takes everything out of a draft.
    pub(super) fn add(&mut self, draft: &mut Draft) {
        let start = self.octets.len() as u32;
        self.octets.extend_from_slice(&draft.octets);
        draft.octets.clear();
        for body in draft.effects.iter_mut().filter_map(Effect::body_mut) {
            self.bodies += u64::from(body.len);
            *body = body.based(0, start);
        }
        self.promises.effects.append(&mut draft.effects);
    }

    /// Completes the header and returns the octets to write; the group is empty afterwards but for what it does.
    pub(super) fn seal(&mut self, segment: u32, sequence: u64, written: Timestamp) -> Vec<u8> {
        let mut octets = std::mem::take(&mut self.octets);
        let length = (octets.len() - HEADER) as u32;
        let header = GroupHeader { length, sequence, written }.write(self.salt, segment);
        if let Some(place) = octets.first_chunk_mut() {
            *place = header;
        }
        octets.resize(octets.len().next_multiple_of(ALIGN), 0);
        octets
    }
}

impl GroupHeader {
    fn write(self, salt: u32, segment: u32) -> [u8; HEADER] {
        let mut values = Vec::with_capacity(HEADER);
        self.length.put(&mut values);
        self.sequence.put(&mut values);
        self.written.put(&mut values);
        let sum = record::checksum(salt, &[&segment.to_le_bytes(), &values]).to_le_bytes();
        let mut header = [0; HEADER];
        for (place, octet) in header.iter_mut().zip(MAGIC.into_iter().chain(sum).chain(values)) {
            *place = octet;
        }
        header
    }

    /// Reads a header, `None` when these octets are none of this segment.
    pub(super) fn read(octets: &[u8], salt: u32, segment: u32) -> Option<Self> {
        let mut rest = octets.get(..HEADER)?.strip_prefix(&MAGIC)?;
        let sum = u32::take(&mut rest).ok()?;
        if sum != record::checksum(salt, &[&segment.to_le_bytes(), rest]) {
            return None;
        }
        let rest = &mut rest;
        Some(GroupHeader { length: Part::take(rest).ok()?, sequence: Part::take(rest).ok()?, written: Part::take(rest).ok()? })
    }

    /// Returns how far it is from this header to the next one.
    pub(super) fn stride(self) -> usize {
        (HEADER + self.length as usize).next_multiple_of(ALIGN)
    }
}

/// Splits a whole group into its records with their offsets from the group's start; `None` when it is not whole.
pub(super) fn records(octets: &[u8], header: GroupHeader, salt: u32) -> Option<Vec<(u32, &[u8])>> {
    let all = octets.get(HEADER..HEADER + header.length as usize)?;
    let mut rest = all;
    let mut records = Vec::new();
    while !rest.is_empty() {
        let offset = HEADER + all.len() - rest.len();
        records.push((offset as u32, record::split(salt, &mut rest)?));
    }
    Some(records)
}

impl Position {
    /// Turns a place inside a draft or a group into one inside the group or on disk.
    pub(super) fn based(self, segment: u32, start: u32) -> Self {
        Position { segment, offset: self.offset + start, len: self.len }
    }
}

//! Records that become durable together: one write, one sync, all or nothing.
//!
//! A group is a header and its records, padded to four octets. It is whole when the header's checksum, every
//! record's checksum and the lengths agree; everything else is no group. The header's checksum covers
//! the number of the segment, so that what an earlier life of a reused file left behind is no group either.

use super::super::index::{Effect, Past};
use super::super::promises::Promises;
use super::draft::Draft;
use super::record::{self, Kind};
use crate::model::{Message, MessageId, Part, Timestamp};

/// Where a record is. Inside a group that is not written yet, `segment` is 0 and `offset` counts from the group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    pub(super) segment: u32,
    pub(super) offset: u32,
    pub(super) len: u32,
}

/// A group in the making, what it does, and who waits for it.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) salt: u32,
    octets: Vec<u8>,
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
        Group { salt, octets, promises }
    }

    /// Tells whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.octets.len() <= HEADER
    }

    pub(super) fn octets(&self) -> usize {
        self.octets.len()
    }

    /// Adds a record and tells where in the group it is.
    pub(super) fn put(&mut self, kind: Kind, values: impl FnOnce(&mut Vec<u8>)) -> Position {
        let start = self.octets.len();
        record::write(kind, self.salt, &mut self.octets, values);
        Position { segment: 0, offset: start as u32, len: (self.octets.len() - start) as u32 }
    }

    /// Adds the messages of one call, and what becomes of them once they are durable.
    pub(super) fn append(&mut self, draft: &Draft) {
        let mut offset = self.octets.len() as u32;
        self.octets.extend_from_slice(&draft.octets);
        for (message, len) in draft.messages.iter().zip(record::lengths(&draft.octets)) {
            self.promises.effects.push(Effect::Accepted { id: message.id, body: Position { segment: 0, offset, len } });
            offset += len;
        }
    }

    /// Adds a new message, and what becomes of it once it is durable.
    pub(super) fn accept(&mut self, message: &Message) {
        let body = self.put(Kind::Accepted, |out| message.encode(out));
        self.promises.effects.push(Effect::Accepted { id: message.id, body });
    }

    /// Adds a message again with all that is known of it.
    pub(super) fn keep(&mut self, message: &Message, past: &Past) -> Position {
        self.put(Kind::Kept, |out| {
            record::put_past(past, out);
            message.encode(out);
        })
    }

    /// Adds the ids that a record of this kind is about.
    pub(super) fn put_ids(&mut self, kind: Kind, ids: &[MessageId]) {
        self.put(kind, |out| ids.iter().for_each(|id| id.put(out)));
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
    /// Turns a place inside a group into a place on disk.
    pub(super) fn based(self, segment: u32, group: u32) -> Self {
        Position { segment, offset: self.offset + group, len: self.len }
    }
}

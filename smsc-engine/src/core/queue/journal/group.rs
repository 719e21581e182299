//! Records that become durable together: one write, one sync, all or nothing.
//!
//! A group is a header and its records, padded to four octets. It is whole when the header's checksum, every
//! record's checksum and the lengths agree; everything else is no group. The header's checksum covers
//! the number of the segment, so that what an earlier life of a reused file left behind is no group either.

use std::mem;

use bytes::{Bytes, BytesMut};

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
    octets: BytesMut,
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

/// Octets of memory that groups gather in, one behind the other. Whoever reads a group keeps its block.
pub(super) const BLOCK: usize = 4 << 20;
/// Octets of a group's header.
pub(super) const HEADER: usize = 28;
/// Groups start at multiples of this.
pub(super) const ALIGN: usize = 4;
/// Octets behind a group that is taken out: for what the writer adds.
const SLACK: usize = 64;
const MAGIC: [u8; 4] = *b"SMGr";

impl Group {
    pub(super) fn new(salt: u32) -> Self {
        Self::begin(salt, BytesMut::new(), Promises::default())
    }

    fn begin(salt: u32, mut octets: BytesMut, promises: Promises<Position>) -> Self {
        octets.resize(HEADER, 0);
        Group { salt, octets, bodies: 0, promises }
    }

    /// Takes it out and begins the next one, with these promises: behind it, or in another block when it would be too
    /// large for the rest of this one.
    pub(super) fn turn(&mut self, promises: Promises<Position>, spare: &mut Option<BytesMut>) -> Group {
        let size = self.octets.len();
        let end = self.octets.capacity().min(size + SLACK);
        let mut rest = self.octets.split_off(end);
        // It is about as large as this one; to outgrow its block means to copy it.
        if rest.capacity() < BLOCK.min(size + size / 4) {
            rest = spare.take().unwrap_or_else(|| BytesMut::with_capacity(BLOCK));
        }
        let next = Self::begin(self.salt, rest, promises);
        mem::replace(self, next)
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
        self.promises.effects.extend(draft.effects.drain(..).map(|mut effect| {
            if let Some(body) = effect.body_mut() {
                self.bodies += u64::from(body.len);
                *body = body.based(0, start);
            }
            effect
        }));
    }

    /// Completes the header and returns the octets to write; the group is empty afterwards but for what it does.
    pub(super) fn seal(&mut self, segment: u32, sequence: u64, written: Timestamp) -> Bytes {
        let mut octets = mem::take(&mut self.octets);
        let length = (octets.len() - HEADER) as u32;
        let header = GroupHeader { length, sequence, written }.write(self.salt, segment);
        if let Some(place) = octets.first_chunk_mut() {
            *place = header;
        }
        octets.resize(octets.len().next_multiple_of(ALIGN), 0);
        octets.freeze()
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

#[cfg(test)]
mod tests {
    use super::super::record::Kind;
    use super::*;
    use crate::model::MessageId;

    /// A group of one record with so many ids.
    fn fill(group: &mut Group, ids: usize) {
        let mut draft = Draft::new(7);
        draft.put_ids(Kind::Gone, &vec![MessageId(1); ids]);
        group.add(&mut draft);
    }

    #[test]
    fn groups_follow_one_another_in_a_block_until_its_rest_is_too_small() {
        let (mut gathers, mut spare) = (Group::new(7), None);
        let mut written = Vec::new();
        for turn in 0..20 {
            fill(&mut gathers, BLOCK / 8 / 5);
            let mut group = gathers.turn(Promises::default(), &mut spare);
            // What the writer adds.
            fill(&mut group, 1);
            let octets = group.seal(1, turn, Timestamp(0));
            let header = GroupHeader::read(&octets, 7, 1).expect("its header");
            assert_eq!(records(&octets, header, 7).expect("whole").len(), 2);
            assert_eq!(octets.len(), header.stride());
            written.push(octets);
        }
        let follows = |pair: &&[Bytes]| {
            pair[0].as_ptr().wrapping_add(pair[0].len() / ALIGN * ALIGN) <= pair[1].as_ptr()
                && pair[1].as_ptr() <= pair[0].as_ptr().wrapping_add(pair[0].len() + SLACK)
        };
        let together = written.windows(2).filter(follows).count();
        // Four of them fit into a block with the quarter that the next one may be larger; the first one has none yet.
        assert!((10..=16).contains(&together), "{together} of 19");
    }

    #[test]
    fn a_spare_block_is_used_before_a_new_one_is_made_and_none_is_made_larger() {
        let mut gathers = Group::new(7);
        let mut spare = Some(BytesMut::with_capacity(BLOCK));
        let address = spare.as_ref().map(|block| block.as_ptr());
        fill(&mut gathers, 100);
        gathers.turn(Promises::default(), &mut spare);
        assert_eq!((Some(gathers.octets.as_ptr()), spare.is_none()), (address, true));
        // This one outgrows it; what follows does not.
        fill(&mut gathers, BLOCK / 8);
        assert!(gathers.octets.capacity() > BLOCK);
        gathers.turn(Promises::default(), &mut spare);
        assert_eq!((gathers.octets.len(), gathers.octets.capacity()), (HEADER, BLOCK));
    }
}

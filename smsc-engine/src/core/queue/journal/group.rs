//! Records that become durable together: one write, one sync, all or nothing.
//!
//! A group is a header and its records, padded to four octets. It is whole when the header's checksum, every
//! record's checksum and the lengths agree; everything else is no group. The header's checksum covers
//! the number of the segment, so that what an earlier life of a reused file left behind is no group either.

use std::mem;

use bytes::{Buf, Bytes, BytesMut};

use super::super::QueueError;
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

/// A group in the making, or what one place has gathered of it; what it does, and who waits for it.
#[derive(Debug)]
pub(super) struct Group {
    salt: u32,
    octets: BytesMut,
    /// Octets of the records that are bodies.
    bodies: u64,
    pub(super) promises: Promises<Position>,
}

/// What was used and can be used again.
#[derive(Debug, Default)]
pub(super) struct Stock {
    /// Empty ones, for groups that do not fit behind the one before.
    pub(super) blocks: Vec<BytesMut>,
    /// Promises without any.
    pub(super) promises: Vec<Promises<Position>>,
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

    /// Takes it out and begins the next one: behind it, or in another block when it would be too large for the rest of this
    /// one.
    pub(super) fn turn(&mut self, stock: &mut Stock) -> Group {
        let size = self.octets.len();
        let end = self.octets.capacity().min(size + SLACK);
        let mut rest = self.octets.split_off(end);
        // It is about as large as this one; to outgrow its block means to copy it.
        if rest.capacity() < BLOCK.min(size + size / 4) {
            rest = stock.blocks.pop().unwrap_or_else(|| BytesMut::with_capacity(BLOCK));
        }
        let next = Self::begin(self.salt, rest, stock.promises.pop().unwrap_or_default());
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
        let Group { octets, bodies, promises, .. } = self;
        let (start, before) = (octets.len() as u32, promises.effects.len());
        // Before the octets, which go to memory that is far away, and changed behind the copy: a processor that copies what
        // it has changed just now waits until all that is written.
        promises.effects.append(&mut draft.effects);
        for body in promises.effects.iter_mut().skip(before).filter_map(Effect::body_mut) {
            *bodies += u64::from(body.len);
            *body = body.based(0, start);
        }
        octets.extend_from_slice(&draft.octets);
        draft.octets.clear();
    }

    /// Refuses calls that brought nothing but new messages, each on its own as `verdict` says of what it would do, and
    /// leaves out what they brought.
    pub(super) fn sift(&mut self, verdict: impl FnMut(&[Effect<Position>]) -> Result<(), QueueError>) {
        let mut refused = self.promises.judge(verdict).into_iter().peekable();
        if refused.peek().is_none() {
            return;
        }
        let Group { octets, bodies, promises, .. } = self;
        let (mut place, mut end) = (0, HEADER);
        *bodies = 0;
        promises.effects.retain_mut(|effect| {
            while refused.next_if(|call| call.end <= place).is_some() {}
            let stays = !refused.peek().is_some_and(|call| call.contains(&place));
            place += 1;
            if let Some(body) = effect.body_mut().filter(|_| stays) {
                let record = body.offset as usize..(body.offset + body.len) as usize;
                *body = Position { offset: end as u32, ..*body };
                *bodies += u64::from(body.len);
                end += record.len();
                octets.copy_within(record, body.offset as usize);
            }
            stays
        });
        octets.truncate(end);
    }

    /// Completes a group that was gathered in several places; returns the octets of each, to be written one behind the
    /// other. Those are empty afterwards but for what they do.
    pub(super) fn seal(parts: &mut [Group], segment: u32, sequence: u64, written: Timestamp) -> Vec<Bytes> {
        let mut all: Vec<_> = parts.iter_mut().map(|part| mem::take(&mut part.octets)).collect();
        let length: usize = all.iter().map(|octets| octets.len() - HEADER).sum();
        // The first one has the header.
        all.iter_mut().skip(1).for_each(|octets| octets.advance(HEADER));
        let salt = parts.first().map_or(0, |part| part.salt);
        let header = GroupHeader { length: length as u32, sequence, written };
        if let Some(place) = all.first_mut().and_then(|octets| octets.first_chunk_mut()) {
            *place = header.write(salt, segment);
        }
        if let Some(last) = all.last_mut() {
            last.resize(last.len() + header.stride() - HEADER - length, 0);
        }
        all.into_iter().map(BytesMut::freeze).collect()
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
    use super::super::super::index::LaneNo;
    use super::super::record::Kind;
    use super::*;
    use crate::model::{Message, MessageId};

    /// A group of one record with so many ids.
    fn fill(group: &mut Group, ids: usize) {
        let mut draft = Draft::new(7);
        draft.put_ids(Kind::Gone, &vec![MessageId(1); ids]);
        group.add(&mut draft);
    }

    #[test]
    fn groups_follow_one_another_in_a_block_until_its_rest_is_too_small() {
        let (mut gathers, mut stock) = (Group::new(7), Stock::default());
        let mut written = Vec::new();
        for turn in 0..20 {
            fill(&mut gathers, BLOCK / 8 / 5);
            let mut group = gathers.turn(&mut stock);
            // What the writer adds.
            fill(&mut group, 1);
            let octets = Group::seal(&mut [group], 1, turn, Timestamp(0)).remove(0);
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
        let mut stock = Stock { blocks: vec![BytesMut::with_capacity(BLOCK)], ..Stock::default() };
        let address = stock.blocks[0].as_ptr();
        fill(&mut gathers, 100);
        gathers.turn(&mut stock);
        assert_eq!((gathers.octets.as_ptr(), stock.blocks.len()), (address, 0));
        // This one outgrows it; what follows does not.
        fill(&mut gathers, BLOCK / 8);
        assert!(gathers.octets.capacity() > BLOCK);
        gathers.turn(&mut stock);
        assert_eq!((gathers.octets.len(), gathers.octets.capacity()), (HEADER, BLOCK));
    }

    /// A group of calls with so many new messages each, numbered from this one on.
    fn calls(first: u64, calls: &[u64]) -> Group {
        let (mut group, mut draft) = (Group::new(7), Draft::new(7));
        let mut id = first;
        for messages in calls {
            for _ in 0..*messages {
                let mut message = Message::new(MessageId(id), "shop".into(), "sandbox".into());
                message.user_data = vec![id as u8; 10 + id as usize % 7].into();
                draft.accept(&message, LaneNo(0));
                id += 1;
            }
            group.add(&mut draft);
            drop(group.promises.join(None));
        }
        group
    }

    /// The records of several parts that were written as one group; each effect must tell where its record is.
    fn ids(parts: &mut [Group]) -> Vec<u64> {
        let effects: Vec<_> = parts.iter_mut().map(|part| std::mem::take(&mut part.promises.effects)).collect();
        let octets = Group::seal(parts, 1, 5, Timestamp(0));
        let whole = octets.concat();
        let header = GroupHeader::read(&whole, 7, 1).expect("its header");
        assert_eq!(whole.len(), header.stride());
        let found = records(&whole, header, 7).expect("whole");
        let mut start = 0;
        let mut ids = Vec::new();
        let mut found = found.iter();
        for (place, (effects, octets)) in effects.into_iter().zip(&octets).enumerate() {
            let base = if place == 0 { 0 } else { start - HEADER as u32 };
            for mut effect in effects {
                let (offset, _) = found.next().expect("a record for each");
                assert_eq!(effect.body_mut().map(|body| body.based(0, base).offset), Some(*offset));
                ids.push(effect.id().0);
            }
            start += octets.len() as u32;
        }
        assert!(found.next().is_none());
        ids
    }

    #[test]
    fn what_was_gathered_in_several_places_is_one_group() {
        assert_eq!(ids(&mut [calls(1, &[1, 2])]), [1, 2, 3]);
        assert_eq!(ids(&mut [calls(7, &[1, 2]), calls(1, &[]), calls(3, &[2])]), [7, 8, 9, 3, 4]);
        assert_eq!(ids(&mut [calls(7, &[]), calls(1, &[1])]), [1]);
    }

    #[test]
    fn a_call_that_is_refused_leaves_nothing_in_the_group() {
        let sifted = |refused: &[u64]| {
            let mut group = calls(1, &[1, 2, 1, 3, 1]);
            group.sift(|call| match call.iter().find(|effect| refused.contains(&effect.id().0)) {
                Some(effect) => Err(QueueError::Duplicate(effect.id())),
                None => Ok(()),
            });
            let octets: usize = group.promises.effects.iter_mut().flat_map(Effect::body_mut).map(|body| body.len as usize).sum();
            assert_eq!((group.octets(), group.bodies()), (HEADER + octets, octets as u64));
            ids(&mut [group])
        };
        assert_eq!(sifted(&[]), [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(sifted(&[1]), [2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(sifted(&[3]), [1, 4, 5, 6, 7, 8], "all of a call or nothing");
        assert_eq!(sifted(&[2, 4, 8]), [1, 5, 6, 7]);
        assert!(sifted(&[1, 2, 4, 7, 8]).is_empty());
    }
}

//! The latest writes, kept in memory: what was just accepted goes out without touching the disk.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

use super::group::{BLOCK, Position};

/// The octets of the latest groups, oldest first, bounded by their sum.
#[derive(Debug)]
pub(super) struct Recent {
    groups: VecDeque<Written>,
    octets: usize,
    limit: usize,
}

#[derive(Debug)]
struct Written {
    segment: u32,
    start: u32,
    octets: Bytes,
}

impl Recent {
    pub(super) fn new(limit: usize) -> Self {
        Recent { groups: VecDeque::new(), octets: 0, limit }
    }

    /// Takes a group in, and returns an empty block if there is one that nobody needs any more.
    pub(super) fn push(&mut self, segment: u32, start: u32, octets: Bytes) -> Option<BytesMut> {
        self.octets += octets.len();
        self.groups.push_back(Written { segment, start, octets });
        let mut spare = None;
        while self.octets > self.limit {
            let Some(oldest) = self.groups.pop_front() else {
                break;
            };
            self.octets -= oldest.octets.len();
            // The last one of its block, and nobody reads it.
            spare = oldest.octets.try_into_mut().ok().and_then(whole).or(spare);
        }
        spare
    }

    /// Finds the octets of a record. It looks first where the `last` one was found: what is asked for together mostly came
    /// together.
    pub(super) fn find(&self, position: Position, last: &mut usize) -> Option<Bytes> {
        let here = self.groups.get(*last).and_then(|group| group.record(position));
        here.or_else(|| {
            let wanted = (position.segment, position.offset);
            *last = self.groups.partition_point(|group| (group.segment, group.start) <= wanted).checked_sub(1)?;
            self.groups.get(*last)?.record(position)
        })
    }
}

impl Written {
    fn record(&self, position: Position) -> Option<Bytes> {
        let start = position.offset.checked_sub(self.start).filter(|_| position.segment == self.segment)? as usize;
        let end = start + position.len as usize;
        (end <= self.octets.len()).then(|| self.octets.slice(start..end))
    }
}

/// Returns the whole block of what is its last part in use; not one that was made larger for a single group.
fn whole(mut part: BytesMut) -> Option<BytesMut> {
    part.clear();
    (part.try_reclaim(BLOCK) && part.capacity() == BLOCK).then_some(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_groups_are_found_and_the_oldest_make_room() {
        let mut recent = Recent::new(250);
        let find = |recent: &Recent, segment, offset| {
            let found = [0, 1, 9].map(|mut last| recent.find(Position { segment, offset, len: 1 }, &mut last));
            assert!(found[0] == found[1] && found[1] == found[2]);
            found[0].as_deref().map(|octets| octets[0])
        };
        // Two groups of one block, as they are handed out.
        let mut block = BytesMut::with_capacity(BLOCK);
        let mut group = |octets: std::ops::Range<u8>| {
            block.extend(octets);
            block.split().freeze()
        };
        assert_eq!(recent.push(1, 64, group(0..100)), None);
        assert_eq!(recent.push(1, 168, group(100..200)), None);
        drop(block);
        assert_eq!(find(&recent, 1, 64), Some(0));
        assert_eq!(find(&recent, 1, 163), Some(99));
        assert_eq!(find(&recent, 1, 164), None, "between two groups");
        assert_eq!(find(&recent, 1, 170), Some(102));
        assert_eq!(find(&recent, 2, 170), None);
        assert_eq!(find(&recent, 1, 10), None);
        let beyond = Position { segment: 1, offset: 163, len: 2 };
        assert_eq!(recent.find(beyond, &mut 0), None, "the end of it is in no group");
        let held = recent.find(Position { segment: 1, offset: 170, len: 2 }, &mut 0);
        let other = || Bytes::from(vec![7; 100]);
        assert_eq!(recent.push(2, 64, other()), None, "the first part of the block is gone, the other one is in use");
        assert_eq!(find(&recent, 1, 64), None);
        assert_eq!(recent.push(2, 164, other()), None, "and somebody still reads it");
        assert_eq!(held.as_deref(), Some(&[102, 103][..]));
        assert_eq!(recent.push(2, 264, vec![7; 300].into()), None, "too large to keep at all");
        assert_eq!(find(&recent, 2, 64), None);
    }

    #[test]
    fn a_block_is_handed_back_with_its_last_part_and_empty() {
        let mut recent = Recent::new(0);
        let mut block = BytesMut::with_capacity(BLOCK);
        block.extend_from_slice(&[1; 100]);
        let (first, address) = (block.split().freeze(), block.as_ptr().wrapping_sub(100));
        block.extend_from_slice(&[2; 100]);
        assert_eq!(recent.push(1, 0, first), None);
        let again = recent.push(1, 100, block.freeze()).expect("nobody else has it");
        assert_eq!((again.len(), again.capacity(), again.as_ptr()), (0, BLOCK, address));
        let larger = BytesMut::zeroed(BLOCK + 1).freeze();
        assert_eq!(recent.push(1, 200, larger), None, "made for a single group");
    }
}

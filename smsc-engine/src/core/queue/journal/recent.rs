//! The latest writes, kept in memory: what was just accepted goes out without touching the disk.

use std::collections::VecDeque;
use std::sync::Arc;

use super::group::Position;

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
    octets: Arc<Vec<u8>>,
}

impl Recent {
    pub(super) fn new(limit: usize) -> Self {
        Recent { groups: VecDeque::new(), octets: 0, limit }
    }

    /// Takes a group in, and returns a buffer that is not needed any more.
    pub(super) fn push(&mut self, segment: u32, start: u32, octets: Vec<u8>) -> Option<Vec<u8>> {
        self.octets += octets.len();
        self.groups.push_back(Written { segment, start, octets: Arc::new(octets) });
        let mut spare = None;
        while self.octets > self.limit {
            let Some(oldest) = self.groups.pop_front() else {
                break;
            };
            self.octets -= oldest.octets.len();
            spare = Arc::into_inner(oldest.octets).or(spare);
        }
        spare
    }

    /// Finds a record: the octets of its group, and where in them it starts. It looks first where the `last` one was
    /// found: what is asked for together mostly came together.
    pub(super) fn find(&self, position: Position, last: &mut usize) -> Option<(Arc<Vec<u8>>, usize)> {
        let here = self.groups.get(*last).and_then(|group| group.offset_of(position));
        if here.is_none() {
            let wanted = (position.segment, position.offset);
            *last = self.groups.partition_point(|group| (group.segment, group.start) <= wanted).checked_sub(1)?;
        }
        let group = self.groups.get(*last)?;
        Some((Arc::clone(&group.octets), here.or_else(|| group.offset_of(position))?))
    }
}

impl Written {
    fn offset_of(&self, position: Position) -> Option<usize> {
        let offset = position.offset.checked_sub(self.start).filter(|_| position.segment == self.segment)? as usize;
        (offset < self.octets.len()).then_some(offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_groups_are_found_and_the_oldest_make_room() {
        let mut recent = Recent::new(250);
        let find = |recent: &Recent, segment, offset| {
            let found = [0, 1, 9].map(|mut last| {
                let found = recent.find(Position { segment, offset, len: 1 }, &mut last);
                found.map(|(octets, offset)| octets[offset])
            });
            assert!(found[0] == found[1] && found[1] == found[2]);
            found[0]
        };
        assert_eq!(recent.push(1, 64, (0..100).collect()), None);
        assert_eq!(recent.push(1, 168, (100..200).collect()), None);
        assert_eq!(find(&recent, 1, 64), Some(0));
        assert_eq!(find(&recent, 1, 163), Some(99));
        assert_eq!(find(&recent, 1, 164), None, "between two groups");
        assert_eq!(find(&recent, 1, 170), Some(102));
        assert_eq!(find(&recent, 2, 170), None);
        assert_eq!(find(&recent, 1, 10), None);
        let held = recent.find(Position { segment: 1, offset: 70, len: 1 }, &mut 0);
        assert_eq!(recent.push(2, 64, vec![7; 100]), None, "the oldest is gone, but somebody still reads it");
        assert_eq!(find(&recent, 1, 64), None);
        assert_eq!(held.map(|(octets, offset)| octets[offset]), Some(6));
        assert_eq!(recent.push(2, 164, vec![7; 100]), Some((100..200).collect()));
        assert_eq!(recent.push(2, 264, vec![7; 300]), Some(vec![7; 300]), "too large to keep at all");
        assert_eq!(find(&recent, 2, 64), None);
    }
}

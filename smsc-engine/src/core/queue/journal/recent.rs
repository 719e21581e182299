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

    /// Finds a record: the octets of its group, and where in them it starts.
    pub(super) fn find(&self, position: Position) -> Option<(Arc<Vec<u8>>, usize)> {
        let wanted = (position.segment, position.offset);
        let after = self.groups.partition_point(|group| (group.segment, group.start) <= wanted);
        let group = self.groups.get(after.checked_sub(1)?).filter(|group| group.segment == position.segment)?;
        let offset = (position.offset - group.start) as usize;
        (offset < group.octets.len()).then(|| (Arc::clone(&group.octets), offset))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_groups_are_found_and_the_oldest_make_room() {
        let mut recent = Recent::new(250);
        let find = |recent: &Recent, segment, offset| {
            recent.find(Position { segment, offset, len: 1 }).map(|(octets, offset)| octets[offset])
        };
        assert_eq!(recent.push(1, 64, (0..100).collect()), None);
        assert_eq!(recent.push(1, 168, (100..200).collect()), None);
        assert_eq!(find(&recent, 1, 64), Some(0));
        assert_eq!(find(&recent, 1, 163), Some(99));
        assert_eq!(find(&recent, 1, 164), None, "between two groups");
        assert_eq!(find(&recent, 1, 170), Some(102));
        assert_eq!(find(&recent, 2, 170), None);
        assert_eq!(find(&recent, 1, 10), None);
        let held = recent.find(Position { segment: 1, offset: 70, len: 1 });
        assert_eq!(recent.push(2, 64, vec![7; 100]), None, "the oldest is gone, but somebody still reads it");
        assert_eq!(find(&recent, 1, 64), None);
        assert_eq!(held.map(|(octets, offset)| octets[offset]), Some(6));
        assert_eq!(recent.push(2, 164, vec![7; 100]), Some((100..200).collect()));
        assert_eq!(recent.push(2, 264, vec![7; 300]), Some(vec![7; 300]), "too large to keep at all");
        assert_eq!(find(&recent, 2, 64), None);
    }
}

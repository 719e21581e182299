//! Messages that the next MC took under an id of its own, found by that id.
//!
//! About 100 octets of memory for each, as long as the id has no more than 22 octets; nothing for all others.

use std::collections::BTreeMap;

use crate::model::{FormFault, Lane, MessageId, Part, Word};

use super::alike::fnv;
use super::pages::Pages;

/// One message in the hands of the next MC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Handing {
    /// The lane on which it was handed over.
    pub(crate) lane: Lane,
    pub(crate) remote: Word,
    /// Counts up, so that the latest is known when ids are used again.
    pub(crate) order: u64,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Handings {
    of: Pages<Handing>,
    /// By a hash of lane and remote id, then by order.
    found: BTreeMap<(u64, u64), MessageId>,
    next: u64,
}

impl Handings {
    pub(super) fn new() -> Self {
        Handings { of: Pages::new(), found: BTreeMap::new(), next: 1 }
    }

    /// Takes the number of the next handing.
    pub(super) fn next_order(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    /// Remembers one in place of an earlier one of the same message.
    pub(super) fn insert(&mut self, id: MessageId, handing: Handing) {
        self.remove(id);
        self.next = self.next.max(handing.order.saturating_add(1));
        self.found.insert((hash(&handing.lane, handing.remote.octets()), handing.order), id);
        self.of.insert(id, handing);
    }

    pub(super) fn remove(&mut self, id: MessageId) {
        if let Some(handing) = self.of.remove(id) {
            self.found.remove(&(hash(&handing.lane, handing.remote.octets()), handing.order));
        }
    }

    pub(super) fn get(&self, id: MessageId) -> Option<&Handing> {
        self.of.get(id)
    }

    /// Finds the message that was handed over last under this id.
    pub(super) fn find(&self, lane: &Lane, remote: &[u8]) -> Option<MessageId> {
        let hash = hash(lane, remote);
        let mut ids = self.found.range((hash, 0)..=(hash, u64::MAX)).rev().map(|(_, id)| *id);
        ids.find(|id| self.get(*id).is_some_and(|handing| handing.lane == *lane && handing.remote.octets() == remote))
    }
}

impl Part for Handing {
    fn size(&self) -> usize {
        self.lane.size() + self.remote.size() + self.order.size()
    }

    fn put(&self, out: &mut Vec<u8>) {
        self.lane.put(out);
        self.remote.put(out);
        self.order.put(out);
    }

    fn take(rest: &mut &[u8]) -> Result<Self, FormFault> {
        Ok(Handing { lane: Part::take(rest)?, remote: Part::take(rest)?, order: Part::take(rest)? })
    }
}

/// The octet between the two can be in no name.
fn hash(lane: &Lane, remote: &[u8]) -> u64 {
    [lane.as_str().as_bytes(), &[0xFF], remote].into_iter().fold(0xCBF2_9CE4_8422_2325, fnv)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handing(lane: &str, remote: &str, order: u64) -> Handing {
        Handing { lane: lane.into(), remote: remote.into(), order }
    }

    #[test]
    fn the_latest_under_an_id_is_found_whatever_order_they_come_in() {
        let mut handings = Handings::new();
        handings.insert(MessageId(1), handing("a", "A", 2));
        handings.insert(MessageId(2), handing("a", "A", 1));
        handings.insert(MessageId(3), handing("b", "A", 3));
        assert_eq!(handings.next_order(), 4);
        assert_eq!(handings.find(&"a".into(), b"A"), Some(MessageId(1)));
        assert_eq!(handings.find(&"b".into(), b"A"), Some(MessageId(3)));
        assert_eq!(handings.find(&"c".into(), b"A"), None);
        handings.insert(MessageId(1), handing("a", "B", 5));
        assert_eq!(handings.find(&"a".into(), b"A"), Some(MessageId(2)), "the earlier one comes to light again");
        assert_eq!(handings.find(&"a".into(), b"B"), Some(MessageId(1)));
        handings.remove(MessageId(2));
        assert_eq!(handings.find(&"a".into(), b"A"), None);
        assert_eq!(handings.found.len(), 2);
    }
}

//! Finding pending messages by what they have in common.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::model::{Account, Address, Message, MessageId};

use super::ordered::Ordered;

/// Ids of messages by their likeness. Many small tables instead of one, because a table stops everybody while it grows.
#[derive(Debug)]
pub(super) struct Alike(Vec<HashMap<u64, Ids, BuildHasherDefault<Same>>>);

/// Nearly always there is one.
#[derive(Debug)]
enum Ids {
    One(MessageId),
    /// Behind a pointer, so that the tables of the others stay small.
    Many(Box<Ordered<MessageId>>),
}

/// How many tables there are.
const TABLES: usize = 256;

impl Alike {
    pub(super) fn new() -> Self {
        Alike((0..TABLES).map(|_| HashMap::default()).collect())
    }

    pub(super) fn insert(&mut self, likeness: u64, id: MessageId) {
        let Some(table) = self.0.get_mut(table(likeness)) else {
            return;
        };
        let ids = table.entry(likeness).or_insert(Ids::One(id));
        match ids {
            Ids::One(other) if *other == id => {}
            Ids::One(other) => *ids = Ids::Many(Box::new([*other, id].into_iter().collect())),
            Ids::Many(all) => all.insert(id),
        }
    }

    pub(super) fn remove(&mut self, likeness: u64, id: MessageId) {
        let Some(table) = self.0.get_mut(table(likeness)) else {
            return;
        };
        let empty = match table.get_mut(&likeness) {
            Some(Ids::One(other)) => *other == id,
            Some(Ids::Many(all)) => {
                all.remove(&id);
                all.is_empty()
            }
            None => false,
        };
        if empty {
            table.remove(&likeness);
        }
    }

    /// Returns the highest ids below a limit, the highest first.
    pub(super) fn newest(&self, likeness: u64, below: Option<MessageId>, max: usize) -> Vec<MessageId> {
        let limit = below.unwrap_or(MessageId(u64::MAX));
        match self.0.get(table(likeness)).and_then(|table| table.get(&likeness)) {
            Some(Ids::One(id)) => Some(*id).filter(|id| *id < limit).into_iter().take(max).collect(),
            Some(Ids::Many(all)) => all.below(limit).take(max).copied().collect(),
            None => Vec::new(),
        }
    }
}

/// The tables use the lowest and the highest bits themselves.
fn table(likeness: u64) -> usize {
    (likeness >> 32) as usize % TABLES
}

/// Takes a value that is a hash for its own hash.
#[derive(Debug, Default)]
struct Same(u64);

impl Hasher for Same {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, octets: &[u8]) {
        self.0 = fnv(self.0, octets);
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

/// A hash over what messages share that can stand for one another.
pub(crate) fn likeness_of(message: &Message) -> u64 {
    likeness(&message.account, &message.source, &message.destination)
}

/// The same hash for what is looked for. It is written into snapshots, so it must never change.
pub(crate) fn likeness(account: &Account, source: &Address, destination: &Address) -> u64 {
    let parts = [
        account.as_str().as_bytes(),
        &[0xFF, source.ton, source.npi],
        source.digits.octets(),
        &[0xFF, destination.ton, destination.npi],
        destination.digits.octets(),
    ];
    parts.into_iter().fold(0xCBF2_9CE4_8422_2325, fnv)
}

/// FNV-1a. Who makes hashes collide makes his own searches slower, nothing else.
pub(super) fn fnv(hash: u64, octets: &[u8]) -> u64 {
    octets.iter().fold(hash, |hash, octet| (hash ^ u64::from(*octet)).wrapping_mul(0x0000_0100_0000_01B3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_newest_first() {
        let mut alike = Alike::new();
        let ids = |numbers: &[u64]| numbers.iter().copied().map(MessageId).collect::<Vec<_>>();
        for id in [5, 1, 9, 9] {
            alike.insert(77, MessageId(id));
        }
        alike.insert(78, MessageId(6));
        assert_eq!(alike.newest(77, None, 10), ids(&[9, 5, 1]));
        assert_eq!(alike.newest(77, Some(MessageId(9)), 1), ids(&[5]));
        assert_eq!(alike.newest(78, Some(MessageId(6)), 9), []);
        for id in [9, 1, 2] {
            alike.remove(77, MessageId(id));
        }
        assert_eq!(alike.newest(77, None, 10), ids(&[5]));
        alike.remove(77, MessageId(5));
        alike.remove(78, MessageId(7));
        assert_eq!(alike.newest(77, None, 10), []);
        assert_eq!(alike.newest(78, None, 10), ids(&[6]));
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        let of = |account: &str, source: &str, destination: &str| {
            likeness(&account.into(), &Address::new(1, 1, source), &Address::new(1, 1, destination))
        };
        assert_eq!(of("a", "12", "3"), of("a", "12", "3"));
        assert_ne!(of("a", "12", "3"), of("a", "1", "23"));
        assert_ne!(of("a1", "2", "3"), of("a", "12", "3"));
        // Computed apart: snapshots hold such values.
        assert_eq!(of("", "", ""), 0x8140_F422_AB7C_4583);
    }
}

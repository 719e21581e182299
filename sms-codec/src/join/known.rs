//! What is remembered about one message.

use alloc::vec::Vec;
use core::mem;

use super::{Place, Reference};

/// What all parts of one message have in common.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Id<K> {
    pub(super) key: K,
    pub(super) reference: Reference,
    pub(super) total: u8,
}

impl<K> Id<K> {
    pub(super) fn new(key: K, place: Place) -> Self {
        Self { key, reference: place.reference(), total: place.total() }
    }
}

/// A message that lacks parts.
pub(super) struct Waiting<K, P> {
    pub(super) id: Id<K>,
    pub(super) deadline: u64,
    /// By number, which is in order; a map would cost more than moving 255 entries at most.
    pub(super) parts: Vec<(u8, P)>,
}

impl<K, P: AsRef<[u8]>> Waiting<K, P> {
    /// How a part relates to those that are here.
    pub(super) fn compare(&self, sequence: u8, part: &P) -> Seen {
        let here = self.position(sequence).ok().and_then(|at| self.parts.get(at));
        match here {
            None => Seen::No,
            Some((_, here)) if here.as_ref() == part.as_ref() => Seen::Same,
            Some(_) => Seen::Different,
        }
    }

    /// Takes a part whose number is not here.
    pub(super) fn insert(&mut self, sequence: u8, part: P) {
        if let Err(at) = self.position(sequence) {
            self.parts.insert(at, (sequence, part));
        }
    }

    pub(super) fn missing(&self) -> u8 {
        // Numbers are distinct and at most the total.
        self.id.total.saturating_sub(self.parts.len() as u8)
    }

    /// What its parts count against the limit.
    pub(super) fn octets(&self) -> usize {
        self.parts.iter().map(|(_, part)| part_octets(part)).sum()
    }

    fn position(&self, sequence: u8) -> Result<usize, usize> {
        self.parts.binary_search_by_key(&sequence, |(sequence, _)| *sequence)
    }
}

/// A message that was completed, so that what comes twice is not taken for a new one.
pub(super) struct Done<K> {
    pub(super) id: Id<K>,
    pub(super) until: u64,
    /// One for each part, in order.
    digests: Vec<u64>,
}

impl<K> Done<K> {
    pub(super) fn new<P: AsRef<[u8]>>(id: Id<K>, parts: &[(u8, P)], until: u64) -> Self {
        let digests = parts.iter().map(|(_, part)| digest(part.as_ref())).collect();
        Self { id, until, digests }
    }

    pub(super) fn has(&self, sequence: u8, octets: &[u8]) -> bool {
        let at = usize::from(sequence).checked_sub(1);
        at.and_then(|at| self.digests.get(at)) == Some(&digest(octets))
    }

    /// What it counts against the limit.
    pub(super) fn octets(&self) -> usize {
        mem::size_of_val(self.digests.as_slice())
    }
}

/// Whether a part was there before.
pub(super) enum Seen {
    No,
    Same,
    Different,
}

/// What a part counts against the limit: its octets and its place in the list.
pub(super) fn part_octets<P: AsRef<[u8]>>(part: &P) -> usize {
    part.as_ref().len() + mem::size_of::<(u8, P)>()
}

/// FNV-1a. It need not resist an attacker: who finds a collision only loses a part of his own.
fn digest(octets: &[u8]) -> u64 {
    octets.iter().fold(0xCBF2_9CE4_8422_2325, |sum, &octet| (sum ^ u64::from(octet)).wrapping_mul(0x0100_0000_01B3))
}

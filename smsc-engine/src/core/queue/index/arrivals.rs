//! Messages that were promised a place and are not in the index yet.
//!
//! They lie apart so that whoever lets messages in need not wait for those who work on the index. A queue asks here and
//! in its index: an id that neither knows is free.

use std::collections::BTreeMap;
use std::mem;

use super::super::QueueError;
use crate::model::MessageId;

/// Their ids, within the limit of all.
#[derive(Debug)]
pub(crate) struct Arrivals {
    /// A bit for each, by the id without its low bits: ids come in order, so there are few words.
    words: BTreeMap<u64, u64>,
    /// Number and bits of the word that took an id last, which is not among the others: mostly it takes the next one too.
    latest: (u64, u64),
    len: usize,
    /// Messages that may be in the index and here together.
    limit: usize,
}

/// Low bits of an id that are told apart inside a word.
const BITS: u32 = 6;

impl Arrivals {
    pub(crate) fn new(limit: usize) -> Self {
        Arrivals { words: BTreeMap::new(), latest: (0, 0), len: 0, limit }
    }

    /// Promises places, all or none; `occupied` are taken by messages in the index, and `known` tells which those are.
    pub(crate) fn admit(
        &mut self,
        ids: impl ExactSizeIterator<Item = MessageId> + Clone,
        occupied: usize,
        known: impl Fn(MessageId) -> bool,
    ) -> Result<(), QueueError> {
        if occupied + self.len + ids.len() > self.limit {
            return Err(QueueError::Full { limit: self.limit });
        }
        for (admitted, id) in ids.clone().enumerate() {
            if known(id) || !self.take(id) {
                self.leave_all(ids.take(admitted));
                return Err(QueueError::Duplicate(id));
            }
        }
        Ok(())
    }

    /// Promises one place beyond all limits; `false` if it is promised already.
    pub(crate) fn take(&mut self, id: MessageId) -> bool {
        let (number, bit) = place(id);
        if number != self.latest.0 {
            self.turn_to(number);
        }
        let free = self.latest.1 & bit == 0;
        self.latest.1 |= bit;
        self.len += usize::from(free);
        free
    }

    /// Notes that one is in the index now.
    pub(crate) fn leave(&mut self, id: MessageId) {
        self.leave_bits(place(id));
    }

    /// The same for many: those beside one another are looked up once.
    pub(crate) fn leave_all(&mut self, ids: impl Iterator<Item = MessageId>) {
        let mut run = (0, 0);
        for (number, bit) in ids.map(place) {
            if number != run.0 {
                self.leave_bits(run);
                run = (number, 0);
            }
            run.1 |= bit;
        }
        self.leave_bits(run);
    }

    fn turn_to(&mut self, number: u64) {
        let bits = self.words.remove(&number).unwrap_or_default();
        let (before, left) = mem::replace(&mut self.latest, (number, bits));
        if left != 0 {
            self.words.insert(before, left);
        }
    }

    fn leave_bits(&mut self, (number, bits): (u64, u64)) {
        if number == self.latest.0 {
            self.len -= (self.latest.1 & bits).count_ones() as usize;
            self.latest.1 &= !bits;
            return;
        }
        let Some(word) = self.words.get_mut(&number) else { return };
        self.len -= (*word & bits).count_ones() as usize;
        *word &= !bits;
        if *word == 0 {
            self.words.remove(&number);
        }
    }

    /// Takes every promise back.
    pub(crate) fn clear(&mut self) {
        self.words.clear();
        (self.latest.1, self.len) = (0, 0);
    }
}

fn place(id: MessageId) -> (u64, u64) {
    (id.0 >> BITS, 1 << (id.0 & ((1 << BITS) - 1)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn arrivals_are_a_set_of_ids(steps in proptest::collection::vec((any::<bool>(), 0_u64..300), 0..400)) {
            let (mut arrivals, mut set) = (Arrivals::new(0), BTreeSet::new());
            for (take, id) in steps {
                if take {
                    prop_assert_eq!(arrivals.take(MessageId(id)), set.insert(id));
                } else {
                    arrivals.leave(MessageId(id));
                    set.remove(&id);
                }
                prop_assert_eq!(arrivals.len, set.len());
            }
            // Those that are not there are passed over, as are those that come twice.
            arrivals.leave_all((0..300).chain(0..300).filter(|id| id % 3 > 0).map(MessageId));
            prop_assert_eq!(arrivals.len, set.iter().filter(|id| *id % 3 == 0).count());
            arrivals.leave_all(set.iter().copied().map(MessageId));
            prop_assert!(arrivals.words.is_empty() && arrivals.len == 0);
        }
    }

    #[test]
    fn a_call_is_let_in_as_a_whole_or_not_at_all() {
        let mut arrivals = Arrivals::new(10);
        let ids = |ids: &'static [u64]| ids.iter().copied().map(MessageId);
        let known = |id: MessageId| id.0 == 7;
        assert_eq!(arrivals.admit(ids(&[1, 2]), 8, known), Ok(()));
        assert_eq!(arrivals.admit(ids(&[3]), 8, known), Err(QueueError::Full { limit: 10 }));
        assert_eq!(arrivals.admit(ids(&[3, 7]), 1, known), Err(QueueError::Duplicate(MessageId(7))));
        assert_eq!(arrivals.admit(ids(&[3, 64, 3]), 1, known), Err(QueueError::Duplicate(MessageId(3))));
        assert_eq!(arrivals.admit(ids(&[4, 2]), 1, known), Err(QueueError::Duplicate(MessageId(2))));
        assert_eq!(arrivals.len, 2, "nothing stayed of those that were refused");
        arrivals.leave(MessageId(2));
        assert_eq!(arrivals.admit(ids(&[2, 3, 4]), 6, known), Ok(()));
        arrivals.clear();
        assert_eq!(arrivals.admit(ids(&[1, 2, 3, 4]), 6, known), Ok(()));
    }
}

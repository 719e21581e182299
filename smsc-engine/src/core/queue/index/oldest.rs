//! Where the pending message with the lowest id is: not an order of all, only how many there are in each block of ids.

use std::collections::BTreeMap;

use crate::model::MessageId;

/// How many messages of each block are pending; blocks without any are missing.
#[derive(Debug, Default)]
pub(super) struct Oldest {
    blocks: BTreeMap<u64, u32>,
}

/// Low bits of an id that are not told apart: a look goes through so many ids at most, and five million messages that
/// wait are five thousand blocks.
const BITS: u32 = 10;

impl Oldest {
    pub(super) fn insert(&mut self, id: MessageId) {
        *self.blocks.entry(id.0 >> BITS).or_default() += 1;
    }

    pub(super) fn remove(&mut self, id: MessageId) {
        let Some(count) = self.blocks.get_mut(&(id.0 >> BITS)) else { return };
        *count -= 1;
        if *count == 0 {
            self.blocks.remove(&(id.0 >> BITS));
        }
    }

    /// The blocks with pending messages, lowest first: the id below each, and its last.
    pub(super) fn blocks(&self) -> impl Iterator<Item = (Option<MessageId>, MessageId)> {
        self.blocks.keys().map(|block| {
            let first = block << BITS;
            (first.checked_sub(1).map(MessageId), MessageId(first | ((1 << BITS) - 1)))
        })
    }
}

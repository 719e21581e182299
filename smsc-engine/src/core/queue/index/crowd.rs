//! Pending messages by blocks of ids: where the one with the lowest id is, and where those that could be like another one.
//!
//! Nothing is kept for each message. A block with many knows how many and has a filter of their likenesses (Bloom's:
//! it may say yes in vain, never no); whoever looks goes through the messages of such a block. Those of a block with few
//! are named one by one, or the filters of messages that stay long would take more room than they.

use std::collections::BTreeMap;

use crate::model::MessageId;

use super::alike::Alike;

/// All pending messages.
#[derive(Debug)]
pub(super) struct Crowd {
    /// By the id without its low bits; blocks without any are missing.
    blocks: BTreeMap<u64, Block>,
    /// The messages of blocks without a filter.
    named: Alike,
    /// Blocks in which few have been left: these are to be named.
    thinned: Vec<u64>,
}

/// Pending messages with neighbouring ids.
#[derive(Debug)]
struct Block {
    count: u32,
    filter: Option<Box<Filter>>,
}

/// Likenesses of a block, perhaps of messages that are not in it any more.
#[derive(Debug)]
struct Filter([u64; WORDS]);

/// Which messages may be like another one.
#[derive(Debug)]
pub(super) struct Candidates {
    /// Ids that are known, the highest first.
    pub(super) named: Vec<MessageId>,
    /// Blocks to look through, the highest first: the first id of each and its last.
    pub(super) blocks: Vec<(MessageId, MessageId)>,
}

/// Low bits of an id that are not told apart: a look goes through so many ids at most, and five million messages that
/// wait are five thousand blocks.
const BITS: u32 = 10;
/// Messages of a block that are not worth a filter.
const FEW: u32 = 1 << (BITS - 5);
/// 16 bits for each message of a full block: about one block of 400 is looked through in vain.
const WORDS: usize = 1 << (BITS - 2);
/// Bits of a filter that a likeness sets.
const PROBES: u32 = 4;

impl Crowd {
    pub(super) fn new() -> Self {
        Crowd { blocks: BTreeMap::new(), named: Alike::new(), thinned: Vec::new() }
    }

    pub(super) fn insert(&mut self, likeness: u64, id: MessageId) {
        let number = id.0 >> BITS;
        let block = match self.blocks.get_mut(&number) {
            Some(block) => block,
            None => self.add(number),
        };
        block.count += 1;
        match &mut block.filter {
            Some(filter) => filter.add(likeness),
            None => self.named.insert(likeness, id),
        }
    }

    pub(super) fn remove(&mut self, likeness: u64, id: MessageId) {
        let number = id.0 >> BITS;
        let Some(block) = self.blocks.get_mut(&number) else { return };
        block.count -= 1;
        let count = block.count;
        match &block.filter {
            None => self.named.remove(likeness, id),
            Some(_) if count == FEW => self.thinned.push(number),
            Some(_) => {}
        }
        if count == 0 {
            self.blocks.remove(&number);
        }
    }

    /// Tells which block has few messages now, if any; whoever asks names all that are in it.
    pub(super) fn thinned(&mut self) -> Option<(MessageId, MessageId)> {
        while let Some(number) = self.thinned.pop() {
            // New ones come into the last block.
            let last = self.blocks.last_key_value().map(|(last, _)| *last);
            let block = self.blocks.get_mut(&number).filter(|block| block.count <= FEW && last != Some(number));
            if block.and_then(|block| block.filter.take()).is_some() {
                return Some(bounds(number));
            }
        }
        None
    }

    /// Names a message of a block that has few.
    pub(super) fn name(&mut self, likeness: u64, id: MessageId) {
        self.named.insert(likeness, id);
    }

    /// Returns where messages of this likeness may be, below a limit and the highest first: so many names and so many
    /// blocks at most.
    pub(super) fn candidates(&self, likeness: u64, below: Option<MessageId>, names: usize, blocks: usize) -> Candidates {
        let highest = below.map_or(Some(u64::MAX), |below| below.0.checked_sub(1));
        let through = highest.map(|highest| self.blocks.range(..=highest >> BITS).rev()).into_iter().flatten();
        let likely = through.filter(|(_, block)| block.filter.as_ref().is_some_and(|filter| filter.has(likeness)));
        Candidates {
            named: self.named.newest(likeness, below, names),
            blocks: likely.map(|(number, _)| bounds(*number)).take(blocks).collect(),
        }
    }

    /// The blocks with pending messages, lowest first: the first id of each and its last.
    pub(super) fn blocks(&self) -> impl Iterator<Item = (MessageId, MessageId)> {
        self.blocks.keys().copied().map(bounds)
    }

    fn add(&mut self, number: u64) -> &mut Block {
        let before = self.blocks.last_key_value().map(|(last, block)| (*last, block.count));
        let filter = match before {
            // It is filled no more.
            Some((last, _)) if last > number => None,
            _ => Some(Box::new(Filter([0; WORDS]))),
        };
        // Nobody asked while it was the last one.
        self.thinned.extend(before.filter(|(last, count)| *last < number && *count <= FEW).map(|(last, _)| last));
        self.blocks.entry(number).or_insert(Block { count: 0, filter })
    }
}

impl Filter {
    fn add(&mut self, likeness: u64) {
        for (word, bit) in places(likeness) {
            if let Some(word) = self.0.get_mut(word) {
                *word |= bit;
            }
        }
    }

    fn has(&self, likeness: u64) -> bool {
        places(likeness).all(|(word, bit)| self.0.get(word).is_some_and(|word| word & bit != 0))
    }
}

/// Where the bits of a likeness are: its own bits are as good as those of any hash of it.
fn places(likeness: u64) -> impl Iterator<Item = (usize, u64)> {
    (0..PROBES).map(move |probe| {
        let place = (likeness >> (probe * u64::BITS / PROBES)) as usize % (WORDS * u64::BITS as usize);
        (place / u64::BITS as usize, 1 << (place % u64::BITS as usize))
    })
}

fn bounds(number: u64) -> (MessageId, MessageId) {
    let first = number << BITS;
    (MessageId(first), MessageId(first | ((1 << BITS) - 1)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// As an index does it.
    fn name_few(crowd: &mut Crowd, pending: &BTreeMap<MessageId, u64>) {
        while let Some((first, last)) = crowd.thinned() {
            pending.range(first..=last).for_each(|(id, likeness)| crowd.name(*likeness, *id));
        }
    }

    /// Likenesses as they are: hashes.
    fn likeness(kind: u64) -> u64 {
        super::super::alike::fnv(0xCBF2_9CE4_8422_2325, &kind.to_le_bytes())
    }

    proptest! {
        #[test]
        fn whoever_looks_through_the_candidates_finds_all(
            steps in proptest::collection::vec((0_u8..8, 0_u64..40_000), 0..60),
            kind in 0_u64..50,
            limit in 0_u64..20_000,
        ) {
            let (mut crowd, mut pending, mut next) = (Crowd::new(), BTreeMap::new(), 0);
            for (step, number) in steps {
                match step {
                    // They come in their order, with gaps.
                    0..=3 => {
                        next += number % 700;
                        for id in next..next + number % 900 {
                            crowd.insert(likeness(id % 50), MessageId(id));
                            pending.insert(MessageId(id), likeness(id % 50));
                            name_few(&mut crowd, &pending);
                        }
                        next += number % 900;
                    }
                    // Most of a stretch go.
                    4..=6 => {
                        let stretch = pending.range(MessageId(number / 2)..MessageId(number / 2 + 3000));
                        let gone: Vec<_> = stretch.map(|(id, likeness)| (*id, *likeness)).filter(|(id, _)| id.0 % 97 > 0).collect();
                        for (id, likeness) in gone {
                            pending.remove(&id);
                            crowd.remove(likeness, id);
                            name_few(&mut crowd, &pending);
                        }
                    }
                    // One comes that was there before, or elsewhere.
                    _ => {
                        if pending.insert(MessageId(number), likeness(number % 50)).is_none() {
                            crowd.insert(likeness(number % 50), MessageId(number));
                            next = next.max(number + 1);
                        }
                        name_few(&mut crowd, &pending);
                    }
                }
            }
            let numbers: std::collections::BTreeSet<_> = pending.keys().map(|id| id.0 >> BITS).collect();
            prop_assert!(crowd.blocks().eq(numbers.iter().copied().map(bounds)));
            let last = numbers.last();
            for (number, block) in &crowd.blocks {
                let (first, end) = bounds(*number);
                prop_assert_eq!(block.count as usize, pending.range(first..=end).count());
                prop_assert!(block.filter.is_none() || block.count > FEW || Some(number) == last, "few are named");
            }
            let candidates = crowd.candidates(likeness(kind), Some(MessageId(limit)), usize::MAX, usize::MAX);
            let in_blocks = |id: &MessageId| candidates.blocks.iter().any(|(first, last)| (*first..=*last).contains(id));
            let wanted = pending.range(..MessageId(limit)).rev().filter(|(_, of)| **of == likeness(kind)).map(|(id, _)| *id);
            let named: Vec<_> = wanted.filter(|id| !in_blocks(id)).collect();
            prop_assert_eq!(&candidates.named, &named, "each is named or in a block to look through, never both");
            prop_assert!(candidates.blocks.is_sorted_by(|one, next| one > next));
        }
    }

    #[test]
    fn a_full_block_is_rarely_looked_through_in_vain() {
        let mut crowd = Crowd::new();
        (0..100 << BITS).for_each(|id| crowd.insert(likeness(id), MessageId(id)));
        let vain: usize =
            (1 << 40..(1 << 40) + 100).map(|kind| crowd.candidates(likeness(kind), None, 1, usize::MAX).blocks.len()).sum();
        assert!(vain < 100, "{vain} of 10000");
    }
}

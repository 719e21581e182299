//! Which message has which name in which network, for receipts that come while this process runs.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::model::{Lane, MessageId, Word};

/// Names that networks gave, the latest of them; the core has them all.
#[derive(Debug, Default)]
pub(super) struct Named {
    both: Mutex<Both>,
}

type Names = HashMap<(Lane, Word), MessageId>;

/// When the young ones are many they become the old ones, and those before are forgotten.
#[derive(Debug, Default)]
struct Both {
    young: Names,
    old: Names,
}

impl Named {
    pub(super) fn insert(&self, lane: Lane, remote: Word, id: MessageId) {
        let mut both = self.both.lock().unwrap_or_else(PoisonError::into_inner);
        if both.young.len() >= MOST_YOUNG {
            both.old = std::mem::take(&mut both.young);
        }
        both.young.insert((lane, remote), id);
    }

    pub(super) fn find(&self, lane: &Lane, remote: &Word) -> Option<MessageId> {
        let both = self.both.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (lane.clone(), remote.clone());
        both.young.get(&key).or_else(|| both.old.get(&key)).copied()
    }

    pub(super) fn remove(&self, lane: &Lane, remote: &Word) {
        let mut both = self.both.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (lane.clone(), remote.clone());
        both.young.remove(&key);
        both.old.remove(&key);
    }
}

/// About ten megabytes with those before.
const MOST_YOUNG: usize = 50_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_names_are_known_and_the_memory_is_bounded() {
        let named = Named::default();
        let lane = Lane::from("uk");
        let word = |n: u64| Word::new(n.to_string());
        for n in 0..150_000 {
            named.insert(lane.clone(), word(n), MessageId(n));
        }
        assert_eq!(named.find(&lane, &word(149_999)), Some(MessageId(149_999)));
        assert_eq!(named.find(&lane, &word(50_000)), Some(MessageId(50_000)));
        assert_eq!(named.find(&lane, &word(49_999)), None, "it is forgotten");
        assert_eq!(named.find(&Lane::from("us"), &word(149_999)), None);
        named.remove(&lane, &word(50_000));
        assert_eq!(named.find(&lane, &word(50_000)), None);
    }
}

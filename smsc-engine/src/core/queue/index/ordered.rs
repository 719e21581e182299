//! A sorted set for keys that mostly come in their order and mostly go from the front.
//!
//! Times and ids only grow, so nearly every key belongs at the end: there it costs a comparison and a store. Keys lie
//! in runs that are full once they were appended to; the nodes of a tree that grows at its end stay half empty.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;

/// A sorted set of small keys.
#[derive(Debug)]
pub(super) struct Ordered<K> {
    /// Each run is sorted, not empty, and lies between its own bound and the next one.
    runs: BTreeMap<K, VecDeque<K>>,
    /// The highest keys, above all runs.
    last: VecDeque<K>,
    len: usize,
}

/// Keys of one run at most.
const RUN: usize = 64;

impl<K: Copy + Ord> Ordered<K> {
    pub(super) const fn new() -> Self {
        Ordered { runs: BTreeMap::new(), last: VecDeque::new(), len: 0 }
    }

    /// Adds a key, if it is not there.
    pub(super) fn insert(&mut self, key: K) {
        if self.highest().is_none_or(|highest| *highest < key) {
            self.last.push_back(key);
            self.len += 1;
            if self.last.len() == RUN {
                // What was filled once will be again.
                let full = std::mem::replace(&mut self.last, VecDeque::with_capacity(RUN));
                self.file(full);
            }
        } else if self.last.front().is_some_and(|lowest| *lowest <= key) {
            self.len += usize::from(add(&mut self.last, key));
        } else {
            self.insert_below(key);
        }
    }

    /// Takes a key out, if it is there.
    pub(super) fn remove(&mut self, key: &K) {
        if self.last.front().is_some_and(|lowest| lowest <= key) {
            self.len -= usize::from(cut(&mut self.last, key));
            return;
        }
        let Some((bound, run)) = self.runs.range_mut(..=*key).next_back() else { return };
        self.len -= usize::from(cut(run, key));
        if run.is_empty() {
            let bound = *bound;
            self.runs.remove(&bound);
        }
    }

    /// The lowest key.
    pub(super) fn first(&self) -> Option<&K> {
        self.runs.first_key_value().map_or(&self.last, |(_, run)| run).front()
    }

    /// Takes the lowest key out.
    pub(super) fn pop_first(&mut self) -> Option<K> {
        let key = match self.runs.first_entry() {
            Some(mut first) => {
                let key = first.get_mut().pop_front();
                if first.get().is_empty() {
                    first.remove();
                }
                key
            }
            None => self.last.pop_front(),
        };
        self.len -= usize::from(key.is_some());
        key
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// All keys, the lowest first.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &K> {
        self.runs.values().flatten().chain(&self.last)
    }

    /// The keys below a limit, the highest first.
    pub(super) fn below(&self, limit: K) -> impl Iterator<Item = &K> {
        let runs = self.runs.range(..limit).map(|(_, run)| run);
        runs.flatten().chain(&self.last).rev().skip_while(move |key| **key >= limit)
    }

    /// The keys above a limit, the lowest first.
    pub(super) fn above(&self, limit: Option<K>) -> impl Iterator<Item = &K> {
        // The run that the limit lies in may begin below it.
        let start = limit.and_then(|limit| self.runs.range(..=limit).next_back().map(|(bound, _)| *bound));
        let runs = self.runs.range((start.map_or(Bound::Unbounded, Bound::Included), Bound::Unbounded)).map(|(_, run)| run);
        runs.flatten().chain(&self.last).skip_while(move |key| limit.is_some_and(|limit| **key <= limit))
    }

    fn highest(&self) -> Option<&K> {
        self.last.back().or_else(|| self.runs.last_key_value()?.1.back())
    }

    /// Adds a key that is lower than all of `last`.
    fn insert_below(&mut self, key: K) {
        let Some((_, run)) = self.runs.range_mut(..=key).next_back() else {
            return self.insert_lowest(key);
        };
        if run.len() < RUN {
            self.len += usize::from(add(run, key));
            return;
        }
        match run.binary_search(&key) {
            Ok(_) => {}
            Err(place) => {
                // At its end a full run stays full, or the end of each priority would be half empty.
                let mut rest = run.split_off(if place == RUN { RUN } else { RUN / 2 });
                add(if rest.front().is_none_or(|lowest| *lowest <= key) { &mut rest } else { run }, key);
                self.file(rest);
                self.len += 1;
            }
        }
    }

    /// Adds a key that is lower than all bounds.
    fn insert_lowest(&mut self, key: K) {
        let mut run = VecDeque::new();
        if self.runs.first_key_value().is_some_and(|(_, first)| first.len() < RUN) {
            run = self.runs.pop_first().map(|(_, first)| first).unwrap_or_default();
        }
        run.push_front(key);
        self.len += 1;
        self.file(run);
    }

    fn file(&mut self, run: VecDeque<K>) {
        if let Some(bound) = run.front() {
            self.runs.insert(*bound, run);
        }
    }
}

/// Adds a key to a run; tells whether it was missing.
fn add<K: Copy + Ord>(run: &mut VecDeque<K>, key: K) -> bool {
    let place = run.binary_search(&key);
    place.map_err(|place| run.insert(place, key)).is_err()
}

/// Takes a key out of a run; tells whether it was there.
fn cut<K: Copy + Ord>(run: &mut VecDeque<K>, key: &K) -> bool {
    if run.front() == Some(key) {
        run.pop_front();
    } else {
        let Ok(place) = run.binary_search(key) else { return false };
        run.remove(place);
    }
    if run.len() < run.capacity() / 4 {
        // The few that stay longest must not keep room for all that went.
        run.shrink_to_fit();
    }
    true
}

impl<K: Copy + Ord> Default for Ordered<K> {
    fn default() -> Self {
        Ordered::new()
    }
}

impl<K: Copy + Ord> FromIterator<K> for Ordered<K> {
    fn from_iter<I: IntoIterator<Item = K>>(keys: I) -> Self {
        let mut keys: Vec<K> = keys.into_iter().collect();
        keys.sort_unstable();
        let mut ordered = Ordered::new();
        keys.into_iter().for_each(|key| ordered.insert(key));
        ordered
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// Steps as a queue makes them: growing keys, keys of other priorities, removals from the front and elsewhere.
    fn steps() -> impl Strategy<Value = Vec<(u8, u16)>> {
        proptest::collection::vec((0_u8..8, 0_u16..600), 0..1500)
    }

    proptest! {
        #[test]
        fn it_is_a_sorted_set(steps in steps(), limit in 0_u32..4000) {
            let (mut ordered, mut set) = (Ordered::new(), BTreeSet::new());
            let mut next = [0_u32, 1000, 2000, 3000];
            for (kind, number) in steps {
                match kind {
                    0..=3 => {
                        let place = &mut next[usize::from(kind)];
                        *place += u32::from(number % 3);
                        ordered.insert(*place);
                        set.insert(*place);
                    }
                    4 => {
                        ordered.insert(u32::from(number) * 7);
                        set.insert(u32::from(number) * 7);
                    }
                    5 => prop_assert_eq!(ordered.pop_first(), set.pop_first()),
                    _ => {
                        let key = set.range(u32::from(number) * 6..).next().copied().unwrap_or_default();
                        ordered.remove(&key);
                        set.remove(&key);
                    }
                }
                prop_assert_eq!((ordered.len(), ordered.is_empty()), (set.len(), set.is_empty()));
                prop_assert_eq!(ordered.first(), set.first());
            }
            prop_assert_eq!(ordered.iter().collect::<Vec<_>>(), set.iter().collect::<Vec<_>>());
            prop_assert_eq!(ordered.below(limit).collect::<Vec<_>>(), set.range(..limit).rev().collect::<Vec<_>>());
            let above: Vec<_> = set.iter().filter(|key| **key > limit).collect();
            prop_assert_eq!(ordered.above(Some(limit)).collect::<Vec<_>>(), above);
            prop_assert_eq!(ordered.above(None).collect::<Vec<_>>(), set.iter().collect::<Vec<_>>());
            prop_assert!(ordered.runs.iter().all(|(bound, run)| run.front() >= Some(bound) && run.len() <= RUN));
            let again: Ordered<u32> = set.iter().rev().copied().collect();
            prop_assert_eq!(again.iter().collect::<Vec<_>>(), set.iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn runs_that_were_appended_to_are_full() {
        let mut ordered = Ordered::new();
        // Two priorities in turns, as they come.
        (0..1000).for_each(|id| ordered.insert((id % 2, id)));
        let full = ordered.runs.values().filter(|run| run.len() == RUN && run.capacity() == RUN).count();
        assert!(full >= 1000 / RUN - 2, "{full} of {}", ordered.runs.len());
    }
}

//! Counts by names that come from outside.

use std::array;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;

use super::Counter;

/// `N` counters for each name. Names come from outside, so there is room for so many; what is counted beyond them, or
/// under an overlong name, is counted as [`OTHER`].
///
/// To count is one look-up without a lock; only the first time of a name takes one.
pub struct Named<const N: usize = 1> {
    known: ArcSwap<Known<N>>,
    /// Held by whoever adds a name.
    adding: Mutex<()>,
    other: [Counter; N],
}

type Known<const N: usize> = HashMap<Arc<str>, Arc<[Counter; N]>>;

impl<const N: usize> Named<N> {
    pub(in super::super) fn add(&self, name: &str, place: usize, more: u64) {
        let known = self.known.load();
        match known.get(name) {
            Some(counters) => add(counters, place, more),
            None => add(self.first(name).as_deref().unwrap_or(&self.other), place, more),
        }
    }

    /// Returns the counts of every name in their order, [`OTHER`] last.
    pub fn all(&self) -> Vec<(Arc<str>, [u64; N])> {
        let known = self.known.load_full();
        let mut all: Vec<_> = known.iter().map(|(name, counters)| (name.clone(), read(counters))).collect();
        all.sort_by(|(one, _), (other, _)| one.cmp(other));
        let other = read(&self.other);
        if other.iter().any(|count| *count > 0) {
            all.push((OTHER.into(), other));
        }
        all
    }

    /// Returns how many there were since the start, under every name.
    pub fn get(&self) -> u64 {
        let known = self.known.load();
        let all = known.values().flat_map(|counters| counters.iter()).chain(&self.other);
        all.map(Counter::get).sum()
    }

    /// The counters of a name that was not known a moment ago; `None` if there is no room for it.
    #[cold]
    fn first(&self, name: &str) -> Option<Arc<[Counter; N]>> {
        if name.len() > LONGEST_NAME || self.known.load().len() >= MOST_NAMES {
            return None;
        }
        let _adding = self.adding.lock().unwrap_or_else(PoisonError::into_inner);
        let known = self.known.load_full();
        if let Some(counters) = known.get(name) {
            return Some(counters.clone());
        }
        if known.len() >= MOST_NAMES {
            return None;
        }
        let counters = Arc::new(array::from_fn(|_| Counter::default()));
        let mut more = Known::clone(&known);
        more.insert(name.into(), Arc::clone(&counters));
        self.known.store(Arc::new(more));
        Some(counters)
    }
}

impl<const N: usize> Default for Named<N> {
    fn default() -> Self {
        let other = array::from_fn(|_| Counter::default());
        Named { known: ArcSwap::default(), adding: Mutex::default(), other }
    }
}

impl<const N: usize> fmt::Debug for Named<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.all()).finish()
    }
}

fn add<const N: usize>(counters: &[Counter; N], place: usize, more: u64) {
    if let Some(counter) = counters.get(place) {
        counter.add(more);
    }
}

fn read<const N: usize>(counters: &[Counter; N]) -> [u64; N] {
    counters.each_ref().map(Counter::get)
}

/// Names that are told apart; each is a time series of its own to whoever collects them.
pub const MOST_NAMES: usize = 1_000;
/// What the rest is called.
pub const OTHER: &str = "other";
// Names are configured by people; nobody needs more.
const LONGEST_NAME: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_counted_apart_and_read_in_their_order() {
        let named = Named::<2>::default();
        for (name, place) in [("b", 0), ("a", 1), ("b", 0), ("b", 1), ("b", 7)] {
            named.add(name, place, 2);
        }
        assert_eq!(named.all(), [("a".into(), [0, 2]), ("b".into(), [4, 2])]);
        assert_eq!(named.get(), 8);
    }

    #[test]
    fn a_flood_of_names_is_counted_and_takes_no_memory() {
        let named = Named::<1>::default();
        for number in 0..MOST_NAMES + 50 {
            named.add(&number.to_string(), 0, 1);
        }
        named.add(&"x".repeat(LONGEST_NAME + 1), 0, 1);
        let all = named.all();
        assert_eq!(all.len(), MOST_NAMES + 1);
        assert_eq!(all.last().unwrap(), &(OTHER.into(), [51]));
        assert_eq!(named.get(), MOST_NAMES as u64 + 51);
    }

    #[test]
    fn threads_that_meet_a_name_at_once_count_in_one_place() {
        let named = Named::<1>::default();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..200).for_each(|number| named.add(&format!("{}", number % 20), 0, 1)));
            }
        });
        assert_eq!(named.all().len(), 20);
        assert!(named.all().iter().all(|(_, [count])| *count == 40));
    }
}

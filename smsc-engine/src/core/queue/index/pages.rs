//! A map from message ids for ids that come in order: close to an array, yet without holes.
//!
//! Ids are handed out one after the other and mostly go in the same order, so neighbours share a page of up to 64
//! entries and a page is full of them. A tree node would be half empty, a hash table would stop to grow.

use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};
use std::mem;
use std::ops::Bound;

use crate::model::MessageId;

/// A sorted map from ids to values.
#[derive(Debug)]
pub(super) struct Pages<T> {
    /// Where the page of an id is, by the id without its low bits.
    places: BTreeMap<u64, usize>,
    /// Each page is sorted, and not empty unless its place is free.
    pages: Vec<Page<T>>,
    free: Vec<usize>,
    /// Number and place of the page that was looked at last: mostly the next id is in there too.
    last: Cell<(u64, usize)>,
}

/// Goes from the front as well as it grows at the end.
type Page<T> = VecDeque<(MessageId, T)>;

/// Low bits of an id that are told apart inside a page.
const BITS: u32 = 6;
/// Ids of one page.
const PAGE: usize = 1 << BITS;
const PAGE_MASK: u64 = PAGE as u64 - 1;
/// No page has this number.
const NOWHERE: (u64, usize) = (u64::MAX, 0);

impl<T> Pages<T> {
    pub(super) fn new() -> Self {
        Pages { places: BTreeMap::new(), pages: Vec::new(), free: Vec::new(), last: Cell::new(NOWHERE) }
    }

    /// Adds a value unless there is one; tells whether it did.
    pub(super) fn insert(&mut self, id: MessageId, value: T) -> bool {
        let place = self.place(id).unwrap_or_else(|| self.add_page(id));
        let Some(page) = self.pages.get_mut(place) else {
            return false;
        };
        let Err(place) = find(page, id) else {
            return false;
        };
        page.insert(place, (id, value));
        true
    }

    /// Takes a value out.
    pub(super) fn remove(&mut self, id: MessageId) -> Option<T> {
        let place = self.place(id)?;
        let page = self.pages.get_mut(place)?;
        let (_, value) = page.remove(find(page, id).ok()?)?;
        if page.is_empty() {
            mem::take(page);
            self.places.remove(&(id.0 >> BITS));
            self.free.push(place);
            self.last.set(NOWHERE);
        } else if page.len() < page.capacity() / 4 {
            // The few that stay longest must not keep room for all that went.
            page.shrink_to_fit();
        }
        Some(value)
    }

    pub(super) fn get_mut(&mut self, id: MessageId) -> Option<&mut T> {
        let place = self.place(id)?;
        let page = self.pages.get_mut(place)?;
        let place = find(page, id).ok()?;
        page.get_mut(place).map(|(_, value)| value)
    }

    pub(super) fn get(&self, id: MessageId) -> Option<&T> {
        let page = self.pages.get(self.place(id)?)?;
        page.get(find(page, id).ok()?).map(|(_, value)| value)
    }

    /// Goes through all entries in their order.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (MessageId, &mut T)> {
        let mut pages: Vec<_> = self.pages.iter_mut().map(Some).collect();
        let places = self.places.values();
        let pages = places.filter_map(move |place| pages.get_mut(*place)?.take());
        pages.flatten().map(|(id, value)| (*id, value))
    }

    /// Goes through the entries above an id in their order.
    pub(super) fn above(&self, id: Option<MessageId>) -> impl Iterator<Item = (MessageId, &T)> {
        let start = id.map_or(Bound::Unbounded, |id| Bound::Included(id.0 >> BITS));
        let places = self.places.range((start, Bound::Unbounded));
        let entries = places.filter_map(|(_, place)| self.pages.get(*place)).flatten();
        entries.map(|(id, value)| (*id, value)).skip_while(move |(this, _)| id.is_some_and(|id| *this <= id))
    }

    /// Goes through the entries below an id, the highest first.
    pub(super) fn below(&self, id: Option<MessageId>) -> impl Iterator<Item = (MessageId, &T)> {
        let end = id.map_or(Bound::Unbounded, |id| Bound::Included(id.0 >> BITS));
        let places = self.places.range((Bound::Unbounded, end)).rev();
        let entries = places.filter_map(|(_, place)| self.pages.get(*place)).flat_map(|page| page.iter().rev());
        entries.map(|(id, value)| (*id, value)).skip_while(move |(this, _)| id.is_some_and(|id| *this >= id))
    }

    /// Returns where the page of an id is.
    fn place(&self, id: MessageId) -> Option<usize> {
        let number = id.0 >> BITS;
        let (last, place) = self.last.get();
        if last == number {
            return Some(place);
        }
        let place = *self.places.get(&number)?;
        self.last.set((number, place));
        Some(place)
    }

    /// Makes the page of an id that has none.
    fn add_page(&mut self, id: MessageId) -> usize {
        // A page that begins with its first id will be full soon, unless nothing else comes at all.
        let page = VecDeque::with_capacity(if id.0 & PAGE_MASK == 0 { PAGE } else { 0 });
        let place = self.free.pop().unwrap_or(self.pages.len());
        match self.pages.get_mut(place) {
            Some(free) => *free = page,
            None => self.pages.push(page),
        }
        self.places.insert(id.0 >> BITS, place);
        place
    }
}

/// Finds an id in a page, or where it belongs.
fn find<T>(page: &Page<T>, id: MessageId) -> Result<usize, usize> {
    // Mostly no id between the first one and this one is missing; to search means to touch entry after entry.
    let distance = page.front().map_or(0, |(first, _)| id.0.saturating_sub(first.0) as usize);
    if page.get(distance).is_some_and(|(there, _)| *there == id) {
        return Ok(distance);
    }
    match page.back() {
        // Most often the next id is added.
        Some((last, _)) if *last < id => Err(page.len()),
        _ => page.binary_search_by_key(&id, |(id, _)| *id),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pages_are_a_sorted_map(steps in proptest::collection::vec((any::<bool>(), 0_u64..300), 0..600), edge in 0_u64..300) {
            let mut pages = Pages::new();
            let mut map = BTreeMap::new();
            for (add, id) in steps {
                let id = MessageId(id);
                if add {
                    prop_assert_eq!(pages.insert(id, id.0), !map.contains_key(&id));
                    map.insert(id, id.0);
                } else {
                    prop_assert_eq!(pages.remove(id), map.remove(&id));
                }
                prop_assert_eq!(pages.get(id), map.get(&id));
                prop_assert_eq!(pages.get_mut(id), map.get_mut(&id));
            }
            let edge = MessageId(edge);
            let all: Vec<_> = map.iter().map(|(id, value)| (*id, value)).collect();
            prop_assert_eq!(pages.above(None).collect::<Vec<_>>(), all.clone());
            prop_assert_eq!(pages.below(None).collect::<Vec<_>>(), all.iter().rev().copied().collect::<Vec<_>>());
            let above: Vec<_> = all.iter().filter(|(id, _)| *id > edge).copied().collect();
            prop_assert_eq!(pages.above(Some(edge)).collect::<Vec<_>>(), above);
            let below: Vec<_> = all.iter().filter(|(id, _)| *id < edge).rev().copied().collect();
            prop_assert_eq!(pages.below(Some(edge)).collect::<Vec<_>>(), below);
        }
    }
}

//! The requests this side is waiting for: a bounded table without a map.
//!
//! A request's slot follows from its sequence number. Numbers whose slot is still taken are
//! skipped, so a slow answer never blocks the others. The slots are also linked in the order of
//! sending, which is the order in which they expire. The window knows neither PDUs nor timers.

use alloc::vec::Vec;

use smpp_pdu::{CommandId, MAX_SEQUENCE_NUMBER};

use crate::Time;

/// Requests without an answer, each with the caller's tag.
#[derive(Debug)]
pub(crate) struct Window<T> {
    slots: Vec<Option<Slot<T>>>,
    waiting: usize,
    limit: usize,
    /// The number tried first for the next request.
    next: u32,
    oldest: u32,
    newest: u32,
}

/// One unanswered request.
#[derive(Debug)]
pub(crate) struct Slot<T> {
    pub(crate) tag: T,
    pub(crate) sent: Time,
    pub(crate) command_id: CommandId,
    sequence_number: u32,
    older: u32,
    newer: u32,
}

impl<T> Window<T> {
    /// An empty window that takes `limit` requests; memory is taken as it fills.
    pub(crate) fn new(limit: usize) -> Self {
        Window { slots: Vec::new(), waiting: 0, limit, next: FIRST, oldest: NONE, newest: NONE }
    }

    /// Settles on the number of the next request, which then finds its slot free.
    pub(crate) fn prepare(&mut self) -> u32 {
        // At most half full: the next free slot is near.
        if self.waiting * 2 >= self.slots.len() {
            self.grow();
        }
        while self.slot(self.next).is_some() {
            self.next = successor(self.next);
        }
        self.next
    }

    /// Takes the number of a request that is tracked elsewhere and passes a full window.
    pub(crate) fn number(&mut self) -> u32 {
        while self.get(self.next).is_some() {
            self.next = successor(self.next);
        }
        let number = self.next;
        self.next = successor(number);
        number
    }

    /// Enters the request whose number [`prepare`](Self::prepare) returned.
    pub(crate) fn insert(&mut self, command_id: CommandId, tag: T, sent: Time) {
        let sequence_number = self.next;
        let slot = Slot { tag, sent, command_id, sequence_number, older: self.newest, newer: NONE };
        self.next = successor(sequence_number);
        if let Some(newest) = self.get_mut(self.newest) {
            newest.newer = sequence_number;
        } else {
            self.oldest = sequence_number;
        }
        self.newest = sequence_number;
        self.place(slot);
        self.waiting += 1;
    }

    /// Removes the request with this number.
    pub(crate) fn take(&mut self, sequence_number: u32) -> Option<Slot<T>> {
        self.take_if(sequence_number, |_| true)
    }

    /// Removes the request that waits longest.
    pub(crate) fn take_oldest(&mut self) -> Option<Slot<T>> {
        self.take(self.oldest)
    }

    /// The request with this number.
    pub(crate) fn get(&self, sequence_number: u32) -> Option<&Slot<T>> {
        self.slot(sequence_number).filter(|slot| slot.sequence_number == sequence_number)
    }

    /// When the request that waits longest was sent.
    pub(crate) fn oldest_sent(&self) -> Option<Time> {
        self.get(self.oldest).map(|slot| slot.sent)
    }

    /// The newest requests, those entered at `then`, count as sent at `now`.
    #[cfg(feature = "net")]
    pub(crate) fn postpone(&mut self, then: Time, now: Time) {
        let mut at = self.newest;
        while let Some(slot) = self.get_mut(at).filter(|slot| slot.sent == then) {
            slot.sent = now;
            at = slot.older;
        }
    }

    /// Removes the request with this number if `is_it`.
    pub(crate) fn take_if(&mut self, sequence_number: u32, is_it: impl FnOnce(&Slot<T>) -> bool) -> Option<Slot<T>> {
        let at = self.index(sequence_number);
        let slot = self.slots.get_mut(at)?.take_if(|slot| slot.sequence_number == sequence_number && is_it(slot))?;
        self.waiting -= 1;
        match self.get_mut(slot.older) {
            Some(older) => older.newer = slot.newer,
            None => self.oldest = slot.newer,
        }
        match self.get_mut(slot.newer) {
            Some(newer) => newer.older = slot.older,
            None => self.newest = slot.older,
        }
        Some(slot)
    }

    /// True if this number was given out before, in this lap or in the second half of the last.
    pub(crate) fn was_used(&self, sequence_number: u32) -> bool {
        let behind = self.next.wrapping_sub(sequence_number) & MAX_SEQUENCE_NUMBER;
        (FIRST..=MAX_SEQUENCE_NUMBER).contains(&sequence_number) && behind != 0 && behind <= MAX_SEQUENCE_NUMBER / 2
    }

    /// Requests without an answer.
    pub(crate) const fn len(&self) -> usize {
        self.waiting
    }

    /// Leaves `percent` of a limit, and at least one; requests beyond it stay until they end.
    pub(crate) fn set_limit(&mut self, limit: usize, percent: u32) {
        // A hundred windows are far fewer than a usize counts.
        self.limit = (limit * percent as usize / 100).max(1);
    }

    /// How many requests there may be.
    pub(crate) const fn limit(&self) -> usize {
        self.limit
    }

    /// How many more requests fit.
    pub(crate) const fn free(&self) -> usize {
        self.limit.saturating_sub(self.waiting)
    }

    fn get_mut(&mut self, sequence_number: u32) -> Option<&mut Slot<T>> {
        let at = self.index(sequence_number);
        self.slots.get_mut(at)?.as_mut().filter(|slot| slot.sequence_number == sequence_number)
    }

    fn slot(&self, sequence_number: u32) -> Option<&Slot<T>> {
        self.slots.get(self.index(sequence_number))?.as_ref()
    }

    /// The table's length is a power of two, or zero.
    fn index(&self, sequence_number: u32) -> usize {
        sequence_number as usize & self.slots.len().wrapping_sub(1)
    }

    fn place(&mut self, slot: Slot<T>) {
        let at = self.index(slot.sequence_number);
        if let Some(place) = self.slots.get_mut(at) {
            *place = Some(slot);
        }
    }

    /// Doubles the table; numbers that did not share a slot before do not share one after.
    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(SMALLEST);
        let old = core::mem::take(&mut self.slots);
        self.slots.resize_with(size, || None);
        for slot in old.into_iter().flatten() {
            self.place(slot);
        }
    }
}

/// The number after this one (SMPP 3.4 §5.1.4).
const fn successor(sequence_number: u32) -> u32 {
    if sequence_number >= MAX_SEQUENCE_NUMBER { FIRST } else { sequence_number + 1 }
}

const FIRST: u32 = 1;
// No request has this number.
const NONE: u32 = 0;
// Serves the default window of ten without growing twice.
const SMALLEST: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn add(window: &mut Window<u32>, tag: u32) -> u32 {
        let number = window.prepare();
        window.insert(CommandId(4), tag, Time::from_micros(u64::from(tag)));
        number
    }

    #[test]
    fn numbers_start_at_one_and_rise() {
        let mut window = Window::new(10);
        assert_eq!((add(&mut window, 0), add(&mut window, 0), window.number(), add(&mut window, 0)), (1, 2, 3, 4));
    }

    #[test]
    fn after_the_last_number_comes_one() {
        let mut window = Window::new(10);
        window.next = MAX_SEQUENCE_NUMBER;
        assert_eq!((add(&mut window, 0), add(&mut window, 0)), (MAX_SEQUENCE_NUMBER, 1));
        assert!(window.was_used(MAX_SEQUENCE_NUMBER) && window.was_used(1));
        assert!(!window.was_used(2) && !window.was_used(0) && !window.was_used(0x8000_0001));
    }

    #[test]
    fn an_occupied_slot_is_skipped() {
        let mut window = Window::new(3);
        let slow = add(&mut window, 7);
        for _ in 0..1000 {
            let number = add(&mut window, 8);
            assert_ne!(number % 32, slow % 32);
            assert!(window.take(number).is_some());
        }
        assert_eq!(window.take(slow).map(|slot| slot.tag), Some(7));
    }

    #[test]
    fn a_number_leads_to_its_request_once() {
        let mut window = Window::new(3);
        let number = add(&mut window, 7);
        assert!(window.take(number + 32).is_none());
        assert_eq!(window.take(number).map(|slot| slot.tag), Some(7));
        assert!(window.take(number).is_none());
        assert!(window.take(0).is_none());
    }

    #[test]
    fn the_oldest_is_found_after_removals_in_any_order_and_growth() {
        let mut window = Window::new(1000);
        let numbers: Vec<u32> = (0..1000).map(|tag| add(&mut window, tag)).collect();
        for (at, number) in numbers.iter().enumerate() {
            if at % 3 != 1 {
                assert!(window.take(*number).is_some());
            }
        }
        for tag in (0..1000).filter(|at| at % 3 == 1) {
            assert_eq!(window.oldest_sent(), Some(Time::from_micros(u64::from(tag))));
            assert_eq!(window.take_oldest().map(|slot| slot.tag), Some(tag));
        }
        assert_eq!((window.len(), window.free()), (0, 1000));
        assert!(window.take_oldest().is_none());
        assert_eq!(add(&mut window, 5), 1001);
        assert_eq!(window.take_oldest().map(|slot| slot.tag), Some(5));
    }

    #[cfg(feature = "net")]
    #[test]
    fn only_the_newest_requests_of_one_moment_are_postponed() {
        let mut window = Window::new(10);
        let numbers = [1, 2, 2, 2].map(|tag| add(&mut window, tag));
        assert!(window.take(numbers[2]).is_some());
        window.postpone(Time::from_micros(2), Time::from_micros(9));
        window.postpone(Time::from_micros(1), Time::from_micros(8));
        let sent = [numbers[0], numbers[1], numbers[3]].map(|number| window.take(number).unwrap().sent.as_micros());
        assert_eq!(sent, [1, 9, 9]);
    }

    #[test]
    fn an_idle_window_takes_no_memory() {
        let window = Window::<u32>::new(65_535);
        assert_eq!(window.slots.capacity(), 0);
    }
}

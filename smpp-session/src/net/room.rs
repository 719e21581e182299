//! Who waits until it may send, for window and rate alike: first come, first served.
//!
//! A freed place is promised to the task that waits longest before that task even runs, so
//! latecomers cannot overtake it. What is promised can be withdrawn until the task takes it.

use std::collections::VecDeque;
use std::task::Waker;
use std::vec::Vec;

/// Tasks waiting for a place, and places set aside for those that have one.
#[derive(Debug, Default)]
pub(crate) struct Room {
    /// In the order of tickets; those at the front have been promised a place.
    waiting: VecDeque<Waiter>,
    promised: usize,
    permits: usize,
    next_ticket: u64,
}

#[derive(Debug)]
struct Waiter {
    ticket: u64,
    waker: Waker,
}

impl Room {
    /// Places set aside.
    pub(crate) const fn taken(&self) -> usize {
        self.promised + self.permits
    }

    /// True if nobody waits without a promise.
    pub(crate) fn is_quiet(&self) -> bool {
        self.waiting.len() == self.promised
    }

    /// Tasks that wait, with a promise or without.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Tasks that wait without a promise.
    pub(crate) fn queued(&self) -> usize {
        self.waiting.len() - self.promised
    }

    /// Sets a place aside for a permit.
    pub(crate) fn reserve(&mut self) {
        self.permits += 1;
    }

    /// A permit was used or given back.
    pub(crate) fn release(&mut self) {
        self.permits = self.permits.saturating_sub(1);
    }

    /// Queues a task.
    pub(crate) fn join(&mut self, waker: Waker) -> u64 {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.waiting.push_back(Waiter { ticket, waker });
        ticket
    }

    /// Turns a promise into a permit; otherwise remembers the newest waker.
    pub(crate) fn redeem(&mut self, ticket: u64, waker: &Waker) -> bool {
        let Some(at) = self.position(ticket) else { return false };
        if at < self.promised {
            self.waiting.remove(at);
            self.promised -= 1;
            self.permits += 1;
            return true;
        }
        if let Some(waiter) = self.waiting.get_mut(at) {
            waiter.waker.clone_from(waker);
        }
        false
    }

    /// A task gave up waiting.
    pub(crate) fn leave(&mut self, ticket: u64) {
        let Some(at) = self.position(ticket) else { return };
        self.waiting.remove(at);
        if at < self.promised {
            self.promised -= 1;
        }
    }

    /// There are so many places in all: promises those that are left, or withdraws promises.
    pub(crate) fn grant(&mut self, places: usize, wakers: &mut Vec<Waker>) {
        let promised = places.saturating_sub(self.permits).min(self.waiting.len());
        let new = self.waiting.iter().take(promised).skip(self.promised);
        wakers.extend(new.map(|waiter| waiter.waker.clone()));
        self.promised = promised;
    }

    /// Everybody who waits, when there is nothing to wait for any more.
    pub(crate) fn dismiss(&mut self, wakers: &mut Vec<Waker>) {
        wakers.extend(self.waiting.drain(..).map(|waiter| waiter.waker));
        self.promised = 0;
    }

    fn position(&self, ticket: u64) -> Option<usize> {
        self.waiting.binary_search_by_key(&ticket, |waiter| waiter.ticket).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_go_to_those_who_came_first() {
        let mut room = Room::default();
        let waker = Waker::noop();
        let (first, second) = (room.join(waker.clone()), room.join(waker.clone()));
        let mut wakers = Vec::new();
        room.grant(1, &mut wakers);
        assert_eq!((wakers.len(), room.taken()), (1, 1));
        assert!(!room.redeem(second, waker) && room.redeem(first, waker));
        assert_eq!(room.taken(), 1);
        room.release();
        assert_eq!(room.taken(), 0);
    }

    #[test]
    fn places_that_are_gone_are_promised_no_more_and_the_order_stays() {
        let mut room = Room::default();
        let waker = Waker::noop();
        let tickets = [room.join(waker.clone()), room.join(waker.clone())];
        let mut wakers = Vec::new();
        room.grant(2, &mut wakers);
        room.grant(0, &mut wakers);
        assert!(!room.redeem(tickets[0], waker) && !room.is_quiet() && room.taken() == 0);
        room.grant(1, &mut wakers);
        assert_eq!(wakers.len(), 3, "it is told again");
        assert!(!room.redeem(tickets[1], waker) && room.redeem(tickets[0], waker));
    }

    #[test]
    fn a_promise_given_back_is_free_again() {
        let mut room = Room::default();
        let ticket = room.join(Waker::noop().clone());
        room.grant(5, &mut Vec::new());
        assert_eq!(room.taken(), 1);
        room.leave(ticket);
        assert!(room.taken() == 0 && room.is_quiet());
    }
}

//! Which messages are in our hands: a core that knows no leases hands them out again and again.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::model::{Lane, Message, MessageId, Timestamp};

/// The messages that were handed out and not yet reported, of all lanes.
#[derive(Debug, Default)]
pub(super) struct Book {
    entries: Mutex<HashMap<MessageId, Entry>>,
}

#[derive(Debug)]
struct Entry {
    lane: Lane,
    place: Place,
}

/// Where a message is.
#[derive(Debug)]
enum Place {
    /// Somebody delivers it, for so long.
    Out { message: Box<Message>, taken: Instant, until: Instant },
    /// It came back untouched, or too early, and is still ours at the core for so long.
    Back { message: Box<Message>, taken: Instant },
    /// The core knows what became of it; a list that was asked for before may have it still.
    Done { at: Instant },
}

/// What the core gave for a lane, and when it was asked.
pub(super) struct Given {
    pub(super) messages: Vec<Message>,
    pub(super) asked: Instant,
    /// The core keeps them for us for a while.
    pub(super) is_leased: bool,
}

/// What the caller wants: at most so many, and for how long.
#[derive(Clone, Copy)]
pub(super) struct Want {
    pub(super) max: usize,
    pub(super) hold: Duration,
}

impl Book {
    /// Takes messages that came back and are due by now, as many as are wanted.
    pub(super) fn take_back(&self, lane: &Lane, want: Want, now: Timestamp) -> Vec<Message> {
        let mut entries = self.lock();
        tidy(&mut entries, Instant::now());
        let ready = entries.iter().filter_map(|(id, entry)| match &entry.place {
            Place::Back { message, .. } if entry.lane == *lane && is_due(message, now) => Some((Reverse(message.priority), *id)),
            _ => None,
        });
        let mut ready: Vec<_> = ready.collect();
        ready.sort_unstable();
        ready.truncate(want.max);
        ready.into_iter().filter_map(|(_, id)| entries.get_mut(&id)?.go_out(want.hold)).collect()
    }

    /// Sorts out what the core gave; returns what is to be delivered now.
    pub(super) fn give(&self, lane: &Lane, given: Given, want: Want) -> Vec<Message> {
        let (now, moment) = (Timestamp::now(), Instant::now());
        let mut entries = self.lock();
        tidy(&mut entries, moment);
        let mut out = Vec::new();
        for message in given.messages {
            let is_ours = match entries.get(&message.id).map(|entry| &entry.place) {
                None => entries.len() < MOST,
                Some(Place::Done { at }) => *at < given.asked,
                Some(Place::Out { .. } | Place::Back { .. }) => false,
            };
            if !is_ours {
                continue;
            }
            let (id, until, taken) = (message.id, moment + want.hold, given.asked);
            let place = if is_due(&message, now) && out.len() < want.max {
                out.push(message.clone());
                Place::Out { message: Box::new(message), taken, until }
            } else if given.is_leased {
                Place::Back { message: Box::new(message), taken }
            } else {
                continue;
            };
            entries.insert(id, Entry { lane: lane.clone(), place });
        }
        out
    }

    /// The core knows what became of a message.
    pub(super) fn done(&self, id: MessageId) {
        if let Some(entry) = self.lock().get_mut(&id) {
            entry.place = Place::Done { at: Instant::now() };
        }
    }

    /// Takes messages back untouched. From a core without leases they come again by themselves.
    pub(super) fn release(&self, ids: &[MessageId], is_leased: bool) {
        let mut entries = self.lock();
        for id in ids {
            match entries.remove(id) {
                Some(Entry { lane, place: Place::Out { message, taken, .. } }) if is_leased => {
                    entries.insert(*id, Entry { lane, place: Place::Back { message, taken } });
                }
                Some(done @ Entry { place: Place::Done { .. }, .. }) => drop(entries.insert(*id, done)),
                _ => {}
            }
        }
    }

    /// Counts the messages of a lane that a list without leases may have besides new ones.
    pub(super) fn count(&self, lane: &Lane) -> usize {
        self.lock().values().filter(|entry| entry.lane == *lane).count()
    }

    /// Tells whether somebody delivers the message.
    pub(super) fn is_out(&self, id: MessageId) -> bool {
        self.lock().get(&id).is_some_and(|entry| matches!(entry.place, Place::Out { .. }))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<MessageId, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn go_out(&mut self, hold: Duration) -> Option<Message> {
        let Place::Back { message, taken } = &self.place else { return None };
        let (message, taken) = (message.clone(), *taken);
        let copy = Message::clone(&message);
        self.place = Place::Out { message, taken, until: Instant::now() + hold };
        Some(copy)
    }
}

/// Forgets what no list can have any more, and what the core has taken back.
fn tidy(entries: &mut HashMap<MessageId, Entry>, now: Instant) {
    entries.retain(|_, entry| match &entry.place {
        Place::Out { until, .. } => *until > now,
        Place::Back { taken, .. } => now.saturating_duration_since(*taken) < LEASE,
        Place::Done { at } => now.saturating_duration_since(*at) < LONGEST_CALL,
    });
}

fn is_due(message: &Message, now: Timestamp) -> bool {
    message.deliver_after <= now && message.expires > now
}

/// Half of what a core leases for: another frontend must not have got it meanwhile.
const LEASE: Duration = Duration::from_secs(30);
/// A list that was asked for before a report is long there.
const LONGEST_CALL: Duration = Duration::from_secs(60);
/// Some tens of megabytes.
const MOST: usize = 100_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Account;

    const WANT: Want = Want { max: 10, hold: Duration::from_secs(60) };

    fn message(id: u64) -> Message {
        Message::new(MessageId(id), Account::from("shop"), Lane::from("uk"))
    }

    fn give(book: &Book, messages: Vec<Message>, asked: Instant, is_leased: bool) -> Vec<u64> {
        let given = Given { messages, asked, is_leased };
        book.give(&Lane::from("uk"), given, WANT).iter().map(|message| message.id.0).collect()
    }

    #[test]
    fn what_is_out_is_not_handed_out_again_and_a_list_asked_for_before_its_report_has_it_in_vain() {
        let book = Book::default();
        let before = Instant::now();
        assert_eq!(give(&book, vec![message(1), message(2)], before, false), [1, 2]);
        assert_eq!(give(&book, vec![message(1), message(3)], before, false), [3]);
        assert_eq!(book.count(&Lane::from("uk")), 3);
        book.done(MessageId(1));
        assert!(give(&book, vec![message(1)], before, false).is_empty(), "the list is older than the report");
        assert_eq!(give(&book, vec![message(1)], Instant::now() + Duration::from_secs(1), false), [1], "the core wants it again");
    }

    #[test]
    fn what_came_back_goes_out_again_as_long_as_the_core_keeps_it_for_us() {
        let book = Book::default();
        let lane = Lane::from("uk");
        assert_eq!(give(&book, vec![message(1), message(2)], Instant::now(), true), [1, 2]);
        book.release(&[MessageId(1)], true);
        let back = |want| book.take_back(&lane, want, Timestamp::now()).iter().map(|message| message.id.0).collect::<Vec<_>>();
        assert_eq!((back(Want { max: 0, ..WANT }), back(WANT), back(WANT)), (vec![], vec![1], vec![]));
        book.release(&[MessageId(2)], false);
        assert!(back(WANT).is_empty());
        assert_eq!(give(&book, vec![message(2)], Instant::now(), false), [2], "it comes again by itself");
        let old = Instant::now().checked_sub(LEASE);
        assert_eq!(old.map(|old| give(&book, vec![message(3)], old, true)), Some(vec![3]));
        book.release(&[MessageId(3)], true);
        assert!(back(WANT).is_empty(), "the core may have given it to another");
    }

    #[test]
    fn what_is_not_due_yet_waits_and_what_is_over_goes_nowhere() {
        let book = Book::default();
        let soon = Message { deliver_after: Timestamp::now().after(Duration::from_secs(5)), ..message(1) };
        let over = Message { expires: Timestamp(1), ..message(2) };
        assert!(give(&book, vec![soon.clone(), over], Instant::now(), true).is_empty());
        assert!(book.take_back(&Lane::from("uk"), WANT, Timestamp::now()).is_empty());
        assert_eq!(book.take_back(&Lane::from("uk"), WANT, soon.deliver_after).len(), 1);
    }
}

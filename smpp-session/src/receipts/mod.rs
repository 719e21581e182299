//! Which receipt belongs to which message, and what became of the message as a whole.
//!
//! No I/O and no clock: ids, receipts and the time go in, updates and a deadline come out. Receipts
//! may come before the response with the id, in any order, and more than once. How many messages
//! and unmatched receipts are remembered, and how long, is bounded.

mod index;
mod message;

use std::borrow::ToOwned;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::string::String;
use std::time::Duration;
use std::vec::Vec;

use sms_codec::receipt::{Habits, IdMatch, IdNotation, Kind, Report, match_id};

use crate::Time;
use index::Index;
use message::{Message, Settled};

pub use message::{Fate, Update, Whole};

/// What is remembered, how long, and how the peer writes receipts.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ReceiptConfig {
    /// What this peer means by its receipts.
    pub habits: Habits<'static>,
    /// In which notation it writes ids.
    pub notation: IdNotation,
    /// Messages that wait for receipts; beyond that the oldest is given up.
    pub max_messages: usize,
    /// How long a message waits for its receipts.
    pub max_age: Duration,
    /// Receipts that wait for their message to be known; beyond that the oldest is dropped.
    pub max_early: usize,
    /// How long a receipt waits for its message, and how long a message is remembered after its
    /// last receipt, to know duplicates.
    pub early_age: Duration,
}

impl Default for ReceiptConfig {
    fn default() -> Self {
        ReceiptConfig {
            habits: Habits::STANDARD,
            notation: IdNotation::Guess,
            max_messages: 100_000,
            // MCs try for two or three days at most.
            max_age: Duration::from_secs(72 * 3600),
            max_early: 10_000,
            // Twice the usual response timer.
            early_age: Duration::from_secs(60),
        }
    }
}

/// Messages that wait for receipts; `K` is the caller's name for a message.
///
/// ```
/// use sms_codec::receipt::{Report, Tlvs};
/// use smpp_session::{Receipts, Time, Whole};
///
/// let mut receipts = Receipts::new(Default::default());
/// receipts.expect("my message", &["1a", "1b"], Time::ZERO);
/// for text in ["id:1B stat:DELIVRD", "id:0026 stat:ENROUTE", "id:1A stat:DELIVRD"] {
///     receipts.take(&Report::read(0x04, text, Tlvs::default()).unwrap(), Time::ZERO);
/// }
/// let updates: Vec<_> = std::iter::from_fn(|| receipts.poll_update()).collect();
/// // 26 is 1a in decimal.
/// assert_eq!(updates.iter().map(|update| update.part).collect::<Vec<_>>(), [Some(1), Some(0), Some(0)]);
/// assert_eq!((updates[2].key, updates[2].whole), ("my message", Whole::Delivered));
/// ```
#[derive(Debug)]
pub struct Receipts<K> {
    config: ReceiptConfig,
    messages: HashMap<u64, Message<K>>,
    /// Message and part by the id of the response.
    parts: Index<(u64, usize)>,
    /// When messages are given up or forgotten.
    deadlines: BTreeSet<(Time, u64)>,
    early: HashMap<u64, Early>,
    /// Early receipts by their ids.
    early_ids: Index<u64>,
    /// In the order they came; those that were matched are still in here.
    early_order: VecDeque<(Time, u64)>,
    updates: VecDeque<Update<K>>,
    next: u64,
    dropped: u64,
}

/// A receipt whose message is not known yet.
#[derive(Debug)]
struct Early {
    ids: Vec<String>,
    fate: Fate,
}

/// What a receipt was good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Taken {
    /// It tells something new about a message.
    Matched,
    /// It tells what was known before, or comes after the last word.
    Duplicate,
    /// Its message is not known, perhaps not yet: it waits a while.
    Early,
    /// It names no message.
    Nameless,
}

impl<K: Clone> Receipts<K> {
    /// Nothing waits.
    pub fn new(config: ReceiptConfig) -> Self {
        Receipts {
            config,
            messages: HashMap::new(),
            parts: Index::default(),
            deadlines: BTreeSet::new(),
            early: HashMap::new(),
            early_ids: Index::default(),
            early_order: VecDeque::new(),
            updates: VecDeque::new(),
            next: 0,
            dropped: 0,
        }
    }

    /// A message was accepted, its parts under these ids: receipts are to come, or have come before.
    pub fn expect(&mut self, key: K, message_ids: &[impl AsRef<str>], now: Time) {
        self.handle_timeout(now);
        let max = self.config.max_messages.max(1);
        while self.messages.len() >= max && self.give_up_next() {}
        let serial = self.serial();
        let deadline = now + self.config.max_age;
        self.deadlines.insert((deadline, serial));
        for (part, id) in message_ids.iter().enumerate() {
            self.parts.insert(id.as_ref(), (serial, part));
        }
        let ids: Vec<_> = message_ids.iter().map(|id| id.as_ref().to_owned()).collect();
        let early = self.early_for(&ids);
        self.messages.insert(serial, Message::new(key, ids, deadline));
        for Early { ids, fate } in early {
            self.apply(&ids, &fate, now);
        }
    }

    /// A receipt has come.
    pub fn take(&mut self, report: &Report<'_>, now: Time) -> Taken {
        self.handle_timeout(now);
        let is_final = report.kind != Kind::Intermediate && self.config.habits.is_final(report);
        let fate = Fate::of(report, is_final);
        let mut ids: Vec<String> = Vec::new();
        for id in [report.id, report.receipt.id].into_iter().flatten().filter(|id| id.len() <= LONGEST_ID) {
            if !ids.iter().any(|known| known == id) {
                ids.push(id.to_owned());
            }
        }
        if ids.is_empty() {
            return Taken::Nameless;
        }
        self.apply(&ids, &fate, now).unwrap_or_else(|| {
            self.keep(Early { ids, fate }, now);
            Taken::Early
        })
    }

    /// Time has passed: gives up messages, forgets what is over.
    pub fn handle_timeout(&mut self, now: Time) {
        while self.deadlines.first().is_some_and(|(due, _)| *due <= now) {
            self.give_up_next();
        }
        while self.early_order.front().is_some_and(|(due, _)| *due <= now) {
            self.drop_oldest_early();
        }
    }

    /// When [`handle_timeout`](Self::handle_timeout) has something to do.
    pub fn poll_timeout(&self) -> Option<Time> {
        let deadline = self.deadlines.first().map(|(due, _)| *due);
        let early = self.early_order.front().map(|(due, _)| *due);
        deadline.into_iter().chain(early).min()
    }

    /// The next thing to know. As many updates as messages are kept; beyond that the oldest is lost.
    pub fn poll_update(&mut self) -> Option<Update<K>> {
        self.updates.pop_front()
    }

    /// True if [`poll_update`](Self::poll_update) has something to tell.
    pub fn has_update(&self) -> bool {
        !self.updates.is_empty()
    }

    /// Messages that wait, or are remembered for the sake of duplicates.
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// True if no message is remembered.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Receipts that never found their message, and updates nobody fetched.
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Tells the part that these ids mean; none if there is no such part.
    fn apply(&mut self, ids: &[String], fate: &Fate, now: Time) -> Option<Taken> {
        let (serial, part) = ids.iter().find_map(|id| self.find(id))?;
        let message = self.messages.get_mut(&serial)?;
        let taken = match message.settle(part, fate) {
            Settled::Nothing => Taken::Duplicate,
            Settled::Part | Settled::Whole => Taken::Matched,
        };
        if taken == Taken::Matched {
            let update = message.update(Some(part), fate.clone());
            if message.is_over() {
                let before = std::mem::replace(&mut message.deadline, now + self.config.early_age);
                let after = message.deadline;
                self.deadlines.remove(&(before, serial));
                self.deadlines.insert((after, serial));
            }
            self.tell(update);
        }
        Some(taken)
    }

    /// The part a receipt means: the best match; of equal ones the oldest that has no last word yet.
    fn find(&self, id: &str) -> Option<(u64, usize)> {
        let candidates = self.parts.find(id, self.config.notation);
        let ranked = candidates.filter_map(|place @ (serial, part)| {
            let message = self.messages.get(&serial)?;
            let rank: IdMatch = match_id(id, message.id(part)?, self.config.notation)?;
            Some((rank, message.is_final(part), place))
        });
        ranked.min().map(|(_, _, place)| place)
    }

    /// Takes the early receipts that name one of these parts, in the order they came.
    fn early_for(&mut self, ids: &[String]) -> Vec<Early> {
        let mut serials = Vec::new();
        for id in ids {
            for serial in self.early_ids.find(id, self.config.notation) {
                let names = |early: &Early| early.ids.iter().any(|early| match_id(early, id, self.config.notation).is_some());
                if self.early.get(&serial).is_some_and(names) {
                    serials.push(serial);
                }
            }
        }
        serials.sort_unstable();
        serials.dedup();
        serials.into_iter().filter_map(|serial| self.remove_early(serial)).collect()
    }

    fn keep(&mut self, early: Early, now: Time) {
        if self.config.max_early == 0 {
            self.dropped += 1;
            return;
        }
        while self.early_order.len() >= self.config.max_early {
            self.drop_oldest_early();
        }
        let serial = self.serial();
        early.ids.iter().for_each(|id| self.early_ids.insert(id, serial));
        self.early.insert(serial, early);
        self.early_order.push_back((now + self.config.early_age, serial));
    }

    fn drop_oldest_early(&mut self) {
        if let Some((_, serial)) = self.early_order.pop_front() {
            self.dropped += u64::from(self.remove_early(serial).is_some());
        }
    }

    fn remove_early(&mut self, serial: u64) -> Option<Early> {
        let early = self.early.remove(&serial)?;
        early.ids.iter().for_each(|id| self.early_ids.remove(id, serial));
        Some(early)
    }

    /// Forgets the message whose time is up first; false if there is none.
    fn give_up_next(&mut self) -> bool {
        let Some((_, serial)) = self.deadlines.pop_first() else { return false };
        if let Some(mut message) = self.messages.remove(&serial) {
            for (part, id) in message.ids().enumerate() {
                self.parts.remove(id, (serial, part));
            }
            if message.give_up() {
                self.tell(message.update(None, Fate::default()));
            }
        }
        true
    }

    fn tell(&mut self, update: Update<K>) {
        if self.updates.len() >= self.config.max_messages.max(1) {
            self.updates.pop_front();
            self.dropped += 1;
        }
        self.updates.push_back(update);
    }

    fn serial(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}

/// `message_id` has at most 64 characters.
const LONGEST_ID: usize = 64;

#[cfg(test)]
mod tests;

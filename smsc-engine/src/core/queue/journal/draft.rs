//! Records in the making, and what they do once they are durable: what callers add to a group.
//!
//! New messages are encoded before anybody is locked out; changes while the index is locked, but not the group.

use std::cell::RefCell;
use std::mem;

use super::super::QueueError;
use super::super::index::{Effect, Facts, LaneNo, Past};
use super::group::Position;
use super::record::{self, Kind, PREFIX};
use super::shared::{CALL_LIMIT, MESSAGE_LIMIT};
use crate::model::{Lane, Message, MessageId, Part};

/// Records and their effects; places count from its start.
#[derive(Debug)]
pub(super) struct Draft {
    salt: u32,
    pub(super) octets: Vec<u8>,
    pub(super) effects: Vec<Effect<Position>>,
    /// Lanes of new messages, which go by their place here until they are numbered.
    lanes: Vec<Lane>,
    /// The numbers that the index of the queue has given to the first of them.
    numbers: Vec<LaneNo>,
    /// The effects bear numbers, not places.
    numbered: bool,
    /// The queue whose numbers these are: what is named there again and again need not be numbered each time.
    queue: u64,
}

thread_local! {
    /// An empty draft: its room is used again for one call of this thread after the other.
    static OWN: RefCell<Draft> = const { RefCell::new(Draft::new(0)) };
}

impl Draft {
    pub(super) const fn new(salt: u32) -> Self {
        Draft { salt, octets: Vec::new(), effects: Vec::new(), lanes: Vec::new(), numbers: Vec::new(), numbered: false, queue: 0 }
    }

    /// Has an empty draft used for one of all queues.
    pub(super) fn with<T>((queue, salt): (u64, u32), mut used: impl FnMut(&mut Draft) -> T) -> T {
        let mut fill = |draft: &mut Draft| {
            // Of another queue, or as a panic has left it.
            if draft.queue != queue || !draft.octets.is_empty() {
                *draft = Draft::new(salt);
            }
            (draft.queue, draft.salt) = (queue, salt);
            let done = used(draft);
            draft.clear();
            done
        };
        // A thread that ends has none any more.
        match OWN.try_with(|own| own.try_borrow_mut().ok().map(|mut own| fill(&mut own))) {
            Ok(Some(done)) => done,
            _ => fill(&mut Draft::new(salt)),
        }
    }

    /// Leaves an empty one.
    pub(super) fn take(&mut self) -> Draft {
        mem::replace(self, Draft::new(self.salt))
    }

    fn clear(&mut self) {
        self.octets.clear();
        self.octets.shrink_to(KEPT);
        self.effects.clear();
        self.effects.shrink_to(KEPT / size_of::<Effect<Position>>());
        self.numbered = false;
        // Those of a call that was refused are no business of the next one.
        self.lanes.truncate(self.numbers.len());
        if self.lanes.len() > NAMES {
            (self.lanes, self.numbers) = (Vec::new(), Vec::new());
        }
    }

    /// Adds the messages of one call, unless they are too large.
    pub(super) fn encode(&mut self, mut messages: &[Message]) -> Result<(), QueueError> {
        while let Some((message, others)) = messages.split_first() {
            let start = self.octets.len();
            let lane = self.place_of(&message.lane);
            self.accept(message, lane);
            let octets = self.octets.len() - start - BESIDE;
            if octets > MESSAGE_LIMIT {
                return Err(QueueError::TooLarge { octets, limit: MESSAGE_LIMIT });
            }
            if self.octets.len() > CALL_LIMIT {
                let rest = others.iter().map(|message| message.encoded_len() + BESIDE);
                return Err(QueueError::TooLarge { octets: self.octets.len() + rest.sum::<usize>(), limit: CALL_LIMIT });
            }
            messages = others;
        }
        Ok(())
    }

    /// Adds a record and tells where it is.
    pub(super) fn put(&mut self, kind: Kind, values: impl FnOnce(&mut Vec<u8>)) -> Position {
        let start = self.octets.len();
        record::write(kind, self.salt, &mut self.octets, values);
        Position { segment: 0, offset: start as u32, len: (self.octets.len() - start) as u32 }
    }

    /// Adds a new message, and what becomes of it once it is durable.
    pub(super) fn accept(&mut self, message: &Message, lane: LaneNo) {
        let body = self.put(Kind::Accepted, |out| message.encode(out));
        self.effects.push(Effect::Accepted { id: message.id, body, facts: Facts::of(message, lane) });
    }

    fn place_of(&mut self, lane: &Lane) -> LaneNo {
        // To name one twice costs less than to look for it among many.
        let named = self.lanes.iter().enumerate().rev().take(NAMES).find(|(_, other)| *other == lane);
        let place = named.map_or(self.lanes.len(), |(place, _)| place);
        if named.is_none() {
            self.lanes.push(lane.clone());
        }
        LaneNo(place as u32)
    }

    /// The lanes that are to be numbered.
    pub(super) fn lanes(&self) -> &[Lane] {
        self.lanes.get(self.numbers.len()..).unwrap_or_default()
    }

    /// Puts the numbers of its lanes into the effects; `false` when one has none yet, and then nothing is changed.
    pub(super) fn number(&mut self, number: impl FnMut(&Lane) -> Option<LaneNo>) -> bool {
        if self.numbered {
            return true;
        }
        self.numbers.extend(self.lanes.iter().skip(self.numbers.len()).map_while(number));
        if self.numbers.len() < self.lanes.len() {
            return false;
        }
        for effect in &mut self.effects {
            if let Effect::Accepted { facts, .. } = effect {
                facts.lane = self.numbers.get(facts.lane.0 as usize).copied().unwrap_or(facts.lane);
            }
        }
        self.numbered = true;
        true
    }

    /// Adds a message again with all that is known of it.
    pub(super) fn keep(&mut self, message: &Message, past: &Past) -> Position {
        self.put(Kind::Kept, |out| {
            record::put_past(past, out);
            message.encode(out);
        })
    }

    /// Adds the ids that a record of this kind is about.
    pub(super) fn put_ids(&mut self, kind: Kind, ids: &[MessageId]) {
        self.put(kind, |out| ids.iter().for_each(|id| id.put(out)));
    }
}

/// Octets of a record beside its message.
const BESIDE: usize = PREFIX + 1;
/// Octets of room that a thread keeps for its next call, for records and for effects.
const KEPT: usize = 64 << 10;
/// Lanes that are looked at to find one again, and kept from one call to the next.
const NAMES: usize = 8;

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;
    use crate::model::Account;

    /// The numbers of new messages on these lanes, in a call of this queue.
    fn numbers(queue: u64, lanes: &[&str], mut number: impl FnMut(&str) -> Option<u32>) -> Option<Vec<u32>> {
        let message = |lane: &&str| Message::new(MessageId(1), Account::from("shop"), Lane::from(*lane));
        let messages: Vec<_> = lanes.iter().map(message).collect();
        Draft::with((queue, 7), |draft| {
            draft.encode(&messages).unwrap();
            let numbered = draft.number(|lane| number(lane.as_str()).map(LaneNo));
            let lanes = draft.effects.iter().map(|effect| match effect {
                Effect::Accepted { facts, .. } => facts.lane.0,
                other => panic!("{other:?}"),
            });
            numbered.then(|| lanes.collect())
        })
    }

    #[test]
    fn lanes_are_numbered_once_for_each_queue() {
        let places = |lane: &str| ["a", "b"].iter().position(|name| *name == lane).map(|place| place as u32 + 5);
        assert_eq!(numbers(1, &["a", "b", "a"], places), Some(vec![5, 6, 5]));
        assert_eq!(numbers(1, &["b", "a"], |_| panic!("they are known")), Some(vec![6, 5]));
        assert_eq!(numbers(1, &["a", "c"], places), None, "one of them has none yet");
        assert_eq!(numbers(1, &["b"], |_| panic!("nobody asks for the one that was refused")), Some(vec![6]));
        assert_eq!(numbers(1, &["c", "a"], |_| Some(9)), Some(vec![9, 5]));
        assert_eq!(numbers(2, &["a", "b"], |lane| (lane == "b").then_some(0)), None, "another queue has numbers of its own");
        assert_eq!(numbers(2, &["b", "a"], |lane| Some(u32::from(lane == "a"))), Some(vec![0, 1]));
        let many: Vec<_> = (0..100_u32).map(|lane| (lane % 50).to_string()).collect();
        let names: Vec<_> = many.iter().map(String::as_str).collect();
        let own = |lane: &str| lane.parse().ok();
        assert_eq!(numbers(2, &names, own), Some((0..100).map(|lane| lane % 50).collect()));
        assert_eq!(numbers(2, &["7"], own), Some(vec![7]));
    }

    #[test]
    fn nothing_is_left_of_a_call_that_panicked() {
        let panicked = catch_unwind(|| numbers(1, &["a"], |_| panic!("a panic that this test wants")));
        assert!(panicked.is_err());
        assert_eq!(numbers(1, &["b"], |_| Some(3)), Some(vec![3]));
    }
}

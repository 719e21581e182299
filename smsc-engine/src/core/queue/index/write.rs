//! Changing an index in two halves: promise, then commit.

use crate::model::{Message, MessageId, Status, Timestamp};

use super::super::change::Change;
use super::super::error::{ChangeError, QueueError};
use super::Index;
use super::entry::{Coming, Effect, Entry, Place};

impl<B: Clone> Index<B> {
    /// Promises places to new messages, all or none; `body` stands in until they are durable.
    pub(crate) fn admit(&mut self, batch: &[Message], body: &B) -> Result<(), QueueError> {
        if self.pending + batch.len() > self.limits.pending {
            return Err(QueueError::Full { limit: self.limits.pending });
        }
        for (admitted, message) in batch.iter().enumerate() {
            if !self.admit_one(message, body) {
                for message in batch.iter().take(admitted) {
                    self.entries.remove(&message.id);
                }
                self.pending -= admitted;
                return Err(QueueError::Duplicate(message.id));
            }
        }
        Ok(())
    }

    /// Promises a change, and a place to its receipt; the message is held until `commit`.
    pub(crate) fn promise(&mut self, change: &Change, body: &B) -> Result<(), ChangeError> {
        let id = change.id();
        self.entries.get(&id).ok_or(ChangeError::Unknown)?.permits(change)?;
        if let Some(receipt) = change.receipt().filter(|receipt| !self.admit_one(receipt, body)) {
            return Err(ChangeError::Duplicate(receipt.id));
        }
        self.hold(id);
        let Some(entry) = self.entries.get_mut(&id) else {
            return Err(ChangeError::Unknown);
        };
        entry.writes += 1;
        entry.coming = Some(match change {
            Change::Settle { outcome, .. } | Change::Cancel { outcome, .. } => {
                self.pending -= 1;
                Coming::Final(outcome.state)
            }
            Change::Reopen { .. } => {
                self.pending += 1;
                Coming::Pending
            }
            Change::Retry { .. } | Change::Replace { .. } => Coming::Pending,
        });
        Ok(())
    }

    /// Promises that the body of a message will lie somewhere else; not when it lies there already or is being changed.
    pub(crate) fn promise_move(&mut self, id: MessageId, from: &B) -> bool
    where
        B: PartialEq,
    {
        let entry = self.entries.get_mut(&id).filter(|entry| entry.body == *from && !entry.is_being_changed());
        if let Some(entry) = entry {
            entry.writes += 1;
            return true;
        }
        false
    }

    /// Does what has become durable.
    pub(crate) fn commit(&mut self, effect: Effect<B>) {
        let id = effect.id();
        self.detach(id);
        let Some(entry) = self.entries.get_mut(&id) else {
            return;
        };
        self.freed.extend(entry.take(effect));
        entry.writes = entry.writes.saturating_sub(1);
        if entry.writes == 0 {
            entry.coming = None;
        } else if entry.outcome().is_none() {
            entry.place = Place::Held;
        }
        self.attach(id);
        self.forget_surplus();
    }

    /// Tells everybody who waits for what was committed.
    pub(crate) fn notify(&mut self) {
        self.lanes.notify();
    }

    /// Forgets messages that ended before `done_before`.
    pub(crate) fn forget(&mut self, done_before: Timestamp) -> usize {
        self.forget_first(|finals, _| finals.first().is_some_and(|(done, _)| *done < done_before))
    }

    pub(super) fn forget_surplus(&mut self) {
        self.forget_first(|finals, limits| finals.len() > limits.finals);
    }

    /// Forgets the message that ended first for as long as `surplus` says so.
    fn forget_first(&mut self, surplus: impl Fn(&super::Finals, super::Limits) -> bool) -> usize {
        let mut forgotten = 0;
        while surplus(&self.finals, self.limits) {
            let Some((_, id)) = self.finals.first().copied() else {
                break;
            };
            if self.entries.get(&id).is_some_and(Entry::is_being_changed) {
                break; // it is being reopened or moved; the next round takes it
            }
            self.detach(id);
            self.freed.extend(self.entries.remove(&id).map(|entry| entry.body));
            forgotten += 1;
        }
        forgotten
    }

    fn admit_one(&mut self, message: &Message, body: &B) -> bool {
        if self.entries.contains_key(&message.id) {
            return false;
        }
        let facts = self.facts(message);
        self.entries.insert(message.id, Entry::unborn(facts, body.clone()));
        self.pending += 1;
        true
    }

    /// Takes a pending message off its lane, so that nobody leases it.
    fn hold(&mut self, id: MessageId) {
        let Some(entry) = self.entries.get_mut(&id).filter(|entry| entry.outcome().is_none()) else {
            return;
        };
        if let Some(lane) = self.lanes.get_mut(entry.facts.lane) {
            lane.leave(id, entry);
        }
        entry.place = Place::Held;
    }

    /// Takes a message out of all sets.
    fn detach(&mut self, id: MessageId) {
        let Some(entry) = self.entries.get(&id).filter(|entry| entry.is_visible()) else {
            return;
        };
        if let Some(outcome) = entry.outcome() {
            self.finals.remove(&(outcome.done, id));
            count(&mut self.counts, outcome.state.status(), u64::wrapping_sub);
            return;
        }
        self.expiry.remove(&(entry.facts.expires, id));
        self.alike.remove(&(entry.facts.alike, id));
        count(&mut self.counts, Status::Pending, u64::wrapping_sub);
        if let Some(lane) = self.lanes.get_mut(entry.facts.lane) {
            lane.leave(id, entry);
            lane.pending -= 1;
        }
    }

    /// Puts a message into the sets where its place says it belongs.
    fn attach(&mut self, id: MessageId) {
        let Some(entry) = self.entries.get(&id).filter(|entry| entry.is_visible()) else {
            return;
        };
        if let Some(outcome) = entry.outcome() {
            self.finals.insert((outcome.done, id));
            count(&mut self.counts, outcome.state.status(), u64::wrapping_add);
            return;
        }
        if entry.facts.expires < Timestamp::MAX {
            self.expiry.insert((entry.facts.expires, id));
        }
        self.alike.insert((entry.facts.alike, id));
        count(&mut self.counts, Status::Pending, u64::wrapping_add);
        if let Some(lane) = self.lanes.get_mut(entry.facts.lane) {
            lane.enter(id, entry);
            lane.pending += 1;
        }
        self.lanes.touch(entry.facts.lane);
    }
}

pub(super) fn count(counts: &mut [u64; Status::ALL.len()], status: Status, change: fn(u64, u64) -> u64) {
    let place = Status::ALL.iter().position(|other| *other == status);
    if let Some(count) = place.and_then(|place| counts.get_mut(place)) {
        *count = change(*count, 1);
    }
}

//! Changing an index in two halves: promise, then commit.

use crate::model::{Message, MessageId, Timestamp};

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
                    self.entries.remove(message.id);
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
        self.entries.get(id).ok_or(ChangeError::Unknown)?.permits(change)?;
        if let Some(receipt) = change.receipt().filter(|receipt| !self.admit_one(receipt, body)) {
            return Err(ChangeError::Duplicate(receipt.id));
        }
        let entry = self.entries.get_mut(id).ok_or(ChangeError::Unknown)?;
        if entry.outcome().is_none() {
            // Off its lane, so that nobody leases it.
            if let Some(lane) = self.sets.lanes.get_mut(entry.facts.lane) {
                lane.leave(id, entry);
            }
            entry.place = Place::Held;
        }
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
        let entry = self.entries.get_mut(id).filter(|entry| entry.body == *from && !entry.is_being_changed());
        if let Some(entry) = entry {
            entry.writes += 1;
            return true;
        }
        false
    }

    /// Does what has become durable.
    pub(crate) fn commit(&mut self, effect: Effect<B>) {
        let id = effect.id();
        let Some(entry) = self.entries.get_mut(id) else {
            return;
        };
        if entry.is_visible() {
            self.sets.leave(id, entry);
        }
        self.freed.extend(entry.take(effect));
        entry.writes = entry.writes.saturating_sub(1);
        if entry.writes == 0 {
            entry.coming = None;
        } else if entry.outcome().is_none() {
            entry.place = Place::Held;
        }
        self.sets.enter(id, entry);
        self.forget_surplus();
    }

    /// Tells everybody who waits for what was committed.
    pub(crate) fn notify(&mut self) {
        self.sets.lanes.notify();
    }

    /// Forgets messages that ended before `done_before`.
    pub(crate) fn forget(&mut self, done_before: Timestamp) -> usize {
        let mut forgotten = 0;
        while self.sets.finals.first().is_some_and(|(done, _)| *done < done_before) && self.forget_first() {
            forgotten += 1;
        }
        forgotten
    }

    pub(super) fn forget_surplus(&mut self) {
        while self.sets.finals.len() > self.limits.finals && self.forget_first() {}
    }

    /// Forgets the message that ended first; not while it is being reopened or moved, the next round takes it then.
    fn forget_first(&mut self) -> bool {
        let Some((_, id)) = self.sets.finals.first().copied() else {
            return false;
        };
        if self.entries.get(id).is_none_or(Entry::is_being_changed) {
            return false;
        }
        if let Some(entry) = self.entries.remove(id) {
            self.sets.leave(id, &entry);
            self.freed.push(entry.body);
        }
        true
    }

    fn admit_one(&mut self, message: &Message, body: &B) -> bool {
        let facts = self.facts(message);
        let admitted = self.entries.insert(message.id, Entry::unborn(facts, body.clone()));
        self.pending += usize::from(admitted);
        admitted
    }
}

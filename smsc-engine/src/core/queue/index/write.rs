//! Changing an index in two halves: promise, then commit.

use crate::model::{Message, MessageId, Timestamp, Word};

use super::super::change::Change;
use super::super::error::{ChangeError, QueueError};
use super::entry::{Coming, Effect, Entry, Marks, Place};
use super::{Handing, Index};

impl<B: Clone> Index<B> {
    /// Promises places to new messages, all or none; `body` stands in until they are durable.
    pub(crate) fn admit(&mut self, batch: &[Message], body: &B) -> Result<(), QueueError> {
        if self.pending + self.ending + self.sets.unrecorded.len() + batch.len() > self.limits.pending {
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
        let entry = self.entries.get_mut(id).ok_or(ChangeError::Unknown)?;
        entry.permits(change)?;
        let entry = match change.receipt() {
            None => entry,
            Some(receipt) if self.admit_one(receipt, body) => self.entries.get_mut(id).ok_or(ChangeError::Unknown)?,
            Some(receipt) => return Err(ChangeError::Duplicate(receipt.id)),
        };
        if entry.outcome().is_none() {
            // Off its lane, so that nobody leases it.
            if let Some(lane) = self.sets.lanes.get_mut(entry.facts.lane) {
                lane.leave(id, entry);
            }
            entry.place = Place::Held;
        }
        let was_pending = entry.end() == Some(None);
        entry.writes += 1;
        let coming = match change {
            Change::Settle(end) | Change::Cancel(end) => {
                // A record of an earlier end does not count for this one.
                let marks = Marks { recorded: false, ..entry.facts.marks };
                self.ending += usize::from(self.sets.owes(marks));
                Coming::Final(end.outcome.state)
            }
            Change::Delete { .. } => Coming::Gone,
            Change::Retry { .. } | Change::Handed { .. } | Change::Replace { .. } | Change::Reopen { .. } => Coming::Pending,
        };
        entry.coming = Some(coming);
        self.pending += usize::from(coming == Coming::Pending);
        self.pending -= usize::from(was_pending);
        Ok(())
    }

    /// Takes the number of the next handing, and says where it happens.
    pub(crate) fn handing(&mut self, id: MessageId, remote: Word) -> Handing {
        let lane = self.entries.get(id).and_then(|entry| self.sets.lanes.get(entry.facts.lane));
        let lane = lane.map(|lane| lane.name.clone()).unwrap_or_default();
        Handing { lane, remote, order: self.handings.next_order() }
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
        match &effect {
            Effect::Deleted { .. } => return self.remove(id),
            Effect::Handed { handing, .. } => self.handings.insert(id, Handing::clone(handing)),
            Effect::Replaced { .. } if entry.facts.marks.handed => self.handings.remove(id),
            Effect::Settled { .. } => {
                let marks = Marks { recorded: false, ..entry.facts.marks };
                self.ending = self.ending.saturating_sub(usize::from(self.sets.owes(marks)));
            }
            _ => {}
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

    /// Forgets messages that ended before `done_before`, at most so many, and tells which.
    pub(crate) fn forget(&mut self, done_before: Timestamp, max: usize) -> Vec<MessageId> {
        let mut forgotten = Vec::new();
        while forgotten.len() < max && self.sets.finals.first().is_some_and(|(done, _)| *done < done_before) {
            match self.forget_first() {
                Some(id) => forgotten.push(id),
                None => break,
            }
        }
        forgotten
    }

    pub(super) fn forget_surplus(&mut self) {
        while self.sets.finals.len() > self.limits.finals && self.forget_first().is_some() {}
    }

    /// Forgets the message that ended first; not while it is being reopened or moved, the next round takes it then.
    fn forget_first(&mut self) -> Option<MessageId> {
        let (_, id) = *self.sets.finals.first()?;
        let entry = self.entries.get(id).filter(|entry| !entry.is_being_changed())?;
        self.sets.leave(id, entry);
        self.remove(id);
        Some(id)
    }

    /// Takes a message out that is in no set any more.
    pub(super) fn remove(&mut self, id: MessageId) {
        if let Some(entry) = self.entries.remove(id) {
            if entry.facts.marks.handed {
                self.handings.remove(id);
            }
            self.freed.push(entry.body);
        }
    }

    fn admit_one(&mut self, message: &Message, body: &B) -> bool {
        let facts = self.facts(message);
        let admitted = self.entries.insert(message.id, Entry::unborn(facts, body.clone()));
        self.pending += usize::from(admitted);
        admitted
    }
}

//! Changing an index in two halves: promise, then commit.

use crate::model::{MessageId, Timestamp, Word};

use super::super::change::Change;
use super::super::error::ChangeError;
use super::entry::{Coming, Effect, Entry, Facts, Marks, Place};
use super::{Handing, Index};

impl<B: Clone> Index<B> {
    /// Tells whether there is a message with this id; see `Arrivals` for those that will be.
    pub(crate) fn knows(&self, id: MessageId) -> bool {
        self.entries.get(id).is_some()
    }

    /// Returns the lowest id above those of all messages.
    pub(crate) fn fresh(&self) -> MessageId {
        self.entries.below(None).next().map_or(MessageId(0), |(id, _)| MessageId(id.0.saturating_add(1)))
    }

    /// Counts what takes a place: messages that are pending, or have ended and owe a record, after all changes that were
    /// promised.
    pub(crate) fn occupied(&self) -> usize {
        self.pending + self.ending + self.sets.unrecorded.len()
    }

    /// Promises a change; the message is held until `commit`. `take` promises a place to the receipt, if there is one.
    pub(crate) fn promise(&mut self, change: &Change, take: impl FnOnce(MessageId) -> bool) -> Result<(), ChangeError> {
        let id = change.id();
        let entry = self.entries.get_mut(id).ok_or(ChangeError::Unknown)?;
        entry.permits(change)?;
        let entry = match change.receipt() {
            None => entry,
            Some(receipt) if self.knows(receipt.id) || !take(receipt.id) => return Err(ChangeError::Duplicate(receipt.id)),
            Some(_) => self.entries.get_mut(id).ok_or(ChangeError::Unknown)?,
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
        self.take(effect);
        self.name_few();
    }

    fn take(&mut self, effect: Effect<B>) {
        let id = effect.id();
        let effect = match effect {
            Effect::Accepted { body, facts, .. } => return self.arrive(id, facts, body),
            other => other,
        };
        let Some(entry) = self.entries.get_mut(id) else {
            return;
        };
        self.sets.leave(id, entry);
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

    fn arrive(&mut self, id: MessageId, facts: Facts, body: B) {
        let entry = Entry::new(facts, body);
        self.sets.enter(id, &entry);
        self.entries.insert(id, entry);
        self.pending += 1;
    }
}

//! Filling an index from a store that was read from its beginning, without doing everything twice.
//!
//! While a store is read only the entries are kept; `rebuild` then makes all sets in one go.

use crate::model::{Lane, Message, MessageId, Outcome, Status, Timestamp};

use super::Index;
use super::entry::{Effect, Entry, Facts, Place, ReadyKey};
use super::write::count;

impl<B: Clone> Index<B> {
    /// Takes a message in, in place of what was known of it before.
    pub(crate) fn restore(&mut self, message: &Message, body: B, outcome: Option<Outcome>) {
        let facts = self.facts(message);
        let place = outcome.map_or(Place::Waiting, Place::Final);
        self.entries.insert(message.id, Entry { facts, body, place, writes: 0, coming: None });
    }

    /// Takes a message in as another index knew it; `None` when its lane was not named before.
    pub(crate) fn restore_entry(&mut self, (id, facts, body, outcome): Known<B>) -> Option<()> {
        self.lanes.get(facts.lane)?;
        let place = outcome.map_or(Place::Waiting, Place::Final);
        self.entries.insert(id, Entry { facts, body, place, writes: 0, coming: None });
        Some(())
    }

    /// Does again what was done; a message that was forgotten since stays forgotten.
    pub(crate) fn redo(&mut self, effect: Effect<B>) {
        if let Some(entry) = self.entries.get_mut(&effect.id()) {
            entry.take(effect);
        }
    }

    /// Returns everything that is known, in the order of ids.
    pub(crate) fn known(&self) -> impl ExactSizeIterator<Item = Known<B>> + '_ {
        self.entries.iter().map(|(id, entry)| (*id, entry.facts, entry.body.clone(), entry.outcome()))
    }

    /// Returns the names of all lanes in the order of their numbers.
    pub(crate) fn lane_names(&self) -> Vec<Lane> {
        self.lanes.iter().map(|lane| lane.name.clone()).collect()
    }

    /// Makes the sets of all entries; what is due at `now` is ready.
    pub(crate) fn rebuild(&mut self, now: Timestamp) {
        let mut sets = Sets::default();
        sets.lanes.resize_with(self.lanes.iter().count(), <(Vec<_>, Vec<_>)>::default);
        for (id, entry) in &mut self.entries {
            let status = entry.outcome().map_or(Status::Pending, |outcome| outcome.state.status());
            count(&mut self.counts, status, u64::wrapping_add);
            sets.add(*id, entry, now);
        }
        self.pending = sets.alike.len();
        // Sets made of sorted vectors are filled to the brim; growing them one by one leaves them half empty.
        self.expiry = sets.expiry.into_iter().collect();
        self.alike = sets.alike.into_iter().collect();
        self.finals = sets.finals.into_iter().collect();
        for (lane, (waiting, ready)) in self.lanes.iter_mut().zip(sets.lanes) {
            lane.pending = (waiting.len() + ready.len()) as u64;
            lane.waiting = waiting.into_iter().collect();
            lane.ready = ready.into_iter().collect();
        }
        self.forget_surplus();
    }
}

/// All that must be kept of a message to know it again.
pub(crate) type Known<B> = (MessageId, Facts, B, Option<Outcome>);

#[derive(Default)]
struct Sets {
    expiry: Vec<(Timestamp, MessageId)>,
    alike: Vec<(u64, MessageId)>,
    finals: Vec<(Timestamp, MessageId)>,
    /// Waiting and ready messages of each lane.
    lanes: Vec<(Vec<(Timestamp, MessageId)>, Vec<ReadyKey>)>,
}

impl Sets {
    fn add<B>(&mut self, id: MessageId, entry: &mut Entry<B>, now: Timestamp) {
        if let Some(outcome) = entry.outcome() {
            self.finals.push((outcome.done, id));
            return;
        }
        self.alike.push((entry.facts.alike, id));
        if entry.facts.expires < Timestamp::MAX {
            self.expiry.push((entry.facts.expires, id));
        }
        let Some((waiting, ready)) = self.lanes.get_mut(entry.facts.lane.0 as usize) else {
            return;
        };
        if entry.facts.due <= now {
            entry.place = Place::Ready;
            ready.push(entry.ready_key(id));
        } else {
            entry.place = Place::Waiting;
            waiting.push((entry.facts.due, id));
        }
    }
}

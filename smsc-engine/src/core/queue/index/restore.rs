//! Filling an index from a store that was read from its beginning, without doing everything twice.
//!
//! While a store is read only the entries are kept; `rebuild` then makes all sets in one go.

use crate::model::{Lane, Message, MessageId, Outcome, Timestamp};

use super::Index;
use super::entry::{Effect, Entry, Facts, Place};

/// All that must be kept of a message to know it again.
pub(crate) type Known<B> = (MessageId, Facts, B, Option<Outcome>);

impl<B: Clone> Index<B> {
    /// Takes a message in, in place of what was known of it before.
    pub(crate) fn restore(&mut self, message: &Message, body: B, outcome: Option<Outcome>) {
        let facts = self.facts(message);
        self.restore_entry((message.id, facts, body, outcome));
    }

    /// Takes a message in as another index knew it; `None` when its lane was not named before.
    pub(crate) fn restore_entry(&mut self, (id, facts, body, outcome): Known<B>) -> Option<()> {
        self.sets.lanes.get(facts.lane)?;
        let place = outcome.map_or(Place::Waiting, Place::Final);
        self.entries.remove(id);
        self.entries.insert(id, Entry { facts, body, place, writes: 0, coming: None });
        Some(())
    }

    /// Does again what was done; a message that was forgotten since stays forgotten.
    pub(crate) fn redo(&mut self, effect: Effect<B>) {
        if let Some(entry) = self.entries.get_mut(effect.id()) {
            entry.take(effect);
        }
    }

    /// Returns how much `known` returns.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns everything that is known, in the order of ids.
    pub(crate) fn known(&self) -> impl Iterator<Item = Known<B>> + '_ {
        self.entries.above(None).map(|(id, entry)| (id, entry.facts, entry.body.clone(), entry.outcome()))
    }

    /// Returns the names of all lanes in the order of their numbers.
    pub(crate) fn lane_names(&self) -> Vec<Lane> {
        self.sets.lanes.iter().map(|lane| lane.name.clone()).collect()
    }

    /// Makes the sets of all entries; what is due at `now` is ready.
    pub(crate) fn rebuild(&mut self, now: Timestamp) {
        for (id, entry) in self.entries.iter_mut() {
            if entry.outcome().is_none() {
                self.pending += 1;
                entry.place = if entry.facts.due <= now { Place::Ready } else { Place::Waiting };
            }
            self.sets.enter(id, entry);
        }
        self.forget_surplus();
    }
}

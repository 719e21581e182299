//! Filling an index from a store that was read from its beginning, without doing everything twice.
//!
//! While a store is read only the entries are kept; `rebuild` then makes all sets in one go.

use crate::model::{Lane, Message, MessageId, Outcome, Timestamp};

use super::Index;
use super::entry::{Effect, Entry, Facts, Place, ReadyKey};
use super::sets::Sets;

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
        let mut lists = Lists::default();
        lists.lanes.resize_with(self.sets.lanes.iter().count(), LaneLists::default);
        for (id, entry) in self.entries.iter_mut() {
            self.sets.count(entry, u64::wrapping_add);
            if let Some(outcome) = entry.outcome() {
                lists.finals.push((outcome.done, id));
                continue;
            }
            self.pending += 1;
            self.sets.alike.insert(entry.facts.alike, id);
            lists.add(id, entry, now);
        }
        lists.fill(&mut self.sets);
        self.forget_surplus();
    }
}

/// Sets made of a whole list are filled to the brim; those that grow one by one stay half empty.
#[derive(Default)]
struct Lists {
    expiry: Vec<(Timestamp, MessageId)>,
    finals: Vec<(Timestamp, MessageId)>,
    lanes: Vec<LaneLists>,
}

#[derive(Default)]
struct LaneLists {
    waiting: Vec<(Timestamp, MessageId)>,
    ready: Vec<ReadyKey>,
}

impl Lists {
    fn add<B>(&mut self, id: MessageId, entry: &mut Entry<B>, now: Timestamp) {
        if entry.facts.expires < Timestamp::MAX {
            self.expiry.push((entry.facts.expires, id));
        }
        let Some(lane) = self.lanes.get_mut(entry.facts.lane.0 as usize) else {
            return;
        };
        if entry.facts.due <= now {
            entry.place = Place::Ready;
            lane.ready.push(entry.ready_key(id));
        } else {
            entry.place = Place::Waiting;
            lane.waiting.push((entry.facts.due, id));
        }
    }

    fn fill(self, sets: &mut Sets) {
        sets.expiry = self.expiry.into_iter().collect();
        sets.finals = self.finals.into_iter().collect();
        for (lane, LaneLists { waiting, ready }) in sets.lanes.iter_mut().zip(self.lanes) {
            lane.pending = (waiting.len() + ready.len()) as u64;
            lane.waiting = waiting.into_iter().collect();
            lane.ready = ready.into_iter().collect();
        }
    }
}

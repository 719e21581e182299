//! Filling an index from a store that was read from its beginning, without doing everything twice.
//!
//! While a store is read only the entries are kept; `rebuild` then makes all sets in one go.

use crate::model::{Lane, Message, MessageId, Outcome, Timestamp};

use super::entry::{Effect, Entry, Facts, Place};
use super::{Handing, Index};

/// All that must be kept of a message to know it again.
#[derive(Clone, Debug)]
pub(crate) struct Known<B> {
    pub(crate) id: MessageId,
    pub(crate) facts: Facts,
    pub(crate) body: B,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) handing: Option<Handing>,
}

/// What had happened to a message that is written again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Past {
    pub(crate) outcome: Option<Outcome>,
    pub(crate) recorded: bool,
    pub(crate) handing: Option<Handing>,
}

impl<B: Clone> Index<B> {
    /// Takes a message in, in place of what was known of it before.
    pub(crate) fn restore(&mut self, message: &Message, body: B, past: Past) {
        let Past { outcome, recorded, handing } = past;
        let mut facts = self.facts(message);
        facts.marks.recorded = recorded;
        facts.marks.handed = handing.is_some();
        self.restore_entry(Known { id: message.id, facts, body, outcome, handing });
    }

    /// Takes a message in as another index knew it; `None` when its lane was not named before.
    pub(crate) fn restore_entry(&mut self, known: Known<B>) -> Option<()> {
        let Known { id, facts, body, outcome, handing } = known;
        self.sets.lanes.get(facts.lane)?;
        let place = outcome.map_or(Place::Waiting, Place::Final);
        self.remove(id);
        self.entries.insert(id, Entry { facts, body, place, writes: 0, coming: None });
        if let Some(handing) = handing {
            self.handings.insert(id, handing);
        }
        Some(())
    }

    /// Does again what was done; a message that was forgotten since stays forgotten.
    pub(crate) fn redo(&mut self, effect: Effect<B>) {
        let id = effect.id();
        let Some(entry) = self.entries.get_mut(id) else {
            return;
        };
        match &effect {
            Effect::Deleted { .. } => return self.remove(id),
            Effect::Handed { handing, .. } => self.handings.insert(id, Handing::clone(handing)),
            _ => {}
        }
        entry.take(effect);
    }

    /// Notes that the record of a message was written.
    pub(crate) fn redo_recorded(&mut self, id: MessageId) {
        if let Some(entry) = self.entries.get_mut(id) {
            entry.facts.marks.recorded = true;
        }
    }

    /// Returns the first messages above an id, and the id to go on with if there may be more.
    pub(crate) fn known(&self, beyond: Option<MessageId>, max: usize) -> (Vec<Known<B>>, Option<MessageId>) {
        let mut last = None;
        let mut known = Vec::with_capacity(max);
        for (looked, (id, entry)) in self.entries.above(beyond).enumerate() {
            if looked == max {
                return (known, last);
            }
            last = Some(id);
            let (facts, body, outcome) = (entry.facts, entry.body.clone(), entry.outcome());
            known.push(Known { id, facts, body, outcome, handing: self.past_handing(id, entry) });
        }
        (known, None)
    }

    /// Returns where all bodies are, and whether their messages have ended.
    pub(crate) fn bodies(&self) -> impl Iterator<Item = (MessageId, &B, bool)> + '_ {
        self.entries.above(None).map(|(id, entry)| (id, &entry.body, entry.outcome().is_some()))
    }

    /// Returns what has happened to a message beside what the message itself says.
    pub(crate) fn past(&self, id: MessageId) -> Past {
        self.entries.get(id).map_or_else(Past::default, |entry| Past {
            outcome: entry.outcome(),
            recorded: entry.facts.marks.recorded,
            handing: self.past_handing(id, entry),
        })
    }

    /// Returns the names of the lanes from a number on, in the order of their numbers.
    pub(crate) fn lane_names(&self, from: usize) -> Vec<Lane> {
        self.sets.lanes.iter().skip(from).map(|lane| lane.name.clone()).collect()
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
        self.name_few();
        self.forget_surplus();
    }

    fn past_handing(&self, id: MessageId, entry: &Entry<B>) -> Option<Handing> {
        entry.facts.marks.handed.then(|| self.handings.get(id).cloned()).flatten()
    }
}

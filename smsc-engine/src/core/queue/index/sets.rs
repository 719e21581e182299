//! The orders in which messages are looked for; a message is in exactly those where its place puts it.

use crate::model::{MessageId, Status, Timestamp};

use super::alike::Alike;
use super::entry::{Entry, Place};
use super::lanes::Lanes;
use super::ordered::Ordered;

/// All sets of one index.
#[derive(Debug)]
pub(super) struct Sets {
    pub(super) lanes: Lanes,
    /// Pending messages by their deadline.
    pub(super) expiry: Ordered<(Timestamp, MessageId)>,
    /// Pending messages by their likeness.
    pub(super) alike: Alike,
    /// Ended messages by the time of their end.
    pub(super) finals: Ordered<(Timestamp, MessageId)>,
    /// Messages by status, in the order of `Status::ALL`.
    pub(super) counts: [u64; Status::ALL.len()],
}

impl Sets {
    pub(super) fn new() -> Self {
        Sets {
            lanes: Lanes::default(),
            expiry: Ordered::new(),
            alike: Alike::new(),
            finals: Ordered::new(),
            counts: [0; Status::ALL.len()],
        }
    }

    /// Puts a message into the sets where its place says it belongs.
    pub(super) fn enter<B>(&mut self, id: MessageId, entry: &Entry<B>) {
        self.count(entry, u64::wrapping_add);
        if let Place::Final(outcome) = entry.place {
            self.finals.insert((outcome.done, id));
            return;
        }
        if entry.facts.expires < Timestamp::MAX {
            self.expiry.insert((entry.facts.expires, id));
        }
        self.alike.insert(entry.facts.alike, id);
        if let Some(lane) = self.lanes.get_mut(entry.facts.lane) {
            lane.enter(id, entry);
            lane.pending += 1;
        }
        self.lanes.touch(entry.facts.lane);
    }

    /// Takes a message out of all sets.
    pub(super) fn leave<B>(&mut self, id: MessageId, entry: &Entry<B>) {
        self.count(entry, u64::wrapping_sub);
        if let Place::Final(outcome) = entry.place {
            self.finals.remove(&(outcome.done, id));
            return;
        }
        self.expiry.remove(&(entry.facts.expires, id));
        self.alike.remove(entry.facts.alike, id);
        if let Some(lane) = self.lanes.get_mut(entry.facts.lane) {
            lane.leave(id, entry);
            lane.pending -= 1;
        }
    }

    pub(super) fn count<B>(&mut self, entry: &Entry<B>, change: fn(u64, u64) -> u64) {
        let status = entry.outcome().map_or(Status::Pending, |outcome| outcome.state.status());
        let place = Status::ALL.iter().position(|other| *other == status);
        if let Some(count) = place.and_then(|place| self.counts.get_mut(place)) {
            *count = change(*count, 1);
        }
    }
}

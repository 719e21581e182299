//! The orders in which messages are looked for; a message is in exactly those where its place puts it.

use crate::model::{MessageId, Status, Timestamp};

use super::crowd::Crowd;
use super::entry::{Entry, Marks, Place};
use super::lanes::Lanes;
use super::ordered::Ordered;

/// All sets of one index.
#[derive(Debug)]
pub(super) struct Sets {
    pub(super) lanes: Lanes,
    /// Pending messages by their deadline.
    pub(super) expiry: Ordered<(Timestamp, MessageId)>,
    /// Where pending messages are, by id and by likeness.
    pub(super) crowd: Crowd,
    /// Ended messages by the time of their end, but for those of which a record is owed.
    pub(super) finals: Ordered<(Timestamp, MessageId)>,
    /// Ended messages of which a record is owed, by the time of their end.
    pub(super) unrecorded: Ordered<(Timestamp, MessageId)>,
    /// Whether records are owed at all.
    records: bool,
    /// Messages by status, in the order of `Status::ALL`.
    pub(super) counts: [u64; Status::ALL.len()],
}

impl Sets {
    pub(super) fn new(records: bool) -> Self {
        Sets {
            records,
            unrecorded: Ordered::new(),
            lanes: Lanes::default(),
            expiry: Ordered::new(),
            crowd: Crowd::new(),
            finals: Ordered::new(),
            counts: [0; Status::ALL.len()],
        }
    }

    /// Puts a message into the sets where its place says it belongs.
    pub(super) fn enter<B>(&mut self, id: MessageId, entry: &Entry<B>) {
        self.count(entry, u64::wrapping_add);
        if let Place::Final(outcome) = entry.place {
            self.ended(entry.facts.marks).insert((outcome.done, id));
            return;
        }
        if entry.facts.expires < Timestamp::MAX {
            self.expiry.insert((entry.facts.expires, id));
        }
        self.crowd.insert(entry.facts.alike, id);
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
            self.ended(entry.facts.marks).remove(&(outcome.done, id));
            return;
        }
        self.expiry.remove(&(entry.facts.expires, id));
        self.crowd.remove(entry.facts.alike, id);
        if let Some(lane) = self.lanes.get_mut(entry.facts.lane) {
            lane.leave(id, entry);
            lane.pending -= 1;
        }
    }

    /// Tells whether a record is owed of such a message once it ended.
    pub(super) fn owes(&self, marks: Marks) -> bool {
        self.records && marks.billed && !marks.recorded
    }

    fn ended(&mut self, marks: Marks) -> &mut Ordered<(Timestamp, MessageId)> {
        if self.owes(marks) { &mut self.unrecorded } else { &mut self.finals }
    }

    pub(super) fn count<B>(&mut self, entry: &Entry<B>, change: fn(u64, u64) -> u64) {
        let status = entry.outcome().map_or(Status::Pending, |outcome| outcome.state.status());
        if let Some(count) = self.counts.get_mut(status as usize) {
            *count = change(*count, 1);
        }
    }
}

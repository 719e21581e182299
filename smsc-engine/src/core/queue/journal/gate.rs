//! Where callers hand in what is to be written: behind a lock of its own, held for the copy of a record or two, so that
//! new messages come in while others work on the index.

use super::super::QueueError;
use super::super::index::{Arrivals, Index};
use super::draft::Draft;
use super::group::{Group, Position};
use crate::model::MessageId;

/// What gathers, and what must be known to let messages in. Who also needs the index locks that first.
pub(super) struct Gate {
    /// What is written next.
    pub(super) group: Group,
    pub(super) arrivals: Arrivals,
    /// Places that the messages in the index take.
    occupied: usize,
    /// Ids from here on are of no message in the index.
    fresh: MessageId,
    /// Why nothing more is accepted.
    pub(super) stop: Option<QueueError>,
}

impl Gate {
    pub(super) fn new(salt: u32, limit: usize, index: &Index<Position>) -> Self {
        Gate {
            group: Group::new(salt),
            arrivals: Arrivals::new(limit),
            occupied: index.occupied(),
            fresh: index.fresh(),
            stop: None,
        }
    }

    /// Tells whether any of these messages may be in the index, which only the index can say then.
    pub(super) fn may_know(&self, draft: &Draft) -> bool {
        draft.effects.iter().any(|effect| effect.id() < self.fresh)
    }

    /// Promises places to all messages of a draft or to none; `known` tells whether one is in the index.
    pub(super) fn admit(&mut self, draft: &Draft, known: impl Fn(MessageId) -> bool) -> Result<(), QueueError> {
        match &self.stop {
            Some(stop) => Err(stop.clone()),
            None => self.arrivals.admit(draft.effects.iter().map(|effect| effect.id()), self.occupied, known),
        }
    }

    /// Notes what has changed in the index.
    pub(super) fn follow(&mut self, index: &Index<Position>) {
        self.occupied = index.occupied();
    }

    /// Notes that messages are in the index now, and what has changed there beside.
    pub(super) fn arrived(&mut self, ids: impl Iterator<Item = MessageId>, index: &Index<Position>) {
        for id in ids {
            self.arrivals.leave(id);
            self.fresh = self.fresh.max(MessageId(id.0.saturating_add(1)));
        }
        self.follow(index);
    }
}

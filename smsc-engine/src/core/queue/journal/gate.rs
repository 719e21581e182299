//! Where callers hand in what is to be written: behind a lock of its own, held for the copy of a record or two, so that
//! new messages come in while others work on the index.

use super::super::QueueError;
use super::super::index::{Arrivals, Index, LaneNames};
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
    /// Lanes that the index has given numbers, perhaps not all.
    lanes: LaneNames,
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
            lanes: LaneNames::default(),
            stop: None,
        }
    }

    /// Tells whether any of these messages may be in the index, or is on a lane not seen before: only the index knows.
    pub(super) fn must_ask(&mut self, draft: &mut Draft) -> bool {
        let numbered = draft.number(|lane| self.lanes.number(lane));
        !numbered || draft.effects.iter().any(|effect| effect.id() < self.fresh)
    }

    /// Has the index number all lanes of a draft.
    pub(super) fn learn(&mut self, draft: &mut Draft, index: &mut Index<Position>) {
        draft.lanes().iter().for_each(|lane| _ = index.lane(lane));
        index.lane_names(self.lanes.len()).into_iter().for_each(|lane| _ = self.lanes.add(lane));
        draft.number(|lane| self.lanes.number(lane));
    }

    /// Promises places to all messages of a draft or to none, and takes them into the group; `known` tells whether one is
    /// in the index.
    pub(super) fn admit(&mut self, draft: &mut Draft, known: impl Fn(MessageId) -> bool) -> Result<(), QueueError> {
        self.arrivals.admit(draft.effects.iter().map(|effect| effect.id()), self.occupied, known)?;
        self.group.add(draft);
        Ok(())
    }

    /// Notes what has changed in the index.
    pub(super) fn follow(&mut self, index: &Index<Position>) {
        self.occupied = index.occupied();
    }

    /// Notes that messages are in the index now, and what has changed there beside.
    pub(super) fn arrived(&mut self, ids: &[MessageId], index: &Index<Position>) {
        self.arrivals.leave_all(ids.iter().copied());
        if let Some(highest) = ids.iter().max() {
            self.fresh = self.fresh.max(MessageId(highest.0.saturating_add(1)));
        }
        self.follow(index);
    }
}

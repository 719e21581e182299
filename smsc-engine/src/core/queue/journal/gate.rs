//! Where changes are handed in, and what must be known to let new messages in: behind a lock of its own, so that those who
//! hand in need not wait for those who work on the index.

use super::super::QueueError;
use super::super::index::{Arrivals, Effect, Index, LaneNames};
use super::draft::Draft;
use super::group::{Group, Position};
use crate::model::MessageId;

/// Who also needs the index locks that first.
pub(super) struct Gate {
    /// The changes that are written next.
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

    /// Puts the numbers of its lanes into a draft; `false` when only the index knows one of them.
    pub(super) fn number(&mut self, draft: &mut Draft) -> bool {
        draft.number(|lane| self.lanes.number(lane))
    }

    /// Has the index number all lanes of a draft.
    pub(super) fn learn(&mut self, draft: &mut Draft, index: &mut Index<Position>) {
        draft.lanes().iter().for_each(|lane| _ = index.lane(lane));
        index.lane_names(self.lanes.len()).into_iter().for_each(|lane| _ = self.lanes.add(lane));
        self.number(draft);
    }

    /// Tells whether any of these messages may be in the index.
    pub(super) fn must_ask(&self, groups: &[Group]) -> bool {
        groups.iter().flat_map(|group| &group.promises.effects).any(|effect| effect.id() < self.fresh)
    }

    /// Promises a place to each new message of these groups, and refuses the calls for which there is none or that bring an
    /// id again; `known` tells whether one is in the index.
    pub(super) fn admit(&mut self, groups: &mut [Group], known: impl Fn(MessageId) -> bool) {
        for group in groups {
            group.sift(|call| self.arrivals.admit(call.iter().map(Effect::id), self.occupied, &known));
        }
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

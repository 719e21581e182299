//! Taking back what was promised and could not be made durable.

use crate::model::{MessageId, Status, Timestamp};

use super::Index;
use super::entry::Place;

impl<B: Clone> Index<B> {
    /// Takes back every promise there is; `ids` are the messages they were about.
    ///
    /// What was about to be changed stays off its work list until `until`: it may have been delivered just now.
    pub(crate) fn roll_back(&mut self, ids: impl Iterator<Item = MessageId>, until: Timestamp) {
        for id in ids {
            let Some(entry) = self.entries.get_mut(id) else {
                continue;
            };
            entry.writes = 0;
            entry.coming = None;
            if entry.place == Place::Held {
                entry.place = Place::Leased(until);
                if let Some(lane) = self.sets.lanes.get_mut(entry.facts.lane) {
                    lane.enter(id, entry);
                }
            }
        }
        let pending = Status::ALL.iter().zip(self.sets.counts).find(|(status, _)| **status == Status::Pending);
        self.pending = pending.map_or(0, |(_, count)| count as usize);
        self.ending = 0;
    }
}

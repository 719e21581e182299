//! Messages that ended and whose record is not written yet.

use crate::model::{MessageId, Timestamp};

use super::entry::Place;
use super::{Hit, Index};

impl<B: Clone> Index<B> {
    /// Returns ended messages of which a record is owed, in the order they ended.
    pub(crate) fn unrecorded(&self, beyond: Option<(Timestamp, MessageId)>) -> impl Iterator<Item = Hit<B>> {
        let ids = self.sets.unrecorded.above(beyond).map(|(_, id)| *id);
        ids.filter_map(|id| self.get(id))
    }

    /// Counts them.
    pub(crate) fn owed(&self) -> usize {
        self.sets.unrecorded.len()
    }

    /// Notes that the record of a message is written; `false` when it has not ended, or is about to live on.
    ///
    /// It counts at once: the record is written, whether that becomes durable or not.
    pub(crate) fn recorded(&mut self, id: MessageId) -> bool {
        let Some(entry) = self.entries.get_mut(id) else {
            return false;
        };
        if !matches!(entry.place, Place::Final(_)) || !matches!(entry.end(), Some(Some(_))) {
            return false;
        }
        if !entry.facts.marks.recorded {
            self.sets.leave(id, entry);
            entry.facts.marks.recorded = true;
            self.sets.enter(id, entry);
            self.forget_surplus();
        }
        true
    }
}

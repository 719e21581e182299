//! Ended messages: whose record is owed, whose is written, and who is forgotten. There may be many of them: whoever goes
//! through them holds the lock for a few at a time.

use super::super::QueueError;
use super::super::promises::Durable;
use super::read::Bodies;
use super::record::Kind;
use super::shared::{FRAME, Shared, check_call, known, running};
use crate::model::{MessageId, Timestamp};

/// Messages of one lock: some ten microseconds.
const STEP: usize = 64;

impl Shared {
    /// Finds ended messages whose record is owed, see `Queue::unrecorded`.
    pub(super) fn unrecorded(&self, mut beyond: Option<(Timestamp, MessageId)>, max: usize) -> Result<Bodies, QueueError> {
        let mut bodies = Bodies::default();
        loop {
            let before = bodies.hits.len();
            let state = known(self.lock_for_part())?;
            bodies.make_room(max.min(state.index.owed()).saturating_sub(before));
            state.add_bodies(state.index.unrecorded(beyond).take(STEP.min(max - before)), &mut bodies);
            drop(state);
            let last = bodies.hits.last().filter(|_| bodies.hits.len() > before);
            beyond = last.and_then(|last| Some((last.ended()?, last.id)));
            if beyond.is_none() || bodies.hits.len() == max {
                return Ok(bodies);
            }
        }
    }

    /// Notes that records are written, a few at a time so that nobody is locked out for long; `None` when there is no room
    /// yet.
    pub(super) fn recorded(&self, ids: &[MessageId]) -> Result<Option<Vec<Durable>>, QueueError> {
        check_call(size_of_val(ids) + FRAME)?;
        drop(self.open()?);
        if self.is_crowded(&self.gate().group) {
            return Ok(None);
        }
        let mut durables = Vec::new();
        for ids in ids.chunks(STEP) {
            let mut state = running(self.lock_for_part())?;
            let noted: Vec<_> = ids.iter().copied().filter(|id| state.index.recorded(*id)).collect();
            state.settle_freed();
            if !noted.is_empty() {
                state.draft.put_ids(Kind::Recorded, &noted);
                durables.push(self.wait(state, None));
            }
        }
        Ok(Some(durables))
    }

    /// Forgets messages that ended before `done_before`, a few at a time so that nobody is locked out for long.
    pub(super) fn forget(&self, done_before: Timestamp) -> usize {
        let mut forgotten = 0;
        loop {
            let mut state = self.lock_for_part();
            let ids = state.index.forget(done_before, STEP);
            state.settle_freed();
            if ids.is_empty() {
                return forgotten;
            }
            forgotten += ids.len();
            if state.stop.is_none() {
                state.draft.put_ids(Kind::Gone, &ids);
                drop(self.hand_in(&mut state));
                self.wake_writer();
            }
        }
    }
}

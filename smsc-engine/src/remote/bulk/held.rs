//! Messages that must not be handed out again, because the core has not heard what became of them.

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::model::{Message, MessageId};

/// Messages whose reports are under way.
///
/// A core that was started anew hands them out again until it hears. What it handed out before it heard may come after
/// its answer to the report: so a message is held until every lease has ended that was begun before.
#[derive(Debug, Default)]
pub(super) struct Held {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    ids: HashSet<MessageId>,
    /// Leases under way, numbered as they began.
    looking: BTreeSet<u64>,
    begun: u64,
    /// What the core has heard, and the lease begun last before that.
    heard: VecDeque<(u64, Vec<MessageId>)>,
}

/// One lease under way.
#[derive(Debug)]
pub(super) struct View<'a> {
    held: &'a Held,
    number: u64,
}

impl Held {
    /// Holds these until they are heard.
    pub(super) fn hold(&self, ids: impl IntoIterator<Item = MessageId>) {
        self.state().ids.extend(ids);
    }

    /// The core has heard of these.
    pub(super) fn heard(&self, ids: Vec<MessageId>) {
        let mut state = self.state();
        let begun = state.begun;
        state.heard.push_back((begun, ids));
        state.tidy();
    }

    /// Begins a lease.
    pub(super) fn look(&self) -> View<'_> {
        let mut state = self.state();
        state.begun += 1;
        let number = state.begun;
        state.looking.insert(number);
        View { held: self, number }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing behind it is half done at any time.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl View<'_> {
    /// Ends the lease; returns what may be delivered of it.
    pub(super) fn fresh(self, mut messages: Vec<Message>) -> Vec<Message> {
        let state = self.held.state();
        messages.retain(|message| !state.ids.contains(&message.id));
        drop(state);
        messages
    }
}

impl Drop for View<'_> {
    fn drop(&mut self) {
        let mut state = self.held.state();
        state.looking.remove(&self.number);
        state.tidy();
    }
}

impl State {
    fn tidy(&mut self) {
        let first = self.looking.first().copied().unwrap_or(u64::MAX);
        while let Some((_, ids)) = self.heard.pop_front_if(|(begun, _)| *begun < first) {
            for id in ids {
                self.ids.remove(&id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: u64) -> Message {
        Message::new(MessageId(id), "shop".into(), "uk".into())
    }

    fn fresh(view: View<'_>, ids: [u64; 2]) -> Vec<u64> {
        view.fresh(ids.map(message).into()).iter().map(|message| message.id.0).collect()
    }

    #[test]
    fn a_message_is_held_until_no_lease_can_bring_it_that_began_before_its_report_was_heard() {
        let held = Held::default();
        held.hold([MessageId(1)]);
        assert_eq!(fresh(held.look(), [1, 2]), [2]);
        let (early, other) = (held.look(), held.look());
        held.heard(vec![MessageId(1)]);
        let late = held.look();
        assert_eq!(fresh(late, [1, 2]), [2]);
        assert_eq!(fresh(early, [1, 2]), [2]);
        drop(other);
        assert_eq!(fresh(held.look(), [1, 2]), [1, 2]);
        let state = held.state();
        assert!(state.ids.is_empty() && state.looking.is_empty() && state.heard.is_empty());
    }
}

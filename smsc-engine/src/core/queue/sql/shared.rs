//! What the callers and the task of a queue share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, OwnedSemaphorePermit, RwLock, Semaphore, watch};

use super::super::index::{Arrivals, Effect, Ended, Index};
use super::super::promises::Durable;
use super::super::{Change, ChangeError, End, QueueError};
use super::SqlQueueOptions;
use super::group::{Body, Group, Stored};
use super::read::Recent;
use super::restore::Restored;
use crate::model::{Message, MessageId, Timestamp};
use crate::sql::Database;

/// What became of each change, and when those that succeeded are durable.
pub(super) type Applied = (Vec<Result<(), ChangeError>>, Option<Durable>);

/// One open queue.
pub(super) struct Shared {
    pub(super) database: Database,
    pub(super) next_id: AtomicU64,
    state: Mutex<State>,
    /// There is something to write, or it is time to go.
    pub(super) work: Notify,
    /// Held by the task while a commit and the index may disagree, and by those who must see them agree.
    pub(super) moving: RwLock<()>,
    /// Kilobytes that may still be added to what waits.
    room: Arc<Semaphore>,
    all_room: u32,
    /// Set once the database is closed.
    pub(super) closed: watch::Sender<bool>,
}

/// Everything behind the one lock; it is never held while the database works.
pub(super) struct State {
    pub(super) index: Index<Body>,
    pub(super) arrivals: Arrivals,
    /// What is written next.
    pub(super) group: Group,
    pub(super) recent: Recent,
    /// Why nothing more is accepted.
    pub(super) stop: Option<QueueError>,
    /// The version of the next body that replaces another.
    next_version: u32,
}

/// Messages of one call, encoded before anybody is locked out.
pub(super) struct Draft {
    messages: Vec<Message>,
    bodies: Vec<Arc<[u8]>>,
    pub(super) octets: usize,
}

impl Draft {
    pub(super) fn new(messages: Vec<Message>) -> Result<Self, QueueError> {
        let mut draft = Draft { bodies: Vec::with_capacity(messages.len()), messages: Vec::new(), octets: 0 };
        for message in &messages {
            let body = encoded(message);
            if body.len() > MESSAGE_LIMIT {
                return Err(QueueError::TooLarge { octets: body.len(), limit: MESSAGE_LIMIT });
            }
            draft.octets += body.len() + ROW;
            draft.bodies.push(body);
        }
        check_call(draft.octets)?;
        Ok(Draft { messages, ..draft })
    }
}

impl Shared {
    pub(super) fn new(database: Database, options: &SqlQueueOptions, restored: Restored) -> Self {
        let Restored { index, next_id, next_version, surplus } = restored;
        let recent = Recent::new(options.recent_octets);
        let arrivals = Arrivals::new(options.limits().pending);
        let mut state = State { index, arrivals, group: Group::default(), recent, stop: None, next_version };
        surplus.into_iter().for_each(|id| state.delete_row(id));
        let all_room = u32::try_from(options.waiting_octets / KILO).unwrap_or(u32::MAX).clamp(1, MOST_ROOM);
        Shared {
            database,
            next_id: AtomicU64::new(next_id),
            state: Mutex::new(state),
            work: Notify::new(),
            moving: RwLock::default(),
            room: Arc::new(Semaphore::new(all_room as usize)),
            all_room,
            closed: watch::Sender::new(false),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere must not take the queue away; the state is consistent between any two calls.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks the state unless the queue has stopped.
    pub(super) fn open(&self) -> Result<MutexGuard<'_, State>, QueueError> {
        let state = self.lock();
        match &state.stop {
            Some(stop) => Err(stop.clone()),
            None => Ok(state),
        }
    }

    /// Locks the state for a query: what is known can be told as long as the queue is not closed.
    pub(super) fn known(&self) -> Result<MutexGuard<'_, State>, QueueError> {
        let state = self.lock();
        if state.stop == Some(QueueError::Closed) { Err(QueueError::Closed) } else { Ok(state) }
    }

    /// Waits until there is room for so many octets; a call that needs more than there is at all gets all of it.
    pub(super) async fn room(&self, octets: usize) -> Option<OwnedSemaphorePermit> {
        let kilos = u32::try_from(octets.div_ceil(KILO)).unwrap_or(u32::MAX).clamp(1, self.all_room);
        // It is never closed.
        Arc::clone(&self.room).acquire_many_owned(kilos).await.ok()
    }

    /// Promises new messages, all or none.
    pub(super) fn append(&self, draft: Draft, room: Option<OwnedSemaphorePermit>) -> Result<Durable, QueueError> {
        let Draft { messages, bodies, .. } = draft;
        let mut state = self.open()?;
        let State { index, arrivals, group, .. } = &mut *state;
        arrivals.admit(messages.iter().map(|message| message.id), index.occupied(), |id| index.knows(id))?;
        for (message, body) in messages.iter().zip(bodies) {
            group.accept(Stored::new(message, 0, index.facts(message), body));
        }
        let durable = self.wait(state, room);
        // Ids that we did not hand out ourselves must not be handed out later.
        let highest = messages.iter().map(|message| message.id.0.saturating_add(1)).max().unwrap_or(0);
        self.next_id.fetch_max(highest, Ordering::Relaxed);
        Ok(durable)
    }

    /// Promises changes, each on its own.
    pub(super) fn apply(&self, changes: Vec<Change>, room: Option<OwnedSemaphorePermit>) -> Result<Applied, QueueError> {
        let mut state = self.open()?;
        let results: Vec<_> = changes.into_iter().map(|change| state.change(change)).collect();
        let any = results.iter().any(Result::is_ok);
        Ok((results, any.then(|| self.wait(state, room))))
    }

    /// Notes that records are written.
    pub(super) fn recorded(&self, ids: &[MessageId], room: Option<OwnedSemaphorePermit>) -> Result<Option<Durable>, QueueError> {
        let mut state = self.open()?;
        let noted: Vec<_> = ids.iter().copied().filter(|id| state.index.recorded(*id)).collect();
        for id in &noted {
            state.group.batch(*id).recorded.push(*id);
        }
        state.settle_freed();
        Ok((!noted.is_empty()).then(|| self.wait(state, room)))
    }

    /// Forgets messages that ended before `done_before`, a few at a time so that nobody is locked out for long.
    pub(super) fn forget(&self, done_before: Timestamp) -> usize {
        let mut forgotten = 0;
        loop {
            let mut state = self.lock();
            let count = state.index.forget(done_before, FORGET_STEP).len();
            state.settle_freed();
            drop(state);
            self.work.notify_one();
            if count == 0 {
                return forgotten;
            }
            forgotten += count;
        }
    }

    /// Stops accepting; what waits is still written.
    pub(super) fn close(&self) {
        self.lock().stop.get_or_insert(QueueError::Closed);
        self.work.notify_one();
    }

    /// Joins those who wait for the group.
    fn wait(&self, mut state: MutexGuard<'_, State>, room: Option<OwnedSemaphorePermit>) -> Durable {
        let first = state.group.promises.is_lonely();
        let durable = state.group.promises.join(None);
        state.group.room.extend(room);
        drop(state);
        if first {
            self.work.notify_one();
        }
        durable
    }
}

impl State {
    fn change(&mut self, change: Change) -> Result<(), ChangeError> {
        check_change(&change)?;
        self.index.promise(&change, |id| self.arrivals.take(id))?;
        let effect = match change {
            Change::Settle(end) | Change::Cancel(end) => self.end_of(end),
            Change::Retry { id, attempts, deliver_after: due, lane } => {
                self.group.batch(id).retried.push((id, attempts, due, lane.clone()));
                Effect::Retried { id, attempts, due, lane: lane.map(|lane| self.index.lane(&lane)) }
            }
            Change::Handed { id, remote, until } => {
                let handing = self.index.handing(id, remote);
                self.group.batch(id).handed.push((id, until, handing.clone()));
                Effect::Handed { id, until, handing: Box::new(handing) }
            }
            Change::Replace { message, .. } => self.replace(&message),
            Change::Reopen { id, deliver_after: due, expires } => {
                self.group.batch(id).reopened.push((id, due, expires));
                Effect::Reopened { id, due, expires }
            }
            Change::Delete { id } => {
                self.group.batch(id).gone.push(id);
                Effect::Deleted { id }
            }
        };
        self.group.promises.effects.push(effect);
        Ok(())
    }

    fn end_of(&mut self, end: End) -> Effect<Body> {
        let End { id, outcome, receipt, by, erase } = end;
        if let Some(receipt) = receipt {
            let facts = self.index.facts(&receipt);
            self.group.accept(Stored::new(&receipt, 0, facts, encoded(&receipt)));
        }
        let batch = self.group.batch(id);
        batch.settled.push((id, outcome, by.clone()));
        batch.erased.extend(erase.then_some(id));
        let by = by.map(|lane| self.index.lane(&lane));
        Effect::Settled { id, end: Ended { outcome, by, erase } }
    }

    fn replace(&mut self, message: &Message) -> Effect<Body> {
        let (id, facts) = (message.id, self.index.facts(message));
        let stored = Stored::new(message, self.next_version, facts, encoded(message));
        self.next_version += 1;
        let body = stored.body;
        self.group.batch(id).replaced.push(stored);
        Effect::Replaced { id, body, facts: Box::new(facts) }
    }

    /// Does what became durable; `bodies` are those that the group wrote.
    pub(super) fn commit(&mut self, mut effect: Effect<Body>, bodies: &mut HashMap<(u64, u32), Arc<[u8]>>) {
        if let Some(body) = effect.body_mut()
            && let Some(octets) = bodies.remove(&(body.id, body.version))
        {
            self.recent.put(*body, octets);
        }
        if matches!(effect, Effect::Settled { .. } | Effect::Deleted { .. }) {
            self.recent.remove(effect.id());
        }
        if matches!(effect, Effect::Accepted { .. }) {
            self.arrivals.leave(effect.id());
        }
        self.index.commit(effect);
        self.settle_freed();
    }

    /// Deletes the rows of messages that the index knows no more.
    pub(super) fn settle_freed(&mut self) {
        let freed: Vec<Body> = self.index.take_freed().collect();
        for body in freed {
            self.delete_row(MessageId(body.id));
        }
    }

    /// Deletes the row of a message, unless the index knows it: then only an earlier body was freed.
    pub(super) fn delete_row(&mut self, id: MessageId) {
        if self.index.get(id).is_none() {
            self.group.batch(id).gone.push(id);
        }
    }
}

/// Returns how many octets the changes bring along, if they are not too many.
pub(super) fn check_changes(changes: &[Change]) -> Result<usize, QueueError> {
    check_call(changes.iter().map(|change| change.carried().map_or(0, Message::encoded_len) + ROW).sum())
}

pub(super) fn check_call(octets: usize) -> Result<usize, QueueError> {
    if octets > CALL_LIMIT { Err(QueueError::TooLarge { octets, limit: CALL_LIMIT }) } else { Ok(octets) }
}

fn check_change(change: &Change) -> Result<(), ChangeError> {
    let octets = change.carried().map_or(0, Message::encoded_len);
    if octets > MESSAGE_LIMIT { Err(ChangeError::TooLarge { octets, limit: MESSAGE_LIMIT }) } else { Ok(()) }
}

fn encoded(message: &Message) -> Arc<[u8]> {
    let mut octets = Vec::with_capacity(message.encoded_len());
    message.encode(&mut octets);
    octets.into()
}

/// Octets of one stored message, as in the journal.
const MESSAGE_LIMIT: usize = 256 << 10;
/// Octets of one call: it becomes durable in one transaction, and that must fit into memory.
const CALL_LIMIT: usize = 64 << 20;
/// Octets of a row beside the body, about.
const ROW: usize = 100;
/// Messages that are forgotten under one lock: some hundred microseconds.
const FORGET_STEP: usize = 1000;
/// What room is counted in: a semaphore counts no further than 2^61, its takers no further than 2^32.
const KILO: usize = 1 << 10;
/// A gigabyte.
const MOST_ROOM: u32 = 1 << 20;

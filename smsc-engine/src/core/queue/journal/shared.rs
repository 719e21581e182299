//! What the callers and the threads of a journal share.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, watch};

use super::super::index::{Effect, Ended, Hit, Index};
use super::super::io::Io;
use super::super::promises::{Durable, Promises};
use super::super::{Change, ChangeError, End, QueueError};
use super::JournalOptions;
use super::draft::Draft;
use super::group::{Group, Position};
use super::house::Spare;
use super::read::{Body, Source};
use super::recent::Recent;
use super::record::{Kind, PREFIX, put};
use super::segment::Segment;
use super::snapshot::Extent;
use crate::model::{Message, MessageId, Part, Timestamp};

/// What became of each change, and when those that succeeded are durable.
pub(super) struct Applied {
    pub(super) results: Vec<Result<(), ChangeError>>,
    /// There is nothing to wait for when none was possible.
    pub(super) durable: Option<Durable>,
}

/// One open journal.
pub(super) struct Shared {
    pub(super) io: Arc<dyn Io>,
    pub(super) salt: u32,
    pub(super) options: JournalOptions,
    pub(super) next_id: AtomicU64,
    state: Mutex<State>,
    /// There is something to write, or it is time to go.
    pub(super) work: Condvar,
    /// There is something to tidy, or it is time to go.
    pub(super) housework: Condvar,
    /// The waiting group has grown to its limit.
    crowded: AtomicBool,
    /// The waiting group was taken away to be written.
    room: Notify,
    /// Set once the last thread has let go of the files.
    pub(super) closed: watch::Sender<bool>,
}

/// Everything behind the one lock; it is never held while the disk works.
pub(super) struct State {
    pub(super) index: Index<Position>,
    /// What is written next.
    pub(super) group: Group,
    /// A buffer for the next group, and promises without any.
    pub(super) buffer: Vec<u8>,
    pub(super) promises: Promises<Position>,
    /// All segments, the oldest first; the last one is written to.
    pub(super) segments: VecDeque<Segment>,
    pub(super) recent: Recent,
    /// A prepared file for the next segment.
    pub(super) spare: Option<Spare>,
    /// Why nothing more is accepted.
    pub(super) stop: Option<QueueError>,
    /// Leave a snapshot when stopping.
    pub(super) snapshot: bool,
    /// Everything up to here is in the index.
    pub(super) committed: Extent,
    /// Octets that were read beyond the snapshot or written since.
    pub(super) written: u64,
    /// There was no room on the disk for another segment: what is left of the one in use is for changes.
    pub(super) full: bool,
}

impl Shared {
    pub(super) fn new(io: Arc<dyn Io>, options: JournalOptions, next_id: u64, state: State) -> Self {
        Shared {
            io,
            salt: state.group.salt,
            options,
            next_id: AtomicU64::new(next_id),
            state: Mutex::new(state),
            work: Condvar::new(),
            housework: Condvar::new(),
            crowded: AtomicBool::new(false),
            room: Notify::new(),
            closed: watch::Sender::new(false),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere must not take the queue away; the state is consistent between any two calls.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks the state unless the journal has stopped.
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

    /// Waits until the group that waits to be written has room.
    pub(super) async fn roomy(&self) {
        while self.crowded.load(Ordering::SeqCst) {
            // Made before the second look, so that no call between the two is missed.
            let room = self.room.notified();
            if self.crowded.load(Ordering::SeqCst) {
                room.await;
            }
        }
    }

    /// Lets those in who wait for room.
    pub(super) fn make_room(&self) {
        self.crowded.store(false, Ordering::SeqCst);
        self.room.notify_waiters();
    }

    /// Promises new messages, all or none; `None` when there is no room yet.
    pub(super) fn append(&self, draft: &Draft) -> Result<Option<Durable>, QueueError> {
        let mut state = self.open()?;
        if self.is_crowded(&state) {
            return Ok(None);
        }
        if state.full {
            return Err(QueueError::NoRoom);
        }
        state.index.admit(&draft.messages, &Position::default())?;
        state.group.append(draft);
        let durable = self.wait(state);
        // Ids that we did not hand out ourselves must not be handed out later.
        let highest = draft.messages.iter().map(|message| message.id.0.saturating_add(1)).max().unwrap_or(0);
        if highest > self.next_id.load(Ordering::Relaxed) {
            self.next_id.fetch_max(highest, Ordering::Relaxed);
        }
        Ok(Some(durable))
    }

    /// Promises and encodes changes, each on its own; `None` when there is no room yet, and then they are all still there.
    pub(super) fn apply(&self, changes: &mut Vec<Change>) -> Result<Option<Applied>, QueueError> {
        check_call(changes.iter().map(change_len).sum())?;
        let mut state = self.open()?;
        if self.is_crowded(&state) {
            return Ok(None);
        }
        let results: Vec<_> = changes.drain(..).map(|change| state.change(change)).collect();
        let any = results.iter().any(Result::is_ok);
        Ok(Some(Applied { results, durable: any.then(|| self.wait(state)) }))
    }

    /// Notes that records are written; `None` when there is no room yet.
    pub(super) fn recorded(&self, ids: &[MessageId]) -> Result<Option<Applied>, QueueError> {
        check_call(size_of_val(ids) + FRAME)?;
        let mut state = self.open()?;
        if self.is_crowded(&state) {
            return Ok(None);
        }
        let noted: Vec<_> = ids.iter().copied().filter(|id| state.index.recorded(*id)).collect();
        state.settle_freed();
        if noted.is_empty() {
            return Ok(Some(Applied { results: Vec::new(), durable: None }));
        }
        state.group.put_ids(Kind::Recorded, &noted);
        Ok(Some(Applied { results: Vec::new(), durable: Some(self.wait(state)) }))
    }

    /// Forgets messages that ended before `done_before`, a few at a time so that nobody is locked out for long.
    pub(super) fn forget(&self, done_before: Timestamp) -> usize {
        let mut forgotten = 0;
        loop {
            let mut state = self.lock();
            let ids = state.index.forget(done_before, FORGET_STEP);
            state.settle_freed();
            if ids.is_empty() {
                return forgotten;
            }
            forgotten += ids.len();
            if state.stop.is_none() {
                state.group.put_ids(Kind::Gone, &ids);
                self.work.notify_one();
            }
        }
    }

    /// Tells whether the group has grown to its limit; one call always fits, however low that is.
    fn is_crowded(&self, state: &State) -> bool {
        !state.group.is_empty() && state.group.octets() >= self.options.waiting_octets
    }

    /// Joins those who wait for the group. The first one wakes the writer, which takes the others along.
    pub(super) fn wait(&self, mut state: MutexGuard<'_, State>) -> Durable {
        let first = state.group.promises.is_lonely();
        let durable = state.group.promises.join();
        if self.is_crowded(&state) {
            self.crowded.store(true, Ordering::SeqCst);
        }
        drop(state);
        if first {
            // A system call even when nobody sleeps.
            self.work.notify_one();
        }
        durable
    }

    /// Stops accepting; what waits is still written.
    pub(super) fn close(&self, snapshot: bool) {
        let mut state = self.lock();
        if state.stop.is_none() {
            state.stop = Some(QueueError::Closed);
            state.snapshot = snapshot;
        }
        drop(state);
        self.wake_all();
    }

    /// Refuses everything from now on.
    pub(super) fn poison(&self, poisoned: QueueError) {
        self.lock().stop = Some(poisoned);
        self.wake_all();
    }

    fn wake_all(&self) {
        self.work.notify_all();
        self.housework.notify_all();
        self.make_room();
    }
}

impl State {
    fn change(&mut self, change: Change) -> Result<(), ChangeError> {
        check_change(&change)?;
        self.index.promise(&change, &Position::default())?;
        let effect = match change {
            Change::Settle(end) | Change::Cancel(end) => self.end_of(end),
            Change::Retry { id, attempts, deliver_after: due, lane } => {
                self.group.put(Kind::Retried, |out| put!(out, id, attempts, due, lane));
                Effect::Retried { id, attempts, due, lane: lane.map(|lane| self.index.lane(&lane)) }
            }
            Change::Handed { id, remote, until } => {
                let handing = self.index.handing(id, remote);
                self.group.put(Kind::Handed, |out| put!(out, id, until, handing));
                Effect::Handed { id, until, handing: Box::new(handing) }
            }
            Change::Replace { message, .. } => {
                let body = self.group.put(Kind::Replaced, |out| message.encode(out));
                Effect::Replaced { id: message.id, body, facts: Box::new(self.index.facts(&message)) }
            }
            Change::Reopen { id, deliver_after: due, expires } => {
                self.group.put(Kind::Reopened, |out| put!(out, id, due, expires));
                Effect::Reopened { id, due, expires }
            }
            Change::Delete { id } => {
                self.group.put_ids(Kind::Gone, &[id]);
                Effect::Deleted { id }
            }
        };
        self.group.promises.effects.push(effect);
        Ok(())
    }

    fn end_of(&mut self, end: End) -> Effect<Position> {
        let End { id, outcome, receipt, by, erase } = end;
        if let Some(receipt) = receipt {
            self.group.accept(&receipt);
        }
        self.group.put(Kind::Settled, |out| put!(out, id, outcome, by, erase));
        let by = by.map(|lane| self.index.lane(&lane));
        Effect::Settled { id, end: Ended { outcome, by, erase } }
    }

    /// The end of what is written in the segment in use; anything but larger when there is a new one.
    pub(super) fn end(&self) -> u64 {
        self.segments.back().map_or(0, |last| last.used)
    }

    /// Tells where the bodies of these messages can be read.
    pub(super) fn bodies(&self, hits: Vec<Hit<Position>>) -> Vec<Body> {
        let mut last = 0;
        hits.into_iter().map(|hit| Body { source: self.source(hit.body, &mut last), hit }).collect()
    }

    /// `last` is where a recent body was found before.
    fn source(&self, position: Position, last: &mut usize) -> Source {
        if let Some((octets, offset)) = self.recent.find(position, last) {
            return Source::Memory(octets, offset);
        }
        let place = self.segments.binary_search_by_key(&position.segment, |segment| segment.number);
        let segment = place.ok().and_then(|place| self.segments.get(place));
        segment.map_or(Source::Gone, |segment| Source::File(Arc::clone(&segment.file)))
    }

    /// Does what became durable.
    pub(super) fn commit(&mut self, effect: Effect<Position>) {
        if let Some(body) = effect.body()
            && let Some(segment) = segment_of(&mut self.segments, *body)
        {
            segment.live += u64::from(body.len);
        }
        if let Effect::Settled { id, end: Ended { erase: true, .. } } = &effect {
            let body = self.index.get(*id).map(|hit| hit.body);
            if let Some(segment) = body.and_then(|body| segment_of(&mut self.segments, body)) {
                segment.wiped = true;
            }
        }
        self.index.commit(effect);
        self.settle_freed();
    }

    /// Counts out the bodies that nobody needs any more.
    pub(super) fn settle_freed(&mut self) {
        for position in self.index.take_freed() {
            if let Some(segment) = segment_of(&mut self.segments, position) {
                segment.live = segment.live.saturating_sub(u64::from(position.len));
            }
        }
    }
}

fn segment_of(segments: &mut VecDeque<Segment>, position: Position) -> Option<&mut Segment> {
    let place = segments.binary_search_by_key(&position.segment, |segment| segment.number).ok()?;
    segments.get_mut(place)
}

fn check_call(octets: usize) -> Result<(), QueueError> {
    if octets > CALL_LIMIT { Err(QueueError::TooLarge { octets, limit: CALL_LIMIT }) } else { Ok(()) }
}

/// Returns how many octets a change takes in the journal at most.
fn change_len(change: &Change) -> usize {
    change.carried().map_or(0, Message::encoded_len) + names_len(change) + 2 * FRAME
}

fn names_len(change: &Change) -> usize {
    match change {
        Change::Retry { lane: Some(lane), .. } | Change::Settle(End { by: Some(lane), .. }) => lane.as_str().len(),
        Change::Cancel(End { by: Some(lane), .. }) => lane.as_str().len(),
        Change::Handed { remote, .. } => remote.octets().len(),
        _ => 0,
    }
}

fn check_change(change: &Change) -> Result<(), ChangeError> {
    let octets = change.carried().map_or(0, Message::encoded_len) + names_len(change);
    if octets > MESSAGE_LIMIT { Err(ChangeError::TooLarge { octets, limit: MESSAGE_LIMIT }) } else { Ok(()) }
}

/// Octets of one stored message: user data and TLVs of the largest PDU there can be fit.
pub(super) const MESSAGE_LIMIT: usize = 256 << 10;
/// Octets of one call: it becomes durable in one group, and a group must fit into memory and the offsets of a segment.
pub(super) const CALL_LIMIT: usize = 64 << 20;
/// Messages that are forgotten under one lock: some hundred microseconds.
const FORGET_STEP: usize = 1000;
/// Octets of a record beside names and messages, and some to spare.
const FRAME: usize = PREFIX + 56;

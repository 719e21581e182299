//! What the callers and the threads of a journal share.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock};
use std::task::Waker;
use std::thread::Thread;

use tokio::sync::{Notify, watch};

use super::super::index::{Effect, Ended, Hit, Index};
use super::super::io::Io;
use super::super::promises::{Durable, Promises};
use super::super::{Change, ChangeError, End, QueueError};
use super::JournalOptions;
use super::draft::Draft;
use super::gate::Gate;
use super::group::{Group, Position, Stock};
use super::house::Spare;
use super::intakes::Intakes;
use super::lock::Lock;
use super::read::{Bodies, Source};
use super::recent::Recent;
use super::record::{Kind, PREFIX, put};
use super::segment::Segment;
use super::snapshot::Extent;
use crate::model::{Message, MessageId, Part};

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
    /// Which one it is of all that this process has had open.
    pub(super) number: u64,
    pub(super) options: JournalOptions,
    pub(super) next_id: AtomicU64,
    state: Lock<State>,
    /// Never locked before the state by who needs both.
    gate: Lock<Gate>,
    pub(super) intakes: Intakes,
    /// The thread that writes, once it runs.
    pub(super) writer: OnceLock<Thread>,
    /// There is something to tidy, or it is time to go. It goes with the state.
    pub(super) housework: Condvar,
    /// A waiting group has grown to its limit.
    crowded: AtomicBool,
    /// There was no room on the disk for another segment: what is left of the one in use is for changes. It changes under
    /// the lock of the state.
    pub(super) full: AtomicBool,
    /// Held by who looks whether the disk has room for something, and takes it.
    pub(super) drafting: Mutex<()>,
    /// The waiting groups were taken away to be written.
    room: Notify,
    /// Set once the last thread has let go of the files.
    pub(super) closed: watch::Sender<bool>,
}

/// What is known of the messages and the files; the lock is never held while the disk works.
pub(super) struct State {
    pub(super) index: Index<Position>,
    /// Records of the call that is made right now.
    pub(super) draft: Draft,
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
}

impl Shared {
    pub(super) fn new(io: Arc<dyn Io>, options: JournalOptions, (salt, next_id): (u32, u64), state: State) -> Self {
        static NUMBERS: AtomicU64 = AtomicU64::new(1);
        Shared {
            io,
            salt,
            number: NUMBERS.fetch_add(1, Ordering::Relaxed),
            next_id: AtomicU64::new(next_id),
            gate: Lock::new(Gate::new(salt, options.pending_limit, &state.index)),
            options,
            state: Lock::new(state),
            intakes: Intakes::new(salt),
            writer: OnceLock::new(),
            housework: Condvar::new(),
            crowded: AtomicBool::new(false),
            full: AtomicBool::new(false),
            drafting: Mutex::default(),
            room: Notify::new(),
            closed: watch::Sender::new(false),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere must not take the queue away; the state is consistent between any two calls.
        self.state.lock()
    }

    /// The same for one of many parts of some work: others come first.
    pub(super) fn lock_for_part(&self) -> MutexGuard<'_, State> {
        self.state.lock_after_others()
    }

    /// Locks what gathers.
    pub(super) fn gate(&self) -> MutexGuard<'_, Gate> {
        self.gate.lock()
    }

    /// Locks the state unless the journal has stopped.
    pub(super) fn open(&self) -> Result<MutexGuard<'_, State>, QueueError> {
        running(self.lock())
    }

    /// Locks the state for a query: what is known can be told as long as the queue is not closed.
    pub(super) fn known(&self) -> Result<MutexGuard<'_, State>, QueueError> {
        known(self.lock())
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

    /// Takes in the messages of a draft, to be promised by the writer, all or none; `None` when there is no room yet, and
    /// then they are all still there.
    pub(super) fn enter(&self, draft: &mut Draft, waker: &Waker) -> Result<Option<Durable>, QueueError> {
        let highest = draft.effects.iter().map(|effect| effect.id().0.saturating_add(1)).max().unwrap_or(0);
        self.number(draft);
        // Before anybody is locked out.
        let waker = Some(waker.clone());
        let mut intake = self.intakes.own();
        if let Some(stop) = &intake.stop {
            return Err(stop.clone());
        }
        if self.is_crowded(&intake.group) {
            return Ok(None);
        }
        if self.full.load(Ordering::Relaxed) {
            return Err(QueueError::NoRoom);
        }
        intake.group.add(draft);
        let durable = self.join(intake, |intake| &mut intake.group.promises, waker);
        // Ids that we did not hand out ourselves must not be handed out later.
        if highest > self.next_id.load(Ordering::Relaxed) {
            self.next_id.fetch_max(highest, Ordering::Relaxed);
        }
        Ok(Some(durable))
    }

    /// Puts the numbers of its lanes into a draft.
    fn number(&self, draft: &mut Draft) {
        // Mostly this thread has seen them before.
        if draft.number(|_| None) || self.gate().number(draft) {
            return;
        }
        let mut state = self.lock();
        self.gate().learn(draft, &mut state.index);
    }

    /// Promises and encodes changes, each on its own; `None` when there is no room yet, and then they are all still there.
    pub(super) fn apply(&self, changes: &mut Vec<Change>, waker: &Waker) -> Result<Option<Applied>, QueueError> {
        check_call(changes.iter().map(change_len).sum())?;
        let mut state = self.open()?;
        if self.is_crowded(&self.gate().group) {
            return Ok(None);
        }
        let take = |id| self.gate().arrivals.take(id);
        let results: Vec<_> = changes.drain(..).map(|change| state.change(change, take)).collect();
        let any = results.iter().any(Result::is_ok);
        Ok(Some(Applied { results, durable: any.then(|| self.wait(state, Some(waker.clone()))) }))
    }

    /// Tells whether a group has grown to its limit, and then lets nobody in before it is taken away; one call always fits,
    /// however low the limit is.
    pub(super) fn is_crowded(&self, group: &Group) -> bool {
        let crowded = !group.is_empty() && group.octets() >= self.options.waiting_octets;
        if crowded {
            self.crowded.store(true, Ordering::SeqCst);
        }
        crowded
    }

    /// Hands in what a call has drafted under the lock of the state.
    pub(super) fn hand_in(&self, state: &mut State) -> MutexGuard<'_, Gate> {
        let mut gate = self.gate();
        gate.group.add(&mut state.draft);
        gate.follow(&state.index);
        gate
    }

    /// Hands it in and joins those who wait for the group.
    pub(super) fn wait(&self, mut state: MutexGuard<'_, State>, waker: Option<Waker>) -> Durable {
        let gate = self.hand_in(&mut state);
        drop(state);
        self.join(gate, |gate| &mut gate.group.promises, waker)
    }

    /// Joins those who wait for a group. The first one wakes the writer, which takes the others along.
    fn join<T>(
        &self,
        mut place: MutexGuard<'_, T>,
        promises: impl FnOnce(&mut T) -> &mut Promises<Position>,
        waker: Option<Waker>,
    ) -> Durable {
        let promises = promises(&mut place);
        let first = promises.is_lonely();
        let durable = promises.join(waker);
        drop(place);
        if first {
            self.wake_writer();
        }
        durable
    }

    /// There is something to write, or it is time to go.
    pub(super) fn wake_writer(&self) {
        // Before it runs nobody need wake it.
        if let Some(writer) = self.writer.get() {
            writer.unpark();
        }
    }

    /// Takes away what was handed in until now, the changes first; `turn` says from which of the other places on. What is
    /// left because it would become too much has its turn later.
    pub(super) fn gather(&self, turn: usize, stock: &mut Stock) -> (Option<Group>, Vec<Group>) {
        let mut gate = self.gate();
        let changes = (!gate.group.is_empty()).then(|| gate.group.turn(stock));
        drop(gate);
        let mut octets = changes.as_ref().map_or(0, Group::octets);
        let mut arrivals = Vec::new();
        for mut intake in self.intakes.each_from(turn) {
            if !intake.group.is_empty() && octets <= self.options.waiting_octets {
                octets += intake.group.octets();
                arrivals.push(intake.group.turn(stock));
            }
        }
        self.make_room();
        (changes, arrivals)
    }

    /// Stops accepting; what waits is still written.
    pub(super) fn close(&self, snapshot: bool) {
        let mut state = self.lock();
        if state.stop.is_none() {
            state.snapshot = snapshot;
            self.stop(state, QueueError::Closed);
        }
        self.wake_all();
    }

    /// Refuses everything from now on.
    pub(super) fn poison(&self, poisoned: QueueError) {
        self.stop(self.lock(), poisoned);
        self.wake_all();
    }

    fn stop(&self, mut state: MutexGuard<'_, State>, why: QueueError) {
        // The writer goes when it sees the gate's.
        self.intakes.stop(&why);
        self.gate().stop = Some(why.clone());
        state.stop = Some(why);
    }

    fn wake_all(&self) {
        self.wake_writer();
        self.housework.notify_all();
        self.make_room();
    }
}

impl State {
    /// Promises and encodes a change; `take` promises a place to its receipt.
    fn change(&mut self, change: Change, take: impl FnOnce(MessageId) -> bool) -> Result<(), ChangeError> {
        check_change(&change)?;
        self.index.promise(&change, take)?;
        let effect = match change {
            Change::Settle(end) | Change::Cancel(end) => self.end_of(end),
            Change::Retry { id, attempts, deliver_after: due, lane } => {
                self.draft.put(Kind::Retried, |out| put!(out, id, attempts, due, lane));
                Effect::Retried { id, attempts, due, lane: lane.map(|lane| self.index.lane(&lane)) }
            }
            Change::Handed { id, remote, until } => {
                let handing = self.index.handing(id, remote);
                self.draft.put(Kind::Handed, |out| put!(out, id, until, handing));
                Effect::Handed { id, until, handing: Box::new(handing) }
            }
            Change::Replace { message, .. } => {
                let body = self.draft.put(Kind::Replaced, |out| message.encode(out));
                Effect::Replaced { id: message.id, body, facts: Box::new(self.index.facts(&message)) }
            }
            Change::Reopen { id, deliver_after: due, expires } => {
                self.draft.put(Kind::Reopened, |out| put!(out, id, due, expires));
                Effect::Reopened { id, due, expires }
            }
            Change::Delete { id } => {
                self.draft.put_ids(Kind::Gone, &[id]);
                Effect::Deleted { id }
            }
        };
        self.draft.effects.push(effect);
        Ok(())
    }

    fn end_of(&mut self, end: End) -> Effect<Position> {
        let End { id, outcome, receipt, by, erase } = end;
        if let Some(receipt) = receipt {
            let lane = self.index.lane(&receipt.lane);
            self.draft.accept(&receipt, lane);
        }
        self.draft.put(Kind::Settled, |out| put!(out, id, outcome, by, erase));
        let by = by.map(|lane| self.index.lane(&lane));
        Effect::Settled { id, end: Ended { outcome, by, erase } }
    }

    /// The end of what is written in the segment in use; anything but larger when there is a new one.
    pub(super) fn end(&self) -> u64 {
        self.segments.back().map_or(0, |last| last.used)
    }

    /// Tells where the bodies of these messages can be read.
    pub(super) fn bodies(&self, hits: Vec<Hit<Position>>) -> Bodies {
        let mut bodies = Bodies::default();
        bodies.make_room(hits.len());
        self.add_bodies(hits.into_iter(), &mut bodies);
        bodies
    }

    /// Adds messages, and where their bodies can be read.
    pub(super) fn add_bodies(&self, hits: impl Iterator<Item = Hit<Position>>, bodies: &mut Bodies) {
        let mut last = 0;
        for hit in hits {
            bodies.sources.push(self.source(hit.body, &mut last));
            bodies.hits.push(hit);
        }
    }

    /// `last` is where a recent body was found before.
    fn source(&self, position: Position, last: &mut usize) -> Source {
        if let Some(octets) = self.recent.find(position, last) {
            return Source::Memory(octets);
        }
        let place = self.segments.binary_search_by_key(&position.segment, |segment| segment.number);
        let segment = place.ok().and_then(|place| self.segments.get(place));
        segment.map_or(Source::Gone, |segment| Source::File(Arc::clone(&segment.file)))
    }

    /// Notes where a segment ends now, and how many octets of bodies were added.
    pub(super) fn extend(&mut self, segment: u32, end: u64, bodies: u64) {
        if let Some(segment) = segment_of(&mut self.segments, segment) {
            segment.used = end;
            segment.live += bodies;
        }
    }

    /// Does what became durable.
    pub(super) fn commit(&mut self, effect: Effect<Position>) {
        if let Effect::Settled { id, end: Ended { erase: true, .. } } = &effect {
            let body = self.index.get(*id).map(|hit| hit.body);
            if let Some(segment) = body.and_then(|body| segment_of(&mut self.segments, body.segment)) {
                segment.wiped = true;
            }
        }
        self.index.commit(effect);
        self.settle_freed();
    }

    /// Counts out the bodies that nobody needs any more.
    pub(super) fn settle_freed(&mut self) {
        for position in self.index.take_freed() {
            if let Some(segment) = segment_of(&mut self.segments, position.segment) {
                segment.live = segment.live.saturating_sub(u64::from(position.len));
            }
        }
    }
}

fn segment_of(segments: &mut VecDeque<Segment>, number: u32) -> Option<&mut Segment> {
    let place = segments.binary_search_by_key(&number, |segment| segment.number).ok()?;
    segments.get_mut(place)
}

/// Returns the state unless the queue is closed.
pub(super) fn known(state: MutexGuard<'_, State>) -> Result<MutexGuard<'_, State>, QueueError> {
    if state.stop == Some(QueueError::Closed) { Err(QueueError::Closed) } else { Ok(state) }
}

/// Returns the state unless the journal has stopped.
pub(super) fn running(state: MutexGuard<'_, State>) -> Result<MutexGuard<'_, State>, QueueError> {
    match &state.stop {
        Some(stop) => Err(stop.clone()),
        None => Ok(state),
    }
}

pub(super) fn check_call(octets: usize) -> Result<(), QueueError> {
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
/// Octets of a record beside names and messages, and some to spare.
pub(super) const FRAME: usize = PREFIX + 56;

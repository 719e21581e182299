//! What the callers and the tasks of a shared queue share.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, OwnedSemaphorePermit, RwLock, Semaphore, watch};
use tokio::time::Instant;

use super::super::QueueError;
use super::SharedQueueOptions;
use super::error::unreadable;
use super::ids::Ids;
use super::job::{Job, Work};
use super::lanes::Lanes;
use super::plan::{Plan, Rules};
use super::tally::Tallies;
use crate::model::{MessageId, Timestamp};
use crate::sql::{Database, Row, SqlError, Statement};

/// One open queue.
pub(super) struct Shared {
    pub(super) database: Database,
    pub(super) options: SharedQueueOptions,
    pub(super) rules: Rules,
    /// Which start of which node this is, among all of the cluster.
    pub(super) session: i64,
    pub(super) ids: Ids,
    state: Mutex<State>,
    /// There is something to write.
    pub(super) work: Notify,
    /// Held while a commit and the counts may disagree, and alone by whoever reads the counts anew.
    pub(super) moving: RwLock<()>,
    /// Kilobytes that may still be added to what waits.
    room: Arc<Semaphore>,
    all_room: u32,
    turn: AtomicI64,
    /// The latest time that a lease named.
    clock: AtomicU64,
    /// Set when it is time to go.
    pub(super) stopping: watch::Sender<bool>,
    /// How many tasks still run.
    pub(super) running: watch::Sender<usize>,
}

/// Everything behind the one lock; it is never held while the database works.
pub(super) struct State {
    pub(super) jobs: Vec<Job>,
    /// Why messages cannot be taken at the moment.
    pub(super) trouble: Option<QueueError>,
    pub(super) lanes: Lanes,
    /// The counts of the cluster as they were read last, with what this node has done since.
    pub(super) tallies: Tallies,
    pub(super) expiry: Expiry,
    /// Releases that may not be written yet.
    releases: Vec<watch::Receiver<()>>,
    /// Nodes whose records are everybody's business now.
    pub(super) orphans: Vec<i32>,
}

/// The next deadline as far as this node knows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Expiry {
    pub(super) next: Option<Timestamp>,
    /// Counts what this node added: an older answer of the database does not take that back.
    pub(super) stamp: u64,
}

impl Shared {
    pub(super) fn new(database: Database, options: SharedQueueOptions, (node, session): (i32, i64), ids: Ids) -> Self {
        let all_room = u32::try_from(options.waiting_octets / KILO).unwrap_or(u32::MAX).clamp(1, MOST_ROOM);
        let rules = Rules {
            node,
            margin: options.clock_margin,
            records: options.keep_until_recorded,
            pending_limit: options.pending_limit,
        };
        let state = State {
            jobs: Vec::new(),
            trouble: None,
            lanes: Lanes::default(),
            tallies: Tallies::default(),
            expiry: Expiry::default(),
            releases: Vec::new(),
            orphans: Vec::new(),
        };
        Shared {
            database,
            options,
            rules,
            session,
            ids,
            state: Mutex::new(state),
            work: Notify::new(),
            moving: RwLock::default(),
            room: Arc::new(Semaphore::new(all_room as usize)),
            all_room,
            turn: AtomicI64::new(0),
            clock: AtomicU64::new(0),
            stopping: watch::Sender::new(false),
            running: watch::Sender::new(0),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere must not take the queue away; the state is consistent between any two calls.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses once the queue is closed.
    pub(super) fn open(&self) -> Result<(), QueueError> {
        if *self.stopping.borrow() { Err(QueueError::Closed) } else { Ok(()) }
    }

    /// Waits until there is room for so many octets; a call that needs more than there is at all gets all of it.
    pub(super) async fn room(&self, octets: usize) -> Option<OwnedSemaphorePermit> {
        let kilos = u32::try_from(octets.div_ceil(KILO)).unwrap_or(u32::MAX).clamp(1, self.all_room);
        // It is never closed.
        Arc::clone(&self.room).acquire_many_owned(kilos).await.ok()
    }

    /// Leaves a job to the tasks that write.
    pub(super) fn submit(&self, work: Work, room: Option<OwnedSemaphorePermit>) -> Result<(), QueueError> {
        let mut state = self.lock();
        // Under the lock: the tasks look here once more after they were told to stop.
        self.open()?;
        state.jobs.push(Job { work, patience: Instant::now() + self.options.patience, _room: room });
        drop(state);
        self.work.notify_one();
        Ok(())
    }

    /// Puts jobs back in front of those that came meanwhile.
    pub(super) fn put_back(&self, jobs: Vec<Job>) {
        self.lock().jobs.splice(..0, jobs);
        self.work.notify_one();
    }

    pub(super) fn release(&self, ids: &[MessageId]) {
        let (done, released) = watch::channel(());
        if self.submit(Work::Release { ids: ids.to_vec(), _done: done }, None).is_ok() {
            let mut state = self.lock();
            state.releases.retain(|release| release.has_changed().is_ok());
            state.releases.push(released);
        }
    }

    /// Waits until what was released before is written, so that it is seen by what comes now.
    pub(super) async fn released(&self) {
        let mut releases = std::mem::take(&mut self.lock().releases);
        for release in &mut releases {
            // The sender is dropped in the end, and never sends.
            while release.changed().await.is_ok() {}
        }
    }

    /// Takes so many places in the order of changes, and returns the first.
    pub(super) fn turns(&self, count: usize) -> i64 {
        // Microseconds, so that the order is about right among nodes, too; one after the other within this node.
        let now = i64::try_from(Timestamp::now().0).unwrap_or(0).saturating_mul(1000);
        let count = i64::try_from(count).unwrap_or(0);
        let next = |turn: i64| turn.max(now) + count;
        let before = self.turn.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |turn| Some(next(turn)));
        before.unwrap_or_else(|turn| turn).max(now)
    }

    /// Notes which time it is for those who ask for work.
    pub(super) fn see(&self, now: Timestamp) {
        self.clock.fetch_max(now.0, Ordering::Relaxed);
    }

    pub(super) fn latest(&self) -> Timestamp {
        Timestamp(self.clock.load(Ordering::Relaxed))
    }

    /// Does in memory what a plan did durably.
    pub(super) fn commit(&self, plan: &Plan<'_>, tallies: &Tallies) {
        let mut state = self.lock();
        state.tallies.add(tallies);
        for (lane, due, expires) in plan.news() {
            state.lanes.added(&lane, due);
            if expires < Timestamp::MAX {
                state.expiry.add(expires);
            }
        }
    }

    /// Asks the database; the answer shows whether it is there.
    pub(super) async fn rows(&self, statement: Statement<'_>) -> Result<Vec<Row>, QueueError> {
        let answer = self.database.rows(statement).await;
        self.note(answer.as_ref().err());
        answer.map_err(|error| unreadable(&error))
    }

    /// Remembers why messages cannot be taken, or that they can.
    pub(super) fn note(&self, error: Option<&SqlError>) {
        let trouble = error.map(super::error::refusal);
        let mut state = self.lock();
        // That there is no room is known by writing only.
        if trouble.is_some() || state.trouble != Some(QueueError::NoRoom) {
            state.trouble = trouble;
        }
    }

    pub(super) fn written(&self) {
        self.lock().trouble = None;
    }

    pub(super) fn close(&self) {
        // Under the lock: whoever submits looks there.
        let _state = self.lock();
        self.stopping.send_replace(true);
    }
}

impl Expiry {
    fn add(&mut self, expires: Timestamp) {
        self.stamp += 1;
        self.next = Some(self.next.map_or(expires, |next| next.min(expires)));
    }

    /// Takes the database's answer to a question that was asked at `stamp`.
    pub(super) fn learn(&mut self, next: Option<Timestamp>, stamp: u64) {
        self.next = if self.stamp == stamp { next } else { self.next.into_iter().chain(next).min() };
    }
}

/// What room is counted in: a semaphore counts no further than 2^61, its takers no further than 2^32.
const KILO: usize = 1 << 10;
/// A gigabyte.
const MOST_ROOM: u32 = 1 << 20;

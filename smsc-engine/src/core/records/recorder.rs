//! The worker between the message path and the sinks.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::{Ledger, Privacy, RecordSink};
use crate::model::{Cdr, MessageId, Timestamp};

/// How a recorder works.
#[derive(Clone, Debug)]
pub struct RecorderOptions {
    /// So many records are written without waiting for more.
    pub batch_size: usize,
    /// So long a record waits for others.
    pub flush_interval: Duration,
    /// How many records may wait; more are refused and read again from the message queue.
    pub capacity: usize,
    /// How many octets of text may wait.
    pub capacity_octets: usize,
    /// How many are written at once when many wait.
    pub largest_batch: usize,
    /// The pause after a sink failed; doubled with every further failure.
    pub first_pause: Duration,
    /// The longest such pause.
    pub longest_pause: Duration,
    /// What records must not tell.
    pub privacy: Privacy,
}

impl Default for RecorderOptions {
    fn default() -> Self {
        RecorderOptions {
            batch_size: 100,
            flush_interval: Duration::from_millis(100),
            capacity: 20_000,
            capacity_octets: 32 << 20,
            largest_batch: 4_000,
            first_pause: Duration::from_millis(100),
            longest_pause: Duration::from_secs(10),
            privacy: Privacy::default(),
        }
    }
}

/// How a recorder does; the first eight are the operators' names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Records taken, here or from the message queue.
    pub total_enqueued: u64,
    /// Records that every sink has.
    pub total_flushed: u64,
    /// Batches that every sink has.
    pub total_batches: u64,
    /// Records that wait for their batch.
    pub current_queue_size: u64,
    /// Attempts that failed, of every sink.
    pub flush_errors: u64,
    /// When the last batch was done.
    pub last_flush_at: Option<Timestamp>,
    /// How many records it had.
    pub last_flush_count: u64,
    /// How long it took, in milliseconds, from the first attempt on.
    pub last_flush_duration_ms: u64,
    /// Records of the batch that is being written, perhaps again and again.
    pub being_written: u64,
    /// The last attempt failed.
    pub is_failing: bool,
}

/// Takes records without making anybody wait, and writes them in batches to all sinks.
///
/// Without a sink every record counts as written at once: so the queue forgets its messages when no records are wanted.
pub struct Recorder {
    shared: Arc<Shared>,
    worker: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    options: RecorderOptions,
    sinks: Vec<Arc<dyn RecordSink>>,
    ledger: Arc<dyn Ledger>,
    state: Mutex<State>,
    woken: Notify,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Waiting>,
    octets: usize,
    /// Messages whose records are here: the message queue may offer and show them more than once.
    held: HashSet<MessageId>,
    /// The message queue may have records that are not here.
    behind: bool,
    closing: bool,
    statistics: Statistics,
}

struct Waiting {
    cdr: Cdr,
    since: Instant,
    doubtful: bool,
}

/// What the worker does next.
enum Task {
    Write(Batch),
    Refill,
    Sleep(Option<Instant>),
    Stop,
}

struct Batch {
    records: Vec<Cdr>,
    doubtful: bool,
}

impl Recorder {
    /// Starts the worker, which first reads what the message queue has from an earlier life.
    pub fn start(options: RecorderOptions, sinks: Vec<Arc<dyn RecordSink>>, ledger: Arc<dyn Ledger>) -> Self {
        let state = Mutex::new(State { behind: true, ..State::default() });
        let shared = Arc::new(Shared { options, sinks, ledger, state, woken: Notify::new() });
        let worker = Mutex::new(Some(tokio::spawn(Arc::clone(&shared).run())));
        Recorder { shared, worker }
    }

    /// Takes a record; false if too many wait already: it is then read from the message queue later.
    ///
    /// The message must have ended in the queue before. Never blocks.
    pub fn offer(&self, cdr: Cdr) -> bool {
        let options = &self.shared.options;
        let mut state = self.shared.lock();
        if state.closing || state.waiting.len() >= options.capacity || state.octets >= options.capacity_octets {
            state.behind = true;
            self.shared.woken.notify_one();
            return false;
        }
        state.take(options.privacy.apply(cdr), false);
        // Then it has to look at the clock, or has enough; in between it sleeps.
        if state.waiting.len() == 1 || state.waiting.len() == options.batch_size {
            self.shared.woken.notify_one();
        }
        true
    }

    /// Tells how it does, all at the same moment.
    pub fn statistics(&self) -> Statistics {
        self.shared.lock().statistics()
    }

    /// Writes what is here and stops, after `grace` in any case; what was not written is still in the message queue.
    pub async fn close(&self, grace: Duration) {
        self.shared.lock().closing = true;
        self.shared.woken.notify_one();
        let worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut worker) = worker else { return };
        if timeout(grace, &mut worker).await.is_err() {
            worker.abort();
            let statistics = self.statistics();
            let left = statistics.current_queue_size + statistics.being_written;
            if left > 0 {
                tracing::warn!(records = left, "records are left for the next start");
            }
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        if let Some(worker) = self.worker.lock().unwrap_or_else(PoisonError::into_inner).take() {
            worker.abort();
        }
    }
}

impl Shared {
    async fn run(self: Arc<Self>) {
        let mut refill_next = true;
        loop {
            let task = self.lock().next_task(&self.options, refill_next);
            match task {
                Task::Write(batch) => self.write(batch).await,
                Task::Refill => self.refill().await,
                Task::Sleep(None) => self.woken.notified().await,
                Task::Sleep(Some(until)) => {
                    // Either it is time, or there may be a whole batch.
                    let _ = timeout_at(until, self.woken.notified()).await;
                    refill_next = true;
                    continue;
                }
                Task::Stop => return,
            }
            // In turns: neither those that come nor those that wait in the message queue are left behind.
            refill_next = !refill_next;
        }
    }

    /// Reads records that are only in the message queue.
    async fn refill(&self) {
        self.lock().behind = false;
        let max = self.options.largest_batch.min(REFILL);
        let records = self.ledger.unrecorded(max).await;
        let mut state = self.lock();
        state.behind |= records.len() >= max;
        for cdr in records {
            state.take(self.options.privacy.apply(cdr), true);
        }
    }

    /// Writes a batch to every sink, as often as it takes.
    async fn write(&self, batch: Batch) {
        let (start, mut pause) = (Instant::now(), self.options.first_pause);
        let mut missing: Vec<_> = self.sinks.iter().map(|sink| (sink, batch.doubtful)).collect();
        loop {
            let attempts = missing.iter().map(|(sink, doubtful)| attempt(sink.as_ref(), &batch.records, *doubtful));
            let written = join_all(attempts).await;
            missing =
                missing.into_iter().zip(written).filter(|(_, written)| !written).map(|((sink, _), _)| (sink, true)).collect();
            if missing.is_empty() {
                break;
            }
            self.lock().failed(missing.len() as u64);
            sleep(pause).await;
            pause = (pause * 2).min(self.options.longest_pause);
        }
        let ids: Vec<_> = batch.records.iter().map(|cdr| cdr.message_id).collect();
        // What is held cannot be read from the queue a second time, so first the queue must know.
        self.ledger.recorded(&ids).await;
        self.lock().flushed(&ids, start.elapsed());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take(&mut self, cdr: Cdr, doubtful: bool) {
        if self.held.insert(cdr.message_id) {
            self.octets += octets(&cdr);
            self.statistics.total_enqueued += 1;
            self.waiting.push_back(Waiting { cdr, since: Instant::now(), doubtful });
        }
    }

    fn next_task(&mut self, options: &RecorderOptions, refill_next: bool) -> Task {
        let first = self.waiting.front().map(|waiting| waiting.since + options.flush_interval);
        let due = first.is_some_and(|first| first <= Instant::now());
        if self.behind && !self.closing && (refill_next || first.is_none()) {
            return Task::Refill;
        }
        if first.is_some() && (due || self.closing || self.waiting.len() >= options.batch_size) {
            return Task::Write(self.batch(options.largest_batch));
        }
        if self.closing { Task::Stop } else { Task::Sleep(first) }
    }

    fn batch(&mut self, largest: usize) -> Batch {
        let count = self.waiting.len().min(largest.max(1));
        let mut batch = Batch { records: Vec::with_capacity(count), doubtful: false };
        for waiting in self.waiting.drain(..count) {
            batch.doubtful |= waiting.doubtful;
            batch.records.push(waiting.cdr);
        }
        self.octets -= batch.records.iter().map(octets).sum::<usize>();
        self.statistics.being_written = count as u64;
        batch
    }

    fn failed(&mut self, sinks: u64) {
        self.statistics.flush_errors += sinks;
        self.statistics.is_failing = true;
    }

    fn flushed(&mut self, ids: &[MessageId], took: Duration) {
        for id in ids {
            self.held.remove(id);
        }
        let statistics = &mut self.statistics;
        statistics.being_written = 0;
        statistics.is_failing = false;
        statistics.total_flushed += ids.len() as u64;
        statistics.total_batches += 1;
        statistics.last_flush_at = Some(Timestamp::now());
        statistics.last_flush_count = ids.len() as u64;
        statistics.last_flush_duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    }

    fn statistics(&self) -> Statistics {
        Statistics { current_queue_size: self.waiting.len() as u64, ..self.statistics }
    }
}

/// Tells whether the sink has the records now.
async fn attempt(sink: &dyn RecordSink, records: &[Cdr], doubtful: bool) -> bool {
    let result = sink.write(records, doubtful).await;
    if let Err(error) = &result {
        tracing::warn!(sink = sink.name(), records = records.len(), %error, "records were not written; they are tried again");
    }
    result.is_ok()
}

fn octets(cdr: &Cdr) -> usize {
    cdr.message_body.as_ref().map_or(0, String::len)
}

/// Records read from the message queue at once: with long texts they are some tens of megabytes.
const REFILL: usize = 1_000;

//! Submissions that nobody waits for, accepted in batches.
//!
//! Whoever offers one is told at once that there is room for it; the core gets a batch when enough have gathered or
//! the first has waited long enough. What the core cannot take now is tried again; what it refuses is logged.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::centre::Core;
use super::records::Statistics;
use crate::api::{Accepted, Answer, CoreApi, Refusal, Submission};
use crate::model::Timestamp;

/// How submissions are gathered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchOptions {
    /// So many are handed to the core without waiting for more.
    pub batch_size: usize,
    /// So long one waits for others.
    pub flush_interval: Duration,
    /// How many may wait.
    pub capacity: usize,
    /// How many octets of text may wait.
    pub capacity_octets: usize,
}

impl Default for BatchOptions {
    fn default() -> Self {
        BatchOptions { batch_size: 100, flush_interval: Duration::from_millis(100), capacity: 20_000, capacity_octets: 32 << 20 }
    }
}

/// Too many submissions wait already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many messages wait for batch processing")]
pub struct BatchFull;

/// Gathers submissions for one core; cheap to clone, all clones are one.
#[derive(Clone)]
pub struct Batch {
    shared: Arc<Shared>,
    worker: Arc<Mutex<Option<JoinHandle<()>>>>,
}

struct Shared {
    options: BatchOptions,
    core: Core,
    state: Mutex<State>,
    woken: Notify,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<(Submission, Instant)>,
    octets: usize,
    closing: bool,
    statistics: Statistics,
}

enum Task {
    Flush(Vec<Submission>),
    Sleep(Option<Instant>),
    Stop,
}

impl Batch {
    /// Starts to gather for `core`.
    pub fn start(core: Core, options: BatchOptions) -> Batch {
        let shared = Arc::new(Shared { options, core, state: Mutex::default(), woken: Notify::new() });
        let worker = Arc::new(Mutex::new(Some(tokio::spawn(shared.clone().run()))));
        Batch { shared, worker }
    }

    /// Takes a submission; it is in the store within about the flush interval, unless the process dies before.
    ///
    /// # Errors
    /// Too many wait already, or the batch is being closed.
    pub fn offer(&self, submission: Submission) -> Result<(), BatchFull> {
        let options = &self.shared.options;
        let mut state = self.shared.lock();
        if state.closing || state.waiting.len() >= options.capacity || state.octets >= options.capacity_octets {
            return Err(BatchFull);
        }
        state.statistics.total_enqueued += 1;
        state.take(submission);
        // Then it has to look at the clock, or has enough; in between it sleeps.
        if state.waiting.len() == 1 || state.waiting.len() == options.batch_size {
            self.shared.woken.notify_one();
        }
        Ok(())
    }

    /// Tells how it does, all at the same moment; `being_written` are those the core has not decided about.
    pub fn statistics(&self) -> Statistics {
        let state = self.shared.lock();
        Statistics { current_queue_size: state.waiting.len() as u64, ..state.statistics }
    }

    /// Hands over what is here and stops, after `grace` in any case.
    pub async fn close(&self, grace: Duration) {
        self.shared.lock().closing = true;
        self.shared.woken.notify_one();
        let worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut worker) = worker else { return };
        if timeout(grace, &mut worker).await.is_err() {
            worker.abort();
            let left = self.statistics();
            tracing::error!(messages = left.current_queue_size + left.being_written, "messages for batch processing are lost");
        }
    }
}

impl Shared {
    async fn run(self: Arc<Self>) {
        loop {
            let task = self.lock().next(&self.options);
            match task {
                Task::Flush(batch) => self.clone().flush(batch).await,
                Task::Sleep(None) => self.woken.notified().await,
                // Either it is time, or there is a whole batch.
                Task::Sleep(Some(until)) => _ = timeout_at(until, self.woken.notified()).await,
                Task::Stop => return,
            }
        }
    }

    /// Hands a batch to the core, as often as it takes; what the core wants to think about does not hold up the rest.
    async fn flush(self: Arc<Self>, mut batch: Vec<Submission>) {
        let (start, count, mut pause) = (Instant::now(), batch.len() as u64, FIRST_PAUSE);
        loop {
            let answers = self.core.submit(batch.clone()).await;
            let mut again = Vec::new();
            for (submission, answer) in batch.into_iter().zip(answers) {
                match answer {
                    Answer::Now(decided) => again.extend(self.decided(submission, decided)),
                    later @ Answer::Later(_) => drop(tokio::spawn(self.clone().wait(submission, later))),
                }
            }
            if again.is_empty() {
                break;
            }
            self.lock().statistics.flush_errors += 1;
            tracing::warn!(messages = again.len(), "the core cannot take a batch; it is tried again");
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            batch = again;
        }
        let statistics = &mut self.lock().statistics;
        statistics.total_batches += 1;
        statistics.last_flush_at = Some(Timestamp::now());
        statistics.last_flush_count = count;
        statistics.last_flush_duration_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    }

    async fn wait(self: Arc<Self>, submission: Submission, answer: Answer) {
        let decided = answer.wait().await;
        let Some(again) = self.decided(submission, decided) else { return };
        // There is room: it had a place until now.
        let mut state = self.lock();
        state.statistics.being_written -= 1;
        state.take(again);
        self.woken.notify_one();
    }

    /// Counts one that is decided; returns it if it is worth another try.
    fn decided(&self, submission: Submission, decided: Result<Accepted, Refusal>) -> Option<Submission> {
        match decided {
            Err(Refusal::QueueFull | Refusal::Busy | Refusal::Broken) => return Some(submission),
            Err(refusal) => {
                let source_smsc = submission.message.account.as_str();
                tracing::warn!(source_smsc, error = %refusal, "a message of batch processing was refused");
            }
            Ok(_) => {}
        }
        let statistics = &mut self.lock().statistics;
        statistics.being_written -= 1;
        statistics.total_flushed += 1;
        None
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take(&mut self, submission: Submission) {
        self.octets += submission.message.user_data.len();
        self.waiting.push_back((submission, Instant::now()));
    }

    fn next(&mut self, options: &BatchOptions) -> Task {
        let due = self.waiting.front().map(|(_, since)| *since + options.flush_interval);
        match due {
            Some(due) if due > Instant::now() && !self.closing && self.waiting.len() < options.batch_size => {
                Task::Sleep(Some(due))
            }
            Some(_) => Task::Flush(self.batch()),
            None if self.closing && self.statistics.being_written == 0 => Task::Stop,
            // What the core thinks about may come back.
            None if self.closing => Task::Sleep(Some(Instant::now() + LOOK_AGAIN)),
            None => Task::Sleep(None),
        }
    }

    fn batch(&mut self) -> Vec<Submission> {
        let count = self.waiting.len().min(LARGEST_BATCH);
        let batch: Vec<_> = self.waiting.drain(..count).map(|(submission, _)| submission).collect();
        self.octets -= batch.iter().map(|submission| submission.message.user_data.len()).sum::<usize>();
        self.statistics.being_written += batch.len() as u64;
        batch
    }
}

// What one write of the journal takes well.
const LARGEST_BATCH: usize = 4_000;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
// How soon the end of a slow decision is seen while closing.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

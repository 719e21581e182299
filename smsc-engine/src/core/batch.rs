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

/// How submissions are gathered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchOptions {
    /// So many are handed to the core without waiting for more.
    pub batch_size: usize,
    /// So long one waits for others.
    pub flush_interval: Duration,
    /// How many may be here, those included that the core has not decided about.
    pub capacity: usize,
    /// How many octets of text they may have.
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
    /// Of all that are here, until they are decided.
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
        if state.closing || state.here() >= options.capacity as u64 || state.octets >= options.capacity_octets {
            return Err(BatchFull);
        }
        state.statistics.total_enqueued += 1;
        state.octets += octets(&submission);
        state.waiting.push_back((submission, Instant::now()));
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
            tracing::error!(messages = self.shared.lock().here(), "messages for batch processing are lost");
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

    /// Hands a batch to the core, as often as it takes; what waits for a slow neighbour does not hold up the rest.
    async fn flush(self: Arc<Self>, mut batch: Vec<Submission>) {
        let (start, count, mut pause) = (Instant::now(), batch.len() as u64, FIRST_PAUSE);
        loop {
            let answers = self.core.submit(batch.clone()).await;
            let mut again = Vec::new();
            for (submission, answer) in batch.into_iter().zip(answers) {
                match answer {
                    Answer::Now(Err(Refusal::QueueFull | Refusal::Broken)) => again.push(submission),
                    Answer::Now(decided) if !is_passing(&decided) => self.decided(&submission, decided),
                    slow => drop(tokio::spawn(self.clone().wait(submission, slow))),
                }
            }
            if again.is_empty() {
                break;
            }
            self.lock().failed();
            tracing::warn!(messages = again.len(), "the core cannot take a batch; it is tried again");
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            batch = again;
        }
        let statistics = &mut self.lock().statistics;
        statistics.total_batches += 1;
        statistics.is_failing = false;
        statistics.last_flush_at = Some(self.core.handle().clock().now());
        statistics.last_flush_count = count;
        statistics.last_flush_duration_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    }

    /// Waits for a slow decision, and tries again by itself if that is no final one.
    async fn wait(self: Arc<Self>, submission: Submission, mut answer: Answer) {
        let mut pause = FIRST_PAUSE;
        loop {
            let decided = answer.wait().await;
            if !is_passing(&decided) {
                return self.decided(&submission, decided);
            }
            self.lock().statistics.flush_errors += 1;
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            let again = self.core.submit(vec![submission.clone()]).await.pop();
            answer = again.unwrap_or(Answer::Now(Err(Refusal::Broken)));
        }
    }

    /// Counts one that is decided.
    fn decided(&self, submission: &Submission, decided: Result<Accepted, Refusal>) {
        if let Err(refusal) = decided {
            let source_smsc = submission.message.account.as_str();
            tracing::warn!(source_smsc, error = %refusal, "a message of batch processing was refused");
        }
        let mut state = self.lock();
        state.octets -= octets(submission);
        state.statistics.being_written -= 1;
        state.statistics.total_flushed += 1;
        if state.closing {
            self.woken.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// How many are here, decided about or not.
    fn here(&self) -> u64 {
        self.waiting.len() as u64 + self.statistics.being_written
    }

    fn failed(&mut self) {
        self.statistics.flush_errors += 1;
        self.statistics.is_failing = true;
    }

    fn next(&mut self, options: &BatchOptions) -> Task {
        let due = self.waiting.front().map(|(_, since)| *since + options.flush_interval);
        match due {
            Some(due) if due > Instant::now() && !self.closing && self.waiting.len() < options.batch_size => {
                Task::Sleep(Some(due))
            }
            Some(_) => Task::Flush(self.batch()),
            None if self.closing && self.statistics.being_written == 0 => Task::Stop,
            None => Task::Sleep(None),
        }
    }

    fn batch(&mut self) -> Vec<Submission> {
        let count = self.waiting.len().min(LARGEST_BATCH);
        self.statistics.being_written += count as u64;
        self.waiting.drain(..count).map(|(submission, _)| submission).collect()
    }
}

/// Tells whether the core may say something else in a while.
fn is_passing(decided: &Result<Accepted, Refusal>) -> bool {
    matches!(decided, Err(Refusal::QueueFull | Refusal::Busy | Refusal::Broken | Refusal::Away))
}

fn octets(submission: &Submission) -> usize {
    let more = submission.more.iter().map(|message| message.user_data.len());
    submission.message.user_data.len() + more.sum::<usize>()
}

// What one write of the journal takes well.
const LARGEST_BATCH: usize = 4_000;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

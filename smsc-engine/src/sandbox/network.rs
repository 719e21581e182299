//! The loop that plays the network.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::outcome::{Fate, Outcome, reply};
use crate::api::{Attempt, CoreApi, Report, Submission};
use crate::model::{Lane, Message, MessageId, Timestamp};

/// How the sandbox behaves.
#[derive(Clone, Debug)]
pub struct SandboxConfig {
    /// How long a usual delivery takes.
    pub delay: Duration,
    /// How long a delivery to a slow number takes.
    pub slow: Duration,
    /// How messages end unless their number says otherwise.
    pub outcome: Outcome,
    /// Whether numbers choose.
    pub by_number: bool,
    /// Whether a text `MO:…` is answered.
    pub replies: bool,
    /// Messages on their way at a time; the rest waits in the core.
    pub most_at_once: usize,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        SandboxConfig {
            delay: Duration::from_secs(1),
            slow: Duration::from_secs(10),
            outcome: Outcome::Delivered,
            by_number: true,
            replies: true,
            most_at_once: 50_000,
        }
    }
}

/// A carrier for one lane.
pub struct Sandbox {
    core: Arc<dyn CoreApi>,
    lane: Lane,
    config: SandboxConfig,
    travelling: BinaryHeap<Reverse<Traveller>>,
}

impl Sandbox {
    /// A network that takes the messages of `lane`.
    pub fn new(core: Arc<dyn CoreApi>, lane: Lane, config: SandboxConfig) -> Sandbox {
        Sandbox { core, lane, config, travelling: BinaryHeap::new() }
    }

    /// Delivers until the task is dropped; what is on its way then is handed out again after a restart.
    pub async fn run(mut self) {
        let mut work = self.core.watch(&self.lane);
        loop {
            work.seen();
            let room = self.config.most_at_once.saturating_sub(self.travelling.len());
            let taken = if room > 0 { self.take(room.min(BATCH)).await } else { 0 };
            let arrived = self.arrive().await;
            if taken == BATCH || arrived == BATCH {
                continue;
            }
            let next = self.next_event(room > taken);
            tokio::select! {
                more = work.changed(), if room > taken => if !more { return },
                () = tokio::time::sleep_until(next) => {}
            }
        }
    }

    /// Takes due messages and tells how many there were.
    async fn take(&mut self, most: usize) -> usize {
        let hold = self.config.slow.max(self.config.delay) + MARGIN;
        let messages = self.core.lease(&self.lane, most, hold).await;
        let (now, taken) = (Instant::now(), messages.len());
        self.travelling.extend(messages.into_iter().map(|message| {
            let Fate { attempt, delay } = Fate::of(&message, &self.config);
            Reverse(Traveller { due: now + delay, id: message.id, message, attempt })
        }));
        taken
    }

    /// Reports what has arrived by now and tells how many that were.
    async fn arrive(&mut self) -> usize {
        let now = Instant::now();
        let mut reports = Vec::new();
        while reports.len() < BATCH && self.travelling.peek().is_some_and(|Reverse(next)| next.due <= now) {
            let Some(Reverse(Traveller { message, attempt, .. })) = self.travelling.pop() else { break };
            reports.push(Report { message, attempt });
        }
        let count = reports.len();
        if count == 0 {
            return 0;
        }
        let replies = self.replies(&reports);
        self.core.report(reports).await;
        if !replies.is_empty() {
            let mut lost = 0;
            for answer in self.core.submit(replies).await {
                lost += usize::from(answer.wait().await.is_err());
            }
            if lost > 0 {
                tracing::warn!(lost, "the core did not take answers of subscribers");
            }
        }
        count
    }

    fn replies(&self, reports: &[Report]) -> Vec<Submission> {
        let delivered = reports.iter().filter(|report| self.config.replies && report.attempt == Attempt::Delivered);
        let replies = delivered.filter_map(|report| reply(&report.message));
        replies.map(Submission::new).collect()
    }

    /// When there is something to do without being told.
    fn next_event(&self, has_room: bool) -> Instant {
        let now = Instant::now();
        let arrival = self.travelling.peek().map_or(now + LONGEST_PAUSE, |Reverse(next)| next.due);
        let due = self.core.next_due(&self.lane).filter(|_| has_room);
        let due = due.map_or(LONGEST_PAUSE, |due| due.since(Timestamp::now()).clamp(SHORTEST_PAUSE, LONGEST_PAUSE));
        arrival.min(now + due)
    }
}

/// A message on its way.
struct Traveller {
    due: Instant,
    id: MessageId,
    message: Message,
    attempt: Attempt,
}

impl Ord for Traveller {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.due, self.id).cmp(&(other.due, other.id))
    }
}

impl PartialOrd for Traveller {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Traveller {
    fn eq(&self, other: &Self) -> bool {
        (self.due, self.id) == (other.due, other.id)
    }
}

impl Eq for Traveller {}

const BATCH: usize = 1000;
// A lease must outlive the delivery even on a busy machine.
const MARGIN: Duration = Duration::from_secs(60);
const SHORTEST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

//! The loop that plays the network.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
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
    pub async fn run(self) {
        // Nobody can say that it is to stop.
        self.run_until(watch::channel(false).1).await;
    }

    /// Delivers until `stop` is true, and reports what has arrived by then to the end: nobody is told half of it.
    pub async fn run_until(mut self, mut stop: watch::Receiver<bool>) {
        let mut work = self.core.watch(&self.lane);
        while !*stop.borrow_and_update() {
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
                Ok(()) = stop.changed() => {}
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

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Semaphore;
    use tokio::time::timeout;

    use super::*;
    use crate::BoxFuture;
    use crate::api::{Answer, Cancel, NetworkReport, Question, Refusal, Replacement, Standing, Work};
    use crate::model::Account;

    /// A core with these messages that takes its time over reports.
    struct Slow {
        messages: Mutex<Vec<Message>>,
        more: watch::Sender<u64>,
        begun: Semaphore,
        may_end: Semaphore,
        told: AtomicUsize,
    }

    impl CoreApi for Slow {
        fn submit(&self, _batch: Vec<Submission>) -> BoxFuture<'_, Vec<Answer>> {
            Box::pin(async { Vec::new() })
        }
        fn query(&self, _question: Question) -> BoxFuture<'_, Result<Standing, Refusal>> {
            Box::pin(async { Err(Refusal::Away) })
        }
        fn cancel(&self, _cancel: Cancel) -> BoxFuture<'_, Result<(), Refusal>> {
            Box::pin(async { Err(Refusal::Away) })
        }
        fn replace(&self, _replacement: Replacement) -> BoxFuture<'_, Result<(), Refusal>> {
            Box::pin(async { Err(Refusal::Away) })
        }
        fn lease<'a>(&'a self, _lane: &'a Lane, _max: usize, _hold: Duration) -> BoxFuture<'a, Vec<Message>> {
            Box::pin(async { std::mem::take(&mut *self.messages.lock().unwrap()) })
        }
        fn report(&self, reports: Vec<Report>) -> BoxFuture<'_, ()> {
            Box::pin(async move {
                self.begun.add_permits(1);
                self.may_end.acquire().await.unwrap().forget();
                self.told.fetch_add(reports.len(), Ordering::Relaxed);
            })
        }
        fn hear(&self, _reports: Vec<NetworkReport>) -> BoxFuture<'_, Vec<bool>> {
            Box::pin(async { Vec::new() })
        }
        fn release(&self, _messages: &[MessageId]) {}
        fn watch(&self, _lane: &Lane) -> Work {
            Work::new([self.more.subscribe()])
        }
        fn next_due(&self, _lane: &Lane) -> Option<Timestamp> {
            None
        }
    }

    /// A sandbox at work on so many messages, and what stops it.
    fn at_work(messages: u64) -> (Arc<Slow>, watch::Sender<bool>, tokio::task::JoinHandle<()>) {
        let lane = Lane::from("sandbox");
        let messages = (1..=messages).map(|id| Message::new(MessageId(id), Account::from("shop"), lane.clone())).collect();
        let (begun, may_end) = (Semaphore::new(0), Semaphore::new(0));
        let (messages, more, told) = (Mutex::new(messages), watch::Sender::new(0), AtomicUsize::new(0));
        let core = Arc::new(Slow { messages, more, begun, may_end, told });
        let (stop, stopped) = watch::channel(false);
        let config = SandboxConfig { delay: Duration::ZERO, by_number: false, ..SandboxConfig::default() };
        let task = tokio::spawn(Sandbox::new(core.clone(), lane, config).run_until(stopped));
        (core, stop, task)
    }

    async fn ends(task: tokio::task::JoinHandle<()>) {
        timeout(Duration::from_secs(10), task).await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn what_has_arrived_is_told_to_the_end_before_the_sandbox_stops() {
        let (core, stop, task) = at_work(3);
        core.begun.acquire().await.unwrap().forget();
        stop.send_replace(true);
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert!(!task.is_finished());
        core.may_end.add_permits(1);
        ends(task).await;
        assert_eq!(core.told.load(Ordering::Relaxed), 3);
    }

    #[tokio::test]
    async fn a_sandbox_with_nothing_to_do_stops_at_once() {
        let (_core, stop, task) = at_work(0);
        tokio::task::yield_now().await;
        stop.send_replace(true);
        ends(task).await;
    }
}

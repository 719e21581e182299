//! What an operator may choose about a shared queue.

use std::time::Duration;

/// Sizes and limits of a `SharedQueue`; all nodes should have the same.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SharedQueueOptions {
    /// Messages that may be pending in the whole cluster. What several nodes accept at the same moment may pass it.
    pub pending_limit: usize,
    /// Ended messages that are remembered until they are forgotten by age; a few more for a while.
    pub final_limit: usize,
    /// Whether messages that ended are kept until [`Queue::recorded`](super::super::Queue::recorded) says that their
    /// record is written; until then they count as pending ones do.
    pub keep_until_recorded: bool,
    /// Octets that may wait or be on their way into the database before callers must wait themselves.
    pub waiting_octets: usize,
    /// Tasks that write, each with a connection of its own.
    pub writers: usize,
    /// How far the clocks of two nodes may be apart: the lease of another node counts so much longer.
    pub clock_margin: Duration,
    /// How often the database is asked whether other nodes added something that somebody here waits for.
    pub poll_interval: Duration,
    /// How old counts and deadlines of other nodes' messages may be; also how often this node says that it is alive.
    pub refresh_interval: Duration,
    /// How long a node must have been silent before the others write the records that it owes.
    pub orphaned_after: Duration,
    /// How long changes wait for a database that is away before they are refused; new messages are refused at once.
    pub patience: Duration,
    /// How long to look for a commit whose answer was lost before the call fails with
    /// [`QueueError::Uncertain`](super::super::QueueError::Uncertain).
    pub lookup_time: Duration,
    /// Opens even though the server says that its commits may be lost in a crash.
    pub accept_weak_commits: bool,
}

impl Default for SharedQueueOptions {
    fn default() -> Self {
        SharedQueueOptions {
            pending_limit: 1_000_000,
            final_limit: 10_000_000,
            keep_until_recorded: false,
            waiting_octets: 16 << 20,
            writers: 2,
            clock_margin: Duration::from_secs(2),
            poll_interval: Duration::from_millis(200),
            refresh_interval: Duration::from_secs(1),
            orphaned_after: Duration::from_secs(300),
            patience: Duration::from_secs(60),
            lookup_time: Duration::from_secs(30),
            accept_weak_commits: false,
        }
    }
}

//! What an operator may choose about a queue in a database.

use super::super::index::Limits;

/// Sizes and limits of a `SqlQueue`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SqlQueueOptions {
    /// Messages that may be pending; their index is in memory as the journal's is.
    pub pending_limit: usize,
    /// Ended messages that are remembered until they are forgotten by age.
    pub final_limit: usize,
    /// Whether messages that ended are kept until [`Queue::recorded`](super::super::Queue::recorded) says that their
    /// record is written; until then they count as pending ones do.
    pub keep_until_recorded: bool,
    /// Octets of the latest bodies that are kept in memory, so that fresh messages go out without a query.
    pub recent_octets: usize,
    /// Octets that may wait for the next commit before callers must wait themselves.
    pub waiting_octets: usize,
}

impl Default for SqlQueueOptions {
    fn default() -> Self {
        SqlQueueOptions {
            pending_limit: 1_000_000,
            final_limit: 1_000_000,
            keep_until_recorded: false,
            recent_octets: 32 << 20,
            waiting_octets: 4 << 20,
        }
    }
}

impl SqlQueueOptions {
    pub(super) fn limits(&self) -> Limits {
        Limits { pending: self.pending_limit, finals: self.final_limit, records: self.keep_until_recorded }
    }
}

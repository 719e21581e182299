//! What an operator may choose about a journal.

use super::super::index::Limits;
use super::OpenError;

/// Sizes and limits of a `JournalQueue`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct JournalOptions {
    /// Octets of one segment file, 4 KiB to 1 GiB. Room for one is kept free on the disk beyond what is used.
    pub segment_octets: u32,
    /// Octets of the disk that are left to others: no segment is begun that would leave less, and new messages are
    /// refused instead; nor is a snapshot written, and the next start takes longer.
    pub reserve_octets: u64,
    /// Messages that may be pending; a million takes about 150 MB of memory, however long the texts are, and 100 MB more
    /// while the next MC has them.
    pub pending_limit: usize,
    /// Ended messages that are remembered until they are forgotten by age, bodies on disk included; a million takes 120 MB of
    /// memory.
    pub final_limit: usize,
    /// Whether messages that ended are kept until [`Queue::recorded`](super::super::Queue::recorded) says that their
    /// record is written; until then they count as pending ones do.
    pub keep_until_recorded: bool,
    /// Octets of the latest writes that are kept in memory, so that fresh messages go out without touching the disk. They
    /// lie in blocks of 4 MiB; for each thread that hands in messages, up to twice as many as there are processors, three
    /// more than these fill may be in use or ready.
    pub recent_octets: usize,
    /// Octets that may wait for the next sync before callers must wait themselves: changes, and the new messages of each
    /// thread that hands them in. One group is not larger than twice that, and a call.
    pub waiting_octets: usize,
}

impl Default for JournalOptions {
    fn default() -> Self {
        JournalOptions {
            segment_octets: 64 << 20,
            // For the tables beside it, records that cannot be handed on, and the log.
            reserve_octets: 16 << 20,
            pending_limit: 1_000_000,
            final_limit: 1_000_000,
            keep_until_recorded: false,
            recent_octets: 32 << 20,
            waiting_octets: 4 << 20,
        }
    }
}

impl JournalOptions {
    pub(super) fn limits(&self) -> Limits {
        Limits { pending: self.pending_limit, finals: self.final_limit, records: self.keep_until_recorded }
    }

    /// Says what is wrong with these options.
    pub(super) fn check(&self) -> Result<(), OpenError> {
        if !(1 << 12..=1 << 30).contains(&self.segment_octets) {
            return Err(OpenError::Options("segment_octets must be 4 KiB to 1 GiB"));
        }
        // Positions in a segment have 32 bits: a segment, a full group and the largest call must fit.
        if self.waiting_octets > 1 << 28 {
            return Err(OpenError::Options("waiting_octets must be 256 MiB at most"));
        }
        Ok(())
    }
}

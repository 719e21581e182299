//! The peer's requests this side still owes an answer.
//!
//! Only their number is kept: a [`Responder`] carries what an answer needs and can be used once.

use smpp_pdu::CommandId;

use crate::Overflow;

/// The right, and the duty, to answer one request of the peer.
///
/// It cannot be copied, so no request is answered twice. One that is dropped leaves the peer
/// without an answer; the tokio shell answers for its users who do that.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the peer waits for an answer"]
pub struct Responder {
    pub(crate) command_id: CommandId,
    pub(crate) sequence_number: u32,
}

impl Responder {
    /// The operation to be answered.
    pub const fn command_id(&self) -> CommandId {
        self.command_id
    }

    /// The sequence number of request and answer.
    pub const fn sequence_number(&self) -> u32 {
        self.sequence_number
    }
}

/// How many answers are owed, and how many may be.
#[derive(Debug)]
pub(crate) struct Inbound {
    unanswered: usize,
    limit: usize,
    overflow: Overflow,
}

impl Inbound {
    pub(crate) fn new(limit: usize, overflow: Overflow) -> Self {
        Inbound { unanswered: 0, limit: limit.max(1), overflow }
    }

    /// What is owed already stays owed.
    pub(crate) fn set_limit(&mut self, limit: usize) {
        self.limit = limit.max(1);
    }

    /// Admits one more request, if it is within the limit.
    pub(crate) fn admit(&mut self, command_id: CommandId, sequence_number: u32) -> Option<Responder> {
        if self.unanswered >= self.limit {
            return None;
        }
        self.unanswered += 1;
        Some(Responder { command_id, sequence_number })
    }

    /// One request was answered.
    pub(crate) fn settle(&mut self) {
        self.unanswered = self.unanswered.saturating_sub(1);
    }

    pub(crate) const fn unanswered(&self) -> usize {
        self.unanswered
    }

    /// True if the peer has to wait until answers have gone out.
    pub(crate) const fn holds_back(&self) -> bool {
        self.unanswered >= self.limit && matches!(self.overflow, Overflow::StopReading)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_never_passed() {
        let mut inbound = Inbound::new(2, Overflow::StopReading);
        assert!(inbound.admit(CommandId(4), 1).is_some() && !inbound.holds_back());
        assert!(inbound.admit(CommandId(4), 2).is_some() && inbound.holds_back());
        assert!(inbound.admit(CommandId(4), 3).is_none());
        inbound.settle();
        assert!(!inbound.holds_back() && inbound.unanswered() == 1);
    }

    #[test]
    fn throttling_reads_on() {
        let mut inbound = Inbound::new(1, Overflow::Throttle);
        assert!(inbound.admit(CommandId(4), 1).is_some());
        assert!(!inbound.holds_back() && inbound.admit(CommandId(4), 2).is_none());
    }
}

//! The peer's requests this side still owes an answer.
//!
//! Only their number is kept: a [`Responder`] carries what an answer needs and can be used once.

use smpp_pdu::{CommandId, CommandStatus, Frame, Profile};

use crate::rate::{Bucket, carries_message, messages_in};
use crate::{Config, Overflow, Rate, Time};

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

/// How many answers are owed, how many may be, and how fast messages may come.
#[derive(Debug)]
pub(crate) struct Inbound {
    unanswered: usize,
    limit: usize,
    overflow: Overflow,
    bucket: Option<Bucket>,
}

impl Inbound {
    pub(crate) fn new(config: &Config, now: Time) -> Self {
        let bucket = config.inbound_rate.map(|rate| Bucket::new(rate, now));
        Inbound { unanswered: 0, limit: config.unanswered.max(1), overflow: config.overflow, bucket }
    }

    /// What is owed already stays owed.
    pub(crate) fn set_limit(&mut self, limit: usize) {
        self.limit = limit.max(1);
    }

    /// Admits one more request if it is within the limits; otherwise tells how to refuse it.
    pub(crate) fn admit(&mut self, frame: &Frame, profile: &Profile, now: Time) -> Result<Responder, CommandStatus> {
        let (command_id, sequence_number) = (frame.command_id(), frame.sequence_number());
        if self.unanswered >= self.limit {
            return Err(match self.overflow {
                Overflow::QueueFull => CommandStatus::RMSGQFUL,
                Overflow::Throttle | Overflow::StopReading => CommandStatus::RTHROTTLED,
            });
        }
        if let Some(bucket) = self.bucket.as_mut().filter(|_| carries_message(command_id)) {
            if bucket.tokens(now) == 0 {
                return Err(CommandStatus::RTHROTTLED);
            }
            bucket.spend(messages_in(command_id, frame.body(), profile), now);
        }
        self.unanswered += 1;
        Ok(Responder { command_id, sequence_number })
    }

    /// Changes how fast messages may come.
    pub(crate) fn set_rate(&mut self, rate: Option<Rate>, now: Time) {
        Bucket::set(&mut self.bucket, rate, now);
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
    use smpp_pdu::{QuerySm, Stamp, SubmitSm};

    fn inbound(overflow: Overflow) -> Inbound {
        Inbound::new(&Config { unanswered: 2, overflow, ..Config::default() }, Time::ZERO)
    }

    fn admit(inbound: &mut Inbound, now: Time) -> Result<(), CommandStatus> {
        let frame = Frame::new(&SubmitSm::default(), Stamp::new(1)).unwrap();
        inbound.admit(&frame, &Profile::DEFAULT, now).map(drop)
    }

    #[test]
    fn the_limit_is_never_passed() {
        let mut inbound = inbound(Overflow::StopReading);
        assert!(admit(&mut inbound, Time::ZERO).is_ok() && !inbound.holds_back());
        assert!(admit(&mut inbound, Time::ZERO).is_ok() && inbound.holds_back());
        assert!(admit(&mut inbound, Time::ZERO).is_err());
        inbound.settle();
        assert!(!inbound.holds_back() && inbound.unanswered() == 1);
    }

    #[test]
    fn a_peer_that_is_read_on_is_told_what_was_configured() {
        for (overflow, status) in
            [(Overflow::Throttle, CommandStatus::RTHROTTLED), (Overflow::QueueFull, CommandStatus::RMSGQFUL)]
        {
            let mut inbound = inbound(overflow);
            assert!(admit(&mut inbound, Time::ZERO).is_ok() && admit(&mut inbound, Time::ZERO).is_ok());
            assert!(!inbound.holds_back());
            assert_eq!(admit(&mut inbound, Time::ZERO), Err(status));
        }
    }

    #[test]
    fn a_rate_counts_messages_only() {
        let mut inbound = inbound(Overflow::StopReading);
        inbound.set_rate(Some(Rate::per_second(1)), Time::ZERO);
        assert!(admit(&mut inbound, Time::ZERO).is_ok());
        assert_eq!(admit(&mut inbound, Time::ZERO), Err(CommandStatus::RTHROTTLED));
        let query = Frame::new(&QuerySm::default(), Stamp::new(1)).unwrap();
        assert!(inbound.admit(&query, &Profile::DEFAULT, Time::ZERO).is_ok());
        inbound.settle();
        assert!(admit(&mut inbound, Time::from_micros(1_000_000)).is_ok());
    }
}

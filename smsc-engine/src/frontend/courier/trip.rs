//! One message on its way.

use std::collections::VecDeque;

use smpp_session::net::{Batch, Collector, Link, Response, Unanswered};

use super::flight::{SendError, Unfit, Way, Writer};
use super::pace::Allowance;
use crate::api::Attempt;
use crate::model::{FinalState, Message};

/// One message, from its first PDU to its last answer.
pub(super) struct Trip<P> {
    message: Message,
    rest: Rest<P>,
    has_begun: bool,
    /// PDUs that are not answered yet.
    unanswered: usize,
    so_far: Option<Attempt>,
}

/// What has still to be sent.
enum Rest<P> {
    Whole,
    Parts(VecDeque<P>),
}

impl<P> Trip<P> {
    /// Of a message in these parts, or as it is.
    pub(super) fn new(message: Message, parts: Option<VecDeque<P>>) -> Trip<P> {
        let rest = parts.map_or(Rest::Whole, Rest::Parts);
        Trip { message, rest, has_begun: false, unanswered: 0, so_far: None }
    }

    pub(super) fn into_message(self) -> Message {
        self.message
    }

    pub(super) fn has_begun(&self) -> bool {
        self.has_begun
    }

    pub(super) fn has_rest(&self) -> bool {
        match &self.rest {
            Rest::Whole => true,
            Rest::Parts(parts) => !parts.is_empty(),
        }
    }

    /// What became of it, once everything is sent and answered.
    pub(super) fn ended(&self) -> Option<Attempt> {
        let is_over = self.unanswered == 0 && !self.has_rest();
        self.so_far.clone().filter(|_| is_over)
    }

    /// What the answers to the PDUs of the trip with this key are known by: the last PDU has one of its own.
    fn tag(key: usize, is_last: bool) -> u64 {
        (key as u64) << 1 | u64::from(is_last)
    }

    /// The trip that is meant, and whether it is about its last PDU.
    pub(super) fn of_tag(tag: u64) -> (usize, bool) {
        (usize::try_from(tag >> 1).unwrap_or(usize::MAX), tag & 1 == 1)
    }

    /// Sends what can be sent now.
    pub(super) fn go_on<W: Writer<Part = P>>(
        &mut self,
        writer: &W,
        ((batch, link), key, answers): ((&mut Batch, &Link), usize, &Collector),
        allowance: &mut Allowance<'_>,
    ) -> Result<(), SendError> {
        while self.has_rest() {
            if !allowance.has_one() {
                return Err(SendError::NotNow);
            }
            let (part, is_last) = match &self.rest {
                Rest::Whole => (None, true),
                Rest::Parts(parts) => (parts.front(), parts.len() == 1),
            };
            writer.send(Way { batch, link, answers, tag: Self::tag(key, is_last) }, &self.message, part)?;
            allowance.spend();
            match &mut self.rest {
                Rest::Whole => self.rest = Rest::Parts(VecDeque::new()),
                Rest::Parts(parts) => drop(parts.pop_front()),
            }
            self.has_begun = true;
            self.unanswered += 1;
        }
        Ok(())
    }

    /// One of its PDUs is answered, or never will be.
    pub(super) fn arrive<W: Writer<Part = P>>(&mut self, writer: &W, answer: Result<Response, Unanswered>, is_last: bool) {
        self.unanswered = self.unanswered.saturating_sub(1);
        match writer.attempt(&self.message, answer) {
            // The receipt comes for the last part.
            Attempt::Handed(_) if !is_last => self.note(Attempt::Delivered),
            attempt => self.note(attempt),
        }
    }

    /// The worst that happened to a part is what happened to the message.
    pub(super) fn note(&mut self, attempt: Attempt) {
        if matches!(attempt, Attempt::Failed(..) | Attempt::TryAgain(_) | Attempt::Unknown) {
            // A text that lacks a part is not worth its other parts.
            self.rest = Rest::Parts(VecDeque::new());
        }
        if self.so_far.as_ref().is_none_or(|so_far| rank(so_far) < rank(&attempt)) {
            self.so_far = Some(attempt);
        }
    }

    pub(super) fn fail(&mut self, Unfit(why): &Unfit) {
        tracing::error!(message_id = %self.message.id, lane = %self.message.lane, why, "a part cannot be sent to this peer");
        self.note(Attempt::Failed(FinalState::Undeliverable, 0));
    }
}

fn rank(attempt: &Attempt) -> u8 {
    match attempt {
        Attempt::Delivered => 0,
        Attempt::Handed(_) => 1,
        Attempt::Unknown => 2,
        Attempt::TryAgain(_) => 3,
        Attempt::Failed(..) => 4,
    }
}

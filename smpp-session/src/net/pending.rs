//! Requests that were sent and what becomes of them.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use std::vec::Vec;

use smpp_pdu::{Command, CommandId, CommandStatus, DecodeError, Decoded, Frame, Profile};
use thiserror::Error;

use super::collector::{Claim, Collected};
use super::gathering::Gatherings;
use super::shared::Shared;
use crate::{CloseReason, Outcome};

/// A request that was sent. Await it for the peer's answer.
///
/// Dropping it forgets the answer; the request itself cannot be called back.
#[must_use = "the answer is lost if this is dropped"]
pub struct Pending {
    shared: Arc<Shared>,
    /// Where the answer comes; [`NOWHERE`] once it is over.
    place: u32,
    sequence_number: u32,
}

impl Pending {
    pub(crate) fn new(shared: Arc<Shared>, place: u32, sequence_number: u32) -> Self {
        Pending { shared, place, sequence_number }
    }

    /// The number the request was sent with.
    pub const fn sequence_number(&self) -> u32 {
        self.sequence_number
    }
}

impl Future for Pending {
    type Output = Result<Response, Unanswered>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let ended = self.shared.lock().places.poll(self.place, cx);
        let Poll::Ready((outcome, took)) = ended else { return Poll::Pending };
        self.place = NOWHERE;
        Poll::Ready(result(outcome, self.shared.profile(), took))
    }
}

/// What the caller is told about a request that has ended.
#[inline(always)]
fn result(outcome: Outcome, profile: Profile, took: Duration) -> Result<Response, Unanswered> {
    match outcome {
        Outcome::Answered(frame) => Ok(Response { frame, profile, took }),
        Outcome::Expired => Err(Unanswered::Expired),
        Outcome::Lost(reason) => Err(Unanswered::Lost(reason)),
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if self.place != NOWHERE {
            self.shared.lock().places.abandon(self.place);
        }
    }
}

impl std::fmt::Debug for Pending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pending").field("sequence_number", &self.sequence_number).finish_non_exhaustive()
    }
}

/// Why a request that was sent got no answer; whether the peer acted on it is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Unanswered {
    /// No answer came in time.
    #[error("no answer in time")]
    Expired,
    /// The session ended first.
    #[error("the session ended before the answer: {0}")]
    Lost(CloseReason),
}

/// What the peer answered: a response with any status, or a `generic_nack`.
#[derive(Debug, Clone)]
pub struct Response {
    frame: Frame,
    profile: Profile,
    took: Duration,
}

impl Response {
    /// Reads the response to a request that succeeded.
    ///
    /// # Errors
    /// The peer refused the request, or its response does not decode.
    pub fn read<'a, P: Command<'a>>(&'a self) -> Result<P, ResponseError> {
        if !self.status().is_ok() {
            return Err(ResponseError::Refused(self.status()));
        }
        Ok(self.frame.read(&self.profile)?)
    }

    /// Reads the response, whatever its status.
    ///
    /// # Errors
    /// It does not decode.
    pub fn decode(&self) -> Result<Decoded<'_>, DecodeError> {
        self.frame.decode(&self.profile)
    }

    /// The result; a `generic_nack` is never a success.
    pub fn status(&self) -> CommandStatus {
        let status = self.frame.command_status();
        if status.is_ok() && self.is_nack() { CommandStatus::RINVCMDID } else { status }
    }

    /// True if the peer answered with `generic_nack`.
    pub fn is_nack(&self) -> bool {
        self.frame.command_id() == CommandId::GENERIC_NACK
    }

    /// The time between request and answer.
    pub const fn took(&self) -> Duration {
        self.took
    }

    /// The whole PDU.
    pub const fn frame(&self) -> &Frame {
        &self.frame
    }
}

/// Why a response says nothing useful.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ResponseError {
    /// The peer refused the request.
    #[error("refused with {0}")]
    Refused(CommandStatus),
    /// The response does not decode.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

/// Where answers wait for those who asked; as many places as there are [`Pending`]s.
#[derive(Default)]
pub(crate) struct Places {
    places: Vec<Place>,
    /// Head of the list of free places.
    free: Option<u32>,
    gatherings: Gatherings,
}

enum Place {
    Free {
        next: Option<u32>,
    },
    Waiting(Option<Waker>),
    /// Nobody waits for this one alone: the number of the gathering, and the caller's of the request.
    Gathered(u32, u64),
    Over(Outcome, Duration),
    /// Nobody waits any more, but the session still has the number of the place.
    Abandoned,
}

impl Places {
    /// The place the next [`take`](Self::take) will take.
    pub(crate) fn next(&self) -> u32 {
        self.free.unwrap_or(self.places.len() as u32) // windows are far smaller than 2^32
    }

    /// Takes the next place for a request.
    pub(crate) fn take(&mut self) {
        self.take_as(Place::Waiting(None));
    }

    /// Takes the next place for a request whose outcome is gathered.
    pub(crate) fn take_for(&mut self, claim: &mut Claim<'_>, tag: u64) {
        let gathering = self.gatherings.enter(claim.spend());
        self.take_as(Place::Gathered(gathering, tag));
    }

    #[inline(always)]
    fn take_as(&mut self, taken: Place) {
        match self.free.and_then(|at| self.places.get_mut(at as usize)) {
            Some(place) => {
                if let Place::Free { next } = *place {
                    self.free = next;
                }
                *place = taken;
            }
            None => self.places.push(taken),
        }
    }

    /// The request has ended; returns whom to wake. What is gathered is read by `profile`, and told when it is
    /// [handed over](Self::hand_over).
    #[inline(always)]
    pub(crate) fn end(&mut self, at: u32, outcome: Outcome, took: Duration, profile: &Profile) -> Option<Waker> {
        let place = self.places.get_mut(at as usize)?;
        if let Place::Waiting(waker) = place {
            let waker = waker.take();
            *place = Place::Over(outcome, took);
            return waker;
        }
        if let Place::Gathered(gathering, tag) = *place {
            self.gatherings.end(gathering, Collected { tag, result: result(outcome, *profile, took) });
        }
        self.vacate(at);
        None
    }

    /// Tells the collectors what has ended since the last time; appends whom to wake.
    pub(crate) fn hand_over(&mut self, wakers: &mut Vec<Waker>) {
        self.gatherings.hand_over(wakers);
    }

    fn poll(&mut self, at: u32, cx: &Context<'_>) -> Poll<(Outcome, Duration)> {
        match self.places.get_mut(at as usize) {
            Some(Place::Waiting(Some(waker))) => waker.clone_from(cx.waker()),
            Some(Place::Waiting(waker)) => *waker = Some(cx.waker().clone()),
            Some(place) => {
                if let Place::Over(outcome, took) = std::mem::replace(place, Place::Abandoned) {
                    self.vacate(at);
                    return Poll::Ready((outcome, took));
                }
            }
            None => {}
        }
        Poll::Pending
    }

    fn abandon(&mut self, at: u32) {
        match self.places.get_mut(at as usize) {
            Some(Place::Over(..)) => self.vacate(at),
            Some(place) => *place = Place::Abandoned,
            None => {}
        }
    }

    fn vacate(&mut self, at: u32) {
        if let Some(place) = self.places.get_mut(at as usize) {
            *place = Place::Free { next: self.free };
            self.free = Some(at);
        }
    }
}

// Windows are far smaller: no request has it.
const NOWHERE: u32 = u32::MAX;

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use smpp_pdu::Side;

    use super::*;
    use crate::Config;

    #[test]
    fn one_that_is_over_leaves_the_place_to_the_next() {
        let shared = Arc::new(Shared::new(Side::Esme, Config::default(), SocketAddr::from(([127, 0, 0, 1], 2775))));
        let ask = || {
            let mut inner = shared.lock();
            let place = inner.places.next();
            inner.places.take();
            inner.places.end(place, Outcome::Expired, Duration::ZERO, &Profile::DEFAULT);
            Pending::new(shared.clone(), place, 1)
        };
        let mut cx = Context::from_waker(Waker::noop());
        let mut first = ask();
        assert!(Pin::new(&mut first).poll(&mut cx).is_ready());
        let mut second = ask();
        assert!(Pin::new(&mut first).poll(&mut cx).is_pending());
        drop(first);
        assert!(Pin::new(&mut second).poll(&mut cx).is_ready());
    }

    #[test]
    fn an_abandoned_place_is_free_once_its_request_ended() {
        let mut places = Places::default();
        let at = places.next();
        places.take();
        places.abandon(at);
        assert_ne!(places.next(), at);
        assert!(places.end(at, Outcome::Expired, Duration::ZERO, &Profile::DEFAULT).is_none());
        assert_eq!(places.next(), at);
    }

    #[test]
    fn an_answer_waits_to_be_fetched() {
        let mut places = Places::default();
        let (first, cx) = (places.next(), Context::from_waker(Waker::noop()));
        places.take();
        assert!(places.poll(first, &cx).is_pending());
        assert!(places.end(first, Outcome::Expired, Duration::ZERO, &Profile::DEFAULT).is_some());
        assert!(matches!(places.poll(first, &cx), Poll::Ready((Outcome::Expired, _))));
        assert_eq!(places.next(), first);
    }
}

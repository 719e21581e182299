//! Messages that were sent and what is answered.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use smpp_session::RequestError;
use smpp_session::net::{Batch, Link, Pending, Response, Unanswered};

use super::super::bind::BindMeter;
use super::pace::Allowance;
use crate::api::{Attempt, Report};
use crate::model::{FinalState, Message, MessageId};

/// Turns messages into PDUs, and answers into what the core is told.
pub(in crate::frontend) trait Writer: Clone + Send + Sync + 'static {
    /// One of several PDUs for one message.
    type Part: Send + Sync;

    /// The PDUs a message is sent in, if they are not simply the message; `None` for one that is sent as it is.
    ///
    /// # Errors
    /// It cannot be sent.
    fn parts(&self, message: &Message) -> Result<Option<VecDeque<Self::Part>>, Unfit>;

    /// Sends a message or a part of it.
    ///
    /// # Errors
    /// Nothing was sent.
    fn send(&self, way: (&mut Batch, &Link), message: &Message, part: Option<&Self::Part>) -> Result<Pending, SendError>;

    /// Sends what has no answer; `None` for a message, which has one.
    ///
    /// # Errors
    /// Nothing was sent.
    fn announce(&self, link: &Link, message: &Message) -> Option<Result<(), SendError>> {
        let _ = (link, message);
        None
    }

    /// What an answer, or none, means for the message.
    fn attempt(&self, message: &Message, answer: Result<Response, Unanswered>) -> Attempt;
}

/// Says that a message can never be written as a PDU of this peer, and why.
#[derive(Debug)]
pub(in crate::frontend) struct Unfit(pub(in crate::frontend) &'static str);

/// Why nothing was sent.
#[derive(Debug)]
pub(in crate::frontend) enum SendError {
    Unfit(Unfit),
    /// It may be sent later, or on another session.
    NotNow,
}

impl From<RequestError> for SendError {
    fn from(error: RequestError) -> SendError {
        match error {
            RequestError::Encode(_) => SendError::Unfit(Unfit("it does not fit the fields of the PDU")),
            _ => SendError::NotNow,
        }
    }
}

impl From<smpp_pdu::ValueError> for SendError {
    fn from(_: smpp_pdu::ValueError) -> SendError {
        SendError::Unfit(Unfit("a value does not fit its field"))
    }
}

/// Messages on their way on one session.
pub(super) struct Flight<W: Writer> {
    writer: W,
    trips: Vec<Trip<W::Part>>,
    /// What waits for no answer: sent without one, or never to be written as a PDU.
    settled: Vec<Report>,
}

impl<W: Writer> Flight<W> {
    pub(super) fn new(writer: W) -> Flight<W> {
        Flight { writer, trips: Vec::new(), settled: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.trips.is_empty()
    }

    /// True if parts of messages are still to be sent.
    pub(super) fn has_rest(&self) -> bool {
        self.trips.iter().any(Trip::has_rest)
    }

    /// What waits for no answer, each once.
    pub(super) fn settled(&mut self) -> Vec<Report> {
        std::mem::take(&mut self.settled)
    }

    /// Sends as much as session and allowance take; returns what they did not take.
    pub(super) fn send(&mut self, link: &Link, allowance: &mut Allowance<'_>, messages: Vec<Message>) -> Vec<MessageId> {
        let mut batch = Batch::new();
        let mut unsent = Vec::new();
        for message in messages {
            let id = message.id;
            if !unsent.is_empty() || !self.begin((&mut batch, link), allowance, message) {
                unsent.push(id);
            }
        }
        unsent
    }

    /// Sends a message, or its first parts; false if it was not taken.
    fn begin(&mut self, (batch, link): (&mut Batch, &Link), allowance: &mut Allowance<'_>, message: Message) -> bool {
        match self.writer.announce(link, &message) {
            None => {}
            Some(Err(SendError::NotNow)) => return false,
            Some(Err(SendError::Unfit(unfit))) => {
                self.refuse(message, unfit);
                return true;
            }
            Some(Ok(())) => {
                allowance.spend();
                self.settled.push(Report { message, attempt: Attempt::Delivered });
                return true;
            }
        }
        let rest = match self.writer.parts(&message) {
            Ok(parts) => parts.map_or(Rest::Whole, Rest::Parts),
            Err(unfit) => {
                self.refuse(message, unfit);
                return true;
            }
        };
        let mut trip = Trip { message, rest, sent: Vec::new(), so_far: None };
        match trip.go_on(&self.writer, (batch, link), allowance) {
            Err(SendError::NotNow) if trip.sent.is_empty() => return false,
            Err(SendError::Unfit(unfit)) if trip.sent.is_empty() => {
                self.refuse(trip.message, unfit);
                return true;
            }
            Err(SendError::Unfit(unfit)) => trip.fail(&unfit),
            Ok(()) | Err(SendError::NotNow) => {}
        }
        self.trips.push(trip);
        true
    }

    /// Sends parts that had to wait.
    pub(super) fn go_on(&mut self, link: &Link, allowance: &mut Allowance<'_>) {
        let mut batch = Batch::new();
        for trip in self.trips.iter_mut().filter(|trip| trip.has_rest()) {
            match trip.go_on(&self.writer, (&mut batch, link), allowance) {
                Ok(()) => {}
                Err(SendError::Unfit(unfit)) => trip.fail(&unfit),
                Err(SendError::NotNow) => return,
            }
        }
    }

    /// What the core is told of messages whose rest can never be sent, because the session is over.
    pub(super) fn abandon(&mut self) {
        for trip in self.trips.iter_mut().filter(|trip| trip.has_rest()) {
            trip.rest = Rest::Parts(VecDeque::new());
            trip.note(Attempt::Unknown);
        }
    }

    /// Waits until something is answered and returns all that is.
    pub(super) fn landed<'a>(&'a mut self, meter: &'a BindMeter) -> impl Future<Output = Vec<Report>> + 'a {
        std::future::poll_fn(move |cx| match self.arrive(cx, meter) {
            landed if landed.is_empty() => Poll::Pending,
            landed => Poll::Ready(landed),
        })
    }

    /// What is answered by now.
    pub(super) fn landed_by_now<'a>(&'a mut self, meter: &'a BindMeter) -> impl Future<Output = Vec<Report>> + 'a {
        std::future::poll_fn(move |cx| Poll::Ready(self.arrive(cx, meter)))
    }

    fn arrive(&mut self, cx: &mut Context<'_>, meter: &BindMeter) -> Vec<Report> {
        let mut landed = Vec::new();
        let mut at = 0;
        while let Some(trip) = self.trips.get_mut(at) {
            match trip.poll(&self.writer, cx) {
                Poll::Pending => at += 1,
                Poll::Ready(attempt) => {
                    let is_sent = matches!(attempt, Attempt::Delivered | Attempt::Handed(_));
                    if is_sent {
                        meter.sent.add(1)
                    } else {
                        meter.failures.add(1)
                    }
                    landed.push(Report { message: self.trips.swap_remove(at).message, attempt });
                }
            }
        }
        landed
    }

    fn refuse(&mut self, message: Message, Unfit(why): Unfit) {
        tracing::error!(message_id = %message.id, lane = %message.lane, why, "a message cannot be sent to this peer");
        self.settled.push(Report { message, attempt: Attempt::Failed(FinalState::Undeliverable, 0) });
    }
}

/// One message, from its first PDU to its last answer.
struct Trip<P> {
    message: Message,
    rest: Rest<P>,
    /// Whether it is the last PDU of the message.
    sent: Vec<(Pending, bool)>,
    so_far: Option<Attempt>,
}

/// What has still to be sent.
enum Rest<P> {
    Whole,
    Parts(VecDeque<P>),
}

impl<P> Trip<P> {
    fn has_rest(&self) -> bool {
        match &self.rest {
            Rest::Whole => true,
            Rest::Parts(parts) => !parts.is_empty(),
        }
    }

    /// Sends what can be sent now.
    fn go_on<W: Writer<Part = P>>(
        &mut self,
        writer: &W,
        (batch, link): (&mut Batch, &Link),
        allowance: &mut Allowance<'_>,
    ) -> Result<(), SendError> {
        while self.has_rest() {
            if !allowance.has_one() {
                return Err(SendError::NotNow);
            }
            let part = match &self.rest {
                Rest::Whole => None,
                Rest::Parts(parts) => parts.front(),
            };
            let pending = writer.send((batch, link), &self.message, part)?;
            allowance.spend();
            match &mut self.rest {
                Rest::Whole => self.rest = Rest::Parts(VecDeque::new()),
                Rest::Parts(parts) => drop(parts.pop_front()),
            }
            let is_last = !self.has_rest();
            self.sent.push((pending, is_last));
        }
        Ok(())
    }

    fn poll<W: Writer<Part = P>>(&mut self, writer: &W, cx: &mut Context<'_>) -> Poll<Attempt> {
        let mut at = 0;
        while let Some((pending, _)) = self.sent.get_mut(at) {
            let Poll::Ready(answer) = Pin::new(pending).poll(cx) else {
                at += 1;
                continue;
            };
            let (_, is_last) = self.sent.swap_remove(at);
            match writer.attempt(&self.message, answer) {
                // The receipt comes for the last part.
                Attempt::Handed(_) if !is_last => self.note(Attempt::Delivered),
                attempt => self.note(attempt),
            }
        }
        match &self.so_far {
            Some(attempt) if self.sent.is_empty() && !self.has_rest() => Poll::Ready(attempt.clone()),
            _ => Poll::Pending,
        }
    }

    /// The worst that happened to a part is what happened to the message.
    fn note(&mut self, attempt: Attempt) {
        if matches!(attempt, Attempt::Failed(..) | Attempt::TryAgain(_) | Attempt::Unknown) {
            // A text that lacks a part is not worth its other parts.
            self.rest = Rest::Parts(VecDeque::new());
        }
        if self.so_far.as_ref().is_none_or(|so_far| rank(so_far) < rank(&attempt)) {
            self.so_far = Some(attempt);
        }
    }

    fn fail(&mut self, Unfit(why): &Unfit) {
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

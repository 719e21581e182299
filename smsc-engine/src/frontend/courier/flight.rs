//! Messages that were sent and what is answered.

use std::collections::{BTreeSet, VecDeque};

use futures_util::FutureExt;
use slab::Slab;
use smpp_pdu::Request;
use smpp_session::RequestError;
use smpp_session::net::{Batch, Collected, Collector, Link, Outcomes, Response, Unanswered, collector};

use super::super::bind::BindMeter;
use super::pace::Allowance;
use super::trip::Trip;
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
    fn send(&self, way: Way<'_>, message: &Message, part: Option<&Self::Part>) -> Result<(), SendError>;

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

/// How one PDU gets to the peer, and what its answer will be known by.
pub(in crate::frontend) struct Way<'a> {
    pub(super) batch: &'a mut Batch,
    pub(super) link: &'a Link,
    pub(super) answers: &'a Collector,
    pub(super) tag: u64,
}

impl Way<'_> {
    /// Sends a request.
    ///
    /// # Errors
    /// Nothing was sent.
    pub(in crate::frontend) fn request<'a>(self, pdu: &impl Request<'a>) -> Result<(), SendError> {
        Ok(self.batch.request_with(self.link, pdu, self.tag, self.answers)?)
    }
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
    trips: Slab<Trip<W::Part>>,
    /// The trips that have parts still to be sent.
    resting: BTreeSet<usize>,
    answers: Collector,
    outcomes: Outcomes,
    /// Trips that have ended.
    landed: Vec<Report>,
    /// What waits for no answer: sent without one, or never to be written as a PDU.
    settled: Vec<Report>,
}

impl<W: Writer> Flight<W> {
    pub(super) fn new(writer: W) -> Flight<W> {
        // The window of the session is the limit.
        let (answers, outcomes) = collector(usize::MAX);
        let (trips, resting) = (Slab::new(), BTreeSet::new());
        Flight { writer, trips, resting, answers, outcomes, landed: Vec::new(), settled: Vec::new() }
    }

    /// True if there is nothing to be told, neither now nor later.
    pub(super) fn is_empty(&self) -> bool {
        self.trips.is_empty() && self.landed.is_empty() && self.settled.is_empty()
    }

    /// True if parts of messages are still to be sent.
    pub(super) fn has_rest(&self) -> bool {
        !self.resting.is_empty()
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
    fn begin(&mut self, way: (&mut Batch, &Link), allowance: &mut Allowance<'_>, message: Message) -> bool {
        match self.writer.announce(way.1, &message) {
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
        let parts = match self.writer.parts(&message) {
            Ok(parts) => parts,
            Err(unfit) => {
                self.refuse(message, unfit);
                return true;
            }
        };
        let entry = self.trips.vacant_entry();
        let key = entry.key();
        let mut trip = Trip::new(message, parts);
        match trip.go_on(&self.writer, (way, key, &self.answers), allowance) {
            Err(SendError::NotNow) if !trip.has_begun() => return false,
            Err(SendError::Unfit(unfit)) if !trip.has_begun() => {
                self.refuse(trip.into_message(), unfit);
                return true;
            }
            Err(SendError::Unfit(unfit)) => trip.fail(&unfit),
            Ok(()) | Err(SendError::NotNow) => {}
        }
        entry.insert(trip);
        self.arrange(key);
        true
    }

    /// Sends parts that had to wait.
    pub(super) fn go_on(&mut self, link: &Link, allowance: &mut Allowance<'_>) {
        let mut batch = Batch::new();
        while let Some(key) = self.resting.first().copied() {
            if let Some(trip) = self.trips.get_mut(key) {
                match trip.go_on(&self.writer, ((&mut batch, link), key, &self.answers), allowance) {
                    Ok(()) => {}
                    Err(SendError::Unfit(unfit)) => trip.fail(&unfit),
                    Err(SendError::NotNow) => return,
                }
            }
            self.arrange(key);
        }
    }

    /// What the core is told of messages whose rest can never be sent, because the session is over.
    pub(super) fn abandon(&mut self) {
        while let Some(key) = self.resting.first().copied() {
            if let Some(trip) = self.trips.get_mut(key) {
                trip.note(Attempt::Unknown);
            }
            self.arrange(key);
        }
    }

    /// Puts a trip to those that have parts still to be sent, or to those that have ended, if it is one of them.
    fn arrange(&mut self, key: usize) {
        let trip = self.trips.get(key);
        if trip.is_some_and(Trip::has_rest) {
            self.resting.insert(key);
            return;
        }
        self.resting.remove(&key);
        if let Some(attempt) = trip.and_then(Trip::ended) {
            let message = self.trips.remove(key).into_message();
            self.landed.push(Report { message, attempt });
        }
    }

    /// Waits until there is something to be told. Dropping the future loses nothing.
    pub(super) async fn landed(&mut self) {
        let mut answered = Vec::new();
        while self.landed.is_empty() && self.settled.is_empty() {
            // There is one collector at least: ours.
            self.outcomes.next_many(&mut answered).await;
            self.arrive(&mut answered);
        }
    }

    /// What the core has to be told by now, each once.
    pub(super) fn reports(&mut self, meter: &BindMeter) -> Vec<Report> {
        let mut answered = Vec::new();
        let _ = self.outcomes.next_many(&mut answered).now_or_never();
        self.arrive(&mut answered);
        let mut reports = std::mem::take(&mut self.landed);
        let sent = reports.iter().filter(|report| matches!(report.attempt, Attempt::Delivered | Attempt::Handed(_))).count();
        meter.sent.add(sent as u64);
        meter.failures.add((reports.len() - sent) as u64);
        reports.append(&mut self.settled);
        reports
    }

    fn arrive(&mut self, answered: &mut Vec<Collected>) {
        for Collected { tag, result, .. } in answered.drain(..) {
            let (key, is_last) = Trip::<W::Part>::of_tag(tag);
            if let Some(trip) = self.trips.get_mut(key) {
                trip.arrive(&self.writer, result, is_last);
            }
            self.arrange(key);
        }
    }

    fn refuse(&mut self, message: Message, Unfit(why): Unfit) {
        tracing::error!(message_id = %message.id, lane = %message.lane, why, "a message cannot be sent to this peer");
        self.settled.push(Report { message, attempt: Attempt::Failed(FinalState::Undeliverable, 0) });
    }
}

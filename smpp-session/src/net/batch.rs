//! Many requests and answers, one wake-up per session.

use std::task::Waker;
use std::vec::Vec;

use smpp_pdu::{Command, CommandId, CommandStatus, DataSmResp, DeliverSmResp, Request};

use super::{Collector, Incoming, Link, Pending};
use crate::{RequestError, RespondError};

/// Holds back the wake-ups of what is asked and answered through it until it is dropped.
///
/// A thread that answers thousands of requests at once uses one, so that each session writes all
/// its answers together.
///
/// ```no_run
/// # use smpp_session::net::{Batch, Incoming};
/// # use smpp_pdu::SubmitSmResp;
/// fn answer(synced: Vec<Incoming>) {
///     let mut batch = Batch::new();
///     for incoming in synced {
///         let _ = batch.answer(incoming, &SubmitSmResp::default());
///     }
/// }
/// ```
#[derive(Debug, Default)]
pub struct Batch {
    /// Most batches concern one session: they need no memory of their own.
    first: Option<Waker>,
    others: Vec<Waker>,
}

impl Batch {
    /// An empty batch.
    pub const fn new() -> Self {
        Batch { first: None, others: Vec::new() }
    }

    /// Answers a request; see [`Incoming::answer`].
    ///
    /// # Errors
    /// As [`Incoming::answer`].
    pub fn answer<'a>(&mut self, incoming: Incoming, pdu: &impl Command<'a>) -> Result<(), RespondError> {
        incoming.conclude(self, |session, responder| session.respond(responder, CommandStatus::ROK, pdu))
    }

    /// Answers that a `deliver_sm` or a `data_sm` was taken; see [`Incoming::acknowledge`].
    ///
    /// # Errors
    /// As [`Incoming::acknowledge`].
    pub fn acknowledge(&mut self, incoming: Incoming) -> Result<(), RespondError> {
        match incoming.command_id() {
            CommandId::DELIVER_SM => self.answer(incoming, &DeliverSmResp::default()),
            CommandId::DATA_SM => self.answer(incoming, &DataSmResp::default()),
            _ => incoming.unsupported(),
        }
    }

    /// Answers a request with an error.
    ///
    /// # Errors
    /// The session is over.
    pub fn refuse(&mut self, incoming: Incoming, status: CommandStatus) -> Result<(), RespondError> {
        incoming.conclude(self, |session, responder| session.refuse(responder, status))
    }

    /// Sends a request; see [`Link::request`].
    ///
    /// # Errors
    /// As [`Link::request`].
    pub fn request<'a>(&mut self, link: &Link, pdu: &impl Request<'a>) -> Result<Pending, RequestError> {
        link.request_in(self, pdu)
    }

    /// Sends a request whose outcome is gathered; see [`Link::request_with`].
    ///
    /// # Errors
    /// As [`Link::request_with`].
    pub fn request_with<'a>(
        &mut self,
        link: &Link,
        pdu: &impl Request<'a>,
        tag: u64,
        collector: &Collector,
    ) -> Result<(), RequestError> {
        link.gather(self, pdu, &mut collector.claim(1)?, tag)
    }

    /// Wakes the sessions that have something to write.
    #[inline]
    pub fn flush(&mut self) {
        // Nobody is among the others without a first; every single request comes by here.
        if let Some(first) = self.first.take() {
            first.wake();
            if !self.others.is_empty() {
                self.others.drain(..).for_each(Waker::wake);
            }
        }
    }

    pub(crate) fn hold(&mut self, waker: Option<Waker>) {
        if self.first.is_none() {
            self.first = waker;
        } else {
            self.others.extend(waker);
        }
    }
}

impl Drop for Batch {
    #[inline]
    fn drop(&mut self) {
        self.flush();
    }
}

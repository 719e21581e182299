//! What peers ask, with the duty to answer.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use smpp_pdu::{Command, CommandId, CommandStatus, DecodeError, Decoded, Frame, Version};

use super::batch::Batch;
use super::link::Link;
use super::shared::Shared;
use crate::{RespondError, Responder, Session, Time};

/// A request of the peer. It owns its octets and can be answered from any thread, exactly once.
///
/// Dropped without an answer it answers `ESME_RSYSERR`; if it was read and did not decode, what
/// SMPP asks for that defect.
#[must_use = "the peer waits for an answer"]
pub struct Incoming {
    shared: Arc<Shared>,
    frame: Frame,
    responder: Option<Responder>,
    /// When it was read.
    came: Time,
    /// The status to refuse with if nobody answers.
    refusal: AtomicU32,
}

impl Incoming {
    pub(crate) fn new(shared: Arc<Shared>, frame: Frame, responder: Responder, came: Time) -> Self {
        Incoming { shared, frame, responder: Some(responder), came, refusal: AtomicU32::new(CommandStatus::RSYSERR.0) }
    }

    /// Reads the request, if it is of this kind.
    ///
    /// # Errors
    /// It is another kind or does not decode.
    pub fn read<'a, P: Command<'a>>(&'a self) -> Result<P, DecodeError> {
        self.frame.read(&self.shared.profile()).inspect_err(|error| self.blame(error))
    }

    /// Reads the request, whatever it is.
    ///
    /// # Errors
    /// It does not decode.
    pub fn decode(&self) -> Result<Decoded<'_>, DecodeError> {
        let decoded = self.frame.decode(&self.shared.profile()).inspect_err(|error| self.blame(error))?;
        if !decoded.repairs.is_empty() {
            self.shared.repaired.fetch_add(1, Ordering::Relaxed);
        }
        Ok(decoded)
    }

    /// Answers that the request succeeded.
    ///
    /// # Errors
    /// The session is over; or `pdu` is not the response to this request or does not fit its
    /// fields, and the peer was answered `ESME_RSYSERR`.
    pub fn answer<'a>(self, pdu: &impl Command<'a>) -> Result<(), RespondError> {
        self.answer_with(CommandStatus::ROK, pdu)
    }

    /// Answers that a `deliver_sm` or a `data_sm` was taken, with the response that belongs to it; any other request
    /// is answered as [`unsupported`](Self::unsupported).
    ///
    /// # Errors
    /// The session is over.
    pub fn acknowledge(self) -> Result<(), RespondError> {
        Batch::new().acknowledge(self)
    }

    /// Answers with any status and a body.
    ///
    /// # Errors
    /// As [`answer`](Self::answer).
    pub fn answer_with<'a>(self, status: CommandStatus, pdu: &impl Command<'a>) -> Result<(), RespondError> {
        self.conclude(&mut Batch::new(), |session, responder| session.respond(responder, status, pdu))
    }

    /// Answers with an error.
    ///
    /// # Errors
    /// The session is over.
    pub fn refuse(self, status: CommandStatus) -> Result<(), RespondError> {
        Batch::new().refuse(self, status)
    }

    /// Answers that this operation is not supported, with a `generic_nack`.
    ///
    /// # Errors
    /// The session is over.
    pub fn unsupported(self) -> Result<(), RespondError> {
        self.conclude(&mut Batch::new(), |session, responder| session.nack(responder, CommandStatus::RINVCMDID))
    }

    /// The operation.
    pub const fn command_id(&self) -> CommandId {
        self.frame.command_id()
    }

    /// The whole PDU.
    pub const fn frame(&self) -> &Frame {
        &self.frame
    }

    /// The session it came in on.
    pub fn link(&self) -> Link {
        Link { shared: self.shared.clone() }
    }

    /// The version agreed upon in the bind.
    pub fn version(&self) -> Option<Version> {
        self.shared.bound.get().map(|bound| bound.version)
    }

    /// What was attached to the session, if it is of this type; see [`Link::attach`].
    pub fn account<A: Any + Send + Sync>(&self) -> Option<&A> {
        self.shared.account.get()?.downcast_ref()
    }

    pub(crate) fn conclude<R>(
        mut self,
        batch: &mut Batch,
        answer: impl FnOnce(&mut Session<u32>, Responder) -> Result<R, RespondError>,
    ) -> Result<R, RespondError> {
        match self.responder.take() {
            Some(responder) => self.shared.answer_in(batch, (responder, self.came), answer),
            // Only `drop` comes after an answer.
            None => Err(RespondError::OtherCommand),
        }
    }

    /// A request of another kind than the service looked for is no fault of the peer.
    fn blame(&self, error: &DecodeError) {
        if let smpp_pdu::Answer::Respond(_, status) = error.answer() {
            self.refusal.store(status.0, Ordering::Relaxed);
        }
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if let Some(responder) = self.responder.take() {
            let status = CommandStatus(self.refusal.load(Ordering::Relaxed));
            // If the session is over nobody waits for the answer.
            let refuse = |session: &mut Session<u32>, responder| session.refuse(responder, status);
            let _ = self.shared.answer_in(&mut Batch::new(), (responder, self.came), refuse);
        }
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming").field("frame", &self.frame).finish_non_exhaustive()
    }
}

//! What peers ask, with the duty to answer.

use std::fmt;
use std::net::SocketAddr;
use std::string::String;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use smpp_pdu::{
    Addr, BindTransceiver, CStr, Command, CommandId, CommandStatus, DecodeError, Decoded, Frame, Password, Pdu, Version,
};

use super::batch::Batch;
use super::link::Link;
use super::shared::Shared;
use crate::{BindKind, RespondError, Responder, Session, Time};

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

/// A peer that asks to bind; decide now or later, from any thread.
///
/// Dropped without a decision it answers `ESME_RSYSERR`.
#[must_use = "the peer waits for an answer"]
pub struct IncomingBind {
    shared: Arc<Shared>,
    frame: Frame,
    responder: Option<Responder>,
    /// When it was read.
    came: Time,
}

impl IncomingBind {
    pub(crate) fn new(shared: Arc<Shared>, frame: Frame, responder: Responder, came: Time) -> Self {
        let bind = IncomingBind { shared, frame, responder: Some(responder), came };
        let system_id = String::from_utf8_lossy(bind.request().system_id.as_bytes()).into_owned();
        let _ = bind.shared.system_id.set(system_id);
        bind
    }

    /// What the peer says about itself.
    pub fn request(&self) -> BindRequest<'_> {
        let peer = self.shared.peer;
        macro_rules! view {
            ($kind:expr, $pdu:expr) => {{
                let pdu = $pdu;
                BindRequest {
                    kind: $kind,
                    system_id: pdu.system_id,
                    password: pdu.password,
                    system_type: pdu.system_type,
                    version: Version::from_wire(pdu.interface_version),
                    address_range: pdu.address_range,
                    peer,
                }
            }};
        }
        match self.frame.decode(&self.shared.profile()).map(|decoded| decoded.pdu) {
            Ok(Pdu::BindTransmitter(pdu)) => view!(BindKind::Transmitter, pdu),
            Ok(Pdu::BindReceiver(pdu)) => view!(BindKind::Receiver, pdu),
            Ok(Pdu::BindTransceiver(pdu)) => view!(BindKind::Transceiver, pdu),
            // The session hands over nothing but binds that decode.
            _ => view!(BindKind::Transceiver, BindTransceiver::default()),
        }
    }

    /// Accepts; `system_id`, at most 15 characters, names this MC.
    ///
    /// # Errors
    /// The session is over.
    pub fn accept(mut self, system_id: CStr<'_, 16>) -> Result<(), RespondError> {
        self.conclude(|session, responder| session.accept_bind(responder, system_id))
    }

    /// Refuses; the connection is closed a moment later.
    pub fn refuse(mut self, status: CommandStatus) {
        // If the session is over nobody waits for the answer.
        let _ = self.conclude(|session, responder| session.refuse(responder, status));
    }

    /// The session to be.
    pub fn link(&self) -> Link {
        Link { shared: self.shared.clone() }
    }

    fn conclude(
        &mut self,
        answer: impl FnOnce(&mut Session<u32>, Responder) -> Result<(), RespondError>,
    ) -> Result<(), RespondError> {
        match self.responder.take() {
            Some(responder) => self.shared.answer_in(&mut Batch::new(), (responder, self.came), answer),
            None => Ok(()),
        }
    }
}

impl Drop for IncomingBind {
    fn drop(&mut self) {
        let _ = self.conclude(|session, responder| session.refuse(responder, CommandStatus::RSYSERR));
    }
}

impl fmt::Debug for IncomingBind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.request().fmt(f)
    }
}

/// What a peer says about itself when it binds. The password does not show in `Debug`.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct BindRequest<'a> {
    /// As what it wants to be bound.
    pub kind: BindKind,
    /// The name of the account.
    pub system_id: CStr<'a, 16>,
    /// The secret.
    pub password: Password<'a>,
    /// The class of ESME.
    pub system_type: CStr<'a, 13>,
    /// The version it speaks.
    pub version: Version,
    /// The addresses it serves.
    pub address_range: Addr<'a, 41>,
    /// Where it connects from.
    pub peer: SocketAddr,
}

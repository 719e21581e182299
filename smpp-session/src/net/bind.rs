//! A peer that asks to bind, with the duty to decide.

use std::fmt;
use std::net::SocketAddr;
use std::string::String;
use std::sync::Arc;

use smpp_pdu::{Addr, BindTransceiver, CStr, CommandStatus, Frame, Password, Pdu, Version};
use subtle::ConstantTimeEq;

use super::admission::Refusal;
use super::batch::Batch;
use super::gate::Undecided;
use super::link::Link;
use super::service::Service;
use super::shared::{Postponed, Shared};
use crate::{BindKind, RespondError, Responder, Session, Time};

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
    /// Its place among the binds without a decision.
    undecided: Option<Undecided>,
}

impl IncomingBind {
    pub(crate) fn new(shared: Arc<Shared>, frame: Frame, responder: Responder, came: Time) -> Self {
        let bind = IncomingBind { shared, frame, responder: Some(responder), came, undecided: None };
        let system_id = String::from_utf8_lossy(bind.request().system_id.as_bytes()).into_owned();
        let _ = bind.shared.system_id.set(system_id);
        bind
    }

    /// Lets the service decide, unless too many binds wait for it already.
    pub(crate) fn offer(mut self, service: &dyn Service) {
        if let Some(gate) = self.shared.gate.get() {
            self.undecided = gate.enter();
            if self.undecided.is_none() {
                gate.tally.count(Refusal::TooManyBinds);
                service.refused(self.shared.peer, Refusal::TooManyBinds);
                return self.refuse(CommandStatus::RTHROTTLED);
            }
        }
        service.bind(self);
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
                    interface_version: pdu.interface_version,
                    address_range: pdu.address_range,
                    peer,
                    #[cfg(feature = "tls")]
                    certificates: self.shared.certificates.get().map_or(&[], |chain| chain),
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
    ///
    /// On a server a refusal for wrong credentials, which is `ESME_RINVPASWD`, `ESME_RINVSYSID` or
    /// `ESME_RBINDFAIL`, goes out after a wait that grows with each of them; see
    /// [`Penalty`](super::Penalty).
    pub fn refuse(mut self, status: CommandStatus) {
        let delay = self.shared.gate.get().map(|gate| gate.delay(&self.link(), status)).unwrap_or_default();
        if delay.is_zero() {
            // If the session is over nobody waits for the answer.
            let _ = self.conclude(|session, responder| session.refuse(responder, status));
        } else if let Some(responder) = self.responder.take() {
            let due = self.shared.now() + delay;
            self.shared.act(|inner| inner.postponed = Some(Postponed { due, responder, status }));
        }
    }

    /// The session to be.
    pub fn link(&self) -> Link {
        Link { shared: self.shared.clone() }
    }

    pub(crate) fn conclude(
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
    /// The version it speaks, as far as we know it.
    pub version: Version,
    /// The octet that says so.
    pub interface_version: u8,
    /// The addresses it serves.
    pub address_range: Addr<'a, 41>,
    /// Where it connects from.
    pub peer: SocketAddr,
    /// The certificates it has shown and TLS has verified, its own first; empty if there are none.
    #[cfg(feature = "tls")]
    pub certificates: &'a [super::rustls::pki_types::CertificateDer<'static>],
}

impl BindRequest<'_> {
    /// Compares the password without telling by its time how much of it was right.
    ///
    /// Compare with something for an unknown `system_id` too, and it is not told by the time either.
    ///
    /// ```
    /// use smpp_pdu::{CStr, CommandStatus};
    /// use smpp_session::net::IncomingBind;
    ///
    /// fn decide(bind: IncomingBind) {
    ///     if bind.request().password_is("secret08") {
    ///         let _ = bind.accept(CStr::default());
    ///     } else {
    ///         bind.refuse(CommandStatus::RINVPASWD);
    ///     }
    /// }
    /// ```
    pub fn password_is(&self, expected: impl AsRef<[u8]>) -> bool {
        same_secret(self.password.expose(), expected.as_ref())
    }
}

/// Compares a secret in a time that only what was `offered` decides.
///
/// Binds have [`BindRequest::password_is`]; this is for the other ways in.
pub fn same_secret(offered: &[u8], expected: &[u8]) -> bool {
    let same_len = offered.len().ct_eq(&expected.len());
    let expected = expected.iter().chain(std::iter::repeat(&0));
    offered.iter().zip(expected).fold(same_len, |same, (offered, expected)| same & offered.ct_eq(expected)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_password_is_the_same() {
        for (offered, expected, same) in
            [("secret", "secret", true), ("", "", true), ("secret", "secreT", false), ("secre", "secret", false)]
        {
            assert_eq!(same_secret(offered.as_bytes(), expected.as_bytes()), same, "{offered} {expected}");
            assert_eq!(same_secret(expected.as_bytes(), offered.as_bytes()), same, "{expected} {offered}");
        }
        assert!(!same_secret(b"secret\0", b"secret") && !same_secret(b"secret", b"secret\0"));
    }
}

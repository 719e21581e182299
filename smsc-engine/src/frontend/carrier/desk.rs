//! What a carrier asks of the gateway, and what happens to its bind, counted and logged.

use std::fmt;
use std::sync::Arc;

use smpp_pdu::{CommandId, CommandStatus, DataSm, DecodeError, DeliverSm};
use smpp_session::net::{BindError, Incoming, Link, Service, Setback, Witness};
use smpp_session::{BindKind, CloseReason, Timer};
use tokio::sync::watch;

use super::super::bind::kind_word;
use super::super::courier::{self, Line, Settling};
use super::super::draft::{Draft, Sender};
use super::super::intake::{Form, Intake};
use super::super::peer::ClientPeer;
use super::super::text::Notation;
use super::ear::{Ear, Session};
use super::receipt::Envelope;
use super::recode;
use super::submit::Submitter;
use crate::api::Submission;
use crate::model::{Account, Timestamp};

/// Serves the sessions of one carrier, as it is described at the time.
pub(super) struct Desk {
    pub(super) peer: Arc<ClientPeer>,
    pub(super) account: Account,
    pub(super) hall: Arc<Hall>,
}

/// What stays when a carrier is changed.
pub(super) struct Hall {
    pub(super) line: Arc<Line>,
    pub(super) intake: Arc<Intake>,
    pub(super) ear: Arc<Ear>,
    /// Whoever stops waits until nobody holds the other end.
    pub(super) alive: Arc<watch::Sender<()>>,
}

impl Desk {
    pub(super) fn new(peer: ClientPeer, hall: Arc<Hall>) -> Desk {
        Desk { account: Account::from(peer.name.as_str()), peer: Arc::new(peer), hall }
    }

    /// A receipt goes to the ear, a message to the core.
    fn deliver(&self, incoming: Incoming) {
        let heard = match incoming.command_id() {
            CommandId::DATA_SM => incoming.read::<DataSm<'_>>().map(|pdu| Envelope::from(pdu).receipt(&self.peer)),
            _ => incoming.read::<DeliverSm<'_>>().map(|pdu| Envelope::from(pdu).receipt(&self.peer)),
        };
        match heard {
            Ok(Some(heard)) => self.hall.ear.take(incoming, heard),
            Ok(None) => self.take(incoming),
            // Dropped, it answers what its defect asks for.
            Err(_) => drop(incoming),
        }
    }

    fn take(&self, incoming: Incoming) {
        match self.submission(&incoming) {
            Ok(Ok(submission)) => {
                let form = Form::Delivered(self.hall.line.clone());
                self.hall.intake.take(incoming, Notation::Decimal.into(), (form, submission));
            }
            // An error of answering means that the session is over.
            Ok(Err(status)) => _ = incoming.refuse(status),
            Err(_) => drop(incoming),
        }
    }

    /// A message of a subscriber, with everything it came with.
    fn submission(&self, incoming: &Incoming) -> Result<Result<Submission, CommandStatus>, DecodeError> {
        let (version, octets) = (incoming.version().unwrap_or_default(), incoming.frame().octets());
        let sender = Sender { account: &self.account, version, octets, now: Timestamp::now() };
        let draft = match incoming.command_id() {
            CommandId::DATA_SM => match Draft::of_data(incoming.read::<DataSm<'_>>()?) {
                Ok(draft) => draft,
                Err(status) => return Ok(Err(status)),
            },
            _ => Draft::from(incoming.read::<DeliverSm<'_>>()?),
        };
        let mut submission = draft.delivered(sender);
        let message = &mut submission.message;
        let meant = (draft.esm_class.has_udh(), self.peer.profile.charset);
        if let (0, Some((data_coding, user_data))) = (message.data_coding, recode::for_core(&message.user_data, meant)) {
            (message.data_coding, message.user_data) = (data_coding, user_data.into());
        }
        Ok(Ok(submission))
    }
}

impl Service for Desk {
    fn bound(&self, link: &Link) {
        self.hall.line.meter.bind_success.add(1);
        tracing::info!(bind = %self.peer.name, peer = %link.peer(), kind = link.kind().map(kind_word), "successful bind");
        if link.kind() == Some(BindKind::Receiver) {
            return;
        }
        let settling = Arc::new(Settling::new());
        link.attach(Arc::new(Session { settling: settling.clone() }));
        let writer = Submitter::new(self.peer.clone(), link.version().unwrap_or_default());
        let (alive, work) =
            (self.hall.alive.subscribe(), courier::carry(link.clone(), self.hall.line.clone(), (writer, settling)));
        tokio::spawn(async move {
            work.await;
            drop(alive);
        });
    }

    fn request(&self, request: Incoming) {
        match request.command_id() {
            CommandId::DELIVER_SM | CommandId::DATA_SM => self.deliver(request),
            _ => _ = request.unsupported(),
        }
    }

    fn batch_end(&self) {
        self.hall.intake.flush();
        self.hall.ear.flush();
    }

    fn closed(&self, link: &Link, why: CloseReason) {
        if link.kind().is_none() {
            // It never was a session; the witness tells why.
            return;
        }
        self.hall.line.meter.disconnections.add(1);
        let (bind, peer) = (&self.peer.name, link.peer());
        match why {
            CloseReason::Unbound { .. } | CloseReason::Requested => {
                tracing::info!(bind, %peer, %why, "clean shutdown of the connection");
            }
            CloseReason::TimedOut(Timer::EnquireLink) => {
                tracing::warn!(bind, %peer, "enquire_link timeout: the connection is dropped");
            }
            CloseReason::Disconnected => tracing::warn!(bind, %peer, %why, "connection reset"),
            why => tracing::warn!(bind, %peer, %why, "connection lost"),
        }
    }
}

impl Witness for Desk {
    fn attempt(&self, to: &str) {
        self.hall.line.meter.attempts.add(1);
        tracing::debug!(bind = %self.peer.name, to, "connecting");
    }

    fn setback(&self, why: &Setback) {
        let bind = &self.peer.name;
        match why {
            Setback::Bind(error) => {
                self.hall.line.meter.bind_failures.add(1);
                let system_id = &self.peer.system_id;
                match error {
                    BindError::Refused(CommandStatus::RINVPASWD | CommandStatus::RINVSYSID) => {
                        tracing::error!(bind, system_id, %why, "bind failed: authentication error");
                    }
                    _ => tracing::error!(bind, system_id, %why, "bind failed"),
                }
            }
            // Errors of TLS may quote what the peer sent.
            Setback::Connect(error) => {
                let error = error.to_string();
                tracing::warn!(bind, "bind failed: no connection: {}", error.escape_debug());
            }
            // The session tells it.
            _ => {}
        }
    }
}

/// Shows whose desk it is.
impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").field("bind", &self.peer.name).finish_non_exhaustive()
    }
}

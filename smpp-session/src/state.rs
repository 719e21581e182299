//! The states of a session and who may do what in them.
//!
//! ```text
//!                      outbind
//!           ┌──────┐  MC to ESME  ┌──────────┐
//!  connect  │      ├─────────────►│ Outbound │
//! ─────────►│ Open │              └────┬─────┘
//!           │      │ bind accepted     │ bind accepted
//!           └──┬───┴─────────┬─────────┘
//!              │             ▼
//!              │   BoundTx, BoundRx or BoundTrx
//!              │             │ unbind sent or received
//!              │             ▼
//!              │         Unbound: answers only, no new requests
//!              │             │ unbind_resp, or out of patience
//!              ▼             ▼
//!            Closed ◄─── from everywhere: connection lost, stream out of step, timers, close
//! ```
//!
//! What each PDU needs is in the PDU table; this file only adds what the table cannot say: what
//! to answer to a PDU that is not permitted.

use smpp_pdu::{CommandId, CommandStatus, Kind, PduInfo, Repairs, Side, State, Version};

use crate::{BindKind, CloseReason, Session};

/// What to do with a request of the peer, before its body is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is permitted.
    Take,
    /// It has no response: drop it.
    Ignore,
    /// The operation does not exist here: `generic_nack`.
    Nack(CommandStatus),
    /// The operation exists, but not here or not now.
    Refuse(CommandStatus),
    /// The same, and the connection is of no more use.
    RefuseAndClose(CommandStatus),
}

/// How far a bind has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Binding {
    /// Nobody has asked, or it was decided.
    None,
    /// We are the ESME and asked.
    Asked(BindKind),
    /// The peer is the ESME, asked, and speaks this version.
    Offered(BindKind, Version),
    /// We are the MC and said no; the peer is given a moment to go, once that is `timed`.
    Refused { status: CommandStatus, timed: bool },
}

impl Binding {
    /// Why the session ended, if it ended now.
    pub(crate) const fn reason(self) -> Option<CloseReason> {
        match self {
            Binding::Refused { status, .. } => Some(CloseReason::BindRefused(status)),
            _ => None,
        }
    }

    /// True if a refusal has been written since the time was known last.
    pub(crate) const fn is_to_be_timed(self) -> bool {
        matches!(self, Binding::Refused { timed: false, .. })
    }
}

impl<T> Session<T> {
    /// Judges a request of the peer.
    pub(crate) fn judge(&self, command_id: CommandId) -> Verdict {
        let Some(info) = PduInfo::of(command_id) else { return Verdict::Nack(CommandStatus::RINVCMDID) };
        // Not listed by SMPP 3.4 before a bind, but by 5.0; refusing it gains nothing.
        let enquires = command_id == CommandId::ENQUIRE_LINK;
        // Unbinds may cross.
        let unbinds_too = command_id == CommandId::UNBIND && self.state == State::Unbound;
        // An MC about to unbind takes nothing new; an ESME does, for not every MC delivers again.
        let drains = self.unbinding.is_draining() && self.side == Side::Mc && command_id != CommandId::UNBIND;
        if enquires || unbinds_too || (!drains && permits(info, self.side.peer(), self.state, self.version)) {
            return Verdict::Take;
        }
        self.refusal(info)
    }

    /// Whether this side may send this PDU now.
    pub(crate) fn may_send(&self, info: &PduInfo) -> bool {
        // SMPP 3.4 does not list it before a bind: taken from anybody, but not sent.
        let too_early = info.id == CommandId::ENQUIRE_LINK && self.version < Version::V5_0 && !self.state.is_bound();
        permits(info, self.side, self.state, self.version) && !too_early
    }

    #[cold]
    fn refusal(&self, info: &PduInfo) -> Verdict {
        let sender = self.side.peer();
        if BindKind::of(info.id).is_some() && self.state.is_bound() && sender == Side::Esme {
            return Verdict::Refuse(CommandStatus::RALYBND);
        }
        if !info.exists_in(self.version) {
            let forgiven = self.profile.forgive_in_requests.contains(Repairs::OTHER_VERSION);
            if forgiven && permits(info, sender, self.state, info.since) {
                return Verdict::Take;
            }
            return if info.kind == Kind::Request { Verdict::Nack(CommandStatus::RINVCMDID) } else { Verdict::Ignore };
        }
        if info.kind != Kind::Request {
            return Verdict::Ignore;
        }
        if info.id == CommandId::UNBIND && matches!(self.state, State::Open | State::Outbound) {
            return Verdict::RefuseAndClose(CommandStatus::RINVBNDSTS);
        }
        Verdict::Refuse(CommandStatus::RINVBNDSTS)
    }
}

/// The table's answer; SMPP 3.4 has outbind but no state of its own for it. A second outbind says nothing new, and
/// must buy the peer no time.
fn permits(info: &PduInfo, sender: Side, state: State, version: Version) -> bool {
    let open = state == State::Outbound && version < Version::V5_0 && info.id != CommandId::OUTBIND;
    let state = if open { State::Open } else { state };
    info.permits(sender, state, version)
}

impl BindKind {
    /// The kind of bind a command id asks for.
    pub const fn of(command_id: CommandId) -> Option<BindKind> {
        match command_id {
            CommandId::BIND_TRANSMITTER => Some(BindKind::Transmitter),
            CommandId::BIND_RECEIVER => Some(BindKind::Receiver),
            CommandId::BIND_TRANSCEIVER => Some(BindKind::Transceiver),
            _ => None,
        }
    }

    /// The command id that asks for this kind of bind.
    pub const fn command_id(self) -> CommandId {
        match self {
            BindKind::Transmitter => CommandId::BIND_TRANSMITTER,
            BindKind::Receiver => CommandId::BIND_RECEIVER,
            BindKind::Transceiver => CommandId::BIND_TRANSCEIVER,
        }
    }

    /// The state an accepted bind leads to.
    pub const fn state(self) -> State {
        match self {
            BindKind::Transmitter => State::BoundTx,
            BindKind::Receiver => State::BoundRx,
            BindKind::Transceiver => State::BoundTrx,
        }
    }

    /// True if the ESME may send messages.
    pub const fn sends(self) -> bool {
        matches!(self, BindKind::Transmitter | BindKind::Transceiver)
    }

    /// True if the ESME may receive messages.
    pub const fn receives(self) -> bool {
        matches!(self, BindKind::Receiver | BindKind::Transceiver)
    }
}

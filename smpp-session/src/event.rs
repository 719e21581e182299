//! What a session reports to its owner.

use core::fmt;

use smpp_pdu::{CommandStatus, Frame, FrameError, Version};

use crate::{Responder, Time};

/// Something the owner of a session must know or act on.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<T> {
    /// The peer asks to bind; answer with [`accept_bind`](crate::Session::accept_bind) or
    /// [`refuse`](crate::Session::refuse).
    Bind {
        /// The whole PDU; it decodes.
        frame: Frame,
        /// The right to answer it.
        responder: Responder,
    },
    /// The session is bound.
    Bound {
        /// As what.
        kind: BindKind,
        /// The lower of both sides' versions.
        version: Version,
    },
    /// The peer sent a request that is permitted here and now; its body is not decoded yet.
    Request {
        /// The whole PDU.
        frame: Frame,
        /// The right to answer it.
        responder: Responder,
    },
    /// The peer sent a PDU that has no response: `outbind` or `alert_notification`.
    Notification(Frame),
    /// One of our requests has come to its end; every request does so exactly once.
    Ended {
        /// What the caller gave with the request.
        tag: T,
        /// When the request was sent.
        sent: Time,
        /// How it ended.
        outcome: Outcome,
    },
    /// The peer sent a response nobody waits for; it has no effect.
    Stray {
        /// The whole PDU.
        frame: Frame,
        /// Why nobody waits for it.
        why: Stray,
    },
    /// The session is over; the last event.
    Closed(CloseReason),
}

/// How a request ended.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Outcome {
    /// The peer answered: its response, with any status, or a `generic_nack`.
    Answered(Frame),
    /// No answer came in time; whether the peer acted on the request is unknown.
    Expired,
    /// The session ended first; whether the peer acted on the request is unknown.
    Lost(CloseReason),
}

/// Why nobody waits for a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stray {
    /// Its request ended before: it is late or a duplicate.
    Late,
    /// No request had this number.
    Unknown,
    /// The request with this number is another operation; it goes on waiting.
    OtherCommand,
}

/// What a session is bound as, seen from the ESME.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BindKind {
    /// Sends messages.
    Transmitter,
    /// Receives messages.
    Receiver,
    /// Does both.
    Transceiver,
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CloseReason {
    /// This side closed the connection without unbinding.
    Requested,
    /// The peer, or the network, ended the connection without unbinding.
    Disconnected,
    /// The session was unbound.
    Unbound {
        /// The end that asked for it first.
        by: End,
    },
    /// This side refused the bind.
    BindRefused(CommandStatus),
    /// The peer did not do its part in time.
    TimedOut(Timer),
    /// The peer's octets can no longer be split into PDUs.
    BadFraming(FrameError),
    /// The peer says that it can no longer split our octets into PDUs.
    OutOfStep,
    /// The peer sent a PDU after which there is nothing to wait for.
    BadPdu,
}

impl CloseReason {
    /// The end that closed the session; the one that failed the other counts as the closer.
    pub const fn by(self) -> End {
        match self {
            CloseReason::Requested | CloseReason::BindRefused(_) => End::Local,
            CloseReason::Unbound { by } => by,
            CloseReason::Disconnected
            | CloseReason::TimedOut(_)
            | CloseReason::BadFraming(_)
            | CloseReason::OutOfStep
            | CloseReason::BadPdu => End::Peer,
        }
    }
}

impl CloseReason {
    /// A name that stays the same whatever the details are, for counting.
    pub const fn name(self) -> &'static str {
        match self {
            CloseReason::Requested => "requested",
            CloseReason::Disconnected => "disconnected",
            CloseReason::Unbound { by: End::Local } => "unbound_by_us",
            CloseReason::Unbound { by: End::Peer } => "unbound_by_peer",
            CloseReason::BindRefused(_) => "bind_refused",
            CloseReason::TimedOut(Timer::SessionInit) => "no_bind_in_time",
            CloseReason::TimedOut(Timer::EnquireLink) => "enquire_link_unanswered",
            CloseReason::TimedOut(Timer::Bind) => "bind_unanswered",
            CloseReason::TimedOut(Timer::Unbind) => "unbind_unanswered",
            CloseReason::BadFraming(_) => "bad_framing",
            CloseReason::OutOfStep => "out_of_step",
            CloseReason::BadPdu => "bad_pdu",
        }
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CloseReason::Requested => f.write_str("closed by this side"),
            CloseReason::Disconnected => f.write_str("connection ended by the peer or the network"),
            CloseReason::Unbound { by: End::Local } => f.write_str("unbound by this side"),
            CloseReason::Unbound { by: End::Peer } => f.write_str("unbound by the peer"),
            CloseReason::BindRefused(status) => write!(f, "bind refused with {status}"),
            CloseReason::TimedOut(timer) => write!(f, "{timer}"),
            CloseReason::BadFraming(error) => write!(f, "the peer's octets are no PDUs: {error}"),
            CloseReason::OutOfStep => f.write_str("the peer lost step with our PDUs"),
            CloseReason::BadPdu => f.write_str("a PDU that cannot be answered did not decode"),
        }
    }
}

impl core::error::Error for CloseReason {}

/// One end of the connection, seen from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    /// This side.
    Local,
    /// The other side.
    Peer,
}

/// The timer whose expiry ended a session (SMPP 3.4 §7.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Timer {
    /// No bind came, or the service did not decide about it.
    SessionInit,
    /// The peer did not answer `enquire_link`.
    EnquireLink,
    /// The peer did not answer our bind.
    Bind,
    /// The peer did not answer our unbind.
    Unbind,
}

impl fmt::Display for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Timer::SessionInit => "no bind in time",
            Timer::EnquireLink => "enquire_link not answered in time",
            Timer::Bind => "bind not answered in time",
            Timer::Unbind => "unbind not answered in time",
        })
    }
}

//! Why a session does not do what it is asked, and what to do about it.

use smpp_pdu::{CommandId, EncodeError, State, ValueError};
use thiserror::Error;

use crate::{BindKind, CloseReason, Time};

/// Why a request was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RequestError {
    /// As many requests as the window allows are unanswered, or the peer does not read.
    #[error("the window is full: wait for an answer, or allow a larger window")]
    WindowFull,
    /// The rate of messages is used up, or the peer asked for a pause.
    #[error("no message may be sent now: wait, or raise the rate if it is the own one")]
    Throttled {
        /// When one may be sent, in the time of the session.
        until: Time,
    },
    /// As many tasks as are allowed wait already until they can send.
    #[error("too many wait to send: ask for less at once, or raise max_waiting")]
    TooManyWaiting,
    /// This side may not send this PDU in this state and version.
    #[error("{command_id} is not permitted in state {state:?}: {}", advice(*.command_id, *.state))]
    NotPermitted {
        /// The operation.
        command_id: CommandId,
        /// The state of the session.
        state: State,
    },
    /// One of the ends is unbinding; nothing new may be asked.
    #[error("the session is being unbound: ask on another one")]
    Unbinding,
    /// The session is over.
    #[error("the session is over ({0}): make a new one")]
    Closed(CloseReason),
    /// A field does not fit the standard.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// A value for a field does not fit the standard.
    #[error("{field}: {error}")]
    Value {
        /// The field.
        field: &'static str,
        /// The defect.
        error: ValueError,
    },
}

impl RequestError {
    /// True if waiting helps: the same request may be sent when answers have come or time has passed.
    pub const fn is_passing(&self) -> bool {
        matches!(self, RequestError::WindowFull | RequestError::Throttled { .. })
    }
}

/// What to do instead of an operation that is not permitted.
fn advice(command_id: CommandId, state: State) -> &'static str {
    match (command_id, state) {
        (CommandId::UNBIND, _) => "unbinding takes several steps, which the method unbind takes",
        (_, State::BoundTx | State::BoundRx | State::BoundTrx) if BindKind::of(command_id).is_some() => {
            "one connection is bound once; connect anew"
        }
        (_, State::Open | State::Outbound) if BindKind::of(command_id).is_some() => {
            "only an ESME binds, once, with a kind of bind its version has"
        }
        (_, State::Open | State::Outbound) => "bind first, and wait until the bind is accepted",
        _ => "this side, bound like this in this version, may not send it",
    }
}

/// Why a request of the peer was not answered as asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RespondError {
    /// The session is over; nobody is there to be answered.
    #[error("the session is over ({0}): nobody is there to be answered")]
    Closed(CloseReason),
    /// The PDU is not the response to this request; the peer was answered `ESME_RSYSERR`.
    #[error("the PDU does not answer this request: answer with the response that belongs to it, or refuse")]
    OtherCommand,
    /// A field does not fit the standard; the peer was answered `ESME_RSYSERR`.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

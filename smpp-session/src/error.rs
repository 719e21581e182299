//! Why a session does not do what it is asked.

use smpp_pdu::{CommandId, EncodeError, State, ValueError};
use thiserror::Error;

use crate::CloseReason;

/// Why a request was not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RequestError {
    /// As many requests as the window allows are unanswered, or the peer does not read.
    #[error("the window is full")]
    WindowFull,
    /// This side may not send this PDU in this state and version.
    #[error("{command_id} is not permitted in state {state:?}")]
    NotPermitted {
        /// The operation.
        command_id: CommandId,
        /// The state of the session.
        state: State,
    },
    /// One of the ends is unbinding; nothing new may be asked.
    #[error("the session is being unbound")]
    Unbinding,
    /// The session is over.
    #[error("the session is over: {0}")]
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

/// Why a request of the peer was not answered as asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RespondError {
    /// The session is over; nobody is there to be answered.
    #[error("the session is over: {0}")]
    Closed(CloseReason),
    /// The PDU is not the response to this request; the peer was answered `ESME_RSYSERR`.
    #[error("the PDU does not answer this request")]
    OtherCommand,
    /// A field does not fit the standard; the peer was answered `ESME_RSYSERR`.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

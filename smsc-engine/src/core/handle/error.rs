//! Why the core does not do what its operator wants.

use super::super::queue::{ChangeError, QueueError};
use crate::model::{MessageId, Status};

/// Why an order of the operator's was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HandleError {
    /// There is no such message, or it was forgotten.
    #[error("there is no message {0}")]
    Unknown(MessageId),
    /// No network has a message under this name.
    #[error("there is no message that was handed over under this name")]
    NotHanded,
    /// The message stands so that this cannot be done.
    #[error("the message is {}", .0.name())]
    Standing(Status),
    /// Somebody is delivering the message right now.
    #[error("the message is being delivered")]
    Leased,
    /// The order changes nothing.
    #[error("there is nothing to change")]
    Nothing,
    /// The message would be delivered later than it expires.
    #[error("deliver_after is later than expires")]
    TooLate,
    /// No frontend may bear this name.
    #[error("dest_smsc: a name must not begin with '!'")]
    Name,
    /// The log of events cannot be read.
    #[error("the log of events cannot be read: {0}")]
    Events(String),
    /// The queue refuses.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// The queue refuses this change.
    #[error(transparent)]
    Change(ChangeError),
}

impl From<ChangeError> for HandleError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Final(state) => HandleError::Standing(state.status()),
            ChangeError::Pending => HandleError::Standing(Status::Pending),
            ChangeError::Leased => HandleError::Leased,
            other => HandleError::Change(other),
        }
    }
}

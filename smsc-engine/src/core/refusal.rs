//! What a queue's refusal means to whoever handed a message in.

use super::queue::QueueError;
use crate::api::Refusal;

pub(super) fn refusal(error: &QueueError) -> Refusal {
    match error {
        QueueError::Full { .. } | QueueError::NoRoom => Refusal::QueueFull,
        QueueError::TooLarge { .. } => Refusal::TooLarge,
        // It is in the log already, once.
        QueueError::Unreachable(_) | QueueError::Uncertain(_) | QueueError::Apart(_) => Refusal::Away,
        other => {
            tracing::error!(error = %other, "the queue refuses");
            Refusal::Broken
        }
    }
}

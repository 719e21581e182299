//! What a queue's refusal means to whoever handed a message in.

use super::queue::QueueError;
use crate::api::Refusal;

pub(super) fn refusal(error: &QueueError) -> Refusal {
    match error {
        QueueError::Full { .. } | QueueError::NoRoom => Refusal::QueueFull,
        QueueError::TooLarge { .. } => Refusal::TooLarge,
        QueueError::Unreachable(_) | QueueError::Uncertain(_) => Refusal::Away,
        other => {
            tracing::error!(error = %other, "the queue refuses");
            Refusal::Broken
        }
    }
}

//! From a message that ended to its record.

use std::sync::Arc;

use super::content;
use crate::model::{Cdr, FinalState, Lane, Message, Outcome, Status};

/// What records say besides the message.
#[derive(Clone, Debug)]
pub(super) struct Recording {
    /// The node that writes them.
    pub(super) node: Arc<str>,
    /// Counts all parts for each part of a text its sender split.
    pub(super) total_parts: bool,
}

impl Recording {
    /// Writes the record, without the text of a delivered message if so wished; `None` for receipts and notices.
    pub(super) fn record(&self, message: &Message, outcome: &Outcome, without_body: bool) -> Option<Cdr> {
        if !is_recorded(message) {
            return None;
        }
        let status = outcome.state.status();
        let delivered = status == Status::Delivered;
        let parts =
            if self.total_parts { content::parts(message).max(content::segments(message)) } else { content::segments(message) };
        Some(Cdr {
            message_id: message.id,
            calling_number: message.source.number().into_owned(),
            called_number: message.destination.number().into_owned(),
            source_smsc: Some(message.account.as_str().to_owned()).filter(|name| !name.is_empty()),
            dest_smsc: destination(&message.lane),
            origin_node: Some(origin(message).unwrap_or_else(|| self.node.to_string())),
            destination_node: delivered.then(|| self.node.to_string()),
            submission_time: message.submitted,
            delivery_time: delivered.then_some(outcome.done),
            expiry_time: (status == Status::Expired).then_some(outcome.done),
            status,
            delivery_attempts: outcome.attempts,
            message_parts: Some(parts),
            deadletter: message.extra().deadletter || outcome.state == FinalState::Expired,
            message_body: (!delivered || !without_body).then(|| content::text(message)),
        })
    }
}

/// The node that accepted a message, if that need not be this one.
fn origin(message: &Message) -> Option<String> {
    let origin = &message.extra().origin;
    (!origin.is_empty()).then(|| String::from_utf8_lossy(origin.octets()).into_owned())
}

/// Tells whether a message of this kind gets a record.
pub(super) fn is_recorded(message: &Message) -> bool {
    message.kind.is_message()
}

/// Who delivers, as people know it: nothing for what waits for a location or was never meant to leave.
pub(super) fn destination(lane: &Lane) -> Option<String> {
    lane.is_public().then(|| lane.as_str().to_owned())
}

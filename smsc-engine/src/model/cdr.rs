//! The record of a message that has ended: what billing, reports and audits read for years.

use std::fmt;

use super::{MessageId, Status, Timestamp};

/// One call detail record, written once when a message ends.
#[derive(Clone, PartialEq, Eq)]
pub struct Cdr {
    /// The message; unique in one core, not among cores that share a database.
    pub message_id: MessageId,
    /// The sender, after translation.
    pub calling_number: String,
    /// The recipient, after translation.
    pub called_number: String,
    /// Who submitted it.
    pub source_smsc: Option<String>,
    /// Through whom it left or should have left; `None` if it was never routed.
    pub dest_smsc: Option<String>,
    /// The node that accepted it.
    pub origin_node: Option<String>,
    /// The node that delivered it.
    pub destination_node: Option<String>,
    /// When it was accepted.
    pub submission_time: Timestamp,
    /// When it was delivered.
    pub delivery_time: Option<Timestamp>,
    /// When it expired.
    pub expiry_time: Option<Timestamp>,
    /// How it ended; never [`Status::Pending`].
    pub status: Status,
    /// Attempts made, the last one included.
    pub delivery_attempts: u32,
    /// Segments to be billed; `None` if nobody knows.
    pub message_parts: Option<u32>,
    /// True if it went to the dead letters.
    pub deadletter: bool,
    /// The text, unless privacy forbids.
    pub message_body: Option<String>,
}

/// Shows how much text there is, never the text itself.
impl fmt::Debug for Cdr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = self.message_body.as_ref().map(|body| format!("{} octets", body.len()));
        f.debug_struct("Cdr")
            .field("message_id", &self.message_id)
            .field("calling_number", &self.calling_number)
            .field("called_number", &self.called_number)
            .field("source_smsc", &self.source_smsc)
            .field("dest_smsc", &self.dest_smsc)
            .field("status", &self.status)
            .field("submission_time", &self.submission_time)
            .field("delivery_attempts", &self.delivery_attempts)
            .field("message_parts", &self.message_parts)
            .field("message_body", &body)
            .finish_non_exhaustive()
    }
}

//! What a gateway tells its core of itself, and what its dashboard shows of the core's messages.

use serde::Serialize;
use serde_json::Value;

use crate::model::{MessageId, Timestamp};

/// A sign of life of a frontend; it holds no password.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Heartbeat {
    /// The name of this instance, 1 to 255 octets.
    pub frontend_name: String,
    /// What it speaks, such as `smpp`.
    pub frontend_type: String,
    /// Where it is; the core takes the address that calls if it is `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_address: Option<String>,
    /// Its host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    /// Seconds since it started.
    pub uptime_seconds: u64,
    /// What else it tells of itself, an object; never a password.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub configuration: Value,
}

/// Which pending messages to list; empty texts match every message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PendingFilter {
    /// A part of the recipient's number.
    pub destination: String,
    /// A part of the text, in any case of letters.
    pub content: String,
    /// The whole name of the frontend that is to deliver them.
    pub smsc: String,
    /// At most so many are returned; 0 for the usual 100.
    pub max: usize,
}

impl PendingFilter {
    /// Tells whether a message is one of those.
    pub(super) fn matches(&self, message: &MessageView) -> bool {
        let is_there = |smsc: &str| message.dest_smsc.as_deref() == Some(smsc);
        message.destination.contains(self.destination.trim())
            && message.body.to_lowercase().contains(&self.content.to_lowercase())
            && (self.smsc.is_empty() || is_there(&self.smsc))
    }
}

/// Pending messages, as far as they were looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PendingPage {
    /// Those that match, in the core's order.
    pub messages: Vec<MessageView>,
    /// True if the core may have more of them that were not looked at.
    pub is_truncated: bool,
}

/// One message as a core shows it. What the core does not tell is `None`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct MessageView {
    /// Its name in the core.
    pub id: u64,
    /// The sender.
    pub source: String,
    /// The recipient.
    pub destination: String,
    /// The text.
    pub body: String,
    /// The system that handed it in.
    pub source_smsc: Option<String>,
    /// The frontend that is to deliver it.
    pub dest_smsc: Option<String>,
    /// The core's word for how it stands, such as `pending`.
    pub status: String,
    /// Attempts that failed.
    pub attempts: u32,
    /// Higher goes first.
    pub priority: Option<u8>,
    /// When it was accepted.
    pub submitted: Option<Timestamp>,
    /// It is delivered no earlier.
    pub deliver_after: Option<Timestamp>,
    /// It is delivered no later.
    pub expires: Option<Timestamp>,
    /// When it was delivered.
    pub delivered: Option<Timestamp>,
}

impl MessageView {
    /// Its name as a type of the engine.
    pub const fn message_id(&self) -> MessageId {
        MessageId(self.id)
    }
}

/// Shows how much text there is, never the text itself.
impl std::fmt::Debug for MessageView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MessageView")
            .field("id", &self.id)
            .field("dest_smsc", &self.dest_smsc)
            .field("status", &self.status)
            .field("body", &format_args!("{} octets", self.body.len()))
            .finish_non_exhaustive()
    }
}

/// A message for trying out a connection.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct TestMessage {
    /// The system that hands it in: the gateway's name.
    pub source_smsc: String,
    /// The frontend that is to deliver it.
    pub dest_smsc: String,
    /// The sender: a number or a name.
    pub source: String,
    /// The recipient.
    pub destination: String,
    /// The text.
    pub body: String,
}

/// Shows how much text there is, never the text itself.
impl std::fmt::Debug for TestMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestMessage")
            .field("dest_smsc", &self.dest_smsc)
            .field("body", &format_args!("{} octets", self.body.len()))
            .finish_non_exhaustive()
    }
}

//! TP-ST: what became of a message.

use core::fmt;

use super::field::octet_field;
use crate::receipt::MessageState;

/// The status in an SMS-STATUS-REPORT.
///
/// ```
/// use sms_codec::receipt::MessageState;
/// use sms_codec::tpdu::{Status, StatusClass};
///
/// let expired = Status(0x46);
/// assert_eq!((expired.class(), expired.message_state()), (StatusClass::Permanent, MessageState::Expired));
/// assert_eq!(expired.to_string(), "validity period expired");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Status(pub u8);

impl Status {
    /// Whether it went well, and whether the service centre goes on.
    pub const fn class(self) -> StatusClass {
        match self.0 {
            0x00..=0x1F => StatusClass::Completed,
            0x20..=0x3F => StatusClass::Trying,
            // What is reserved above counts as a permanent failure.
            0x40..=0x5F | 0x80..=0xFF => StatusClass::Permanent,
            0x60..=0x7F => StatusClass::Stopped,
        }
    }

    /// The state of the message in SMPP's terms.
    pub const fn message_state(self) -> MessageState {
        match (self.0, self.class()) {
            (_, StatusClass::Completed) => MessageState::Delivered,
            (_, StatusClass::Trying) => MessageState::Enroute,
            (0x46, _) => MessageState::Expired,
            (0x47 | 0x48, _) => MessageState::Deleted,
            (0x49, _) => MessageState::Unknown,
            _ => MessageState::Undeliverable,
        }
    }

    /// Whether the message reached the handset for sure, not just the network before it.
    pub const fn is_confirmed(self) -> bool {
        matches!(self.class(), StatusClass::Completed) && self.0 != 0x01
    }

    /// Whether nothing more will be heard of the message.
    pub const fn is_final(self) -> bool {
        !matches!(self.class(), StatusClass::Trying)
    }

    /// Whether each service centre gives the value a meaning of its own.
    pub const fn is_sc_specific(self) -> bool {
        self.0 < 0x80 && self.0 & 0x10 != 0
    }

    const fn text(self) -> &'static str {
        match self.0 {
            0x00 => "received",
            0x01 => "forwarded, delivery not confirmed",
            0x02 => "replaced",
            0x20 | 0x60 => "congestion",
            0x21 | 0x61 => "recipient busy",
            0x22 | 0x62 => "no response from the recipient",
            0x23 | 0x63 => "service rejected",
            0x24 | 0x44 | 0x64 => "quality of service not available",
            0x25 | 0x65 => "error in the recipient",
            0x40 => "remote procedure error",
            0x41 => "incompatible destination",
            0x42 => "connection rejected by the recipient",
            0x43 => "not obtainable",
            0x45 => "no interworking available",
            0x46 => "validity period expired",
            0x47 => "deleted by the sender",
            0x48 => "deleted by the service centre",
            0x49 => "message does not exist",
            _ if self.is_sc_specific() => "reason of the service centre's own",
            _ => "reserved reason",
        }
    }
}

/// Shows the reason in words.
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())?;
        match self.class() {
            StatusClass::Completed | StatusClass::Permanent => Ok(()),
            StatusClass::Trying => f.write_str(", still trying"),
            StatusClass::Stopped => f.write_str(", stopped trying"),
        }
    }
}

octet_field!(Status);

/// How a message fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StatusClass {
    /// It was delivered, forwarded or replaced.
    Completed,
    /// It failed for now, and the service centre still tries.
    Trying,
    /// It failed for good.
    Permanent,
    /// It failed for now, but the service centre has stopped trying.
    Stopped,
}

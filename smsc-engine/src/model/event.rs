//! What happened to a message, for those who ask later.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::{MessageId, Timestamp};

/// One line in the history of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The message.
    pub message_id: MessageId,
    /// When it happened.
    pub time: Timestamp,
    /// What happened.
    pub name: EventName,
    /// More about it, for people.
    pub description: Cow<'static, str>,
    /// The node, or the outside system, that tells of it.
    pub source: Arc<str>,
}

macro_rules! event_names {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// The name of an event.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum EventName {
            $($(#[$doc])* $name,)*
            /// The n-th attempt, which failed.
            DeliveryAttempt(u32),
            /// A name from outside.
            Other(Box<str>),
        }

        impl EventName {
            /// Reads a name; one that is not ours is kept as it is.
            pub fn from_text(text: &str) -> Self {
                match text {
                    $($text => EventName::$name,)*
                    _ => Self::attempt(text).unwrap_or_else(|| EventName::Other(text.into())),
                }
            }
        }

        impl fmt::Display for EventName {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(EventName::$name => f.write_str($text),)*
                    EventName::DeliveryAttempt(number) => write!(f, "{ATTEMPT}{number}"),
                    EventName::Other(text) => f.write_str(text),
                }
            }
        }

        #[cfg(test)]
        const ALL: &[EventName] = &[$(EventName::$name,)* EventName::DeliveryAttempt(3)];
    };
}

event_names! {
    /// Put in the queue.
    MessageInserted = "message_inserted",
    /// Translation changed a number.
    NumberTranslated = "number_translated",
    /// A route was chosen.
    MessageRouted = "message_routed",
    /// There is no route.
    RoutingFailed = "routing_failed",
    /// A route said to drop it.
    MessageDropped = "message_dropped",
    /// An automatic answer went out.
    AutoReplySent = "auto_reply_sent",
    /// Charging was called.
    ChargingAttempted = "charging_attempted",
    /// Charging refused or was broken.
    ChargingFailed = "charging_failed",
    /// Delivered.
    MessageDelivered = "message_delivered",
    /// Failed for good.
    MessageFailed = "message_failed",
    /// Over its deadline or its limit of attempts.
    MessageDeadLetter = "message_dead_letter",
    /// Changed by its sender or by the operator.
    MessageUpdated = "message_updated",
    /// Deleted by its sender or by the operator.
    MessageDeleted = "message_deleted",
    /// The same message came again.
    DuplicateDetected = "duplicate_detected",
    /// The network reported about it.
    DeliveryReport = "delivery_report",
}

impl EventName {
    fn attempt(text: &str) -> Option<Self> {
        let number: u32 = text.strip_prefix(ATTEMPT)?.parse().ok()?;
        // `delivery_attempt_007` is a name of somebody else's.
        (format!("{ATTEMPT}{number}") == text).then_some(EventName::DeliveryAttempt(number))
    }
}

const ATTEMPT: &str = "delivery_attempt_";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back() {
        for name in ALL {
            assert_eq!(EventName::from_text(&name.to_string()), *name);
        }
        assert_eq!(EventName::from_text("delivery_attempt_07"), EventName::Other("delivery_attempt_07".into()));
        assert_eq!(EventName::from_text("handset_beeped").to_string(), "handset_beeped");
    }
}

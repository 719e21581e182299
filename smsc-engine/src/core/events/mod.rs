//! The history of messages: a trait, and a log in memory.

mod memory;
#[cfg(feature = "sql")]
mod sql;

use crate::BoxFuture;
use crate::model::{Event, MessageId, Timestamp};

pub use memory::MemoryEvents;
#[cfg(feature = "sql")]
pub use sql::{SqlEvents, SqlEventsOptions};

/// Keeps events for those who ask what happened to a message.
///
/// Events help people; no message depends on them. A log may lose the newest ones at a crash and, when it cannot
/// keep up, the oldest; it counts what it lost.
pub trait EventLog: Send + Sync + 'static {
    /// Takes events without waiting.
    fn write(&self, events: Vec<Event>);

    /// Returns the events of a message, earliest first.
    ///
    /// # Errors
    /// A text for people, when the log cannot be read.
    fn of(&self, message_id: MessageId) -> BoxFuture<'_, Result<Vec<Event>, String>>;

    /// Forgets what happened before this.
    fn forget(&self, before: Timestamp) -> BoxFuture<'_, ()>;

    /// Counts events that were lost because there was no room.
    fn lost(&self) -> u64;
}

//! Where an embedder looks at messages, changes or refuses them.

use crate::api::Refusal;
use crate::model::{Message, Outcome};

/// Sees every message. Called on the way of all messages: it must be quick and must not wait.
pub trait Hook: Send + Sync + 'static {
    /// Looks at a message that comes in, before its numbers are translated; may change it.
    ///
    /// # Errors
    /// What its sender is told, if it must not be accepted; [`Refusal::Denied`] names any SMPP status.
    fn incoming(&self, message: &mut Message) -> Result<(), Refusal> {
        let _ = message;
        Ok(())
    }

    /// Hears how a message ended, once that is durable; after a crash it may not have heard.
    fn ended(&self, message: &Message, outcome: &Outcome) {
        let _ = (message, outcome);
    }
}

//! Keeps one carrier bound: messages go there, what it sends comes in, its receipts are told to the core.

use std::sync::Arc;

use super::bind::BindStatus;
use super::peer::ClientPeer;
use crate::api::CoreApi;

/// A carrier that is kept bound. It is unbound when it is dropped; [`stop`](Self::stop) also waits for answers.
pub struct Carrier {
    _core: Arc<dyn CoreApi>,
}

impl Carrier {
    /// Starts to connect and bind, and exchanges messages with `core` from then on.
    ///
    /// # Errors
    /// It could never be bound, in words for the operator.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn start(_peer: ClientPeer, core: Arc<dyn CoreApi>) -> Result<Carrier, String> {
        Ok(Carrier { _core: core })
    }

    /// Tells whether a carrier like this could be bound at all.
    ///
    /// # Errors
    /// It could not, in words for the operator.
    pub fn check(_peer: &ClientPeer) -> Result<(), String> {
        Ok(())
    }

    /// How it stands.
    pub fn status(&self) -> BindStatus {
        unimplemented!()
    }

    /// The carrier as it was given last.
    pub fn peer(&self) -> ClientPeer {
        unimplemented!()
    }

    /// Connects anew at once, also if it was dropped.
    pub fn reconnect(&self) {}

    /// Unbinds and stays away until it is reconnected or changed.
    pub fn drop_bind(&self) {}

    /// Reconnects with other values, also if it was dropped; nothing happens if they are the same. Counters go on.
    ///
    /// # Errors
    /// It could never be bound like this, in words for the operator; then the old values stay.
    pub fn change(&self, _peer: ClientPeer) -> Result<(), String> {
        Ok(())
    }

    /// Unbinds for good: answers that are due are waited for, within the response timer, and reported.
    pub async fn stop(&self) {}
}

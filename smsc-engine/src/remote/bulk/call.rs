//! Calls of the bulk exchange.

use bytes::Bytes;
use reqwest::Method;

use super::Shared;
use crate::api::Refusal;
use crate::remote::client::Call;
use crate::remote::fault::CoreFault;
use crate::wire::{self, Wire};

impl Shared {
    /// Makes a call whose answer is one value.
    pub(super) async fn ask<T: Wire>(&self, operation: &'static str, body: Vec<u8>) -> Result<T, CoreFault> {
        let octets = self.tell(operation, body).await?;
        wire::read(&octets).map_err(|error| self.client.unreadable(operation, error))
    }

    /// Makes a call whose answer is octets, or none.
    pub(super) async fn tell(&self, operation: &'static str, body: impl Into<Bytes>) -> Result<Bytes, CoreFault> {
        let answer = self.client.call(call(operation, body)).await;
        self.note(answer.as_ref().err());
        answer
    }

    /// Gives an order; a core that does not answer refuses it.
    pub(super) async fn order<T: Wire>(&self, operation: &'static str, order: &impl Wire) -> Result<T, Refusal> {
        self.ask(operation, wire::write(order)).await.unwrap_or_else(|fault| Err(refusal(&fault)))
    }

    /// Notes how a call ended. Those who found nothing while the core was away look again when it is back.
    pub(super) fn note(&self, fault: Option<&CoreFault>) {
        if self.absence.note(fault.is_some_and(CoreFault::is_away)) {
            self.lanes.wake_all();
        }
    }
}

pub(super) fn call(operation: &'static str, body: impl Into<Bytes>) -> Call {
    Call::new(operation, Method::POST, format!("/api/core/{operation}")).octets(body)
}

/// What somebody is told whose message the core did not take, as far as is known.
pub(super) fn refusal(fault: &CoreFault) -> Refusal {
    match fault {
        CoreFault::Http(413, _) => Refusal::TooLarge,
        _ => Refusal::Away,
    }
}

/// Tells whether the core would say the same the next time: it cannot do with what it was told.
pub(super) fn is_final(fault: &CoreFault) -> bool {
    matches!(fault, CoreFault::Http(400 | 413 | 422, _))
}

//! What a frontend elsewhere does: it takes work under its name and reports on it.
//!
//! A frontend delivers what is routed to it, and brings the ESMEs of the account of the same name what waits for them:
//! receipts, and messages to them.

use std::time::Duration;

use super::super::queue::Lease;
use super::Handle;
use crate::api::{CoreApi, NetworkReport, Refusal, Report, Work};
use crate::model::{Lane, Message, Timestamp};

/// Which work a frontend asks for.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// At most so many messages.
    pub max: usize,
    /// How long they are the caller's.
    pub hold: Duration,
    /// Messages that no route claims and whose recipient is served by nobody, too.
    pub unrouted: bool,
}

impl Handle {
    /// Takes due messages of a frontend for delivery, the oldest of each of its lanes.
    pub async fn work(&self, frontend: &Lane, order: Order) -> Vec<Message> {
        let mut messages = Vec::new();
        // Half of it at first, so that neither receipts nor messages wait for the other to end.
        if let Some(esmes) = frontend.esmes() {
            messages = self.inner.lease(&esmes, order.max.div_ceil(2), order.hold).await;
        }
        messages.extend(self.inner.lease(frontend, order.max - messages.len(), order.hold).await);
        if order.unrouted && messages.len() < order.max {
            let now = self.now();
            let want = Lease { max: order.max - messages.len(), now, until: now.after(order.hold) };
            messages.extend(self.inner.take(&Lane::default(), want).await);
        }
        messages
    }

    /// Sees a change whenever work may have come to a frontend.
    pub fn watch(&self, frontend: &Lane) -> Work {
        self.core().watch(frontend)
    }

    /// When a frontend that asks for work next finds some.
    pub fn next_due(&self, frontend: &Lane) -> Option<Timestamp> {
        self.core().next_due(frontend)
    }

    /// Records what became of leased messages; resolves when that is durable.
    ///
    /// # Errors
    /// [`Refusal::Broken`] if it is not: then it is to be told again.
    pub async fn report(&self, reports: Vec<Report>) -> Result<(), Refusal> {
        self.inner.report(reports).await.then_some(()).ok_or(Refusal::Broken)
    }

    /// Records what the networks say; resolves when that is durable. For each: whether it was about a message of this core.
    ///
    /// # Errors
    /// [`Refusal::Broken`] if it is not: then it is to be told again.
    pub async fn hear(&self, reports: Vec<NetworkReport>) -> Result<Vec<bool>, Refusal> {
        let heard = self.inner.hear(reports).await;
        heard.is_kept.then_some(heard.known).ok_or(Refusal::Broken)
    }
}

//! What the recorder reads from the queue after a restart, or when it was full.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::cdr::Recording;
use super::policy::Policy;
use super::queue::Queue;
use super::records::Ledger;
use crate::BoxFuture;
use crate::model::{Cdr, MessageId};

/// The queue as the recorder sees it.
pub(super) struct QueueLedger {
    pub(super) queue: Arc<dyn Queue>,
    pub(super) recording: Recording,
    pub(super) policy: Arc<ArcSwap<Policy>>,
}

impl Ledger for QueueLedger {
    fn unrecorded(&self, max: usize) -> BoxFuture<'_, Vec<Cdr>> {
        Box::pin(async move {
            let without_body = self.policy.load().delete_body_after_delivery;
            let records = self.queue.unrecorded(None, max).await.unwrap_or_else(|error| {
                tracing::error!(%error, "records cannot be read from the queue");
                Vec::new()
            });
            let cdr = |record: &super::queue::Record| self.recording.record(&record.message, &record.outcome?, without_body);
            records.iter().filter_map(cdr).collect()
        })
    }

    fn recorded<'a>(&'a self, ids: &'a [MessageId]) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            if let Err(error) = self.queue.recorded(ids.to_vec()).await {
                // After a restart they are read once more, and the sinks pass them over.
                tracing::error!(%error, records = ids.len(), "the queue does not note that records are written");
            }
        })
    }
}

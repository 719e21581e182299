//! Every queue of this crate keeps the promises of the trait.

use std::sync::Arc;

use smsc_engine::core::queue::{BoxFuture, MemoryQueue, Queue};
use smsc_engine::testing::{QueueMaker, queue_battery};

struct InMemory;

impl QueueMaker for InMemory {
    fn fresh(&self, pending_limit: usize) -> BoxFuture<'_, Arc<dyn Queue>> {
        Box::pin(async move { Arc::new(MemoryQueue::new(pending_limit, 1000)) as Arc<dyn Queue> })
    }

    fn reopen(&self) -> BoxFuture<'_, Option<Arc<dyn Queue>>> {
        Box::pin(async { None })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_memory_queue_keeps_the_promises() {
    queue_battery(&InMemory).await;
}

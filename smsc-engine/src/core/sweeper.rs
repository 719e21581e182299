//! Ends messages whose deadline has passed and forgets what ended long ago.

use std::sync::Arc;
use std::time::Duration;

use super::lifecycle;
use super::queue::{Queue, QueueError};
use crate::model::{FinalState, Timestamp};

/// Sweeps until the queue is closed or broken: looks when the next deadline passes, at the latest every few seconds.
///
/// Ended messages are forgotten after `retention`.
pub async fn sweep(queue: Arc<dyn Queue>, retention: Duration) {
    loop {
        match expire(&queue).await {
            Ok(0) => tokio::time::sleep(pause(&queue)).await,
            Ok(_) => tokio::task::yield_now().await,
            Err(QueueError::Closed) => return,
            Err(error) => {
                tracing::error!(%error, "deadlines are not watched any more");
                return;
            }
        }
        queue.forget(Timestamp::now().before(retention));
    }
}

/// Ends one batch of overdue messages and tells how many there were.
async fn expire(queue: &Arc<dyn Queue>) -> Result<usize, QueueError> {
    let now = Timestamp::now();
    let overdue = queue.expired(now, BATCH).await?;
    let settle = |message| lifecycle::settle(message, (FinalState::Expired, 0), now, || queue.next_id());
    let changes: Vec<_> = overdue.iter().map(settle).collect();
    let count = changes.len();
    if count > 0 {
        queue.apply(changes).await?;
    }
    Ok(count)
}

fn pause(queue: &Arc<dyn Queue>) -> Duration {
    let next = queue.next_expiry().unwrap_or(Timestamp::MAX);
    next.since(Timestamp::now()).clamp(SHORTEST_PAUSE, LONGEST_PAUSE)
}

const BATCH: usize = 1000;
const SHORTEST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

//! Ends messages whose deadline has passed and forgets what ended long ago.

use std::time::Duration;

use tokio::sync::watch;

use super::centre::Core;
use super::inner::Inner;
use super::lifecycle;
use super::queue::QueueError;
use crate::model::{FinalState, Timestamp};

/// How long things are kept, and how often that is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// Messages that ended, for those who ask about them.
    pub messages: Duration,
    /// Events.
    pub events: Duration,
    /// How often it is looked whether messages are so old.
    pub interval: Duration,
    /// How often events and registrations are cleaned up.
    pub cleanup: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        Retention {
            messages: Duration::from_secs(24 * 3600),
            events: Duration::from_secs(7 * 24 * 3600),
            interval: Duration::from_secs(3600),
            cleanup: Duration::from_secs(600),
        }
    }
}

/// Sweeps until the queue is closed or broken: looks when the next deadline passes, at the latest every few seconds.
pub async fn sweep(core: Core, retention: Retention) {
    // Nobody can say that it is to stop.
    sweep_until(core, retention, watch::channel(false).1).await;
}

/// The same, until `stop` is true: what ends just then is told to the end.
pub async fn sweep_until(core: Core, retention: Retention, mut stop: watch::Receiver<bool>) {
    let inner = &core.inner;
    let (mut next_look, mut next_cleanup) = (inner.now(), inner.now());
    while !*stop.borrow_and_update() {
        // What was to end at once and found no room on the disk.
        let leftovers = inner.end_leftovers().await;
        match leftovers.and(inner.expire().await) {
            // Refused for want of room on the disk; looking again at once would only fill the log.
            Ok(Ended { overdue: 1.., ended: 0 }) => tokio::time::sleep(PAUSE_WITHOUT_ROOM).await,
            Ok(Ended { overdue: 0, .. }) => tokio::select! {
                () = tokio::time::sleep(inner.pause()) => {}
                () = inner.fleeting.earlier_deadline() => {}
                Ok(()) = stop.changed() => {}
            },
            Ok(_) => tokio::task::yield_now().await,
            Err(QueueError::Closed) => return,
            // It comes back, and so do the deadlines.
            Err(error @ (QueueError::Unreachable(_) | QueueError::Uncertain(_))) => {
                tracing::warn!(%error, "deadlines have to wait");
                tokio::time::sleep(PAUSE_WITHOUT_ROOM).await;
            }
            Err(error) => {
                tracing::error!(%error, "deadlines are not watched any more");
                return;
            }
        }
        let now = inner.now();
        if now >= next_look {
            next_look = now.after(retention.interval);
            if let Err(error) = inner.queue.forget(now.before(retention.messages)).await {
                tracing::warn!(%error, "old messages are not forgotten");
            }
        }
        if now >= next_cleanup {
            next_cleanup = now.after(retention.cleanup);
            inner.sweep_locations(now, retention.messages).await;
            if let Some(events) = &inner.events {
                events.forget(now.before(retention.events)).await;
            }
        }
    }
}

impl Core {
    /// Ends one batch of messages whose deadline has passed and tells how many there were; [`sweep`] does nothing else
    /// about deadlines.
    ///
    /// # Errors
    /// The queue is closed or broken.
    pub async fn expire(&self) -> Result<usize, QueueError> {
        self.inner.expire().await.map(|Ended { overdue, .. }| overdue)
    }
}

impl Inner {
    /// Forgets registrations that ended so long ago.
    async fn sweep_locations(&self, now: Timestamp, keep: Duration) {
        if let Some(locations) = &self.locations
            && let Err(error) = locations.sweep(now, keep).await
        {
            tracing::warn!(%error, "old locations are not forgotten");
        }
    }

    /// Ends one batch of overdue messages.
    async fn expire(&self) -> Result<Ended, QueueError> {
        let now = self.now();
        for (message, outcome) in self.fleeting.expire(now).await {
            self.ended(&message, &outcome);
        }
        let overdue = self.queue.expired(now, BATCH).await?;
        let settle = |message| lifecycle::settle(message, (FinalState::Expired, 0), now, || self.queue.next_id());
        let changes: Vec<_> = overdue.iter().map(settle).collect();
        let mut batch = Ended { overdue: changes.len(), ended: 0 };
        if batch.overdue > 0 {
            batch.ended = self.settle(changes, overdue).await.into_iter().filter(|made| *made).count();
        }
        Ok(batch)
    }

    fn pause(&self) -> Duration {
        let next = self.queue.next_expiry().into_iter().chain(self.fleeting.next_expiry()).min();
        next.unwrap_or(Timestamp::MAX).since(self.now()).clamp(SHORTEST_PAUSE, LONGEST_PAUSE)
    }
}

/// What one look at the deadlines did.
struct Ended {
    /// Messages whose deadline had passed.
    overdue: usize,
    /// Those that have ended now.
    ended: usize,
}

const BATCH: usize = 1000;
const PAUSE_WITHOUT_ROOM: Duration = Duration::from_secs(1);
const SHORTEST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

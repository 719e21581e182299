//! A queue in a file of SQLite: for those who want one file that any tool opens, and to prove the journal against.
//!
//! # Tables
//!
//! `queue_messages` has a row for each message, its body in the binary form of [`Message`] last; `queue_outcomes` one
//! for each end, `queue_handings` one for each message that the next MC has or had; `queue_state` has the first id that
//! was never handed out. Times are milliseconds since 1970, -1 for never. An end is a new row, so that the page of the
//! message is not written again; both are deleted in batches once the message is forgotten.
//!
//! # In memory
//!
//! Who is due and who is leased is known by the same index that the journal has: a lease takes the same time however
//! many messages wait, and reads only bodies, the latest of which are in memory as well. It is made again at the start
//! by one scan in the order of the ids, which reads no bodies.
//!
//! # Durability
//!
//! One task takes all that waits, makes it one transaction, commits, and answers all; there is no timer. After a failed
//! commit nobody knows what counts, so the queue is poisoned as the journal is. A full disk refuses the calls it met.
//!
//! # PostgreSQL
//!
//! The statements are written for every [`Dialect`](crate::sql::Dialect), and yet [`SqlQueue::open`] takes SQLite only: the index
//! holds good as long as nobody else changes the tables. To share them, each core needs a range or a lane of its own,
//! held by a row that it renews, and must see what others append to it; a commit whose answer was lost must be looked
//! up rather than poison; and `INSERT … SELECT UNNEST` should replace the lists of values.

mod error;
mod group;
mod options;
mod read;
mod restore;
mod shared;
mod table;
mod write;
mod writer;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::watch;

use super::index::{Hit, Index};
use super::{BoxFuture, Change, ChangeError, Counts, Lease, Like, Page, Queue, QueueError, Record};
use crate::model::{Lane, Message, MessageId, Timestamp};
use crate::sql::{Database, DatabaseConfig, Dialect};
use group::Body;
use shared::{Draft, Shared};
use writer::Writer;

pub use error::SqlQueueError;
pub use options::SqlQueueOptions;

/// A durable queue in one file of SQLite.
///
/// Closing it leaves everything in order. Dropping it leaves what still waits to its task, as long as the runtime lives.
pub struct SqlQueue {
    shared: Arc<Shared>,
}

/// How many messages a list looks at before it lets others in.
const LOOK: usize = 10_000;

impl SqlQueue {
    /// Opens the queue in this file, or begins one; its task runs on the caller's runtime.
    ///
    /// The file should be the queue's alone: others who write to it make its commits wait.
    ///
    /// # Errors
    /// When it is open elsewhere, damaged, of a newer format, no SQLite, or cannot be read or written.
    pub async fn open(config: &DatabaseConfig, options: SqlQueueOptions) -> Result<Self, SqlQueueError> {
        if config.adapter != Dialect::Sqlite {
            return Err(SqlQueueError::Dialect(config.adapter));
        }
        let guard = error::lock(&config.path)?;
        let database = Database::open(config).await?;
        database.migrate("queue", table::MIGRATIONS).await?;
        let restored = restore::restore(&database, options.limits()).await?;
        let shared = Arc::new(Shared::new(database, &options, restored));
        let mut writer = Writer { shared: Arc::clone(&shared), reserved: 0 };
        writer.start().await?;
        tokio::spawn(writer.run(guard));
        Ok(SqlQueue { shared })
    }

    /// Asks the index under the lock.
    fn query<T>(&self, ask: impl FnOnce(&mut Index<Body>) -> T) -> Result<T, QueueError> {
        Ok(ask(&mut self.shared.known()?.index))
    }

    /// Reads what a query found, if anything.
    async fn one(&self, ask: impl FnOnce(&Index<Body>) -> Option<Hit<Body>>) -> Result<Option<Record>, QueueError> {
        let hits: Vec<_> = self.query(|index| ask(index).into_iter().collect())?;
        self.shared.records(hits).await.pop().transpose()
    }

    /// Reads what was found; a body that cannot be read is reported and left out.
    async fn readable(&self, hits: Vec<Hit<Body>>) -> Vec<Record> {
        let records = self.shared.records(hits).await;
        let good = records.into_iter().filter_map(|record| {
            record.inspect_err(|error| tracing::error!(%error, "a message cannot be read and stays where it is")).ok()
        });
        good.collect()
    }

    /// Reads pending messages that were found; one that has ended meanwhile is left out.
    async fn pending(&self, hits: Vec<Hit<Body>>) -> Vec<Message> {
        let records = self.readable(hits).await.into_iter();
        records.filter(|record| record.outcome.is_none()).map(|record| record.message).collect()
    }
}

impl Queue for SqlQueue {
    fn next_id(&self) -> MessageId {
        MessageId(self.shared.next_id.fetch_add(1, Ordering::Relaxed))
    }

    fn append(&self, batch: Vec<Message>) -> BoxFuture<'_, Result<(), QueueError>> {
        Box::pin(async move {
            if batch.is_empty() {
                return self.shared.open().map(drop);
            }
            let draft = Draft::new(batch)?;
            let room = self.shared.room(draft.octets).await;
            let durable = self.shared.append(draft, room)?;
            durable.await
        })
    }

    fn apply(&self, changes: Vec<Change>) -> BoxFuture<'_, Result<Vec<Result<(), ChangeError>>, QueueError>> {
        Box::pin(async move {
            let octets = shared::check_changes(&changes)?;
            let room = self.shared.room(octets).await;
            let (results, durable) = self.shared.apply(changes, room)?;
            if let Some(durable) = durable {
                durable.await?;
            }
            Ok(results)
        })
    }

    fn lease<'a>(&'a self, lane: &'a Lane, want: Lease) -> BoxFuture<'a, Result<Vec<Message>, QueueError>> {
        Box::pin(async move {
            let hits = self.shared.open()?.index.lease(lane, want);
            Ok(self.pending(hits).await)
        })
    }

    fn release(&self, ids: &[MessageId]) {
        self.shared.lock().index.release(ids);
    }

    fn expired(&self, now: Timestamp, max: usize) -> BoxFuture<'_, Result<Vec<Message>, QueueError>> {
        Box::pin(async move { Ok(self.pending(self.query(|index| index.expired(now, max))?).await) })
    }

    fn next_due(&self, lane: &Lane) -> Option<Timestamp> {
        self.shared.lock().index.next_due(lane)
    }

    fn next_expiry(&self) -> Option<Timestamp> {
        self.shared.lock().index.next_expiry()
    }

    fn watch(&self, lane: &Lane) -> watch::Receiver<u64> {
        self.shared.lock().index.watch(lane)
    }

    fn get(&self, id: MessageId) -> BoxFuture<'_, Result<Option<Record>, QueueError>> {
        Box::pin(self.one(move |index| index.get(id)))
    }

    fn oldest(&self) -> BoxFuture<'_, Result<Option<Record>, QueueError>> {
        Box::pin(self.one(move |index| index.oldest()))
    }

    fn find<'a>(&'a self, like: &'a Like, max: usize) -> BoxFuture<'a, Result<Vec<Record>, QueueError>> {
        Box::pin(async move {
            let mut found = Vec::new();
            let mut below = None;
            while found.len() < max {
                let (hits, more) = self.query(|index| index.find(like, below, max.min(LOOK)))?;
                found.extend(self.readable(hits).await.into_iter().filter(|record| like.matches(&record.message)));
                if more.is_none() {
                    break;
                }
                below = more;
            }
            found.truncate(max);
            Ok(found)
        })
    }

    fn handed<'a>(&'a self, lane: &'a Lane, remote: &'a [u8]) -> BoxFuture<'a, Result<Option<Record>, QueueError>> {
        Box::pin(self.one(move |index| index.handed(lane, remote)))
    }

    fn unrecorded(&self, beyond: Option<(Timestamp, MessageId)>, max: usize) -> BoxFuture<'_, Result<Vec<Record>, QueueError>> {
        Box::pin(async move { Ok(self.readable(self.query(|index| index.unrecorded(beyond).take(max).collect())?).await) })
    }

    fn recorded(&self, ids: Vec<MessageId>) -> BoxFuture<'_, Result<(), QueueError>> {
        Box::pin(async move {
            let octets = shared::check_call(size_of_val(ids.as_slice()))?;
            let room = self.shared.room(octets).await;
            match self.shared.recorded(&ids, room)? {
                Some(durable) => durable.await,
                None => Ok(()),
            }
        })
    }

    fn list<'a>(&'a self, page: &'a Page) -> BoxFuture<'a, Result<Vec<Record>, QueueError>> {
        Box::pin(async move {
            let mut rest = page.clone();
            let mut hits = Vec::new();
            loop {
                let (found, more) = self.shared.known()?.index.list(&rest, LOOK);
                rest.max -= found.len();
                hits.extend(found);
                if more.is_none() || rest.max == 0 {
                    break;
                }
                rest.beyond = more;
            }
            Ok(self.readable(hits).await)
        })
    }

    fn health(&self) -> Result<(), QueueError> {
        self.shared.open().map(drop)
    }

    fn counts(&self) -> Counts {
        self.shared.lock().index.counts()
    }

    fn forget(&self, done_before: Timestamp) -> BoxFuture<'_, Result<usize, QueueError>> {
        Box::pin(async move { Ok(self.shared.forget(done_before)) })
    }

    fn close(&self) -> BoxFuture<'_, Result<(), QueueError>> {
        Box::pin(async move {
            self.shared.close();
            // The sender lives in `shared`, so waiting cannot fail.
            let _ = self.shared.closed.subscribe().wait_for(|closed| *closed).await;
            match self.shared.lock().stop.clone() {
                Some(QueueError::Closed) | None => Ok(()),
                Some(other) => Err(other),
            }
        })
    }
}

impl Drop for SqlQueue {
    fn drop(&mut self) {
        self.shared.close();
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::sql::Statement;

    async fn open(directory: &std::path::Path, options: SqlQueueOptions) -> SqlQueue {
        SqlQueue::open(&DatabaseConfig::sqlite(directory.join("queue.sqlite")), options).await.unwrap()
    }

    #[tokio::test]
    async fn a_full_disk_refuses_what_it_met_and_work_goes_on_afterwards() {
        let directory = tempfile::tempdir().unwrap();
        let queue = open(directory.path(), SqlQueueOptions::default()).await;
        let message = |size| {
            let mut message = Message::new(queue.next_id(), "shop".into(), "sandbox".into());
            message.user_data = Bytes::from(vec![b'x'; size]);
            message
        };
        let kept = message(10);
        queue.append(vec![kept.clone()]).await.unwrap();
        // The one connection that writes stands for a disk with room for so much.
        let pages = "PRAGMA max_page_count = 40";
        queue.shared.database.execute(Statement::new(pages)).await.unwrap();
        assert_eq!(queue.append(vec![message(200_000)]).await, Err(QueueError::NoRoom));
        assert_eq!(queue.counts().pending, 1);
        let small = message(10);
        queue.append(vec![small.clone()]).await.unwrap();
        queue.close().await.unwrap();
        let queue = open(directory.path(), SqlQueueOptions::default()).await;
        let all = queue.list(&Page { max: 9, ..Page::default() }).await.unwrap();
        assert_eq!(all.iter().map(|record| record.message.id).collect::<Vec<_>>(), [kept.id, small.id]);
    }
}

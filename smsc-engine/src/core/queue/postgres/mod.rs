//! One queue for several cores: its messages are in PostgreSQL, and the database is the arbiter.
//!
//! # Nothing in memory
//!
//! Every node may take, hand out, end and find every message; none keeps an index of them. A lease is a durable fact
//! in the database: it says which node holds the message, and until when. What one node handed out no other hands out
//! before the lease is over, whichever of them dies. A node that does not reach the database hands out nothing and
//! acknowledges nothing; once the database answers again it goes on by itself.
//!
//! # Clocks
//!
//! Times come from the callers, and each node has a clock of its own. A node that ended its own lease goes by its own
//! clock; the lease of another node counts longer by [`SharedQueueOptions::clock_margin`], so that clocks may be so far
//! apart without a message going out twice.
//!
//! # Tables
//!
//! `shared_messages` has the bodies, which are written once. `shared_work` has a narrow row for each pending message:
//! when it is due, who holds it. A lease changes no indexed column of it. `shared_outcomes` has a row for each message
//! that ended, `shared_handings` one for each that the next MC has or had. Nobody counts rows: each transaction adds to
//! `shared_counts` what it changes, and now and then one node folds these rows into one per lane.
//!
//! # Durability
//!
//! A few tasks take all that waits, each commits it as one transaction and answers all. The last number of each such
//! task is a row of the same transaction: when the answer to a commit is lost, that row tells whether it counts, and
//! waits for the lost transaction if it is not over yet. Only if the database stays away is the answer
//! [`QueueError::Uncertain`].
//!
//! # What a node knows without asking
//!
//! Counts, deadlines and due times are answered from memory: exact for what this node does, at most
//! [`SharedQueueOptions::refresh_interval`] old for what others do, and
//! [`SharedQueueOptions::poll_interval`] for lanes that somebody watches.

mod error;
mod house;
mod ids;
mod job;
mod lanes;
mod lease;
mod options;
mod plan;
mod read;
mod row;
mod shared;
mod table;
mod tally;
mod write;
mod writer;

use std::sync::Arc;

use tokio::sync::{oneshot, watch};

use super::{BoxFuture, Change, ChangeError, Counts, Lease, Like, Page, Queue, QueueError, Record};
use crate::model::{Lane, Message, MessageId, Timestamp};
use crate::sql::{Database, Dialect, SqlError, Statement};
use ids::{BLOCK, Ids, MESSAGE_IDS, SESSIONS_NAME, reserve};
use job::Work;
use shared::Shared;
use writer::Writer;

pub use error::SharedQueueError;
pub use options::SharedQueueOptions;

/// One node's way into a queue that several nodes use at once.
///
/// Closing it writes what waits. Dropping it leaves what still waits to its tasks, as long as the runtime lives.
pub struct SharedQueue {
    shared: Arc<Shared>,
}

impl SharedQueue {
    /// Joins the queue in this database, or begins one; its tasks run on the caller's runtime.
    ///
    /// Every node needs a name of its own and keeps it: leases and records that it owes are known by that name. The
    /// database stays open when the queue is closed. A queue uses a connection for each of its writing tasks and for
    /// each lease and question under way.
    ///
    /// # Errors
    /// When it is no PostgreSQL, does not answer, is of a newer format, or its commits are not durable.
    pub async fn open(database: &Database, node: &str, options: SharedQueueOptions) -> Result<Self, SharedQueueError> {
        if database.dialect() != Dialect::Postgres {
            return Err(SharedQueueError::Dialect(database.dialect()));
        }
        database.migrate("shared_queue", table::MIGRATIONS).await?;
        let faults = database.durability_faults().await?;
        if !faults.is_empty() && !options.accept_weak_commits {
            return Err(SharedQueueError::NotDurable(faults.join("; ")));
        }
        let session = reserve(database, SESSIONS_NAME, 1).await?.start as i64;
        let number = join(database, node, session).await?;
        let ids = Ids::new(session, reserve(database, MESSAGE_IDS, BLOCK).await?);
        let shared = Arc::new(Shared::new(database.clone(), options, (number, session), ids));
        // What was there before is known from the start.
        house::read_counts(&shared).await?;
        house::learn_due(&shared).await?;
        read::next_expiry(&shared).await?;
        let queue = SharedQueue { shared };
        queue.start();
        Ok(queue)
    }

    fn start(&self) {
        for number in 0..i32::try_from(self.shared.options.writers).unwrap_or(1).max(1) {
            self.spawn(Writer::new(Arc::clone(&self.shared), number).run());
        }
        self.spawn_beside(house::fetch_ids(Arc::clone(&self.shared)));
        self.spawn_beside(house::listen(Arc::clone(&self.shared)));
        self.spawn_beside(house::refresh(Arc::clone(&self.shared)));
    }

    /// Runs a task that ends when the queue stops, wherever it is.
    fn spawn_beside(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut stopping = self.shared.stopping.subscribe();
        self.spawn(async move {
            tokio::select! {
                () = task => {}
                // The sender lives as long as the tasks do.
                _ = stopping.wait_for(|stopping| *stopping) => {}
            }
        });
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.shared.running.send_modify(|running| *running += 1);
        let shared = Arc::clone(&self.shared);
        tokio::spawn(async move {
            task.await;
            shared.running.send_modify(|running| *running -= 1);
        });
    }

    /// Waits until there is room and leaves a call to the tasks that write; resolves with their answer.
    async fn written<T>(
        &self,
        octets: usize,
        work: impl FnOnce(oneshot::Sender<Result<T, QueueError>>) -> Work,
    ) -> Result<T, QueueError> {
        let room = self.shared.room(octets).await;
        let (answer, answered) = oneshot::channel();
        self.shared.submit(work(answer), room)?;
        answered.await.unwrap_or(Err(QueueError::Closed))
    }
}

/// Notes that a node has started, and returns its number.
async fn join(database: &Database, node: &str, session: i64) -> Result<i32, SqlError> {
    let mut transaction = database.begin().await?;
    let join = Statement::new(format!(
        "INSERT INTO {} (name, session, seen) VALUES (?, ?, {clock})
         ON CONFLICT (name) DO UPDATE SET session = excluded.session, seen = excluded.seen RETURNING number",
        table::NODES,
        clock = table::CLOCK
    ));
    let rows = transaction.rows(join.bind(node).bind(session)).await?;
    let number = rows.first().map_or(Ok(0), |row| row.get("number"))?;
    transaction.commit().await?;
    Ok(number)
}

impl Queue for SharedQueue {
    fn next_id(&self) -> MessageId {
        self.shared.ids.next()
    }

    fn append(&self, batch: Vec<Message>) -> BoxFuture<'_, Result<(), QueueError>> {
        Box::pin(async move {
            self.shared.open()?;
            let (messages, octets) = job::drafted(&batch)?;
            drop(batch);
            if messages.is_empty() {
                return Ok(());
            }
            self.written(octets, |answer| Work::Append { messages, answer }).await
        })
    }

    fn apply(&self, changes: Vec<Change>) -> BoxFuture<'_, Result<Vec<Result<(), ChangeError>>, QueueError>> {
        Box::pin(async move {
            self.shared.open()?;
            let turn = self.shared.turns(changes.len());
            let (changes, octets) = job::drafted_changes(changes, turn)?;
            self.written(octets, |answer| Work::Apply { changes, answer }).await
        })
    }

    fn lease<'a>(&'a self, lane: &'a Lane, want: Lease) -> BoxFuture<'a, Result<Vec<Message>, QueueError>> {
        Box::pin(async move {
            self.ready().await?;
            lease::lease(&self.shared, lane, want).await
        })
    }

    fn release(&self, ids: &[MessageId]) {
        self.shared.release(ids);
    }

    fn expired(&self, now: Timestamp, max: usize) -> BoxFuture<'_, Result<Vec<Message>, QueueError>> {
        Box::pin(async move {
            self.ready().await?;
            read::expired(&self.shared, now, max).await
        })
    }

    fn next_due(&self, lane: &Lane) -> Option<Timestamp> {
        self.shared.lock().lanes.next_due(lane)
    }

    fn next_expiry(&self) -> Option<Timestamp> {
        self.shared.lock().expiry.next
    }

    fn watch(&self, lane: &Lane) -> watch::Receiver<u64> {
        self.shared.lock().lanes.watch(lane)
    }

    fn get(&self, id: MessageId) -> BoxFuture<'_, Result<Option<Record>, QueueError>> {
        Box::pin(async move {
            self.ready().await?;
            read::get(&self.shared, id).await
        })
    }

    fn oldest(&self) -> BoxFuture<'_, Result<Option<Record>, QueueError>> {
        Box::pin(async move {
            self.ready().await?;
            read::oldest(&self.shared).await
        })
    }

    fn find<'a>(&'a self, like: &'a Like, max: usize) -> BoxFuture<'a, Result<Vec<Record>, QueueError>> {
        Box::pin(async move {
            self.ready().await?;
            read::find(&self.shared, like, max).await
        })
    }

    fn handed<'a>(&'a self, lane: &'a Lane, remote: &'a [u8]) -> BoxFuture<'a, Result<Option<Record>, QueueError>> {
        Box::pin(async move {
            self.ready().await?;
            read::handed(&self.shared, lane, remote).await
        })
    }

    fn unrecorded(&self, beyond: Option<(Timestamp, MessageId)>, max: usize) -> BoxFuture<'_, Result<Vec<Record>, QueueError>> {
        Box::pin(async move {
            self.ready().await?;
            read::unrecorded(&self.shared, beyond, max).await
        })
    }

    fn recorded(&self, ids: Vec<MessageId>) -> BoxFuture<'_, Result<(), QueueError>> {
        Box::pin(async move {
            self.shared.open()?;
            let octets = job::check_call(size_of_val(ids.as_slice()))?;
            self.written(octets, |answer| Work::Recorded { ids, answer }).await
        })
    }

    fn list<'a>(&'a self, page: &'a Page) -> BoxFuture<'a, Result<Vec<Record>, QueueError>> {
        Box::pin(async move {
            self.ready().await?;
            read::list(&self.shared, page).await
        })
    }

    fn counts(&self) -> Counts {
        self.shared.lock().tallies.counts()
    }

    fn health(&self) -> Result<(), QueueError> {
        self.shared.open()?;
        self.shared.lock().trouble.clone().map_or(Ok(()), Err)
    }

    fn forget(&self, done_before: Timestamp) -> BoxFuture<'_, Result<usize, QueueError>> {
        Box::pin(async move {
            self.ready().await?;
            house::forget(&self.shared, done_before, usize::MAX).await
        })
    }

    fn close(&self) -> BoxFuture<'_, Result<(), QueueError>> {
        Box::pin(async move {
            self.shared.close();
            // The sender lives in `shared`, so waiting cannot fail.
            let _ = self.shared.running.subscribe().wait_for(|running| *running == 0).await;
            Ok(())
        })
    }
}

impl SharedQueue {
    /// Waits until what was released is visible, unless the queue is closed.
    async fn ready(&self) -> Result<(), QueueError> {
        self.shared.open()?;
        self.shared.released().await;
        Ok(())
    }
}

impl Drop for SharedQueue {
    fn drop(&mut self) {
        self.shared.close();
    }
}

//! The queue that several cores share, on a real PostgreSQL: alone, in pairs, killed, and behind a bad network.

mod crash;
mod nodes;
mod proxy;
mod race;

use std::sync::Mutex;
use std::sync::{Arc, atomic::AtomicU32, atomic::Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use smsc_engine::core::queue::{BoxFuture, Change, ChangeError, End, Lease, Queue, SharedQueue, SharedQueueOptions};
use smsc_engine::model::{Account, FinalState, Lane, Message, MessageId, Outcome, Timestamp};
use smsc_engine::sql::{Database, DatabaseConfig, Dialect, Statement};
use smsc_engine::testing::{QueueMaker, queue_battery};

use crate::servers::Server;

const LANE: &str = "sandbox";

/// Options of which nothing has to be waited for.
fn options() -> SharedQueueOptions {
    let mut options = SharedQueueOptions::default();
    options.poll_interval = Duration::from_millis(20);
    options.refresh_interval = Duration::from_millis(50);
    options
}

async fn join(config: &DatabaseConfig, node: &str, options: SharedQueueOptions) -> SharedQueue {
    let database = Database::open(config).await.unwrap();
    SharedQueue::open(&database, node, options).await.unwrap()
}

/// Two nodes of one cluster; `None`, and noted, if there is no server.
async fn pair() -> Option<(Server, SharedQueue, SharedQueue)> {
    let server = Server::start(Dialect::Postgres).await?;
    let (a, b) = (join(&server.config(), "a", options()).await, join(&server.config(), "b", options()).await);
    Some((server, a, b))
}

/// A message that is due at 100.
fn message(queue: &SharedQueue) -> Message {
    let mut message = Message::new(queue.next_id(), Account::from("shop"), Lane::from(LANE));
    message.submitted = Timestamp(100);
    message.deliver_after = Timestamp(100);
    message.user_data = Bytes::from(format!("text of {}", message.id));
    message
}

async fn appended(queue: &SharedQueue, count: usize) -> Vec<MessageId> {
    let messages: Vec<_> = (0..count).map(|_| message(queue)).collect();
    let ids = ids(&messages);
    queue.append(messages).await.unwrap();
    ids
}

fn ids(messages: &[Message]) -> Vec<MessageId> {
    messages.iter().map(|message| message.id).collect()
}

/// Leases for 60 milliseconds.
async fn lease(queue: &SharedQueue, now: u64, max: usize) -> Vec<Message> {
    let want = Lease { max, now: Timestamp(now), until: Timestamp(now + 60) };
    queue.lease(&Lane::from(LANE), want).await.unwrap()
}

fn settle(id: MessageId) -> Change {
    Change::Settle(end(id, FinalState::Delivered, 200))
}

fn end(id: MessageId, state: FinalState, done: u64) -> End {
    End::new(id, Outcome { state, error: 0, attempts: 1, done: Timestamp(done) })
}

async fn change(queue: &SharedQueue, change: Change) -> Result<(), ChangeError> {
    queue.apply(vec![change]).await.unwrap().remove(0)
}

/// Waits until something is so that another task or another node has to do.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !is_so().await {
        assert!(start.elapsed() < Duration::from_secs(60), "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Queues in databases of their own on one server.
struct OnServer {
    server: Server,
    made: AtomicU32,
    last: Mutex<SharedQueueOptions>,
}

impl OnServer {
    async fn begin(&self, pending_limit: usize, keep_until_recorded: bool) -> Arc<dyn Queue> {
        self.made.fetch_add(1, Ordering::Relaxed);
        let database = Database::open(&self.config()).await.unwrap();
        database.execute(Statement::new(format!("CREATE DATABASE {}", self.name()))).await.unwrap();
        database.close().await;
        let mut options = options();
        options.pending_limit = pending_limit;
        options.keep_until_recorded = keep_until_recorded;
        *self.last.lock().unwrap() = options;
        self.open().await
    }

    async fn open(&self) -> Arc<dyn Queue> {
        let mut config = self.config();
        config.name = self.name();
        let options = self.last.lock().unwrap().clone();
        Arc::new(join(&config, "a", options).await)
    }

    /// Nobody kills this server, so whoever waits for it may wait long.
    fn config(&self) -> DatabaseConfig {
        let mut config = self.server.config();
        config.connect_timeout = Duration::from_secs(60);
        config
    }

    fn name(&self) -> String {
        format!("queue_{}", self.made.load(Ordering::Relaxed))
    }
}

impl QueueMaker for OnServer {
    fn fresh(&self, pending_limit: usize) -> BoxFuture<'_, Arc<dyn Queue>> {
        Box::pin(self.begin(pending_limit, false))
    }

    fn keeping(&self, pending_limit: usize) -> BoxFuture<'_, Arc<dyn Queue>> {
        Box::pin(self.begin(pending_limit, true))
    }

    fn reopen(&self) -> BoxFuture<'_, Option<Arc<dyn Queue>>> {
        Box::pin(async { Some(self.open().await) })
    }

    fn leases_survive(&self) -> bool {
        true
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_shared_queue_keeps_the_promises() {
    let Some(server) = Server::start(Dialect::Postgres).await else { return };
    queue_battery(&OnServer { server, made: AtomicU32::new(0), last: Mutex::new(options()) }).await;
}

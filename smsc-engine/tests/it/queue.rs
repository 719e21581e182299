//! Every queue of this crate keeps the promises of the trait.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use smsc_engine::core::queue::{BoxFuture, JournalOptions, JournalQueue, MemoryQueue, Queue};
use smsc_engine::testing::{QueueMaker, queue_battery};

struct InMemory;

impl QueueMaker for InMemory {
    fn fresh(&self, pending_limit: usize) -> BoxFuture<'_, Arc<dyn Queue>> {
        Box::pin(async move { Arc::new(MemoryQueue::new(pending_limit, 1000)) as Arc<dyn Queue> })
    }

    fn keeping(&self, pending_limit: usize) -> BoxFuture<'_, Arc<dyn Queue>> {
        Box::pin(async move { Arc::new(MemoryQueue::keeping_until_recorded(pending_limit, 1000)) as Arc<dyn Queue> })
    }

    fn reopen(&self) -> BoxFuture<'_, Option<Arc<dyn Queue>>> {
        Box::pin(async { None })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_memory_queue_keeps_the_promises() {
    queue_battery(&InMemory).await;
}

/// Queues in directories of their own, which are removed in the end.
struct OnDisk {
    root: PathBuf,
    made: AtomicU32,
    last: Mutex<JournalOptions>,
}

impl OnDisk {
    fn new() -> Self {
        let root = std::env::temp_dir().join(format!("smsc-engine-battery-{}", std::process::id()));
        OnDisk { root, made: AtomicU32::new(0), last: Mutex::default() }
    }

    fn begin(&self, pending_limit: usize, keep_until_recorded: bool) -> Arc<dyn Queue> {
        self.made.fetch_add(1, Ordering::Relaxed);
        let mut options = JournalOptions::default();
        options.pending_limit = pending_limit;
        options.keep_until_recorded = keep_until_recorded;
        options.segment_octets = 16 << 10;
        options.recent_octets = 4 << 10;
        *self.last.lock().unwrap() = options;
        self.open()
    }

    fn open(&self) -> Arc<dyn Queue> {
        let directory = self.root.join(self.made.load(Ordering::Relaxed).to_string());
        let options = self.last.lock().unwrap().clone();
        Arc::new(JournalQueue::open(directory, options).unwrap())
    }
}

impl Drop for OnDisk {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.root).unwrap();
    }
}

impl QueueMaker for OnDisk {
    fn fresh(&self, pending_limit: usize) -> BoxFuture<'_, Arc<dyn Queue>> {
        Box::pin(async move { self.begin(pending_limit, false) })
    }

    fn keeping(&self, pending_limit: usize) -> BoxFuture<'_, Arc<dyn Queue>> {
        Box::pin(async move { self.begin(pending_limit, true) })
    }

    fn reopen(&self) -> BoxFuture<'_, Option<Arc<dyn Queue>>> {
        Box::pin(async { Some(self.open()) })
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_journal_keeps_the_promises() {
    queue_battery(&OnDisk::new()).await;
}

/// Queues in files of SQLite in one directory.
#[cfg(feature = "sql")]
struct InSqlite {
    root: tempfile::TempDir,
    made: AtomicU32,
    last: Mutex<smsc_engine::core::queue::SqlQueueOptions>,
}

#[cfg(feature = "sql")]
impl InSqlite {
    fn new() -> Self {
        InSqlite { root: tempfile::tempdir().unwrap(), made: AtomicU32::new(0), last: Mutex::default() }
    }

    async fn begin(&self, pending_limit: usize, keep_until_recorded: bool) -> Arc<dyn Queue> {
        self.made.fetch_add(1, Ordering::Relaxed);
        let mut options = smsc_engine::core::queue::SqlQueueOptions::default();
        options.pending_limit = pending_limit;
        options.keep_until_recorded = keep_until_recorded;
        options.recent_octets = 4 << 10;
        *self.last.lock().unwrap() = options;
        self.open().await
    }

    async fn open(&self) -> Arc<dyn Queue> {
        let file = self.root.path().join(format!("{}.sqlite", self.made.load(Ordering::Relaxed)));
        let options = self.last.lock().unwrap().clone();
        let config = smsc_engine::sql::DatabaseConfig::sqlite(file);
        Arc::new(smsc_engine::core::queue::SqlQueue::open(&config, options).await.unwrap())
    }
}

#[cfg(feature = "sql")]
impl QueueMaker for InSqlite {
    fn fresh(&self, pending_limit: usize) -> BoxFuture<'_, Arc<dyn Queue>> {
        Box::pin(self.begin(pending_limit, false))
    }

    fn keeping(&self, pending_limit: usize) -> BoxFuture<'_, Arc<dyn Queue>> {
        Box::pin(self.begin(pending_limit, true))
    }

    fn reopen(&self) -> BoxFuture<'_, Option<Arc<dyn Queue>>> {
        Box::pin(async { Some(self.open().await) })
    }
}

#[cfg(feature = "sql")]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_queue_in_sqlite_keeps_the_promises() {
    queue_battery(&InSqlite::new()).await;
}

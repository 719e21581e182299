//! A core of which it is not known yet how it exchanges messages.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, Notify, watch};

use super::bulk::BulkCore;
use super::client::CoreClient;
use super::core::WorkList;
use super::forms::FormsCore;
use crate::BoxFuture;
use crate::api::{Answer, Cancel, CoreApi, NetworkReport, Question, Refusal, Replacement, Report, Standing, Submission, Work};
use crate::model::{Lane, Message, MessageId, Timestamp};

/// Asks the core at the first use, and again until it says.
pub(super) struct PickedCore {
    shared: Arc<Shared>,
}

struct Shared {
    client: CoreClient,
    work_list: WorkList,
    retry: Duration,
    picked: OnceLock<Arc<dyn CoreApi>>,
    /// When the core was asked last; whoever holds it asks.
    asked: Mutex<Option<Instant>>,
    /// Tells those who wait for it.
    known: Notify,
}

impl PickedCore {
    pub(super) fn new(client: CoreClient, work_list: WorkList, retry: Duration) -> PickedCore {
        let (picked, asked, known) = (OnceLock::new(), Mutex::default(), Notify::new());
        PickedCore { shared: Arc::new(Shared { client, work_list, retry, picked, asked, known }) }
    }

    async fn core(&self) -> Result<&dyn CoreApi, Refusal> {
        self.shared.core().await.ok_or(Refusal::Away)
    }
}

impl Shared {
    /// The exchange, if it is known by now; does not wait for somebody else who asks.
    async fn core(&self) -> Option<&dyn CoreApi> {
        if self.picked.get().is_none()
            && let Ok(mut asked) = self.asked.try_lock()
            && asked.is_none_or(|last| last.elapsed() >= self.retry)
        {
            if let Some(is_bulk) = self.is_bulk().await {
                let (client, work_list, retry) = (self.client.clone(), self.work_list, self.retry);
                self.picked.get_or_init(|| match is_bulk {
                    true => Arc::new(BulkCore::new(client, retry)),
                    false => Arc::new(FormsCore::new(client, work_list, retry)),
                });
                self.known.notify_waiters();
            }
            *asked = Some(Instant::now());
        }
        self.picked.get().map(|core| &**core)
    }

    /// Whether the core speaks the bulk exchange; `None` if it does not say.
    async fn is_bulk(&self) -> Option<bool> {
        // A fault says nothing about it.
        BulkCore::is_spoken(&self.client).await.ok()
    }

    /// Waits until the exchange is known.
    async fn picked(&self) -> &dyn CoreApi {
        loop {
            let known = self.known.notified();
            tokio::pin!(known);
            known.as_mut().enable();
            if let Some(core) = self.picked.get() {
                return &**core;
            }
            known.await;
        }
    }
}

impl CoreApi for PickedCore {
    fn submit(&self, batch: Vec<Submission>) -> BoxFuture<'_, Vec<Answer>> {
        Box::pin(async move {
            match self.core().await {
                Ok(core) => core.submit(batch).await,
                Err(refusal) => batch.iter().map(|_| Answer::Now(Err(refusal))).collect(),
            }
        })
    }

    fn query(&self, question: Question) -> BoxFuture<'_, Result<Standing, Refusal>> {
        Box::pin(async move { self.core().await?.query(question).await })
    }

    fn cancel(&self, cancel: Cancel) -> BoxFuture<'_, Result<(), Refusal>> {
        Box::pin(async move { self.core().await?.cancel(cancel).await })
    }

    fn replace(&self, replacement: Replacement) -> BoxFuture<'_, Result<(), Refusal>> {
        Box::pin(async move { self.core().await?.replace(replacement).await })
    }

    fn lease<'a>(&'a self, lane: &'a Lane, max: usize, hold: Duration) -> BoxFuture<'a, Vec<Message>> {
        Box::pin(async move {
            match self.core().await {
                Ok(core) => core.lease(lane, max, hold).await,
                Err(_) => Vec::new(),
            }
        })
    }

    fn report(&self, reports: Vec<Report>) -> BoxFuture<'_, ()> {
        // Nothing was leased before the exchange was known.
        Box::pin(async move { self.shared.wanted().await.report(reports).await })
    }

    /// Waits for a core that is away: the receipts are those of messages sent before this process began.
    fn hear(&self, reports: Vec<NetworkReport>) -> BoxFuture<'_, Vec<bool>> {
        Box::pin(async move { self.shared.wanted().await.hear(reports).await })
    }

    fn release(&self, messages: &[MessageId]) {
        if let Some(core) = self.shared.picked.get() {
            core.release(messages);
        }
    }

    /// Sees what the exchange sees from when it is known. Needs a tokio runtime until then.
    fn watch(&self, lane: &Lane) -> Work {
        if let Some(core) = self.shared.picked.get() {
            return core.watch(lane);
        }
        let (told, seen) = watch::channel(0);
        let quiet = [seen.clone(), seen.clone(), seen];
        tokio::spawn(pass_on(self.shared.clone(), lane.clone(), told));
        Work::new(quiet)
    }

    fn next_due(&self, lane: &Lane) -> Option<Timestamp> {
        self.shared.picked.get()?.next_due(lane)
    }
}

impl Shared {
    /// Asks until the exchange is known.
    async fn wanted(&self) -> &dyn CoreApi {
        loop {
            if let Some(core) = self.core().await {
                return core;
            }
            tokio::time::sleep(self.retry.max(SHORTEST_RETRY)).await;
        }
    }
}

/// Tells whoever watched before the exchange was known, as long as somebody does.
async fn pass_on(shared: Arc<Shared>, lane: Lane, told: watch::Sender<u64>) {
    let mut work = tokio::select! {
        core = shared.picked() => core.watch(&lane),
        () = told.closed() => return,
    };
    told.send_modify(|count| *count += 1);
    loop {
        let is_alive = tokio::select! {
            is_alive = work.changed() => is_alive,
            () = told.closed() => return,
        };
        if !is_alive {
            return;
        }
        told.send_modify(|count| *count += 1);
    }
}

const SHORTEST_RETRY: Duration = Duration::from_millis(10);

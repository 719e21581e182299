//! A core of this product, many messages a call.
//!
//! Nothing is kept here but what has no answer yet: submissions, whose senders wait, and reports, which are told again
//! until the core has them. A core that is away gets few calls, whoever asks; when it is back, everybody hears of it.

mod absence;
mod call;
mod held;
mod late;
mod outbox;
mod submit;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use tokio::sync::watch::{Receiver, Sender};

use super::client::{Call, CoreClient};
use super::fault::CoreFault;
use crate::BoxFuture;
use crate::api::{Answer, Cancel, CoreApi, NetworkReport, Question, Refusal, Replacement, Report, Standing, Submission, Work};
use crate::model::{Lane, Message, MessageId, Timestamp};
use crate::wire::{self, MOST_MESSAGES, Want};
use absence::Absence;
use held::Held;
use outbox::Outbox;
use watch::Lanes;

/// A core elsewhere, reached by its bulk exchange. Everything stops when it is dropped.
pub struct BulkCore {
    shared: Arc<Shared>,
    /// Its tasks end when this is gone.
    alive: Sender<()>,
}

/// What its tasks have in common.
struct Shared {
    client: CoreClient,
    /// How often a core that is away is tried.
    retry: Duration,
    absence: Absence,
    lanes: Lanes,
    outbox: Outbox,
    held: Held,
}

impl BulkCore {
    /// Uses the core behind `client`, which need not be there yet and is tried every `retry` while it is away. Needs a
    /// tokio runtime.
    pub fn new(client: CoreClient, retry: Duration) -> BulkCore {
        let retry = retry.max(SHORTEST_RETRY);
        let shared = Arc::new(Shared {
            client,
            retry,
            absence: Absence::new(retry),
            lanes: Lanes::default(),
            outbox: Outbox::default(),
            held: Held::default(),
        });
        let core = BulkCore { shared: shared.clone(), alive: Sender::new(()) };
        spawn(core.alive.subscribe(), outbox::run(shared.clone()));
        spawn(core.alive.subscribe(), watch::run(shared));
        core
    }

    /// Asks whether the core speaks this language; an old one or another product's does not.
    ///
    /// # Errors
    /// It gives no answer that would tell.
    pub async fn is_spoken(client: &CoreClient) -> Result<bool, CoreFault> {
        match client.call(Call::new("core", Method::GET, "/api/core")).await {
            Ok(octets) => {
                let about: serde_json::Value = serde_json::from_slice(&octets).unwrap_or_default();
                let version = about.get("wire").and_then(serde_json::Value::as_u64);
                Ok(about.get("core").is_some_and(|core| core == "smsc") && version == Some(wire::VERSION.into()))
            }
            // Such a path, or such a method there, is not known.
            Err(CoreFault::Http(400 | 404 | 405 | 410 | 422 | 501, _)) => Ok(false),
            Err(fault) => Err(fault),
        }
    }
}

/// Runs a task until the core it works for is dropped.
fn spawn(mut alive: Receiver<()>, task: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(async move {
        tokio::select! {
            biased;
            // Nothing is ever sent.
            _ = alive.changed() => {}
            () = task => {}
        }
    });
}

impl CoreApi for BulkCore {
    fn submit(&self, batch: Vec<Submission>) -> BoxFuture<'_, Vec<Answer>> {
        Box::pin(self.shared.submit(batch, &self.alive))
    }

    fn query(&self, question: Question) -> BoxFuture<'_, Result<Standing, Refusal>> {
        Box::pin(async move { self.shared.order("query", &question).await })
    }

    fn cancel(&self, cancel: Cancel) -> BoxFuture<'_, Result<(), Refusal>> {
        Box::pin(async move { self.shared.order("cancel", &cancel).await })
    }

    fn replace(&self, replacement: Replacement) -> BoxFuture<'_, Result<(), Refusal>> {
        Box::pin(async move { self.shared.order("replace", &replacement).await })
    }

    /// Finds nothing while the core is away, and while reports wait for it.
    fn lease<'a>(&'a self, lane: &'a Lane, max: usize, hold: Duration) -> BoxFuture<'a, Vec<Message>> {
        Box::pin(self.shared.lease(lane, max, hold))
    }

    fn report(&self, reports: Vec<Report>) -> BoxFuture<'_, ()> {
        Box::pin(self.shared.report(reports))
    }

    /// Waits for a core that is away.
    fn hear(&self, reports: Vec<NetworkReport>) -> BoxFuture<'_, Vec<bool>> {
        Box::pin(self.shared.hear(reports))
    }

    /// Tells it once: if that is lost, they come back when their lease ends.
    fn release(&self, messages: &[MessageId]) {
        if messages.is_empty() || self.shared.absence.lasts() {
            return;
        }
        let (shared, messages) = (self.shared.clone(), messages.to_vec());
        spawn(self.alive.subscribe(), async move {
            for some in messages.chunks(MOST_MESSAGES) {
                let _ = shared.tell("release", wire::write(&some.to_vec())).await;
            }
        });
    }

    fn watch(&self, lane: &Lane) -> Work {
        self.shared.lanes.watch(lane)
    }

    /// Never tells: what becomes due is a change that [`watch`](CoreApi::watch) sees.
    fn next_due(&self, _: &Lane) -> Option<Timestamp> {
        None
    }
}

impl Shared {
    async fn lease(&self, lane: &Lane, max: usize, hold: Duration) -> Vec<Message> {
        if max == 0 || self.outbox.is_held_up() || !self.absence.may_ask() {
            return Vec::new();
        }
        let view = self.held.look();
        let want = Want { lane: lane.clone(), max, hold };
        let messages = self.ask("lease", wire::write(&want)).await.unwrap_or_default();
        view.fresh(messages)
    }

    async fn hear(&self, reports: Vec<NetworkReport>) -> Vec<bool> {
        let mut known = Vec::with_capacity(reports.len());
        for some in reports.chunks(MOST_MESSAGES) {
            let body = wire::write(&some.to_vec());
            let heard = loop {
                if self.absence.may_ask() {
                    match self.ask::<Vec<bool>>("hear", body.clone()).await {
                        Ok(heard) if heard.len() == some.len() => break heard,
                        // The core will never understand it; the carrier must not wait for ever.
                        Err(fault) if call::is_final(&fault) => break vec![false; some.len()],
                        _ => {}
                    }
                }
                tokio::time::sleep(self.retry).await;
            };
            known.extend(heard);
        }
        known
    }
}

/// A core that is away is tried no more often, whatever the settings say.
const SHORTEST_RETRY: Duration = Duration::from_millis(50);

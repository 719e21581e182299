//! A core that a test holds up.

use std::sync::Arc;
use std::time::Duration;

use smsc_engine::BoxFuture;
use smsc_engine::api::{
    Answer, Cancel, CoreApi, NetworkReport, Question, Refusal, Replacement, Report, Standing, Submission, Work,
};
use smsc_engine::core::Core;
use smsc_engine::model::{Lane, Message, MessageId, Timestamp};
use tokio::sync::Semaphore;

use super::world::{World, core, over, partner};

/// A core that takes nothing before it is told to, or is away.
pub(super) struct Slow {
    core: Core,
    pub(super) open: Semaphore,
    is_away: bool,
}

impl Slow {
    /// A gateway of it with one partner.
    pub(super) async fn world(is_away: bool) -> (World, Arc<Slow>) {
        let core = core(&[("44", "uk")]).await;
        let slow = Arc::new(Slow { core: core.clone(), open: Semaphore::new(0), is_away });
        let binds = over(slow.clone(), |_| {}).await;
        binds.set_servers(vec![partner("shop")]).unwrap();
        (World { handle: core.handle(), core, binds }, slow)
    }
}

impl CoreApi for Slow {
    fn submit(&self, batch: Vec<Submission>) -> BoxFuture<'_, Vec<Answer>> {
        Box::pin(async move {
            self.open.acquire().await.unwrap().forget();
            if self.is_away {
                batch.iter().map(|_| Answer::Now(Err(Refusal::Away))).collect()
            } else {
                self.core.submit(batch).await
            }
        })
    }
    fn query(&self, question: Question) -> BoxFuture<'_, Result<Standing, Refusal>> {
        if self.is_away { Box::pin(async { Err(Refusal::Away) }) } else { self.core.query(question) }
    }
    fn cancel(&self, cancel: Cancel) -> BoxFuture<'_, Result<(), Refusal>> {
        self.core.cancel(cancel)
    }
    fn replace(&self, replacement: Replacement) -> BoxFuture<'_, Result<(), Refusal>> {
        self.core.replace(replacement)
    }
    fn lease<'a>(&'a self, lane: &'a Lane, max: usize, hold: Duration) -> BoxFuture<'a, Vec<Message>> {
        self.core.lease(lane, max, hold)
    }
    fn report(&self, reports: Vec<Report>) -> BoxFuture<'_, ()> {
        self.core.report(reports)
    }
    fn hear(&self, reports: Vec<NetworkReport>) -> BoxFuture<'_, Vec<bool>> {
        self.core.hear(reports)
    }
    fn release(&self, messages: &[MessageId]) {
        self.core.release(messages);
    }
    fn watch(&self, lane: &Lane) -> Work {
        self.core.watch(lane)
    }
    fn next_due(&self, lane: &Lane) -> Option<Timestamp> {
        self.core.next_due(lane)
    }
}

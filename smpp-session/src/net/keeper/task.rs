//! The task of a keeper: attempt, session, pause, and over again.

use std::boxed::Box;
use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::pin::Pin;
use std::string::ToString;
use std::sync::Arc;
use std::vec::Vec;

use tokio::select;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::KeeperConfig;
use super::state::{KeeperState, Orders, Record, Setback, Wanted};
use crate::net::client::{Client, Mc};
use crate::net::connect::{ConnectError, Endpoint};
use crate::net::service::Service;
use crate::{Obstacle, Pauses};

/// A way to an MC.
pub(super) trait Connect: Send + Sync {
    fn address(&self) -> &str;
    fn connect(&self, service: Arc<dyn Service>) -> Connecting<'_>;
}

pub(super) type Connecting<'a> = Pin<Box<dyn Future<Output = Result<Client, ConnectError>> + Send + 'a>>;

impl Connect for Endpoint {
    fn address(&self) -> &str {
        &self.address
    }

    fn connect(&self, service: Arc<dyn Service>) -> Connecting<'_> {
        Box::pin(Endpoint::connect(self, service))
    }
}

/// Everything the task needs but the channels to its handles.
pub(super) struct Task {
    hosts: Vec<Arc<dyn Connect>>,
    config: KeeperConfig,
    service: Arc<dyn Service>,
    record: Arc<Record>,
    pauses: Pauses,
    /// Attempts and sessions that failed since one was steady.
    failures: u32,
    /// Hosts that failed since the last pause, and the worst they were stopped by.
    failed_hosts: usize,
    worst: Obstacle,
    next_host: usize,
}

impl Task {
    pub(super) fn new(
        hosts: Vec<Arc<dyn Connect>>,
        config: KeeperConfig,
        service: Arc<dyn Service>,
        record: Arc<Record>,
    ) -> Self {
        // Two hashers of one process differ, and so do those of two processes.
        let pauses = Pauses::new(config.backoff, RandomState::new().hash_one(0));
        let worst = Obstacle::Passing;
        Task { hosts, config, service, record, pauses, failures: 0, failed_hosts: 0, worst, next_host: 0 }
    }

    pub(super) async fn run(mut self, mut orders: watch::Receiver<Orders>, state: watch::Sender<KeeperState>) {
        loop {
            match wanted(&mut orders) {
                Wanted::Bound => {
                    if self.try_once(&mut orders, &state).await.is_err() {
                        break;
                    }
                }
                Wanted::Unbound => {
                    state.send_replace(KeeperState::Paused);
                    disturbed(&mut orders).await;
                }
                Wanted::Over => break,
            }
        }
        state.send_replace(KeeperState::Stopped);
    }

    /// One attempt, the session it leads to, and the pause after it, unless an order cuts it short.
    ///
    /// # Errors
    /// It was one attempt too many.
    async fn try_once(
        &mut self,
        orders: &mut watch::Receiver<Orders>,
        state: &watch::Sender<KeeperState>,
    ) -> Result<(), GivenUp> {
        let Some(setback) = self.bind_and_stay(orders, state).await else {
            (self.failed_hosts, self.worst) = (0, Obstacle::Passing);
            return Ok(());
        };
        let setback = Arc::new(setback);
        self.record.note(setback.clone());
        if let Some(witness) = &self.config.witness {
            witness.setback(&setback);
        }
        self.failures = self.failures.saturating_add(1);
        if self.config.give_up_after.is_some_and(|most| self.failures >= most) {
            return Err(GivenUp);
        }
        self.rest(setback, orders, state).await;
        Ok(())
    }

    /// One attempt and the session it leads to; none if an order ended it.
    async fn bind_and_stay(
        &mut self,
        orders: &mut watch::Receiver<Orders>,
        state: &watch::Sender<KeeperState>,
    ) -> Option<Setback> {
        let host = self.hosts.get(self.next_host % self.hosts.len().max(1))?.clone();
        self.next_host = self.next_host.wrapping_add(1);
        state.send_replace(KeeperState::Connecting { to: host.address().to_string(), attempt: self.failures.saturating_add(1) });
        if let Some(witness) = &self.config.witness {
            witness.attempt(host.address());
        }
        let (client, mc) = select! {
            () = disturbed(orders) => return None,
            bound = self.bind(&*host) => match bound {
                Ok(bound) => bound,
                Err(setback) => return Some(setback),
            },
        };
        self.record.count();
        let since = Instant::now();
        state.send_replace(KeeperState::Bound { since, mc, link: (*client).clone() });
        select! {
            reason = client.closed() => {
                if self.pauses.is_steady(since.elapsed()) {
                    self.pauses.reset();
                    (self.failures, self.failed_hosts) = (0, 0);
                }
                Some(Setback::Lost(reason))
            }
            () = disturbed(orders) => {
                state.send_replace(KeeperState::Unbinding);
                client.unbind().await;
                None
            }
        }
    }

    async fn bind(&self, host: &dyn Connect) -> Result<(Client, Mc), Setback> {
        let client = host.connect(self.service.clone()).await?;
        let mc = client.bind(self.config.kind, &self.config.credentials).await?;
        Ok((client, mc))
    }

    /// Waits, if every host has failed since the last pause.
    async fn rest(&mut self, why: Arc<Setback>, orders: &mut watch::Receiver<Orders>, state: &watch::Sender<KeeperState>) {
        self.failed_hosts += 1;
        if why.obstacle() == Obstacle::Lasting {
            self.worst = Obstacle::Lasting;
        }
        if self.failed_hosts < self.hosts.len() {
            return;
        }
        self.failed_hosts = 0;
        let pause = self.pauses.next(std::mem::replace(&mut self.worst, Obstacle::Passing));
        // A pause too long for the clock ends when somebody says so.
        let until = Instant::now().checked_add(pause).unwrap_or_else(Instant::now);
        state.send_replace(KeeperState::Waiting { until, why, attempt: self.failures });
        select! {
            () = sleep(pause) => {}
            () = disturbed(orders) => {}
        }
    }
}

struct GivenUp;

/// The newest order. Without a handle nobody can order or ask anything any more.
fn wanted(orders: &mut watch::Receiver<Orders>) -> Wanted {
    if orders.has_changed().is_err() { Wanted::Over } else { orders.borrow_and_update().wanted }
}

/// Waits for an order that was not obeyed yet.
async fn disturbed(orders: &mut watch::Receiver<Orders>) {
    let _ = orders.changed().await;
}

//! Several binds used as one.
//!
//! Each member is a [`Keeper`], or two of them if one bind sends and another receives. A request
//! goes to the session with the most room that may send it; a session that is over is passed by
//! from that moment on. What the MCs ask goes to one service. Nothing is sent twice.

mod either;
mod roster;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::vec::Vec;

use smpp_pdu::{Command, PduInfo, Request, Side, State, SubmitSm};
use tokio::time::timeout;

use super::collector::Collector;
use super::keeper::{Keeper, KeeperConfig, KeeperError};
use super::link::{CallError, Link, NotBound};
use super::pending::{Pending, Response};
use super::service::Service;
use crate::{BindKind, RequestError};
use roster::Roster;

/// A set of binds used as one. Clones are handles of the same set.
///
/// ```no_run
/// use std::sync::Arc;
/// use smpp_pdu::SubmitSm;
/// use smpp_session::net::{Endpoint, Incoming, KeeperConfig, Pool};
/// use smpp_session::{BindKind, Credentials};
///
/// # async fn example(submit: SubmitSm<'_>) -> Result<(), Box<dyn std::error::Error>> {
/// let pool = Pool::new(Arc::new(|incoming: Incoming| drop(incoming)));
/// for host in ["a.example:2775", "b.example:2775"] {
///     let me = Credentials::new("me", "secret");
///     pool.add(KeeperConfig::new(Endpoint::new(host), BindKind::Transceiver, me))?;
/// }
/// let response = pool.call(&submit).await?;
/// pool.stop().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Pool {
    shared: Arc<Shared>,
    patience: Duration,
}

/// What the handles share.
#[derive(Debug)]
struct Shared {
    roster: Arc<Roster>,
    members: Mutex<Members>,
}

#[derive(Debug, Default)]
struct Members {
    list: Vec<Member>,
    next: u64,
    /// Nobody may join any more.
    stopped: bool,
}

/// One bind of a pool.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Member {
    /// Its name in the pool.
    pub id: MemberId,
    /// One keeper, or the one that sends and the one that receives.
    pub keepers: Vec<Keeper>,
}

impl Member {
    /// True if every part of it is bound.
    pub fn is_bound(&self) -> bool {
        self.keepers.iter().all(|keeper| keeper.current().is_some())
    }
}

/// Names a member of a pool; no two members ever have the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberId(u64);

impl Pool {
    /// A set without binds; `service` takes what the MCs ask.
    pub fn new(service: Arc<dyn Service>) -> Pool {
        let shared = Shared { roster: Arc::new(Roster::new(service)), members: Mutex::default() };
        Pool { shared: Arc::new(shared), patience: PATIENCE }
    }

    /// A handle that waits so long, not thirty seconds, for a session with room in its window.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Pool {
        self.patience = patience;
        self
    }

    /// Adds a bind and starts it.
    ///
    /// # Errors
    /// As [`Keeper::start`], or the pool was stopped.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn add(&self, config: KeeperConfig) -> Result<MemberId, KeeperError> {
        self.join(&[config])
    }

    /// Adds a transmitter and a receiver that are one bind; their kind in `config` does not matter.
    ///
    /// Requests are sent as soon as the transmitter is bound.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn add_pair(&self, config: KeeperConfig) -> Result<MemberId, KeeperError> {
        self.join(&pair(config))
    }

    /// Adds a bind that is a transceiver, or a transmitter and a receiver. It begins as a transceiver if `config` says so,
    /// else as the two, and becomes the other once an MC answers that it knows no such bind (`ESME_RINVCMDID`).
    ///
    /// # Errors
    /// As [`add`](Self::add).
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn add_either(&self, config: KeeperConfig) -> Result<MemberId, KeeperError> {
        let (first, told) = either::noticed(config.clone());
        let transceiver = |config| [KeeperConfig { kind: BindKind::Transceiver, ..config }].into();
        let (id, other) = match config.kind {
            BindKind::Transceiver => (self.add(first)?, pair(config).into()),
            _ => (self.add_pair(first)?, transceiver(config)),
        };
        tokio::spawn(either::change(Arc::downgrade(&self.shared), (id, other), told));
        Ok(id)
    }

    /// Takes a bind out: nothing more is asked on it, answers that are due are waited for, it is unbound.
    ///
    /// False if there is no such member.
    pub async fn remove(&self, id: MemberId) -> bool {
        let removed = {
            let mut members = self.shared.members_mut();
            let (removed, kept) = std::mem::take(&mut members.list).into_iter().partition(|member| member.id == id);
            members.list = kept;
            removed
        };
        stop(&removed).await;
        !Vec::is_empty(&removed)
    }

    /// Takes all binds out, as [`remove`](Self::remove) does; none can be added any more.
    pub async fn stop(&self) {
        let removed = {
            let mut members = self.shared.members_mut();
            members.stopped = true;
            std::mem::take(&mut members.list)
        };
        stop(&removed).await;
    }

    /// Every bind and how it stands.
    pub fn members(&self) -> Vec<Member> {
        self.shared.members_mut().list.clone()
    }

    /// Every bound session.
    pub fn links(&self) -> Vec<Link> {
        self.shared.roster.links()
    }

    /// Sends a request now, on the session with the most room. What `pdu` borrows is free when this returns.
    ///
    /// # Errors
    /// Nothing was sent: no session may send it, or [`Link::request`] fails.
    pub fn request<'a, P: Request<'a>>(&self, pdu: &P) -> Result<Pending, CallError> {
        self.on_best(P::INFO, |link| link.request(pdu))
    }

    /// Sends a request now, on the session with the most room; its outcome is gathered, together with `tag`.
    ///
    /// # Errors
    /// Nothing was sent: no session may send it, or [`Link::request_with`] fails.
    pub fn request_with<'a, P: Request<'a>>(&self, pdu: &P, tag: u64, collector: &Collector) -> Result<(), CallError> {
        self.on_best(P::INFO, |link| link.request_with(pdu, tag, collector))
    }

    /// Waits for room in the window of any session and sends the request.
    ///
    /// Those who wait for the same session are served in the order they came.
    ///
    /// # Errors
    /// Nothing was sent.
    pub async fn send<'a, P: Request<'a>>(&self, pdu: &P) -> Result<Pending, CallError> {
        match self.request(pdu) {
            // Nothing was sent, and time may help.
            Err(error) if error.is_passing() => {}
            sent => return sent,
        }
        if !P::INFO.is_sent_by(Side::Esme) {
            return Err(RequestError::NotPermitted { command_id: P::INFO.id, state: State::BoundTrx }.into());
        }
        match timeout(self.patience, self.send_when_ready(pdu)).await {
            Ok(sent) => sent,
            Err(_) if self.shared.roster.best(P::INFO).is_some() => Err(RequestError::WindowFull.into()),
            Err(_) => Err(NotBound::TimedOut(self.patience).into()),
        }
    }

    /// Waits for room in the window of any session, sends the request and waits for the answer.
    ///
    /// # Errors
    /// The request could not be sent, or was not answered: [`CallError::was_sent`] tells.
    pub async fn call<'a>(&self, pdu: &impl Request<'a>) -> Result<Response, CallError> {
        Ok(self.send(pdu).await?.await?)
    }

    /// Waits for a session that may send messages: the one with the most room.
    ///
    /// # Errors
    /// There was none in time.
    pub async fn link(&self) -> Result<Link, NotBound> {
        let found = timeout(self.patience, self.shared.roster.able(SubmitSm::INFO)).await;
        found.map_err(|_| NotBound::TimedOut(self.patience))
    }

    fn on_best<R>(&self, info: &PduInfo, ask: impl Fn(&Link) -> Result<R, RequestError>) -> Result<R, CallError> {
        loop {
            let link = self.shared.roster.best(info).ok_or(NotBound::TimedOut(Duration::ZERO))?;
            match ask(&link).map_err(CallError::from) {
                // It has just ended, and is not the best any more.
                Err(error) if error.is_of_session() => {}
                asked => return asked,
            }
        }
    }

    async fn send_when_ready<'a, P: Request<'a>>(&self, pdu: &P) -> Result<Pending, CallError> {
        loop {
            match self.shared.roster.ready(P::INFO).await.request(pdu).map_err(CallError::from) {
                Err(error) if error.is_passing() => {}
                sent => return sent,
            }
        }
    }

    fn join(&self, configs: &[KeeperConfig]) -> Result<MemberId, KeeperError> {
        let mut members = self.shared.members_mut();
        if members.stopped {
            return Err(KeeperError::Stopped);
        }
        let keepers = self.shared.start(configs)?;
        let id = MemberId(members.next);
        members.next += 1;
        members.list.push(Member { id, keepers });
        Ok(id)
    }
}

impl Shared {
    fn start(&self, configs: &[KeeperConfig]) -> Result<Vec<Keeper>, KeeperError> {
        configs.iter().map(|config| Keeper::start(config.clone(), self.roster.clone())).collect()
    }

    /// Puts other binds in the place of a member's and returns the former ones; none if it is gone.
    fn exchange(&self, id: MemberId, configs: &[KeeperConfig]) -> Option<Member> {
        let mut members = self.members_mut();
        let member = members.list.iter_mut().find(|member| member.id == id)?;
        let keepers = self.start(configs).ok()?;
        Some(Member { id, keepers: std::mem::replace(&mut member.keepers, keepers) })
    }

    fn members_mut(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The one that sends and the one that receives.
fn pair(config: KeeperConfig) -> [KeeperConfig; 2] {
    let receiver = KeeperConfig { kind: BindKind::Receiver, ..config.clone() };
    [KeeperConfig { kind: BindKind::Transmitter, ..config }, receiver]
}

/// All at the same time: each may take as long as the response timer.
async fn stop(members: &[Member]) {
    let keepers = || members.iter().flat_map(|member| &member.keepers);
    keepers().for_each(Keeper::begin_stop);
    for keeper in keepers() {
        keeper.stop().await;
    }
}

// The usual response timer: whoever waits so long for an answer waits so long to ask.
const PATIENCE: Duration = Duration::from_secs(30);

//! A bind that heals itself.
//!
//! A keeper connects and binds, and does so again whenever the session is lost or refused. It
//! sends nothing a second time: each request ends once, and its error tells whether it was sent.

mod state;
mod task;
#[cfg(test)]
mod tests;

use std::string::ToString;
use std::sync::Arc;
use std::time::Duration;
use std::vec::Vec;

use smpp_pdu::Request;
use thiserror::Error;
use tokio::sync::watch;
use tokio::time::timeout;

use super::collector::Collector;
use super::connect::Endpoint;
use super::link::{CallError, Link, NotBound};
use super::pending::{Pending, Response};
use super::service::Service;
use crate::{Backoff, BindKind, Credentials, RequestError};

pub use state::{KeeperState, Setback, Witness};
use state::{Orders, Record, Wanted};
use task::{Connect, Task};

/// What is to be kept bound.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct KeeperConfig {
    /// The hosts of the MC. A failure leads to the next one at once, and to a pause after the last.
    pub endpoints: Vec<Endpoint>,
    /// As what to bind.
    pub kind: BindKind,
    /// Who binds.
    pub credentials: Credentials,
    /// The pauses between attempts.
    pub backoff: Backoff,
    /// Failures in a row after which the keeper stops; none means that it never gives up.
    pub give_up_after: Option<u32>,
    /// Who is told of every attempt; the states of a keeper are told to the quick only.
    pub witness: Option<Arc<dyn Witness>>,
}

impl KeeperConfig {
    /// A bind to one host, tried for ever with the usual pauses.
    pub fn new(endpoint: Endpoint, kind: BindKind, credentials: Credentials) -> Self {
        let (endpoints, backoff) = ([endpoint].into(), Backoff::default());
        KeeperConfig { endpoints, kind, credentials, backoff, give_up_after: None, witness: None }
    }

    /// Tells whether an attempt could succeed at all.
    ///
    /// # Errors
    /// There is no endpoint, or a credential does not fit its field.
    pub fn check(&self) -> Result<(), KeeperError> {
        self.credentials.system_id()?;
        self.credentials.password()?;
        self.credentials.system_type()?;
        self.credentials.address_range()?;
        if self.endpoints.is_empty() { Err(KeeperError::NoEndpoint) } else { Ok(()) }
    }
}

/// Keeps an ESME bound. Clones are handles of the same bind; it is unbound when the last is dropped.
///
/// ```no_run
/// use std::sync::Arc;
/// use smpp_pdu::SubmitSm;
/// use smpp_session::net::{Endpoint, Incoming, Keeper, KeeperConfig};
/// use smpp_session::{BindKind, Credentials};
///
/// # async fn example(submit: SubmitSm<'_>) -> Result<(), Box<dyn std::error::Error>> {
/// let (mc, me) = (Endpoint::new("smsc.example:2775"), Credentials::new("me", "secret"));
/// let config = KeeperConfig::new(mc, BindKind::Transceiver, me);
/// let keeper = Keeper::start(config, Arc::new(|incoming: Incoming| drop(incoming)))?;
/// match keeper.call(&submit).await {
///     Ok(response) => println!("{}", response.status()),
///     Err(error) if error.was_sent() => println!("it may have been accepted: {error}"),
///     Err(error) => println!("send it again: {error}"),
/// }
/// keeper.stop().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Keeper {
    orders: Arc<watch::Sender<Orders>>,
    state: watch::Receiver<KeeperState>,
    record: Arc<Record>,
    patience: Duration,
}

impl Keeper {
    /// Starts to connect and bind; `service` takes what the MC asks, on every session.
    ///
    /// # Errors
    /// No attempt could succeed: there is no endpoint, or a credential does not fit its field.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn start(config: KeeperConfig, service: Arc<dyn Service>) -> Result<Keeper, KeeperError> {
        config.check()?;
        let hosts = config.endpoints.iter().cloned().map(|endpoint| Arc::new(endpoint) as Arc<dyn Connect>).collect();
        Ok(Keeper::over(hosts, config, service))
    }

    fn over(hosts: Vec<Arc<dyn Connect>>, config: KeeperConfig, service: Arc<dyn Service>) -> Keeper {
        let first = hosts.first().map(|host| host.address().to_string()).unwrap_or_default();
        let (orders, ordered) = watch::channel(Orders::default());
        let (state, told) = watch::channel(KeeperState::Connecting { to: first, attempt: 1 });
        let record = Arc::new(Record::default());
        tokio::spawn(Task::new(hosts, config, service, record.clone()).run(ordered, state));
        Keeper { orders: Arc::new(orders), state: told, record, patience: PATIENCE }
    }

    /// A handle that waits so long, not thirty seconds, for a bound session with room in its window.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Keeper {
        self.patience = patience;
        self
    }

    /// Sends a request now. What `pdu` borrows is free when this returns.
    ///
    /// # Errors
    /// Nothing was sent: there is no session, or [`Link::request`] fails.
    pub fn request<'a>(&self, pdu: &impl Request<'a>) -> Result<Pending, CallError> {
        Ok(self.newest()?.request(pdu)?)
    }

    /// Sends a request now; its outcome is gathered, together with `tag`.
    ///
    /// # Errors
    /// Nothing was sent: there is no session, or [`Link::request_with`] fails.
    pub fn request_with<'a>(&self, pdu: &impl Request<'a>, tag: u64, collector: &Collector) -> Result<(), CallError> {
        Ok(self.newest()?.request_with(pdu, tag, collector)?)
    }

    /// Waits for a session and for room in its window, and sends the request.
    ///
    /// # Errors
    /// Nothing was sent.
    pub async fn send<'a>(&self, pdu: &impl Request<'a>) -> Result<Pending, CallError> {
        match self.request(pdu) {
            // Nothing was sent, and time may help.
            Err(error) if error.is_passing() => {}
            sent => return sent,
        }
        match timeout(self.patience, self.send_on_any(pdu)).await {
            Ok(sent) => sent,
            Err(_) if self.current().is_some() => Err(RequestError::WindowFull.into()),
            Err(_) => Err(NotBound::TimedOut(self.patience).into()),
        }
    }

    /// Waits for a session and for room in its window, sends the request and waits for the answer.
    ///
    /// # Errors
    /// The request could not be sent, or was not answered: [`CallError::was_sent`] tells.
    pub async fn call<'a>(&self, pdu: &impl Request<'a>) -> Result<Response, CallError> {
        Ok(self.send(pdu).await?.await?)
    }

    /// Waits for a bound session.
    ///
    /// # Errors
    /// There was none in time, or the keeper has stopped.
    pub async fn link(&self) -> Result<Link, NotBound> {
        timeout(self.patience, self.next_link(None)).await.map_err(|_| NotBound::TimedOut(self.patience))?
    }

    /// The bound session, if there is one now.
    pub fn current(&self) -> Option<Link> {
        self.state.borrow().link().filter(|link| link.state().is_bound()).cloned()
    }

    /// How the bind stands.
    pub fn state(&self) -> KeeperState {
        self.state.borrow().clone()
    }

    /// Every change of [`state`](Self::state); a slow reader sees the newest only.
    pub fn watch(&self) -> watch::Receiver<KeeperState> {
        self.state.clone()
    }

    /// Why the last attempt failed or the last session ended, unless the keeper was told to end it.
    pub fn last_setback(&self) -> Option<Arc<Setback>> {
        self.record.last()
    }

    /// Sessions that were bound so far, the present one included.
    pub fn sessions(&self) -> u64 {
        self.record.sessions()
    }

    /// Tries at once: cuts a pause short, unbinds a session that is bound. A paused keeper stays so.
    pub fn reconnect(&self) {
        self.orders.send_modify(|orders| orders.round += 1);
    }

    /// Unbinds and stays away until [`resume`](Self::resume). Requests wait meanwhile, as long as they are patient.
    pub fn pause(&self) {
        self.order(Wanted::Unbound);
    }

    /// Ends a pause.
    pub fn resume(&self) {
        self.order(Wanted::Bound);
    }

    /// Unbinds for good: answers that are due are waited for, within the response timer.
    pub async fn stop(&self) {
        self.begin_stop();
        // An error means that the task is gone, with its runtime.
        let _ = self.state.clone().wait_for(|state| matches!(state, KeeperState::Stopped)).await;
    }

    /// Begins to unbind for good.
    pub(crate) fn begin_stop(&self) {
        self.order(Wanted::Over);
    }

    fn order(&self, wanted: Wanted) {
        self.orders.send_if_modified(|orders| {
            let is_new = orders.wanted != wanted && orders.wanted != Wanted::Over;
            if is_new {
                orders.wanted = wanted;
            }
            is_new
        });
    }

    /// The session, even if it is about to end.
    fn newest(&self) -> Result<Link, NotBound> {
        self.state.borrow().link().cloned().ok_or(NotBound::TimedOut(Duration::ZERO))
    }

    async fn send_on_any<'a>(&self, pdu: &impl Request<'a>) -> Result<Pending, CallError> {
        let mut over = None;
        loop {
            let link = self.next_link(over.as_ref()).await?;
            match link.send(pdu).await.map_err(CallError::from) {
                // Not sent, so another session may have it.
                Err(error) if error.is_of_session() => over = Some(link),
                sent => return sent,
            }
        }
    }

    /// A bound session other than the one that is over.
    async fn next_link(&self, over: Option<&Link>) -> Result<Link, NotBound> {
        let is_other = |link: &Link| over.is_none_or(|over| !over.is_same(link)) && link.state().is_bound();
        let mut told = self.state.clone();
        let decisive = |state: &KeeperState| matches!(state, KeeperState::Stopped) || state.link().is_some_and(is_other);
        match told.wait_for(decisive).await {
            Ok(state) => state.link().cloned().ok_or(NotBound::Stopped),
            Err(_) => Err(NotBound::Stopped),
        }
    }
}

/// Why nothing is kept bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeeperError {
    /// There is no host to connect to.
    #[error("no endpoint")]
    NoEndpoint,
    /// A credential does not fit its field.
    #[error(transparent)]
    Credentials(#[from] RequestError),
    /// The pool was stopped.
    #[error("the pool was stopped")]
    Stopped,
}

// The usual response timer: whoever waits so long for an answer waits so long to ask.
const PATIENCE: Duration = Duration::from_secs(30);

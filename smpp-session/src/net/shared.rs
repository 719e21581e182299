//! What the task of a connection and everybody who uses the connection share.

use std::any::Any;
use std::net::SocketAddr;
use std::string::String;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Waker;
use std::vec::Vec;

use smpp_pdu::{CommandStatus, Profile, Side, Version};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::account::Party;
use super::batch::Batch;
use super::gate::Gate;
use super::link::Link;
use super::pending::Places;
use super::room::Room;
use crate::{BindKind, CloseReason, Config, Responder, Session, Time};

/// One connection.
pub(crate) struct Shared {
    inner: Mutex<Inner>,
    pub(crate) peer: SocketAddr,
    /// The origin of the session's time.
    epoch: Instant,
    profile: Profile,
    /// Known once the session is bound.
    pub(crate) bound: OnceLock<Bound>,
    /// Who asked to bind; known before the service decides.
    pub(crate) system_id: OnceLock<String>,
    pub(crate) account: OnceLock<Arc<dyn Any + Send + Sync>>,
    /// Frames read with repairs; they are read outside the lock.
    pub(crate) repaired: AtomicU64,
    /// What the peer has proven to be.
    #[cfg(feature = "tls")]
    pub(crate) certificates: OnceLock<std::boxed::Box<[super::rustls::pki_types::CertificateDer<'static>]>>,
    /// Who watches over the binds of a server; set before anything is read.
    pub(crate) gate: OnceLock<Arc<Gate>>,
    /// The account whose session this is.
    pub(crate) party: OnceLock<Arc<Party>>,
    over: OnceLock<CloseReason>,
    /// The session was bound, or has ended.
    news: Notify,
}

/// What was agreed upon in the bind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bound {
    pub(crate) kind: BindKind,
    pub(crate) version: Version,
    pub(crate) profile: Profile,
}

/// What only one may touch at a time, for the time of one PDU or one batch of input.
pub(crate) struct Inner {
    pub(crate) session: Session<u32>,
    pub(crate) places: Places,
    pub(crate) room: Room,
    /// The connection's task, while it sleeps; whoever takes it wakes it.
    pub(crate) parked: Option<Waker>,
    /// A bind that will be refused; the peer has to wait for that.
    pub(crate) postponed: Option<Postponed>,
}

/// A refusal that goes out later.
#[derive(Debug)]
pub(crate) struct Postponed {
    pub(crate) due: Time,
    pub(crate) responder: Responder,
    pub(crate) status: CommandStatus,
}

impl Shared {
    pub(crate) fn new(side: Side, config: Config, peer: SocketAddr) -> Self {
        let profile = config.profile.with_version(config.version);
        let session = Session::new(side, config, Time::ZERO);
        let inner = Inner { session, places: Places::default(), room: Room::default(), parked: None, postponed: None };
        Shared {
            inner: Mutex::new(inner),
            peer,
            epoch: Instant::now(),
            profile,
            bound: OnceLock::new(),
            system_id: OnceLock::new(),
            account: OnceLock::new(),
            repaired: AtomicU64::new(0),
            #[cfg(feature = "tls")]
            certificates: OnceLock::new(),
            gate: OnceLock::new(),
            party: OnceLock::new(),
            over: OnceLock::new(),
            news: Notify::new(),
        }
    }

    /// Never poisoned for us: no user code runs under the lock.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something to the session and wakes the connection's task to carry it out.
    pub(crate) fn act<R>(&self, action: impl FnOnce(&mut Inner) -> R) -> R {
        self.act_in(&mut Batch::new(), action)
    }

    /// The same, but the wake-up is the batch's.
    pub(crate) fn act_in<R>(&self, batch: &mut Batch, action: impl FnOnce(&mut Inner) -> R) -> R {
        let mut inner = self.lock();
        let result = action(&mut inner);
        batch.hold(inner.parked.take());
        result
    }

    /// The time for the session.
    pub(crate) fn now(&self) -> Time {
        Time::ZERO + self.epoch.elapsed()
    }

    /// The clock's name for a time of the session, if the clock reaches that far.
    pub(crate) fn instant(&self, time: Time) -> Option<Instant> {
        self.epoch.checked_add(time.since(Time::ZERO))
    }

    /// How to read the peer.
    pub(crate) fn profile(&self) -> Profile {
        self.bound.get().map_or(self.profile, |bound| bound.profile)
    }

    /// The session is bound.
    pub(crate) fn bind(&self, bound: Bound) {
        let _ = self.bound.set(bound);
        self.news.notify_waiters();
    }

    /// The connection is closed, everything that could be written has been.
    pub(crate) fn end(&self, reason: CloseReason) {
        let _ = self.over.set(reason);
        self.news.notify_waiters();
    }

    /// Why the connection ended, once it has.
    pub(crate) fn over(&self) -> Option<CloseReason> {
        self.over.get().copied()
    }

    /// Waits for the end.
    pub(crate) async fn ended(&self) -> CloseReason {
        self.until(Shared::over).await
    }

    /// Waits until there is something to find, which is after the bind or the end.
    pub(crate) async fn until<T>(&self, find: impl Fn(&Shared) -> Option<T>) -> T {
        loop {
            let news = self.news.notified();
            if let Some(found) = find(self) {
                return found;
            }
            news.await;
        }
    }

    /// The session is over: it is none of its account's any more.
    pub(crate) fn leave(self: &Arc<Self>) {
        if let Some(party) = self.party.get() {
            party.leave(&Link { shared: self.clone() });
        }
    }
}

impl Inner {
    /// When there is something to do at the latest.
    pub(crate) fn poll_timeout(&self) -> Option<Time> {
        let postponed = self.postponed.as_ref().map(|postponed| postponed.due);
        postponed.into_iter().chain(self.session.poll_timeout()).min()
    }

    /// Time has passed.
    pub(crate) fn handle_timeout(&mut self, now: Time) {
        if let Some(Postponed { responder, status, .. }) = self.postponed.take_if(|postponed| postponed.due <= now) {
            // If the session is over nobody waits for the answer.
            let _ = self.session.refuse(responder, status);
        }
        self.session.handle_timeout(now);
    }

    /// Places in the window nobody has been promised.
    pub(crate) fn free(&self) -> usize {
        self.session.room().saturating_sub(self.room.taken())
    }

    /// Promises free places to those who wait; collects whom to wake.
    pub(crate) fn grant(&mut self, wakers: &mut Vec<Waker>) {
        if self.session.closed().is_some() {
            self.room.dismiss(wakers);
        } else if !self.room.is_quiet() {
            self.room.grant(self.free(), wakers);
        }
    }
}

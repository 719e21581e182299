//! What the task of a connection and everybody who uses the connection share.

use std::any::Any;
use std::boxed::Box;
use std::net::SocketAddr;
use std::string::String;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Waker;
use std::vec::Vec;

use smpp_pdu::{Profile, Side, Version};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::batch::Batch;
use super::pending::Places;
use super::room::Room;
use super::stats::{Meter, Stats};
use super::trace::{Traced, Tracer};
use crate::{BindKind, CloseReason, Config, Counters, RespondError, Responder, Session, Time};

/// One connection.
pub(crate) struct Shared {
    inner: Mutex<Inner>,
    /// No other connection of this process has it.
    pub(crate) id: u64,
    pub(crate) side: Side,
    pub(crate) peer: SocketAddr,
    /// This end, if it is known.
    pub(crate) local: OnceLock<SocketAddr>,
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
    pub(crate) traced: Traced,
    over: OnceLock<CloseReason>,
    ended: Notify,
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
    /// Takes times, while somebody wants them.
    pub(crate) meter: Option<Box<Meter>>,
    /// Octets the connection's task had not got rid of when it went to sleep.
    pub(crate) unsent: usize,
}

impl Shared {
    pub(crate) fn new(side: Side, config: Config, peer: SocketAddr) -> Self {
        let profile = config.profile.with_version(config.version);
        let session = Session::new(side, config, Time::ZERO);
        let (places, room) = (Places::default(), Room::default());
        let inner = Inner { session, places, room, parked: None, meter: None, unsent: 0 };
        Shared {
            inner: Mutex::new(inner),
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            side,
            peer,
            local: OnceLock::new(),
            epoch: Instant::now(),
            profile,
            bound: OnceLock::new(),
            system_id: OnceLock::new(),
            account: OnceLock::new(),
            repaired: AtomicU64::new(0),
            traced: Traced::default(),
            over: OnceLock::new(),
            ended: Notify::new(),
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

    /// Answers a request that was read at the given time.
    pub(crate) fn answer_in<R>(
        &self,
        batch: &mut Batch,
        (responder, came): (Responder, Time),
        answer: impl FnOnce(&mut Session<u32>, Responder) -> Result<R, RespondError>,
    ) -> Result<R, RespondError> {
        self.act_in(batch, |inner| {
            if let Some(meter) = &mut inner.meter {
                meter.answered(responder.command_id(), came, || self.now());
            }
            answer(&mut inner.session, responder)
        })
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

    /// The connection is closed, everything that could be written has been.
    pub(crate) fn end(&self, reason: CloseReason) {
        if self.over.set(reason).is_ok() {
            // In a statement of its own: the lock is not held while others are told.
            let meter = self.lock().meter.take();
            let told = meter.map(|meter| meter.end(self.now())).unwrap_or_default();
            told.iter().for_each(|stats| stats.leave(self, reason));
        }
        self.ended.notify_waiters();
    }

    /// Says what was configured for everybody of this endpoint or server.
    pub(crate) fn watch(
        self: &Arc<Self>,
        local: Option<SocketAddr>,
        (stats, tracer): (Option<&Arc<Stats>>, Option<&Arc<Tracer>>),
    ) {
        if let Some(local) = local {
            let _ = self.local.set(local);
        }
        stats.into_iter().for_each(|stats| self.measure(stats));
        tracer.into_iter().for_each(|tracer| self.traced.follow(tracer));
    }

    /// Counts, and takes times, for `stats` too.
    pub(crate) fn measure(self: &Arc<Self>, stats: &Arc<Stats>) {
        let new = self.lock().meter.get_or_insert_default().share(stats);
        if new {
            stats.join(self);
        }
    }

    /// What has been counted so far; `inner` is this connection's.
    pub(crate) fn counters(&self, inner: &Inner) -> Counters {
        let mut counters = *inner.session.counters();
        counters.repaired += self.repaired.load(Ordering::Relaxed);
        counters
    }

    /// Why the connection ended, once it has.
    pub(crate) fn over(&self) -> Option<CloseReason> {
        self.over.get().copied()
    }

    /// Waits for the end.
    pub(crate) async fn ended(&self) -> CloseReason {
        loop {
            let ended = self.ended.notified();
            if let Some(reason) = self.over() {
                return reason;
            }
            ended.await;
        }
    }
}

impl Inner {
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

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

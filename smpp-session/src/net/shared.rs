//! What the task of a connection and everybody who uses the connection share.

use std::any::Any;
use std::boxed::Box;
use std::net::SocketAddr;
use std::string::String;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Waker;
use std::time::Duration;
use std::vec::Vec;

use smpp_pdu::{CommandId, CommandStatus, Profile, Request, Side, Version};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::account::Party;
use super::batch::Batch;
use super::gate::Gate;
use super::link::Link;
use super::pending::Places;
use super::room::Room;
use super::stats::{Meter, Stats};
use super::trace::{Traced, Tracer};
use crate::rate::carries_message;
use crate::{BindKind, CloseReason, Config, Counters, RequestError, RespondError, Responder, Session, Time};

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
    /// What the peer has proven to be.
    #[cfg(feature = "tls")]
    pub(crate) certificates: OnceLock<Box<[super::rustls::pki_types::CertificateDer<'static>]>>,
    /// Who watches over the binds of a server; set before anything is read.
    pub(crate) gate: OnceLock<Arc<Gate>>,
    pub(crate) traced: Traced,
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
    /// Takes times, while somebody wants them.
    pub(crate) meter: Option<Box<Meter>>,
    /// Octets the connection's task had not got rid of when it went to sleep.
    pub(crate) unsent: usize,
    /// When what is asked now counts as sent.
    clock: Time,
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
        let (places, room) = (Places::default(), Room::default());
        let inner = Inner { session, places, room, parked: None, postponed: None, meter: None, unsent: 0, clock: Time::ZERO };
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
            #[cfg(feature = "tls")]
            certificates: OnceLock::new(),
            gate: OnceLock::new(),
            traced: Traced::default(),
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

    /// The session is bound.
    pub(crate) fn bind(&self, bound: Bound) {
        let _ = self.bound.set(bound);
        self.news.notify_waiters();
    }

    /// The connection is closed, everything that could be written has been.
    pub(crate) fn end(&self, reason: CloseReason) {
        if self.over.set(reason).is_ok() {
            // In a statement of its own: the lock is not held while others are told.
            let meter = self.lock().meter.take();
            let told = meter.map(|meter| meter.end(self.now())).unwrap_or_default();
            told.iter().for_each(|stats| stats.leave(self, reason));
        }
        self.news.notify_waiters();
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
    /// When a request counts as sent that is written now.
    ///
    /// What goes out together was sent together: the clock is looked at for the first request of a
    /// batch, the one that wakes the connection's task. A rate wants it exactly.
    pub(crate) fn sending_time(&mut self, shared: &Shared) -> Time {
        if self.parked.is_some() || self.session.is_limited() {
            self.clock = self.clock.max(shared.now());
        }
        self.clock
    }

    /// The connection's task has looked at the clock. If it was kept from it for long the requests it
    /// has not fetched yet have not been sent yet.
    pub(crate) fn tick(&mut self, now: Time) {
        if now.since(self.clock) > LATE {
            self.session.window.postpone(self.clock, now);
        }
        self.clock = self.clock.max(now);
    }

    /// The octets to be written are fetched: what is asked from here on is told from what they hold.
    pub(crate) fn fetched(&mut self) {
        self.clock = self.clock + TELLING_APART;
    }

    /// When there is something to do at the latest.
    pub(crate) fn poll_timeout(&self) -> Option<Time> {
        let due = self.session.poll_timeout();
        let Some(Postponed { due: postponed, .. }) = self.postponed else { return due };
        Some(due.map_or(postponed, |due| due.min(postponed)))
    }

    /// Time has passed.
    pub(crate) fn handle_timeout(&mut self, now: Time) {
        if let Some(Postponed { responder, status, .. }) = self.postponed.take_if(|postponed| postponed.due <= now) {
            // If the session is over nobody waits for the answer.
            let _ = self.session.refuse(responder, status);
        }
        self.session.handle_timeout(now);
    }

    /// Messages that could be sent now and that nobody has been promised.
    pub(crate) fn free(&self, shared: &Shared) -> usize {
        self.places(shared).saturating_sub(self.room.taken())
    }

    /// Sets a place aside for a permit, if one is free and nobody came first.
    pub(crate) fn take_place(&mut self, shared: &Shared) -> bool {
        let free = self.room.is_quiet() && self.free(shared) > 0;
        if free {
            self.room.reserve();
        }
        free
    }

    /// Whether a request without a permit may be sent.
    pub(crate) fn admit(&self, command_id: CommandId, now: Time) -> Result<(), RequestError> {
        let taken = self.room.taken();
        if self.session.room() <= taken {
            return Err(RequestError::WindowFull);
        }
        if carries_message(command_id) && self.session.is_limited() && self.session.allowance(now) <= taken {
            return Err(RequestError::Throttled { until: self.session.message_due(taken + 1, now).unwrap_or(now) });
        }
        Ok(())
    }

    /// Sends a request if `admit` lets it; `take` takes the place for its outcome. Returns place and number.
    pub(crate) fn ask<'a>(
        &mut self,
        pdu: &impl Request<'a>,
        now: Time,
        admit: impl FnOnce(&mut Inner, Time) -> Result<(), RequestError>,
        take: impl FnOnce(&mut Places),
    ) -> Result<(u32, u32), RequestError> {
        // A session that is over has no window: say that it is over.
        if self.session.closed().is_none() {
            admit(self, now)?;
        }
        let place = self.places.next();
        let sequence_number = self.session.request(pdu, place, now)?;
        take(&mut self.places);
        Ok((place, sequence_number))
    }

    /// Promises free places to those who wait; collects whom to wake.
    pub(crate) fn grant(&mut self, shared: &Shared, wakers: &mut Vec<Waker>) {
        if self.session.closed().is_some() {
            self.room.dismiss(wakers);
        } else if self.room.waiting() > 0 {
            self.room.grant(self.places(shared), wakers);
        }
    }

    /// When the connection's task has something to do at the latest.
    pub(crate) fn due(&self, shared: &Shared) -> Option<Time> {
        let token = if self.waits_for_time() { self.session.message_due(self.room.taken() + 1, shared.now()) } else { None };
        self.poll_timeout().into_iter().chain(token).min()
    }

    /// True if somebody waits whom the passing of time might help.
    pub(crate) fn waits_for_time(&self) -> bool {
        self.session.is_limited() && !self.room.is_quiet()
    }

    /// Messages that could be sent now, also those that were promised.
    fn places(&self, shared: &Shared) -> usize {
        let room = self.session.room();
        if self.session.is_limited() { room.min(self.session.allowance(shared.now())) } else { room }
    }
}

// Nobody minds that much in the time a peer took.
const LATE: Duration = Duration::from_millis(1);
// The least a session's time can tell apart.
const TELLING_APART: Duration = Duration::from_micros(1);
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

#[cfg(test)]
mod tests {
    use smpp_pdu::{BindTransceiver, CStr, DeliverSm, Frame, Stamp};

    use super::*;
    use crate::{Event, Timeouts};

    fn at(millis: u64) -> Time {
        Time::ZERO + Duration::from_millis(millis)
    }

    #[tokio::test]
    async fn what_the_task_fetches_late_was_sent_late_and_what_it_has_fetched_was_not() {
        let timers = Timeouts { response: Duration::from_secs(1), enquire_link: None, ..Timeouts::default() };
        let peer = SocketAddr::from(([127, 0, 0, 1], 2775));
        let shared = Shared::new(Side::Mc, Config { timers, ..Config::default() }, peer);
        let mut inner = shared.lock();
        let bind = BindTransceiver { interface_version: 0x34, ..Default::default() };
        inner.session.handle_frame(Frame::new(&bind, Stamp::new(1)).unwrap(), Time::ZERO);
        let Some(Event::Bind { responder, .. }) = inner.session.poll_event() else { panic!("no bind") };
        inner.session.accept_bind(responder, CStr::default()).unwrap();
        inner.tick(at(10));
        let ask = |inner: &mut Inner, tag| {
            let now = inner.sending_time(&shared);
            inner.session.request(&DeliverSm::default(), tag, now).unwrap();
        };
        ask(&mut inner, 1);
        inner.fetched();
        ask(&mut inner, 2);
        inner.tick(at(700));
        let mut ended = |now| {
            inner.handle_timeout(now);
            std::iter::from_fn(|| inner.session.poll_event()).filter(|event| matches!(event, Event::Ended { .. })).count()
        };
        assert_eq!([at(1009), at(1010), at(1699), at(1700)].map(&mut ended), [0, 1, 0, 1]);
    }
}

//! A handle of one session: ask the peer, look, unbind, close.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use std::vec::Vec;

use smpp_pdu::{Command, PduInfo, Request, Side, State, Version};
use thiserror::Error;

use super::account::Account;
use super::batch::Batch;
use super::collector::{Claim, Collector};
use super::pending::{Pending, Places, Response, Unanswered};
use super::shared::{Inner, Shared};
use super::stats::{Gauges, Stats};
use crate::{BindKind, CloseReason, Counters, Rate, RequestError, Statuses, Throttle, Time};

/// One session. Clones are handles of the same session; it does not end with them.
#[derive(Clone)]
pub struct Link {
    pub(crate) shared: Arc<Shared>,
}

impl Link {
    /// Sends a request now. What `pdu` borrows is free when this returns.
    ///
    /// # Errors
    /// Nothing was sent. After [`RequestError::WindowFull`] and [`RequestError::Throttled`] wait for
    /// [`ready`](Self::ready).
    pub fn request<'a>(&self, pdu: &impl Request<'a>) -> Result<Pending, RequestError> {
        self.request_in(&mut Batch::new(), pdu)
    }

    /// Waits until window and rate let a message through, first come first served.
    ///
    /// Ends at once with [`RequestError::TooManyWaiting`] if as many wait already as
    /// [`max_waiting`](crate::Config::max_waiting) allows.
    pub const fn ready(&self) -> Ready<'_> {
        Ready { link: Cow::Borrowed(self), ticket: None, bounded: true }
    }

    /// Waits for a place in the window and sends the request.
    ///
    /// # Errors
    /// Nothing was sent.
    pub async fn send<'a>(&self, pdu: &impl Request<'a>) -> Result<Pending, RequestError> {
        loop {
            match self.ready().await?.request(pdu) {
                Err(error) if error.is_passing() => {}
                pending => return pending,
            }
        }
    }

    /// Waits as [`ready`](Self::ready) does, sends the request and waits for the answer.
    ///
    /// # Errors
    /// The request could not be sent, or was not answered.
    pub async fn call<'a>(&self, pdu: &impl Request<'a>) -> Result<Response, CallError> {
        Ok(self.send(pdu).await?.await?)
    }

    /// Sends a request now; its outcome is gathered, together with `tag`.
    ///
    /// # Errors
    /// Nothing was sent. [`RequestError::WindowFull`] means that the session or the collector has no room.
    pub fn request_with<'a>(&self, pdu: &impl Request<'a>, tag: u64, collector: &Collector) -> Result<(), RequestError> {
        Batch::new().request_with(self, pdu, tag, collector)
    }

    /// Sends as many of these requests now as there is room for, and returns how many: the outcome of the first is
    /// gathered together with `tag`, that of the next with the number after it.
    ///
    /// The quickest way to send many: the session is locked once for a handful of them.
    ///
    /// ```no_run
    /// # use smpp_pdu::SubmitSm;
    /// # use smpp_session::RequestError;
    /// # use smpp_session::net::{Link, collector};
    /// # async fn example(link: &Link, messages: &[SubmitSm<'_>]) -> Result<(), RequestError> {
    /// let (collector, mut outcomes) = collector(1000);
    /// let (mut sent, mut done, mut gathered) = (0, 0, Vec::new());
    /// while done < messages.len() {
    ///     match link.request_many(&messages[sent..], sent as u64, &collector) {
    ///         Ok(more) => sent += more,
    ///         // There will be room when some of them are answered.
    ///         Err(RequestError::WindowFull) if sent > done => {}
    ///         Err(error) => return Err(error),
    ///     }
    ///     done += outcomes.next_many(&mut gathered).await;
    ///     for outcome in gathered.drain(..) {
    ///         println!("message {}: {:?}", outcome.tag, outcome.result.map(|response| response.status()));
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Nothing was sent. [`RequestError::WindowFull`] means that the session or the collector has no room.
    pub fn request_many<'a, P: Request<'a>>(&self, pdus: &[P], tag: u64, collector: &Collector) -> Result<usize, RequestError> {
        if pdus.is_empty() {
            return Ok(0);
        }
        let mut claim = collector.claim(pdus.len())?;
        let claimed = pdus.get(..claim.places()).unwrap_or(pdus);
        let (mut batch, mut sent) = (Batch::new(), 0);
        for some in claimed.chunks(HANDFUL) {
            let all = self.shared.act_in(&mut batch, |inner| {
                let now = inner.sending_time(&self.shared);
                some.iter().try_for_each(|pdu| {
                    inner.ask(pdu, now, admit::<P>, |places| places.take_for(&mut claim, tag.wrapping_add(sent as u64)))?;
                    sent += 1;
                    Ok(())
                })
            });
            match all {
                Ok(()) => {}
                Err(error) if sent == 0 => return Err(error),
                Err(_) => break,
            }
        }
        Ok(sent)
    }

    /// Waits for room in the collector and in the window, and sends the request; its outcome is gathered.
    ///
    /// # Errors
    /// Nothing was sent.
    pub async fn send_with<'a>(&self, pdu: &impl Request<'a>, tag: u64, collector: &Collector) -> Result<(), RequestError> {
        let mut claim = collector.ready().await;
        let mut sent = self.gather(&mut Batch::new(), pdu, &mut claim, tag);
        while sent.is_err_and(|error| error.is_passing()) {
            sent = self.ready().await?.gather(pdu, &mut claim, tag);
        }
        sent
    }

    /// Sends a PDU that has no response: `outbind` or `alert_notification`.
    ///
    /// # Errors
    /// Nothing was sent.
    pub fn notify<'a>(&self, pdu: &impl Command<'a>) -> Result<(), RequestError> {
        self.shared.act(|inner| inner.session.notify(pdu, self.shared.now()))
    }

    /// Begins to end the session in order; [`closed`](Self::closed) tells when that is done.
    pub fn unbind(&self) {
        self.shared.act(|inner| inner.session.unbind(self.shared.now()));
    }

    /// Begins to close the connection; what was written before is still sent if the peer reads.
    pub fn close(&self) {
        self.shared.act(|inner| inner.session.close());
    }

    /// Waits until the connection is closed.
    pub async fn closed(&self) -> CloseReason {
        self.shared.ended().await
    }

    /// Why the connection was closed, once it is.
    pub fn close_reason(&self) -> Option<CloseReason> {
        self.shared.over()
    }

    /// A number no other session of this process has.
    pub fn id(&self) -> u64 {
        self.shared.id
    }

    /// Which side we are.
    pub fn side(&self) -> Side {
        self.shared.side
    }

    /// Our own address, if it is known: of connections this crate made or accepted itself.
    pub fn local(&self) -> Option<SocketAddr> {
        self.shared.local.get().copied()
    }

    /// The address of the peer.
    pub fn peer(&self) -> SocketAddr {
        self.shared.peer
    }

    /// The certificates the peer has shown and TLS has verified, its own first; empty without TLS,
    /// or if it was not asked for one.
    #[cfg(feature = "tls")]
    pub fn certificates(&self) -> &[super::rustls::pki_types::CertificateDer<'static>] {
        self.shared.certificates.get().map_or(&[], |chain| chain)
    }

    /// The name the ESME gave in its bind; empty before.
    pub fn system_id(&self) -> &str {
        self.shared.system_id.get().map_or("", |system_id| system_id)
    }

    /// What the session is bound as.
    pub fn kind(&self) -> Option<BindKind> {
        self.shared.bound.get().map(|bound| bound.kind)
    }

    /// The version agreed upon in the bind.
    pub fn version(&self) -> Option<Version> {
        self.shared.bound.get().map(|bound| bound.version)
    }

    /// Attaches what the application knows about the peer. Only the first time counts.
    pub fn attach(&self, account: Arc<dyn Any + Send + Sync>) {
        let _ = self.shared.account.set(account);
    }

    /// What was attached, if it is of this type.
    pub fn account<A: Any + Send + Sync>(&self) -> Option<Arc<A>> {
        self.shared.account.get()?.clone().downcast().ok()
    }

    /// The account it was accepted for, if that was with [`accept_as`](super::IncomingBind::accept_as).
    pub fn roster_account(&self) -> Option<Account> {
        self.shared.party.get().map(|party| Account { party: party.clone() })
    }

    /// Where the session stands.
    pub fn state(&self) -> State {
        self.shared.lock().session.state()
    }

    /// Requests of ours without an answer.
    pub fn waiting(&self) -> usize {
        self.shared.lock().session.waiting()
    }

    /// Messages that window and rate let through now and that nobody has been promised.
    pub fn free(&self) -> usize {
        self.shared.lock().free(&self.shared)
    }

    /// What holds messages back now.
    pub fn throttle(&self) -> Throttle {
        self.shared.lock().session.throttle(self.shared.now())
    }

    /// Changes how many messages this side sends in a second; `None` for as many as the window lets through.
    pub fn set_rate(&self, rate: Option<Rate>) {
        self.shared.act(|inner| inner.session.set_rate(rate, self.shared.now()));
    }

    /// Changes how many messages are taken from the peer in a second; `None` for as many as come.
    pub fn set_inbound_rate(&self, rate: Option<Rate>) {
        self.shared.lock().session.set_inbound_rate(rate, self.shared.now());
    }

    /// States to a 5.0 peer how congested this side is, from 0 (idle) to 100 (congested).
    pub fn set_congestion(&self, state: Option<u8>) {
        self.shared.lock().session.set_congestion(state);
    }

    /// Requests of the peer without an answer.
    pub fn unanswered(&self) -> usize {
        self.shared.lock().session.unanswered()
    }

    /// What has been counted so far.
    pub fn counters(&self) -> Counters {
        self.shared.counters(&self.shared.lock())
    }

    /// The peer's responses by their status.
    pub fn statuses_in(&self) -> Statuses {
        self.shared.lock().session.statuses_in().clone()
    }

    /// Our responses by their status.
    pub fn statuses_out(&self) -> Statuses {
        self.shared.lock().session.statuses_out().clone()
    }

    /// How the session stands.
    pub fn gauges(&self) -> Gauges {
        self.shared.lock().gauges()
    }

    /// Counts this session in `stats` too, from its beginning; times count from now on.
    ///
    /// A server whose accounts have statistics of their own calls it when it has found the account
    /// of a [bind](super::IncomingBind). A session that is over is not counted any more.
    pub fn measure(&self, stats: &Arc<Stats>) {
        self.shared.measure(stats);
    }

    /// True if both are handles of the same session.
    pub fn is_same(&self, other: &Link) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Places in the window for such requests: none if the session may not send them now.
    pub(crate) fn room_for(&self, info: &PduInfo) -> Option<usize> {
        let inner = self.shared.lock();
        inner.session.permit(info).ok().map(|()| inner.free(&self.shared))
    }

    /// Room for deliveries, zero if it is held back; `None` if this session takes none.
    pub(crate) fn deliverable(&self) -> Option<usize> {
        let inner = self.shared.lock();
        let receives = matches!(inner.session.state(), State::BoundRx | State::BoundTrx);
        let takes = receives && !inner.session.unbinding.is_under_way();
        takes.then(|| if inner.room.is_quiet() { inner.free(&self.shared) } else { 0 })
    }

    /// True if it is bound and nobody has begun to end it.
    pub(crate) fn is_in_use(&self) -> bool {
        let inner = self.shared.lock();
        inner.session.state().is_bound() && !inner.session.unbinding.is_under_way()
    }

    /// A place in the window, if one can be had at once.
    pub(crate) fn try_permit(&self) -> Option<Permit> {
        let taken = self.shared.lock().take_place(&self.shared);
        taken.then(|| Permit { link: self.clone(), used: false })
    }

    /// Waits as [`ready`](Self::ready) does, without a borrow.
    pub(crate) fn into_ready(self) -> Ready<'static> {
        Ready { link: Cow::Owned(self), ticket: None, bounded: true }
    }

    /// Waits however many wait already: for one who stands for many that are bounded elsewhere.
    pub(crate) const fn ready_at_last(&self) -> Ready<'_> {
        Ready { link: Cow::Borrowed(self), ticket: None, bounded: false }
    }

    pub(crate) fn request_in<'a, P: Request<'a>>(&self, batch: &mut Batch, pdu: &P) -> Result<Pending, RequestError> {
        let (place, sequence_number) = self.send_if(batch, pdu, admit::<P>, Places::take)?;
        Ok(Pending::new(self.shared.clone(), place, sequence_number))
    }

    /// Sends a request whose outcome is gathered; the place in the collector is left if nothing is sent.
    pub(crate) fn gather<'a, P: Request<'a>>(
        &self,
        batch: &mut Batch,
        pdu: &P,
        claim: &mut Claim<'_>,
        tag: u64,
    ) -> Result<(), RequestError> {
        self.send_if(batch, pdu, admit::<P>, |places| places.take_for(claim, tag)).map(drop)
    }

    /// Sends a request if `admit` lets it; `take` takes the place for its outcome. Returns place and number.
    fn send_if<'a>(
        &self,
        batch: &mut Batch,
        pdu: &impl Request<'a>,
        admit: impl FnOnce(&mut Inner, Time) -> Result<(), RequestError>,
        take: impl FnOnce(&mut Places),
    ) -> Result<(u32, u32), RequestError> {
        self.shared.act_in(batch, |inner| {
            let now = inner.sending_time(&self.shared);
            inner.ask(pdu, now, admit, take)
        })
    }
}

/// Lets a request through that has no permit.
fn admit<'a, P: Request<'a>>(inner: &mut Inner, now: Time) -> Result<(), RequestError> {
    inner.admit(P::INFO.id, now)
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("peer", &self.peer())
            .field("system_id", &self.system_id())
            .field("kind", &self.kind())
            .finish_non_exhaustive()
    }
}

/// Why a call brought no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CallError {
    /// There was no session to send the request on.
    #[error("not sent: {0}")]
    NotBound(#[from] NotBound),
    /// The request was not sent.
    #[error("not sent: {0}")]
    NotSent(#[from] RequestError),
    /// The request was sent and not answered.
    #[error(transparent)]
    Unanswered(#[from] Unanswered),
}

/// Waits until a message may be sent; see [`Link::ready`].
impl CallError {
    /// True if the request was sent: the peer may have acted on it, and asking again may do it twice.
    pub const fn was_sent(&self) -> bool {
        matches!(self, CallError::Unanswered(_))
    }

    /// True if another session may take the request: this one is over, or has begun to end.
    pub(crate) const fn is_of_session(&self) -> bool {
        matches!(self, CallError::NotSent(RequestError::Closed(_) | RequestError::Unbinding))
    }

    /// True if the same request may be sent later, here or on another session.
    pub(crate) const fn is_passing(&self) -> bool {
        self.is_of_session()
            || matches!(self, CallError::NotBound(_))
            || matches!(self, CallError::NotSent(error) if error.is_passing())
    }
}

/// Why there is no session to ask on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NotBound {
    /// There was none within the time that was given.
    #[error("no bound session within {0:?}")]
    TimedOut(Duration),
    /// Nobody binds any more.
    #[error("binding was stopped")]
    Stopped,
}

/// Waits for a place in the window.
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Ready<'a> {
    link: Cow<'a, Link>,
    ticket: Option<u64>,
    /// Gives up where too many wait already.
    bounded: bool,
}

impl Ready<'_> {
    /// The session it waits for.
    pub(crate) fn link(&self) -> &Link {
        &self.link
    }
}

impl Future for Ready<'_> {
    type Output = Result<Permit, RequestError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Ready { link, ticket, bounded } = &mut *self;
        let mut inner = link.shared.lock();
        let taken = try_take((ticket, &link.shared, *bounded), &mut inner, cx);
        // The task that sleeps has to mind the time for us.
        let parked = if taken.is_pending() && inner.waits_for_time() { inner.parked.take() } else { None };
        drop(inner);
        parked.into_iter().for_each(Waker::wake);
        taken.map_ok(|()| Permit { link: Link::clone(link), used: false })
    }
}

impl Drop for Ready<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            give_back(&self.link.shared, |inner| inner.room.leave(ticket));
        }
    }
}

/// A place in the window, and in the rate, set aside for one request.
#[derive(Debug)]
#[must_use = "the place is free for others when this is dropped"]
pub struct Permit {
    link: Link,
    used: bool,
}

impl Permit {
    /// The session it is a place of.
    pub const fn link(&self) -> &Link {
        &self.link
    }

    /// Sends the request.
    ///
    /// # Errors
    /// Nothing was sent, and the place is free for others. [`RequestError::WindowFull`] means that
    /// the peer has stopped reading meanwhile.
    pub fn request<'a>(self, pdu: &impl Request<'a>) -> Result<Pending, RequestError> {
        let shared = self.link.shared.clone();
        let (place, sequence_number) = self.spend(pdu, Places::take)?;
        Ok(Pending::new(shared, place, sequence_number))
    }

    /// Sends the request; its outcome is gathered. The place in the collector is left if nothing is sent.
    pub(crate) fn gather<'a>(self, pdu: &impl Request<'a>, claim: &mut Claim<'_>, tag: u64) -> Result<(), RequestError> {
        self.spend(pdu, |places| places.take_for(claim, tag)).map(drop)
    }

    fn spend<'a>(mut self, pdu: &impl Request<'a>, take: impl FnOnce(&mut Places)) -> Result<(u32, u32), RequestError> {
        let release = |inner: &mut Inner, _| {
            inner.room.release();
            Ok(())
        };
        let sent = self.link.send_if(&mut Batch::new(), pdu, release, take);
        self.used = true;
        if sent.is_err() {
            // Released, but not taken: let the next one have it.
            give_back(&self.link.shared, |_| ());
        }
        sent
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if !self.used {
            give_back(&self.link.shared, |inner| inner.room.release());
        }
    }
}

/// Takes a place, or a better position in the queue for one.
fn try_take(
    (ticket, shared, bounded): (&mut Option<u64>, &Shared, bool),
    inner: &mut Inner,
    cx: &Context<'_>,
) -> Poll<Result<(), RequestError>> {
    if let Some(reason) = inner.session.closed() {
        return Poll::Ready(Err(RequestError::Closed(reason)));
    }
    match *ticket {
        Some(queued) if inner.room.redeem(queued, cx.waker()) => {
            *ticket = None;
            Poll::Ready(Ok(()))
        }
        Some(_) => Poll::Pending,
        None if inner.take_place(shared) => Poll::Ready(Ok(())),
        None if bounded && inner.room.waiting() >= inner.session.max_waiting() => Poll::Ready(Err(RequestError::TooManyWaiting)),
        None => {
            *ticket = Some(inner.room.join(cx.waker().clone()));
            Poll::Pending
        }
    }
}

/// Changes who holds which place, and tells those who are next.
fn give_back(shared: &Shared, change: impl FnOnce(&mut Inner)) {
    let mut wakers = Vec::new();
    {
        let mut inner = shared.lock();
        change(&mut inner);
        inner.grant(shared, &mut wakers);
        if inner.waits_for_time() {
            wakers.extend(inner.parked.take());
        }
    }
    wakers.into_iter().for_each(Waker::wake);
}

// Some five microseconds: nobody else waits longer for the session.
const HANDFUL: usize = 64;

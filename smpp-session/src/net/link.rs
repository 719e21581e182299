//! A handle of one session: ask the peer, look, unbind, close.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::vec::Vec;

use smpp_pdu::{Command, Request, State, Version};
use thiserror::Error;

use super::account::Account;
use super::batch::Batch;
use super::pending::{Pending, Response, Unanswered};
use super::shared::{Inner, Shared};
use crate::{BindKind, CloseReason, Counters, RequestError};

/// One session. Clones are handles of the same session; it does not end with them.
#[derive(Clone)]
pub struct Link {
    pub(crate) shared: Arc<Shared>,
}

impl Link {
    /// Sends a request now. What `pdu` borrows is free when this returns.
    ///
    /// # Errors
    /// Nothing was sent. After [`RequestError::WindowFull`] wait for [`ready`](Self::ready).
    pub fn request<'a>(&self, pdu: &impl Request<'a>) -> Result<Pending, RequestError> {
        self.request_in(&mut Batch::new(), pdu)
    }

    /// Waits for a place in the window, first come first served.
    pub const fn ready(&self) -> Ready<'_> {
        Ready { link: self, ticket: None }
    }

    /// Waits for a place in the window, sends the request and waits for the answer.
    ///
    /// # Errors
    /// The request could not be sent, or was not answered.
    pub async fn call<'a>(&self, pdu: &impl Request<'a>) -> Result<Response, CallError> {
        loop {
            match self.ready().await?.request(pdu) {
                // The peer has stopped reading meanwhile.
                Err(RequestError::WindowFull) => {}
                pending => return Ok(pending?.await?),
            }
        }
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

    /// Places in the window nobody has taken or been promised.
    pub fn free(&self) -> usize {
        self.shared.lock().free()
    }

    /// Requests of the peer without an answer.
    pub fn unanswered(&self) -> usize {
        self.shared.lock().session.unanswered()
    }

    /// What has been counted so far.
    pub fn counters(&self) -> Counters {
        let mut counters = *self.shared.lock().session.counters();
        counters.repaired += self.shared.repaired.load(Ordering::Relaxed);
        counters
    }

    /// True if both are handles of the same session.
    pub fn is_same(&self, other: &Link) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Room for deliveries, zero if it is held back; `None` if this session takes none.
    pub(crate) fn deliverable(&self) -> Option<usize> {
        let inner = self.shared.lock();
        let receives = matches!(inner.session.state(), State::BoundRx | State::BoundTrx);
        let takes = receives && !inner.session.unbinding.is_under_way();
        takes.then(|| if inner.room.is_quiet() { inner.free() } else { 0 })
    }

    /// True if it is bound and nobody has begun to end it.
    pub(crate) fn is_in_use(&self) -> bool {
        let inner = self.shared.lock();
        inner.session.state().is_bound() && !inner.session.unbinding.is_under_way()
    }

    /// A place in the window, if one can be had at once.
    pub(crate) fn try_permit(&self) -> Option<Permit> {
        let mut inner = self.shared.lock();
        if !inner.room.is_quiet() || inner.free() == 0 {
            return None;
        }
        inner.room.reserve();
        Some(Permit { link: self.clone(), used: false })
    }

    pub(crate) fn request_in<'a>(&self, batch: &mut Batch, pdu: &impl Request<'a>) -> Result<Pending, RequestError> {
        self.send(batch, pdu, |inner| if inner.free() == 0 { Err(RequestError::WindowFull) } else { Ok(()) })
    }

    fn send<'a>(
        &self,
        batch: &mut Batch,
        pdu: &impl Request<'a>,
        admit: impl FnOnce(&mut Inner) -> Result<(), RequestError>,
    ) -> Result<Pending, RequestError> {
        let now = self.shared.now();
        let (place, sequence_number) = self.shared.act_in(batch, |inner| {
            // A session that is over has no window: say that it is over.
            if inner.session.closed().is_none() {
                admit(inner)?;
            }
            let place = inner.places.next();
            let sequence_number = inner.session.request(pdu, place, now)?;
            inner.places.take();
            Ok::<_, RequestError>((place, sequence_number))
        })?;
        Ok(Pending::new(self.shared.clone(), place, sequence_number))
    }
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
    /// The request was not sent.
    #[error("not sent: {0}")]
    NotSent(#[from] RequestError),
    /// The request was sent and not answered.
    #[error(transparent)]
    Unanswered(#[from] Unanswered),
}

/// Waits for a place in the window.
#[derive(Debug)]
#[must_use = "futures do nothing unless awaited"]
pub struct Ready<'a> {
    link: &'a Link,
    ticket: Option<u64>,
}

impl Ready<'_> {
    fn try_take(&mut self, inner: &mut Inner, cx: &Context<'_>) -> Poll<Result<(), RequestError>> {
        if let Some(reason) = inner.session.closed() {
            return Poll::Ready(Err(RequestError::Closed(reason)));
        }
        match self.ticket {
            Some(ticket) if inner.room.redeem(ticket, cx.waker()) => {
                self.ticket = None;
                Poll::Ready(Ok(()))
            }
            Some(_) => Poll::Pending,
            None if inner.room.is_quiet() && inner.free() > 0 => {
                inner.room.reserve();
                Poll::Ready(Ok(()))
            }
            None => {
                self.ticket = Some(inner.room.join(cx.waker().clone()));
                Poll::Pending
            }
        }
    }
}

impl Future for Ready<'_> {
    type Output = Result<Permit, RequestError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let link = self.link;
        let taken = self.try_take(&mut link.shared.lock(), cx);
        taken.map_ok(|()| Permit { link: link.clone(), used: false })
    }
}

impl Drop for Ready<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            give_back(&self.link.shared, |inner| inner.room.leave(ticket));
        }
    }
}

/// A place in the window, set aside for one request.
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
    pub fn request<'a>(mut self, pdu: &impl Request<'a>) -> Result<Pending, RequestError> {
        let pending = self.link.send(&mut Batch::new(), pdu, |inner| {
            inner.room.release();
            Ok(())
        });
        self.used = true;
        if pending.is_err() {
            // Released, but not taken: let the next one have it.
            give_back(&self.link.shared, |_| ());
        }
        pending
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if !self.used {
            give_back(&self.link.shared, |inner| inner.room.release());
        }
    }
}

/// Changes who holds which place, and tells those who are next.
fn give_back(shared: &Shared, change: impl FnOnce(&mut Inner)) {
    let mut wakers = Vec::new();
    {
        let mut inner = shared.lock();
        change(&mut inner);
        inner.grant(&mut wakers);
    }
    wakers.into_iter().for_each(std::task::Waker::wake);
}

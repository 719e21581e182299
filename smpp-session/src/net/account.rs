//! One account: all its sessions, and which of them takes the next delivery.

use std::fmt;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::vec::Vec;

use smpp_pdu::{State, Version};
use thiserror::Error;
use tokio::sync::futures::Notified;
use tokio::sync::{Notify, Semaphore};

use super::admission::source;
use super::link::{Link, Permit, Ready};
use super::roster::{Limits, Table};
use crate::{BindKind, Counters};

/// The bound sessions of one account. Clones are handles of the same account.
#[derive(Clone)]
pub struct Account {
    pub(crate) party: Arc<Party>,
}

impl Account {
    /// A place in the window of the session that the next delivery goes to.
    ///
    /// That is `prefer`, perhaps the session a message was submitted on, if it takes deliveries and
    /// has room; otherwise the one with the most room, in turn if several have as much. Sessions
    /// that are being unbound, or are full or held back, are passed over.
    ///
    /// # Errors
    /// There is no such session, none with room, or others wait for room already.
    pub fn permit(&self, prefer: Option<&Link>) -> Result<Permit, Unavailable> {
        // Nobody overtakes those who wait.
        if self.waiting() > 0 { Err(Unavailable::Full) } else { self.party.choose(prefer) }
    }

    /// The same, but waits until there is a session with room, first come first served.
    ///
    /// # Errors
    /// Too many wait already.
    pub async fn ready(&self, prefer: Option<&Link>) -> Result<Permit, Unavailable> {
        let _place = Waiting::begin(&self.party)?;
        // Only the first in the queue looks for room; nobody ever closes the queue.
        let _turn = self.party.turn.acquire().await.map_err(|_| Unavailable::NotBound)?;
        loop {
            let changed = self.party.news.notified();
            if let Ok(permit) = self.party.choose(prefer) {
                return Ok(permit);
            }
            let receivers = self.party.receivers();
            if let Some(permit) = first_room(changed, &receivers).await {
                // It may have begun to unbind since.
                if permit.link().deliverable().is_some() {
                    self.party.note(permit.link());
                    return Ok(permit);
                }
            }
        }
    }

    /// Every session, the oldest first.
    pub fn links(&self) -> Vec<Link> {
        self.party.seats().list.iter().map(|seat| seat.link.clone()).collect()
    }

    /// Begins to unbind every session.
    pub fn unbind(&self) {
        self.links().iter().for_each(Link::unbind);
    }

    /// Closes every session.
    pub fn close(&self) {
        self.links().iter().for_each(Link::close);
    }

    /// The name of the account.
    pub fn name(&self) -> &str {
        &self.party.name
    }

    /// Deliveries that wait for a session with room.
    pub fn waiting(&self) -> usize {
        self.party.waiting.load(Ordering::Relaxed)
    }

    /// How every session stands, the oldest first.
    pub fn snapshot(&self) -> Vec<SessionSnapshot> {
        self.links().iter().map(SessionSnapshot::of).collect()
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sessions = self.party.seats().list.len();
        f.debug_struct("Account").field("name", &self.name()).field("sessions", &sessions).finish_non_exhaustive()
    }
}

/// Why no session takes a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Unavailable {
    /// No session of the account takes deliveries.
    #[error("no session is bound that takes deliveries")]
    NotBound,
    /// Every session that takes deliveries has as many unanswered as it may, or others wait already.
    #[error("no session has room")]
    Full,
    /// As many wait as may wait.
    #[error("too many deliveries wait")]
    TooManyWaiting,
}

/// How one session stands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionSnapshot {
    /// Where the ESME connects from.
    pub peer: SocketAddr,
    /// What it is bound as.
    pub kind: Option<BindKind>,
    /// The version agreed upon.
    pub version: Option<Version>,
    /// Where the session stands.
    pub state: State,
    /// Our requests without an answer.
    pub waiting: usize,
    /// Places in the window nobody has taken or been promised.
    pub free: usize,
    /// The ESME's requests without an answer.
    pub unanswered: usize,
    /// What has been counted so far.
    pub counters: Counters,
}

impl SessionSnapshot {
    fn of(link: &Link) -> Self {
        SessionSnapshot {
            peer: link.peer(),
            kind: link.kind(),
            version: link.version(),
            state: link.state(),
            waiting: link.waiting(),
            free: link.free(),
            unanswered: link.unanswered(),
            counters: link.counters(),
        }
    }
}

/// What the sessions and the handles of an account share.
pub(crate) struct Party {
    name: Arc<str>,
    table: Arc<Table>,
    seats: Mutex<Seats>,
    /// Held by the delivery that looks for room, and queued for by the others.
    turn: Semaphore,
    waiting: AtomicUsize,
    /// A session came or went.
    news: Notify,
}

#[derive(Default)]
struct Seats {
    list: Vec<Seat>,
    /// Deliveries so far.
    chosen: u64,
}

struct Seat {
    link: Link,
    /// The number of the last delivery it was chosen for.
    chosen: u64,
}

impl Party {
    pub(crate) fn new(name: Arc<str>, table: Arc<Table>) -> Self {
        let (seats, news) = (Mutex::default(), Notify::new());
        Party { name, table, seats, turn: Semaphore::new(1), waiting: AtomicUsize::new(0), news }
    }

    /// Takes a session in that is about to be bound, if the account may have one more.
    pub(crate) fn seat(self: &Arc<Self>, link: &Link, limits: &Limits) -> bool {
        let mut seats = self.seats();
        if seats.list.len() >= limits.sessions.min(limits.sessions_per_address) {
            let from = source(link.peer().ip());
            let sources: Vec<_> =
                seats.list.iter().filter(|seat| seat.link.is_in_use()).map(|seat| source(seat.link.peer().ip())).collect();
            let from_there = sources.iter().filter(|source| **source == from).count();
            if sources.len() >= limits.sessions || from_there >= limits.sessions_per_address {
                return false;
            }
        }
        let _ = link.shared.party.set(self.clone());
        seats.list.push(Seat { link: link.clone(), chosen: 0 });
        true
    }

    /// The session is over.
    pub(crate) fn leave(&self, link: &Link) {
        self.seats().list.retain(|seat| !seat.link.is_same(link));
        self.changed();
    }

    /// Those who wait look again.
    pub(crate) fn changed(&self) {
        self.news.notify_waiters();
    }

    fn choose(&self, prefer: Option<&Link>) -> Result<Permit, Unavailable> {
        let mut seats = self.seats();
        // Whoever else uses a session may be faster than we are; then there is another session.
        for _ in 0..=seats.list.len() {
            let best = seats.best(prefer)?;
            seats.chosen += 1;
            let number = seats.chosen;
            if let Some(permit) = seats.list.get_mut(best).and_then(|seat| {
                seat.chosen = number;
                seat.link.try_permit()
            }) {
                return Ok(permit);
            }
        }
        Err(Unavailable::Full)
    }

    /// This session has been chosen in another way.
    fn note(&self, link: &Link) {
        let mut seats = self.seats();
        seats.chosen += 1;
        let number = seats.chosen;
        if let Some(seat) = seats.list.iter_mut().find(|seat| seat.link.is_same(link)) {
            seat.chosen = number;
        }
    }

    fn receivers(&self) -> Vec<Link> {
        self.seats().list.iter().filter(|seat| seat.link.deliverable().is_some()).map(|seat| seat.link.clone()).collect()
    }

    fn seats(&self) -> MutexGuard<'_, Seats> {
        self.seats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Party {
    fn drop(&mut self) {
        self.table.forget(&self.name);
    }
}

impl Seats {
    /// Where the session stands in the list that the next delivery goes to.
    fn best(&self, prefer: Option<&Link>) -> Result<usize, Unavailable> {
        let mut best: Option<(usize, usize, u64)> = None;
        for (at, seat) in self.list.iter().enumerate() {
            let Some(free) = seat.link.deliverable() else { continue };
            if free > 0 && prefer.is_some_and(|link| link.is_same(&seat.link)) {
                return Ok(at);
            }
            if best.is_none_or(|(_, most, chosen)| free > most || (free == most && seat.chosen < chosen)) {
                best = Some((at, free, seat.chosen));
            }
        }
        match best {
            Some((_, 0, _)) => Err(Unavailable::Full),
            Some((at, ..)) => Ok(at),
            None => Err(Unavailable::NotBound),
        }
    }
}

/// One of those who wait.
struct Waiting<'a> {
    party: &'a Party,
}

impl<'a> Waiting<'a> {
    fn begin(party: &'a Party) -> Result<Self, Unavailable> {
        let before = party.waiting.fetch_add(1, Ordering::Relaxed);
        let waiting = Waiting { party };
        if before < party.table.max_waiting { Ok(waiting) } else { Err(Unavailable::TooManyWaiting) }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.party.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The first place that becomes free in any of the sessions; `None` if there is another reason to look again.
async fn first_room(changed: Notified<'_>, receivers: &[Link]) -> Option<Permit> {
    let mut changed = pin!(changed);
    let mut rooms: Vec<Ready<'_>> = receivers.iter().map(Link::ready_at_last).collect();
    poll_fn(|cx| {
        if changed.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        for room in &mut rooms {
            match Pin::new(room).poll(cx) {
                Poll::Ready(Ok(permit)) => return Poll::Ready(Some(permit)),
                // It is over, and will be gone from the list.
                Poll::Ready(Err(_)) | Poll::Pending => {}
            }
        }
        Poll::Pending
    })
    .await
}

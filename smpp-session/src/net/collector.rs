//! Requests without a future each: their outcomes come together, in the order of completion.
//!
//! A caller with thousands of requests needs no task and no waker for each of them. It gives every
//! request a number of its own, and one [`Outcomes`] hands the numbers back with what became of
//! them, many per wake-up.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::vec::Vec;

use tokio::sync::{Semaphore, TryAcquireError};

use super::pending::{Response, Unanswered};
use crate::RequestError;

/// Makes a collector of at most `limit` requests that are under way or wait to be fetched.
///
/// ```no_run
/// use smpp_pdu::SubmitSm;
/// use smpp_session::RequestError;
/// use smpp_session::net::{Link, collector};
///
/// # async fn example(link: &Link, messages: &[SubmitSm<'_>]) -> Result<(), RequestError> {
/// let (collector, mut outcomes) = collector(1000);
/// let sending = async move {
///     for (tag, message) in (0..).zip(messages) {
///         link.send_with(message, tag, &collector).await?;
///     }
///     Ok(())
/// };
/// let fetching = async {
///     while let Some(outcome) = outcomes.next().await {
///         println!("message {}: {:?}", outcome.tag, outcome.result.map(|response| response.status()));
///     }
/// };
/// let (sent, ()) = tokio::join!(sending, fetching);
/// sent
/// # }
/// ```
pub fn collector(limit: usize) -> (Collector, Outcomes) {
    // Half of what a semaphore can count: places of requests that were not sent are given back even if none was taken.
    let limit = limit.clamp(1, Semaphore::MAX_PERMITS / 2);
    let shared = Arc::new(Shared { inbox: Mutex::default(), room: Semaphore::new(limit), limit, senders: AtomicUsize::new(1) });
    (Collector { shared: shared.clone() }, Outcomes { shared })
}

/// The side that sends: outcomes of requests that are sent with it are gathered. Clones gather at the same place.
pub struct Collector {
    shared: Arc<Shared>,
}

impl Collector {
    /// Places for so many requests at most, as many as there are now, and at least one.
    pub(crate) fn claim(&self, most: usize) -> Result<Claim<'_>, RequestError> {
        let mut places = u32::try_from(most).unwrap_or(u32::MAX);
        loop {
            match self.shared.room.try_acquire_many(places) {
                Ok(taken) => taken.forget(),
                // As many as are left; somebody may take some of them meanwhile.
                Err(TryAcquireError::NoPermits) => match u32::try_from(self.shared.room.available_permits()) {
                    Ok(0) => return Err(RequestError::WindowFull),
                    left => {
                        places = places.min(left.unwrap_or(u32::MAX));
                        continue;
                    }
                },
                // Nobody fetches any more.
                Err(TryAcquireError::Closed) => {}
            }
            return Ok(Claim { shared: &self.shared, places: places as usize });
        }
    }

    /// Waits for a place for one request, first come first served.
    pub(crate) async fn ready(&self) -> Claim<'_> {
        if let Ok(place) = self.shared.room.acquire().await {
            place.forget();
        }
        Claim { shared: &self.shared, places: 1 }
    }
}

impl Clone for Collector {
    fn clone(&self) -> Self {
        self.shared.senders.fetch_add(1, Ordering::Relaxed);
        Collector { shared: self.shared.clone() }
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        if self.shared.senders.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.shared.wake();
        }
    }
}

/// The side that fetches. Once it is dropped outcomes are forgotten as they come.
pub struct Outcomes {
    shared: Arc<Shared>,
}

impl Outcomes {
    /// The next outcome; none once every [`Collector`] is dropped and every request has ended.
    ///
    /// Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Collected> {
        let outcome = poll_fn(|cx| self.shared.poll(cx, VecDeque::pop_front)).await?;
        self.shared.room.add_permits(1);
        Some(outcome)
    }

    /// Waits for an outcome and appends all there are; returns how many, 0 as [`next`](Self::next) has none.
    ///
    /// Dropping the future loses nothing.
    pub async fn next_many(&mut self, outcomes: &mut Vec<Collected>) -> usize {
        let before = outcomes.len();
        let mut all = |inbox: &mut VecDeque<Collected>| (!inbox.is_empty()).then(|| outcomes.extend(inbox.drain(..)));
        // None of them: the end.
        let _ = poll_fn(|cx| self.shared.poll(cx, &mut all)).await;
        let count = outcomes.len() - before;
        self.shared.room.add_permits(count);
        count
    }

    /// Requests that are under way or wait to be fetched.
    pub fn waiting(&self) -> usize {
        self.shared.limit.saturating_sub(self.shared.room.available_permits())
    }
}

impl Drop for Outcomes {
    fn drop(&mut self) {
        self.shared.room.close();
        let forgotten = {
            let mut inbox = self.shared.inbox();
            inbox.is_closed = true;
            std::mem::take(&mut inbox.outcomes)
        };
        drop(forgotten);
    }
}

/// What became of one request.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Collected {
    /// What the caller gave with the request.
    pub tag: u64,
    /// The answer, or why there is none.
    pub result: Result<Response, Unanswered>,
}

/// Places for requests that are about to be sent; those that are not used are given back.
pub(crate) struct Claim<'a> {
    shared: &'a Arc<Shared>,
    places: usize,
}

impl Claim<'_> {
    /// How many requests may be sent.
    pub(crate) const fn places(&self) -> usize {
        self.places
    }

    /// A request is sent; returns who gathers its outcome.
    pub(crate) fn spend(&mut self) -> &Arc<Shared> {
        self.places = self.places.saturating_sub(1);
        self.shared
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.shared.give_back(self.places);
    }
}

/// What both sides and every request share.
pub(crate) struct Shared {
    inbox: Mutex<Inbox>,
    /// One permit for every request that may still be sent.
    room: Semaphore,
    limit: usize,
    senders: AtomicUsize,
}

#[derive(Default)]
struct Inbox {
    outcomes: VecDeque<Collected>,
    /// Of whoever fetches, while nothing is there.
    waker: Option<Waker>,
    is_closed: bool,
}

impl Shared {
    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fetches, if there is something; ready with none at the end.
    fn poll<R>(&self, cx: &Context<'_>, fetch: impl FnOnce(&mut VecDeque<Collected>) -> Option<R>) -> Poll<Option<R>> {
        let mut inbox = self.inbox();
        if let Some(fetched) = fetch(&mut inbox.outcomes) {
            return Poll::Ready(Some(fetched));
        }
        // Senders first: none of them means that no more permits can be taken.
        if self.senders.load(Ordering::Acquire) == 0 && self.room.available_permits() == self.limit {
            return Poll::Ready(None);
        }
        inbox.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    /// Takes in outcomes, in their order; returns whom to wake. Called under the lock of a session.
    pub(crate) fn take_in(&self, outcomes: &mut VecDeque<Collected>) -> Option<Waker> {
        let mut inbox = self.inbox();
        if inbox.is_closed {
            outcomes.clear();
        } else if inbox.outcomes.is_empty() {
            std::mem::swap(&mut inbox.outcomes, outcomes);
        } else {
            inbox.outcomes.append(outcomes);
        }
        inbox.waker.take()
    }

    /// Places for requests that will have no outcome.
    pub(crate) fn give_back(&self, places: usize) {
        if places > 0 {
            self.room.add_permits(places);
            self.wake();
        }
    }

    /// Something other than an outcome has changed.
    fn wake(&self) {
        let waker = self.inbox().waker.take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collector").field("limit", &self.shared.limit).finish_non_exhaustive()
    }
}

impl fmt::Debug for Outcomes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outcomes").field("waiting", &self.waiting()).finish_non_exhaustive()
    }
}

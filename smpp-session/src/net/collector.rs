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
    /// A place for one request, if there is one now.
    pub(crate) fn enter(&self) -> Result<Entry, RequestError> {
        match self.shared.room.try_acquire() {
            Ok(place) => place.forget(),
            Err(TryAcquireError::NoPermits) => return Err(RequestError::WindowFull),
            // Nobody fetches any more.
            Err(TryAcquireError::Closed) => {}
        }
        Ok(Entry { shared: Some(self.shared.clone()) })
    }

    /// Waits for a place for one request, first come first served.
    pub(crate) async fn ready(&self) -> Entry {
        if let Ok(place) = self.shared.room.acquire().await {
            place.forget();
        }
        Entry { shared: Some(self.shared.clone()) }
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

/// The place of one request; given back if it is not sent.
pub(crate) struct Entry {
    shared: Option<Arc<Shared>>,
}

impl Entry {
    /// The request has ended; returns whom to wake. Called under the lock of the session.
    pub(crate) fn conclude(mut self, tag: u64, result: Result<Response, Unanswered>) -> Option<Waker> {
        let shared = self.shared.take()?;
        let mut inbox = shared.inbox();
        if !inbox.is_closed {
            inbox.outcomes.push_back(Collected { tag, result });
        }
        inbox.waker.take()
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.take() {
            shared.room.add_permits(1);
            shared.wake();
        }
    }
}

/// What both sides and every request share.
struct Shared {
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

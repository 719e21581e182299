//! Requests without a future each: their outcomes come together, in the order of completion.
//!
//! A caller with thousands of requests needs no task and no waker for each of them. It gives every
//! request a number of its own, and one [`Outcomes`] hands the numbers back with what became of
//! them, many per wake-up.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use std::vec::Vec;

use smpp_pdu::Profile;
use tokio::sync::Semaphore;

use super::pending::{Response, Unanswered};
use crate::{Outcome, RequestError};

/// Makes a collector whose requests, from being sent to being fetched, are at most `limit` at a time.
///
/// ```no_run
/// use smpp_pdu::SubmitSm;
/// use smpp_session::RequestError;
/// use smpp_session::net::{Link, collector};
///
/// # async fn example(link: &Link, messages: &[SubmitSm<'_>]) -> Result<(), RequestError> {
/// let (collector, mut outcomes) = collector(1000);
/// for (tag, message) in (0..).zip(messages) {
///     while let Err(error) = link.request_with(message, tag, &collector) {
///         let (RequestError::WindowFull, Some(one)) = (error, outcomes.next().await) else { return Err(error) };
///         println!("message {}: {:?}", one.tag, one.result.map(|response| response.status()));
///     }
/// }
/// drop(collector);
/// while let Some(one) = outcomes.next().await {
///     println!("message {}: {:?}", one.tag, one.result.map(|response| response.status()));
/// }
/// # Ok(())
/// # }
/// ```
pub fn collector(limit: usize) -> (Collector, Outcomes) {
    let room = Semaphore::new(limit.clamp(1, Semaphore::MAX_PERMITS));
    let shared = Arc::new(Shared { inbox: Mutex::default(), room });
    (Collector { shared: shared.clone() }, Outcomes { shared })
}

/// Where the outcomes of requests are gathered: the side that sends. Clones gather at the same place.
#[derive(Clone)]
pub struct Collector {
    shared: Arc<Shared>,
}

impl Collector {
    /// Waits until fewer than `limit` requests are under way or not fetched.
    pub(crate) async fn ready(&self) -> Option<Entry> {
        let place = self.shared.room.acquire().await.ok()?;
        place.forget();
        Some(self.entry())
    }

    /// The same, now or not at all.
    pub(crate) fn enter(&self) -> Result<Entry, RequestError> {
        let place = self.shared.room.try_acquire().map_err(|_| RequestError::WindowFull)?;
        place.forget();
        Ok(self.entry())
    }

    fn entry(&self) -> Entry {
        self.shared.inbox().under_way += 1;
        Entry { shared: self.shared.clone(), over: false }
    }
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shared.fmt(f)
    }
}

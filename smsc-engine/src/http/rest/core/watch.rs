//! Tells a gateway where there may be work, so that it need not ask time and again.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, FuturesUnordered};
use futures_util::{FutureExt, StreamExt};
use tokio::sync::watch::Receiver;
use tokio::time::Instant;

use super::super::Rest;
use super::super::problem::Problem;
use super::octets::{self, Octets};
use super::public;
use crate::api::Work;
use crate::core::Handle;
use crate::model::{Lane, Timestamp};
use crate::wire::{KEEP_ALIVE, VERSION, frame};

/// Names lanes for as long as somebody listens. What happens while nobody reads is told once.
pub(super) async fn watch(State(rest): State<Arc<Rest>>, Octets(lanes): Octets<Vec<Lane>>) -> Result<Response, Problem> {
    lanes.iter().try_for_each(public)?;
    let handle = &rest.control.handle;
    // From here on nothing is missed: whoever hears the head of the answer has looked at nothing yet.
    let lanes = lanes.into_iter().map(|lane| Watched::new(lane, handle.clone()).roused().boxed()).collect();
    let bell = Bell { lanes, stop: rest.stop.subscribe(), earliest: Instant::now() };
    let named = stream::unfold(bell, Bell::ring);
    let all = stream::iter([vec![VERSION]]).chain(named).map(Ok::<_, Infallible>);
    Ok(octets::body(Body::from_stream(all)))
}

/// One frontend's work.
struct Watched {
    lane: Lane,
    work: Work,
    handle: Handle,
    /// When it was named last.
    named: Timestamp,
}

impl Watched {
    fn new(lane: Lane, handle: Handle) -> Watched {
        Watched { work: handle.watch(&lane), lane, handle, named: Timestamp::default() }
    }

    /// Waits until it is to be named; `None` if there will never be work again.
    async fn roused(mut self) -> Option<Watched> {
        loop {
            let now = self.handle.clock().now();
            let pause = match self.handle.next_due(&self.lane) {
                Some(due) if due > now => due.since(now).clamp(SHORTEST_PAUSE, LONGEST_PAUSE),
                Some(due) if due > self.named || now.since(self.named) >= REMIND => break,
                // It was named, and nobody has taken the work yet; what comes after it is not seen until then.
                Some(_) => UNTAKEN,
                None => LONGEST_PAUSE,
            };
            match tokio::time::timeout(pause, self.work.changed()).await {
                Ok(true) => break,
                Ok(false) => return None,
                Err(_) => {}
            }
        }
        self.work.seen();
        self.named = self.handle.clock().now();
        Some(self)
    }
}

/// All that one gateway watches.
struct Bell {
    lanes: FuturesUnordered<BoxFuture<'static, Option<Watched>>>,
    stop: Receiver<bool>,
    /// It is not rung again before: what comes meanwhile goes together.
    earliest: Instant,
}

impl Bell {
    /// The next lanes to look at, or a sign of life.
    async fn ring(mut self) -> Option<(Vec<u8>, Bell)> {
        let first = tokio::select! {
            biased;
            () = async { drop(self.stop.wait_for(|stop| *stop).await) } => return None,
            Some(roused) = self.lanes.next() => roused?,
            () = tokio::time::sleep(KEEP_ALIVE_EVERY) => return Some((KEEP_ALIVE.to_vec(), self)),
        };
        tokio::time::sleep_until(self.earliest).await;
        let mut roused = vec![first];
        while let Some(Some(next)) = self.lanes.next().now_or_never() {
            roused.push(next?);
        }
        let mut out = Vec::new();
        frame(&roused.iter().map(|watched| watched.lane.clone()).collect::<Vec<_>>(), &mut out);
        self.lanes.extend(roused.into_iter().map(|watched| watched.roused().boxed()));
        self.earliest = Instant::now() + GATHER;
        Some((out, self))
    }
}

/// How often an answer that goes on says that it does.
pub(super) const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(10);
/// So long lanes gather once some were named; nobody notices, and a busy core is spared thousands of writes a second.
const GATHER: Duration = Duration::from_millis(2);
/// What is due and was not taken is looked at again so often.
const UNTAKEN: Duration = Duration::from_secs(1);
/// And named again so often: whoever was told may have been unable to take it.
const REMIND: Duration = Duration::from_secs(10);
const SHORTEST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

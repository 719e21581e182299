//! The bound sessions of a pool: who has the most room, and who waits for some.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::vec::Vec;

use smpp_pdu::{Frame, PduInfo};
use tokio::select;
use tokio::sync::watch;

use crate::net::bind::IncomingBind;
use crate::net::link::{Link, Permit, Ready};
use crate::net::responder::Incoming;
use crate::net::service::Service;
use crate::{CloseReason, Stray};

/// The service of every member: passes everything on, and knows the sessions from the moment they
/// are bound to the moment they are over.
pub(super) struct Roster {
    service: Arc<dyn Service>,
    links: watch::Sender<Vec<Link>>,
    /// Where the search for the best begins: equals take turns.
    turn: AtomicUsize,
}

impl Roster {
    pub(super) fn new(service: Arc<dyn Service>) -> Self {
        Roster { service, links: watch::Sender::new(Vec::new()), turn: AtomicUsize::new(0) }
    }

    pub(super) fn links(&self) -> Vec<Link> {
        self.links.borrow().clone()
    }

    /// The session with the most room, perhaps none, among those that may send this now.
    pub(super) fn best(&self, info: &PduInfo) -> Option<Link> {
        let links = self.links.borrow();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % links.len().max(1);
        let (last, first) = links.split_at_checked(turn)?;
        let able = first.iter().chain(last).filter_map(|link| Some((link.room_for(info)?, link)));
        able.max_by_key(|(room, _)| *room).map(|(_, link)| link.clone())
    }

    /// Waits for a session that may send this.
    pub(super) async fn able(&self, info: &PduInfo) -> Link {
        let mut links = self.links.subscribe();
        loop {
            links.mark_unchanged();
            if let Some(link) = self.best(info) {
                return link;
            }
            // The sender is ours.
            let _ = links.changed().await;
        }
    }

    /// Waits for a place in the window of any session that may send this.
    ///
    /// The caller queues at all of them, keeps its turn while others come and go, and leaves the
    /// other queues when it is served.
    pub(super) async fn ready(&self, info: &PduInfo) -> Permit {
        let mut links = self.links.subscribe();
        let mut queues = Vec::new();
        loop {
            enqueue(&mut queues, &links.borrow_and_update(), info);
            select! {
                permit = poll_fn(|cx| poll_any(&mut queues, cx)) => return permit,
                _ = links.changed() => {}
            }
        }
    }
}

/// Queues at the sessions it does not queue at yet.
fn enqueue(queues: &mut Vec<Ready<'static>>, links: &[Link], info: &PduInfo) {
    for link in links {
        let is_new = queues.iter().all(|ready| !ready.link().is_same(link));
        if is_new && link.room_for(info).is_some() {
            queues.push(link.clone().into_ready());
        }
    }
}

/// The first place that is free; sessions that are over are not waited for.
fn poll_any(queues: &mut Vec<Ready<'static>>, cx: &mut Context<'_>) -> Poll<Permit> {
    let mut served = None;
    queues.retain_mut(|ready| {
        if served.is_some() {
            return true;
        }
        match Pin::new(ready).poll(cx) {
            Poll::Ready(taken) => {
                served = taken.ok();
                false
            }
            Poll::Pending => true,
        }
    });
    served.map_or(Poll::Pending, Poll::Ready)
}

impl Service for Roster {
    fn bind(&self, bind: IncomingBind) {
        self.service.bind(bind);
    }

    fn bound(&self, link: &Link) {
        self.links.send_modify(|links| links.push(link.clone()));
        self.service.bound(link);
    }

    fn request(&self, request: Incoming) {
        self.service.request(request);
    }

    fn batch_end(&self) {
        self.service.batch_end();
    }

    fn notification(&self, link: &Link, frame: Frame) {
        self.service.notification(link, frame);
    }

    fn stray(&self, link: &Link, frame: Frame, why: Stray) {
        self.service.stray(link, frame, why);
    }

    fn closed(&self, link: &Link, why: CloseReason) {
        self.links.send_if_modified(|links| {
            let before = links.len();
            links.retain(|bound| !bound.is_same(link));
            links.len() < before
        });
        self.service.closed(link, why);
    }
}

impl fmt::Debug for Roster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Roster").field("links", &self.links()).finish_non_exhaustive()
    }
}

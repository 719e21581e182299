//! Tells the core what receipts say, and the carrier that they were taken.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use smpp_session::net::{Batch, Incoming, Link};
use tokio::sync::{Notify, watch};
use tokio::time::{sleep, timeout};

use super::super::courier::{Line, Settling};
use super::receipt::Heard;
use crate::api::NetworkReport;
use crate::model::{Lane, Word};

/// Collects receipts of all sessions of one carrier.
pub(super) struct Ear {
    line: Arc<Line>,
    /// On which lanes the messages may have gone that receipts are about.
    lanes: Mutex<Arc<[Lane]>>,
    gathered: Mutex<Vec<Told>>,
    ready: Notify,
    /// Receipts whose message the core does not know yet.
    waiting: AtomicUsize,
    /// Whoever stops waits for those who hold the other end.
    alive: Arc<watch::Sender<()>>,
}

/// A receipt, with the duty to answer it.
struct Told {
    incoming: Incoming,
    heard: Heard,
}

/// What a session of a carrier carries with it.
pub(super) struct Session {
    pub(super) settling: Arc<Settling>,
}

impl Ear {
    pub(super) fn new(line: Arc<Line>, alive: Arc<watch::Sender<()>>) -> Ear {
        let lanes = Mutex::new(lanes(line.lane.as_str(), &[]));
        Ear { line, lanes, gathered: Mutex::default(), ready: Notify::new(), waiting: AtomicUsize::new(0), alive }
    }

    /// Receipts may also be about messages of these binds from now on.
    pub(super) fn hear_for(&self, others: &[String]) {
        *self.lanes.lock().unwrap_or_else(PoisonError::into_inner) = lanes(self.line.lane.as_str(), others);
    }

    /// Takes one receipt; it is answered when the core has heard of it.
    pub(super) fn take(&self, incoming: Incoming, heard: Heard) {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner).push(Told { incoming, heard });
    }

    /// Says that no more will come for the moment.
    pub(super) fn flush(&self) {
        self.ready.notify_one();
    }

    /// Tells the core for ever, batch after batch.
    pub(super) async fn run(self: Arc<Self>) {
        loop {
            self.ready.notified().await;
            let told = std::mem::take(&mut *self.gathered.lock().unwrap_or_else(PoisonError::into_inner));
            if told.is_empty() {
                continue;
            }
            settle(&told).await;
            let unknown = self.hear(told).await;
            self.keep(unknown);
        }
    }

    /// Tells the core and answers what it knows; returns the others.
    async fn hear(&self, mut told: Vec<Told>) -> Vec<Told> {
        let lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (mut known, mut unknown) = (Vec::with_capacity(told.len()), Vec::new());
        // By the first name of each, then those that nobody knows by the second.
        for place in 0.. {
            let mut named = Vec::with_capacity(told.len());
            for told in told {
                match told.heard.name(place) {
                    Some(name) => named.push((told, name)),
                    None => unknown.push(told),
                }
            }
            for lane in lanes.iter() {
                named = self.hear_on(lane, named, &mut known).await;
            }
            if named.is_empty() {
                break;
            }
            told = named.into_iter().map(|(told, _)| told).collect();
        }
        let meter = &self.line.meter;
        meter.received.add(known.len() as u64);
        meter.receipts.add(known.len() as u64);
        acknowledge(known);
        unknown
    }

    /// Tells the core by these names; returns what it does not know on this lane.
    async fn hear_on(&self, lane: &Lane, named: Vec<(Told, Word)>, known: &mut Vec<Told>) -> Vec<(Told, Word)> {
        if named.is_empty() {
            return named;
        }
        let reports = named.iter().map(|(told, name)| told.heard.report(name.clone(), lane.clone())).collect();
        let mut answers = self.line.core.hear(reports).await.into_iter();
        let mut others = Vec::new();
        for (told, name) in named {
            if answers.next().unwrap_or(false) { known.push(told) } else { others.push((told, name)) }
        }
        others
    }

    /// Tries again shortly what came before its message was known, as long as not too many wait.
    fn keep(self: &Arc<Self>, unknown: Vec<Told>) {
        if unknown.is_empty() {
            return;
        }
        let count = unknown.len();
        if self.waiting.fetch_add(count, Ordering::Relaxed) + count > MOST_WAITING {
            self.waiting.fetch_sub(count, Ordering::Relaxed);
            return self.give_up(unknown);
        }
        let (ear, alive) = (self.clone(), self.alive.subscribe());
        tokio::spawn(async move {
            let mut unknown = unknown;
            for pause in PAUSES {
                if !unknown.is_empty() {
                    sleep(pause).await;
                    unknown = ear.hear(unknown).await;
                }
            }
            ear.waiting.fetch_sub(count, Ordering::Relaxed);
            ear.give_up(unknown);
            drop(alive);
        });
    }

    /// A carrier that is told "no" would send the receipt for ever.
    fn give_up(&self, unknown: Vec<Told>) {
        self.line.meter.unmatched_receipts.add(unknown.len() as u64);
        for Told { heard, .. } in &unknown {
            let id = heard.name(0).map(|name| name.to_string()).unwrap_or_default();
            let (bind, state) = (&self.line.lane, heard.state);
            tracing::warn!(%bind, id = %id.escape_debug(), state, "a receipt about a message that the core does not know");
        }
        acknowledge(unknown);
    }
}

impl Heard {
    fn report(&self, remote: Word, lane: Lane) -> NetworkReport {
        NetworkReport { lane, remote, state: self.state, error: self.error, done: self.done }
    }
}

/// Both lanes of each of these binds.
fn lanes(own: &str, others: &[String]) -> Arc<[Lane]> {
    let names = std::iter::once(own).chain(others.iter().map(String::as_str));
    names.flat_map(|name| [Lane::from(name), Lane::located(name)]).collect()
}

/// Waits until the core has heard of the responses that came before these receipts.
async fn settle(told: &[Told]) {
    let mut settled: Vec<Link> = Vec::new();
    for told in told {
        let link = told.incoming.link();
        let Some(session) = told.incoming.account::<Session>() else { continue };
        if settled.iter().any(|other| other.is_same(&link)) {
            continue;
        }
        // Late is not wrong: what the core does not know yet is tried again.
        let _ = timeout(LONGEST_SETTLING, session.settling.settled()).await;
        settled.push(link);
    }
}

fn acknowledge(told: Vec<Told>) {
    let mut batch = Batch::new();
    for Told { incoming, .. } in told {
        // An error means that the session is over: then the carrier sends it again.
        let _ = batch.acknowledge(incoming);
    }
}

/// The response may still be under way, or the core busy with it.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(5)];
/// Receipts that may wait so; each keeps its PDU.
const MOST_WAITING: usize = 1000;
const LONGEST_SETTLING: Duration = Duration::from_secs(1);

//! The PDUs of chosen peers, as they come and go.
//!
//! A [`Tracer`] is switched on and off while everything runs, for all sessions of a server or for
//! a few. While none is on, a session pays one look at a number per batch. What a tracer shows is
//! redacted before any sink sees it: passwords always, message text unless it was asked for.

mod filter;
mod pcap;
mod record;
mod redact;
mod ring;
mod text;

use std::boxed::Box;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;
use std::vec::Vec;

use bytes::{Bytes, BytesMut};
use smpp_pdu::Frame;

use super::link::Link;
use super::shared::Shared;
use crate::{BindKind, CloseReason};

pub use filter::Filter;
pub use pcap::{Pcap, PcapLimits};
pub use record::{Connection, Direction, Record};
pub use ring::Ring;
pub use text::TextLines;

/// Takes what is traced: [`TextLines`], a [`Ring`], a [`Pcap`], or something of your own.
///
/// It is called by the tasks that serve the connections and holds them up while it works.
pub trait Trace: Send + Sync + 'static {
    /// A PDU came or is about to be written; or octets came that are no PDU.
    fn record(&self, record: &Record);

    /// Every PDU of one batch has been recorded: a good moment to write them down.
    fn batch_end(&self) {}

    /// A session that is traced is over.
    fn closed(&self, connection: &Connection, at: SystemTime, why: CloseReason) {
        let _ = (connection, at, why);
    }
}

impl<T: Trace + ?Sized> Trace for Arc<T> {
    fn record(&self, record: &Record) {
        (**self).record(record);
    }

    fn batch_end(&self) {
        (**self).batch_end();
    }

    fn closed(&self, connection: &Connection, at: SystemTime, why: CloseReason) {
        (**self).closed(connection, at, why);
    }
}

/// A switch between sessions and a sink.
///
/// Sessions follow it by configuration ([`ServerConfig`](super::ServerConfig),
/// [`Endpoint`](super::Endpoint)) or one by one ([`Link::trace`]). It is off until it is started.
///
/// ```
/// use std::sync::Arc;
/// use smpp_session::net::{Filter, Ring, ServerConfig, Tracer};
///
/// let ring = Arc::new(Ring::new(1000, 1 << 20));
/// let tracer = Tracer::new(ring.clone());
/// let config = ServerConfig { tracer: Some(tracer.clone()), ..ServerConfig::default() };
/// // … the server runs, and somebody complains:
/// tracer.start(Filter { system_ids: vec!["somebody".into()], ..Filter::default() });
/// // … and later:
/// tracer.stop();
/// for record in ring.records() {
///     println!("{record}");
/// }
/// # drop(config);
/// ```
pub struct Tracer {
    on: AtomicBool,
    filter: Mutex<Filter>,
    sink: Box<dyn Trace>,
}

impl Tracer {
    /// A tracer that is off.
    pub fn new(sink: impl Trace) -> Arc<Tracer> {
        Arc::new(Tracer { on: AtomicBool::new(false), filter: Mutex::default(), sink: Box::new(sink) })
    }

    /// Traces the sessions `filter` selects from now on.
    pub fn start(&self, filter: Filter) {
        *self.filter() = filter;
        if !self.on.swap(true, Ordering::Relaxed) {
            TRACERS_ON.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Traces nothing any more.
    pub fn stop(&self) {
        if self.on.swap(false, Ordering::Relaxed) {
            TRACERS_ON.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// True between [`start`](Self::start) and [`stop`](Self::stop).
    pub fn is_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    fn filter(&self) -> MutexGuard<'_, Filter> {
        self.filter.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn selects(&self, shared: &Shared) -> bool {
        self.is_on() && self.filter().selects(shared.peer, shared.system_id.get().map(|system_id| &**system_id))
    }
}

impl Drop for Tracer {
    fn drop(&mut self) {
        self.stop();
    }
}

impl fmt::Debug for Tracer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracer").field("on", &self.is_on()).field("filter", &*self.filter()).finish_non_exhaustive()
    }
}

/// The tracers of one session.
#[derive(Default)]
pub(crate) struct Traced {
    tracers: Mutex<Vec<Arc<Tracer>>>,
}

impl Traced {
    /// The session is traced whenever `tracer` is on and selects it.
    pub(crate) fn follow(&self, tracer: &Arc<Tracer>) {
        let mut tracers = self.tracers();
        if !tracers.iter().any(|known| Arc::ptr_eq(known, tracer)) {
            tracers.push(tracer.clone());
        }
    }

    fn tracers(&self) -> MutexGuard<'_, Vec<Arc<Tracer>>> {
        self.tracers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// True if somebody wants to see the PDUs of this session.
    #[inline]
    pub(crate) fn is_traced(&self) -> bool {
        TRACERS_ON.load(Ordering::Relaxed) != 0 && self.is_selected()
    }

    #[cold]
    fn is_selected(&self) -> bool {
        self.traced.tracers().iter().any(|tracer| tracer.selects(self))
    }

    /// Records PDUs, or what is none.
    fn trace(&self, direction: Direction, is_pdu: bool, items: impl Iterator<Item = Bytes>) {
        let mut tracers = self.traced.tracers().clone();
        tracers.retain(|tracer| tracer.selects(self));
        if tracers.is_empty() {
            return;
        }
        let connection = Arc::new(Connection::of(self));
        let (at, profile) = (SystemTime::now(), self.profile());
        for octets in items {
            for tracer in &tracers {
                let shows_text = tracer.filter().shows_text;
                let octets = redact::redact(&octets, is_pdu, (&profile, shows_text));
                let connection = connection.clone();
                tracer.sink.record(&Record { at, connection, direction, is_pdu, octets, profile, shows_text });
            }
        }
        tracers.iter().for_each(|tracer| tracer.sink.batch_end());
    }
}

impl Link {
    /// Lets `tracer` trace this session whenever it is on and selects it.
    ///
    /// What the session follows by configuration it follows still.
    pub fn trace(&self, tracer: &Arc<Tracer>) {
        self.shared.traced.follow(tracer);
    }

    /// Ends what [`trace`](Self::trace) or the configuration began.
    pub fn untrace(&self, tracer: &Arc<Tracer>) {
        self.shared.traced.tracers().retain(|known| !Arc::ptr_eq(known, tracer));
    }

    /// The PDUs of one batch of input.
    pub(crate) fn trace_in(&self, frames: &mut Vec<Frame>) {
        if frames.is_empty() {
            return;
        }
        // The first bind names the account, which the filter may ask for.
        if let Some(bind) = frames.iter().find(|frame| BindKind::of(frame.command_id()).is_some()) {
            if let Some(system_id) = redact::system_id(bind, &self.shared.profile()) {
                let _ = self.shared.system_id.set(system_id);
            }
        }
        self.shared.trace(Direction::In, true, frames.drain(..).map(|frame| frame.octets().clone()));
    }

    /// What is about to be written: whole PDUs, one behind the other.
    #[cold]
    pub(crate) fn trace_out(&self, output: &[u8]) {
        let mut rest = BytesMut::from(output);
        let next = || Frame::split(&mut rest, u32::MAX).ok().flatten();
        self.shared.trace(Direction::Out, true, std::iter::from_fn(next).map(|frame| frame.octets().clone()));
    }

    /// What came and was not taken: no PDU, half a PDU, or PDUs behind the last one that counted.
    pub(crate) fn trace_rest(&self, input: &[u8]) {
        if !input.is_empty() && self.shared.is_traced() {
            let shown = input.get(..MAX_REST).unwrap_or(input);
            self.shared.trace(Direction::In, false, std::iter::once(Bytes::copy_from_slice(shown)));
        }
    }

    pub(crate) fn trace_end(&self, why: CloseReason) {
        if !self.shared.is_traced() {
            return;
        }
        let tracers = self.shared.traced.tracers().clone();
        let connection = Connection::of(&self.shared);
        for tracer in tracers.iter().filter(|tracer| tracer.selects(&self.shared)) {
            tracer.sink.closed(&connection, SystemTime::now(), why);
        }
    }
}

/// Tracers that are on, in this process: while there are none, sessions look no further.
static TRACERS_ON: AtomicUsize = AtomicUsize::new(0);

// Enough to see what it was meant to be.
const MAX_REST: usize = 1024;

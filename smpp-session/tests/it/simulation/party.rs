//! One side of a simulated connection: a watched session, and the reasons it may have to end.

use std::collections::BTreeMap;
use std::time::Duration;

use smpp_pdu::{Request, Side};
use smpp_session::check::Watched;
use smpp_session::{CloseReason, Config, End, RequestError, Time, Timer};

pub(crate) struct Party {
    pub(crate) watched: Watched,
    /// What was done to it: a reason to end has to be among it.
    pub(crate) closed: bool,
    pub(crate) unbound: bool,
    pub(crate) refused_bind: bool,
    pub(crate) got_garbage: bool,
    pub(crate) lost_connection: bool,
}

/// How requests and sessions ended; what never happens proves nothing.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) answered: u64,
    pub(crate) expired: u64,
    pub(crate) lost: u64,
    pub(crate) strays: u64,
    pub(crate) throttled: u64,
    pub(crate) refused_as_throttled: u64,
    pub(crate) window_full: u64,
    pub(crate) closed: BTreeMap<&'static str, u64>,
}

impl Party {
    pub(crate) fn new(side: Side, config: Config, now: Time) -> Self {
        let watched = Watched::new(side, config, now);
        Party { watched, closed: false, unbound: false, refused_bind: false, got_garbage: false, lost_connection: false }
    }

    pub(crate) fn ask<'a>(&mut self, pdu: &impl Request<'a>, now: Time, tally: &mut Tally) {
        match self.watched.ask(pdu, now) {
            Err(RequestError::WindowFull) => tally.window_full += 1,
            Err(RequestError::Throttled { .. }) => tally.throttled += 1,
            Ok(()) | Err(RequestError::Closed(_) | RequestError::NotPermitted { .. } | RequestError::Unbinding) => {}
            Err(error) => panic!("{error}"),
        }
    }

    /// The session ended for a reason that exists, and so did its requests.
    pub(crate) fn check_end(&self, peer: &Party, elapsed: Duration, tally: &mut Tally) {
        let reason = self.watched.told.expect("the end is told");
        let counters = self.watched.session.counters();
        tally.answered += counters.answered;
        tally.expired += counters.expired;
        tally.lost += counters.lost;
        tally.strays += counters.strays;
        tally.refused_as_throttled += counters.throttled;
        let timers = &self.watched.config().timers;
        let (name, plausible) = match reason {
            CloseReason::Requested => ("closed by us", self.closed || self.unbound),
            CloseReason::Disconnected => ("disconnected", self.lost_connection || peer.watched.told.is_some()),
            CloseReason::Unbound { by: End::Local } => ("unbound by us", self.unbound || timers.inactivity.is_some()),
            CloseReason::Unbound { by: End::Peer } => ("unbound by the peer", peer.watched.wrote_unbind || self.got_garbage),
            CloseReason::BindRefused(status) => ("bind refused", self.refused_bind && !status.is_ok()),
            // Who binds again after a refusal gets no more time than the refusal left.
            CloseReason::TimedOut(Timer::SessionInit) => {
                ("no bind", elapsed >= timers.session_init.unwrap() || (self.refused_bind && elapsed >= timers.linger))
            }
            CloseReason::TimedOut(Timer::Bind) => ("bind unanswered", elapsed >= timers.response),
            CloseReason::TimedOut(Timer::EnquireLink) => ("enquire_link unanswered", elapsed >= timers.response),
            CloseReason::TimedOut(Timer::Unbind) => ("unbind unanswered", elapsed >= timers.response),
            CloseReason::BadFraming(_) => ("bad framing", self.got_garbage),
            CloseReason::OutOfStep => ("out of step", peer.got_garbage || self.got_garbage),
            CloseReason::BadPdu => ("bad PDU", self.got_garbage),
            other => panic!("{other:?}"),
        };
        assert!(plausible, "{name}, peer: {:?}", peer.watched.told);
        *tally.closed.entry(name).or_default() += 1;
    }
}

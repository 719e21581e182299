//! What the sessions of one peer share when they send.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use super::super::bind::BindMeter;
use super::pace::Pace;
use crate::api::CoreApi;
use crate::model::Lane;

/// A lane and how it is served, shared by all sessions of one peer.
pub(in crate::frontend) struct Line {
    pub(in crate::frontend) core: Arc<dyn CoreApi>,
    pub(in crate::frontend) lane: Lane,
    /// What is counted; whoever owns the line counts binds in it.
    pub(in crate::frontend) meter: BindMeter,
    pub(super) pace: Pace,
    /// In milliseconds.
    check: AtomicU64,
    /// Sessions that are held back.
    held: AtomicUsize,
}

impl Line {
    /// As many messages as the sessions take.
    pub(in crate::frontend) fn new(core: Arc<dyn CoreApi>, lane: Lane) -> Line {
        let (meter, pace, held) = (BindMeter::default(), Pace::new(), AtomicUsize::new(0));
        Line { core, lane, meter, pace, check: AtomicU64::new(SELDOM), held }
    }

    /// At most `tps_limit` messages in any second, over all sessions; the core is asked every `check` at least.
    pub(in crate::frontend) fn set_limits(&self, tps_limit: u32, check: Duration) {
        self.pace.set_limit(tps_limit);
        self.check.store(u64::try_from(check.as_millis()).unwrap_or(SELDOM).clamp(1, SELDOM), Ordering::Relaxed);
    }

    /// True while messages wait because of the limit, or because the peer throttles.
    pub(in crate::frontend) fn is_held_back(&self) -> bool {
        self.held.load(Ordering::Relaxed) > 0
    }

    pub(super) fn check(&self) -> Duration {
        Duration::from_millis(self.check.load(Ordering::Relaxed))
    }
}

/// Shows which lane it is.
impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").field("lane", &self.lane).finish_non_exhaustive()
    }
}

/// Tells whether one session is held back.
pub(super) struct Held {
    line: Arc<Line>,
    is_held: bool,
}

impl Held {
    pub(super) fn new(line: Arc<Line>) -> Held {
        Held { line, is_held: false }
    }

    pub(super) fn set(&mut self, is_held: bool) {
        match (self.is_held, is_held) {
            (false, true) => drop(self.line.held.fetch_add(1, Ordering::Relaxed)),
            (true, false) => drop(self.line.held.fetch_sub(1, Ordering::Relaxed)),
            _ => {}
        }
        self.is_held = is_held;
    }
}

/// A session that is over holds nothing back.
impl Drop for Held {
    fn drop(&mut self) {
        self.set(false);
    }
}

// Nobody waits for it: a core in this process says when there is work.
const SELDOM: u64 = 60_000;

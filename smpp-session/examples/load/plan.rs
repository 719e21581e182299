//! How many messages may be sent by now, over all sessions.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::args::Args;

/// What is to be sent and how much of it is done.
pub(crate) struct Plan {
    start: Instant,
    count: u64,
    duration: Option<Duration>,
    rate: Option<f64>,
    sent: AtomicU64,
    answered: AtomicU64,
}

/// What a sender may do now.
pub(crate) enum Grant {
    /// Send so many.
    Send(usize),
    /// Nothing, before that moment.
    Wait(Instant),
    /// There is nothing more to send.
    Over,
}

impl Plan {
    pub(crate) fn new(args: &Args) -> Plan {
        Plan {
            start: Instant::now(),
            count: if args.duration.is_some() { u64::MAX } else { args.count },
            duration: args.duration,
            rate: args.rate,
            sent: AtomicU64::new(0),
            answered: AtomicU64::new(0),
        }
    }

    /// Takes up to `room` messages.
    pub(crate) fn take(&self, room: usize) -> Grant {
        let elapsed = self.start.elapsed();
        if self.duration.is_some_and(|duration| elapsed >= duration) {
            return Grant::Over;
        }
        let due = self.rate.map_or(self.count, |rate| ((elapsed.as_secs_f64() * rate) as u64 + 1).min(self.count));
        let take = |sent: u64| Some(sent + due.saturating_sub(sent).min(room as u64));
        let before = self.sent.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).unwrap_or_else(|sent| sent);
        match due.saturating_sub(before).min(room as u64) {
            0 if before >= self.count => Grant::Over,
            0 => Grant::Wait(Instant::now() + PACE),
            granted => Grant::Send(granted as usize),
        }
    }

    /// So many of those taken were not sent after all.
    pub(crate) fn give_back(&self, count: usize) {
        self.sent.fetch_sub(count as u64, Ordering::Relaxed);
    }

    /// So many came to their end.
    pub(crate) fn note_answered(&self, count: usize) {
        self.answered.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// How many came to their end.
    pub(crate) fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }
}

// What is due within a moment is sent together; the runtime's clock knows no shorter one.
const PACE: Duration = Duration::from_millis(1);

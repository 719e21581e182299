//! The latest lines, for whoever looks on.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::Line;

/// Keeps the latest lines in memory; cheap to clone, all clones are one.
#[derive(Clone, Debug)]
pub struct LogRing {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    limits: RingLimits,
    state: Mutex<State>,
    /// The number of the latest line.
    latest: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    lines: VecDeque<Arc<Line>>,
    octets: usize,
    latest: u64,
}

/// What bounds the memory of a ring.
#[derive(Clone, Copy, Debug)]
pub struct RingLimits {
    /// At most so many lines.
    pub lines: usize,
    /// At most about so many octets.
    pub octets: usize,
}

impl Default for RingLimits {
    fn default() -> Self {
        RingLimits { lines: 5_000, octets: 4 << 20 }
    }
}

/// Some lines in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lines {
    /// How many before them are gone already.
    pub missed: u64,
    /// Those that are there.
    pub lines: Vec<Arc<Line>>,
}

/// Sees lines as they come.
#[derive(Debug)]
pub struct Follower {
    ring: LogRing,
    changes: watch::Receiver<u64>,
    seen: u64,
}

impl LogRing {
    /// Makes an empty ring.
    pub fn new(limits: RingLimits) -> LogRing {
        LogRing { shared: Arc::new(Shared { limits, state: Mutex::default(), latest: watch::channel(0).0 }) }
    }

    /// Adds a line and gives it its number.
    pub(super) fn push(&self, mut line: Line) {
        let latest = {
            let mut state = self.lock();
            state.latest += 1;
            line.sequence = state.latest;
            state.add(Arc::new(line), self.shared.limits);
            state.latest
        };
        self.shared.latest.send_if_modified(|known| {
            // Another thread may have told of a later one.
            let is_later = latest > *known;
            *known = latest.max(*known);
            is_later
        });
    }

    /// Returns at most `max` lines that came after a number; those after 0 are all.
    ///
    /// A number that no line has yet is of an earlier life of the program: everything came after it.
    pub fn after(&self, sequence: u64, max: usize) -> Lines {
        let state = self.lock();
        let sequence = if sequence > state.latest { 0 } else { sequence };
        let first = state.lines.front().map_or(state.latest + 1, |line| line.sequence);
        let missed = if sequence == 0 { 0 } else { first.saturating_sub(sequence + 1) };
        let skip = usize::try_from((sequence + 1).saturating_sub(first)).unwrap_or(usize::MAX);
        Lines { missed, lines: state.lines.iter().skip(skip).take(max).cloned().collect() }
    }

    /// Returns the latest lines, at most `max`, in their order.
    pub fn latest(&self, max: usize) -> Vec<Arc<Line>> {
        let state = self.lock();
        state.lines.iter().skip(state.lines.len().saturating_sub(max)).cloned().collect()
    }

    /// Follows the log from a number on, or from now on.
    pub fn follow(&self, after: Option<u64>) -> Follower {
        let changes = self.shared.latest.subscribe();
        let seen = after.unwrap_or_else(|| self.lock().latest);
        Follower { ring: self.clone(), changes, seen }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing in there is half done at any time.
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for LogRing {
    fn default() -> Self {
        LogRing::new(RingLimits::default())
    }
}

impl State {
    fn add(&mut self, line: Arc<Line>, limits: RingLimits) {
        self.octets += line.octets();
        self.lines.push_back(line);
        while self.lines.len() > limits.lines.max(1) || (self.octets > limits.octets && self.lines.len() > 1) {
            let Some(oldest) = self.lines.pop_front() else { return };
            self.octets -= oldest.octets();
        }
    }
}

impl Follower {
    /// Waits for the next lines, at most `max`; says how many were too quick for it.
    pub async fn next(&mut self, max: usize) -> Lines {
        loop {
            self.changes.mark_unchanged();
            let lines = self.ring.after(self.seen, max.max(1));
            if let Some(last) = lines.lines.last() {
                self.seen = last.sequence;
                return lines;
            }
            // The ring is held here, so its sender lives.
            let _ = self.changes.changed().await;
        }
    }

    /// Returns the number of the last line it saw, to go on from there another time.
    pub fn seen(&self) -> u64 {
        self.seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::Level;
    use crate::model::Timestamp;

    fn push(ring: &LogRing, text: &str) {
        let (metadata, fields) = (Vec::new(), Vec::new());
        let (time, level) = (Timestamp(1), Level::Info);
        ring.push(Line { sequence: 0, time, level, target: "t", text: text.into(), metadata, fields });
    }

    fn texts(lines: &Lines) -> (u64, Vec<&str>) {
        (lines.missed, lines.lines.iter().map(|line| line.text.as_str()).collect())
    }

    #[test]
    fn the_latest_lines_stay_and_what_is_gone_is_told() {
        let ring = LogRing::new(RingLimits { lines: 3, octets: 1 << 20 });
        for text in ["1", "2", "3", "4", "5"] {
            push(&ring, text);
        }
        assert_eq!(texts(&ring.after(0, 9)), (0, vec!["3", "4", "5"]));
        assert_eq!(texts(&ring.after(1, 9)), (1, vec!["3", "4", "5"]));
        assert_eq!(texts(&ring.after(3, 1)), (0, vec!["4"]));
        assert_eq!(texts(&ring.after(5, 9)), (0, vec![]));
        assert_eq!(texts(&ring.after(77, 9)), (0, vec!["3", "4", "5"]), "of an earlier life");
        assert_eq!(ring.latest(2).iter().map(|line| line.sequence).collect::<Vec<_>>(), [4, 5]);
    }

    #[test]
    fn long_lines_push_out_more() {
        let ring = LogRing::new(RingLimits { lines: 100, octets: 10_000 });
        for _ in 0..50 {
            push(&ring, &"x".repeat(1_000));
        }
        let held = ring.latest(100).len();
        assert!((5..10).contains(&held), "{held}");
        push(&ring, &"x".repeat(100_000));
        assert_eq!(ring.latest(100).len(), 1, "the latest is always there");
    }

    #[tokio::test]
    async fn a_follower_goes_on_where_it_was_and_hears_what_it_missed() {
        let ring = LogRing::new(RingLimits { lines: 2, octets: 1 << 20 });
        push(&ring, "1");
        let mut follower = ring.follow(None);
        push(&ring, "2");
        assert_eq!(texts(&follower.next(9).await), (0, vec!["2"]));
        let pusher = ring.clone();
        let waiting = tokio::spawn(async move {
            let lines = follower.next(9).await;
            (lines, follower.seen())
        });
        tokio::task::yield_now().await;
        push(&pusher, "3");
        let (lines, seen) = waiting.await.unwrap();
        assert_eq!((texts(&lines), seen), ((0, vec!["3"]), 3));
        for text in ["4", "5", "6", "7"] {
            push(&ring, text);
        }
        assert_eq!(texts(&ring.follow(Some(seen)).next(9).await), (2, vec!["6", "7"]));
    }
}
